"""What SignMST-C sees of a pose: the landmarks that every source has, at one scale and rate."""

from functools import cache

import numpy as np
import torch
from torch import Tensor

from signzoo.structures import Pose
from signzoo.transforms.pose import fill_gaps, resample, to_shoulder_units

FPS = 25.0
# Places that every skeleton names alike.
_ANCHORS = (
    "left_shoulder",
    "right_shoulder",
    "left_elbow",
    "right_elbow",
    "left_wrist",
    "right_wrist",
    "left_hand",
    "right_hand",
)
# The tip of the nose where there is one: a mean of the face moves with what is seen of it.
_NOSES = ("body/nose", "face/1", "face/nose")
# Of MediaPipe's mesh: corners and middles of the lips, and of each side three places of the brow
# and both lids. The signer's right side comes first.
_MOUTH = (61, 291, 13, 14, 0, 17)
_SIDES = ((70, 105, 107, 159, 145), (300, 334, 336, 386, 374))
_HAND = 21
HEAD, LEFT_HAND, RIGHT_HAND = 0, 7, 8
_FIRST_FINGER = 1 + len(_ANCHORS)
FACE = slice(_FIRST_FINGER + 2 * _HAND, None)
LEFT_FINGERS = slice(_FIRST_FINGER, _FIRST_FINGER + _HAND)
RIGHT_FINGERS = slice(_FIRST_FINGER + _HAND, _FIRST_FINGER + 2 * _HAND)
_FACE_POINTS = (*_MOUTH, *_SIDES[0], *_SIDES[1])
NUM_LANDMARKS = _FIRST_FINGER + 2 * _HAND + len(_FACE_POINTS)
# Fingers move within a fifth of what arms do, brows and lips within less.
_FINGER_SCALE, _FACE_SCALE, _SPEED_SCALE = 4.0, 6.0, 0.15
_FASTEST = 3.0
# Seconds for which lost landmarks are bridged.
_BRIDGED = 0.2


def signing_landmarks(pose: Pose) -> np.ndarray:
    """Reduce a pose to the landmarks that signing needs.

    Args:
        pose: In pixels with shoulders, or in shoulder widths; any skeleton with a head and hands.

    Returns:
        x and y in shoulder widths from the middle between the shoulders, and the confidence in
        [0, 1], at 25 frames a second: ``(T, V, 3)`` float32, all 0 where missing. V is the nose,
        eight anchors from shoulders to hands, 21 landmarks of each hand and 16 of the face.

    Raises:
        MediaError: The pose is in pixels and never shows both shoulders.
    """
    if pose.unit == "pixel":
        pose = to_shoulder_units(pose)
    pose = resample(fill_gaps(pose, _BRIDGED), FPS)
    found = np.zeros((len(pose), NUM_LANDMARKS, 3), np.float32)
    columns, sources = _columns(pose.skeleton.landmarks)
    found[:, columns, :2] = pose.points[:, sources, :2]
    found[:, columns, 2] = pose.confidence[:, sources]
    for column, anchor in enumerate(_ANCHORS, 1):
        if anchor in pose.skeleton.anchors:
            place, confidence = pose.anchor(anchor)
            found[:, column, :2], found[:, column, 2] = place[:, :2], confidence
    found[found[..., 2] <= 0] = 0
    return found


@cache
def _columns(names: tuple[str, ...]) -> tuple[list[int], list[int]]:
    """Which of our landmarks a skeleton has under which number; anchors come apart."""
    number = {name: i for i, name in enumerate(names)}
    hands = [f"{side}_hand/{joint}" for side in ("left", "right") for joint in _finger_names()]
    wanted = [*hands, *(f"face/{point}" for point in _FACE_POINTS)]
    pairs = [(_FIRST_FINGER + i, number[name]) for i, name in enumerate(wanted) if name in number]
    nose = next((number[name] for name in _NOSES if name in number), None)
    if nose is not None:
        pairs.append((HEAD, nose))
    return [column for column, _ in pairs], [source for _, source in pairs]


@cache
def _finger_names() -> tuple[str, ...]:
    from signzoo.structures import Skeleton

    whole = Skeleton.named("mediapipe-holistic").landmarks
    return tuple(name.partition("/")[2] for name in whole if name.startswith("left_hand/"))


@cache
def _mirror_order() -> list[int]:
    """The landmark on the other side of the body for each."""
    order = list(range(NUM_LANDMARKS))
    for left in range(1, 1 + len(_ANCHORS), 2):
        order[left], order[left + 1] = left + 1, left
    fingers = list(range(_FIRST_FINGER, FACE.start))
    order[_FIRST_FINGER : FACE.start] = fingers[_HAND:] + fingers[:_HAND]
    twins = dict(zip(_SIDES[0] + (61,), _SIDES[1] + (291,), strict=True))
    twins |= {right: left for left, right in twins.items()}
    for i, point in enumerate(_FACE_POINTS):
        order[FACE.start + i] = FACE.start + _FACE_POINTS.index(twins.get(point, point))
    return order


def mirrored(landmarks: np.ndarray) -> np.ndarray:
    """What a mirror shows of landmarks ``(T, V, 3)``: a left-handed signer for a right-handed."""
    return landmarks[:, _mirror_order()] * np.array([-1, 1, 1], np.float32)


def without_face(landmarks: Tensor) -> Tensor:
    """Landmarks ``(B, T, V, 3)`` of which those of the face, but for the nose, are missing."""
    kept = torch.ones(NUM_LANDMARKS, 1, device=landmarks.device)
    kept[FACE] = 0
    return landmarks * kept


def only_tracks(landmarks: Tensor) -> Tensor:
    """Landmarks ``(B, T, V, 3)`` of which all but the nose and both hands' places are missing."""
    kept = torch.zeros(NUM_LANDMARKS, 1, device=landmarks.device)
    kept[[HEAD, LEFT_HAND, RIGHT_HAND]] = 1
    return landmarks * kept


def only_seen(landmarks: Tensor) -> Tensor:
    """Landmarks ``(B, T, V, 3)`` that are seen or missing, and nothing in between."""
    return torch.cat([landmarks[..., :2], (landmarks[..., 2:] > 0).to(landmarks)], dim=-1)


NUM_FEATURES = 5 * NUM_LANDMARKS


def landmark_features(landmarks: Tensor) -> Tensor:
    """Describe landmarks so that a network sees hands as hands.

    Args:
        landmarks: As :func:`signing_landmarks` gives them, ``(B, T, V, 3)``.

    Returns:
        ``(B, T, 5 V)``: where head, arms and hands are, where fingers are in their hand and the
        face's landmarks from the nose, at scales that make all alike; confidences; and velocities,
        0 where a landmark was not there a frame before.
    """
    places, confidence = landmarks[..., :2], landmarks[..., 2]
    seen = confidence > 0
    step = torch.diff(places, dim=1, prepend=places[:, :1]) * (FPS * _SPEED_SCALE)
    before = torch.cat([seen[:, :1], seen[:, :-1]], dim=1)
    velocity = step.clamp(-_FASTEST, _FASTEST) * (seen & before)[..., None]
    parts = [places[:, :, :_FIRST_FINGER]]
    for part, centre, scale in (
        (LEFT_FINGERS, LEFT_HAND, _FINGER_SCALE),
        (RIGHT_FINGERS, RIGHT_HAND, _FINGER_SCALE),
        (FACE, HEAD, _FACE_SCALE),
    ):
        parts.append((places[:, :, part] - places[:, :, centre, None]) * scale)
    local = torch.cat(parts, dim=2) * seen[..., None]
    return torch.cat([local.flatten(2), confidence, velocity.flatten(2)], dim=2)
