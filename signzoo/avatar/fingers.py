"""Turns the bones of fingers and thumb towards their landmarks, as far as their joints allow."""

import numpy as np

from signzoo.avatar.anatomy import (
    FINGER_FLEXION,
    FINGER_SIDEWAYS,
    FINGER_TWIST,
    FREE,
    THUMB_CONE,
    THUMB_FLEXION,
    THUMB_SIDEWAYS,
    THUMB_TWIST,
    Hand,
    bend,
)
from signzoo.avatar.body import Body
from signzoo.transforms.rotations import about, from_vectors, inverse, swing, to_vectors, turn, unit

# A finger that is nearly straight has no plane of its own; its usual one weighs this much of a bent
# one's.
_STRAIGHT = 0.3
# How far a thumb's tip is from the side of the hand, in palm lengths, where it stands free of it,
# and where it lies beside or before it.
_THUMB_APART = (-0.4, -0.15)
# How much of the way around the hand's flesh the first bone of such a thumb goes. All of it would
# turn the bone by 23 degrees on average, this much by 14.
_THUMB_AROUND = 0.6


def turn_fingers(
    body: Body, hand: Hand, points: np.ndarray, palm: np.ndarray, limits: bool
) -> dict[str, np.ndarray]:
    """Turn the bones of all five digits.

    Args:
        body: Whose hand it is.
        hand: The hand at rest.
        points: Its landmarks, ``(T, 21, 3)``, in the body's axes.
        palm: Turn of the palm from rest, ``(T, 3, 3)``.
        limits: Whether joints keep their ranges.

    Returns:
        Local rotations ``(T, 3, 3)`` by bone.
    """
    digits = points[:, 1:].reshape(-1, 5, 4, 3)
    directions = unit(np.diff(digits, axis=2))  # (T, 5, 3, 3)
    directions[:, 0, 0] = _lift_thumb(body, hand, points, directions[:, 0, 0], palm)
    directions = np.where(directions.any(axis=-1, keepdims=True), directions, hand.directions)
    found: dict[str, np.ndarray] = {}
    parents = np.repeat(palm[:, None], 5, axis=1)  # (T, 5, 3, 3)
    for joint in range(3):
        local = turn(inverse(parents), directions[:, :, joint])
        rest, straight = hand.directions[:, joint], hand.straight[:, joint]
        sideways = FINGER_SIDEWAYS[joint]
        turned = bend(
            local,
            rest,
            straight,
            hand.hinges,
            FINGER_FLEXION[joint] if limits else FREE,
            (-sideways, sideways) if limits else FREE,
        )
        if joint == 0:
            turned[:, 0] = _thumb_base(local[:, 0], hand, limits)
            turned = _twist(turned, directions, palm, hand)
        else:
            sideways = THUMB_SIDEWAYS[joint - 1]
            turned[:, 0] = bend(
                local[:, 0],
                rest[0],
                straight[0],
                hand.hinges[0],
                THUMB_FLEXION[joint - 1] if limits else FREE,
                (-sideways, sideways) if limits else FREE,
            )
        parents = parents @ turned
        for digit in range(5):
            found[body.bones[hand.digits[digit, joint]]] = turned[:, digit]
    return found


def _lift_thumb(
    body: Body, hand: Hand, points: np.ndarray, directions: np.ndarray, palm: np.ndarray
) -> np.ndarray:
    """Direction of the thumb's first bone, led around the hand where the thumb touches it.

    MediaPipe has the thumb begin further out of the palm and further aside than the body does: with
    its direction alone, a thumb that lies on the palm or beside the index finger sinks into them.

    Args:
        body: Whose hand it is.
        hand: The hand at rest.
        points: Landmarks of the hand, ``(T, 21, 3)``, in the body's axes.
        directions: Direction of the thumb's first bone, ``(T, 3)``.
        palm: Turn of the palm, ``(T, 3, 3)``.
    """
    heads = body.heads.astype(np.float64)
    start, end = heads[hand.digits[0, 0]], heads[hand.digits[0, 1]]
    size = np.linalg.norm(heads[hand.digits[2, 0]] - heads[hand.wrist])
    seen = np.linalg.norm(points[:, 9] - points[:, 0], axis=-1, keepdims=True)
    scaled = (points[:, [1, 4, 5]] - points[:, :1]) * (size / np.maximum(seen, 1e-6))[:, None]
    flat = scaled @ palm  # (T, 3, 3): base, tip, and the index finger's base, in axes at rest
    inwards = ((flat[:, 2] - flat[:, 1]) @ hand.across) / size
    share = np.clip((inwards - _THUMB_APART[0]) / np.ptp(_THUMB_APART), 0, 1)
    shift = (flat[:, 0] - (start - heads[hand.wrist])) * (_THUMB_AROUND * share[:, None])
    raised = directions + turn(palm, shift / np.linalg.norm(end - start))
    return unit(raised)


def _thumb_base(local: np.ndarray, hand: Hand, limits: bool) -> np.ndarray:
    """Swing the thumb's first bone towards its direction as seen from the palm, ``(T, 3)``."""
    rest = np.broadcast_to(hand.directions[0, 0], local.shape)
    vector = to_vectors(swing(rest, local))
    if limits:
        angle = np.linalg.norm(vector, axis=-1, keepdims=True)
        vector = vector * np.minimum(1, np.radians(THUMB_CONE) / np.maximum(angle, 1e-9))
    return from_vectors(vector)


def _twist(turned: np.ndarray, directions: np.ndarray, palm: np.ndarray, hand: Hand) -> np.ndarray:
    """Twist the first bone of each digit towards the plane in which the digit bends.

    Args:
        turned: Local rotations of the first bones, ``(T, 5, 3, 3)``.
        directions: Directions of all bones in the body's axes, ``(T, 5, 3, 3)``.
        palm: Turn of the palm, ``(T, 3, 3)``.
        hand: The hand at rest.
    """
    bending = np.cross(directions[:, :, :-1], directions[:, :, 1:]).sum(axis=2)  # (T, 5, 3)
    bone = turn(turned, np.broadcast_to(hand.directions[:, 0], bending.shape))
    usual = turn(turned, np.broadcast_to(hand.hinges, bending.shape))
    plane = turn(inverse(palm)[:, None], bending) + _STRAIGHT * usual
    usual = usual - (usual * bone).sum(axis=-1, keepdims=True) * bone
    plane = plane - (plane * bone).sum(axis=-1, keepdims=True) * bone
    twist = np.arctan2((np.cross(usual, plane) * bone).sum(axis=-1), (usual * plane).sum(axis=-1))
    most = np.radians([THUMB_TWIST] + [FINGER_TWIST] * 4)
    return about(bone, np.clip(twist, -most, most)) @ turned
