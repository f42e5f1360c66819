"""Restricts a beam search to sequences of glosses that the sign vocabulary has.

A gloss is one or several tokens. The tokens of all glosses form a tree; a search may follow its
branches, and where a gloss ends it may end the sequence or begin the next gloss.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

_START, _NEXT = 0, 1  # roots: the first gloss, and one after another, which begins with a space


class GlossAutomaton:
    """Says which tokens may follow, and which glosses a sequence of tokens is.

    Args:
        labels: The glosses of the sign vocabulary. Of labels that the tokenizer cannot tell apart,
            such as two that differ in case only, the first is meant.
        tokenizer: The tokenizer of the language model.
        num_tokens: V, the size of the language model's output.

    Raises:
        UsageError: The vocabulary is empty, or the tokenizer can write none of it.
    """

    def __init__(
        self, labels: Sequence[str], tokenizer: "PreTrainedTokenizerFast", num_tokens: int
    ) -> None:
        if not labels:
            raise UsageError(
                "There are no glosses to restrict the search to: the vocabulary is empty."
            )
        self.num_tokens = num_tokens
        self.end = int(tokenizer.eos_token_id)
        self._children: list[dict[int, int]] = [{}, {}]
        self._labels: list[str | None] = [None, None]
        unknown = tokenizer.unk_token_id
        for root, space in ((_START, ""), (_NEXT, " ")):
            spelled = tokenizer([space + label for label in labels], add_special_tokens=False)
            for label, tokens in zip(labels, spelled["input_ids"], strict=True):
                # A character that the tokenizer does not know cannot be told from another.
                if tokens and unknown not in tokens:
                    self._add(root, tokens, label)
        if not self._children[_START]:
            raise UsageError(
                f"The tokenizer of the language model can write none of the {len(labels)} glosses "
                f"of the vocabulary, such as {labels[0]!r}; use a language model of their script."
            )
        self._tabulate()

    def _add(self, state: int, tokens: list[int], label: str) -> None:
        for token in tokens:
            if token not in self._children[state]:
                self._children[state][token] = len(self._children)
                self._children.append({})
                self._labels.append(None)
            state = self._children[state][token]
        self._labels[state] = self._labels[state] or label

    def _tabulate(self) -> None:
        """The tree as sorted arrays, for many sequences at once."""
        edges = sorted(
            (state * self.num_tokens + token, target)
            for state, children in enumerate(self._children)
            for token, target in children.items()
        )
        keys, targets = zip(*edges, strict=True)
        self._keys = torch.tensor(keys)  # (E,) sorted: state and token of each branch
        self._targets = torch.tensor(targets)  # (E,) where it leads
        self._ends = torch.tensor([label is not None for label in self._labels])  # (S,)
        self._begin = torch.zeros(self.num_tokens, dtype=torch.bool)  # (V,) after a whole gloss
        self._begin[[*self._children[_NEXT], self.end]] = True
        bounds = torch.arange(len(self._children) + 1) * self.num_tokens
        self._first = torch.searchsorted(self._keys, bounds)  # (S + 1,) branches of each state

    def _step(self, states: Tensor, tokens: Tensor) -> Tensor:
        """Follow a token from each state; after a whole gloss, into the next one. ``(N,)``."""
        inner = self._follow(states, tokens)
        outer = self._follow(torch.full_like(states, _NEXT), tokens)
        step = torch.where((inner < 0) & self._ends[states], outer, inner)
        return step.clamp(min=0)  # a finished sequence goes on with padding, which nobody reads

    def _follow(self, states: Tensor, tokens: Tensor) -> Tensor:
        wanted = states * self.num_tokens + tokens
        place = torch.searchsorted(self._keys, wanted).clamp(max=len(self._keys) - 1)
        return torch.where(self._keys[place] == wanted, self._targets[place], -1)

    def allowed(self, tokens: Tensor) -> Tensor:
        """Which tokens may follow.

        Args:
            tokens: What was generated so far, ``(N, L)``, without the token that it starts from.

        Returns:
            Bool of shape ``(N, V)``.
        """
        tokens = tokens.cpu()
        states = torch.zeros(len(tokens), dtype=torch.long)  # (N,)
        for column in tokens.T:
            states = self._step(states, column)
        allowed = self._ends[states, None] & self._begin  # (N, V)
        first, counts = self._first[states], self._first[states + 1] - self._first[states]
        rows = torch.repeat_interleave(counts)  # (sum of counts,)
        within = torch.arange(len(rows)) - (counts.cumsum(0) - counts)[rows]
        branches = first[rows] + within
        allowed[rows, self._keys[branches] % self.num_tokens] = True
        return allowed

    def glosses(self, tokens: Sequence[int]) -> tuple[tuple[str, ...], tuple[int, ...]]:
        """Read generated tokens.

        Returns:
            The labels, and for each the place of its last token. A gloss that the longest allowed
            sequence cut off is left out.
        """
        labels: list[str] = []
        places: list[int] = []
        state = _START
        for place, token in enumerate([*tokens, self.end]):
            following = self._children[state].get(token)
            label = self._labels[state]
            if following is None and label is not None:
                labels.append(label)
                places.append(place - 1)
                following = self._children[_NEXT].get(token)
            if following is None:
                break
            state = following
        return tuple(labels), tuple(places)
