"""Writes a moving figure as glTF 2.0, which Blender, browsers and game engines open.

The file holds one mesh with its texture, a skin with every bone as a node, a morph target for each
facial action that is done, and one animation of all that. Axes are glTF's: metres, x to the
signer's left, y up, z to the camera.
"""

import base64
import json
import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np

from signzoo._files import atomic_path
from signzoo.avatar.figure import Figure
from signzoo.errors import UsageError

SUFFIXES = (".glb", ".gltf")
# left, back, up to left, up, front
_AXES = np.array([[1, 0, 0], [0, 0, 1], [0, -1, 0]], np.float32)
_COMPONENTS = {"f4": 5126, "u1": 5121, "u2": 5123, "u4": 5125}
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_VERTICES, _TRIANGLES = 34962, 34963  # what a buffer view is for, as glTF numbers it
# Less motion than this is none: a channel more for nothing.
_STILL = 1e-6
# A facial action that is never done further than this is left out.
_LEAST_ACTION = 0.02


def write_gltf(
    figure: Figure,
    transforms: np.ndarray,
    fps: float,
    path: str | os.PathLike[str],
    actions: np.ndarray | None = None,
    title: str = "signing",
) -> None:
    """Write a figure and its motion.

    Hair and clothes are part of the mesh. Each vertex follows its
    eight strongest bones; viewers that read only four, as three.js does, are up to 5 mm off where
    the neck meets the shoulders.

    Args:
        figure: Who moves; made without a camera, it has its legs.
        transforms: Local transforms of the bones, ``(T, J, 4, 4)``, see :meth:`Body.globals`;
            rotations and translations only.
        fps: Frames a second.
        path: ``.glb`` (one binary file) or ``.gltf`` (one text file).
        actions: How far each facial action is done, ``(T, E)`` in [0, 1], as
            :func:`~signzoo.avatar.express` gives it; the face is still by default.
        title: Name of the animation.

    Raises:
        UsageError: The suffix is another one, or there is no frame.
        DiskError: There is no room or no permission.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise UsageError(f"{path} does not end like a 3D scene: {', '.join(SUFFIXES)}.")
    if not len(transforms):
        raise UsageError(f"There is no frame to write into {path}.")
    buffer = _Buffer()
    still = np.zeros((len(transforms), len(figure.body.expressions)), np.float32)
    motion = _Motion(transforms, still if actions is None else actions, fps, title)
    document = _describe(figure, motion, buffer)
    binary = buffer.joined()
    if path.suffix.lower() == ".gltf":
        data = base64.b64encode(binary).decode("ascii")
        document["buffers"] = [
            {"byteLength": len(binary), "uri": f"data:application/octet-stream;base64,{data}"}
        ]
        content = json.dumps(document).encode("utf-8")
    else:
        document["buffers"] = [{"byteLength": len(binary)}]
        content = _pack(json.dumps(document).encode("utf-8"), binary)
    with atomic_path(path) as part:
        part.write_bytes(content)


@dataclass(frozen=True)
class _Motion:
    """What is animated: local transforms ``(T, J, 4, 4)`` and facial actions ``(T, E)``."""

    transforms: np.ndarray
    actions: np.ndarray
    fps: float
    title: str

    @property
    def done(self) -> np.ndarray:
        """The facial actions that are done at all, ``(D,)``."""
        return np.flatnonzero(self.actions.max(axis=0, initial=0) > _LEAST_ACTION)


@dataclass
class _Buffer:
    """Collects the arrays of a file."""

    parts: list[bytes] = field(default_factory=list)
    views: list[dict[str, Any]] = field(default_factory=list)
    accessors: list[dict[str, Any]] = field(default_factory=list)

    def add_bytes(self, data: bytes, target: int | None = None) -> int:
        """Append data at an offset that any number may stand at; returns its view."""
        offset = sum(len(part) for part in self.parts)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": offset, "byteLength": len(data)}
        self.views.append(view | ({"target": target} if target else {}))
        self.parts.append(data + bytes(-len(data) % 4))
        return len(self.views) - 1

    def add(self, array: np.ndarray, target: int | None = None, bounds: bool = False) -> int:
        """Append an array whose first axis counts the elements; returns its accessor."""
        accessor: dict[str, Any] = {
            "bufferView": self.add_bytes(np.ascontiguousarray(array).tobytes(), target),
            "componentType": _COMPONENTS[array.dtype.str[1:]],
            "count": len(array),
            "type": _SHAPES[array.shape[1:]],
        }
        if bounds:
            flat = array.reshape(len(array), -1)
            accessor["min"], accessor["max"] = flat.min(0).tolist(), flat.max(0).tolist()
        self.accessors.append(accessor)
        return len(self.accessors) - 1

    def add_sparse(self, array: np.ndarray) -> int:
        """Append an array ``(M, 3)`` of which most rows are 0; returns its accessor."""
        rows = np.flatnonzero(np.abs(array).max(axis=1) > 1e-5).astype(np.uint32)
        indices = self.add_bytes(rows.tobytes())
        values = self.add_bytes(np.ascontiguousarray(array[rows]).tobytes())
        kept = np.zeros_like(array)
        kept[rows] = array[rows]
        self.accessors.append(
            {
                "componentType": _COMPONENTS["f4"],
                "count": len(array),
                "type": "VEC3",
                "min": kept.min(axis=0).tolist(),
                "max": kept.max(axis=0).tolist(),
                "sparse": {
                    "count": len(rows),
                    "indices": {"bufferView": indices, "componentType": _COMPONENTS["u4"]},
                    "values": {"bufferView": values},
                },
            }
        )
        return len(self.accessors) - 1

    def joined(self) -> bytes:
        """All of it."""
        return b"".join(self.parts)


def _describe(figure: Figure, motion: _Motion, buffer: _Buffer) -> dict[str, Any]:
    """The JSON of the file; what it points to goes into the buffer."""
    body = figure.body
    num_bones = len(body.bones)
    heads = body.heads @ _AXES.T
    parents = body.parents
    offsets = np.where(parents[:, None] < 0, heads, heads - heads[parents])
    bind = np.tile(np.eye(4, dtype=np.float32), (num_bones, 1, 1))
    bind[:, 3, :3] = -heads  # by columns
    bones = [
        {"name": name, "translation": offset.tolist()}
        | ({"children": children} if (children := np.flatnonzero(parents == i).tolist()) else {})
        for i, (name, offset) in enumerate(zip(body.bones, offsets, strict=True))
    ]
    roots = np.flatnonzero(parents < 0).tolist()
    mesh = {"name": "signer", "mesh": 0, "skin": 0}
    return {
        "asset": {"version": "2.0", "generator": "signzoo"},
        "scene": 0,
        "scenes": [{"nodes": [*roots, num_bones]}],
        "nodes": [*bones, mesh],
        "meshes": [_mesh(figure, motion, buffer)],
        "materials": [
            {
                "name": "skin and clothes",
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0,
                    "roughnessFactor": 0.8,
                },
            }
        ],
        "textures": [{"source": 0}],
        "images": [{"bufferView": _add_picture(figure, buffer), "mimeType": "image/png"}],
        "skins": [
            {
                "joints": list(range(num_bones)),
                "inverseBindMatrices": buffer.add(bind),
                "skeleton": roots[0],
            }
        ],
        "animations": [_animation(motion, offsets, buffer)],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
    }


def _mesh(figure: Figure, motion: _Motion, buffer: _Buffer) -> dict[str, Any]:
    """The mesh, with a morph target for each facial action that is done."""
    primitive = _primitive(figure, buffer)
    mesh: dict[str, Any] = {"name": "signer", "primitives": [primitive]}
    if len(motion.done):
        body = figure.body
        offsets = np.zeros((len(body.vertices), 3), np.float32)
        targets = []
        for action in motion.done:
            offsets[body.movable] = body.offsets[action] @ _AXES.T
            targets.append({"POSITION": buffer.add_sparse(offsets[figure.vertices])})
        primitive["targets"] = targets
        mesh["weights"] = [0.0] * len(targets)
        mesh["extras"] = {"targetNames": [body.expressions[action] for action in motion.done]}
    return mesh


def _primitive(figure: Figure, buffer: _Buffer) -> dict[str, Any]:
    points, normals, _ = figure.surface(figure.body.vertices[None])
    joints, weights = _strongest(figure)
    uv = np.stack([figure.uv[:, 0], 1 - figure.uv[:, 1]], axis=1)  # glTF counts from the top
    return {
        "attributes": {
            "POSITION": buffer.add(points[0] @ _AXES.T, _VERTICES, bounds=True),
            "NORMAL": buffer.add(normals[0] @ _AXES.T, _VERTICES),
            "TEXCOORD_0": buffer.add(uv, _VERTICES),
            "JOINTS_0": buffer.add(joints[:, :4], _VERTICES),
            "WEIGHTS_0": buffer.add(weights[:, :4], _VERTICES),
            "JOINTS_1": buffer.add(joints[:, 4:], _VERTICES),
            "WEIGHTS_1": buffer.add(weights[:, 4:], _VERTICES),
        },
        "indices": buffer.add(figure.triangles.astype(np.uint32).ravel(), _TRIANGLES),
        "material": 0,
    }


def _strongest(figure: Figure) -> tuple[np.ndarray, np.ndarray]:
    """The bones of each drawn vertex ``(M, 8)`` uint8, and their weights ``(M, 8)`` float32."""
    body = figure.body
    weights = np.zeros((len(body.vertices), 8), np.float32)
    joints = np.zeros((len(body.vertices), 8), np.uint8)
    width = min(8, body.weights.shape[1])  # they come sorted
    weights[:, :width] = body.weights[:, :width]
    joints[:, :width] = body.influences[:, :width]
    weights /= weights.sum(axis=1, keepdims=True)
    joints[weights == 0] = 0  # glTF wants no bone named that does nothing
    return joints[figure.vertices], weights[figure.vertices]


def _add_picture(figure: Figure, buffer: _Buffer) -> int:
    from PIL import Image

    data = BytesIO()
    Image.fromarray(figure.picture).save(data, "PNG", optimize=True)
    return buffer.add_bytes(data.getvalue())


def _animation(motion: _Motion, offsets: np.ndarray, buffer: _Buffer) -> dict[str, Any]:
    """Channels for the bones that move, and one for the face."""
    transforms = np.asarray(motion.transforms, np.float32)
    times = buffer.add((np.arange(len(transforms)) / motion.fps).astype(np.float32), bounds=True)
    rotations = _quaternions(_AXES @ transforms[..., :3, :3] @ _AXES.T)  # (T, J, 4)
    translations = offsets + transforms[..., :3, 3] @ _AXES.T  # (T, J, 3)
    channels: list[dict[str, Any]] = []
    samplers: list[dict[str, Any]] = []
    way: Literal["rotation", "translation"]
    for way, values, rest in (
        ("rotation", rotations, np.array([0, 0, 0, 1], np.float32)),
        ("translation", translations, offsets),
    ):
        moves = (np.abs(values - rest) > _STILL).any(axis=(0, 2))
        for bone in np.flatnonzero(moves).tolist():
            channels.append(
                {"sampler": len(samplers), "target": {"node": bone, "path": way}},
            )
            samplers.append({"input": times, "output": buffer.add(values[:, bone])})
    if len(motion.done):
        target = {"node": transforms.shape[1], "path": "weights"}  # the mesh, after all bones
        channels.append({"sampler": len(samplers), "target": target})
        amounts = motion.actions[:, motion.done].astype(np.float32).ravel()
        samplers.append({"input": times, "output": buffer.add(amounts)})
    if not channels:  # a figure that stands still; an animation needs a channel
        channels.append({"sampler": 0, "target": {"node": 0, "path": "rotation"}})
        samplers.append({"input": times, "output": buffer.add(rotations[:, 0])})
    return {"name": motion.title, "channels": channels, "samplers": samplers}


def _quaternions(matrices: np.ndarray) -> np.ndarray:
    """Rotation matrices ``(T, J, 3, 3)`` to x, y, z, w ``(T, J, 4)``, each near the last."""
    from scipy.spatial.transform import Rotation

    found = Rotation.from_matrix(matrices.reshape(-1, 3, 3)).as_quat()
    found = found.reshape(*matrices.shape[:2], 4)
    found[0] *= np.where(found[0, :, 3:] < 0, -1, 1)
    # The same rotation has two signs; a viewer blends between frames the short way only if they
    # agree.
    agree = np.sign((found[1:] * found[:-1]).sum(axis=-1, keepdims=True))
    found[1:] *= np.cumprod(np.where(agree < 0, -1, 1), axis=0)
    return found.astype(np.float32)


def _pack(text: bytes, binary: bytes) -> bytes:
    """The binary container: a header and two chunks."""
    text += b" " * (-len(text) % 4)
    length = 12 + 8 + len(text) + 8 + len(binary)
    return b"".join(
        [
            b"glTF" + np.array([2, length], "<u4").tobytes(),
            np.array([len(text)], "<u4").tobytes() + b"JSON" + text,
            np.array([len(binary)], "<u4").tobytes() + b"BIN\0" + binary,
        ]
    )
