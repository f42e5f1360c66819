"""Reads pairs of a sentence and its glosses from JSONL manifests and from tables.

Tables are CSV, TSV, the official ``|``-separated files of PHOENIX-2014T, and lists of sentence and
gloss string without a header, as CNText2Sign comes.
"""

import os
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from signzoo.data.manifest import Row, read_manifest, refuse_repeated_ids
from signzoo.data.tables import read_table, split_glosses
from signzoo.errors import UsageError

PairFormat = Literal["jsonl", "table"]

# What the columns of a table may be called, in any case; name and orth are PHOENIX-2014T's.
COLUMNS = {
    "id": ("id", "name"),
    "text": ("text", "sentence", "translation"),
    "gloss": ("gloss", "glosses", "orth"),
}
SUFFIXES: dict[str, PairFormat] = {
    ".jsonl": "jsonl",
    ".csv": "table",
    ".tsv": "table",
    ".txt": "table",
}


@dataclass(frozen=True, slots=True)
class TextGlossPair:
    """A sentence and what is signed for it.

    Attributes:
        id: Its name, unlike any other in its file.
        text: The sentence.
        gloss: The gloss labels in the order of signing, without spaces in them.
    """

    id: str
    text: str
    gloss: tuple[str, ...]


def read_pairs(
    path: str | os.PathLike[str], format: PairFormat | None = None, separator: str | None = None
) -> list[TextGlossPair]:
    """Read the pairs of one file, in its order.

    Args:
        path: A JSONL manifest of rows ``{"id", "text", "gloss": [...]}``; or a table with columns
            of :data:`COLUMNS`; or a table of two columns without a header, the sentence and its
            glosses. A pair without an id is named by its line, from 1.
        format: ``None``: what the file's suffix says.
        separator: What stands between two glosses in a table; ``None``: found out, where the
            column of glosses leaves no doubt.

    Raises:
        UsageError: The format is unknown, or the separator is empty.
        ManifestError: The file is missing, empty or malformed, or a pair lacks its text or its
            glosses, repeats an id, or has a gloss with a space.
    """
    path = Path(path)
    format = format or SUFFIXES.get(path.suffix.lower())
    if format not in SUFFIXES.values():
        raise UsageError(
            f"Nothing says how {path} is to be read; give it one of the suffixes "
            f"{', '.join(SUFFIXES)}, or give the format: jsonl or table."
        )
    if separator == "":
        raise UsageError("The separator of glosses needs at least one character.")
    rows = read_manifest(path) if format == "jsonl" else _read_table(path, separator)
    pairs = [_pair(row) for row in rows]
    if format == "table":  # a manifest was checked when it was read
        refuse_repeated_ids(rows)
    return pairs


def _pair(row: Row) -> TextGlossPair:
    identity, text, glosses = row.get("id", str), row.get("text", str), row.get("gloss", list)
    for field, value in (("id", identity.strip()), ("text", text.strip()), ("gloss", glosses)):
        if not value:
            raise row.error(f"has an empty {field}; fill it in or remove the row")
    for gloss in glosses:
        if not isinstance(gloss, str) or gloss.split() != [gloss]:
            raise row.error(
                f"has the gloss {gloss!r}; each must be one word without spaces, since glosses "
                "are joined with spaces"
            )
    return TextGlossPair(identity, text, tuple(glosses))


def _read_table(path: Path, separator: str | None) -> list[Row]:
    both = ("text", "gloss")
    rows = read_table(path, COLUMNS, required=both, headerless=both)
    glosses = split_glosses(path, [row.get("gloss", str) for row in rows], separator)
    return [
        replace(row, values={"id": str(row.number), **row.values, "gloss": gloss})
        for row, gloss in zip(rows, glosses, strict=True)
    ]
