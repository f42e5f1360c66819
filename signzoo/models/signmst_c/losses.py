"""The three distillation losses of SignMST-C (Eq. 7-9).

The paper leaves open what a "feature distribution" is. Here it is the softmax over the channels of
a moment's features, after a norm without weights and divided by a temperature: all features of the
network have the same channels at the same moments, so that their distributions can be compared, and
the norm keeps a network from making all distributions alike by making its features small. The
divergence is a mean over the moments of all samples, as the equations' 1/T says.

Which side is held still (detached) is a choice of ours too, each with its reason:

- **self-KL** (Eq. 7) compares the video's convolutional features with the fused ones. The fused
  ones have seen both modalities and the whole sentence, so they teach: they are detached, and the
  loss reaches the video branch below its transformer (self-distillation, as in Hao et al.,
  "Self-Mutual Distillation Learning for Continuous Sign Language Recognition", ICCV 2021).
- **LM-T-KL** (Eq. 8) compares the outputs of the two branches' transformers. Neither knows more
  than the other, so both move (deep mutual learning).
- **LM-Video-KL**, which Eq. 9 names without defining it, compares the convolutional features of
  both branches, and both move for the same reason.

A moment counts where both modalities of the sample are there.

What finds out which signs mean which words without glosses is in
:mod:`signzoo.models.signmst_c.presence`.
"""

from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional

from signzoo.errors import UsageError


@dataclass(frozen=True)
class SignLossConfig:
    """What a training step minimises: the cross-entropy of the text, and what is added to it."""

    label_smoothing: float = 0.1
    """Share of the probability that is spread over all tokens."""
    self_kl: float = 0.1
    """Weight of the divergence between the video's and the fused features (Eq. 7)."""
    branch_kl: float = 0.1
    """Weight of the divergence between the two branches' transformers (Eq. 8)."""
    feature_kl: float = 0.1
    """Weight of the divergence between both branches' convolutional features (Eq. 9)."""
    temperature: float = 2.0
    """What features are divided by before the softmax; more compares coarser distributions."""
    ctc: float = 0.0
    """Weight of the CTC loss on glosses; above 0 the training is not gloss-free."""
    presence: float = 0.0
    """Weight of the loss that asks which words of the text are signed when, in any order; it needs
    no glosses."""

    def __post_init__(self) -> None:
        weights = (self.self_kl, self.branch_kl, self.feature_kl, self.ctc, self.presence)
        if min(weights) < 0 or self.temperature <= 0 or not 0 <= self.label_smoothing < 1:
            raise UsageError(
                "The loss needs weights of at least 0, a temperature above 0 and label_smoothing "
                f"between 0 and 1; got {self}."
            )


def feature_divergence(
    first: Tensor, second: Tensor, valid: Tensor, temperature: float = 1.0
) -> Tensor:
    """KL(P ‖ Q) of two sequences' feature distributions, averaged over the valid moments.

    Args:
        first: Features whose distribution is P, ``(B, T, W)``.
        second: Features whose distribution is Q, ``(B, T, W)``.
        valid: The moments that count, bool ``(B, T)``.
        temperature: What features are divided by.

    Returns:
        One number of at least 0; 0 where no moment counts.
    """
    p, q = (_log_distribution(each, temperature) for each in (first, second))
    each = functional.kl_div(q, p, log_target=True, reduction="none").sum(dim=-1)  # (B, T)
    return torch.where(valid, each, 0.0).sum() / valid.sum().clamp(min=1)


def _log_distribution(features: Tensor, temperature: float) -> Tensor:
    normed = functional.layer_norm(features.float(), features.shape[-1:])
    return (normed / temperature).log_softmax(dim=-1)
