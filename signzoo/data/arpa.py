"""Reads and writes back-off models of words and pairs of words, in the ARPA format.

KenLM, SRILM and most other tools for n-grams write it and read it.
"""

import math
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from signzoo._files import atomic_path
from signzoo.errors import ManifestError

START, END, UNKNOWN = "<s>", "</s>", "<unk>"
_NEVER = -99.0  # what ARPA writes for the logarithm of zero, which a start has


@dataclass(frozen=True)
class Bigrams:
    """A back-off model of pairs (Katz, "Estimation of Probabilities from Sparse Data", 1987).

    A word is as likely behind another as the pair says; where there is no pair, as likely as
    anywhere, times the weight of the first word. All are natural logarithms.

    Attributes:
        words: W words, :data:`START` and :data:`END` among them where it knows those.
        shares: Of each word's probability, ``(W,)``; of :data:`START` very small.
        weights: Of each word's back-off weight, ``(W,)``.
        firsts: Numbers of the first words of N pairs, ``(N,)``, ascending.
        seconds: Numbers of the words behind them, ``(N,)``.
        logs: Of the probability of the second word behind the first, ``(N,)``.
    """

    words: tuple[str, ...]
    shares: npt.NDArray[np.float64]
    weights: npt.NDArray[np.float64]
    firsts: npt.NDArray[np.int64]
    seconds: npt.NDArray[np.int64]
    logs: npt.NDArray[np.float64]


def read_arpa(path: str | os.PathLike[str]) -> Bigrams:
    """Read the words and the pairs of an ARPA file; longer n-grams are passed over.

    Args:
        path: A UTF-8 text file.

    Raises:
        ManifestError: The file is missing or malformed.
    """
    numbers: dict[str, int] = {}
    singles: list[tuple[float, float]] = []
    pairs: list[tuple[int, int, float]] = []
    for place, order, line in _grams(Path(path)):
        try:
            log, words, weight = _fields(line, order)
            if order == 1:
                numbers[words[0]] = len(singles)
                singles.append((log, weight))
            else:
                pairs.append((numbers[words[0]], numbers[words[1]], log))
        except (ValueError, KeyError) as error:
            raise ManifestError(
                f"{path}, line {place}: {line[:80]!r} is no {order}-gram of an ARPA file "
                f"({error}); it needs a logarithm, a tab and known words."
            ) from error
    if not pairs or len(numbers) != len(singles):
        raise ManifestError(
            f"{path} has {len(numbers)} different words and {len(pairs)} pairs in the form of an "
            "ARPA file; make it with order 2 at least, for example by KenLM's lmplz -o 2."
        )
    pairs.sort()
    shares, weights = np.array(singles).T * math.log(10)
    first, second, logs = (np.array(column) for column in zip(*pairs, strict=True))
    return Bigrams(tuple(numbers), shares, weights, first, second, logs * math.log(10))


def _grams(path: Path) -> Iterator[tuple[int, int, str]]:
    """The lines of words and of pairs: place in the file, 1 or 2 words, and what it says."""
    order = 0
    try:
        with path.open(encoding="utf-8") as file:
            for place, line in enumerate(file, 1):
                line = line.strip(" \r\n")
                if line.startswith("\\") and "\t" not in line:
                    if order == 2 or line == "\\end\\":
                        return  # longer ones follow
                    order = {"\\1-grams:": 1, "\\2-grams:": 2}.get(line, 0)
                elif order and line:
                    yield place, order, line
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as UTF-8 text: {error}.") from error


def _fields(line: str, order: int) -> tuple[float, list[str], float]:
    """Logarithm, words and weight of a line."""
    log, words, *weight = line.split("\t")
    names = words.split(" ")
    values = float(log), float(weight[0]) if weight else 0.0
    if len(names) != order or not all(names):
        raise ValueError(f"it has {len(names)} words")
    if not all(map(math.isfinite, values)) or values[0] > 0:
        raise ValueError("no logarithm of a probability")
    return values[0], names, values[1]


def write_arpa(path: str | os.PathLike[str], model: Bigrams) -> None:
    """Write an ARPA file.

    Raises:
        DiskError: It could not be written.
    """
    with atomic_path(path) as part, part.open("w", encoding="utf-8") as file:
        file.writelines(_lines(model))


def _lines(model: Bigrams) -> Iterator[str]:
    yield f"\\data\\\nngram 1={len(model.words)}\nngram 2={len(model.logs)}\n\n\\1-grams:\n"
    shares = np.maximum(model.shares / math.log(10), _NEVER)
    for word, share, weight in zip(model.words, shares, model.weights / math.log(10), strict=True):
        yield f"{share:.6f}\t{word}\t{weight:.6f}\n"
    yield "\n\\2-grams:\n"
    pairs = zip(model.firsts, model.seconds, model.logs / math.log(10), strict=True)
    for first, second, log in pairs:
        yield f"{log:.6f}\t{model.words[first]} {model.words[second]}\n"
    yield "\n\\end\\\n"
