"""Lifts hands that were recorded without depth out of the plane of the picture.

A palm is a rigid plane: seen from afar, its picture is that plane turned and shortened in one
direction, and how much it is shortened says how far it is turned. To which side it is turned, a
picture does not say; of both ways the one is taken that wrist and forearm can do, that has the
fingers bend towards the palm, and that does not jump from frame to frame.
"""

from dataclasses import replace

import numpy as np

from signzoo.avatar.depth import HAND, correct_depth, landmarks
from signzoo.structures import Pose
from signzoo.transforms.kinematics import (
    BONE_LENGTHS,
    FOREARM_ROLL,
    forearm_roll,
    hand_frame,
    hand_points,
    limit_wrist,
    mirrored,
)
from signzoo.transforms.rotations import unit

# Where the fingers begin, among a hand's landmarks; with the wrist they are the rigid palm.
_KNUCKLES = (5, 9, 13, 17)
# Palms of people differ from the usual one: one that is shortened by less is not turned.
_UNTURNED = 0.9
# Degrees that cost as much as one another: beyond what wrist and forearm can do, away from the
# middle of what they can do, of a turn from one frame to the next; and the weight of how fingers
# bend.
_BEYOND, _STRAINED, _JUMP, _BEND = 20.0, 90.0, 30.0, 1.5
# A finger's bone is as long as usual from this share of its length on; people differ by less.
_SHORT = 0.9


def lift_hands(pose: Pose) -> Pose:
    """Give hands without depth the depth of a palm that is turned, and of fingers that are bent.

    Args:
        pose: In shoulder widths, on a skeleton with MediaPipe Holistic's names.

    Returns:
        The pose with z of the hands from their wrists on; as it was, where it has any depth.

    Raises:
        MediaError: The pose never shows both shoulders.
    """
    if pose.points[..., 2].any():
        return pose
    arms = correct_depth(pose)
    points = pose.points.copy()
    for side in ("left", "right"):
        names = [f"body/{side}_{joint}" for joint in ("shoulder", "elbow", "wrist")]
        arm, arm_seen = landmarks(arms, names)
        hand, hand_seen = landmarks(pose, [f"{side}_hand/{label}" for label in HAND])
        seen = np.flatnonzero(arm_seen.all(axis=1) & hand_seen.all(axis=1))
        if not len(seen):
            continue
        arm, hand = arm[seen], hand[seen]
        if side == "left":
            arm, hand = mirrored(arm), mirrored(hand)
        column = pose.skeleton.landmarks.index
        where = [column(f"{side}_hand/{label}") for label in HAND]
        points[np.ix_(seen, np.array(where), np.array([2]))] = _lifted(arm, hand)[..., None]
    return replace(pose, points=points)


def _lifted(arm: np.ndarray, hand: np.ndarray) -> np.ndarray:
    """Depth ``(T, 21)`` of right hands ``(T, 21, 3)`` at the end of arms ``(T, 3, 3)``."""
    from_wrist = hand[..., :2] - hand[:, :1, :2]
    ways = [_frames(from_wrist, sign) for sign in (1.0, -1.0)]
    frames = np.stack([way[0] for way in ways], axis=1)  # (T, 2, 3, 3)
    costs = np.stack([_cost(arm, from_wrist, way[0]) for way in ways], axis=1)  # (T, 2)
    taken = _smoothest(costs, frames)
    turned = frames[np.arange(len(frames)), taken]
    return _depth(from_wrist, turned, ways[0][1])


def _frames(points: np.ndarray, sign: float) -> tuple[np.ndarray, np.ndarray]:
    """Turn the usual palm as the picture has it, to one of both sides.

    Args:
        points: A right hand from its wrist, ``(T, 21, 2)``.
        sign: To which side.

    Returns:
        Frames ``(T, 3, 3)`` of across, along and out of the palm; palm lengths ``(T,)``.
    """
    palm = _flat_hand()[_KNUCKLES, :2]
    # The picture of the palm is `seen @ palm`; its two singular values are its size, and its size
    # times the cosine of the turn.
    seen = np.swapaxes(points[:, _KNUCKLES], 1, 2) @ np.linalg.pinv(palm).T  # (T, 2, 2)
    _, values, axes = np.linalg.svd(seen)
    size, short = values.T
    cosine = np.minimum(short / np.maximum(_UNTURNED * size, 1e-9), 1)
    deep = sign * (size * np.sqrt(1 - cosine**2))[:, None] * axes[:, 1]  # (T, 2)
    whole = np.concatenate([seen, deep[:, None]], axis=1)  # (T, 3, 2): across and along
    return hand_frame(whole[..., 1], np.cross(whole[..., 0], whole[..., 1])), size


def _flat_hand() -> np.ndarray:
    """A right hand whose joints are all straight, ``(21, 3)``."""
    return np.asarray(hand_points(np.zeros((1, 5, 4), np.float32))[0])


def _cost(arm: np.ndarray, points: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """How unlikely hands are with these frames, ``(T,)``."""
    shoulder, elbow, wrist = np.moveaxis(arm, 1, 0)
    _, beyond = limit_wrist(unit(wrist - elbow), frames)
    roll = forearm_roll(shoulder, elbow, wrist, frames)
    low, high = FOREARM_ROLL
    rolled = np.maximum(np.maximum(roll - high, low - roll), 0)
    usual = np.abs(roll - (low + high) / 2) / _STRAINED
    fingers = points[:, 5:].reshape(-1, 4, 4, 2)
    bones = np.diff(fingers, axis=2) / np.maximum(
        np.linalg.norm(points[:, 9], axis=-1)[:, None, None, None], 1e-6
    )
    bend = (bones[:, :, 2] + bones[:, :, 1] - bones[:, :, 0]).mean(axis=1)  # (T, 2)
    inwards = (bend * frames[:, :2, 2]).sum(axis=-1)
    return np.asarray(
        (beyond / _BEYOND) ** 2 + (rolled / _BEYOND) ** 2 + usual**2 - _BEND * inwards
    )


def _smoothest(costs: np.ndarray, frames: np.ndarray) -> np.ndarray:
    """The cheapest way through both choices of each frame, ``(T,)`` of 0 and 1."""
    total, earlier = costs[:1].repeat(len(costs), axis=0), np.zeros(costs.shape, int)
    for t in range(1, len(costs)):
        cosines = np.einsum("aij,bij->ab", frames[t - 1], frames[t])  # 1 + 2 cos of the turn
        turns = np.rad2deg(np.arccos(np.clip((cosines - 1) / 2, -1, 1)))
        ways = total[t - 1][:, None] + (turns / _JUMP) ** 2  # (before, now)
        earlier[t] = ways.argmin(axis=0)
        total[t] = ways.min(axis=0) + costs[t]
    taken = np.zeros(len(costs), int)
    taken[-1] = total[-1].argmin()
    for t in range(len(costs) - 1, 0, -1):
        taken[t - 1] = earlier[t, taken[t]]
    return taken


def _depth(points: np.ndarray, frames: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Depth of all landmarks ``(T, 21)``: the palm's, then bone by bone along the fingers.

    A bone that the picture shortens goes on as the one before it, or bends towards the palm.
    """
    palm = _flat_hand()
    depth = size[:, None] * np.einsum("tc,vc->tv", frames[:, 2], palm)  # of a flat hand
    across, along = frames[..., 0], frames[..., 1]
    for digit in range(1, 5):
        before = along
        for joint in range(3):
            start = 4 * digit + 1 + joint
            flat = points[:, start + 1] - points[:, start]
            length = BONE_LENGTHS[digit, joint] * size
            hidden = np.sqrt(np.maximum((_SHORT * length) ** 2 - (flat**2).sum(axis=-1), 0))
            towards = before[:, 2] + np.cross(across, before)[:, 2]
            step = np.where(towards >= 0, hidden, -hidden)
            depth[:, start + 1] = depth[:, start] + step
            before = unit(np.concatenate([flat, step[:, None]], axis=1))
    return depth
