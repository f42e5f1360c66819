"""What the rest detector is compared with: thresholds on how fast or how high the hands are."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from scipy.ndimage import uniform_filter1d

from signzoo.models.rest_detector.augmentation import LabelledTrack
from signzoo.models.rest_detector.track import FPS

# From a track to a number for each frame, (T,), that is high while someone signs.
Signal = Callable[[LabelledTrack], np.ndarray]

_SMOOTHING = (1, 3, 5, 9, 15)  # frames
_HOLES = (0.0, 0.2, 0.4, 0.8, 1.5, 3.0)  # seconds
_BLIPS = (0.0, 0.2)  # seconds
_NUM_THRESHOLDS = 25
# Frames of rest between two clips that are searched as one: more than any hole or blip.
_GAP = 100


def wrist_speed(track: LabelledTrack) -> np.ndarray:
    """Speed of the faster hand, in shoulder widths a second."""
    step = np.diff(track.points[:, :2], axis=0, prepend=track.points[:1, :2])
    seen = track.confidence[:, :2] > 0
    both = seen & np.concatenate([seen[:1], seen[:-1]])
    speed: np.ndarray = (np.linalg.norm(step, axis=2) * both).max(axis=1) * FPS
    return speed


def raised_hand(track: LabelledTrack) -> np.ndarray:
    """Height of the higher hand above the lowest place of any hand in the clip, shoulder widths.

    It looks at the whole clip, and knows that a clip has rest in it.
    """
    depth = track.points[:, :2, 1] - track.points[:, 2:, 1]
    seen = track.confidence[:, :2] > 0
    lowest = np.percentile(depth[seen], 95) if seen.any() else 0.0
    height: np.ndarray = np.where(seen, lowest - depth, 0).max(axis=1)
    return height


@dataclass(frozen=True, slots=True)
class Threshold:
    """A signal, smoothed, above a threshold; short holes filled, then short blips dropped.

    Attributes:
        signal: What is looked at.
        smoothing: Width of the moving mean in frames.
        level: The threshold.
        hole: Rest shorter than this many seconds is filled.
        blip: Signing shorter than this many seconds is dropped.
    """

    signal: Signal
    smoothing: int
    level: float
    hole: float
    blip: float

    def __call__(self, track: LabelledTrack) -> np.ndarray:
        """Say which frames are signing, ``(T,)`` bool."""
        smoothed = uniform_filter1d(self.signal(track), self.smoothing, mode="nearest")
        return _tidy(smoothed >= self.level, self.hole, self.blip)


def tune(signal: Signal, tracks: Sequence[LabelledTrack]) -> Threshold:
    """Choose the threshold that has the best macro-F1 on some tracks, of 1,500 combinations."""
    signals = [signal(track) for track in tracks]
    labels = _join([track.labels > 0 for track in tracks], False)
    known = _join([track.known for track in tracks], False)
    best, best_score = None, -1.0
    for smoothing in _SMOOTHING:
        smoothed = [uniform_filter1d(each, smoothing, mode="nearest") for each in signals]
        joined = _join(smoothed, -np.inf)
        levels = np.quantile(np.concatenate(smoothed), np.linspace(0.02, 0.98, _NUM_THRESHOLDS))
        for level, hole, blip in product(levels, _HOLES, _BLIPS):
            found = _tidy(joined >= level, hole, blip)[known]
            score = _macro_f1(found, labels[known])
            if score > best_score:
                best, best_score = Threshold(signal, smoothing, float(level), hole, blip), score
    assert best is not None
    return best


def _join(parts: Sequence[np.ndarray], between: float) -> np.ndarray:
    """One array of several, with a gap after each."""
    return np.concatenate([np.r_[part, np.full(_GAP, between, part.dtype)] for part in parts])


def _tidy(signing: np.ndarray, hole: float, blip: float) -> np.ndarray:
    filled = ~_drop_short(~signing, hole, inner=True)
    return _drop_short(filled, blip, inner=False)


def _drop_short(mask: np.ndarray, seconds: float, inner: bool) -> np.ndarray:
    """Clear runs shorter than ``seconds``; ``inner`` keeps those at the two ends."""
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False]))
    starts, ends = edges[::2], edges[1::2]
    short = ends - starts < seconds * FPS - 1e-6
    if inner:
        short &= (starts > 0) & (ends < len(mask))
    change = np.zeros(len(mask) + 1, int)
    change[starts[short]] = 1
    change[ends[short]] -= 1
    return mask & ~(np.cumsum(change[:-1]) > 0)


def _macro_f1(found: np.ndarray, labels: np.ndarray) -> float:
    both, neither = np.sum(found & labels), np.sum(~found & ~labels)
    wrong = np.sum(found != labels)
    return float(both / (2 * both + wrong) + neither / (2 * neither + wrong))
