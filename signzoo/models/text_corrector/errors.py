"""Errors that drafts of translations have: put into correct sentences, and counted in real drafts.

A word here is what is written between spaces; in Chinese it is a character.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from signzoo.errors import UsageError
from signzoo.models.text_corrector.edits import EditKind, find_edits
from signzoo.transforms.text import written_words

ErrorKind = Literal["order", "insertion", "substitution", "deletion"]
ERROR_KINDS: tuple[ErrorKind, ...] = ("order", "insertion", "substitution", "deletion")

# The error that an edit undoes.
_UNDONE: dict[EditKind, ErrorKind] = {
    "move": "order",
    "delete": "insertion",
    "substitute": "substitution",
    "insert": "deletion",
}

# The share of its count's logarithm that a word is drawn by (Mikolov et al., "Distributed
# Representations of Words and Phrases", NeurIPS 2013): by the count itself, half of all words drawn
# would be the twenty most frequent ones.
FLATTENING = 0.75


@dataclass(frozen=True)
class ErrorRates:
    """How often a sentence gets errors, and which.

    The rates are of each word; a sentence of n words has about n times their sum of errors.
    """

    order: float = 0.02
    """Probability that a word moves."""
    insertion: float = 0.02
    """Probability that a word is put before a word, or behind the last one."""
    substitution: float = 0.025
    """Probability that another word stands for a word."""
    deletion: float = 0.025
    """Probability that a word is lost."""
    distance: int = 3
    """Most places that a word moves."""

    def __post_init__(self) -> None:
        rates = (self.order, self.insertion, self.substitution, self.deletion)
        if not all(0 <= rate <= 1 for rate in rates) or self.substitution + self.deletion > 1:
            raise UsageError(
                "Error rates lie between 0 and 1, and a word is replaced or lost but not both, so "
                f"these two are at most 1 together; got {self}."
            )
        if self.distance < 1:
            raise UsageError(f"A word moves by at least 1 place; got distance {self.distance}.")


class WordSampler:
    """Draws words that errors put into sentences, frequent ones more often.

    Args:
        sentences: Sentences, split into words; those words are drawn.

    Attributes:
        words: The words in alphabetical order.
        probabilities: Of each that it is drawn, ``(V,)``.

    Raises:
        UsageError: There are fewer than two different words, so none could replace another.
    """

    def __init__(self, sentences: Iterable[Sequence[str]]) -> None:
        counts = Counter(word for words in sentences for word in words)
        if len(counts) < 2:
            raise UsageError(
                f"Errors are made of the words of the training text, which has {len(counts)}; it "
                "needs two at least."
            )
        self.words = sorted(counts)
        weights = np.array([counts[word] for word in self.words]) ** FLATTENING
        self.probabilities: np.ndarray = weights / weights.sum()
        self._cumulated = self.probabilities.cumsum()

    def draw(self, rng: np.random.Generator, other_than: str | None = None) -> str:
        """Draw a word, if wanted another one than that which stands there."""
        while True:
            place = int(np.searchsorted(self._cumulated, rng.random(), side="right"))
            word = self.words[min(place, len(self.words) - 1)]
            if word != other_than:
                return word


def inject_errors(
    words: Sequence[str], rates: ErrorRates, sampler: WordSampler, rng: np.random.Generator
) -> list[str]:
    """Put errors into a correct sentence.

    Source: the paper, section "Text Correction Network": random shuffling, deletion, substitution
    or insertion of words.

    Args:
        words: The sentence.
        rates: How often and which.
        sampler: Draws the words that are put in.
        rng: Decides.

    Returns:
        The sentence with its errors, often none; at least one word, if it had one.
    """
    moved = list(words)
    for place in np.flatnonzero(rng.random(len(moved)) < rates.order).tolist():
        _move(moved, place, rates.distance, rng)
    chances = rng.random(len(moved))
    spoiled = [
        [sampler.draw(rng, word) if chance < rates.deletion + rates.substitution else word]
        if chance >= rates.deletion
        else []
        for word, chance in zip(moved, chances.tolist(), strict=True)
    ]
    if moved and not any(spoiled):
        spoiled[0] = moved[:1]
    inserted = set(np.flatnonzero(rng.random(len(moved) + 1) < rates.insertion).tolist())
    damaged = []
    for place, kept in enumerate([*spoiled, []]):
        damaged += [sampler.draw(rng)] * (place in inserted) + kept
    return damaged


def inject_error(
    words: Sequence[str],
    kind: ErrorKind,
    sampler: WordSampler,
    rng: np.random.Generator,
    distance: int = 3,
) -> list[str] | None:
    """Put exactly one error into a correct sentence.

    Args:
        words: The sentence.
        kind: Which error.
        sampler: Draws the word that is put in.
        rng: Decides.
        distance: Most places that a word moves.

    Returns:
        The sentence with its error; ``None`` where it cannot have one: a word alone cannot move or
        be lost, nor can a word move among its likes.
    """
    damaged = list(words)
    if kind == "order":
        changing = [
            (place, target)
            for place in range(len(words))
            for target in range(max(0, place - distance), min(len(words), place + distance + 1))
            if _moved(words, place, target) != damaged
        ]
        if not changing:
            return None
        return _moved(words, *changing[rng.integers(len(changing))])
    if kind == "insertion":
        damaged.insert(int(rng.integers(len(words) + 1)), sampler.draw(rng))
        return damaged
    if len(words) < (2 if kind == "deletion" else 1):
        return None
    place = int(rng.integers(len(words)))
    damaged[place : place + 1] = [] if kind == "deletion" else [sampler.draw(rng, words[place])]
    return damaged


def fit_error_rates(
    drafts: Sequence[str], references: Sequence[str], language: str = "de"
) -> ErrorRates:
    """Estimate the errors of real drafts by aligning each with what it should have been.

    The alignment is that of :func:`~signzoo.models.text_corrector.edits.find_edits`.

    Args:
        drafts: What a system wrote.
        references: The correct sentences, in the same order.
        language: BCP 47 code of the written language.

    Raises:
        UsageError: The two differ in number, or the references have no words.
    """
    if len(drafts) != len(references):
        raise UsageError(
            f"There are {len(drafts)} drafts for {len(references)} references; each needs one."
        )
    counts: Counter[str] = Counter()
    for draft, reference in zip(drafts, references, strict=True):
        right = written_words(reference, language)
        counts += _count_errors(written_words(draft, language), right)
        counts["words"] += len(right)
    if not counts["words"]:
        raise UsageError("Error rates are shares of the references' words, and there are none.")
    shares = {kind: min(1.0, counts[kind] / counts["words"]) for kind in ERROR_KINDS}
    return ErrorRates(
        order=shares["order"],
        insertion=shares["insertion"],
        substitution=min(shares["substitution"], 1 - shares["deletion"]),
        deletion=shares["deletion"],
    )


def _count_errors(draft: Sequence[str], reference: Sequence[str]) -> Counter[str]:
    """The errors of one draft by kind."""
    counts: Counter[str] = Counter()
    for edit in find_edits(draft, reference):
        counts[_UNDONE[edit.kind]] += max(1, len(edit.words))
    return counts


def _move(words: list[str], place: int, distance: int, rng: np.random.Generator) -> None:
    """Move a word by up to so many places, to either side."""
    step = int(rng.integers(1, distance + 1)) * (1 if rng.random() < 0.5 else -1)
    target = min(max(place + step, 0), len(words) - 1)
    words.insert(target, words.pop(place))


def _moved(words: Sequence[str], place: int, target: int) -> list[str]:
    moved = list(words)
    moved.insert(target, moved.pop(place))
    return moved
