"""Lets the motion autoencoder restore what was perturbed: a batch of windows, or a whole video."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

from signzoo.data.videos import SigningVideo
from signzoo.errors import UsageError
from signzoo.models.motion_autoencoder.network import FPS, MotionAutoencoder
from signzoo.models.motion_autoencoder.perturb import (
    PerturbationConfig,
    fast_mask,
    landmark_speed,
    perturb,
)

# Windows that are restored at once: 0.5 GB at full size, and more would not be faster on a CPU.
_WINDOWS = 4


class Restored(NamedTuple):
    """What becomes of a batch; all ``(B, T, C, H, W)`` in the network's size.

    Attributes:
        original: What is to be restored, in [0, 1], three channels.
        mask: Where landmarks move fast, bool, one channel.
        perturbed: What the network sees.
        restored: What it makes of that.
    """

    original: Tensor
    mask: Tensor
    perturbed: Tensor
    restored: Tensor


def restore(
    network: MotionAutoencoder,
    video: Tensor,
    points: Tensor,
    confidence: Tensor,
    lengths: Tensor,
    scale: Tensor,
    config: PerturbationConfig,
    generator: Generator,
) -> Restored:
    """Perturb a batch where landmarks move fast, and let a network undo it.

    Args:
        network: What restores.
        video: RGB in [0, 1] in the network's size and rate, ``(B, T, 3, H, W)``.
        points: Landmarks in its pixels, ``(B, T, V, 2)``.
        confidence: Of the same; 0 is missing, ``(B, T, V)``.
        lengths: Valid frames per sample, ``(B,)``.
        scale: Pixels a shoulder width, 0 where unknown, ``(B,)``.
        config: What is perturbed, how much, and where.
        generator: Draws all that is random; on the device of the tensors.
    """
    speed = landmark_speed(points, confidence, lengths, FPS, scale)
    size = (video.shape[-2], video.shape[-1])
    mask = fast_mask(points, confidence, speed, config, scale, size)
    perturbed = perturb(video, mask, lengths, config, generator)
    return Restored(video, mask, perturbed, network(perturbed, lengths))


@dataclass(frozen=True, slots=True, eq=False)
class Reconstruction:
    """What becomes of a whole video, to be looked at.

    Attributes:
        original: ``(T, S, S, 3)`` uint8 RGB.
        perturbed: What the network saw, as ``original``.
        mask: Where landmarks move fast, ``(T, S, S)`` bool.
        restored: What it made of that, as ``original``.
    """

    original: np.ndarray
    perturbed: np.ndarray
    mask: np.ndarray
    restored: np.ndarray

    def errors(self, fast: bool) -> tuple[float, float]:
        """Compare with the original, either where landmarks move fast or elsewhere.

        Returns:
            The mean squared errors of ``perturbed`` and of ``restored``, for pixels in [0, 1]; NaN
            where there are no such pixels.
        """
        where = self.mask == fast
        if not where.any():
            return np.nan, np.nan
        wanted = self.original[where].astype(np.float32)  # (N, 3)
        perturbed, restored = (
            float(np.square((each[where] - wanted) / 255).mean())
            for each in (self.perturbed, self.restored)
        )
        return perturbed, restored


@torch.inference_mode()
def reconstruct(
    network: MotionAutoencoder,
    video: SigningVideo,
    config: PerturbationConfig = PerturbationConfig(),  # noqa: B008 - frozen
    seed: int = 0,
    window: int = 16,
    progress: bool = False,
) -> Reconstruction:
    """Perturb and restore a whole video.

    It is cut into windows, as in training; the last one begins early enough to be full, and a
    shorter video is one short window. What is perturbed and how is drawn for each window.

    Args:
        network: What restores; it is put into evaluation mode.
        video: In the network's size, at 25 frames a second.
        config: What is perturbed, how much, and where.
        seed: Decides all that is random.
        window: Frames of a window.
        progress: Show a progress bar on a terminal.

    Raises:
        UsageError: The video is not of the network's size, or a window has no frames.
    """
    from tqdm import tqdm

    if window < 1:
        raise UsageError(f"A window needs frames; got {window}.")
    length = len(video.frames)
    span = min(window, length)
    firsts = np.minimum(np.arange(0, length, window), length - span)
    device = next(network.parameters()).device
    generator = Generator(device).manual_seed(seed)
    original = np.asarray(video.frames)
    result = Reconstruction(
        original,
        np.empty_like(original),
        np.empty(original.shape[:3], bool),
        np.empty_like(original),
    )
    network.eval()
    batches = [firsts[begin : begin + _WINDOWS] for begin in range(0, len(firsts), _WINDOWS)]
    for batch in tqdm(batches, "restoring", leave=False, disable=None if progress else True):
        places = batch[:, None] + np.arange(span)  # (B, T)
        frames = torch.from_numpy(original[places]).to(device)  # (B, T, S, S, 3)
        done = restore(
            network,
            frames.permute(0, 1, 4, 2, 3).float() / 255,
            torch.from_numpy(video.points[places]).to(device),
            torch.from_numpy(video.confidence[places]).to(device),
            torch.full((len(batch),), span, device=device),
            torch.full((len(batch),), video.scale, device=device),
            config,
            generator,
        )
        # Where windows overlap, the last one counts for all three.
        result.perturbed[places] = _bytes(done.perturbed)
        result.restored[places] = _bytes(done.restored)
        result.mask[places] = done.mask[:, :, 0].cpu().numpy()
    return result


def _bytes(video: Tensor) -> np.ndarray:
    """Turn ``(B, T, 3, H, W)`` in [0, 1] into ``(B, T, H, W, 3)`` uint8."""
    whole = (video.float().clamp(0, 1) * 255).round().to(torch.uint8)
    return whole.permute(0, 1, 3, 4, 2).cpu().numpy()
