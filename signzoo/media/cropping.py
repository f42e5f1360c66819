"""Cuts the signing space out of a video: the square in which a signer's hands move."""

from collections.abc import Iterator

import numpy as np

from signzoo.errors import MediaError
from signzoo.structures import Pose, VideoClip
from signzoo.transforms.pose import CAMERA_HEIGHT, CAMERA_MIDDLE, shoulder_frame

Box = tuple[float, float, float, float]


def signing_space(pose: Pose, size: tuple[int, int]) -> Box:
    """Find the square that the fixed camera of signing sees.

    As :func:`~signzoo.transforms.pose.to_pixels` has it: 3.4 shoulder widths, with the shoulders
    in the middle, two fifths from the top. Where the shoulders are never seen, it is the largest
    square in the middle of the picture.

    Args:
        pose: In pixels.
        size: Width and height of the picture in pixels.

    Returns:
        Left, top, right and bottom in pixels; parts of it may lie outside the picture.
    """
    width, height = size
    try:
        middle, shoulders = shoulder_frame(pose)
    except MediaError:
        side = float(min(size))
        left, top = (width - side) / 2, (height - side) / 2
    else:
        side = CAMERA_HEIGHT * shoulders
        left, top = middle[0] - side / 2, middle[1] - CAMERA_MIDDLE * side
    return float(left), float(top), float(left + side), float(top + side)


def crop_video(clip: VideoClip, box: Box, size: tuple[int, int]) -> VideoClip:
    """Cut a part out of every frame and scale it; black where it lies outside the picture.

    Args:
        clip: What to cut.
        box: Left, top, right and bottom in pixels.
        size: Width and height of the result in pixels.
    """
    from PIL import Image

    left, top, right, bottom = box
    outer = (np.floor([left, top]).astype(int), np.ceil([right, bottom]).astype(int))
    inside = (left - outer[0][0], top - outer[0][1], right - outer[0][0], bottom - outer[0][1])

    def frames() -> Iterator[np.ndarray]:
        for frame in clip:
            # Pillow's crop pads with black; its resize weighs all pixels that one covers.
            part = Image.fromarray(frame).crop((*outer[0].tolist(), *outer[1].tolist()))
            yield np.asarray(part.resize(size, Image.Resampling.BILINEAR, inside))

    return VideoClip(frames, clip.fps, size, clip.num_frames)


def crop_points(points: np.ndarray, box: Box, size: tuple[int, int]) -> np.ndarray:
    """Move points ``(..., 2)`` in pixels of the frame to pixels of what :func:`crop_video` cut."""
    left, top, right, bottom = box
    scale = np.array([size[0] / (right - left), size[1] / (bottom - top)], np.float32)
    return np.asarray((points - np.array([left, top], np.float32)) * scale, np.float32)
