"""Takes the letter out of a clip of fingerspelling: without raising and lowering the hand."""

from dataclasses import replace

import numpy as np

from signzoo.structures import Pose
from signzoo.transforms.pose import resample

# A hand slower than this, in shoulder widths a second, holds its letter.
_HOLD_SPEED = 0.6
# A held letter is shown for so long before and after it moves; one without movement twice as long.
_HOLD_SECONDS = 0.2
# A hand that covers this height, in shoulder widths, was raised for its letter and lowered again.
_RAISED = 0.5
# A movement of the letter is told from an uneven way up or down by how much faster it gets again.
_RISE = 1.8


def letter_clip(pose: Pose) -> Pose:
    """Cut a letter out of its clip, slowed down where the clip is too hasty to be read.

    Args:
        pose: A clip of one letter, in shoulder widths.
    """
    letter = pose[letter_frames(pose)]
    shortest = 2 * _HOLD_SECONDS
    if letter.seconds >= shortest:
        return letter
    return resample(replace(letter, fps=len(letter) / shortest), pose.fps)


def letter_frames(pose: Pose) -> slice:
    """Find the letter between the hand's way up and its way down.

    Alphabet clips start and end with the hand at rest, or on its way: it rises fast, slows down,
    makes the letter (still, or with a movement as in J and Z) and drops. The ways up and down end
    where the raised hand's speed, seen from either end, first comes to rest or rises again; the
    still frames that remain at the ends are cut to what reading needs.

    Args:
        pose: A clip of one letter, in shoulder widths.

    Returns:
        At least one frame; all frames where no hand is seen.
    """
    hand = _signing_hand(pose)
    seen = pose.confidence[:, hand].min(axis=1) > 0
    if seen.sum() < 3:
        return slice(0, len(pose))
    speed = _speed(pose, hand, seen)
    still = _HOLD_SPEED / pose.fps
    start, end = _longest_run(_raised(pose, hand, seen))
    first = start + _first_minimum(speed[start : end - 1], speed.max(), still)
    last = end - 1 - _first_minimum(speed[start : end - 1][::-1], speed.max(), still)
    if last <= first:
        return slice(start, end)
    hold = max(1, round(_HOLD_SECONDS * pose.fps))
    moving = np.flatnonzero(speed[first:last] > still) + first
    begins, ends = (moving[0], moving[-1] + 1) if len(moving) else [(first + last) // 2] * 2
    return slice(max(first, begins - hold), min(last, ends + hold) + 1)


def _signing_hand(pose: Pose) -> list[int]:
    """The landmarks of the hand that is seen longer."""
    hands = [list(pose.skeleton.anchor(f"{side}_hand")) for side in ("right", "left")]
    return max(hands, key=lambda landmarks: float(pose.confidence[:, landmarks].sum()))


def _speed(pose: Pose, hand: list[int], seen: np.ndarray) -> np.ndarray:
    """Mean landmark speed of a hand from each frame to the next, shoulder widths a frame."""
    frames = np.flatnonzero(seen)
    step = np.linalg.norm(np.diff(pose.points[frames][:, hand], axis=0), axis=2).mean(axis=1)
    step /= np.diff(frames)
    return np.interp(np.arange(len(pose) - 1) + 0.5, (frames[1:] + frames[:-1]) / 2, step)


def _raised(pose: Pose, hand: list[int], seen: np.ndarray) -> np.ndarray:
    """Whether the hand is seen in the upper half of the height that it covers, ``(T,)``."""
    height = pose.points[:, hand, 1].mean(axis=1)  # y points down
    highest, lowest = height[seen].min(), height[seen].max()
    if lowest - highest < _RAISED:
        return seen
    return seen & (height < (highest + lowest) / 2)


def _longest_run(mask: np.ndarray) -> tuple[int, int]:
    """Start and end of the longest stretch of true values."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    starts, ends = edges[::2], edges[1::2]
    longest = int((ends - starts).argmax())
    return int(starts[longest]), int(ends[longest])


def _first_minimum(speed: np.ndarray, fastest: float, still: float) -> int:
    """Where a speed that falls from its peak arrives: at zero, or where a movement begins.

    A dip counts only if the speed then rises to nearly twice as much before it falls lower: hands
    do not slow down evenly.
    """
    for place, here in enumerate(speed):
        if here < still:
            return place
        lower = np.flatnonzero(speed[place:] < here)
        rise = speed[place : place + lower[0]] if len(lower) else speed[place:]
        if here < 0.3 * fastest and rise.max() >= _RISE * here:
            return place
    return 0
