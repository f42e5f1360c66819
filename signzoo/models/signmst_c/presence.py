"""Which words of a text are signed at all: what learns it without glosses, and what it is good for.

Cross-entropy alone hardly finds out which signs mean which words: the decoder writes what is usual
before it has learnt to look. Here moments that know nothing but what is signed right then are asked
for the text's tokens, in no order. Every token was either signed at one of the moments, which are
all as likely as each other, or is said whatever is signed, as articles are: IBM's first model of
word alignment (Brown et al., "The Mathematics of Statistical Machine Translation", Computational
Linguistics 1993) with a network in the place of its table. Wong et al., "Sign2GPT", ICLR 2024, also
train on words of the text in no order, which they call pseudo-glosses.

The decoder then writes what is likely in its language, and the tokens that were seen are likelier.
"""

import math

import torch
from torch import Tensor

# Share of a text's tokens that need no moment: they are said whatever is signed.
_UNSIGNED = 0.3


def presence_loss(logits: Tensor, valid: Tensor, tokens: Tensor, usual: Tensor) -> Tensor:
    """How badly moments say which tokens a text has, in no order.

    Args:
        logits: What each moment says about all tokens, ``(B, S, V)``.
        valid: The moments that count, bool ``(B, S)``.
        tokens: The texts' tokens ``(B, L)``, -100 where there is none.
        usual: The share of each token in all texts, ``(V,)``.

    Returns:
        The mean over the tokens of their negative log-probability.
    """
    asked = tokens != -100
    each = tokens.clamp(min=0)
    logits = logits.float()
    logs = logits.gather(2, each[:, None].expand(-1, logits.shape[1], -1))  # (B, S, L)
    logs = logs - logits.logsumexp(dim=-1, keepdim=True)
    logs = logs.masked_fill(~valid[..., None], torch.finfo(logs.dtype).min)
    signed = logs.logsumexp(dim=1) - valid.sum(dim=1, keepdim=True).clamp(min=1).log()
    anyway = usual.clamp(min=1e-9).log()[each]
    found = torch.logaddexp(signed + math.log(1 - _UNSIGNED), anyway + math.log(_UNSIGNED))
    return -torch.where(asked, found, 0.0).sum() / asked.sum().clamp(min=1)


def presence_gains(meanings: Tensor, valid: Tensor, usual: Tensor) -> Tensor:
    """How much likelier each token is in a text for what was seen.

    Args:
        meanings: How likely each moment means each token, ``(B, S, V)``.
        valid: The moments that count, bool ``(B, S)``.
        usual: The share of each token in all texts, ``(V,)``.

    Returns:
        Log-ratios ``(B, V)``; 0 for tokens that no text has.
    """
    count = valid.sum(dim=1, keepdim=True).clamp(min=1)
    seen = (meanings * valid[..., None]).sum(dim=1) / count
    gains = ((1 - _UNSIGNED) * seen / usual.clamp(min=1e-9) + _UNSIGNED).log()
    return torch.where((usual > 0) & valid.any(dim=1, keepdim=True), gains, 0.0)


class PresentTokens:
    """Makes tokens likelier that were seen, on the way of transformers' beam search.

    A token that is written already gains no more: it has said what was seen.

    Args:
        gains: Of :func:`presence_gains` of B clips, ``(B, V)``.
        beams: Texts of each clip that are followed at the same time.
        weight: How much a gain counts beside the decoder's log-probability.
    """

    def __init__(self, gains: Tensor, beams: int, weight: float) -> None:
        self.added = weight * gains.repeat_interleave(beams, dim=0)
        self.added_again = self.added.clamp(max=0)

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Log-probabilities of the next token, ``(B·beams, V)``."""
        written = torch.zeros_like(scores, dtype=torch.bool).scatter(1, input_ids, True)
        added = torch.where(written, self.added_again, self.added)
        return (scores + added).log_softmax(dim=-1)
