"""Joins the clips of single signs into continuous signing (paper, Eq. 2)."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import count

import numpy as np

from signzoo.structures import Pose
from signzoo.transforms.kinematics import minimum_jerk
from signzoo.transforms.pose import fill_gaps, resample, to_shoulder_units

# Chooses the frames of a clip that are signing.
Trimmer = Callable[[Pose], slice]

# Shoulder widths a second. At 25 fps a landmark so fast moves 0.12 shoulder widths a frame, under
# the 99th percentile of all landmarks in real clips (0.13 in studio clips of ASL words, 0.15 in
# continuous DGS sentences, 0.19 in a Swiss German lexicon): a transition looks no hastier than the
# signing around it.
MAX_SPEED = 3.0
# Shoulder widths a second squared, in the same sense: 0.08 shoulder widths a frame squared, where
# the 99th percentile is 0.09 in the DGS sentences and 0.10 in fingerspelling.
MAX_ACCELERATION = 50
# A clip that ends faster than MAX_SPEED cannot be left gently however long one takes.
_PATIENCE = 6
# What a hand still has of its clip's velocity, it has lost after so long.
_SETTLE_SECONDS = 0.4
# The fastest moment of a minimum-jerk movement, relative to its mean speed (Flash and Hogan, "The
# coordination of arm movements", J. Neuroscience 5(7), 1985).
_PEAK_TO_MEAN = 1.875
# MediaPipe gives every body landmark a place, those outside the picture too; so unsure of one, it
# is guessing: a leg below the frame, an arm that hangs out of it.
_GUESS = 0.25
# A stretched arm ends about two and a half shoulder widths from the middle between the shoulders.
# Real lexicons hold poses in which a lost hand was extrapolated far beyond. Feet are left out too.
_REACH = 3
# How much depth counts beside the picture plane: MediaPipe puts a hand before the chest several
# times too far in front of it.
_DEPTH = 0.25
# A hand out of sight for up to this long is bridged inside a clip.
_GAP_SECONDS = 0.4


@dataclass(frozen=True, slots=True, eq=False)
class JoinedPose:
    """Continuous signing and where each clip lies in it.

    Attributes:
        pose: The signing, in shoulder widths.
        spans: First frame and the frame after the last, for each clip in order.
    """

    pose: Pose
    spans: tuple[tuple[int, int], ...]


def whole_clip(pose: Pose) -> slice:
    """The trimmer that trims nothing."""
    return slice(0, len(pose))


def prepare_clip(pose: Pose, fps: float, trimmer: Trimmer = whole_clip) -> Pose:
    """Bring one clip into the form in which clips are joined.

    Returns:
        The frames that the trimmer keeps, at ``fps``, in shoulder widths, without landmarks that
        are mere guesses or out of reach, and with short gaps filled.

    Raises:
        MediaError: The clip never shows both shoulders.
    """
    pose = to_shoulder_units(pose)
    unsure = (pose.confidence < _GUESS) | (np.abs(pose.points[..., :2]) > _REACH).any(axis=2)
    sure = np.where(unsure, 0, pose.confidence)
    pose = fill_gaps(resample(replace(pose, confidence=sure), fps), _GAP_SECONDS)
    return pose[trimmer(pose)]


def join_poses(clips: Sequence[Pose], max_speed: float = MAX_SPEED) -> JoinedPose:
    """Join prepared clips (paper, Eq. 2) by transitions that keep position and velocity.

    A transition is the minimum-jerk movement from the last frame of a clip to the first of the
    next, into which and out of which their velocities swing. It lasts as long as its landmark with
    the longest way needs at ``max_speed``. A hand that is seen on one side only travels with its
    arm.

    Args:
        clips: At one frame rate, on one skeleton, in shoulder widths (see :func:`prepare_clip`).
        max_speed: The fastest that any landmark moves in a transition, in shoulder widths a
            second.

    Raises:
        ValueError: There is no clip, or they differ in rate, skeleton or unit.
    """
    if not clips:
        raise ValueError("join_poses needs at least one clip.")
    kinds = {(clip.fps, clip.skeleton.name, clip.unit) for clip in clips}
    if len(kinds) > 1 or clips[0].unit != "shoulder":
        raise ValueError(f"join_poses needs clips of one kind, in shoulder widths; got {kinds}.")
    points, confidence, spans, end = [], [], [], 0
    for index, clip in enumerate(clips):
        if index:
            between = _transition(clips[index - 1], clip, max_speed)
            points.append(between.points)
            confidence.append(between.confidence)
            end += len(between)
        points.append(clip.points)
        confidence.append(clip.confidence)
        spans.append((end, end + len(clip)))
        end += len(clip)
    joined = replace(clips[0], points=np.concatenate(points), confidence=np.concatenate(confidence))
    return JoinedPose(joined, tuple(spans))


def _transition(before: Pose, after: Pose, max_speed: float) -> Pose:
    """The frames strictly between the last of ``before`` and the first of ``after``."""
    limit = max_speed / before.fps  # shoulder widths a frame
    seen = (before.confidence[-1] > 0) | (after.confidence[0] > 0)
    start, end = _complete(before[-1:], after[:1]), _complete(after[:1], before[-1:])
    leave = _velocity(before[-2:], 0.8 * limit) * (before.confidence[-1] > 0)[:, None]
    arrive = _velocity(after[:2], 0.8 * limit) * (after.confidence[0] > 0)[:, None]
    start, end, leave, arrive = start[seen], end[seen], leave[seen], arrive[seen]
    frames = max(2, math.ceil(_largest(end - start) * _PEAK_TO_MEAN / limit))  # steps
    settle = _SETTLE_SECONDS * before.fps
    for patience in count():
        path = _movement(start, end, leave, arrive, _shares(frames, settle))
        around = np.concatenate([start[None] - leave, path, end[None] + arrive])
        gentle = _largest(np.diff(around, 2, axis=0)) <= MAX_ACCELERATION / before.fps**2
        if _largest(np.diff(path, axis=0)) <= limit and (gentle or patience >= _PATIENCE):
            break
        frames += 1
    share = (np.arange(1, frames) / frames)[:, None]
    points = np.zeros((frames - 1, *before.points.shape[1:]), np.float32)
    points[:, seen] = path[1:-1]
    fade = before.confidence[-1] * (1 - share) + after.confidence[0] * share
    return replace(before, points=points, confidence=fade)


def _movement(
    start: np.ndarray, end: np.ndarray, leave: np.ndarray, arrive: np.ndarray, shares: np.ndarray
) -> np.ndarray:
    """The way between two places that begins and ends with these velocities, ``(T, V, 3)``."""
    return np.tensordot(shares, np.stack([start, end, leave, arrive]), axes=1)


def _shares(frames: int, settle: float) -> np.ndarray:
    """How much both places and both velocities count in each frame, ``(frames + 1, 4)``.

    Between the places the movement has minimum jerk. Each velocity adds a swing that begins with
    it and has ended, as smoothly, after ``settle`` frames: in one polynomial over a long way a
    hand that happens to move would swing far out.
    """
    time = np.arange(frames + 1)
    way = minimum_jerk(np.clip(time / frames, 0, 1))
    settle = min(settle, frames)
    left = np.clip(time / settle, 0, 1)
    swing = time * (1 - left) ** 3 * (1 + 3 * left)
    return np.stack([1 - way, way, swing, -swing[::-1]], axis=1)


def _largest(vectors: np.ndarray) -> float:
    return float(_length(vectors).max(initial=0))


def _length(vectors: np.ndarray) -> np.ndarray:
    """How long vectors ``(..., 3)`` are, with depth at its reduced weight, ``(...)``."""
    return np.linalg.norm(vectors * np.array([1, 1, _DEPTH], np.float32), axis=-1)


def _complete(frame: Pose, other: Pose) -> np.ndarray:
    """One frame's points ``(V, 3)``, those that it misses taken from the other frame.

    A missing hand gets the other frame's hand, moved to this frame's wrist.
    """
    points = np.where(frame.confidence[0, :, None] > 0, frame.points[0], other.points[0])
    for side in ("left", "right"):
        hand = list(frame.skeleton.anchors.get(f"{side}_hand", ()))
        wrist = list(frame.skeleton.anchors.get(f"{side}_wrist", ()))
        both = frame.confidence[0, wrist].all() and other.confidence[0, wrist].all()
        if hand and wrist and both and not frame.confidence[0, hand].any():
            points[hand] += frame.points[0, wrist] - other.points[0, wrist]
    return points


def _velocity(frames: Pose, limit: float) -> np.ndarray:
    """Velocity ``(V, 3)`` between two frames in shoulder widths a frame, up to ``limit``."""
    if len(frames) < 2:
        return np.zeros_like(frames.points[0])
    seen = (frames.confidence > 0).all(axis=0)[:, None]
    velocity = np.diff(frames.points, axis=0)[0] * seen
    speed = _length(velocity)[:, None]
    return velocity * np.minimum(1, limit / np.maximum(speed, 1e-9))
