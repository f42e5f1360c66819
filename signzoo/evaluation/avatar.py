"""Measures how faithfully an avatar performs poses: angles between its bones and the landmarks'.

Every frame in which a bone's landmarks are seen counts. ``3d`` compares with landmarks whose depth
was corrected (see :mod:`signzoo.avatar.depth`), as the avatar was driven by them; ``picture``
compares in the picture plane with the raw x and y, which no estimate of depth can flatter. There a
bone that points into or out of the picture has no direction, and is left out.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.avatar import Body, avatar_landmarks, retarget
from signzoo.avatar.body import from_signzoo_axes
from signzoo.avatar.depth import HAND, correct_depth, find_head, landmarks
from signzoo.errors import UsageError
from signzoo.evaluation.report import Report
from signzoo.lexicon.folder import Lexicon
from signzoo.structures import Pose
from signzoo.structures.pose_files import POSE_SUFFIXES
from signzoo.transforms.rotations import angle_between, turn, unit

# Groups of bones, and the most degrees of mean error that the project allows them.
TARGETS = {"upper_arm": 8.0, "forearm": 8.0, "hand": 8.0, "finger": 8.0, "head": 10.0}
MEASURES = ("3d", "picture")
# A bone is left out of the picture's measure where this share of it or less lies in the picture.
FLATTEST = 0.3


@dataclass(frozen=True, slots=True)
class Bone:
    """Two landmarks whose direction is compared.

    Attributes:
        name: Name in tables, as ``right index_finger_pip``.
        group: One of :data:`TARGETS`.
        start: Landmark at its base.
        end: Landmark at its tip.
    """

    name: str
    group: str
    start: str
    end: str


def _bones() -> list[Bone]:
    found = []
    for side in ("left", "right"):
        arm = f"body/{side}_"
        found.append(Bone(f"{side} upper arm", "upper_arm", f"{arm}shoulder", f"{arm}elbow"))
        found.append(Bone(f"{side} forearm", "forearm", f"{arm}elbow", f"{arm}wrist"))
        hand = f"{side}_hand/"
        found.append(Bone(f"{side} hand", "hand", f"{hand}wrist", f"{hand}middle_finger_mcp"))
        for base in range(1, 21, 4):
            for i in range(base, base + 3):
                start, end = HAND[i], HAND[i + 1]
                found.append(Bone(f"{side} {start}", "finger", hand + start, hand + end))
    return found


BONES = _bones()
NAMES = [bone.name for bone in BONES] + ["head"]
GROUPS = [bone.group for bone in BONES] + ["head"]


def find_poses(folder: str | Path) -> list[Path]:
    """The pose files in a folder and the folders below it.

    Raises:
        UsageError: There are none.
    """
    found = sorted(p for p in Path(folder).rglob("*") if p.suffix.lower() in POSE_SUFFIXES)
    if not found:
        raise UsageError(f"{folder} holds no pose file ({', '.join(POSE_SUFFIXES)}).")
    return found


def lexicon_poses() -> list[Path]:
    """The letters of the fingerspelling lexicon.

    Raises:
        MissingPackageError: The package that brings it is not installed.
    """
    return sorted({entry.file for entry in Lexicon.fingerspelling().entries})


def measure(pose: Pose, body: Body, limits: bool = True) -> np.ndarray:
    """Let a body perform a pose and add up its errors.

    Args:
        pose: Any pose with MediaPipe Holistic's names.
        body: Who performs it.
        limits: Hold joints within their ranges, as renderers do.

    Returns:
        For each of :data:`NAMES` and each of :data:`MEASURES` the sum of angles in degrees, and
        how many they are: ``(names, 2, 2)``.
    """
    transforms = retarget(pose, body, limits=limits)
    ours = avatar_landmarks(body, transforms, pose.skeleton).astype(np.float64)
    column = {name: i for i, name in enumerate(pose.skeleton.landmarks)}
    deep = correct_depth(pose)
    found = np.zeros((len(NAMES), 2, 2))
    for row, bone in enumerate(BONES):
        if bone.start not in column or bone.end not in column:
            continue
        where = [column[bone.start], column[bone.end]]
        points, seen = landmarks(deep, [bone.start, bone.end])
        if bone.group == "forearm":  # its end is the hand's own wrist where that is seen
            hand, hand_seen = landmarks(
                deep, [bone.end.replace("body/", "").replace("_", "_hand/")]
            )
            points[:, 1] = np.where(hand_seen, hand[:, 0], points[:, 1])
        seen = seen.all(axis=1)
        theirs = (points[:, 1] - points[:, 0])[seen]
        own = (ours[:, where[1]] - ours[:, where[0]])[seen]
        found[row] = _add_up(own, theirs)
    found[-1] = _head_error(pose, ours, transforms, body)
    return found


def _add_up(own: np.ndarray, theirs: np.ndarray) -> np.ndarray:
    """Sum and number of the angles between bones, in space and in the picture: ``(2, 2)``."""
    length, flat = np.linalg.norm(theirs, axis=-1), np.linalg.norm(theirs[..., :2], axis=-1)
    there = (length > 0) & np.isfinite(own).all(axis=-1)
    within = there & (flat > FLATTEST * length)
    space = np.degrees(angle_between(own[there], theirs[there]))
    flatten = [1.0, 1.0, 0.0]
    picture = np.degrees(angle_between(own[within] * flatten, theirs[within] * flatten))
    return np.array([[space.sum(), len(space)], [picture.sum(), len(picture)]])


def _head_error(pose: Pose, ours: np.ndarray, transforms: np.ndarray, body: Body) -> np.ndarray:
    """Error of where the face looks; in the picture, of the lines between eyes and to the mouth."""
    head = find_head(pose)
    ahead = np.array([0.0, 0.0, -1.0])
    theirs = turn(head.rotations, np.broadcast_to(ahead, (len(pose), 3)))
    turned = body.globals(transforms)[:, body.bone("head"), :3, :3]
    own = turn(turned, np.broadcast_to(from_signzoo_axes(ahead), (len(pose), 3)))
    space = np.degrees(angle_between(own, from_signzoo_axes(theirs)))[head.seen]
    names = ["body/left_eye_outer", "body/right_eye_outer", "body/mouth_left", "body/mouth_right"]
    column = {name: i for i, name in enumerate(pose.skeleton.landmarks)}
    if not all(name in column for name in names):
        return np.array([[space.sum(), len(space)], [0.0, 0.0]])
    points, seen = landmarks(pose, ["face/263", "face/33", "face/291", "face/61"])
    if not seen.all(axis=1).any():
        points, seen = landmarks(pose, names)
    seen = seen.all(axis=1)
    lines = [_face_lines(points[seen]), _face_lines(ours[seen][:, [column[n] for n in names]])]
    picture = np.degrees(angle_between(*lines))
    return np.array([[space.sum(), len(space)], [picture.sum(), picture.size]])


def _face_lines(points: np.ndarray) -> np.ndarray:
    """From eye to eye, and from between the eyes to the mouth, in the picture: ``(T, 2, 3)``."""
    eyes = points[:, 0] - points[:, 1]
    down = points[:, 2:].mean(axis=1) - points[:, :2].mean(axis=1)
    return unit(np.stack([eyes, down], axis=1) * [1.0, 1.0, 0.0])


def measure_files(paths: Sequence[Path], body: Body, limits: bool = True) -> Iterator[np.ndarray]:
    """Read and measure one file after another; see :func:`measure`.

    Raises:
        MediaError: A file is not a readable pose, or never shows both shoulders.
    """
    for path in paths:
        yield measure(Pose.read(path), body, limits)


def scores(sums: np.ndarray) -> dict[str, float]:
    """Mean error in degrees of each group of bones, as ``finger_3d``; NaN where nothing is seen.

    Args:
        sums: What :func:`measure` returns, added up over files and flattened.
    """
    table = sums.reshape(len(NAMES), 2, 2)
    found = {}
    for group in TARGETS:
        total = table[[i for i, name in enumerate(GROUPS) if name == group]].sum(axis=0)
        for measure_name, (angle, count) in zip(MEASURES, total, strict=True):
            found[f"{group}_{measure_name}"] = float(angle / count) if count else float("nan")
    return found


def by_bone(sums: np.ndarray) -> dict[str, dict[str, float]]:
    """Mean error in degrees of every bone, the worst first.

    Args:
        sums: What :func:`measure` returns, added up over files.
    """
    with np.errstate(invalid="ignore"):
        mean = sums[..., 0] / sums[..., 1]
    order = np.argsort(-np.nan_to_num(mean[:, 0]), kind="stable")
    return {NAMES[i]: dict(zip(MEASURES, map(float, mean[i]), strict=True)) for i in order}


def worst_files(paths: Sequence[Path], sums: np.ndarray) -> list[dict[str, Any]]:
    """Every file with its scores, the one whose fingers err most in space first.

    Args:
        paths: The files that were measured.
        sums: What :func:`measure` returned for each.
    """
    rows = [{"id": path.stem, "scores": scores(one)} for path, one in zip(paths, sums, strict=True)]
    return sorted(rows, key=lambda row: -np.nan_to_num(row["scores"]["finger_3d"]))


def plot(report: Report, path: str | Path) -> None:
    """Draw the error of every group in both measures, with intervals and the project's targets.

    Raises:
        DiskError: It could not be written.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    for shift, (system, found) in enumerate(_by_measure(report).items()):
        places = np.arange(len(TARGETS)) + 0.8 * (shift + 0.5) / len(MEASURES) - 0.4
        values = np.array([each[0] for each in found])
        ends = np.array([[value - low, high - value] for value, low, high in found]).T
        axes.bar(places, values, 0.8 / len(MEASURES), yerr=ends, label=system)
    for place, target in enumerate(TARGETS.values()):
        axes.plot([place - 0.45, place + 0.45], [target, target], color="black", linewidth=1)
    axes.set_xticks(range(len(TARGETS)), [name.replace("_", " ") for name in TARGETS])
    axes.set_ylabel("mean error in degrees (lines: allowed)")
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend()
    with atomic_path(path) as part:
        figure.savefig(part, dpi=120)


def _by_measure(report: Report) -> Mapping[str, list[tuple[float, float, float]]]:
    found = report.scores["avatar"]
    labels = {"3d": "in space", "picture": "in the picture"}
    table = {}
    for name in MEASURES:
        each = [found[f"{group}_{name}"] for group in TARGETS]
        table[labels[name]] = [(one.value, one.low, one.high) for one in each]
    return table
