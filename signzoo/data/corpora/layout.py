"""Puts landmarks of other layouts on MediaPipe Holistic's names, as signing needs them."""

from collections.abc import Sequence

import numpy as np

from signzoo.lexicon.articulation import signing_skeleton
from signzoo.structures import Pose

# Landmarks of the body that lie where landmarks of the face do, so that a corpus without
# MediaPipe's mesh has a head all the same.
_ON_FACE = {
    "face/1": "body/nose",
    "face/33": "body/right_eye_outer",
    "face/133": "body/right_eye_inner",
    "face/263": "body/left_eye_outer",
    "face/362": "body/left_eye_inner",
    "face/61": "body/mouth_right",
    "face/291": "body/mouth_left",
}


def signing_pose(
    points: np.ndarray,
    confidence: np.ndarray,
    names: Sequence[str],
    fps: float,
    size: tuple[int, int] | None = None,
) -> Pose:
    """Make a pose of landmarks that are known by name; what there is no name for is missing.

    Args:
        points: Shape ``(T, K, 2)`` or ``(T, K, 3)``, in pixels; without z, z is 0.
        confidence: Shape ``(T, K)``, cut to [0, 1].
        names: Names of the K landmarks in the skeleton ``mediapipe-holistic``; others are left out.
        fps: Frames a second.
        size: Width and height of the frame in pixels, where known.

    Returns:
        A pose in pixels on the skeleton of upper body, face and hands.
    """
    skeleton = signing_skeleton()
    column = {name: i for i, name in enumerate(names)}
    placed = np.zeros((len(points), len(skeleton.landmarks), 3), np.float32)
    seen = np.zeros(placed.shape[:2], np.float32)
    for i, name in enumerate(skeleton.landmarks):
        source = column.get(name, column.get(_ON_FACE.get(name, "")))
        if source is not None:
            placed[:, i, : points.shape[2]] = points[:, source]
            seen[:, i] = confidence[:, source].clip(0, 1)
    return Pose(placed, seen, fps, skeleton, "pixel", size)
