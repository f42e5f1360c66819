"""Decodes glosses: restricted beam search, helped by neighbours in the training set.

The search itself is transformers' ``generate``, with its key-value cache. What is ours are two
parts that change the probabilities of the next token on its way.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import torch
from torch import Tensor

from signzoo.errors import UsageError
from signzoo.models.text2gloss.restriction import GlossAutomaton

if TYPE_CHECKING:
    from transformers import PreTrainedModel


@dataclass(frozen=True)
class DecodingConfig:
    """How glosses are searched for.

    The defaults were chosen on PHOENIX-2014T dev with text2gloss-phoenix14t.
    """

    beams: int = 30
    """Sequences that are followed at the same time; 1 follows the most likely token."""
    length_penalty: float = 1.2
    """Power of the length that a sequence's log-probability is divided by; more means longer."""
    n_best: int = 1
    """Sequences that are returned, at most as many as beams."""
    minimum_bayes_risk: bool = True
    """Choose of all beams the sequence with the greatest expected BLEU, not the most likely one."""
    risk_temperature: float = 0.5
    """Sharpness of the beams' probabilities in that choice: at less the likely ones count more."""
    restricted: bool = True
    """Write only glosses of the sign vocabulary; otherwise whatever words the model likes."""
    max_tokens: int = 96
    """Tokens after which a sequence ends."""
    tokens_per_batch: int = 8000
    """Most source tokens in a batch, times beams, padding included; it bounds the memory."""
    neighbours: int = 64
    """Training tokens that are looked up at each step (kNN-MT), if there is a sentence index."""
    neighbour_weight: float = 0.05
    """Share of the probability that the neighbours decide."""
    neighbour_temperature: float = 50.0
    """How fast a neighbour counts less with its distance."""

    def __post_init__(self) -> None:
        counts = (self.beams, self.n_best, self.max_tokens, self.tokens_per_batch, self.neighbours)
        if min(counts) < 1 or self.n_best > self.beams:
            raise UsageError(
                "Decoding needs beams, n_best, max_tokens, tokens_per_batch and neighbours of at "
                f"least 1, and no more n_best than beams; got {self}."
            )
        temperatures = (self.risk_temperature, self.neighbour_temperature)
        if not 0 <= self.neighbour_weight <= 1 or min(temperatures) <= 0:
            raise UsageError(
                "Decoding needs a neighbour_weight between 0 and 1 and temperatures above 0; "
                f"got {self}."
            )


class Datastore(Protocol):
    """Training tokens by the decoder's state before each."""

    def neighbours(self, states: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
        """The nearest states: squared distances ``(Q, k)`` and the tokens after them ``(Q, k)``."""
        ...


class Restriction:
    """Leaves only the tokens that continue a gloss of the vocabulary."""

    def __init__(self, automaton: GlossAutomaton, prompt_length: int) -> None:
        self.automaton = automaton
        self.prompt_length = prompt_length

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Set the log-probability of all others to minus infinity. ``(N, V)``."""
        allowed = self.automaton.allowed(input_ids[:, self.prompt_length :]).to(scores.device)
        return scores.where(allowed, -torch.inf)


class Neighbours:
    """Mixes in what followed the nearest states of the training set.

    Reference: Khandelwal et al., "Nearest Neighbor Machine Translation", ICLR 2021.
    """

    def __init__(self, datastore: Datastore, states: list[Tensor], config: DecodingConfig) -> None:
        self.datastore = datastore
        self.states = states
        self.config = config

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Interpolate the probabilities of the next token, ``(N, V)``."""
        queries = self.states[-1][:, -1].float().cpu().numpy()  # (N, D)
        distances, tokens = self.datastore.neighbours(queries, self.config.neighbours)
        logs = torch.from_numpy(-distances / self.config.neighbour_temperature)
        weights = logs.softmax(dim=-1).nan_to_num()  # a state that nothing was found for: no share
        found = torch.zeros(scores.shape).scatter_add_(
            1, torch.from_numpy(tokens).long(), weights.float()
        )  # (N, V)
        share = self.config.neighbour_weight
        mixed = (1 - share) * scores.log_softmax(dim=-1).exp() + share * found.to(scores.device)
        return mixed.log()


@contextmanager
def states_of(model: "PreTrainedModel") -> Iterator[list[Tensor]]:
    """Collect the decoder's states, ``(N, L, D)``, that the output layer read last."""
    latest: list[Tensor] = []

    def keep(_: Any, inputs: tuple[Tensor, ...]) -> None:
        latest[:] = [inputs[0]]

    handle = model.get_output_embeddings().register_forward_pre_hook(keep)
    try:
        yield latest
    finally:
        handle.remove()
