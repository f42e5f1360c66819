"""The baseline of the text corrector: an n-gram language model that tries every single edit.

A noisy channel (Kernighan, Church and Gale, "A Spelling Correction Program Based on a Noisy Channel
Model", COLING 1990) with words in the place of letters: an edit is worth the probability of the
sentence that it makes, times that of the error which it undoes.
"""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from signzoo.models.text_corrector.errors import WordSampler

_Ngram = tuple[int, ...]
# Some entries of a vector over the vocabulary: where, and what.
_Sparse = tuple[np.ndarray, np.ndarray]
_DISCOUNT = 0.75  # of Kneser-Ney smoothing; what corpora of this size give
_START, _END, _UNKNOWN = 0, 1, 2
_NONE: _Sparse = (np.zeros(0, int), np.zeros(0))


class TrigramModel:
    """Trigrams with interpolated Kneser-Ney smoothing.

    Reference: Chen and Goodman, "An Empirical Study of Smoothing Techniques for Language Modeling",
    Computer Speech and Language 13, 1999.

    Args:
        sentences: Training sentences, split into words.

    Attributes:
        words: The vocabulary; the first three stand for start, end and unknown words.
        ids: Place of each word in it.
    """

    def __init__(self, sentences: Sequence[Sequence[str]]) -> None:
        known = sorted({word for words in sentences for word in words})
        self.words = ["<s>", "</s>", "<unk>", *known]
        self.ids = {word: place for place, word in enumerate(self.words) if place > _UNKNOWN}
        trigrams: Counter[_Ngram] = Counter(
            each for words in sentences for each in _trigrams(self.pad(words))
        )
        # Kneser-Ney: shorter n-grams are counted by how many different words stand before them.
        pairs: Counter[_Ngram] = Counter(each[1:] for each in trigrams)
        singles = Counter(each[1] for each in pairs)
        size = len(self.words)
        continued = np.bincount(list(singles), list(singles.values()), size)
        share = _DISCOUNT * len(singles) / continued.sum()
        self._unigram = np.maximum(continued - _DISCOUNT, 0) / continued.sum() + share / (size - 1)
        self._unigram[_START] = 0.0
        self._pairs, self._pair_backoff = _discount(pairs)
        self._trigrams, self._backoff = _discount(trigrams)
        self._index()

    def _index(self) -> None:
        """Group the n-grams by all of their words but one, which is the one to vary."""
        pairs, trigrams = self._pairs.items(), self._trigrams.items()
        self._after = _group((b, c, p) for (b, c), p in pairs)
        self._before = _group((c, b, p) for (b, c), p in pairs)
        self._last = _group(((a, b), c, p) for (a, b, c), p in trigrams)
        self._middle = _group(((a, c), b, p) for (a, b, c), p in trigrams)
        self._first = _group(((b, c), a, p) for (a, b, c), p in trigrams)
        self._backoff_after = _group((a, b, p) for (a, b), p in self._backoff.items())
        self._backoff_before = _group((b, a, p) for (a, b), p in self._backoff.items())
        self._pair_backoffs = np.ones(len(self.words))
        for (word,), share in self._pair_backoff.items():
            self._pair_backoffs[word] = share

    def pad(self, words: Sequence[str]) -> list[int]:
        """Two starts, the ids of the words, and the end."""
        return [_START, _START, *(self.ids.get(word, _UNKNOWN) for word in words), _END]

    def log_probability(self, padded: Sequence[int]) -> float:
        """Logarithm of the probability of a padded sentence."""
        return float(np.log([self.probability(*each) for each in _trigrams(padded)]).sum())

    def probability(self, a: int, b: int, c: int) -> float:
        """The probability of word c after the words a and b."""
        pair = self._pairs.get((b, c), 0.0) + self._pair_backoff.get((b,), 1.0) * self._unigram[c]
        return self._trigrams.get((a, b, c), 0.0) + self._backoff.get((a, b), 1.0) * pair

    def fill(self, left: Sequence[int], right: Sequence[int]) -> np.ndarray:
        """Log-probability of a place and of what follows it, for every word in the place.

        Args:
            left: The two words before the place.
            right: The word behind it, and the one behind that if there is one.

        Returns:
            Shape ``(V,)``; minus infinity for a start.
        """
        (a, b), c = left, right[0]
        every = self._add(
            self._last.get((a, b)), self._backoff.get((a, b), 1.0) * self._pair_row(b)
        )
        backoff = self._vary(self._backoff_after.get(a))
        column = self._add(self._before.get(c), self._pair_backoffs * self._unigram[c])
        every = every * self._add(
            self._middle.get((b, c)), self._vary(self._backoff_after.get(b)) * column
        )
        if len(right) > 1:
            d = right[1]
            pair = self._pairs.get((c, d), 0.0) + self._pair_backoffs[c] * self._unigram[d]
            backoff = self._vary(self._backoff_before.get(c))
            every = every * self._add(self._first.get((c, d)), backoff * pair)
        with np.errstate(divide="ignore"):
            return np.log(every)

    def _pair_row(self, b: int) -> np.ndarray:
        return self._add(self._after.get(b), self._pair_backoffs[b] * self._unigram)

    def _vary(self, known: _Sparse | None) -> np.ndarray:
        """Weights of the shorter n-grams, 1 where the longer one was never seen."""
        weights = np.ones(len(self.words))
        where, values = known or _NONE
        weights[where] = values
        return weights

    @staticmethod
    def _add(known: _Sparse | None, others: np.ndarray) -> np.ndarray:
        where, values = known or _NONE
        others[where] += values
        return others


@dataclass(frozen=True, slots=True)
class Edit:
    """The best single edit of a draft.

    Attributes:
        words: The edited draft.
        score: Log-odds of the edit against leaving the draft as it is, but for a constant.
    """

    words: tuple[str, ...]
    score: float


class SlotFiller:
    """Inserts, substitutes, deletes or moves one word, wherever an n-gram model likes it best.

    Args:
        sentences: Training sentences, split into words.
        distance: Most places that a word moves.
    """

    def __init__(self, sentences: Sequence[Sequence[str]], distance: int = 3) -> None:
        self.model = TrigramModel(sentences)
        self.distance = distance
        sampler = WordSampler(sentences)
        self._drawn = dict(zip(sampler.words, np.log(sampler.probabilities).tolist(), strict=True))
        self._rarest = min(self._drawn.values())

    def correct(self, words: Sequence[str]) -> Edit:
        """Find the best edit of a draft, however little it is worth."""
        before = self.model.log_probability(self.model.pad(words))
        best = max(self._edits(words), key=lambda edit: edit.score)
        return Edit(best.words, best.score - before)

    def _edits(self, words: Sequence[str]) -> Iterator[Edit]:
        """The best edits of each kind at each place, with the log-probability of their channel."""
        model, padded = self.model, self.model.pad(words)
        whole = model.log_probability(padded)
        for place in range(len(words) + 1):
            left, right = padded[place : place + 2], padded[place + 2 :]
            old = [model.probability(*each) for each in _trigrams([*left, *right[:2]])]
            filled = whole - np.log(old).sum() + model.fill(left, right[:2])
            yield self._filled(words, place, place, filled, -np.log(len(words) + 1))
            if place == len(words):
                continue
            old = [model.probability(*each) for each in _trigrams([*left, *right[:3]])]
            filled = whole - np.log(old).sum() + model.fill(left, right[1:3])
            filled[padded[place + 2]] = -np.inf
            drawn = self._drawn.get(words[place], self._rarest)
            yield self._filled(words, place, place + 1, filled, drawn - np.log(len(words)))
            if len(words) > 1:
                yield self._whole([*words[:place], *words[place + 1 :]], drawn - np.log(len(words)))
        yield from self._moves(words)

    def _filled(
        self, words: Sequence[str], start: int, stop: int, values: np.ndarray, channel: float
    ) -> Edit:
        values[: _UNKNOWN + 1] = -np.inf
        best = int(values.argmax())
        made = (*words[:start], self.model.words[best], *words[stop:])
        return Edit(made, float(values[best]) + channel)

    def _moves(self, words: Sequence[str]) -> Iterator[Edit]:
        chances = -np.log(max(1, 2 * self.distance * len(words)))
        for place in range(len(words)):
            for step in range(-self.distance, self.distance + 1):
                if step in (0, -1) or not 0 <= place + step < len(words):
                    continue  # one place back is what its neighbour does one place ahead
                moved = list(words)
                moved.insert(place + step, moved.pop(place))
                if moved != list(words):
                    yield self._whole(moved, chances)

    def _whole(self, words: Sequence[str], channel: float) -> Edit:
        value = self.model.log_probability(self.model.pad(words))
        return Edit(tuple(words), value + channel)


def _trigrams(padded: Sequence[int]) -> Iterator[tuple[int, int, int]]:
    return zip(padded, padded[1:], padded[2:], strict=False)


def _discount(
    counts: Mapping[_Ngram, int],
) -> tuple[dict[_Ngram, float], dict[_Ngram, float]]:
    """Discounted probabilities of n-grams, and the share of each context left for shorter ones."""
    totals: Counter[_Ngram] = Counter()
    different: Counter[_Ngram] = Counter()
    for ngram, count in counts.items():
        totals[ngram[:-1]] += count
        different[ngram[:-1]] += 1
    known = {each: (count - _DISCOUNT) / totals[each[:-1]] for each, count in counts.items()}
    return known, {context: _DISCOUNT * different[context] / totals[context] for context in totals}


def _group(entries: Iterable[tuple[Hashable, int, float]]) -> dict[Hashable, _Sparse]:
    """Vectors over the vocabulary, by what stays the same."""
    grouped: dict[Hashable, list[tuple[int, float]]] = defaultdict(list)
    for key, place, value in entries:
        grouped[key].append((place, value))
    return {
        key: (np.array([place for place, _ in each]), np.array([value for _, value in each]))
        for key, each in grouped.items()
    }
