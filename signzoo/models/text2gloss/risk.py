"""Minimum risk training: the network learns from how good its own answers are.

Reference: Shen et al., "Minimum Risk Training for Neural Machine Translation", ACL 2016. The reward
is the GLEU of Wu et al., "Google's Neural Machine Translation System", arXiv:1609.08144, section
5.2; the baseline that leaves one out is that of Kool et al., "Buy 4 REINFORCE Samples, Get a
Baseline for Free!", 2019.
"""

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from signzoo.models.text2gloss.translation import (
    check_positions,
    special_tokens,
    tokenize_questions,
)

if TYPE_CHECKING:
    from signzoo.models.text2gloss.network import Text2Gloss

_MAX_ORDER = 4
# Tokens further down the tail are never drawn: they are a hundred kinds of noise.
_TOP = 40


@torch.no_grad()
def sample_answers(
    network: "Text2Gloss", prompts: Sequence[str], count: int, max_tokens: int = 64
) -> list[list[str]]:
    """Draw answers from what the network thinks, without dropout and without a vocabulary.

    Args:
        network: The network; it is left in the mode that it is in.
        prompts: B questions.
        count: Answers to each.
        max_tokens: Tokens after which an answer ends.

    Returns:
        The answers to each question.

    Raises:
        UsageError: The language model has no room for a question and its answer.
    """
    from transformers import GenerationConfig

    model = network.language_model
    inputs, start = tokenize_questions(network, prompts)
    check_positions(network, inputs["input_ids"].shape[1], max_tokens)
    training = model.training
    model.eval()
    tokens = model.generate(
        **inputs,
        generation_config=GenerationConfig(
            do_sample=True,
            top_k=_TOP,
            num_return_sequences=count,
            max_new_tokens=max_tokens,
            **special_tokens(network),
        ),
    )
    model.train(training)
    said = network.tokenizer.batch_decode(tokens[:, start:], skip_special_tokens=True)
    return [said[first : first + count] for first in range(0, len(said), count)]


def rewards(answers: Sequence[Sequence[str]], references: Sequence[str]) -> Tensor:
    """The GLEU of S answers to each of B questions, ``(B, S)``, from 0 to 1; case is ignored."""
    return torch.tensor(
        [
            [sentence_gleu(each.lower().split(), reference.lower().split()) for each in group]
            for group, reference in zip(answers, references, strict=True)
        ]
    )


def sentence_gleu(answer: Sequence[str], reference: Sequence[str]) -> float:
    """The n-grams (1 to 4 words) that both have, by those of the longer one, from 0 to 1.

    Unlike BLEU it makes sense of one sentence, and an answer loses as much by what it lacks as by
    what it has too much.
    """
    ours, theirs = _ngrams(answer), _ngrams(reference)
    longer = max(ours.total(), theirs.total())
    return (ours & theirs).total() / longer if longer else 0.0


def advantages(rewards: Tensor) -> Tensor:
    """How much better each of S answers is than the mean of the others.

    Args:
        rewards: ``(B, S)`` of S answers to each of B questions.

    Returns:
        ``(B, S)``; every row sums to zero.
    """
    count = rewards.shape[1]
    return (rewards - rewards.mean(dim=1, keepdim=True)) * count / (count - 1)


def _ngrams(words: Sequence[str]) -> Counter[tuple[str, ...]]:
    return Counter(
        tuple(words[start : start + order])
        for order in range(1, _MAX_ORDER + 1)
        for start in range(len(words) - order + 1)
    )
