"""How likely a sentence is as a row of words: what is known from far more text than signing has.

Somebody who counted the words of a language's newspapers and web pages has published them as an
ARPA file, or can make one. Of Chinese, whose characters stand without spaces, a sentence is as
likely as the likeliest way to cut it into words: a character too many breaks a word, which costs.
"""

import json
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import safetensors.numpy
import torch
from safetensors import SafetensorError
from torch import Tensor, nn

from signzoo.data.arpa import END, START, UNKNOWN, Bigrams
from signzoo.errors import WeightsError

# A million of open-gram's pairs are as good for text-corrector-zh as all of them; half of them cost
# it a point.
MOST_PAIRS = 1_000_000
# A word that the table does not have is as likely as rare ones are. For text-corrector-zh fifty
# times as much made no difference; a hundredth cost it up to two points.
_UNKNOWN_SHARE = math.log(6e-6)
_SMALLEST_WEIGHT = 1e-6

# Ways to cut what has been read: number of the last word, -1 for an unknown one, and logarithm.
_Ways = list[tuple[int, float]]


class BigramModel(nn.Module):
    """A back-off model of words and pairs of neighbours; empty until it is given a table.

    Reference: Katz, "Estimation of Probabilities from Sparse Data for the Language Model Component
    of a Speech Recognizer", IEEE Transactions on Acoustics, Speech and Signal Processing 35(3),
    1987.

    Attributes:
        words: W words.
        longest: How many units of text the longest of them has: characters of Chinese, else 1.
    """

    def __init__(self) -> None:
        super().__init__()
        self._take((), 1, _EMPTY)

    def _take(self, words: Sequence[str], longest: int, table: dict[str, Any]) -> None:
        """Take the arrays of a table.

        Of W words ``shares`` and ``weights``, ``(W,)``; of N pairs ``seconds`` and ``logs``,
        ``(N,)``, those with the same first word together, from its place of ``starts`` on,
        ``(W + 1,)``.
        """
        self.words, self.longest, self._table = tuple(words), longest, table
        self._numbers = {word: number for number, word in enumerate(self.words)}
        self._shares: list[float] = table["shares"].tolist()
        self._weights: list[float] = table["weights"].tolist()
        self._followers: dict[int, dict[int, float]] = {}

    def __len__(self) -> int:
        return len(self.words)

    def learn(
        self,
        table: Bigrams,
        split: Callable[[str], Sequence[str]],
        known: Callable[[str], bool],
        most_pairs: int = MOST_PAIRS,
    ) -> None:
        """Keep what is worth most of a table.

        Args:
            table: The words and pairs of much text.
            split: Cuts a word into the units that a corrector edits.
            known: Whether a unit is one of the corrector's.
            most_pairs: Pairs that are kept.
        """
        # A start or an end is a word without units.
        units = [() if word in (START, END) else split(word) for word in table.words]
        spelled = [
            word != UNKNOWN and all(map(known, each))
            for word, each in zip(table.words, units, strict=True)
        ]
        kept = _pruned(table, np.array(spelled), most_pairs)
        count = len(kept.words)
        self._take(
            kept.words,
            max((len(each) for each, good in zip(units, spelled, strict=True) if good), default=1),
            {
                "shares": kept.shares.astype(np.float32),
                "weights": kept.weights.astype(np.float32),
                "starts": np.searchsorted(kept.firsts, np.arange(count + 1)).astype(np.int32),
                "seconds": kept.seconds.astype(np.uint16 if count <= 1 << 16 else np.int32),
                "logs": kept.logs.astype(np.float16),
            },
        )

    def log_probability(self, units: Sequence[str]) -> float:
        """Logarithm of the probability of the likeliest way to put units together to words.

        Args:
            units: A sentence as a corrector reads it: its characters if it is Chinese, else its
                words.
        """
        ways: list[_Ways] = [[] for _ in range(len(units) + 1)]
        ways[0] = [(self._numbers.get(START, -1), 0.0)]
        for begin in range(len(units)):
            word = ""
            for end in range(begin + 1, min(len(units), begin + self.longest) + 1):
                word += units[end - 1]
                number = self._numbers.get(word, -1)
                if number >= 0:
                    ways[end].append((number, self._behind(ways[begin], number)))
                elif end == begin + 1:
                    best = max(log for _, log in ways[begin])
                    ways[end].append((-1, best + _UNKNOWN_SHARE))
        if END in self._numbers:
            return self._behind(ways[-1], self._numbers[END])
        return max(log for _, log in ways[-1])

    def _behind(self, ways: _Ways, number: int) -> float:
        """The likeliest way that has a word behind what was read."""
        share, found = self._shares[number], -math.inf
        for last, log in ways:
            pair = None if last < 0 else self._pairs(last).get(number)
            if pair is None:
                pair = share + (0.0 if last < 0 else self._weights[last])
            found = max(found, log + pair)
        return found

    def _pairs(self, first: int) -> dict[int, float]:
        """What stands behind a word, made ready when it is first met: few words are."""
        known = self._followers.get(first)
        if known is None:
            place = slice(*self._table["starts"][first : first + 2])
            seconds, logs = (self._table[name][place].tolist() for name in ("seconds", "logs"))
            known = self._followers[first] = dict(zip(seconds, logs, strict=True))
        return known

    def to_bytes(self) -> bytes:
        """The table as a safetensors file."""
        text = json.dumps([self.longest, *self.words], ensure_ascii=False).encode()
        words = np.frombuffer(text, np.uint8)
        return safetensors.numpy.save({"words": words, **self._table})

    def from_bytes(self, content: bytes) -> None:
        """Take the table of a safetensors file.

        Raises:
            WeightsError: It is damaged.
        """
        try:
            table = safetensors.numpy.load(content)
            first, *words = json.loads(table.pop("words").tobytes())
            longest = int(first)
        except (SafetensorError, KeyError, ValueError, TypeError) as error:
            raise WeightsError(f"The table of pairs of words is damaged: {error}.") from error
        pairs, starts = len(table.get("logs", ())), table.get("starts", np.zeros(0))
        sizes = {"shares": len(words), "weights": len(words), "seconds": pairs, "logs": pairs}
        if (
            not {name: len(table.get(name, ())) for name in sizes} == sizes
            or len(starts) != len(words) + 1
            or starts[0] != 0
            or starts[-1] != pairs
            or (np.diff(starts) < 0).any()
        ):
            raise WeightsError("The table of pairs of words is damaged: its parts do not fit.")
        self._take([str(word) for word in words], longest, table)

    def get_extra_state(self) -> Tensor:
        """The table, for a Lightning checkpoint: bytes, which are plain data."""
        return torch.frombuffer(bytearray(self.to_bytes()), dtype=torch.uint8)

    def set_extra_state(self, state: Tensor) -> None:
        """Read what :meth:`get_extra_state` wrote."""
        self.from_bytes(state.cpu().numpy().tobytes())


def _pruned(table: Bigrams, spelled: npt.NDArray[np.bool_], most_pairs: int) -> Bigrams:
    """Keep some words, and of the pairs of them those that say most.

    Pairs are ranked by how much they change the likelihood of text in which words are as frequent
    as the table says (Stolcke, "Entropy-based Pruning of Backoff Language Models", 1998). Shares
    and back-off weights are set anew, so that probabilities still sum to one.

    Args:
        table: The words and pairs.
        spelled: Which of its W words are kept, ``(W,)``.
        most_pairs: Pairs that are kept.
    """
    words = np.array(table.words)[spelled]
    number = np.cumsum(spelled) - 1
    shares = table.shares[spelled]
    shares = shares - np.logaddexp.reduce(shares)

    inside = spelled[table.firsts] & spelled[table.seconds]
    first, second = number[table.firsts[inside]], number[table.seconds[inside]]
    logs = table.logs[inside]
    backed = table.weights[spelled][first] + shares[second]
    often = np.exp(shares)
    # A sentence begins as often as one ends.
    often[words == START] = often[words == END].sum() or often.max()
    worth = often[first] * np.exp(logs) * np.abs(logs - backed)
    best = np.sort(np.argsort(-worth, kind="stable")[:most_pairs])
    first, second, logs = first[best], second[best], logs[best]

    said, left = (
        np.maximum(1 - np.bincount(first, np.exp(values), minlength=len(words)), _SMALLEST_WEIGHT)
        for values in (logs, shares[second])
    )
    return Bigrams(tuple(words.tolist()), shares, np.log(said / left), first, second, logs)


_EMPTY: dict[str, npt.NDArray[Any]] = {
    "shares": np.zeros(0, np.float32),
    "weights": np.zeros(0, np.float32),
    "starts": np.zeros(1, np.int32),
    "seconds": np.zeros(0, np.uint16),
    "logs": np.zeros(0, np.float16),
}
