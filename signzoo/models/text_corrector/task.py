"""Trains the text corrector: each word of correct sentences, from both sides."""

from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics import MetricCollection

from signzoo.errors import UsageError
from signzoo.metrics.distributed import TextMetric
from signzoo.models.task import OptimizerConfig, Outputs, Task
from signzoo.models.text_corrector.data import DraftBatch, DraftSamples, TextCorrectorData
from signzoo.models.text_corrector.language import Vocabulary
from signzoo.models.text_corrector.network import TextCorrector, TextCorrectorConfig
from signzoo.transforms.text import written_words


class TextCorrectorTask(Task):
    """Teaches a corrector what its language is like.

    The loss is the mean negative log-probability of a word; its exponential is the perplexity.
    Scores are of correction; the drafts' own scores are what they have to be compared with.

    Args:
        network: Its size, and when a correction is believed.
        optimizer: How it is trained.
        initial: A corrector whose weights and words the training begins with, by name in the
            catalogue or folder: one that has read much other text of the language.
    """

    component: ClassVar[str] = "text_corrector"
    config_class: ClassVar[type[Any]] = TextCorrectorConfig
    network: TextCorrector

    def __init__(
        self,
        network: TextCorrectorConfig = TextCorrectorConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
        initial: str = "",
    ) -> None:
        self.initial = initial
        super().__init__(network, optimizer)
        # What a Lightning checkpoint is of has its own weights.
        self.save_hyperparameters({"initial": ""})

    def configure_network(self, config: TextCorrectorConfig) -> None:
        """Make the network.

        Raises:
            UsageError: Nothing is known by the name of the initial weights, or their network is of
                another size or language.
        """
        self.network = TextCorrector(config)
        if self.initial:
            initialise(self.network, self.initial)

    def configure_losses(self) -> None:
        """Nothing to set: a language model's loss is what it computes."""

    def configure_metrics(self) -> MetricCollection:
        """Score sentences as signzoo's evaluation does."""
        return MetricCollection({"scores": TextMetric("sentence", self.network.config.language)})

    def learn_from(self, data: Any) -> None:
        """Take the words of the training text, how often which error is made, and the bigrams.

        Of initial weights the words stay; how often each is used is taken.

        Raises:
            UsageError: The data is in another language than the network.
        """
        if not isinstance(data, TextCorrectorData):
            return
        config = self.network.config
        if data.language != config.language:
            raise UsageError(
                f"The data is in {data.language!r}, the network corrects {config.language!r}: give "
                "--data.language and --model.network.language the same code."
            )
        samples = data.samples.get("train")
        if not isinstance(samples, DraftSamples):  # what does not train has all from its checkpoint
            return
        known = self.network.vocabulary
        if self.initial or not known.counts:
            sentences = (written_words(each.text, config.language) for each in samples.sentences)
            self.network.vocabulary = (
                known.recounted(sentences)
                if self.initial
                else Vocabulary.of(sentences, config.num_words)
            )
            self.network.rates = samples.rates
        if config.bigrams and not self.network.bigrams:
            self.network.learn_bigrams(data.read_bigrams())

    def shared_step(self, batch: DraftBatch) -> tuple[Tensor, Outputs]:
        """Predict every word; outside of training, correct the drafts too."""
        losses = self.network.losses(batch.texts)  # (2, B, L)
        words = 2 * (batch.lengths.sum() + len(batch.lengths))  # each sentence has an end
        loss = losses.sum() / words
        if self.training:
            return loss, {}
        found = self.network.correct(batch.drafts)
        outputs: Any = {"predictions": [each.text for each in found], "targets": batch.texts}
        return loss, outputs

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


def initialise(network: TextCorrector, source: str) -> None:
    """Begin with the weights and words of another corrector.

    Raises:
        UsageError: It is of another size or language, or nothing is known by that name.
        WeightsError: The checkpoint is incomplete, or of another component.
    """
    other = TextCorrector.from_pretrained(source)
    names = ("language", "num_words", "width", "hidden", "num_readers")
    for name in names:
        wanted, found = getattr(network.config, name), getattr(other.config, name)
        if wanted != found:
            raise UsageError(
                f"{source} has {name} {found!r}, the network {wanted!r}; give "
                f"--model.network.{name} {found}."
            )
    network.load_state_dict(other.state_dict())
