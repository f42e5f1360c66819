"""How likely the decoder of SignMST-C finds texts that are known."""

from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from signzoo.models.signmst_c.network import Encoded, SignMSTC


def text_log_probabilities(
    network: "SignMSTC", encoded: "Encoded", labels: Tensor
) -> tuple[Tensor, Tensor]:
    """Log-probability of texts, in one pass over all.

    Args:
        network: Whose decoder is asked.
        encoded: What it saw of B clips.
        labels: Tokens of n texts for each clip, those of the first clip first, ``(B·n, L)``, -100
            after their end.

    Returns:
        The sum over the tokens of each text, and how many tokens it has, ``(B·n,)``.
    """
    count = len(labels) // len(encoded.fused)
    repeated = encoded._replace(
        fused=encoded.fused.repeat_interleave(count, dim=0),
        valid=encoded.valid.repeat_interleave(count, dim=0),
    )
    logs = network.token_logits(repeated, labels).logits.float().log_softmax(dim=-1)
    asked = labels != -100
    each = logs.gather(2, labels.clamp(min=0)[..., None])[..., 0]
    return torch.where(asked, each, 0.0).sum(dim=1), asked.sum(dim=1)
