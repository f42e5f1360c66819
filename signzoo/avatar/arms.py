"""Turns the bones of an arm towards their landmarks, from the clavicle to the wrist."""

import numpy as np

from signzoo.avatar.anatomy import (
    ELBOW,
    FOREARM_TWIST,
    FREE,
    SIDES,
    WRIST_FLEXION,
    WRIST_SIDEWAYS,
    Hand,
    bend,
)
from signzoo.avatar.body import Body
from signzoo.transforms.rotations import (
    about,
    angle_between,
    frame,
    from_vectors,
    inverse,
    swing,
    to_vectors,
    turn,
    twist_about,
    unit,
)

# How much of the forearm's twist its first and second half take; the wrist takes the rest.
_FOREARM = (0.35, 0.8)
# Standard deviations of the average that decides to which side a forearm is twisted, and of what
# smooths the twist that its skin shows.
_UNWIND_SECONDS, _TWIST_SECONDS = 0.4, 0.06
# How far a raised arm takes its clavicle along.
_CLAVICLE = 0.12
# Degrees by which an arm's bones leave their landmarks' directions to bring the hand to its place.
_LED = 6.0
# An arm that is nearly straight has no plane of its own; its usual one weighs this much of a bent
# one's.
_STRAIGHT = 0.25


def filled(directions: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Put some direction where none is seen; what comes of it is not used."""
    return np.where(seen[:, None], directions, [0.0, 0.0, -1.0])


def reach_place(
    body: Body,
    hand: Hand,
    upper: np.ndarray,
    lower: np.ndarray,
    reach: np.ndarray,
    points: np.ndarray,
    hand_seen: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Lead an arm's bones a little towards what brings the hand to its place before the body.

    A body with other proportions than the signer's has its hands elsewhere when its bones have the
    same directions: hands that should meet, or touch the chin, do not. Inverse kinematics of two
    bones finds the directions that put the palm in place, with the elbow on the side where it is
    seen; the bones go there as far as that leaves their directions nearly what they were.

    Args:
        body: Whose arm it is.
        hand: Its hand at rest.
        upper: Direction of the upper arm, ``(T, 3)``, in the body's axes.
        lower: Direction of the forearm.
        reach: From the shoulder to the wrist in shoulder widths, ``(T, 3)``.
        points: Landmarks of the hand, ``(T, 21, 3)``, in shoulder widths.
        hand_seen: Frames in which they are known, ``(T,)``.
    """
    heads = body.heads.astype(np.float64)
    letter = body.bones[hand.wrist][-1]
    shoulder, elbow = (heads[body.bone(f"{x}.{letter}")] for x in ("upperarm01", "lowerarm01"))
    knuckle = heads[hand.digits[2, 0]]
    width = 2 * abs(shoulder[0])
    palm = points[:, 9] - points[:, 0]
    longer = width * palm - unit(palm) * np.linalg.norm(knuckle - heads[hand.wrist])
    place = width * reach + np.where(hand_seen[:, None], longer, 0)
    first, second = np.linalg.norm(elbow - shoulder), np.linalg.norm(heads[hand.wrist] - elbow)
    far = np.linalg.norm(place, axis=-1)
    far = np.clip(far, 1.01 * abs(first - second), 0.999 * (first + second))[:, None]
    ahead = unit(place)
    cosine = np.clip((first**2 + far**2 - second**2) / (2 * first * far), -1, 1)
    aside = upper - (upper * ahead).sum(axis=-1, keepdims=True) * ahead
    bent_upper = cosine * ahead + np.sqrt(1 - cosine**2) * unit(aside)
    bent_lower = unit(far * ahead - first * bent_upper)
    return _led(upper, bent_upper), _led(lower, bent_lower)


def _led(directions: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Turn directions towards others, by no more than a few degrees."""
    angle = np.minimum(angle_between(directions, wanted), np.radians(_LED))
    return turn(about(unit(np.cross(directions, wanted)), angle), directions)


def turn_arm(
    body: Body,
    letter: str,
    upper: np.ndarray,
    lower: np.ndarray,
    limits: bool,
    chest: np.ndarray,
) -> tuple[dict[str, np.ndarray], np.ndarray]:
    """Turn clavicle, upper arm and the untwisted forearm.

    Args:
        body: Whose arm it is.
        letter: ``L`` or ``R``.
        upper: Direction of the upper arm, ``(T, 3)``, in the body's axes.
        lower: Direction of the forearm.
        limits: Whether the elbow keeps its range.
        chest: Turn of the chest from rest, ``(T, 3, 3)``.

    Returns:
        Local rotations ``(T, 3, 3)`` by bone, and the turn of the forearm from rest.
    """
    heads = body.heads.astype(np.float64)
    joints = [
        heads[body.bone(f"{name}.{letter}")] for name in ("upperarm01", "lowerarm01", "wrist")
    ]
    upper_rest, lower_rest = unit(np.diff(joints, axis=0))
    if limits:
        excess = np.maximum(angle_between(upper, lower) - np.radians(ELBOW), 0)
        lower = turn(about(unit(np.cross(lower, upper)), excess), lower)
    local = turn(inverse(chest), upper)
    rest = np.broadcast_to(upper_rest, upper.shape)
    clavicle = from_vectors(to_vectors(swing(rest, local)) * _CLAVICLE)
    carrier = chest @ clavicle
    swung = swing(turn(carrier, rest), upper) @ carrier
    hinge_rest = unit(np.cross(upper_rest, lower_rest))
    hinge = np.cross(upper, lower) + _STRAIGHT * turn(
        swung, np.broadcast_to(hinge_rest, rest.shape)
    )
    twisted = frame(upper, np.cross(hinge, upper)) @ inverse(
        frame(upper_rest, np.cross(hinge_rest, upper_rest))
    )
    twist = twist_about(twisted @ inverse(swung), upper)
    half = about(upper, twist / 2) @ swung
    forearm = swing(turn(twisted, np.broadcast_to(lower_rest, lower.shape)), lower) @ twisted
    turns = {
        f"clavicle.{letter}": clavicle,
        f"upperarm01.{letter}": inverse(carrier) @ half,
        f"upperarm02.{letter}": inverse(half) @ twisted,
        f"lowerarm01.{letter}": inverse(twisted) @ forearm,
    }
    return turns, forearm


def turn_wrist(
    body: Body,
    side: str,
    points: np.ndarray,
    seen: np.ndarray,
    limits: bool,
    forearm: np.ndarray,
    fps: float,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Twist the forearm and turn the wrist, so that the palm is as it is seen.

    Args:
        body: Whose hand it is.
        side: ``left`` or ``right``.
        points: Landmarks of the hand, ``(T, 21, 3)``, in the body's axes.
        seen: Frames in which they and the arm are known, ``(T,)``.
        limits: Whether joints keep their ranges.
        forearm: Turn of the untwisted forearm from rest, ``(T, 3, 3)``.
        fps: Frames a second.

    Returns:
        Local rotations that come on top of the arm's, local rotations of the other bones, and the
        turn of the palm from rest.
    """
    letter, hand = SIDES[side], Hand.of(body, side)
    known_hand = points[:, 9].any(axis=1)
    along = filled(unit(points[:, 9] - points[:, 0]), known_hand)
    across = np.where(known_hand[:, None], points[:, 5] - points[:, 17], [1.0, 0.0, 0.0])
    palm = frame(along, across) @ inverse(frame(hand.along, hand.across))
    heads = body.heads.astype(np.float64)
    axis = unit(heads[hand.wrist] - heads[body.bone(f"lowerarm01.{letter}")])
    local = inverse(forearm) @ palm
    twist = twist_about(local, axis)
    bent = inverse(about(axis, twist)) @ local
    if limits:
        bent = _hold_wrist(bent, hand)
    local = about(axis, twist) @ bent
    shown = _unwind(twist, seen, fps)
    first, second = (about(axis, shown * share) for share in _FOREARM)
    wrist = inverse(second) @ local
    palm = forearm @ local
    turns = {f"lowerarm02.{letter}": inverse(first) @ second, f"wrist.{letter}": wrist}
    return {f"lowerarm01.{letter}": first}, turns, palm


def _unwind(twist: np.ndarray, seen: np.ndarray, fps: float) -> np.ndarray:
    """The twist ``(T,)`` that a forearm shows: within its range, and without springing around.

    It goes through half a turn and stays there for as long as its average over about a second does
    not lie beyond it too. What it does not show is left to the wrist, so that the hand is right.
    """
    from scipy.ndimage import gaussian_filter1d

    if not seen.any():
        return twist
    steady = np.unwrap(twist[seen])
    average = gaussian_filter1d(steady, _UNWIND_SECONDS * fps, mode="nearest")
    most = np.radians(FOREARM_TWIST)
    near = np.clip(steady - 2 * np.pi * np.round(average / (2 * np.pi)), -most, most)
    found = twist.copy()
    found[seen] = gaussian_filter1d(near, _TWIST_SECONDS * fps, mode="nearest")
    return found


def _hold_wrist(bent: np.ndarray, hand: Hand) -> np.ndarray:
    hinge = hand.hinges[2]
    straight = np.broadcast_to(hand.along, (len(bent), 3))
    direction = turn(bent, straight)
    held = bend(direction, hand.along, hand.along, hinge, WRIST_FLEXION, WRIST_SIDEWAYS)
    free = bend(direction, hand.along, hand.along, hinge, FREE, (-89.0, 89.0))
    return held @ inverse(free) @ bent
