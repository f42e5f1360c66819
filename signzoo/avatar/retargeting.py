"""Lets a body perform a pose: every bone of arms, hands, neck and head turns with its landmarks.

Rotations are analytic. A bone takes the direction of its landmarks by the smallest turn, or with a
twist where two directions fix it: the plane of the elbow for the upper arm, the palm for the wrist.
Then joints are held within their ranges of motion, gaps are bridged, and what is long unseen eases
to rest.
"""

import numpy as np

from signzoo.avatar.anatomy import (
    ELBOW,
    FINGER_FLEXION,
    FINGER_SIDEWAYS,
    FINGER_TWIST,
    FOREARM_TWIST,
    HEAD,
    RELAXED,
    SIDES,
    THUMB_CONE,
    THUMB_FLEXION,
    THUMB_SIDEWAYS,
    THUMB_TWIST,
    WRIST_FLEXION,
    WRIST_SIDEWAYS,
    Hand,
    bend,
    hinge_angles,
    hinge_rotation,
)
from signzoo.avatar.body import Body, from_signzoo_axes
from signzoo.avatar.depth import HAND, correct_depth, find_head, landmarks
from signzoo.avatar.rotations import (
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
from signzoo.avatar.timing import Timing, Track, perform
from signzoo.structures import Pose

_FREE = (-179.9, 179.9)
# How much of the forearm's twist its first and second half take; the wrist takes the rest.
_FOREARM = (0.35, 0.8)
# Standard deviations of the average that decides to which side a forearm is twisted, and of what
# smooths the twist that its skin shows.
_UNWIND_SECONDS, _TWIST_SECONDS = 0.4, 0.06
# How much of a head's turn the neck's three bones take; the head takes the rest.
_NECK = (0.15, 0.2, 0.25)
_SPINE = ("spine05", "spine04", "spine03", "spine02", "spine01")
# How far a raised arm takes its clavicle along.
_CLAVICLE = 0.12
# Height in shoulder widths about which a signer sways: from the hips to the shoulders.
_TORSO = 1.4
# An arm or finger that is nearly straight has no plane of its own; its usual one weighs this much
# of a bent one's.
_STRAIGHT_ARM, _STRAIGHT_DIGIT = 0.25, 0.3
# How far a thumb's tip is from the side of the hand, in palm lengths, where it stands free of it,
# and where it lies beside or before it.
_THUMB_APART = (-0.4, -0.15)
# How much of the way around the hand's flesh the first bone of such a thumb goes. All of it would
# turn the bone by 23 degrees on average, this much by 14.
_THUMB_AROUND = 0.6


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
    known: dict[str, np.ndarray] = {}  # bone -> turn in the body's axes (T, 3, 3)
    tracks = [_spine(pose, known)]
    tracks.append(_head(pose, limits, known))
    for side in SIDES:
        tracks += _arm_and_hand(pose, body, side, limits, known)
    rest = relaxed(body)
    return perform(tracks, rest, body, pose.fps, timing or Timing())


def relaxed(body: Body) -> np.ndarray:
    """Local transforms ``(J, 4, 4)`` of someone who stands and waits: arms hanging, hands loose."""
    transforms = body.rest()[0].astype(np.float64)
    for side, letter in SIDES.items():
        sign = 1.0 if side == "left" else -1.0
        known = {"spine01": np.eye(3)[None]}
        upper = unit(np.array([[0.16 * sign, 0.03, -1.0]]))
        lower = unit(np.array([[0.06 * sign, -0.2, -1.0]]))
        arm = _arm(body, letter, upper, lower, True, known)
        for bone, rotation in arm.items():
            transforms[body.bone(bone), :3, :3] = rotation[0]
        hand = Hand.of(body, side)
        hinges = np.broadcast_to(hand.hinges[:, None], hand.straight.shape)
        bent = hinge_rotation(np.radians(RELAXED), np.zeros((5, 3)), hand.straight, hinges)
        angles = hinge_angles(hand.directions, hand.straight, hinges)
        at_rest = hinge_rotation(*angles, hand.straight, hinges)
        transforms[hand.digits[1:], :3, :3] = (bent @ inverse(at_rest))[1:]
    return transforms


def _spine(pose: Pose, known: dict[str, np.ndarray]) -> Track:
    """Lean sideways as the middle between the shoulders does."""
    shoulders, seen = landmarks(pose, ["body/left_shoulder", "body/right_shoulder"])
    seen = seen.all(axis=1)
    middle = shoulders.mean(axis=1)
    usual = np.median(middle[seen], axis=0) if seen.any() else np.zeros(3)
    angle = np.arctan2(middle[:, 0] - usual[0], _TORSO)
    angle = np.clip(angle, *np.radians([-15, 15])) * seen
    each = about(np.array([0.0, 1.0, 0.0]), angle / len(_SPINE))
    known["spine01"] = about(np.array([0.0, 1.0, 0.0]), angle)
    return Track(dict.fromkeys(_SPINE, each), seen)


def _head(pose: Pose, limits: bool, known: dict[str, np.ndarray]) -> Track:
    """Turn the head as its landmarks show, a part of it by the neck."""
    head = find_head(pose)
    axes = from_signzoo_axes(np.eye(3))  # columns of a pose's axes in the body's
    rotation = inverse(axes) @ head.rotations @ axes
    vector = to_vectors(inverse(known["spine01"]) @ rotation)
    if limits:
        # x is nodding, y tilting, z turning in the body's axes
        most = HEAD[[0, 2, 1]]
        vector = np.clip(vector, -most, most)
    shares = (*_NECK, 1 - sum(_NECK))
    bones = ("neck01", "neck02", "neck03", "head")
    turns = {bone: from_vectors(vector * share) for bone, share in zip(bones, shares, strict=True)}
    return Track(turns, head.seen)


def _arm_and_hand(
    pose: Pose, body: Body, side: str, limits: bool, known: dict[str, np.ndarray]
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
    arm = _arm(body, letter, _filled(upper, whole), _filled(lower, whole), limits, known)
    both = whole & hand_whole
    hand = from_signzoo_axes(hand)
    twist, wrist, fingers = _hand(body, side, hand, both, limits, known, pose.fps)
    return [
        Track(arm, whole),
        Track(twist, both, on_top=True),
        Track(wrist, both),
        Track(fingers, hand_whole),
    ]


def _filled(directions: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Put some direction where none is seen; what comes of it is not used."""
    return np.where(seen[:, None], directions, [0.0, 0.0, -1.0])


def _arm(
    body: Body,
    letter: str,
    upper: np.ndarray,
    lower: np.ndarray,
    limits: bool,
    known: dict[str, np.ndarray],
) -> dict[str, np.ndarray]:
    """Local rotations of clavicle, upper arm and the untwisted forearm.

    Args:
        body: Whose arm it is.
        letter: ``L`` or ``R``.
        upper: Direction of the upper arm, ``(T, 3)``, in the body's axes.
        lower: Direction of the forearm.
        limits: Whether the elbow keeps its range.
        known: Takes the turns of what carries the hand.
    """
    heads = body.heads.astype(np.float64)
    joints = [
        heads[body.bone(f"{name}.{letter}")] for name in ("upperarm01", "lowerarm01", "wrist")
    ]
    upper_rest, lower_rest = unit(np.diff(joints, axis=0))
    if limits:
        excess = np.maximum(angle_between(upper, lower) - np.radians(ELBOW), 0)
        lower = turn(about(unit(np.cross(lower, upper)), excess), lower)
    chest = known["spine01"]
    local = turn(inverse(chest), upper)
    rest = np.broadcast_to(upper_rest, upper.shape)
    clavicle = from_vectors(to_vectors(swing(rest, local)) * _CLAVICLE)
    carrier = chest @ clavicle
    swung = swing(turn(carrier, rest), upper) @ carrier
    hinge_rest = unit(np.cross(upper_rest, lower_rest))
    hinge = np.cross(upper, lower) + _STRAIGHT_ARM * turn(
        swung, np.broadcast_to(hinge_rest, rest.shape)
    )
    twisted = frame(upper, np.cross(hinge, upper)) @ inverse(
        frame(upper_rest, np.cross(hinge_rest, upper_rest))
    )
    twist = twist_about(twisted @ inverse(swung), upper)
    half = about(upper, twist / 2) @ swung
    forearm = swing(turn(twisted, np.broadcast_to(lower_rest, lower.shape)), lower) @ twisted
    known[f"forearm.{letter}"] = forearm
    return {
        f"clavicle.{letter}": clavicle,
        f"upperarm01.{letter}": inverse(carrier) @ half,
        f"upperarm02.{letter}": inverse(half) @ twisted,
        f"lowerarm01.{letter}": inverse(twisted) @ forearm,
    }


def _hand(
    body: Body,
    side: str,
    points: np.ndarray,
    seen: np.ndarray,
    limits: bool,
    known: dict[str, np.ndarray],
    fps: float,
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Local rotations of the forearm's first twist, of the wrist and its twist, and of the fingers.

    Args:
        body: Whose hand it is.
        side: ``left`` or ``right``.
        points: Landmarks of the hand, ``(T, 21, 3)``, in the body's axes.
        seen: Frames in which they and the arm are known, ``(T,)``.
        limits: Whether joints keep their ranges.
        known: Has the turn of the untwisted forearm.
        fps: Frames a second.
    """
    letter, hand = SIDES[side], Hand.of(body, side)
    known_hand = points[:, 9].any(axis=1)
    along = _filled(unit(points[:, 9] - points[:, 0]), known_hand)
    across = np.where(known_hand[:, None], points[:, 5] - points[:, 17], [1.0, 0.0, 0.0])
    palm = frame(along, across) @ inverse(frame(hand.along, hand.across))
    forearm = known[f"forearm.{letter}"]
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
    fingers = _fingers(body, hand, points, palm, limits)
    return {f"lowerarm01.{letter}": first}, turns, fingers


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
    free = bend(direction, hand.along, hand.along, hinge, _FREE, (-89.0, 89.0))
    return held @ inverse(free) @ bent


def _fingers(
    body: Body, hand: Hand, points: np.ndarray, palm: np.ndarray, limits: bool
) -> dict[str, np.ndarray]:
    """Local rotations of the bones of all five digits."""
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
            FINGER_FLEXION[joint] if limits else _FREE,
            (-sideways, sideways) if limits else _FREE,
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
                THUMB_FLEXION[joint - 1] if limits else _FREE,
                (-sideways, sideways) if limits else _FREE,
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
    plane = turn(inverse(palm)[:, None], bending) + _STRAIGHT_DIGIT * usual
    usual = usual - (usual * bone).sum(axis=-1, keepdims=True) * bone
    plane = plane - (plane * bone).sum(axis=-1, keepdims=True) * bone
    twist = np.arctan2((np.cross(usual, plane) * bone).sum(axis=-1), (usual * plane).sum(axis=-1))
    most = np.radians([THUMB_TWIST] + [FINGER_TWIST] * 4)
    return about(bone, np.clip(twist, -most, most)) @ turned
