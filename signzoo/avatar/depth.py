"""Gives a pose the depth that its picture hides: bones of constant length, heads of known shape.

MediaPipe measures z in widths of the picture, which the files that carry it have often scaled
otherwise, so its unit is found anew for each pose. A face has a known shape (MediaPipe's canonical
face), which shows the unit; hands share it. The depth of elbows and wrists is too uncertain for
that: it follows from how far the picture shortens the arm's bones.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from signzoo.structures import Pose
from signzoo.transforms.kinematics import BONE_LENGTHS
from signzoo.transforms.pose import to_shoulder_units
from signzoo.transforms.rotations import fit_rotation, inverse, unit

# The landmarks of a hand, without its side.
HAND = (
    "wrist",
    *(f"thumb_{joint}" for joint in ("cmc", "mcp", "ip", "tip")),
    *(
        f"{finger}_{joint}"
        for finger in ("index_finger", "middle_finger", "ring_finger", "pinky")
        for joint in ("mcp", "pip", "dip", "tip")
    ),
)
# Points of the skull and not of its expressions: where MediaPipe's canonical face model has them,
# in centimetres, x to the signer's left, y down, z away. Left, right, and on the midline.
_SIDES = {
    ("263", "33"): (4.446, -2.664, -3.173),  # outer corners of the eyes
    ("362", "133"): (1.856, -2.585, -3.758),  # inner corners
    ("454", "234"): (7.664, -0.673, 2.436),  # before the ears
    ("356", "127"): (7.743, -2.365, 2.005),  # temples
}
_MIDDLE = {"10": (0.0, -8.262, -4.482)}  # the top of the forehead
# The same head by the landmarks of the body.
_BODY_SIDES = {
    ("left_eye_outer", "right_eye_outer"): (4.446, -2.664, -3.173),
    ("left_eye_inner", "right_eye_inner"): (1.856, -2.585, -3.758),
    ("left_ear", "right_ear"): (7.8, -0.7, 4.0),
}
_BODY_MIDDLE = {"nose": (0.0, 1.127, -7.476)}
# Least lengths of upper arm and forearm in shoulder widths as MediaPipe places shoulders: the least
# of most signers of the fingerspelling lexicon. Where a picture shows a bone longer, it is longer.
_LEAST_ARM = (0.78, 0.66)
_MOST_ARM = 1.15
# Depth is believed where it gives both bones lengths between these, in shoulder widths, that vary
# by less than this share of themselves.
_PLAUSIBLE, _STEADY = (0.45, 1.2), 0.06
# A finger's bone is too short below this share of its length; people differ by less.
_FLATTEST = 0.85
# Mean bending of the fingers' joints, in sums of sines, below which a hand is inside out.
_INSIDE_OUT = -0.6
# A hand's z that varies less than this share of its x and y is in widths of the picture: pixels are
# hundreds of times smaller.
_SHALLOW = 0.02
# Root mean square distance of a face from a skull's shape, as a share of the skull's own, beyond
# which it is a drawing and not a face.
_UNLIKE = 0.25


@dataclass(frozen=True, eq=False)
class Head:
    """Where the skull is in each frame.

    Attributes:
        rotations: Turn from looking straight into the camera, ``(T, 3, 3)``, in a pose's axes.
        seen: Frames in which it is known, ``(T,)`` bool.
        z_unit: What one unit of the pose's z is, in units of its x; 0 where it does not show.
        size: Units of the pose's x in a centimetre of the skull, ``(T,)``, 0 where not seen.
    """

    rotations: np.ndarray
    seen: np.ndarray
    z_unit: float
    size: np.ndarray


def landmarks(pose: Pose, names: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
    """Landmarks by name: positions ``(T, K, 3)`` and which are seen ``(T, K)``.

    One that the skeleton does not have is never seen.
    """
    column = {name: i for i, name in enumerate(pose.skeleton.landmarks)}
    there = np.array([name in column for name in names])
    where = [column.get(name, 0) for name in names]
    seen = (pose.confidence[:, where] > 0) & there
    return pose.points[:, where].astype(np.float64) * seen[..., None], seen


def find_head(pose: Pose) -> Head:
    """Lay the known shape of a skull over the landmarks of the face, or else of the body."""
    for part, sides, middle in (
        ("face", _SIDES, _MIDDLE),
        ("body", _BODY_SIDES, _BODY_MIDDLE),
    ):
        names = [f"{part}/{name}" for pair in sides for name in pair]
        names += [f"{part}/{name}" for name in middle]
        mirrored = [(sign * x, y, z) for x, y, z in sides.values() for sign in (1, -1)]
        template = np.array(mirrored + list(middle.values()))
        points, seen = landmarks(pose, names)
        whole = seen.all(axis=1)
        if whole.any():
            return _lay(template, points, whole)
    length = len(pose)
    nothing = np.zeros(length, bool)
    return Head(np.tile(np.eye(3), (length, 1, 1)), nothing, 0.0, np.zeros(length))


def _lay(template: np.ndarray, points: np.ndarray, seen: np.ndarray) -> Head:
    first, second = np.triu_indices(len(template), 1)
    true = ((template[first] - template[second]) ** 2).sum(axis=-1)  # (pairs,)
    between = points[seen][:, first] - points[seen][:, second]  # (T, pairs, 3)
    flat, deep = (between[..., :2] ** 2).sum(axis=-1) / true, between[..., 2] ** 2 / true
    # Each pair: flat² + unit² deep² = size² true², linear in the squares of unit and size.
    equations = np.stack([-deep.ravel(), np.ones(deep.size)], axis=1)
    squares = np.linalg.lstsq(equations, flat.ravel(), rcond=None)[0]
    z_unit = float(np.sqrt(max(squares[0], 0.0)))
    scaled = points * [1, 1, z_unit]
    lengths = (scaled[:, first] - scaled[:, second]) ** 2
    size = np.sqrt((lengths.sum(axis=-1) / true).mean(axis=-1)) * seen
    rotations = fit_rotation(scaled, template)
    seen = seen & (_distance(scaled, template, rotations, size) < _UNLIKE)
    if not seen.any():
        z_unit = 0.0
    size, rotations = size * seen, np.where(seen[:, None, None], rotations, np.eye(3))
    return Head(rotations, seen, z_unit, size)


def _distance(
    points: np.ndarray, template: np.ndarray, rotations: np.ndarray, size: np.ndarray
) -> np.ndarray:
    """How far points are from a template laid over them, relative to its extent, ``(T,)``."""
    template = template - template.mean(axis=0)
    points = points - points.mean(axis=1, keepdims=True)
    laid = template @ inverse(rotations) * size[:, None, None]
    apart = ((points - laid) ** 2).sum(axis=-1).mean(axis=-1)
    extent = (laid**2).sum(axis=-1).mean(axis=-1)
    return np.sqrt(apart / np.maximum(extent, 1e-12))


def correct_depth(pose: Pose) -> Pose:
    """Measure depth in the same unit as the picture, and each arm from its shoulder.

    Args:
        pose: Of any skeleton with MediaPipe Holistic's names; z of any unit, smaller is nearer.

    Returns:
        The pose in shoulder widths. Hands hang on the wrist of their arm, a face keeps its own
        depth; x, y and the confidences are those of ``pose``. An arm whose bones have steady
        lengths as it is keeps its depth, and its hand does.

    Raises:
        MediaError: The pose is in pixels and never shows both shoulders.
    """
    width = float(pose.size[0]) if pose.size else 1.0
    pose = to_shoulder_units(pose) if pose.unit == "pixel" else pose
    z_unit = find_head(pose).z_unit or _unit_of_hands(pose, width)
    points = pose.points.copy()
    points[..., 2] *= z_unit
    column = {name: i for i, name in enumerate(pose.skeleton.landmarks)}
    for side in ("left", "right"):
        names = [f"body/{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")]
        arm = [column[name] for name in names if name in column]
        measured = False
        if len(arm) == len(names):
            measured = _keeps_lengths(points[:, arm], pose.confidence[:, arm] > 0)
            if not measured:
                points[:, arm, 2] = _arm_depth(points[:, arm], pose.confidence[:, arm] > 0)
        hand = [column[f"{side}_hand/{x}"] for x in HAND if f"{side}_hand/{x}" in column]
        if len(hand) < len(HAND):
            continue
        if not measured:
            points[:, hand, 2] = _hand_depth(points[:, hand], side == "right")
        if arm:
            points[:, hand, 2] += (points[:, arm[-1], 2] - points[:, hand[0], 2])[:, None]
    return replace(pose, points=points)


def _arm_depth(points: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Depth of shoulder, elbow and wrist ``(T, 3)`` from their bones' lengths.

    What a bone lacks in the picture it reaches towards the camera: signs are made before the body,
    and the sign of MediaPipe's depth is wrong too often (in most of the DGS sentences it has
    wrists behind their elbows).
    """
    bones, whole = np.diff(points, axis=1), seen[:, 1:] & seen[:, :-1]  # (T, 2, 3), (T, 2)
    if not whole.any(axis=0).all():
        return np.zeros(points.shape[:2])
    flat = np.where(whole, np.linalg.norm(bones[..., :2], axis=-1), np.nan)
    length = np.clip(np.nanpercentile(flat, 95, axis=0), _LEAST_ARM, _MOST_ARM)
    hidden = np.sqrt(np.maximum(length**2 - np.nan_to_num(flat) ** 2, 0)) * whole
    return -np.concatenate([np.zeros((len(points), 1)), np.cumsum(hidden, axis=1)], axis=1)


def _keeps_lengths(points: np.ndarray, seen: np.ndarray) -> bool:
    """Whether an arm's bones have plausible, steady lengths: their depth was truly measured."""
    bones, whole = np.diff(points, axis=1), seen[:, 1:] & seen[:, :-1]
    if not whole.any(axis=0).all() or np.ptp(bones[..., 2][whole]) < 0.1:
        return False
    lengths = np.where(whole, np.linalg.norm(bones, axis=-1), np.nan)
    mean, spread = np.nanmean(lengths, axis=0), np.nanstd(lengths, axis=0)
    low, high = _PLAUSIBLE
    return bool(((mean > low) & (mean < high) & (spread < _STEADY * mean)).all())


def _hand_depth(points: np.ndarray, right: bool) -> np.ndarray:
    """Depth of a hand ``(T, 21)`` that is not inside out, and of whose fingers no bone is short.

    MediaPipe sometimes takes the back of a hand seen from its edge for the palm, for a whole clip:
    then all fingers bend backwards, and near and far change places. And it leaves folded fingers
    too flat: a bone that has not its length reaches out of the picture the way it does already, or
    else towards the palm. Thumbs are left as they are.
    """
    shown = (points[:, 9] != points[:, 0]).any(axis=-1)
    if not shown.any():
        return points[..., 2]
    palm, bending = _palm_and_bending(points, right)
    if bending[shown].mean() < _INSIDE_OUT:
        points = points * [1, 1, -1]
        palm, _ = _palm_and_bending(points, right)
    size = np.percentile(np.linalg.norm(points[shown, 9] - points[shown, 0], axis=-1), 75)
    length = BONE_LENGTHS[1:] * size  # (4, 3), without the thumb
    fingers = points[:, 5:].reshape(-1, 4, 4, 3)
    bones = np.diff(fingers, axis=2)  # (T, 4, 3, 3)
    flat = np.linalg.norm(bones[..., :2], axis=-1)
    hidden = np.sqrt(np.maximum((_FLATTEST * length) ** 2 - flat**2, 0))
    way = np.tanh(bones[..., 2] / (0.1 * length) + 3 * palm[:, 2, None, None])
    depth = np.where(np.abs(bones[..., 2]) < hidden, hidden * way, bones[..., 2])
    found = points[..., 2].copy()
    deep = found[:, 5:].reshape(-1, 4, 4)
    deep[:, :, 1:] = deep[:, :, :1] + np.cumsum(depth, axis=2)
    found[:, 5:] = deep.reshape(-1, 16)
    return found


def _palm_and_bending(points: np.ndarray, right: bool) -> tuple[np.ndarray, np.ndarray]:
    """The direction out of the palm, ``(T, 3)``, and how much fingers bend towards it, ``(T,)``.

    The bending is the sum of the sines of the angles of eight joints; it is negative where fingers
    bend backwards.
    """
    along, across = unit(points[:, 9] - points[:, 0]), points[:, 5] - points[:, 17]
    palm = unit(np.cross(across, along) if right else np.cross(along, across))
    hinge = np.cross(along, palm)
    bones = unit(np.diff(points[:, 5:].reshape(-1, 4, 4, 3), axis=2))  # (T, 4, 3, 3)
    turns = np.cross(bones[:, :, :-1], bones[:, :, 1:])
    return palm, np.einsum("tfjc,tc->t", turns, hinge)


def _unit_of_hands(pose: Pose, width: float) -> float:
    """The unit of z where no face shows it: that of x, or the width of the picture."""
    spread = np.zeros(3)
    for side in ("left", "right"):
        points, seen = landmarks(pose, [f"{side}_hand/{label}" for label in HAND])
        if seen.any():
            spread += (points - points[:, :1])[seen].std(axis=0)
    flat, deep = spread[:2].mean(), spread[2]
    return width if deep < _SHALLOW * flat else 1.0
