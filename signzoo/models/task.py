"""The task that every component fills: its network, losses, metrics and one shared step.

The rest is here: what is logged, the optimiser and its schedule, and a Lightning checkpoint that
holds plain values only, so that it loads with ``weights_only=True``.
"""

import math
from dataclasses import asdict, dataclass
from functools import partial
from typing import Any, ClassVar, Literal

import torch
from lightning import LightningModule
from torch import Tensor, nn
from torchmetrics import MetricCollection

import signzoo
from signzoo.errors import UsageError
from signzoo.hub.checkpoint import make_config

Stage = Literal["train", "val", "test"]
Outputs = dict[str, Tensor]


@dataclass(frozen=True)
class OptimizerConfig:
    """AdamW with a linear warm-up and a cosine decay."""

    lr: float = 1e-3
    """The highest learning rate."""
    weight_decay: float = 0.01
    """Decay of the matrices; biases and norms have none."""
    warmup: float = 0.05
    """Share of all steps in which the learning rate rises."""
    final_lr: float = 0.01
    """Learning rate of the last step, as a share of the highest."""
    betas: tuple[float, float] = (0.9, 0.999)
    """How slowly AdamW's means of the gradients and of their squares follow."""

    def __post_init__(self) -> None:
        shares = (self.warmup, self.final_lr)
        if self.lr <= 0 or self.weight_decay < 0 or not all(0 <= share <= 1 for share in shares):
            raise UsageError(
                "The optimizer needs lr above 0, weight_decay of at least 0, and warmup and "
                f"final_lr between 0 and 1; got {self}."
            )


class Task(LightningModule):
    """Base of every component's task.

    A component sets :attr:`component` and :attr:`config_class`, and fills
    :meth:`configure_network`, :meth:`configure_losses`, :meth:`configure_metrics`,
    :meth:`shared_step` and :meth:`predict_step`.

    Args:
        network: The component's config, a :attr:`config_class` or the dict of one.
        optimizer: How the network is trained, an :class:`OptimizerConfig` or the dict of one.

    Attributes:
        component: Name of the component in the registry.
        config_class: The frozen dataclass that describes its network.
        network: The network, which is what `signzoo export` keeps.
    """

    component: ClassVar[str]
    config_class: ClassVar[type[Any]]
    network: nn.Module

    def __init__(self, network: Any, optimizer: Any) -> None:
        super().__init__()
        # A checkpoint hands back plain values. It holds no dataclass, because then
        # weights_only=True would refuse to load it.
        if isinstance(network, dict):
            network = make_config(self.config_class, network)
        if isinstance(optimizer, dict):
            optimizer = make_config(OptimizerConfig, optimizer)
        self.save_hyperparameters({"network": asdict(network), "optimizer": asdict(optimizer)})
        self.optimizer_config: OptimizerConfig = optimizer
        self.configure_network(network)
        self.configure_losses()
        metrics = self.configure_metrics()
        self.val_metrics = metrics.clone(prefix="val/")
        self.test_metrics = metrics.clone(prefix="test/")

    # Not called configure_model: Lightning calls a method of that name again before it trains,
    # which would throw away weights that were loaded.
    def configure_network(self, config: Any) -> None:
        """Set :attr:`network`."""
        raise NotImplementedError

    def configure_losses(self) -> None:
        """Set the losses that :meth:`shared_step` uses."""
        raise NotImplementedError

    def configure_metrics(self) -> MetricCollection:
        """Make the metrics that score the outputs on validation and test set."""
        raise NotImplementedError

    def shared_step(self, batch: Any) -> tuple[Tensor, Outputs]:
        """Run the network on a batch.

        Returns:
            The loss, and the ``predictions`` and ``targets`` that the metrics compare.
        """
        raise NotImplementedError

    def predict_step(self, batch: Any, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Run the network as its users do.

        Returns:
            For each sample its ``id`` and results, as plain values or tensors without padding.
        """
        raise NotImplementedError

    def setup(self, stage: str) -> None:
        """Let the task see its data before it begins."""
        self.learn_from(getattr(self.trainer, "datamodule", None))

    def learn_from(self, data: Any) -> None:
        """Take what the network must know of its data beforehand, such as a vocabulary.

        Args:
            data: The datamodule, already set up; ``None`` where there is none.
        """

    def training_step(self, batch: Any, batch_idx: int) -> Tensor:
        """Log the loss of a training batch."""
        loss, _ = self.shared_step(batch)
        self.log("train/loss", loss, batch_size=len(batch.lengths), prog_bar=True)
        return loss

    def validation_step(self, batch: Any, batch_idx: int) -> None:
        """Score a validation batch."""
        self._score("val", self.val_metrics, batch)

    def test_step(self, batch: Any, batch_idx: int) -> None:
        """Score a test batch."""
        self._score("test", self.test_metrics, batch)

    def _score(self, stage: Stage, metrics: MetricCollection, batch: Any) -> None:
        loss, outputs = self.shared_step(batch)
        metrics.update(outputs["predictions"], outputs["targets"])
        size = len(batch.lengths)
        self.log(f"{stage}/loss", loss, batch_size=size, sync_dist=True, prog_bar=True)

    def on_validation_epoch_end(self) -> None:
        """Log the scores of the validation set."""
        self._log_scores(self.val_metrics)

    def on_test_epoch_end(self) -> None:
        """Log the scores of the test set."""
        self._log_scores(self.test_metrics)

    def _log_scores(self, metrics: MetricCollection) -> None:
        # Not the metrics themselves: Lightning takes only those that compute a single number.
        scores = metrics.compute()
        self.log_dict(scores, prog_bar=len(scores) <= 4, sync_dist=True)
        metrics.reset()

    def configure_optimizers(self) -> Any:
        """Make the optimiser and its schedule, which ends with the training.

        Raises:
            UsageError: The training has no end.
        """
        config = self.optimizer_config
        total = self.trainer.estimated_stepping_batches
        if not math.isfinite(total):
            raise UsageError(
                "The learning rate follows a schedule, which needs an end: set "
                "--trainer.max_epochs or --trainer.max_steps."
            )
        trained = [p for p in self.network.parameters() if p.requires_grad]
        matrices = [p for p in trained if p.ndim > 1]
        others = [p for p in trained if p.ndim <= 1]
        groups: list[dict[str, Any]] = [
            {"params": matrices},
            {"params": others, "weight_decay": 0.0},
        ]
        optimizer = torch.optim.AdamW(
            groups, lr=config.lr, betas=config.betas, weight_decay=config.weight_decay
        )
        share = partial(warmup_cosine, total=total, warmup=config.warmup, final=config.final_lr)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, share)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "interval": "step"},
        }

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Say which component the checkpoint is of.

        Where a callback averages the weights, what is saved is its copy of the task, made before
        the task had seen its data. Numbers are averaged; what else the task has learnt of its data,
        such as a vocabulary, is taken from the task itself.
        """
        own, saved = self.state_dict(), checkpoint["state_dict"]
        saved.update({key: own[key] for key in saved if key.endswith("_extra_state")})
        checkpoint["signzoo"] = {"component": self.component, "version": signzoo.__version__}

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Refuse a checkpoint of another component.

        Raises:
            UsageError: It is one.
        """
        found = checkpoint.get("signzoo", {}).get("component")
        if found != self.component:
            raise UsageError(
                f"The checkpoint is of {found or 'another program'}, not of {self.component}."
            )


def warmup_cosine(step: int, total: float, warmup: float, final: float) -> float:
    """The learning rate of a step, as a share of the highest.

    Args:
        step: Optimiser steps done so far.
        total: Optimiser steps of the whole training.
        warmup: Share of them in which it rises from 0 to 1 in a straight line.
        final: Where the cosine ends after the last step.
    """
    rise = warmup * total
    if step < rise:
        return (step + 1) / (rise + 1)
    progress = min(1.0, (step - rise) / max(1.0, total - rise))
    return final + (1 - final) * (1 + math.cos(math.pi * progress)) / 2
