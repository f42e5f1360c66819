"""Finds what belongs to a split, as corpora mark it: by a file each, or by a field of each row."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from signzoo.data.manifest import Row
from signzoo.errors import ManifestError

# How corpora call the split that is called dev here.
_DEV = frozenset({"val", "valid", "validation", "development"})


def split_files(files: Mapping[str, Path], split: str) -> dict[str, Path]:
    """The files of a split, by its name; of all splits that are there where ``split`` is empty.

    Args:
        files: Where the file of each split would be.
        split: ``train``, ``dev``, ``test``, or empty.

    Raises:
        ManifestError: The split has no file, or none has one.
    """
    found = {name: path for name, path in files.items() if path.is_file()}
    if split not in ("", *found):
        expected = f": {files[split]} is missing" if split in files else ""
        raise ManifestError(
            f"There is no split {split!r}{expected}; there are: {', '.join(found) or 'none'}."
        )
    if not found:
        raise ManifestError(f"There is none of: {', '.join(map(str, files.values()))}.")
    return {split: found[split]} if split else found


def split_rows(rows: Iterable[Row], split: str, field: str = "split") -> list[Row]:
    """The rows of a split; all of them where ``split`` is empty.

    Rows without the field are in every split. ``val`` and the like are ``dev``.
    """
    return [
        row for row in rows if not split or split_name(str(row.values.get(field) or split)) == split
    ]


def split_name(name: str) -> str:
    """What a split is called here."""
    lower = name.strip().lower()
    return "dev" if lower in _DEV else lower
