"""Trains the motion autoencoder to restore windows of signing whose motion was perturbed."""

from dataclasses import asdict, replace
from typing import Any, ClassVar

import torch
from torch import Tensor
from torchmetrics import MetricCollection
from torchmetrics.image import PeakSignalNoiseRatio
from torchmetrics.regression import MeanSquaredError

from signzoo.errors import UsageError
from signzoo.hub.checkpoint import make_config
from signzoo.models.layers import valid_frames
from signzoo.models.motion_autoencoder.data import WindowBatch
from signzoo.models.motion_autoencoder.initial import initialise
from signzoo.models.motion_autoencoder.network import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.models.motion_autoencoder.perturb import PerturbationConfig
from signzoo.models.motion_autoencoder.pictures import log_picture, reconstruction_picture
from signzoo.models.motion_autoencoder.reconstruction import Restored, restore
from signzoo.models.task import OptimizerConfig, Outputs, Task


class MotionAutoencoderTask(Task):
    """Self-supervised pretraining: squared error of every pixel (Eq. 6).

    Differs from the paper: the mean over pixels instead of their sum, so that the loss does not
    depend on the picture's size, and errors where landmarks move fast may count more.

    Args:
        network: Size of the network.
        optimizer: How it is trained.
        perturbation: What is done to the video that the network sees.
        clean: Share of all steps that come before it is perturbed. What a hand looks like is learnt
            within some hundred steps of clean video, and of perturbed video in some thousands.
        mask_weight: How much more an error counts where landmarks move fast; 0 counts all alike.
        initial: Weights to begin with: torchvision's for video by name, such as
            R3D_18_Weights.KINETICS400_V1 for the encoder at full width, or another motion
            autoencoder by name or folder.
    """

    component: ClassVar[str] = "motion_autoencoder"
    config_class: ClassVar[type[Any]] = MotionAutoencoderConfig
    network: MotionAutoencoder

    def __init__(
        self,
        network: MotionAutoencoderConfig = MotionAutoencoderConfig(),  # noqa: B008 - frozen
        optimizer: OptimizerConfig = OptimizerConfig(),  # noqa: B008 - frozen
        perturbation: PerturbationConfig = PerturbationConfig(),  # noqa: B008 - frozen
        clean: float = 0.2,
        mask_weight: float = 4.0,
        initial: str | None = None,
    ) -> None:
        if isinstance(perturbation, dict):
            perturbation = make_config(PerturbationConfig, perturbation)
        if mask_weight < 0:
            raise UsageError(f"mask_weight is a number from 0; got {mask_weight}.")
        if not 0 <= clean <= 1:
            raise UsageError(f"clean is a share of all steps, from 0 to 1; got {clean}.")
        super().__init__(network, optimizer)
        self.perturbation = perturbation
        self.clean = clean
        self.mask_weight = mask_weight
        self._perturbs = True
        # Without the initial weights: a checkpoint has its own.
        self.save_hyperparameters(
            {"perturbation": asdict(perturbation), "clean": clean, "mask_weight": mask_weight}
        )
        if initial:
            initialise(self.network, initial)

    def configure_network(self, config: MotionAutoencoderConfig) -> None:
        """Make the network."""
        # In this order convolutions over time take up to half the time.
        self.network = MotionAutoencoder(config).to(memory_format=torch.channels_last_3d)  # type: ignore[call-overload]

    def configure_losses(self) -> None:
        """Nothing to make: the loss is one line of :meth:`shared_step`."""

    def configure_metrics(self) -> MetricCollection:
        """Score pixels."""
        return MetricCollection(
            {"mse": MeanSquaredError(), "psnr": PeakSignalNoiseRatio(data_range=1.0)}
        )

    def restore(self, batch: WindowBatch) -> Restored:
        """Vary, perturb and restore a batch."""
        video, points, scale = varied(batch, self.network.config.size)
        config = self.perturbation
        if self.training and not self._perturbs:
            config = replace(config, kinds=())
        generator = torch.Generator(video.device).manual_seed(int(batch.seed.sum()) % 2**63)
        return restore(
            self.network,
            video,
            points,
            batch.confidence,
            batch.lengths,
            scale,
            config,
            generator,
        )

    def on_train_batch_start(self, batch: WindowBatch, batch_idx: int) -> None:
        """Begin to perturb when it is time."""
        clean_steps = self.clean * self.trainer.estimated_stepping_batches
        self._perturbs = self.global_step >= clean_steps

    def shared_step(self, batch: WindowBatch) -> tuple[Tensor, Outputs]:
        """Restore a batch of perturbed windows."""
        result = self.restore(batch)
        valid = valid_frames(batch.lengths, batch.frames.shape[1])
        restored, original = result.restored[valid].float(), result.original[valid]  # (N, 3, H, W)
        weight = 1 + self.mask_weight * result.mask[valid]  # (N, 1, H, W)
        error = (restored - original).square().mean(dim=1, keepdim=True)
        loss = (weight * error).sum() / weight.sum()
        return loss, {"predictions": restored.detach().contiguous(), "targets": original}

    def predict_step(self, batch: WindowBatch, batch_idx: int = 0) -> list[dict[str, Any]]:
        """Give each window its features, ``(T', D)``; nothing is perturbed."""
        video, _, _ = varied(batch, self.network.config.size)
        features, lengths = self.network.encode(video, batch.lengths)
        return [
            {"id": name, "features": own[:length]}
            for name, own, length in zip(batch.ids, features.float(), lengths, strict=True)
        ]

    def validation_step(self, batch: WindowBatch, batch_idx: int) -> None:
        """Score a batch, and let people see the first."""
        super().validation_step(batch, batch_idx)
        if batch_idx == 0 and self.trainer.is_global_zero and not self.trainer.sanity_checking:
            shown = self.restore(batch)
            picture = reconstruction_picture(*shown, int(batch.lengths.min()))
            log_picture(self.trainer.loggers, picture, self.global_step)


def varied(batch: WindowBatch, size: int) -> tuple[Tensor, Tensor, Tensor]:
    """Cut, mirror and recolour a batch, frames and landmarks alike.

    Args:
        batch: Its ``box`` and ``gains`` say how.
        size: Height and width of the result in pixels.

    Returns:
        Video in [0, 1], ``(B, T, 3, size, size)``; the landmarks in its pixels, ``(B, T, V, 2)``;
        and pixels a shoulder width, ``(B,)``.
    """
    video = batch.frames.float() / 255
    stored = video.shape[-1]
    corners = batch.box.unflatten(1, (2, 2)).float()  # (B, [left top, right bottom], [x, y])
    extent = corners[:, 1] - corners[:, 0]  # (B, 2)
    whole = torch.equal(corners[:, 0], torch.zeros_like(extent))
    if stored != size or not whole or not torch.equal(extent, torch.ones_like(extent)):
        matrix = torch.diag_embed(extent)  # (B, 2, 2)
        shift = corners.sum(dim=1) - 1
        transform = torch.cat([matrix, shift[..., None]], dim=2)  # (B, 2, 3), in [-1, 1]
        frames = video.flatten(0, 1)
        transform = transform.repeat_interleave(video.shape[1], dim=0)
        grid = torch.nn.functional.affine_grid(
            transform, [len(frames), 3, size, size], align_corners=False
        )
        frames = torch.nn.functional.grid_sample(
            frames, grid, padding_mode="border", align_corners=False
        )
        video = frames.unflatten(0, (len(video), -1))
    gains = batch.gains[:, None, :, None, None]
    video = video if torch.equal(gains, torch.ones_like(gains)) else (video * gains).clamp(0, 1)
    points = (batch.points / stored - corners[:, None, None, 0]) / extent[:, None, None] * size
    return video, points, batch.scale * size / (stored * extent[:, 1])
