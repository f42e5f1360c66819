"""A dressed body, cut to what a camera sees, and its moving surface."""

from dataclasses import dataclass, replace
from functools import cached_property, lru_cache

import numpy as np

from signzoo.avatar.appearance import Signer
from signzoo.avatar.atlas import Atlas
from signzoo.avatar.body import Body, to_signzoo_axes
from signzoo.avatar.camera import Camera
from signzoo.avatar.paint import drape, paint, thickness
from signzoo.avatar.shade import Shade

# Share of the picture's height below it that is kept, for bodies that bend and cameras that tilt.
_MARGIN = 0.2


@dataclass(frozen=True, eq=False, repr=False)
class Figure:
    """A body with its colours.

    Attributes:
        body: The mesh and its bones; N vertices.
        vertices: The body's vertex behind each of the M that are drawn, ``(M,)``. A vertex on a
            seam of the picture is drawn twice.
        uv: Texture coordinates, ``(M, 2)`` float32.
        triangles: Of the drawn vertices, ``(F, 3)``.
        picture: Skin and clothes, ``(S, S, 3)`` uint8, rows from the top.
        thickness: How far hair and clothes stand off each of the body's vertices, ``(N,)``, metres.
    """

    body: Body
    vertices: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    picture: np.ndarray
    thickness: np.ndarray

    @staticmethod
    def of(signer: Signer, camera: Camera | None = None) -> "Figure":
        """Dress a body.

        Args:
            signer: Who it is.
            camera: Cut away what it cannot see of the legs; the whole body by default.

        Raises:
            MissingPackageError: The body has to be made and `anny` is not installed.
        """
        atlas, body = Atlas.load(), Body.load(signer.shape)
        body = _smoothed(body, *drape(signer, atlas))
        keep = np.ones(len(body.vertices), bool)
        if camera is not None:
            keep = _above(body, camera)
        triangles = atlas.triangles[keep[atlas.vertices[atlas.triangles]].all(axis=1)]
        used, corners = np.unique(triangles, return_inverse=True)
        return Figure(
            body=body.cut(keep),
            # As indices of the machine's size: with others np.take takes four times as long.
            vertices=(np.cumsum(keep, dtype=np.intp) - 1)[atlas.vertices[used]],
            uv=atlas.uv[used],
            triangles=corners.reshape(-1, 3).astype(np.int32),
            picture=paint(signer, atlas),
            thickness=thickness(signer, atlas)[keep],
        )

    @cached_property
    def shoulders(self) -> tuple[np.ndarray, float]:
        """The middle between the shoulder joints at rest ``(3,)``, and their distance, metres."""
        left, right = (self.body.heads[self.body.bone(f"upperarm01.{s}")] for s in "LR")
        return (left + right) / 2, float(np.linalg.norm(left - right))

    def to_shoulder_units(self, points: np.ndarray) -> np.ndarray:
        """Body axes in metres ``(..., 3)`` to those of a pose, in shoulder widths."""
        middle, width = self.shoulders
        return to_signzoo_axes((points - middle) / width)

    def surface(self, vertices: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The dressed surface over a posed body.

        Args:
            vertices: Of :attr:`body`, ``(T, N, 3)``, as :meth:`Body.skin` gives them.

        Returns:
            Positions and unit normals of the drawn vertices, both ``(T, M, 3)`` float32, and how
            much light near hands leave them, ``(T, M)`` float32 in (0, 1].
        """
        length, count = vertices.shape[:2]
        flat = np.ascontiguousarray(vertices.transpose(1, 0, 2), np.float32)  # (N, T, 3)
        a, b, c = (np.take(flat, corner, axis=0) for corner in self._corners)
        u, v = b - a, c - a  # (F, T, 3)
        across = np.empty_like(u)  # written out: np.cross takes several times as long
        across[..., 0] = u[..., 1] * v[..., 2] - u[..., 2] * v[..., 1]
        across[..., 1] = u[..., 2] * v[..., 0] - u[..., 0] * v[..., 2]
        across[..., 2] = u[..., 0] * v[..., 1] - u[..., 1] * v[..., 0]
        normals = (self._incidence @ across.reshape(len(across), -1)).reshape(count, length, 3)
        squares = np.einsum("ntc,ntc->nt", normals, normals)[..., None]
        normals /= np.sqrt(np.maximum(squares, 1e-20))
        flat = flat + self.thickness[:, None, None] * normals
        light = self._shade.light(flat, normals)
        points, facing, lit = (
            np.take(each, self.vertices, axis=0) for each in (flat, normals, light)
        )
        return points.swapaxes(0, 1), facing.swapaxes(0, 1), lit.T

    @cached_property
    def _shade(self) -> Shade:
        return Shade.of(self.body)

    @cached_property
    def _corners(self) -> np.ndarray:
        """The body's vertices at the corners of the triangles, ``(3, F)``."""
        return np.ascontiguousarray(self.vertices[self.triangles].T)

    @cached_property
    def _incidence(self):  # type: ignore[no-untyped-def]  # scipy has no types
        """Sparse ``(N, F)``: which triangles meet at which vertex."""
        from scipy.sparse import csr_array

        rows = self._corners.ravel()
        columns = np.tile(np.arange(len(self.triangles)), 3)
        shape = (len(self.body.vertices), len(self.triangles))
        return csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=shape)


@lru_cache(maxsize=4)
def figure_for(signer: Signer, camera: Camera) -> Figure:
    """The figure before a camera, kept for the next clip of the same signer."""
    return Figure.of(signer, camera)


def _smoothed(body: Body, trunk: np.ndarray, ears: np.ndarray) -> Body:
    """Let cloth span what it covers, by moving the vertices under it towards their neighbours.

    Args:
        body: Any body.
        trunk: How far each vertex yields, ``(N,)`` in [0, 1], where nothing may shrink
            (G. Taubin, "A signal processing approach to fair surface design", 1995).
        ears: The same, where shrinking is wanted.
    """
    from scipy.sparse import csr_array

    a, b, c = body.faces.T
    rows, columns = np.concatenate([a, b, c, b, c, a]), np.concatenate([b, c, a, a, b, c])
    count = len(body.vertices)
    beside = csr_array((np.ones(len(rows), np.float32), (rows, columns)), shape=(count, count))
    neighbours = np.maximum(beside.sum(axis=1), 1)[:, None]
    vertices = body.vertices
    for share, steps in ((trunk, (0.6, -0.63) * 30), (ears, (0.6,) * 60)):
        for step in steps if share.any() else ():
            mean = beside @ vertices / neighbours
            vertices = vertices + step * share[:, None].astype(np.float32) * (mean - vertices)
    return replace(body, vertices=vertices.astype(np.float32))


def _above(body: Body, camera: Camera) -> np.ndarray:
    """The vertices that are above the picture's lower edge at rest, and all of the arms."""
    left, right = (body.heads[body.bone(f"upperarm01.{side}")] for side in "LR")
    width = np.linalg.norm(left - right)
    seen = camera.project(to_signzoo_axes((body.vertices - (left + right) / 2) / width))
    height = camera.size[1]
    arms = [i for i, name in enumerate(body.bones) if name.startswith(_ARM)]
    in_arm = np.isin(body.influences[:, 0], arms)
    return in_arm | (seen[:, 1] < height * (1 + _MARGIN))


_ARM = ("upperarm", "lowerarm", "wrist", "finger", "metacarpal")
