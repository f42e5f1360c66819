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


def batches_by_length(lengths: Sequence[int], limit: int) -> list[list[int]]:
    """Put samples of similar length together, the longest first.

    Args:
        lengths: Of N samples.
        limit: The most that a batch may hold, padding included; one sample may be longer.

    Returns:
        The numbers of the samples of each batch.
    """
    batches: list[list[int]] = []
    for number in sorted(range(len(lengths)), key=lambda i: -lengths[i]):
        if not batches or lengths[batches[-1][0]] * (len(batches[-1]) + 1) > limit:
            batches.append([])
        batches[-1].append(number)
    return batches
