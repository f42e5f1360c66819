"""The scores as torchmetrics Metrics, for training: processes that each saw a part add up counts.

The arithmetic is in :mod:`signzoo.metrics.text` and :mod:`signzoo.metrics.pose`; a metric only
holds the sum of their counts. They are whole numbers, so the score of two processes is the score of
all their sentences, to the last digit.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch import Tensor
from torchmetrics import Metric

from signzoo.errors import UsageError
from signzoo.metrics.pose import MINIMUM_CONFIDENCE, PoseScorer
from signzoo.metrics.text import TextScorer
from signzoo.metrics.tokenisation import Kind
from signzoo.structures import Pose


class _Scorer(Protocol):
    @property
    def num_counts(self) -> int: ...

    def scores(self, counts: np.ndarray) -> dict[str, float]: ...


class _CountingMetric(Metric):
    """Adds up the counts of a scorer.

    Attributes:
        counts: Sum of all counts so far, ``(K,)`` int64.
    """

    is_differentiable = False
    full_state_update = False
    counts: Tensor

    def __init__(self, scorer: _Scorer, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.scorer = scorer
        zeros = torch.zeros(scorer.num_counts, dtype=torch.int64)
        self.add_state("counts", default=zeros, dist_reduce_fx="sum")

    def _add(self, counts: np.ndarray) -> None:
        self.counts += torch.from_numpy(counts).to(self.counts.device)

    def compute(self) -> dict[str, Tensor]:
        """Score everything seen since the last reset.

        Returns:
            Score by name, each a tensor without axes.

        Raises:
            UsageError: Nothing was seen.
        """
        values = self.scorer.scores(self.counts.cpu().numpy())
        return {
            name: torch.tensor(value, device=self.counts.device) for name, value in values.items()
        }


class TextMetric(_CountingMetric):
    """Text scores over batches and processes; see :func:`signzoo.metrics.score_text`."""

    scorer: TextScorer

    def __init__(self, kind: Kind, language: str, **kwargs: Any) -> None:
        """Make an empty metric.

        Args:
            kind: ``"gloss"`` or ``"sentence"``.
            language: BCP 47 code of the written language.
            kwargs: What every torchmetrics Metric takes.

        Raises:
            UsageError: The kind or the language is unknown.
        """
        super().__init__(TextScorer(kind, language), **kwargs)

    def update(self, hypotheses: Sequence[str], references: Sequence[str]) -> None:
        """Count a batch of free-running predictions.

        Raises:
            UsageError: The texts cannot be scored; see :func:`signzoo.metrics.score_text`.
        """
        self._add(self.scorer.count(hypotheses, references).sum(axis=0))


class PoseMetric(_CountingMetric):
    """Pose scores over batches and processes; see :func:`signzoo.metrics.score_pose`."""

    scorer: PoseScorer

    def __init__(self, minimum_confidence: float = MINIMUM_CONFIDENCE, **kwargs: Any) -> None:
        """Make an empty metric.

        Args:
            minimum_confidence: A landmark below it does not count as visible.
            kwargs: What every torchmetrics Metric takes.
        """
        super().__init__(PoseScorer(minimum_confidence), **kwargs)

    def update(self, hypotheses: Sequence[Pose], references: Sequence[Pose]) -> None:
        """Count a batch of produced poses.

        Raises:
            UsageError: The two differ in number, or a pair cannot be compared.
            MediaError: A pose in pixels never shows both shoulders.
        """
        if len(hypotheses) != len(references):
            raise UsageError(
                f"There are {len(hypotheses)} produced poses for {len(references)} references; "
                "each reference needs one."
            )
        for hypothesis, reference in zip(hypotheses, references, strict=True):
            self._add(self.scorer.count(hypothesis, reference))
