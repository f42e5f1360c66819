"""Trains the text-to-gloss network: cross-entropy of the next token, R-Drop, teachers, or risk."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchmetrics import MetricCollection

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import make_config
from signzoo.metrics.distributed import TextMetric
from signzoo.models.task import OptimizerConfig, Outputs, Task
from signzoo.models.text2gloss.data import PairBatch, Text2GlossData
from signzoo.models.text2gloss.decoding import DecodingConfig
from signzoo.models.text2gloss.network import Text2Gloss, Text2GlossConfig
from signzoo.models.text2gloss.risk import advantages, rewards, sample_answers
from signzoo.models.text2gloss.vocabulary import GlossVocabulary


@dataclass(frozen=True)
class TextLossConfig:
    """What a training step minimises."""

    label_smoothing: float = 0.1
    """Share of the probability that is spread over all tokens."""
    r_drop: float = 0.0
    """Weight of the difference between two passes with different dropout (R-Drop); above 0 it
    doubles the work of a step."""
    subword_dropout: float = 0.0
    """Probability, for each merge of a BPE tokenizer, that a training source leaves it out."""
    teachers: tuple[str, ...] = ()
    """Checkpoints with the same tokenizer whose mean probabilities are learnt too: an ensemble in
    one network (knowledge distillation)."""
    teacher_weight: float = 0.5
    """Share of the teachers in the loss; the rest are the training answers."""
    risk: float = 0.0
    """Share in the loss of the expected error of answers that the network itself samples, 1 - GLEU
    (minimum risk training); the rest is the cross-entropy. For a network that is trained already,
    with a small learning rate."""
    risk_samples: int = 6
    """Answers that are sampled for each question, if there is a risk."""

    def __post_init__(self) -> None:
        shares = (self.label_smoothing, self.subword_dropout, self.teacher_weight)
        if not all(0 <= share < 1 for share in shares) or self.r_drop < 0:
            raise UsageError(
                "The loss needs label_smoothing, subword_dropout and teacher_weight between 0 and "
                f"1 and r_drop of at least 0; got {self}."
            )
        if not 0 <= self.risk <= 1 or self.risk_samples < 2:
            raise UsageError(
                "The loss needs a risk between 0 and 1 and at least 2 risk_samples, which are "
                f"compared with each other; got {self}."
            )
        if self.risk and (self.r_drop or self.teachers):
            raise UsageError(
                "A risk is of answers of this network alone: train with r_drop or teachers first, "
                f"then with risk; got {self}."
            )


class Text2GlossTask(Task):
    """Next-token training of a language model on pairs of sentence and glosses.

    Scores are of free-running decoding, never of teacher forcing.

    Reference of R-Drop: Liang et al., "R-Drop: Regularized Dropout for Neural Networks", NeurIPS
    2021. Of BPE dropout: Provilkov et al., "BPE-Dropout: Simple and Effective Subword
    Regularization", ACL 2020. Of teachers: Hinton et al., "Distilling the Knowledge in a Neural
    Network", arXiv:1503.02531. Of the risk: Shen et al., "Minimum Risk Training for Neural Machine
    Translation", ACL 2016.

    Args:
        network: Which language model, and whether LoRA or all of it trains.
        optimizer: How it is trained.
        loss: What is minimised.
        decoding: How validation and prediction decode.
    """

    component: ClassVar[str] = "text2gloss"
    config_class: ClassVar[type[Any]] = Text2GlossConfig
    network: Text2Gloss

    def __init__(
        self,
        network: Text2GlossConfig = Text2GlossConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
        loss: TextLossConfig = TextLossConfig(),
        decoding: DecodingConfig = DecodingConfig(beams=1),  # noqa: B008 - frozen
    ) -> None:
        self.loss_config = make_config(TextLossConfig, loss) if isinstance(loss, dict) else loss
        self.decoding = (
            make_config(DecodingConfig, decoding) if isinstance(decoding, dict) else decoding
        )
        super().__init__(network, optimizer)
        self.save_hyperparameters(
            {"loss": asdict(self.loss_config), "decoding": asdict(self.decoding)}
        )

    def configure_network(self, config: Text2GlossConfig) -> None:
        """Open the language model."""
        self.network = Text2Gloss(config)

    def configure_losses(self) -> None:
        """Use the smoothed cross-entropy of each token."""
        self.loss = nn.CrossEntropyLoss(label_smoothing=self.loss_config.label_smoothing)
        self._teachers: list[
            Text2Gloss
        ] = []  # a list, so that they are no part of the task's state

    def configure_metrics(self) -> MetricCollection:
        """Score glosses as signzoo's evaluation does."""
        return MetricCollection({"scores": TextMetric("gloss", self.network.config.language)})

    def learn_from(self, data: Any) -> None:
        """Restrict decoding to the glosses of the first training file, if nothing does yet.

        Raises:
            UsageError: The data retrieves more or fewer examples than the network will have.
        """
        if not isinstance(data, Text2GlossData):
            return
        if data.examples != self.network.config.num_examples:
            raise UsageError(
                f"The data puts {data.examples} retrieved pairs beside a sentence, the network "
                f"takes {self.network.config.num_examples}: give --data.examples and "
                "--model.network.num_examples the same number."
            )
        if not len(self.network.vocabulary) and data.sources["train"]:
            pairs = data.training_pairs()
            texts, glosses = [pair.text for pair in pairs], [pair.gloss for pair in pairs]
            language = self.network.config.language
            self.network.set_vocabulary(GlossVocabulary.from_pairs(texts, glosses, language))

    def shared_step(self, batch: PairBatch) -> tuple[Tensor, Outputs]:
        """Predict every next token; outside of training, decode freely too."""
        network = self.network
        prompts = [
            network.put(*asked)
            for asked in zip(batch.jobs, batch.sources, batch.corpora, batch.examples, strict=True)
        ]
        if not self.training:
            logits, tokens = network.token_logits(network.encode(prompts, batch.targets))
            found = network.translate(batch.sources, self.decoding, examples=batch.examples)
            outputs: Any = {
                "predictions": [" ".join(each.glosses) for each in found],
                "targets": batch.targets,
            }
            return self.loss(logits.float(), tokens), outputs
        if self.loss_config.risk:
            return self._risk(prompts, batch.targets), {}
        encoded = network.encode(prompts, batch.targets, self.loss_config.subword_dropout)
        if not self.loss_config.r_drop:
            logits, tokens = network.token_logits(encoded)
            return self._taught(self.loss(logits.float(), tokens), logits.float(), encoded), {}
        twice = {key: torch.cat([value, value]) for key, value in encoded.items()}
        logits, tokens = network.token_logits(twice)  # type: ignore[arg-type]
        logits = logits.float()
        loss = self._taught(self.loss(logits, tokens), logits, twice)
        return loss + self.loss_config.r_drop * _difference(logits), {}

    def _risk(self, prompts: Sequence[str], targets: Sequence[str]) -> Tensor:
        """Weigh sampled answers by their worth, beside the cross-entropy of the true ones."""
        config, network = self.loss_config, self.network
        sampled = sample_answers(network, prompts, config.risk_samples)
        worth = advantages(rewards(sampled, targets)).to(network.device)  # (B, S)
        grouped = ([target, *group] for target, group in zip(targets, sampled, strict=True))
        answers = list(chain.from_iterable(grouped))  # the true one first, then its S samples
        encoded = network.encode(prompts, answers, config.subword_dropout)
        logits, tokens = network.token_logits(encoded)
        logits = logits.float()
        lengths = (encoded["labels"] != -100).sum(dim=1)  # of B·(1 + S) answers
        weights = functional.pad(worth, (1, 0)).flatten().repeat_interleave(lengths)
        is_true = torch.arange(len(answers), device=network.device) % (1 + config.risk_samples) == 0
        true = is_true.repeat_interleave(lengths)
        errors = functional.cross_entropy(logits, tokens, reduction="none")
        risk = (weights * errors).sum() / worth.numel()
        return config.risk * risk + (1 - config.risk) * self.loss(logits[true], tokens[true])

    def _taught(self, loss: Tensor, logits: Tensor, encoded: Any) -> Tensor:
        """Mix in how far the K tokens' logits, ``(K, V)``, are from what the teachers say."""
        if not self.loss_config.teachers:
            return loss
        if not self._teachers:
            self._teachers = [
                _open_teacher(name, self.network) for name in self.loss_config.teachers
            ]
        with torch.no_grad():
            said = [teacher.token_logits(encoded)[0].float() for teacher in self._teachers]
            mean = torch.stack([each.softmax(dim=-1) for each in said]).mean(dim=0)
        share = self.loss_config.teacher_weight
        return (1 - share) * loss + share * functional.cross_entropy(logits, mean)

    def predict_step(self, batch: PairBatch, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Give each sentence its glosses."""
        found = self.network.translate(batch.sources, self.decoding, examples=batch.examples)
        return [
            {
                "id": name,
                "text": text,
                "gloss": list(each.glosses),
                "score": torch.tensor(each.score),
            }
            for name, text, each in zip(batch.ids, batch.sources, found, strict=True)
        ]


def _open_teacher(name: str, network: Text2Gloss) -> Text2Gloss:
    """Open a network to learn from.

    Raises:
        UsageError: It has another tokenizer.
    """
    teacher = Text2Gloss.from_pretrained(name, network.device)
    if teacher.tokenizer.get_vocab() != network.tokenizer.get_vocab():
        raise UsageError(f"The teacher {name} has another tokenizer than the network.")
    return teacher.requires_grad_(False)


def _difference(logits: Tensor) -> Tensor:
    """The symmetric KL divergence of two passes, ``(2K, V)``, over the same K tokens."""
    first, second = logits.log_softmax(dim=-1).chunk(2)
    both = functional.kl_div(first, second, log_target=True, reduction="sum")
    both = both + functional.kl_div(second, first, log_target=True, reduction="sum")
    return both / (2 * len(first))
