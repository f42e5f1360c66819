"""Turns probabilities a frame into spans of seconds, and timed glosses into the spans they mean."""

from collections.abc import Sequence

import numpy as np


def hysteresis(
    probability: np.ndarray,
    fps: float,
    enter: float,
    leave: float,
    min_signing: float,
    min_rest: float,
) -> list[tuple[float, float]]:
    """Find stretches that reach one threshold and do not fall below another.

    Args:
        probability: Of signing, ``(T,)``.
        fps: Frames a second.
        enter: A stretch reaches this somewhere.
        leave: It is everywhere at least this high.
        min_signing: Stretches shorter than this many seconds are dropped.
        min_rest: Stretches nearer to each other than this many seconds are one; this comes first.

    Returns:
        First second and end of each stretch, in order.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, probability >= min(enter, leave), False]))
    stretches = edges.reshape(-1, 2)
    kept = [(a / fps, b / fps) for a, b in stretches if probability[a:b].max() >= enter]
    return [(a, b) for a, b in merge(kept, min_rest) if b - a >= min_signing]


def merge(spans: Sequence[tuple[float, float]], gap: float) -> list[tuple[float, float]]:
    """Join spans that are less than ``gap`` seconds apart, or overlap."""
    merged: list[tuple[float, float]] = []
    for start, end in sorted(spans):
        if merged and start - merged[-1][1] < gap:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
