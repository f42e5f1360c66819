"""Varies correct sentences, so that a corrector does not learn a small corpus by heart.

Who has learnt it by heart takes every sentence that is not in it for one with an error.
"""

from collections import defaultdict
from collections.abc import Sequence
from itertools import pairwise

import numpy as np

# How often another crossing is tried where one gets too long.
_TRIES = 8


class SentenceVariation:
    """Makes new sentences of those of a corpus.

    Args:
        sentences: The sentences, split into words.
    """

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        self._sentences = sentences
        self._places: dict[tuple[str, str], list[tuple[int, int]]] = defaultdict(list)
        for number, words in enumerate(sentences):
            for place, pair in enumerate(pairwise(words)):
                self._places[pair].append((number, place))
        self._words = sorted({word for words in sentences for word in words})

    def cross(self, words: Sequence[str], rng: np.random.Generator) -> list[str]:
        """Go on as another sentence does that has the same two words somewhere.

        Args:
            words: A sentence of the corpus.
            rng: Decides.

        Returns:
            A sentence that is not longer; the same one where there is no other.
        """
        for _ in range(_TRIES if len(words) > 2 else 0):
            place = int(rng.integers(len(words) - 1))
            others = self._places[words[place], words[place + 1]]
            number, where = others[rng.integers(len(others))]
            ending = self._sentences[number][where:]
            if len(ending) <= len(words) - place and list(ending) != list(words[place:]):
                return [*words[:place], *ending]
        return list(words)

    def name(self, words: Sequence[str], rate: float, rng: np.random.Generator) -> list[str]:
        """Put words that nobody knows into a sentence, such as names are.

        Args:
            words: A sentence.
            rate: Probability of each word that it is replaced.
            rng: Decides.
        """
        named = list(words)
        for place in np.flatnonzero(rng.random(len(named)) < rate).tolist():
            named[place] = self._make_up(rng)
        return named

    def _make_up(self, rng: np.random.Generator) -> str:
        """Half of one word and half of another; of short ones, as in Chinese, the first."""
        first, second = (self._words[rng.integers(len(self._words))] for _ in range(2))
        if min(len(first), len(second)) < 4:
            return first
        return first[: len(first) // 2] + second[len(second) // 2 :]
