import numpy as np

from signzoo.evaluation.nearest_signing import MOMENTS, describe, rank_clips
from signzoo.models.signmst_c.landmarks import HEAD, RIGHT_FINGERS, RIGHT_HAND


def wave(frames: int, turns: float) -> np.ndarray:
    """A right hand that circles, ``(T, 67, 3)``."""
    landmarks = np.zeros((frames, 67, 3), np.float32)
    angle = np.linspace(0, 2 * np.pi * turns, frames)
    hand = np.stack([np.cos(angle), np.sin(angle)], axis=1)
    landmarks[:, RIGHT_HAND, :2] = hand
    landmarks[:, RIGHT_FINGERS, :2] = hand[:, None] + 0.1
    landmarks[:, [HEAD, RIGHT_HAND], 2] = 1
    landmarks[:, RIGHT_FINGERS, 2] = 1
    return landmarks


def test_the_same_movement_is_nearest_whatever_its_speed():
    training = [wave(40, 0.5), wave(50, 1), wave(60, 2)]
    ranks = rank_clips([wave(90, 1), wave(30, 2)], training)
    assert ranks.shape == (2, 3)
    assert ranks[:, 0].tolist() == [1, 2]


def test_a_lost_hand_stays_where_it_was():
    whole, lost = wave(48, 1), wave(48, 1)
    lost[20:26] = 0
    assert describe(lost).shape == describe(whole).shape == (MOMENTS, 88)
    assert np.abs(describe(lost) - describe(whole)).max() < 1.0
