"""Trains the text corrector: cross-entropy of the tokens of edits, and of where they are needed."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import MetricCollection

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import make_config
from signzoo.metrics.distributed import TextMetric
from signzoo.models.task import OptimizerConfig, Outputs, Task
from signzoo.models.text_corrector.data import DraftBatch, TextCorrectorData
from signzoo.models.text_corrector.edits import Edit, EditKind
from signzoo.models.text_corrector.network import TextCorrector, TextCorrectorConfig

# What can be done at a place, behind nothing.
_TAGS: tuple[EditKind | None, ...] = (None, "insert", "substitute", "delete", "move")


@dataclass(frozen=True)
class CorrectionLossConfig:
    """What a training step minimises."""

    label_smoothing: float = 0.0
    """Share of the probability that is spread over all tokens. The threshold compares
    probabilities, which smoothing flattens."""
    tagging: float = 5.0
    """Weight of telling, for every place of a draft, what is to be done there. The edits alone say
    little about most places, so that a small network learns long from few sentences."""

    rewriting: float = 1.0
    """Weight of writing the whole sentence, for the same reason: it asks for every word."""

    def __post_init__(self) -> None:
        if not 0 <= self.label_smoothing < 1 or min(self.tagging, self.rewriting) < 0:
            raise UsageError(
                "The loss needs label_smoothing between 0 and 1, and tagging and rewriting of at "
                f"least 0; got {self}."
            )


class TextCorrectorTask(Task):
    """Teaches a language model to write the edits that make a correct sentence of a draft.

    Scores are of free-running correction, never of teacher forcing; the drafts' own scores are what
    they have to be compared with.

    Args:
        network: Which language model, and when it is believed.
        optimizer: How it is trained.
        loss: What is minimised.
    """

    component: ClassVar[str] = "text_corrector"
    config_class: ClassVar[type[Any]] = TextCorrectorConfig
    network: TextCorrector

    def __init__(
        self,
        network: TextCorrectorConfig = TextCorrectorConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
        loss: CorrectionLossConfig = CorrectionLossConfig(),
    ) -> None:
        self.loss_config = (
            make_config(CorrectionLossConfig, loss) if isinstance(loss, dict) else loss
        )
        super().__init__(network, optimizer)
        self.save_hyperparameters({"loss": asdict(self.loss_config)})

    def configure_network(self, config: TextCorrectorConfig) -> None:
        """Open the language model."""
        self.network = TextCorrector(config)

    def configure_losses(self) -> None:
        """Use the cross-entropy of each token, and that of the kind of edit at each place."""
        self.loss = nn.CrossEntropyLoss(label_smoothing=self.loss_config.label_smoothing)
        # It serves training alone, and so it is no part of the network.
        width = self.network.language_model.config.hidden_size
        self.tagger = nn.Linear(width, len(_TAGS)) if self.loss_config.tagging else None

    def configure_metrics(self) -> MetricCollection:
        """Score sentences as signzoo's evaluation does."""
        return MetricCollection({"scores": TextMetric("sentence", self.network.config.language)})

    def learn_from(self, data: Any) -> None:
        """Check that the data is in the network's language.

        Raises:
            UsageError: It is in another.
        """
        language = self.network.config.language
        if isinstance(data, TextCorrectorData) and data.language != language:
            raise UsageError(
                f"The data is in {data.language!r}, the network corrects {language!r}: give "
                "--data.language and --model.network.language the same code."
            )

    def shared_step(self, batch: DraftBatch) -> tuple[Tensor, Outputs]:
        """Predict every token of the edits; outside of training, correct the drafts too."""
        network = self.network
        ids, mask = network.encode(batch.drafts)
        states, edits = network.read(ids, mask), network.find_edits(batch.drafts, batch.texts)
        loss = self._errors(network.edit_logits(states, mask, edits))
        if self.tagger is not None:
            tags = _tags(network.markers(ids), edits)
            errors = functional.cross_entropy(self.tagger(states).float().mT, tags)
            loss = loss + self.loss_config.tagging * errors
        if self.loss_config.rewriting:
            rewritten = network.rewrite_logits(states, mask, batch.texts)
            loss = loss + self.loss_config.rewriting * self._errors(rewritten)
        if self.training:
            return loss, {}
        found = self.network.correct(batch.drafts)
        outputs: Any = {"predictions": [each.text for each in found], "targets": batch.texts}
        return loss, outputs

    def _errors(self, predicted: tuple[Tensor, Tensor]) -> Tensor:
        """The loss of logits ``(B, M, V)`` for tokens ``(B, M)``."""
        logits, tokens = predicted
        loss: Tensor = self.loss(logits.float().flatten(0, 1), tokens.flatten())
        return loss

    def predict_step(self, batch: DraftBatch, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Correct each draft."""
        return [
            {
                "id": name,
                "draft": each.draft,
                "text": each.text,
                "score": torch.tensor(each.score),
                "changed": each.changed,
            }
            for name, each in zip(batch.ids, self.network.correct(batch.drafts), strict=True)
        ]


def _tags(markers: Tensor, edits: Sequence[Sequence[Edit]]) -> Tensor:
    """What is done at each marker ``(B, N)``, a place in :data:`_TAGS`; -100 for other tokens."""
    tags = torch.zeros(len(edits), int(markers.max()) + 1, dtype=torch.long)
    for row, each in zip(tags, edits, strict=True):
        for edit in each:
            row[edit.place] = _TAGS.index(edit.kind)
    return tags.to(markers.device).gather(1, markers.clamp(min=0)).masked_fill(markers < 0, -100)
