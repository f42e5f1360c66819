"""Lets a body perform a pose: every bone of arms, hands, neck and head turns with its landmarks.

Rotations are analytic. A bone takes the direction of its landmarks by the smallest turn, or with a
twist where two directions fix it: the plane of the elbow for the upper arm, the palm for the wrist.
Then joints are held within their ranges of motion, gaps are bridged, and what is long unseen eases
to rest.
"""

import numpy as np

from signzoo.avatar.anatomy import HEAD, RELAXED, SIDES, Hand, hinge_angles, hinge_rotation
from signzoo.avatar.arms import filled, reach_place, turn_arm, turn_wrist
from signzoo.avatar.body import Body, from_signzoo_axes
from signzoo.avatar.depth import HAND, correct_depth, find_head, landmarks
from signzoo.avatar.fingers import turn_fingers
from signzoo.avatar.timing import Timing, Track, perform
from signzoo.structures import Pose
from signzoo.transforms.rotations import about, from_vectors, inverse, to_vectors, unit

# How much of a head's turn the neck's three bones take; the head takes the rest.
_NECK = (0.15, 0.2, 0.25)
_SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
# Height in shoulder widths about which a signer sways: from the hips to the shoulders.
_TORSO = 1.4


def retarget(
    pose: Pose, body: Body, timing: Timing | None = None, limits: bool = True
) -> np.ndarray:
    """Turn a body's bones as a pose shows them.

    Args:
        pose: A pose of any skeleton with MediaPipe Holistic's names. Landmarks that it lacks leave
            their bones at rest: arms hang, hands relax, the head looks ahead.
        body: Who performs it.
        timing: How gaps are bridged and how much motion is smoothed; :class:`Timing` by default.
        limits: Hold joints within their ranges of motion. Without, bones follow their landmarks
            wherever these go.

    Returns:
        Local transforms ``(T, J, 4, 4)`` float32 for :meth:`Body.skin`; rotations only.

    Raises:
        MediaError: The pose is in pixels and never shows both shoulders.
    """
    pose = correct_depth(pose)
    spine, chest = _spine(pose)
    tracks = [spine, _head(pose, limits, chest)]
    for side in SIDES:
        tracks += _arm_and_hand(pose, body, side, limits, chest)
    rest = relaxed(body)
    return perform(tracks, rest, body, pose.fps, timing or Timing())


def relaxed(body: Body) -> np.ndarray:
    """Local transforms ``(J, 4, 4)`` of someone who stands and waits: arms hanging, hands loose."""
    transforms = body.rest()[0].astype(np.float64)
    for side, letter in SIDES.items():
        sign = 1.0 if side == "left" else -1.0
        upper = unit(np.array([[0.16 * sign, 0.03, -1.0]]))
        lower = unit(np.array([[0.06 * sign, -0.2, -1.0]]))
        arm, _ = turn_arm(body, letter, upper, lower, True, np.eye(3)[None])
        for bone, rotation in arm.items():
            transforms[body.bone(bone), :3, :3] = rotation[0]
        hand = Hand.of(body, side)
        hinges = np.broadcast_to(hand.hinges[:, None], hand.straight.shape)
        bent = hinge_rotation(np.radians(RELAXED), np.zeros((5, 3)), hand.straight, hinges)
        angles = hinge_angles(hand.directions, hand.straight, hinges)
        at_rest = hinge_rotation(*angles, hand.straight, hinges)
        transforms[hand.digits[1:], :3, :3] = (bent @ inverse(at_rest))[1:]
    return transforms


def _spine(pose: Pose) -> tuple[Track, np.ndarray]:
    """Lean sideways as the middle between the shoulders does; with the chest's turn (T, 3, 3)."""
    shoulders, seen = landmarks(pose, ["body/left_shoulder", "body/right_shoulder"])
    seen = seen.all(axis=1)
    middle = shoulders.mean(axis=1)
    usual = np.median(middle[seen], axis=0) if seen.any() else np.zeros(3)
    angle = np.arctan2(middle[:, 0] - usual[0], _TORSO)
    angle = np.clip(angle, *np.radians([-15, 15])) * seen
    each = about(np.array([0.0, 1.0, 0.0]), angle / len(_SPINE))
    whole = about(np.array([0.0, 1.0, 0.0]), angle)
    return Track(dict.fromkeys(_SPINE, each), seen), whole


def _head(pose: Pose, limits: bool, chest: np.ndarray) -> Track:
    """Turn the head as its landmarks show, a part of it by the neck."""
    head = find_head(pose)
    axes = from_signzoo_axes(np.eye(3))  # columns of a pose's axes in the body's
    rotation = inverse(axes) @ head.rotations @ axes
    vector = to_vectors(inverse(chest) @ rotation)
    if limits:
        # x is nodding, y tilting, z turning in the body's axes
        most = HEAD[[0, 2, 1]]
        vector = np.clip(vector, -most, most)
    shares = (*_NECK, 1 - sum(_NECK))
    bones = ("neck01", "neck02", "neck03", "head")
    turns = {bone: from_vectors(vector * share) for bone, share in zip(bones, shares, strict=True)}
    return Track(turns, head.seen)


def _arm_and_hand(
    pose: Pose, body: Body, side: str, limits: bool, chest: np.ndarray
) -> list[Track]:
    letter = SIDES[side]
    points, seen = landmarks(pose, [f"body/{side}_{x}" for x in ("shoulder", "elbow", "wrist")])
    hand, hand_seen = landmarks(pose, [f"{side}_hand/{label}" for label in HAND])
    hand_whole = hand_seen.all(axis=1)
    points[:, 2] = np.where(hand_whole[:, None], hand[:, 0], points[:, 2])
    seen[:, 2] |= hand_whole
    whole = seen.all(axis=1)
    upper, lower = (
        from_signzoo_axes(unit(bone)) for bone in np.diff(points, axis=1).swapaxes(0, 1)
    )
    hand = from_signzoo_axes(hand)
    both = whole & hand_whole
    upper, lower = filled(upper, whole), filled(lower, whole)
    reach = from_signzoo_axes(points[:, 2] - points[:, 0])
    upper, lower = reach_place(body, Hand.of(body, side), upper, lower, reach, hand, hand_whole)
    arm, forearm = turn_arm(body, letter, upper, lower, limits, chest)
    twist, wrist, palm = turn_wrist(body, side, hand, both, limits, forearm, pose.fps)
    fingers = turn_fingers(body, Hand.of(body, side), hand, palm, limits)
    return [
        Track(arm, whole),
        Track(twist, both, on_top=True),
        Track(wrist, both),
        Track(fingers, hand_whole),
    ]
