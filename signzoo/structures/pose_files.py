"""Reads and writes poses: ``.pose`` (pose-format), ``.npz``, and the paper's ``.json`` and ``.h5``.

``.pose`` holds MediaPipe Holistic components as pose-format writes them and opens in its viewer.
The other three hold the arrays of a :class:`Pose` under their own names; they also keep the unit
and any skeleton.
"""

import io
import json
import os
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.errors import MediaError, UsageError
from signzoo.structures.pose import Pose
from signzoo.structures.skeleton import Skeleton

_HOLISTIC = "mediapipe-holistic"
_COMPONENTS = {
    "POSE_LANDMARKS": "body",
    "FACE_LANDMARKS": "face",
    "LEFT_HAND_LANDMARKS": "left_hand",
    "RIGHT_HAND_LANDMARKS": "right_hand",
}
_COLORS = {  # RGB of each component in pose-format's viewer
    "body": (55, 99, 132),
    "face": (128, 128, 128),
    "left_hand": (204, 88, 0),
    "right_hand": (0, 128, 90),
}


def read_pose(path: str | os.PathLike[str]) -> Pose:
    """Read a pose file of any known kind; see :meth:`Pose.read`."""
    path = Path(path)
    reader = _by_suffix(path, _READERS)
    if not path.is_file():
        raise MediaError(f"There is no pose file {path}.")
    if path.stat().st_size == 0:
        raise MediaError(f"{path} is empty; it holds no pose.")
    try:
        pose = reader(path)
    except (MediaError, UsageError, MemoryError):
        raise
    except (
        OSError,
        ValueError,
        KeyError,
        TypeError,
        IndexError,
        EOFError,
        zipfile.BadZipFile,
    ) as e:
        raise MediaError(f"{path} is not a readable {path.suffix} pose: {e}.") from e
    except Exception as e:  # struct.error and friends from pose-format's parser
        raise MediaError(f"{path} is truncated or corrupt: {e}.") from e
    if len(pose) == 0:
        raise MediaError(f"{path} holds a pose without frames.")
    return pose


def write_pose(pose: Pose, path: str | os.PathLike[str]) -> None:
    """Write a pose file by its suffix; see :meth:`Pose.write`."""
    path = Path(path)
    writer = _by_suffix(path, _WRITERS)
    with atomic_path(path) as part:
        writer(pose, part)


def _by_suffix(path: Path, table: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    if path.suffix.lower() not in table:
        raise MediaError(
            f"{path} does not end like a pose file; the known kinds are {', '.join(table)}."
        )
    return table[path.suffix.lower()]


def _read_pose_format(path: Path) -> Pose:
    """Place the components of a ``.pose`` file by name into the holistic skeleton.

    A file may hold a part of the landmarks (the common 178-point selection, for one): the others
    get confidence 0. Iris and world landmarks are left out. Of several people the one seen with
    the most confidence is kept. Depth is as the file has it: pose-format writes MediaPipe's own,
    in fractions of the picture's width.
    """
    from pose_format import Pose as PoseFile

    file = PoseFile.read(path.read_bytes())
    skeleton = Skeleton.named(_HOLISTIC)
    column = {landmark: i for i, landmark in enumerate(skeleton.landmarks)}
    names = [
        f"{_COMPONENTS.get(component.name, component.name)}/{point.lower()}"
        for component in file.header.components
        for point in component.points
    ]
    known = [i for i, name in enumerate(names) if name in column]
    if not known:
        found = ", ".join(component.name for component in file.header.components)
        raise MediaError(
            f"{path} has the components {found}; MediaPipe Holistic's are needed "
            f"({', '.join(_COMPONENTS)}). Extract it again with `signzoo extract`."
        )
    people = np.asarray(file.body.confidence, dtype=np.float32)  # (T, people, points)
    person = int(people.sum(axis=(0, 2)).argmax()) if people.shape[1] else 0
    if not people.shape[1]:
        raise MediaError(f"{path} holds no person.")
    raw = np.ma.filled(file.body.data[:, person], 0).astype(np.float32)  # (T, points, 2 or 3)
    where = [column[names[i]] for i in known]
    points = np.zeros((len(raw), len(column), 3), np.float32)
    points[:, where, : raw.shape[2]] = raw[:, known]
    confidence = np.zeros((len(raw), len(column)), np.float32)
    confidence[:, where] = np.nan_to_num(people[:, person][:, known]).clip(0, 1)
    size = file.header.dimensions
    return Pose(points, confidence, file.body.fps, skeleton, "pixel", (size.width, size.height))


def _write_pose_format(pose: Pose, path: Path) -> None:
    from pose_format import Pose as PoseFile
    from pose_format.numpy import NumPyPoseBody
    from pose_format.pose_header import (
        PoseHeader,
        PoseHeaderComponent,
        PoseHeaderDimensions,
    )

    if pose.skeleton.name != _HOLISTIC or pose.unit != "pixel":
        raise MediaError(
            f"A .pose file holds a {_HOLISTIC} pose in pixels; this is {pose.skeleton.name} in "
            f"unit {pose.unit!r}. Write .npz, .json or .h5 instead."
        )
    components = []
    for component, part in _COMPONENTS.items():
        where = pose.skeleton.part(part)
        labels = [name.split("/")[1].upper() for name in pose.skeleton.landmarks[where]]
        limbs = [
            (a - where.start, b - where.start)
            for a, b in pose.skeleton.bones
            if where.start <= a < where.stop
        ]
        components.append(PoseHeaderComponent(component, labels, limbs, [_COLORS[part]], "XYZC"))
    width, height = pose.size or np.ceil(pose.points[..., :2].max(axis=(0, 1))).clip(1).astype(int)
    dimensions = PoseHeaderDimensions(int(width), int(height), int(width))
    body = NumPyPoseBody(pose.fps, pose.points[:, None], pose.confidence[:, None])
    with path.open("wb") as file:
        PoseFile(PoseHeader(0.2, dimensions, components), body).write(file)


def _facts(pose: Pose) -> dict[str, Any]:
    facts: dict[str, Any] = {"skeleton": pose.skeleton.name, "fps": pose.fps, "unit": pose.unit}
    return facts | ({"size": list(pose.size)} if pose.size else {})


def _from_facts(points: Any, confidence: Any, facts: Any) -> Pose:
    size = tuple(int(side) for side in facts["size"]) if "size" in facts else None
    skeleton = Skeleton.named(str(facts["skeleton"]))
    unit: Any = str(facts["unit"])
    # A pose without frames has no axis for its landmarks in JSON.
    points = np.asarray(points, np.float32).reshape(-1, len(skeleton.landmarks), 3)
    confidence = np.asarray(confidence, np.float32).reshape(points.shape[:2])
    return Pose(points, confidence, float(facts["fps"]), skeleton, unit, size)  # type: ignore[arg-type]


def _read_npz(path: Path) -> Pose:
    with np.load(path, allow_pickle=False) as file:
        return _from_facts(file["points"], file["confidence"], file)


def _write_npz(pose: Pose, path: Path) -> None:
    arrays: dict[str, Any] = {"points": pose.points, "confidence": pose.confidence}
    packed = io.BytesIO()  # a ZipFile that cannot finish its file complains again when it is freed
    np.savez_compressed(packed, **arrays, **_facts(pose))
    path.write_bytes(packed.getvalue())


def _read_json(path: Path) -> Pose:
    content = json.loads(path.read_text("utf-8"))
    return _from_facts(content["points"], content["confidence"], content)


def _write_json(pose: Pose, path: Path) -> None:
    content = _facts(pose) | {
        "landmarks": pose.skeleton.landmarks,
        "points": _shortest(pose.points),
        "confidence": _shortest(pose.confidence),
    }
    path.write_text(json.dumps(content), encoding="utf-8")


def _shortest(values: np.ndarray) -> list[Any]:
    """The shortest decimals that read back as the same float32."""
    return values.astype("U32").astype(np.float64).tolist()


def _read_h5(path: Path) -> Pose:
    import h5py

    with h5py.File(path, "r") as file:
        return _from_facts(file["points"][:], file["confidence"][:], dict(file.attrs))


def _write_h5(pose: Pose, path: Path) -> None:
    import h5py

    with h5py.File(path, "w") as file:
        file.create_dataset("points", data=pose.points, compression="gzip")
        file.create_dataset("confidence", data=pose.confidence, compression="gzip")
        file.attrs["landmarks"] = json.dumps(pose.skeleton.landmarks)
        for key, value in _facts(pose).items():
            file.attrs[key] = value


_READERS: dict[str, Callable[[Path], Pose]] = {
    ".pose": _read_pose_format,
    ".npz": _read_npz,
    ".json": _read_json,
    ".h5": _read_h5,
}
_WRITERS: dict[str, Callable[[Pose, Path], None]] = {
    ".pose": _write_pose_format,
    ".npz": _write_npz,
    ".json": _write_json,
    ".h5": _write_h5,
}
POSE_SUFFIXES = tuple(_WRITERS)
