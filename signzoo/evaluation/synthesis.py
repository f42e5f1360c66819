"""Compares synthetic signing with real: how long signs and transitions are, how fast hands move."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path
from signzoo.data.corpora import Utterance
from signzoo.transforms.pose import to_shoulder_units

MEASURES = {
    "sign_seconds": "length of a sign (s)",
    "transition_seconds": "length of a transition (s)",
    "wrist_speed_mean": "speed of the busier wrist, mean (shoulder widths/s)",
    "wrist_speed_95": "speed of the busier wrist, 95th percentile (shoulder widths/s)",
}
# Speeds are counted in bins, so that those of sentences add up: a bootstrap adds sentences.
_BIN = 0.02
_BINS = 1000


def count_utterance(utterance: Utterance) -> np.ndarray:
    """Count what is measured in one sentence, between its first and its last gloss.

    Speeds are those in the picture plane, of the wrist that moves more, in frames in which it is
    seen.

    Returns:
        Number and summed seconds of signs, of transitions, the number and sum of speeds, and the
        speeds by bins of 0.02 shoulder widths a second, ``(6 + 1000,)``.
    """
    signs, gaps, speeds = measure_utterance(utterance)
    bins = np.minimum((speeds / _BIN).astype(int), _BINS - 1)
    sums = [len(signs), signs.sum(), len(gaps), gaps.sum(), len(speeds), speeds.sum()]
    return np.concatenate([sums, np.bincount(bins, minlength=_BINS)])


def measure_utterance(utterance: Utterance) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Seconds of each sign and of each transition, and the busier wrist's speed in each frame."""
    glosses = utterance.glosses
    signs = np.array([gloss.end - gloss.start for gloss in glosses])
    gaps = np.array([b.start - a.end for a, b in pairwise(glosses)])
    pose = to_shoulder_units(utterance.pose)
    signed = pose[int(glosses[0].start * pose.fps) : int(glosses[-1].end * pose.fps)]
    found = []
    for side in ("left", "right"):
        place, confidence = signed.anchor(f"{side}_wrist")
        seen = (confidence[1:] > 0) & (confidence[:-1] > 0)
        speed = np.linalg.norm(np.diff(place[:, :2], axis=0), axis=1) * pose.fps
        found.append(speed[seen])
    busier = max(found, key=lambda speed: float(speed.sum()))
    return signs, gaps, busier


def scores(counts: np.ndarray) -> dict[str, float]:
    """Make the :data:`MEASURES` of a sum of counts."""
    below = np.cumsum(counts[6:])
    percentile = (np.searchsorted(below, 0.95 * below[-1]) + 0.5) * _BIN
    return {
        "sign_seconds": float(counts[1] / max(counts[0], 1)),
        "transition_seconds": float(counts[3] / max(counts[2], 1)),
        "wrist_speed_mean": float(counts[5] / max(counts[4], 1)),
        "wrist_speed_95": float(percentile),
    }


def plot_comparison(
    synthetic: Sequence[Utterance],
    real: Sequence[Utterance],
    table: dict[str, dict[str, Any]],
    path: Path,
) -> None:
    """Draw the distributions of both, with the real mean's interval where there is one.

    Args:
        synthetic: Sentences that were made.
        real: Sentences that were recorded.
        table: For ``synthetic`` and ``real`` the interval of each measure.
        path: A picture file.
    """
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(12, 3.8), layout="constrained")
    FigureCanvasAgg(figure)
    titles = ("length of signs (s)", "length of transitions (s)", "wrist speed (shoulder widths/s)")
    ranges = (1.2, 0.8, 6.0)
    names = ("sign_seconds", "transition_seconds", "wrist_speed_mean")
    measured = {"synthetic": synthetic, "real": real}
    values = {
        name: [np.concatenate(column) for column in zip(*map(measure_utterance, some), strict=True)]
        for name, some in measured.items()
    }
    for index, panel in enumerate(figure.subplots(1, 3)):
        bins = np.linspace(0, ranges[index], 31)
        for name, color in (("real", "#1a7ac4"), ("synthetic", "#e2521a")):
            panel.hist(
                np.clip(values[name][index], 0, ranges[index]),
                bins,
                density=True,
                histtype="stepfilled",
                alpha=0.35,
                color=color,
                label=f"{name} ({len(measured[name])} sentences)",
            )
            panel.axvline(table[name][names[index]].value, color=color)
        interval = table["real"][names[index]]
        panel.axvspan(interval.low, interval.high, color="#1a7ac4", alpha=0.15, lw=0)
        panel.set_xlabel(titles[index])
        panel.set_yticks([])
    figure.axes[0].legend()
    figure.suptitle("Lines are means; the band is the 95 % interval of the real mean")
    with atomic_path(path) as part:
        figure.savefig(part, dpi=110)
