"""Layers that more than one network needs."""

import torch
from torch import Tensor


def valid_frames(lengths: Tensor, num_frames: int) -> Tensor:
    """Mark the frames that are not padding.

    Args:
        lengths: Valid frames per sample, shape ``(B,)``.
        num_frames: T, the padded length.

    Returns:
        Bool of shape ``(B, T)``.
    """
    return torch.arange(num_frames, device=lengths.device) < lengths[:, None]
