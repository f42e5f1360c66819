"""Pads sequences of different lengths into one tensor."""

from collections.abc import Sequence

import torch
from torch import Tensor


def pad(sequences: Sequence[Tensor]) -> Tensor:
    """Stack sequences, with zeros (or False) after the end of the shorter ones.

    Args:
        sequences: B tensors of shape ``(T_i, ...)``, alike but for their length.

    Returns:
        Shape ``(B, T, ...)``, where T is the longest length.
    """
    return torch.nn.utils.rnn.pad_sequence(list(sequences), batch_first=True)


def lengths_of(sequences: Sequence[Tensor]) -> Tensor:
    """The lengths ``(B,)`` of the sequences, int64."""
    return torch.tensor([len(sequence) for sequence in sequences])
