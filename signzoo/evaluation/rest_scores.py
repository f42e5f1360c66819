"""Counts what a system got right about rest and signing, and makes scores of the counts."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from signzoo.data.corpora import Utterance
from signzoo.models.rest_detector.augmentation import LabelledTrack
from signzoo.models.rest_detector.spans import hysteresis
from signzoo.models.rest_detector.track import FPS

# From a track to the probability of signing in each frame, (T,); 0 or 1 from a threshold.
System = Callable[[LabelledTrack], np.ndarray]

# Frames signed and found, found alone, signed alone, neither; overlap of the trimmed clip; errors
# of its first and last frame in ms, without and with sign; 1 for the clip; DGS frames found, lost.
_COUNTS = 12


@dataclass(frozen=True)
class Predictions:
    """What one system said of the held-out utterances.

    Attributes:
        counts: Of each utterance, summed over the seeds, ``(N, 12)``.
        by_seed: Macro-F1 of each seed.
        rows: A row for each utterance and seed.
    """

    counts: np.ndarray
    by_seed: list[float]
    rows: list[dict[str, Any]]


def count(signing: np.ndarray, utterance: Utterance, track: LabelledTrack) -> np.ndarray:
    """Count what a system got right in one utterance.

    Args:
        signing: Probability of signing of each frame, ``(T,)``; 0 or 1 from a threshold.
        utterance: What was scored.
        track: Its labels.

    Returns:
        Counts of shape ``(12,)``: see the comment at ``_COUNTS``.
    """
    found, labels = signing >= 0.5, track.labels > 0
    if not utterance.shows_rest:
        lost = np.sum(labels & ~found)
        return np.r_[np.zeros(_COUNTS - 2), np.sum(labels & found), lost]
    frames = [np.sum(found & labels), np.sum(found & ~labels)]
    frames += [np.sum(~found & labels), np.sum(~found & ~labels)]
    # The outer ends with the same rules for all systems, those of RestDetector.trim: whatever a
    # threshold has dropped or filled stays so.
    spans = hysteresis(signing, FPS, 0.5, 0.4, 0.2, 1.0) or [(0.0, len(track) / FPS)]
    start, end = spans[0][0], spans[-1][1]
    signed = np.flatnonzero(labels)
    first, last = signed[0] / FPS, (signed[-1] + 1) / FPS
    overlap = max(0.0, min(end, last) - max(start, first))
    union = (end - start) + (last - first) - overlap
    early, late = 1000 * (start - first), 1000 * (end - last)
    return np.r_[frames, overlap / union, abs(early), abs(late), early, late, 1, 0, 0].astype(float)


def scores(sums: np.ndarray) -> dict[str, float]:
    """Make scores of a sum of counts ``(12,)``."""
    hit, false, missed, rest = sums[:4]
    with np.errstate(invalid="ignore", divide="ignore"):
        f1_signing = hit / (hit + (false + missed) / 2)
        f1_rest = rest / (rest + (false + missed) / 2)
        recalls = np.array([hit / (hit + missed), rest / (rest + false)])
        iou, first, last, first_bias, last_bias = sums[4:9] / sums[9]
        dgs = sums[10] / (sums[10] + sums[11])
    return {
        "macro_f1": 50 * (f1_signing + f1_rest),
        "f1_signing": 100 * f1_signing,
        "f1_rest": 100 * f1_rest,
        "balanced_accuracy": 100 * recalls.mean(),
        "trim_iou": 100 * iou,
        "first_frame_ms": first,
        "last_frame_ms": last,
        "first_frame_bias_ms": first_bias,
        "last_frame_bias_ms": last_bias,
        "dgs_signing_recall": 100 * dgs,
    }
