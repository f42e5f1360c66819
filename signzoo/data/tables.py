"""Reads tables with a header: CSV, TSV, and the ``|``-separated files that corpora come with."""

import csv
import io
import math
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from signzoo.data.manifest import Row
from signzoo.errors import ManifestError

Columns = Mapping[str, Sequence[str]]

# Where several could separate columns, the one that sentences hold least comes first.
_DELIMITERS = ("\t", "|", ";", ",")
# What separates glosses, apart from spaces. The last two are the Chinese commas.
_SEPARATORS = re.compile(r"[/,;、，]")
# A header is never as long; a file without line breaks may be.
_LONGEST_HEADER = 1 << 16


def read_table(
    path: Path,
    columns: Columns,
    required: Collection[str] = (),
    headerless: Sequence[str] = (),
    lenient: bool = False,
) -> list[Row]:
    """Read the rows of a table, each with the cells of the columns that are known.

    Args:
        path: The table, in UTF-8. What separates its columns is found out.
        columns: For each field the names that its column may have, in lower case.
        required: Fields without whose column the table is refused.
        headerless: The fields of the cells of a table of as many columns that has no header.
        lenient: Take a quote in the middle of a cell for a character, as pandas does.

    Returns:
        Rows whose fields are texts without white space around them. Their numbers are those of
        their last lines in the file.

    Raises:
        ManifestError: The file is missing, empty, not UTF-8 or not a table, a required column is
            missing, or a row has another number of cells than the first.
    """
    text = _read_text(path)
    delimiter = _find_delimiter(
        path, next(filter(str.strip, text.split("\n"))), columns, headerless
    )
    records = list(_records(path, text, delimiter, not lenient))
    header = records[0].values["cells"]
    places = _find_columns(header, columns)
    missing = [field for field in required if field not in places]
    if places and missing:
        raise ManifestError(
            f"{path} has no column for the {missing[0]}, which is called one of: "
            f"{', '.join(columns[missing[0]])}. Its columns are: {', '.join(header)}."
        )
    rows = records[1:] if places else records
    places = places or {field: place for place, field in enumerate(headerless)}
    if not rows:
        raise ManifestError(f"{path} has no rows below its header.")
    for row in rows:
        if len(row.values["cells"]) != len(header):
            raise row.error(
                f"has {len(row.values['cells'])} cells, but the first row has {len(header)}; "
                f"a cell with {delimiter!r} in it must stand in quotes"
            )
    return [
        replace(
            row,
            values={field: row.values["cells"][place].strip() for field, place in places.items()},
        )
        for row in rows
    ]


def known_columns(path: Path, columns: Columns) -> set[str]:
    """Which fields a table has a column for; only its first line is read, and none is a no."""
    try:
        with path.open(encoding="utf-8-sig") as file:
            line = file.readline(_LONGEST_HEADER)
    except (OSError, UnicodeDecodeError):
        return set()
    return max(
        (set(_find_columns(_cells(path, line, each), columns)) for each in _DELIMITERS), key=len
    )


def split_glosses(
    path: Path, column: Sequence[str], separator: str | None = None
) -> list[list[str]]:
    """Split each cell of a column of glosses; spaces around a separator are not part of a gloss.

    Args:
        path: The table that they are from, for errors.
        column: Its cells.
        separator: What stands between two glosses; ``None``: found out, where there is no doubt.

    Raises:
        ManifestError: There is a doubt.
    """
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


def read_seconds(row: Row, field: str) -> float:
    """Read a cell that is a time in seconds.

    Raises:
        ManifestError: It is missing, or no number from 0 on.
    """
    cell = row.get(field, str)
    try:
        seconds = float(cell)
    except ValueError:
        seconds = math.nan
    if not 0 <= seconds < math.inf:
        raise row.error(f"needs seconds as {field!r}, not {cell!r}")
    return seconds


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
        raise ManifestError(f"{path} has no rows.")
    return text


def _find_columns(cells: Sequence[str], columns: Columns) -> dict[str, int]:
    """Which column holds what, by the names in a header; empty if none is known."""
    names = [cell.strip().lower() for cell in cells]
    places = {
        field: [place for place, name in enumerate(names) if name in known]
        for field, known in columns.items()
    }
    return {field: found[0] for field, found in places.items() if found}


def _find_delimiter(path: Path, line: str, columns: Columns, headerless: Sequence[str]) -> str:
    """What separates the columns: what finds most known names in a line, or the fitting count."""
    cells = {delimiter: _cells(path, line, delimiter) for delimiter in _DELIMITERS}
    best = max(_DELIMITERS, key=lambda delimiter: len(_find_columns(cells[delimiter], columns)))
    if _find_columns(cells[best], columns):
        return best
    for delimiter in _DELIMITERS:
        if headerless and len(cells[delimiter]) == len(headerless):
            return delimiter
    header = f"header ({', '.join(columns)})"
    expected = f"no {header}"
    if headerless:
        expected = f"neither a {header} nor a row of {' and '.join(headerless)}"
    raise ManifestError(f"{path} begins with {expected}: {line.strip():.60}")


def _cells(path: Path, line: str, delimiter: str) -> list[str]:
    try:
        return next(_records(path, line, delimiter, strict=True)).values["cells"]
    except (ManifestError, StopIteration):  # another delimiter may explain the quotes
        return []


def _records(path: Path, text: str, delimiter: str, strict: bool) -> Iterator[Row]:
    """The rows of a table that are not empty, with all their ``cells``, by their last lines."""
    # The owners of PHOENIX-2014T write no quotes around cells, so a quote there is a quote.
    quoting: Literal[0, 3] = csv.QUOTE_NONE if delimiter == "|" else csv.QUOTE_MINIMAL
    reader = csv.reader(io.StringIO(text), delimiter=delimiter, quoting=quoting, strict=strict)
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield Row(path, reader.line_num, {"cells": cells})
    except csv.Error as error:
        raise Row(path, reader.line_num, {}).error(
            f"is not a row of a table ({error}); a cell with quotes in it must stand in quotes, "
            "and the quotes in it must be doubled"
        ) from error
