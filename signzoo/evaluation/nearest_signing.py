"""Answers with what the nearest training clip means: the floor of every network that reads signing.

Near is by dynamic time warping of landmarks (Sakoe and Chiba, 1978), which compares how hands and
fingers move, whatever the speed. Nothing is learnt.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from signzoo.models.signmst_c.landmarks import HEAD, LEFT_FINGERS, LEFT_HAND, RIGHT_FINGERS
from signzoo.models.signmst_c.landmarks import RIGHT_HAND as RIGHT
from signzoo.transforms.warping import squared_distances, warped_costs

NEAREST = "nearest training clip (landmark DTW)"
# Every clip is brought to so many moments before it is warped.
MOMENTS = 24
# Fingers in their hand move within a fifth of what hands do before the body.
_FINGER_SCALE = 2.0


def describe(landmarks: np.ndarray, moments: int = MOMENTS) -> np.ndarray:
    """Reduce a clip to what is warped: hands from the nose, fingers in their hand.

    Args:
        landmarks: As :func:`~signzoo.models.signmst_c.landmarks.signing_landmarks` gives them.
        moments: M, evenly spaced.

    Returns:
        ``(M, F)`` float32; what is missing keeps its last place.
    """
    landmarks = landmarks.astype(np.float32)
    places = _held(landmarks[..., :2], landmarks[..., 2] > 0)
    hands = places[:, [LEFT_HAND, RIGHT]] - places[:, [HEAD]]
    fingers = [
        (places[:, part] - places[:, [hand]]) * _FINGER_SCALE / np.sqrt(21)
        for part, hand in ((LEFT_FINGERS, LEFT_HAND), (RIGHT_FINGERS, RIGHT))
    ]
    whole = np.concatenate([hands, *fingers], axis=1).reshape(len(places), -1)
    return whole[np.linspace(0, len(whole) - 1, moments).round().astype(int)]


def _held(places: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Let landmarks ``(T, V, 2)`` that are missing stay where they were last."""
    last = np.maximum.accumulate(np.where(seen, np.arange(len(seen))[:, None], 0), axis=0)
    return np.asarray(np.take_along_axis(places, last[..., None], axis=0))


def rank_clips(
    clips: Sequence[np.ndarray],
    training: Sequence[np.ndarray],
    progress: Callable[[int], Any] | None = None,
) -> np.ndarray:
    """Rank training clips by their distance to others.

    Args:
        clips: Landmarks of N clips, ``(T, V, 3)`` each.
        training: Landmarks of K clips.
        progress: Is told of every clip that is done.

    Returns:
        For each clip the numbers of the training clips, the nearest first, ``(N, K)``.
    """
    known = np.stack([describe(each) for each in training])  # (K, M, F)
    ranks = []
    for clip in clips:
        costs = np.sqrt(squared_distances(describe(clip), known))
        ranks.append(np.argsort(warped_costs(costs), kind="stable"))
        if progress:
            progress(1)
    return np.stack(ranks)
