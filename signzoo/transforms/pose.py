"""Pure functions on poses: select, scale, resample, fill, smooth, mirror.

Each returns a new :class:`~signzoo.structures.Pose`. Missing landmarks (confidence 0) stay missing
unless a function says that it fills them.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from signzoo.errors import MediaError, UsageError
from signzoo.structures import Pose, Skeleton

# What the fixed camera of signing sees: a picture so many shoulder widths high, and where in it the
# shoulders lie, as a share of its height from the top.
CAMERA_HEIGHT = 3.4
CAMERA_MIDDLE = 0.4


def select_landmarks(pose: Pose, wanted: Sequence[str]) -> Pose:
    """Keep some landmarks.

    Args:
        pose: Any pose.
        wanted: Parts (``"left_hand"``) and single landmarks (``"body/nose"``).

    Returns:
        A pose on the skeleton ``"name[wanted,...]"``, with the landmarks in their old order.

    Raises:
        UsageError: The skeleton has no such part or landmark.
    """
    whole = pose.skeleton.name.partition("[")[0]  # of what is a selection itself
    skeleton = Skeleton.named(f"{whole}[{','.join(wanted)}]")
    lacking = set(skeleton.landmarks) - set(pose.skeleton.landmarks)
    if lacking:
        raise UsageError(f"{pose.skeleton.name} has no {', '.join(sorted(lacking)[:5])}.")
    kept = [pose.skeleton.landmarks.index(landmark) for landmark in skeleton.landmarks]
    return replace(
        pose,
        points=pose.points[:, kept],
        confidence=pose.confidence[:, kept],
        skeleton=skeleton,
    )


def shoulder_frame(pose: Pose) -> tuple[np.ndarray, float]:
    """Find where the signer's shoulders are and how wide, over the whole clip.

    One place and one width for all frames: the signer's own sway stays in the motion, and a frame
    with bad shoulders does not shake the others.

    Returns:
        The median middle between the shoulders ``(3,)``, and their median distance in the picture
        plane, in the pose's unit.

    Raises:
        MediaError: No frame shows both shoulders.
    """
    left, left_confidence = pose.anchor("left_shoulder")
    right, right_confidence = pose.anchor("right_shoulder")
    seen = (left_confidence > 0) & (right_confidence > 0)
    width = np.linalg.norm((left - right)[seen, :2], axis=1)
    if not seen.any() or np.median(width) <= 0:
        raise MediaError(
            "The pose never shows both shoulders, so it cannot be scaled to shoulder widths. "
            "Use a video in which the signer's upper body is in the picture."
        )
    return np.median((left + right)[seen] / 2, axis=0), float(np.median(width))


def to_shoulder_units(pose: Pose) -> Pose:
    """Measure in shoulder widths from the middle between the shoulders.

    Raises:
        MediaError: No frame shows both shoulders.
    """
    middle, width = shoulder_frame(pose)
    return replace(pose, points=(pose.points - middle) / width, unit="shoulder", size=None)


def to_pixels(pose: Pose, size: tuple[int, int] = (512, 512)) -> Pose:
    """Put a pose in shoulder widths before a camera that sees the signing space.

    The picture is 3.4 shoulder widths high; the shoulders lie in its middle, two fifths from the
    top, so that a hand above the head and the hips are both in it.

    Args:
        pose: In unit ``"shoulder"``.
        size: Width and height of the picture in pixels.
    """
    if pose.unit != "shoulder":
        raise UsageError(f"to_pixels takes a pose in shoulder widths; this one is in {pose.unit}s.")
    width, height = size
    middle = np.array([width / 2, height * CAMERA_MIDDLE, 0], np.float32)
    points = pose.points * (height / CAMERA_HEIGHT) + middle
    return replace(pose, points=points, unit="pixel", size=size)


def hands_seen(pose: Pose) -> np.ndarray:
    """In which frames a hand is seen, ``(T,)`` bool."""
    seen = [pose.anchor(f"{side}_hand")[1] > 0 for side in ("left", "right")]
    return np.asarray(seen[0] | seen[1])


def resample(pose: Pose, fps: float) -> Pose:
    """Change the frame rate by linear interpolation in time; the duration stays.

    Between a seen and a missing landmark the nearer one counts.
    """
    if fps == pose.fps or len(pose) == 0:
        return replace(pose, fps=fps)
    count = max(1, round(len(pose) * fps / pose.fps))
    place = np.minimum(np.arange(count) * (pose.fps / fps), len(pose) - 1)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(pose) - 1)
    share = (place - before).astype(np.float32)[:, None]  # (T, 1)
    start, end = pose.confidence[before], pose.confidence[after]  # (T, V)
    alone = (start > 0) != (end > 0)
    share = np.where(alone, np.round(share), share)
    share = np.broadcast_to(share, start.shape)
    confidence = start * (1 - share) + end * share
    share = share[..., None]
    points = pose.points[before] * (1 - share) + pose.points[after] * share
    return replace(pose, points=points, confidence=confidence, fps=fps)


def fill_gaps(pose: Pose, seconds: float = 0.2) -> Pose:
    """Bridge short gaps of a landmark in a straight line between its last and next sight.

    The bridge has the lower confidence of its two ends. Gaps at the start and the end of the pose
    have one end only and stay.

    Args:
        pose: Any pose.
        seconds: The longest gap that is filled.
    """
    seen = pose.confidence > 0
    frames = np.arange(len(pose))[:, None]
    last = np.maximum.accumulate(np.where(seen, frames, -1), axis=0)  # (T, V)
    coming = np.where(seen, frames, len(pose))
    coming = np.minimum.accumulate(coming[::-1], axis=0)[::-1]
    gap = coming - last - 1
    fill = ~seen & (last >= 0) & (coming < len(pose)) & (gap <= seconds * pose.fps)
    time, landmark = np.nonzero(fill)
    start, end = last[time, landmark], coming[time, landmark]
    share = ((time - start) / (end - start)).astype(np.float32)[:, None]
    points, confidence = pose.points.copy(), pose.confidence.copy()
    points[time, landmark] = (
        pose.points[start, landmark] * (1 - share) + pose.points[end, landmark] * share
    )
    confidence[time, landmark] = np.minimum(
        pose.confidence[start, landmark], pose.confidence[end, landmark]
    )
    return replace(pose, points=points, confidence=confidence)


def smooth(pose: Pose, seconds: float = 0.04) -> Pose:
    """Remove jitter with a Gaussian over time, each frame weighted by its confidence.

    Args:
        pose: Any pose.
        seconds: Standard deviation of the Gaussian.
    """
    from scipy.ndimage import gaussian_filter1d

    sigma = seconds * pose.fps
    if sigma <= 0 or len(pose) < 2:
        return pose
    weight = pose.confidence[..., None]
    total = gaussian_filter1d(weight, sigma, axis=0, mode="nearest")
    points = gaussian_filter1d(pose.points * weight, sigma, axis=0, mode="nearest")
    seen = weight > 0
    return replace(pose, points=np.divide(points, total, out=np.zeros_like(points), where=seen))


def mirror(pose: Pose) -> Pose:
    """Swap the signer's left and right, as a left-handed signer or a mirror would show it.

    Raises:
        UsageError: The pose is in pixels of a frame whose width is not known.
    """
    if pose.unit == "pixel" and pose.size is None:
        raise UsageError("Only a pose whose frame size is known can be mirrored in pixels.")
    order = list(pose.skeleton.mirrored)
    points = pose.points[:, order]
    points[..., 0] = (pose.size[0] if pose.size else 0) - points[..., 0]
    return replace(pose, points=points, confidence=pose.confidence[:, order])
