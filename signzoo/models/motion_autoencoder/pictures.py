"""Shows what the motion autoencoder sees and what it makes of it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from torch import Tensor

from signzoo.media.drawing import write_image

# Windows that are shown, one a line, and frames of each.
_WINDOWS, _FRAMES = 4, 4


def reconstruction_picture(
    original: Tensor, mask: Tensor, perturbed: Tensor, restored: Tensor, frames: int
) -> np.ndarray:
    """Put windows below one another: original, what was perturbed, its mask, and what came of it.

    Args:
        original: In [0, 1], ``(B, T, 3, H, W)``.
        mask: Where landmarks move fast, ``(B, T, 1, H, W)``.
        perturbed: As ``original``.
        restored: As ``original``.
        frames: Of the T frames, how many are no padding.

    Returns:
        ``(H', W', 3)`` uint8.
    """
    shown = np.linspace(0, frames - 1, _FRAMES).astype(int).tolist()
    columns = []
    for video in (original, perturbed, mask, restored):
        part = video[:_WINDOWS, shown].float().clamp(0, 1).expand(-1, -1, 3, -1, -1)
        rows = part.permute(0, 3, 1, 4, 2).flatten(2, 3)  # (B, H, T * W, 3)
        columns.append(rows.flatten(0, 1).cpu().numpy())
    return np.asarray(np.concatenate(columns, axis=1) * 255, np.uint8)


def log_picture(loggers: Sequence[Any], picture: np.ndarray, step: int) -> None:
    """Give a picture to every logger: TensorBoard's and wandb's own way, else a file beside theirs.

    Args:
        loggers: Lightning's.
        picture: ``(H, W, 3)`` uint8.
        step: Steps trained so far.
    """
    for logger in loggers:
        if hasattr(logger, "log_image"):  # Weights & Biases
            logger.log_image("reconstruction", [picture], step=step)
        elif hasattr(logger.experiment, "add_image"):  # TensorBoard
            logger.experiment.add_image("reconstruction", picture, step, dataformats="HWC")
        elif logger.log_dir:
            write_image(picture, Path(logger.log_dir) / "reconstructions" / f"{step:06d}.png")
