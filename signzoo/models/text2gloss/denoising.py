"""Noise on tokens: what pretraining undoes, and a tokenizer that leaves merges out."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerBase


@dataclass(frozen=True)
class DenoisingConfig:
    """How much noise a sequence gets, which pretraining learns to undo; 0 turns a kind off."""

    mask: float = 0.0
    """Share of the tokens that are hidden in spans, with one blank for each span."""
    span: float = 3.0
    """Mean length of a span, in tokens; lengths are Poisson-distributed and at least 1."""
    drop: float = 0.0
    """Probability, for each token, that it is lost without a trace."""
    shuffle: int = 0
    """Most places that a token moves, where the order is shuffled locally."""

    def __post_init__(self) -> None:
        if not (0 <= self.mask <= 1 and 0 <= self.drop <= 1):
            raise UsageError(f"The shares of the noise lie between 0 and 1; got {self}.")
        if self.span < 1 or self.shuffle < 0:
            raise UsageError(f"A span has at least 1 token, a shuffle at least 0; got {self}.")


def add_noise(
    tokens: Sequence[int], blank: int, config: DenoisingConfig, rng: np.random.Generator
) -> list[int]:
    """Spoil a sequence of tokens.

    Masked spans are those of Lewis et al., "BART", arXiv:1910.13461, section 2.2, but none is
    empty; loss and local shuffling those of Lample et al., "Unsupervised Machine Translation Using
    Monolingual Corpora Only", arXiv:1711.00043, section 2.3.

    Args:
        tokens: Token ids, without those that begin and end a sequence.
        blank: The token that stands for a hidden span.
        config: How much of what.
        rng: Decides.

    Returns:
        The spoiled sequence; at least one token, if there was one.
    """
    noisy = np.asarray(tokens, int)
    if not len(noisy):
        return []
    if config.drop:
        kept = rng.random(len(noisy)) >= config.drop
        kept[rng.integers(len(noisy))] |= not kept.any()
        noisy = noisy[kept]
    if config.shuffle:
        # A key in [i, i + shuffle + 1) lets a token pass only those at most shuffle places away.
        keys = np.arange(len(noisy)) + rng.uniform(0, config.shuffle + 1, len(noisy))
        noisy = noisy[np.argsort(keys, kind="stable")]
    if not config.mask:
        return noisy.tolist()
    hidden = _spans(len(noisy), config, rng)
    # One blank at the first token of a span, nothing at its others.
    first = hidden & ~np.r_[False, hidden[:-1]]
    return np.where(hidden, blank, noisy)[first | ~hidden].tolist()


def _spans(num_tokens: int, config: DenoisingConfig, rng: np.random.Generator) -> np.ndarray:
    """Which tokens are hidden, ``(N,)`` bool: as many as the share says, rounded by chance."""
    wanted = min(int(config.mask * num_tokens + rng.random()), num_tokens)
    hidden = np.zeros(num_tokens, bool)
    while (left := wanted - int(hidden.sum())) > 0:
        length = min(max(1, int(rng.poisson(config.span))), left)
        start = int(rng.integers(num_tokens - length + 1))
        hidden[start : start + length] = True
    return hidden


@contextmanager
def bpe_dropout(tokenizer: "PreTrainedTokenizerBase", probability: float) -> Iterator[None]:
    """Let a tokenizer leave merges out: Provilkov et al., "BPE-Dropout", arXiv:1910.13267.

    What the tokenizers package draws cannot be seeded, and processes that are forked within the
    block draw the same. Saving within the block would save the dropout too.

    Args:
        tokenizer: A fast BPE tokenizer; after the block it is what it was.
        probability: Of each merge, that it is left out.

    Raises:
        UsageError: The tokenizer is of another kind, or the probability outside of 0 to 1.
    """
    from tokenizers.models import BPE

    if not 0 <= probability <= 1:
        raise UsageError(f"A probability of BPE dropout lies between 0 and 1; got {probability}.")
    backend: Any = getattr(tokenizer, "backend_tokenizer", None)
    model = getattr(backend, "model", None)
    if not isinstance(model, BPE):
        kind = type(model).__name__ if model is not None else type(tokenizer).__name__
        raise UsageError(
            f"BPE dropout needs a fast BPE tokenizer, and this one is {kind}; turn it off."
        )
    before = model.dropout
    model.dropout = probability or None
    try:
        yield
    finally:
        model.dropout = before
