"""Trains SignMST-C: cross-entropy of the text, three distillation losses, and CTC if asked for."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any, ClassVar

import torch
from torch import Tensor, nn
from torchmetrics import MetricCollection

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import make_config, read_folder
from signzoo.hub.download import locate
from signzoo.metrics.distributed import TextMetric
from signzoo.metrics.tokenisation import Kind
from signzoo.models.language_model import open_tokenizer
from signzoo.models.signmst_c.data import SignedSamples, SignedSentenceData
from signzoo.models.signmst_c.decoding import TextDecodingConfig
from signzoo.models.signmst_c.losses import SignLossConfig, feature_divergence
from signzoo.models.signmst_c.network import Encoded, SignMSTC, SignMSTCConfig, read_glosses
from signzoo.models.signmst_c.presence import presence_loss
from signzoo.models.signmst_c.signing import SigningBatch
from signzoo.models.task import OptimizerConfig, Outputs, Task

_log = logging.getLogger(__name__)


class SignMSTCTask(Task):
    """Next-token training of text on signing, with the losses of Eq. 7-9.

    Scores are of free-running decoding, never of teacher forcing.

    Args:
        network: The network.
        optimizer: How it is trained.
        loss: What is minimised.
        decoding: How validation and prediction decode.
        modality_dropout: Probability that training hides the video or the landmarks of a clip that
            has both, so that either alone is enough afterwards.
        initial: A checkpoint whose weights the training begins with, by name in the catalogue or
            folder: of another sign language, or of an earlier stage. What it has no weights for, or
            those of another shape, begins anew and is reported.
    """

    component: ClassVar[str] = "signmst_c"
    config_class: ClassVar[type[Any]] = SignMSTCConfig
    network: SignMSTC

    def __init__(
        self,
        network: SignMSTCConfig = SignMSTCConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
        loss: SignLossConfig = SignLossConfig(),  # noqa: B008 - frozen
        decoding: TextDecodingConfig = TextDecodingConfig(beams=1),  # noqa: B008 - frozen
        modality_dropout: float = 0.2,
        initial: str = "",
    ) -> None:
        self.loss_config = make_config(SignLossConfig, loss) if isinstance(loss, dict) else loss
        self.decoding = (
            make_config(TextDecodingConfig, decoding) if isinstance(decoding, dict) else decoding
        )
        self.modality_dropout = modality_dropout
        self.initial = initial
        super().__init__(network, optimizer)
        self.save_hyperparameters(
            {
                "loss": asdict(self.loss_config),
                "decoding": asdict(self.decoding),
                "modality_dropout": modality_dropout,
                "initial": "",  # what a Lightning checkpoint is of has its own weights
            }
        )
        if self.loss_config.ctc and not self.network.config.num_glosses:
            raise UsageError(
                "A CTC loss needs --model.network.num_glosses above 0, the glosses that its head "
                "tells apart."
            )
        if self.loss_config.presence and not self.network.config.token_head:
            raise UsageError("A presence loss needs --model.network.token_head true.")

    def configure_network(self, config: SignMSTCConfig) -> None:
        """Make the network."""
        self.network = SignMSTC(config)
        if self.initial:
            initialise(self.network, self.initial)

    def configure_losses(self) -> None:
        """Use the smoothed cross-entropy of each token, and CTC."""
        self.loss = nn.CrossEntropyLoss(label_smoothing=self.loss_config.label_smoothing)
        self.ctc = nn.CTCLoss(zero_infinity=True)

    def configure_metrics(self) -> MetricCollection:
        """Score texts as signzoo's evaluation does."""
        config = self.network.config
        kind: Kind = "sentence" if config.output == "text" else "gloss"
        return MetricCollection({"scores": TextMetric(kind, config.language)})

    def learn_from(self, data: Any) -> None:
        """Take the glosses of the training data, and which encoder its features are of.

        Raises:
            UsageError: Data and network differ in what they look at or write.
        """
        if not isinstance(data, SignedSentenceData):
            return
        config = self.network.config
        _agree("output", data.output, config.output)
        _agree("end_to_end", data.end_to_end, config.end_to_end)
        if self.network.sees_video and data.store is not None:
            _agree("video_encoder", data.video_encoder, config.video_encoder)
            expected = config.video_encoder_sha256
            if expected not in ("", data.store.sha256):
                raise UsageError(
                    f"The features are of an encoder with SHA-256 {data.store.sha256[:12]}…, the "
                    f"network was trained on those of {expected[:12]}…."
                )
            self.network.config = replace(config, video_encoder_sha256=data.store.sha256)
        samples = data.samples.get("train")
        if config.num_glosses and not self.network.glosses and isinstance(samples, SignedSamples):
            counts = Counter(label for each in samples.sentences for label in each.gloss)
            ranked = sorted(counts, key=lambda label: (-counts[label], label))
            self.network.glosses = tuple(ranked[: config.num_glosses])
        if config.token_head and isinstance(samples, SignedSamples):
            self.network.usual_tokens.copy_(self._token_shares(samples.texts))

    def _token_shares(self, texts: Sequence[str]) -> Tensor:
        """The share of each token in texts, ``(V,)``."""
        tokens = self._signed_tokens(self.network.label_tokens(texts))
        size = len(self.network.usual_tokens)
        counts = torch.bincount(tokens[tokens != -100], minlength=size).float()
        return counts / counts.sum()

    def _signed_tokens(self, labels: Tensor) -> Tensor:
        """Labels ``(B, L)`` without their ends, which nothing signs."""
        return labels.masked_fill(labels == self.network.tokenizer.eos_token_id, -100)

    def shared_step(self, batch: SigningBatch) -> tuple[Tensor, Outputs]:
        """Predict every next token; outside of training, decode freely too."""
        network = self.network
        batch = self._hide(batch) if self.training else batch
        encoded = network.encode(batch)
        labels = network.label_tokens(batch.texts)
        logits = network.token_logits(encoded, labels).logits.float()
        loss: Tensor = self.loss(logits.flatten(0, 1), labels.flatten())
        loss = loss + self._distillation(encoded) + self._ctc(encoded, batch)
        loss = loss + self._presence(encoded, labels)
        if self.training:
            return loss, {}
        found = network.translate(encoded, self.decoding)
        outputs: Any = {"predictions": [each[0].text for each in found], "targets": batch.texts}
        return loss, outputs

    def _hide(self, batch: SigningBatch) -> SigningBatch:
        """Hide a modality of some clips that have both."""
        draw = torch.rand(len(batch.lengths), device=batch.lengths.device)
        both = batch.has_video & batch.has_landmarks
        half = self.modality_dropout / 2
        return batch._replace(
            has_video=batch.has_video & ~(both & (draw < half)),
            has_landmarks=batch.has_landmarks & ~(both & (draw > 1 - half)),
        )

    def _distillation(self, encoded: Encoded) -> Tensor:
        """The three divergences of Eq. 7-9; see :mod:`signzoo.models.signmst_c.losses`."""
        config, both = self.loss_config, encoded.has_both
        loss = encoded.fused.new_zeros(())
        if len(self.network.config.branches) < 2:
            return loss
        for weight, first, second in (
            (config.self_kl, encoded.video, encoded.fused.detach()),
            (config.branch_kl, encoded.landmark_branch, encoded.video_branch),
            (config.feature_kl, encoded.landmarks, encoded.video),
        ):
            if weight:
                loss = loss + weight * feature_divergence(first, second, both, config.temperature)
        return loss

    def _ctc(self, encoded: Encoded, batch: SigningBatch) -> Tensor:
        if not self.loss_config.ctc:
            return encoded.fused.new_zeros(())
        network = self.network
        targets = network.gloss_targets(batch.glosses)
        logs = network.gloss_head(encoded.fused).float().log_softmax(dim=-1).transpose(0, 1)
        loss: Tensor = self.ctc(
            logs,
            torch.cat(targets).to(logs.device),
            encoded.valid.sum(dim=1),
            torch.tensor([len(each) for each in targets], device=logs.device),
        )
        return self.loss_config.ctc * loss

    def _presence(self, encoded: Encoded, labels: Tensor) -> Tensor:
        """What each branch's convolutions, which see half a second, say of the text's tokens."""
        network, loss = self.network, encoded.fused.new_zeros(())
        if not self.loss_config.presence:
            return loss
        tokens = self._signed_tokens(labels)
        for features, shown in network.glimpses(encoded):
            logits = network.token_head(features)
            loss = loss + presence_loss(logits, shown, tokens, network.usual_tokens)
        return self.loss_config.presence * loss

    def predict_step(self, batch: SigningBatch, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Translate each clip."""
        found = self.network.translate(batch, self.decoding)
        return [
            {"id": name, "prediction": best[0].text, "score": torch.tensor(best[0].score)}
            for name, best in zip(batch.ids, found, strict=True)
        ]


def initialise(network: SignMSTC, source: str) -> None:
    """Begin with another checkpoint's weights, as far as they fit.

    Where the tokenizers differ its tokens mean others, and what is of single tokens stays new.

    Raises:
        UsageError: None of them fits, or nothing is known by that name.
        WeightsError: The checkpoint is incomplete, or of another component.
    """
    folder = locate(source)
    _, _, tensors = read_folder(folder, SignMSTC.component)
    own = network.state_dict()
    fitting = {k: v for k, v in tensors.items() if k in own and own[k].shape == v.shape}
    fitting = {k: v for k, v in fitting.items() if not k.startswith("familiarity.")}
    if network.tokenizer.get_vocab() != open_tokenizer(folder).get_vocab():
        of_tokens = _of_tokens(network)
        fitting = {k: v for k, v in fitting.items() if k not in of_tokens}
        _log.warning(
            "The tokenizer of %s is another one, so that its tokens mean others: their "
            "embeddings begin anew; --model.network.language_model %s takes them.",
            *(source, source),
        )
    if not fitting:
        raise UsageError(f"None of the weights of {source} fits this network.")
    network.load_state_dict({**own, **fitting})
    if "gloss_head.weight" in fitting:  # whose outputs mean what they meant
        network.glosses = read_glosses(folder)
    new = (name for name, _ in network.named_parameters() if name not in fitting)
    fresh = list(dict.fromkeys(name.split(".")[0] for name in new))
    if fresh:
        _log.warning("Not in %s, or of another shape, but new: %s.", source, ", ".join(fresh))


def _of_tokens(network: SignMSTC) -> set[str]:
    """Names of the tensors that have a row for each token."""
    model = network.language_model
    modules = [model.get_input_embeddings(), model.get_output_embeddings()]
    if network.config.token_head:
        modules.append(network.token_head)
    rows = {id(each) for module in modules if module for each in module.parameters()}
    every = network.named_parameters(remove_duplicate=False)
    return {"usual_tokens"} | {name for name, parameter in every if id(parameter) in rows}


def _agree(name: str, data: Any, network: Any) -> None:
    if data != network:
        raise UsageError(
            f"--data.{name} is {data!r} and --model.network.{name} is {network!r}; give both the "
            "same."
        )
