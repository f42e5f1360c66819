"""Reads pairs of a sentence and its glosses from JSONL manifests and from tables.

Tables are CSV, TSV, the official ``|``-separated files of PHOENIX-2014T, and lists of sentence and
gloss string without a header, as CNText2Sign comes.
"""

import csv
import io
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from signzoo.data.manifest import Row, read_manifest, refuse_repeated_ids
from signzoo.errors import ManifestError, UsageError

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
# Where several could separate columns, the one that sentences hold least comes first.
_DELIMITERS = ("\t", "|", ";", ",")
# What separates glosses, apart from spaces. The last two are the Chinese commas.
_SEPARATORS = re.compile(r"[/,;、，]")


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
    text = _read_text(path)
    delimiter = _find_delimiter(path, next(filter(str.strip, text.split("\n"))))
    records = list(_records(path, text, delimiter))
    header = records[0].values["cells"]
    columns = _find_columns(header)
    missing = [field for field in ("text", "gloss") if field not in columns]
    if columns and missing:
        raise ManifestError(
            f"{path} has no column for the {missing[0]}, which is called one of: "
            f"{', '.join(COLUMNS[missing[0]])}. Its columns are: {', '.join(header)}."
        )
    rows = records[1:] if columns else records
    columns = columns or {"text": 0, "gloss": 1}
    if not rows:
        raise ManifestError(f"{path} has no rows below its header.")
    for row in rows:
        if len(row.values["cells"]) != len(header):
            raise row.error(
                f"has {len(row.values['cells'])} cells, but the first row has {len(header)}; "
                f"a cell with {delimiter!r} in it must stand in quotes"
            )
    cells = [[row.values["cells"][columns[field]] for row in rows] for field in ("text", "gloss")]
    glosses = _split_glosses(path, cells[1], separator)
    numbered = "id" not in columns
    return [
        replace(
            row,
            values={
                "id": str(row.number) if numbered else row.values["cells"][columns["id"]].strip(),
                "text": text.strip(),
                "gloss": gloss,
            },
        )
        for row, text, gloss in zip(rows, cells[0], glosses, strict=True)
    ]


def _read_text(path: Path) -> str:
    try:
        text = path.read_text("utf-8-sig")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ManifestError(f"There is no table {path}; check the path that was given.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(
            f"{path} cannot be read as UTF-8 text: {error}. Save the table as UTF-8."
        ) from error
    if not text.strip():
        raise ManifestError(f"{path} has no rows; each must be a sentence and its glosses.")
    return text


def _find_columns(cells: Sequence[str]) -> dict[str, int]:
    """Which column holds what, by the names in a header; empty if none is known."""
    names = [cell.strip().lower() for cell in cells]
    places = {
        field: [place for place, name in enumerate(names) if name in known]
        for field, known in COLUMNS.items()
    }
    return {field: found[0] for field, found in places.items() if found}


def _find_delimiter(path: Path, line: str) -> str:
    """What separates the columns: what finds most known names in a line, or else two cells."""
    cells = {delimiter: _cells(path, line, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: len(_find_columns(cells[delimiter])))
    if _find_columns(cells[best]):
        return best
    for delimiter in _DELIMITERS:
        if len(cells[delimiter]) == 2:
            return delimiter
    raise ManifestError(
        f"{path} begins with neither a header (id, text, gloss) nor a row of two cells, a sentence "
        f"and its glosses: {line.strip():.60}"
    )


def _cells(path: Path, line: str, delimiter: str) -> list[str]:
    try:
        return next(_records(path, line, delimiter)).values["cells"]
    except ManifestError:  # another delimiter may explain the quotes
        return []


def _records(path: Path, text: str, delimiter: str) -> Iterator[Row]:
    """The rows of a table that are not empty, with all their ``cells``, by their last lines."""
    # The owners of PHOENIX-2014T write no quotes around cells, so a quote there is a quote.
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting, strict=True)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(path, reader.line_num, {"cells": cells})
    except csv.Error as error:
        raise Row(path, reader.line_num, {}).error(
            f"is not a row of a table ({error}); a cell with quotes in it must stand in quotes, "
            "and the quotes in it must be doubled"
        ) from error


def _split_glosses(path: Path, column: Sequence[str], separator: str | None) -> list[list[str]]:
    """Split each cell of a column of glosses; spaces around a separator are not part of a gloss."""
    if separator is None:
        found = sorted(set(_SEPARATORS.findall("".join(column))))
        separator = found[0] if found else None
        parts = [part for cell in column for part in cell.split(separator)]
        if len(found) > 1 or any(len(part.split()) > 1 for part in parts):
            raise ManifestError(
                f"{path} separates its glosses by one of: {', '.join(map(repr, [*found, ' ']))}; "
                "give the separator that is meant."
            )
    split = ([part.strip() for part in cell.split(separator)] for cell in column)
    return [[part for part in parts if part] for parts in split]
