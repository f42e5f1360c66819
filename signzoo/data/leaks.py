"""Finds what a training set and a held-out set have in common, since it flatters scores."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from signzoo.data.pairs import TextGlossPair

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Leaks:
    """The held-out pairs that training has seen.

    Attributes:
        num_held_out: All held-out pairs.
        ids: Ids that stand in both sets.
        texts: Ids of the held-out pairs whose text stands verbatim in the training set, apart from
            case, white space and punctuation.
        pairs: Ids of those whose glosses are the same there too, apart from case.
    """

    num_held_out: int
    ids: tuple[str, ...]
    texts: tuple[str, ...]
    pairs: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.ids or self.texts)

    def summary(self) -> str:
        """One line for a report."""
        if not self:
            return f"None of the {self.num_held_out} held-out pairs stands in the training set."
        return (
            f"Of {self.num_held_out} held-out pairs, {len(self.texts)} have a text that stands "
            f"verbatim in the training set, {len(self.pairs)} with the same glosses, and "
            f"{len(self.ids)} have an id that stands there."
        )


def find_leaks(train: Sequence[TextGlossPair], held_out: Sequence[TextGlossPair]) -> Leaks:
    """Compare two sets of pairs."""
    ids = {pair.id for pair in train}
    texts = {_text(pair) for pair in train}
    pairs = {(_text(pair), _gloss(pair)) for pair in train}
    return Leaks(
        len(held_out),
        tuple(pair.id for pair in held_out if pair.id in ids),
        tuple(pair.id for pair in held_out if _text(pair) in texts),
        tuple(pair.id for pair in held_out if (_text(pair), _gloss(pair)) in pairs),
    )


def _text(pair: TextGlossPair) -> str:
    text = pair.text.casefold()
    # A text without a letter or digit is compared as it is.
    return " ".join(_WORD.findall(text) or text.split())


def _gloss(pair: TextGlossPair) -> tuple[str, ...]:
    return tuple(gloss.casefold() for gloss in pair.gloss)
