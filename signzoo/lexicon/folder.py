"""Reads lexicon folders: ``index.csv`` and a pose file a sign, as spoken-to-signed lays them out.

The columns are ``path, spoken_language, signed_language, start, end, words, glosses, priority``:
the part of the file that is the sign in milliseconds (an end of 0 is the end of the file), the
word and the gloss it is found by, and which of several is preferred (lower first). An optional
column ``kind`` marks the letters of a fingerspelling alphabet with ``letter``.
"""

import csv
import importlib.util
import math
import os
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from signzoo.errors import LexiconError, MissingPackageError
from signzoo.structures import Pose
from signzoo.transforms.text import primary_subtag

COLUMNS = (
    "path",
    "spoken_language",
    "signed_language",
    "start",
    "end",
    "words",
    "glosses",
    "priority",
)


@dataclass(frozen=True, slots=True)
class Entry:
    """One sign or letter of a lexicon.

    Attributes:
        file: Its pose file.
        written_language: BCP 47 code of the language of ``word``.
        signed_language: ISO 639-3 code.
        word: The word that it stands for.
        gloss: Its name as a sign.
        start: First millisecond of the sign in the file.
        end: The millisecond after it; 0 for the end of the file.
        priority: Lower is preferred.
        is_letter: It belongs to a fingerspelling alphabet.
    """

    file: Path
    written_language: str
    signed_language: str
    word: str
    gloss: str
    start: int = 0
    end: int = 0
    priority: int = 0
    is_letter: bool = False

    def read(self) -> Pose:
        """Read the sign's frames.

        Raises:
            MediaError: The file is corrupt.
            LexiconError: The row's times leave no frame.
        """
        pose = Pose.read(self.file)
        first = math.floor(self.start / 1000 * pose.fps)
        last = math.ceil(self.end / 1000 * pose.fps) if self.end else len(pose)
        if not len(pose[first:last]):
            raise LexiconError(
                f"{self.file} lasts {pose.seconds:.2f} s, but its row in index.csv takes the part "
                f"from {self.start} to {self.end} ms. Correct `start` and `end`."
            )
        return pose[first:last]


@dataclass(frozen=True)
class Lexicon:
    """Signs and letters by word and gloss. ``own + other`` looks in ``own`` first.

    Attributes:
        entries: The rows, those that win first.
    """

    entries: tuple[Entry, ...]

    def __add__(self, other: "Lexicon") -> "Lexicon":
        return Lexicon(self.entries + other.entries)

    @staticmethod
    def open(folder: str | os.PathLike[str], letters: bool = False) -> "Lexicon":
        """Read a folder's index; the poses are read when they are needed.

        Args:
            folder: Where ``index.csv`` lies.
            letters: All rows are letters, whatever their kind.

        Raises:
            LexiconError: There is no readable index, or a row points nowhere.
        """
        index = Path(folder) / "index.csv"
        if not index.is_file():
            raise LexiconError(
                f"{folder} is not a lexicon: it has no index.csv. "
                "`signzoo lexicon build CLIPS_DIR OUT` makes a lexicon from a folder of clips."
            )
        try:
            with index.open(encoding="utf-8-sig", newline="") as file:
                reader = csv.DictReader(file)
                missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
                if missing:
                    raise LexiconError(
                        f"{index} lacks the columns {', '.join(missing)}; it needs "
                        f"{', '.join(COLUMNS)}."
                    )
                rows = [_read_row(index, reader.line_num, row, letters) for row in reader]
        except UnicodeDecodeError as error:
            raise LexiconError(f"{index} is not UTF-8 text: {error}.") from error
        if not rows:
            raise LexiconError(f"{index} has no rows, so the lexicon has no signs.")
        return Lexicon(tuple(sorted(rows, key=lambda entry: entry.priority)))

    @staticmethod
    def fingerspelling() -> "Lexicon":
        """The embedded default: the alphabets of 20 sign languages from spoken-to-signed.

        Raises:
            MissingPackageError: That package is not installed.
        """
        package = importlib.util.find_spec("spoken_to_signed")
        if package is None or not package.submodule_search_locations:
            raise MissingPackageError(
                "The fingerspelling lexicon is part of the package spoken-to-signed, which is not "
                "installed. Install it with `pip install spoken-to-signed`."
            )
        root = Path(package.submodule_search_locations[0])
        return Lexicon.open(root / "assets" / "fingerspelling_lexicon", letters=True)

    @cached_property
    def languages(self) -> tuple[tuple[str, str], ...]:
        """The pairs of written and signed language that have entries."""
        return tuple(sorted({(e.written_language, e.signed_language) for e in self.entries}))

    def signs(self, written_language: str, signed_language: str) -> Mapping[str, Entry]:
        """The signs of a language pair by their folded word and gloss."""
        return self._index.get((written_language, signed_language, False), {})

    def letters(self, written_language: str, signed_language: str) -> Mapping[str, Entry]:
        """The letters of a language pair by their folded form; ``sch`` may be one letter."""
        return self._index.get((written_language, signed_language, True), {})

    @cached_property
    def _index(self) -> dict[tuple[str, str, bool], dict[str, Entry]]:
        index: dict[tuple[str, str, bool], dict[str, Entry]] = {}
        for entry in self.entries:
            pair = (entry.written_language, entry.signed_language, entry.is_letter)
            names = index.setdefault(pair, {})
            for name in filter(None, (fold(entry.word), fold(entry.gloss))):
                names.setdefault(name, entry)
        return index


def fold(label: str) -> str:
    """The form in which labels are compared: composed, lower case, without outer spaces."""
    return unicodedata.normalize("NFC", label).strip().lower()


def _read_row(index: Path, line: int, row: dict[str, str], letters: bool) -> Entry:
    where = f"{index}, line {line}"
    file = index.parent / (row["path"] or "")
    if not file.resolve().is_relative_to(index.parent.resolve()):
        raise LexiconError(f"{where}: {row['path']} leaves the lexicon's folder; move it inside.")
    if not file.is_file():
        raise LexiconError(
            f"{where}: {row['path'] or 'the empty path'} is not a file in {index.parent}. "
            "Restore the pose file or delete the row."
        )
    try:
        start, end, priority = (int(row[name] or 0) for name in ("start", "end", "priority"))
    except (TypeError, ValueError) as error:
        raise LexiconError(
            f"{where}: start, end and priority are whole numbers: {error}."
        ) from None
    return Entry(
        file,
        primary_subtag(row["spoken_language"]),
        row["signed_language"].strip().lower(),
        row["words"],
        row["glosses"],
        start,
        end,
        priority,
        letters or row.get("kind") == "letter",
    )
