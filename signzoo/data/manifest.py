"""Reads JSONL manifests: one JSON object a line, each naming one sample of a data set."""

import json
import os
import zipfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from signzoo.errors import ManifestError

_Value = TypeVar("_Value")
_KINDS = {
    str: "a text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
}


@dataclass(frozen=True)
class Row:
    """One line of a manifest, which knows where it stands.

    Attributes:
        manifest: The file that it is from.
        number: Its line in that file, from 1.
        values: Its fields.
    """

    manifest: Path
    number: int
    values: Mapping[str, Any]

    def get(self, field: str, kind: type[_Value]) -> _Value:
        """Read a field that must be there.

        Raises:
            ManifestError: It is missing, or not of that kind.
        """
        if field not in self.values:
            has = ", ".join(self.values) or "none"
            raise self.error(f"has no field {field!r}; its fields are: {has}")
        value = self.values[field]
        if kind is float and type(value) is int:
            value = float(value)
        # True is an int in Python, but not a count in a manifest.
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise self.error(f"needs {_KINDS.get(kind, kind)} as {field!r}, not {value!r:.60}")
        return value

    def file(self, field: str) -> Path:
        """Find the file that a field names, relative to the manifest's folder.

        Raises:
            ManifestError: There is no such file, or it lies outside the manifest's folder.
        """
        name = self.get(field, str)
        folder = self.manifest.parent.resolve()
        path = (folder / name).resolve()
        if folder not in path.parents:
            raise self.error(
                f"names {name!r} as {field!r}, which leaves the folder; "
                "put the file beside the manifest and name it relative to that"
            )
        if not path.is_file():
            raise self.error(
                f"points nowhere: there is no {field} file {name!r} in {self.manifest.parent}; "
                "restore the file or remove the row"
            )
        return path

    def name(self, field: str) -> str:
        """Read a field that names a file or folder whose own folder the corpus prescribes.

        Raises:
            ManifestError: It is missing, empty, or leads to another folder.
        """
        name = self.get(field, str)
        # Windows parts paths at both.
        if name in ("", ".", "..") or "/" in name or "\\" in name:
            raise self.error(f"needs the name of one file or folder as {field!r}, not {name!r}")
        return name

    def error(self, problem: str) -> ManifestError:
        """Make the error that says what is wrong with this row."""
        return ManifestError(f"{self.manifest}, row {self.number} {problem}.")


def read_manifest(path: str | os.PathLike[str]) -> list[Row]:
    """Read a manifest whose rows each have a text field ``id`` of their own.

    Empty lines are skipped, and counted.

    Raises:
        ManifestError: The file is missing, empty or not JSONL, or an id is missing or repeated.
    """
    path = Path(path)
    try:
        lines = path.read_text("utf-8-sig").split("\n")
    except (FileNotFoundError, NotADirectoryError) as error:
        raise ManifestError(
            f"There is no manifest {path}; check the folder that was given."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    rows = [_parse(path, number, line) for number, line in enumerate(lines, 1) if line.strip()]
    if not rows:
        raise ManifestError(f"{path} has no rows; each line must be a JSON object.")
    refuse_repeated_ids(rows)
    return rows


def first_row(path: str | os.PathLike[str]) -> Row | None:
    """Read only the first line of a manifest; none where it is no JSON object or is not there."""
    path = Path(path)
    try:
        with path.open(encoding="utf-8-sig") as file:
            return _parse(path, 1, file.readline())
    except (OSError, UnicodeDecodeError, ManifestError):
        return None


def read_arrays(path: str | os.PathLike[str]) -> dict[str, np.ndarray]:
    """Read the arrays of an ``.npz`` file that lies beside a manifest.

    Raises:
        ManifestError: The file is missing or damaged.
    """
    with _arrays(path) as file:
        return {key: file[key] for key in file.files}


def read_array(path: str | os.PathLike[str], name: str) -> np.ndarray:
    """Read one array of an ``.npz`` file; the others are not loaded.

    Raises:
        ManifestError: The file or the array is missing or damaged.
    """
    with _arrays(path) as file:
        if name not in file.files:
            raise ManifestError(f"{path} has no {name!r}; the corpus is incomplete.")
        return file[name]


def array_names(path: str | os.PathLike[str]) -> frozenset[str]:
    """List the arrays of an ``.npz`` file without loading one.

    Raises:
        ManifestError: The file is missing or damaged.
    """
    with _arrays(path) as file:
        return frozenset(file.files)


@contextmanager
def _arrays(path: str | os.PathLike[str]) -> Iterator[Any]:
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except FileNotFoundError as error:
        raise ManifestError(f"There is no {path}; the corpus is incomplete.") from error
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ManifestError(f"{path} is not a readable .npz file: {error}.") from error


def refuse_repeated_ids(rows: Sequence[Row]) -> None:
    """Check that every row has a text field ``id`` of its own.

    Raises:
        ManifestError: An id is missing or repeated.
    """
    first: dict[str, int] = {}
    for row in rows:
        earlier = first.setdefault(row.get("id", str), row.number)
        if earlier != row.number:
            raise row.error(f"repeats the id {row.values['id']!r} of row {earlier}; rename one")


def _parse(path: Path, number: int, line: str) -> Row:
    try:
        values = json.loads(line)
    except json.JSONDecodeError as error:
        raise ManifestError(
            f"{path}, row {number} is not JSON ({error.msg} at column {error.colno}); "
            "each line must be one whole JSON object."
        ) from error
    if not isinstance(values, dict):
        raise ManifestError(f"{path}, row {number} must be a JSON object, not {line.strip():.60}.")
    return Row(path, number, values)
