"""Cuts running Chinese text into sentences, from which a text corrector learns the language.

``python -m signzoo.data.chinese_text FILE ... --out general.jsonl`` reads UTF-8 text, a paragraph a
line; ``--tagged FILE ...`` files whose words are written ``word/tag``, as annotated corpora are.
"""

import argparse
import json
import random
import re
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from signzoo._files import write_text
from signzoo.errors import ManifestError, SignzooError

# Digits and letters of full width, and punctuation of half width, to what the corpora of signing
# write. Quotation marks go: they are seldom closed in the sentence that opens them.
_WIDTHS = str.maketrans(
    {
        chr(code): chr(code - 0xFEE0)
        for a, b in ("０９", "ＡＺ", "ａｚ")
        for code in range(ord(a), ord(b) + 1)
    }
    | {",": "，", "?": "？", "!": "！", ";": "；", "．": ".", "“": None, "”": None, '"': None}
)
_SENTENCE = re.compile(r"[^。！？；…]+[。！？；…]?")
_CLAUSE = re.compile(r"[^，]+，?")
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
# A sentence of more characters is cut at commas, into pieces of at most so many.
_LONG, _PIECE = 45, 40
# What is kept: so many characters, of them at least so many and such a share Chinese.
_LONGEST, _FEWEST, _SHARE = 70, 4, 0.6


def chinese_sentences(paragraphs: Iterable[str]) -> Iterator[str]:
    """Cut paragraphs into sentences that end in a full stop, an exclamation or question mark.

    What is hardly Chinese, or has fewer than four Chinese characters, is left out, and so is what
    was given before.
    """
    seen = set()
    for paragraph in paragraphs:
        text = "".join(paragraph.translate(_WIDTHS).split())
        for sentence in _SENTENCE.findall(text):
            for piece in _pieces(sentence):
                count = len(_CHINESE.findall(piece))
                if count < _FEWEST or len(piece) > _LONGEST or count < _SHARE * len(piece):
                    continue
                piece = piece.lstrip("，、：")
                if piece[-1] not in "。！？":
                    piece = piece.rstrip("；…，、") + "。"
                if piece not in seen:
                    seen.add(piece)
                    yield piece


def without_tags(line: str) -> str:
    """The text of a line of ``word/tag`` pairs."""
    return "".join(pair.rsplit("/", 1)[0] for pair in line.split())


def _pieces(sentence: str) -> list[str]:
    """A sentence, or clauses of a long one as far as they fit into a piece."""
    if len(sentence) <= _LONG:
        return [sentence]
    pieces = [""]
    for clause in _CLAUSE.findall(sentence):
        if pieces[-1] and len(pieces[-1]) + len(clause) > _PIECE:
            pieces.append("")
        pieces[-1] += clause
    return pieces


def _read(paths: Sequence[Path]) -> Iterator[str]:
    for path in paths:
        try:
            yield from path.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise ManifestError(f"{path} cannot be read as UTF-8 text: {error}.") from error


def main() -> None:
    """Write the sentences of the files that are named, in random order."""
    parser = argparse.ArgumentParser(
        prog="python -m signzoo.data.chinese_text", description=__doc__
    )
    parser.add_argument("files", nargs="*", type=Path, metavar="FILE", help="running text")
    parser.add_argument("--tagged", nargs="+", default=[], type=Path, metavar="FILE")
    parser.add_argument(
        "--out", required=True, type=Path, metavar="FILE", help="the new JSONL file"
    )
    parser.add_argument("--seed", type=int, default=0, help="of the order (default 0)")
    given = parser.parse_args()
    try:
        tagged = map(without_tags, _read(given.tagged))
        sentences = list(chinese_sentences([*tagged, *_read(given.files)]))
        if not sentences:
            parser.error("there is no Chinese sentence in these files")
        random.Random(given.seed).shuffle(sentences)
        rows = ({"id": f"{i:06d}", "text": text} for i, text in enumerate(sentences))
        write_text(given.out, "".join(json.dumps(r, ensure_ascii=False) + "\n" for r in rows))
    except SignzooError as error:
        sys.exit(str(error))
    print(f"{len(sentences)} sentences, {sum(map(len, sentences))} characters in {given.out}")


if __name__ == "__main__":
    main()
