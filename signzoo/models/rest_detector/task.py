"""Trains the rest detector on frames that are labelled as signing or rest."""

from typing import Any, ClassVar

from torch import Tensor, nn
from torchmetrics import MetricCollection
from torchmetrics.classification import MulticlassAccuracy, MulticlassF1Score

from signzoo.models.layers import valid_frames
from signzoo.models.rest_detector.data import RestBatch
from signzoo.models.rest_detector.network import RestDetector, RestDetectorConfig
from signzoo.models.task import OptimizerConfig, Outputs, Task


class RestDetectorTask(Task):
    """Binary classification of frames; frames whose label is not known count nowhere.

    Args:
        network: Size of the network.
        optimizer: How it is trained.
    """

    component: ClassVar[str] = "rest_detector"
    config_class: ClassVar[type[Any]] = RestDetectorConfig
    network: RestDetector

    def __init__(
        self,
        network: RestDetectorConfig = RestDetectorConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(network, optimizer)

    def configure_network(self, config: RestDetectorConfig) -> None:
        """Make the network."""
        self.network = RestDetector(config)

    def configure_losses(self) -> None:
        """Use the cross-entropy of each frame."""
        self.loss = nn.BCEWithLogitsLoss()

    def configure_metrics(self) -> MetricCollection:
        """Score frames, with signing and rest counting the same."""
        return MetricCollection(
            {
                "macro_f1": MulticlassF1Score(2, average="macro"),
                "balanced_accuracy": MulticlassAccuracy(2, average="macro"),
            }
        )

    def shared_step(self, batch: RestBatch) -> tuple[Tensor, Outputs]:
        """Classify the frames whose label is known."""
        logits = self.network(batch.points, batch.confidence, batch.lengths)[batch.known]
        labels = batch.labels[batch.known]
        return self.loss(logits, labels), {
            "predictions": (logits > 0).long(),
            "targets": labels.long(),
        }

    def predict_step(self, batch: RestBatch, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Give each utterance its probabilities of signing, ``(T,)`` at 25 fps."""
        probability = self.network(batch.points, batch.confidence, batch.lengths).sigmoid()
        valid = valid_frames(batch.lengths, probability.shape[1])
        return [
            {"id": name, "signing": frames[keep]}
            for name, frames, keep in zip(batch.ids, probability, valid, strict=True)
        ]
