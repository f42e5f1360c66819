"""Ranks glosses by the decoder and by the CTC head together.

The decoder knows which glosses follow each other, and with little training data writes what is
usual; the CTC head says what it sees, and knows no order. Reference: Watanabe et al., "Hybrid
CTC/Attention Architecture for End-to-End Speech Recognition", IEEE JSTSP 2017, here as a choice
among the decoder's beams and the CTC head's own best answer.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor, nn

from signzoo.models.signmst_c.likelihood import text_log_probabilities

if TYPE_CHECKING:
    from signzoo.models.signmst_c.network import Encoded, SignMSTC


# What an answer counts that the CTC head cannot have seen.
_IMPOSSIBLE = -1e4


def rank_together(
    network: "SignMSTC", encoded: "Encoded", texts: Sequence[Sequence[str]], share: float
) -> list[list[tuple[str, float]]]:
    """Rank the answers for B clips.

    Args:
        network: Has a CTC head and writes glosses.
        encoded: What it saw.
        texts: The decoder's answers for each clip.
        share: Of the CTC head's log-probability, from 0 to 1; the rest is the decoder's.

    Returns:
        The answers of each clip and the CTC head's own, the best first; with each the mean
        log-probability of its tokens under the decoder.
    """
    tokens = network.tokenizer(list(network.glosses), add_special_tokens=False)["input_ids"]
    decoded = network.tokenizer.batch_decode(tokens, skip_special_tokens=True)
    labels = [label.strip() for label in decoded]  # as the decoder writes them
    numbers = {label: i for i, label in enumerate(labels, 1)}
    logs = network.gloss_head(encoded.fused).float().log_softmax(dim=-1)
    ranked = []
    for clip, own in enumerate(texts):
        seen = logs[clip][encoded.valid[clip]]  # (S, 1 + glosses)
        best = seen.argmax(dim=-1).unique_consecutive().tolist()
        answer = " ".join(labels[n - 1] for n in best if 0 < n <= len(labels))
        answers = list(dict.fromkeys([*own, answer]))
        heard = torch.stack([_ctc(seen, [numbers.get(w, 0) for w in a.split()]) for a in answers])
        alone = encoded._replace(
            fused=encoded.fused[clip : clip + 1], valid=encoded.valid[clip : clip + 1]
        )
        written, lengths = text_log_probabilities(network, alone, network.label_tokens(answers))
        order = (share * heard + (1 - share) * written).argsort(descending=True, stable=True)
        means = (written / lengths).tolist()
        ranked.append([(answers[i], means[i]) for i in order.tolist()])
    return ranked


def _ctc(seen: Tensor, numbers: list[int]) -> Tensor:
    """Log-probability of glosses by number under the CTC head, summed over all ways to say them."""
    if 0 in numbers:  # a word that is no gloss
        return seen.new_tensor(_IMPOSSIBLE)
    loss = nn.functional.ctc_loss(
        seen[:, None],
        torch.tensor([numbers], device=seen.device),
        torch.tensor([len(seen)]),
        torch.tensor([len(numbers)]),
        reduction="sum",
    )
    return (-loss).clamp(min=_IMPOSSIBLE)
