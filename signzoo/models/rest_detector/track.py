"""Reduces any pose to what the rest detector looks at: head and hands, at one scale and rate."""

from dataclasses import replace

import numpy as np

from signzoo.errors import UsageError
from signzoo.structures import Pose, Skeleton
from signzoo.transforms.pose import fill_gaps, resample, shoulder_frame

FPS = 25.0
# The middle of a hand lies beyond the wrist by this share of the forearm, measured on MediaPipe
# landmarks of studio clips where both are seen.
_HAND_BEYOND_WRIST = 0.35


def hand_track(pose: Pose) -> Pose:
    """Follow head and hands.

    A hand whose landmarks are missing is placed at the end of its forearm, where the skeleton has
    one: estimators lose a resting hand first.

    Args:
        pose: Any pose with the anchors ``head``, ``left_hand`` and ``right_hand``; in shoulder
            widths, or in pixels with shoulders.

    Returns:
        A pose on ``"hands-and-nose"``, in shoulder widths, at 25 fps.

    Raises:
        UsageError: The pose is in pixels of a skeleton without shoulders.
        MediaError: The shoulders are never seen.
    """
    pose = _to_shoulder_widths(pose)
    places = [_hand(pose, "left"), _hand(pose, "right"), pose.anchor("head")]
    track = Pose(
        np.stack([position for position, _ in places], axis=1),
        np.stack([confidence for _, confidence in places], axis=1),
        pose.fps,
        Skeleton.named("hands-and-nose"),
        "shoulder",
    )
    return resample(fill_gaps(track), FPS)


def _to_shoulder_widths(pose: Pose) -> Pose:
    """Scale a pose; only differences to the head count, so its origin stays where it is."""
    if pose.unit == "shoulder":
        return pose
    if "left_shoulder" not in pose.skeleton.anchors:
        raise UsageError(
            f"Skeleton {pose.skeleton.name!r} has no shoulders to scale a pose in pixels by. "
            "Divide its points by the signer's shoulder width, and say unit='shoulder'."
        )
    _, width = shoulder_frame(pose)
    return replace(pose, points=pose.points / np.float32(width), unit="shoulder", size=None)


def _hand(pose: Pose, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Position ``(T, 3)`` and confidence ``(T,)`` of a hand, or of where its arm points."""
    position, confidence = pose.anchor(f"{side}_hand")
    if f"{side}_wrist" not in pose.skeleton.anchors:
        return position, confidence
    wrist, wrist_confidence = pose.anchor(f"{side}_wrist")
    elbow, elbow_confidence = pose.anchor(f"{side}_elbow")
    forearm = (wrist - elbow) * (elbow_confidence > 0)[:, None]
    seen = confidence > 0
    reach = wrist + _HAND_BEYOND_WRIST * forearm
    return np.where(seen[:, None], position, reach), np.where(seen, confidence, wrist_confidence)
