"""Which word of a sentence each gloss stands for, asked of the network by leaving words out.

Attention says less: on PHOENIX-2014T dev, of glosses that are named like exactly one word of their
sentence, cross-attention finds that word for 49 %, leaving words out for 82 %
(``benchmarks/alignment.py``).

Reference: Li et al., "Understanding Neural Networks through Representation Erasure",
arXiv:1612.08220.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from signzoo.models.text2gloss.network import Text2Gloss

# Least fall of a gloss' log-probability, without a word, at which it is said to be from that word.
LEAST_EFFECT = 0.1


@torch.inference_mode()
def word_effects(network: "Text2Gloss", words: Sequence[str], labels: Sequence[str]) -> np.ndarray:
    """How much less likely each gloss is when a word is left out of the sentence.

    Args:
        network: Text to glosses.
        words: The W words of a sentence.
        labels: Its G glosses.

    Returns:
        Falls of the natural log-probability, shape ``(W, G)``; above zero where the word speaks for
        the gloss. All infinite for a sentence of one word, which speaks for everything.
    """
    if len(words) < 2 or not labels:
        return np.full((len(words), len(labels)), np.inf)
    without = [" ".join([*words[:place], *words[place + 1 :]]) for place in range(len(words))]
    prompts = [network.put("gloss", text) for text in (" ".join(words), *without)]
    answers = [" ".join(labels)] * len(prompts)
    logits, tokens = network.token_logits(network.encode(prompts, answers))
    logs = logits.float().log_softmax(dim=-1).gather(1, tokens[:, None]).view(len(prompts), -1)
    _, ends = network.automaton.glosses(tokens[: logs.shape[1]].tolist())
    if len(ends) != len(labels):  # a label that the tokenizer cannot write
        return np.zeros((len(words), len(labels)))
    sums = torch.nn.functional.pad(logs.cumsum(dim=1), (1, 0))[:, [0, *(end + 1 for end in ends)]]
    each = sums.diff(dim=1)  # (1 + W, G)
    return (each[0] - each[1:]).cpu().numpy()
