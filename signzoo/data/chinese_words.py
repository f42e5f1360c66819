"""Makes an ARPA file of open-gram, which counted the words and pairs of words of much Chinese text.

``python -m signzoo.data.chinese_words FOLDER --out words.arpa`` reads ``lm_sc.t3g`` and
``pydict_sc.bin``, as Debian's package sunpinyin-data has them (CC BY-SA 3.0).
"""

import argparse
import sys
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from signzoo.data.arpa import START, UNKNOWN, Bigrams, write_arpa
from signzoo.errors import ManifestError, SignzooError

_MODEL, _WORDS = "lm_sc.t3g", "pydict_sc.bin"
# The model's tables of probabilities and back-off weights, to which its nodes point.
_PROBABILITIES, _WEIGHTS = 1 << 16, 1 << 14
# A sentence begins as what stands behind a full stop.
_STOP = "。"


class _Level(NamedTuple):
    """The nodes for so many words behind each other; the last one only ends the level.

    Attributes:
        words: Number of each node's last word.
        weights: Its back-off weight.
        probabilities: Its probability behind the words before it.
        children: Place of its first child in the next level.
    """

    words: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float64]
    probabilities: npt.NDArray[np.float64]
    children: npt.NDArray[np.int64]


def read_open_gram(folder: str | Path) -> Bigrams:
    """Read the words and the pairs of open-gram.

    Args:
        folder: Where both files lie.

    Returns:
        They; what was no word in that text, numbers for example, is one unknown word.

    Raises:
        ManifestError: A file is missing, or not what sunpinyin-data has by that name.
    """
    folder = Path(folder)
    names = _read_words(folder / _WORDS)
    single, pair = _read_levels(folder / _MODEL)
    place = np.full(len(names), -1)
    try:
        words = [names[number] or UNKNOWN for number in single.words[:-1]]
        place[single.words[:-1]] = np.arange(len(words))
        firsts = np.repeat(np.arange(len(words)), np.diff(single.children))
        seconds, logs = place[pair.words[:-1]], np.log(pair.probabilities[:-1])
        behind = firsts == words.index(_STOP)
        firsts = np.append(firsts, np.full(behind.sum(), len(words)))
        weights = np.append(single.weights[:-1], single.weights[words.index(_STOP)])
    except (IndexError, ValueError) as error:
        raise ManifestError(
            f"{_MODEL} and {_WORDS} of {folder} do not belong together: {error}."
        ) from error
    return Bigrams(
        (*words, START),
        np.log(np.append(single.probabilities[:-1], 1e-99)),
        np.log(weights),
        firsts,
        np.append(seconds, seconds[behind]),
        np.append(logs, logs[behind]),
    )


def _read_words(path: Path) -> list[str]:
    """The words of sunpinyin's dictionary, by their numbers."""
    try:
        content = path.read_bytes()
        count, _, begin = np.frombuffer(content, "<u4", 3)
        words = content[begin:].decode("utf-32-le").split("\0")
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path} cannot be read as a dictionary: {error}.") from error
    if not 0 < count <= len(words):
        raise ManifestError(f"{path} promises {count} words and has {len(words)}.")
    return words[:count]


def _read_levels(path: Path) -> list[_Level]:
    """The nodes for one word and for two of a threaded model of sunpinyin.

    A node is three numbers of 32 bits, in which lie, from the lowest bit: the word in 18 and the
    back-off weight in 14; the probability in 16 and the first child's low 16; 25 that say where
    threads lead, and the child's high 7. The first node is that for no word.
    """
    try:
        content = path.read_bytes()
        order, logarithms, *sizes = np.frombuffer(content, "<u4", 6).tolist()
        if order != 3 or logarithms:
            raise ValueError("it is no model of three words")
        place, tables = 4 * 6, []
        for size in (_PROBABILITIES, _WEIGHTS):
            tables.append(np.frombuffer(content, "<f4", size, place).astype(np.float64))
            place += 4 * size
        levels = []
        for size in sizes[:3]:
            word, chance, thread = np.frombuffer(content, "<u4", 3 * size, place).reshape(-1, 3).T
            place += 12 * size
            children = (chance >> 16).astype(np.int64) | (thread >> 25).astype(np.int64) << 16
            levels.append(
                _Level(
                    (word & 0x3FFFF).astype(np.int64),
                    tables[1][word >> 18],
                    tables[0][chance & 0xFFFF],
                    children,
                )
            )
    except (OSError, ValueError) as error:
        raise ManifestError(f"{path} cannot be read as a language model: {error}.") from error
    return levels[1:]


def main() -> None:
    """Write the ARPA file."""
    parser = argparse.ArgumentParser(
        prog="python -m signzoo.data.chinese_words", description=__doc__
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help=f"with {_MODEL} and {_WORDS}")
    parser.add_argument("--out", required=True, type=Path, metavar="FILE", help="the new ARPA file")
    given = parser.parse_args()
    try:
        model = read_open_gram(given.folder)
        write_arpa(given.out, model)
    except SignzooError as error:
        sys.exit(str(error))
    print(f"{len(model.words)} words, {len(model.logs)} pairs in {given.out}")


if __name__ == "__main__":
    main()
