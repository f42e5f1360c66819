"""Says how sure a score is: bootstrap intervals, and paired ones where two systems are compared.

Both resample sentences (Koehn, "Statistical Significance Tests for Machine Translation
Evaluation", EMNLP 2004) and score each sample from added-up counts, as the corpus itself is.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from signzoo.errors import UsageError

# From the sum of counts (K,) to scores by name.
Scores = Callable[[np.ndarray], Mapping[str, float]]

# So many sentence draws are held in memory at a time.
_CHUNK = 2**22


@dataclass(frozen=True, slots=True)
class Resampling:
    """How a bootstrap is drawn.

    Attributes:
        samples: Number of samples, each of as many sentences as there are.
        seed: Seed of the draws; equal seeds draw the same sentences.
        confidence: Share of the samples that lie within an interval.
    """

    samples: int = 1000
    seed: int = 0
    confidence: float = 0.95

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise UsageError(f"A bootstrap needs at least one sample; got {self.samples}.")
        if not 0 < self.confidence < 1:
            raise UsageError(f"Confidence lies between 0 and 1; got {self.confidence}.")


@dataclass(frozen=True, slots=True)
class Interval:
    """A score with the percentile bootstrap interval around it."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Difference:
    """How much one system scores over another on the same sentences.

    Attributes:
        value: Score of the system less that of the baseline.
        low: Lower end of the paired bootstrap interval.
        high: Upper end.
        p_value: Two-sided: the share of samples whose difference strays from the mean of all
            samples by at least ``value``, the observed one counted in.
    """

    value: float
    low: float
    high: float
    p_value: float


def bootstrap(
    counts: np.ndarray, scores: Scores, resampling: Resampling | None = None
) -> dict[str, Interval]:
    """Put an interval around every score.

    Args:
        counts: Counts of each sentence, ``(N, K)``.
        scores: Makes scores of a sum of counts.
        resampling: How to draw; :class:`Resampling` by default.

    Returns:
        Interval by the score's name.
    """
    resampling = resampling or Resampling()
    values = scores(counts.sum(axis=0))
    drawn = _scores_of_samples(scores, _sums_of_samples(counts, resampling), list(values))
    low, high = _ends(drawn, resampling.confidence)
    return {
        name: Interval(value, float(low[i]), float(high[i]))
        for i, (name, value) in enumerate(values.items())
    }


def paired_bootstrap(
    counts: np.ndarray,
    baseline: np.ndarray,
    scores: Scores,
    resampling: Resampling | None = None,
) -> dict[str, Difference]:
    """Compare two systems on the same sentences; each sample has the same ones for both.

    Args:
        counts: Counts of each sentence under the system, ``(N, K)``.
        baseline: Those under the baseline, in the same order.
        scores: Makes scores of a sum of counts.
        resampling: How to draw; :class:`Resampling` by default.

    Returns:
        Difference by the score's name.

    Raises:
        UsageError: The two did not see the same number of sentences.
    """
    resampling = resampling or Resampling()
    if counts.shape != baseline.shape:
        raise UsageError(
            f"Only systems that saw the same sentences are compared; these saw {len(counts)} "
            f"and {len(baseline)}."
        )
    num_counts = counts.shape[1]
    ours, theirs = scores(counts.sum(axis=0)), scores(baseline.sum(axis=0))
    names = list(ours)
    sums = np.concatenate(list(_sums_of_samples(np.hstack([counts, baseline]), resampling)))
    drawn = _scores_of_samples(scores, [sums[:, :num_counts]], names)
    drawn -= _scores_of_samples(scores, [sums[:, num_counts:]], names)  # (samples, names)
    low, high = _ends(drawn, resampling.confidence)
    observed = np.array([ours[name] - theirs[name] for name in names])
    # Centred, the samples show how far a difference strays by chance alone.
    stray = np.abs(drawn - drawn.mean(axis=0)) >= np.abs(observed)
    p_values = (stray.sum(axis=0) + 1) / (resampling.samples + 1)
    return {
        name: Difference(float(observed[i]), float(low[i]), float(high[i]), float(p_values[i]))
        for i, name in enumerate(names)
    }


def _sums_of_samples(counts: np.ndarray, resampling: Resampling) -> Iterator[np.ndarray]:
    """Add up the counts of each sample, a chunk ``(C, K)`` of samples at a time."""
    num_sentences = len(counts)
    if not num_sentences:
        raise UsageError("There are no sentences to draw samples from.")
    random = np.random.default_rng(resampling.seed)
    chunk = max(1, _CHUNK // num_sentences)
    # A float64 holds these sums exactly (below 2^53), and is multiplied far faster than an int64.
    table = counts.astype(np.float64)
    share = np.full(num_sentences, 1 / num_sentences)
    for start in range(0, resampling.samples, chunk):
        size = min(chunk, resampling.samples - start)
        yield random.multinomial(num_sentences, share, size=size).astype(np.float64) @ table


def _scores_of_samples(
    scores: Scores, chunks: Iterator[np.ndarray] | list[np.ndarray], names: list[str]
) -> np.ndarray:
    """Score each sample, ``(samples, names)``."""
    rows = (scores(sums) for chunk in chunks for sums in chunk)
    return np.array([[row[name] for name in names] for row in rows])


def _ends(drawn: np.ndarray, confidence: float) -> tuple[np.ndarray, np.ndarray]:
    """Ends of the percentile interval of each score, over the samples that have the score."""
    outside = 50 * (1 - confidence)
    ends = np.full((2, drawn.shape[1]), np.nan)
    known = ~np.isnan(drawn).all(axis=0)
    ends[:, known] = np.nanpercentile(drawn[:, known], [outside, 100 - outside], axis=0)
    return ends[0], ends[1]
