"""Reads the records of published weights: one ``weights.toml`` in the folder of each.

Records are read from the ``checkpoints`` folder that comes with signzoo and from the user's own
``SIGNZOO_HOME/checkpoints``. Nothing else is a source: who drops a folder there has a weight that
is listed, shown and loaded by name. Neither torch nor pooch is imported here.

``python -m signzoo.hub.catalog`` writes the index ``checkpoints/README.md`` anew;
``python -m signzoo.hub.catalog FOLDER`` prints the ``[[files]]`` of a record for a new folder.
"""

import logging
import re
import sys
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from pathlib import Path, PurePosixPath
from types import UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

from signzoo._files import write_text
from signzoo.errors import SignzooError, UsageError, WeightsError, did_you_mean
from signzoo.hub import registry
from signzoo.hub.folders import home, package_folder

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

RECORD = "weights.toml"
CARD = "README.md"

_NAME = re.compile(r"[a-z0-9]+([._-][a-z0-9]+)*")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_SIGNED_LANGUAGE = re.compile(r"[a-z]{3}")  # ISO 639-3
_WRITTEN_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{1,8})*")  # BCP 47
_log = logging.getLogger(__name__)
_Table = TypeVar("_Table")


@dataclass(frozen=True)
class RemoteFile:
    """One file of a weight.

    Attributes:
        path: Where it lies in the weight's folder, with forward slashes.
        sha256: Its SHA-256 in hexadecimal.
        size: Its size in bytes.
        url: Where it can be fetched from, if it has a public address.
    """

    path: str
    sha256: str
    size: int
    url: str | None = None

    def __post_init__(self) -> None:
        parts = PurePosixPath(self.path).parts
        leaves = not parts or parts[0] == "/" or ".." in parts or re.search(r"[\\:]", self.path)
        if leaves or self.path in (RECORD, CARD):
            raise ValueError(f"a file cannot be named {self.path!r}")
        if not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"sha256 of {self.path} needs 64 digits 0-9a-f, not {self.sha256!r}")
        if self.size <= 0:
            raise ValueError(f"size of {self.path} must be above zero, not {self.size}")
        if self.url is not None and urlsplit(self.url).scheme not in ("http", "https"):
            raise ValueError(f"url of {self.path} must begin with http:// or https://")


@dataclass(frozen=True)
class Metric:
    """One measured number, with what is needed to measure it again.

    Attributes:
        name: What was measured, for example ``"F1"``.
        value: The number.
        interval: Its 95 % bootstrap interval, lower and upper end.
        dataset: On what it was measured.
        split: On which part of it.
        signature: How it was counted: tokenisation, threshold, version of the scorer.
        command: The command that measures it again.
    """

    name: str
    value: float
    dataset: str
    split: str
    signature: str
    command: str
    interval: tuple[float, float] | None = None

    def __str__(self) -> str:
        text = f"{self.name} {self.value:g}"
        return (
            text
            if self.interval is None
            else f"{text} [{self.interval[0]:g}, {self.interval[1]:g}]"
        )


@dataclass(frozen=True)
class Licence:
    """The terms of a weight, which can differ in three ways.

    Attributes:
        code: Of the code that runs it.
        weights: Of the numbers.
        data: Of what it was trained on.
    """

    code: str
    weights: str
    data: str


@dataclass(frozen=True)
class Weights:
    """The record of one published weight.

    Attributes:
        name: Name of its folder, ``component[-size]-corpus``.
        component: The component that it belongs to.
        summary: What it does, in one line.
        signed_languages: ISO 639-3 codes of the sign languages it knows; empty if it needs none.
        written_languages: BCP 47 codes of the written languages it knows; empty if it needs none.
        licence: The terms of code, weights and data.
        training_data: The data sets it was trained on, one line each.
        files: Its files, without record and card.
        metrics: How well it does, the most telling number first.
        folder: Where the record lies.
    """

    name: str
    component: str
    summary: str
    signed_languages: tuple[str, ...]
    written_languages: tuple[str, ...]
    licence: Licence
    training_data: tuple[str, ...]
    files: tuple[RemoteFile, ...]
    folder: Path
    metrics: tuple[Metric, ...] = ()

    def __post_init__(self) -> None:
        if self.name != self.folder.name:
            raise ValueError(f"name is {self.name!r}, but its folder is {self.folder.name!r}")
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"name {self.name!r} must be of a-z and 0-9, joined by - _ .")
        paths = [file.path for file in self.files]
        if not paths or len(set(paths)) < len(paths):
            raise ValueError("files must name at least one file, and none twice")
        for code in self.signed_languages:
            if not _SIGNED_LANGUAGE.fullmatch(code):
                raise ValueError(f"signed language {code!r} is no ISO 639-3 code, such as 'gsg'")
        for code in self.written_languages:
            if not _WRITTEN_LANGUAGE.fullmatch(code):
                raise ValueError(f"written language {code!r} is no BCP 47 code, such as 'de'")

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)

    @property
    def languages(self) -> str:
        """Signed and written languages for people, for example ``"gsg / de"``."""
        sides = (self.signed_languages, self.written_languages)
        return " / ".join(", ".join(codes) for codes in sides if codes) or "no language"

    @property
    def card(self) -> str:
        """Text of the model card; empty where there is none."""
        path = self.folder / CARD
        return path.read_text(encoding="utf-8") if path.is_file() else ""


def list_weights(component: str | None = None) -> tuple[Weights, ...]:
    """Read all records, sorted by name.

    Args:
        component: Only weights of this component.

    Raises:
        UsageError: There is no such component.
        WeightsError: A record is malformed.
    """
    if component is not None:
        registry.component(component)  # refuses an unknown one
    found = [read_record(folder) for _, folder in sorted(_record_folders().items())]
    return tuple(each for each in found if component in (None, each.component))


def find_weights(name: str) -> Weights:
    """Read the record of one weight.

    Raises:
        UsageError: No weight has that name; the message lists similar ones.
        WeightsError: The record is malformed.
    """
    folders = _record_folders()
    if name in folders:
        return read_record(folders[name])
    hint = did_you_mean(name, folders)
    raise UsageError(f"There are no weights {name!r}. {hint}`signzoo models` lists all.")


def read_record(folder: Path) -> Weights:
    """Read and check the ``weights.toml`` of one folder.

    Raises:
        WeightsError: It is missing or malformed; the message says where.
    """
    path = folder / RECORD
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        return _build(Weights, {**table, "folder": folder.absolute()})
    except (OSError, ValueError) as error:  # TOMLDecodeError and UnicodeDecodeError are ValueErrors
        raise WeightsError(f"{path} is not a record of weights: {error}.") from error


def readable_size(num_bytes: int) -> str:
    """Write a number of bytes for people, in steps of 1000: ``"1.2 MB"``."""
    size, units = float(num_bytes), iter(("B", "kB", "MB", "GB"))
    unit = next(units)
    while size >= 999.5 and unit != "GB":
        size, unit = size / 1000, next(units)
    return f"{size:.3g} {unit}"


def index_markdown(folder: Path | None = None, links: str = "") -> str:
    """Make the table of the published weights.

    Args:
        folder: Where the records are; by default the ``checkpoints`` that come with signzoo.
        links: What leads from the page that shows the table to that folder, such as
            ``"checkpoints/"``.
    """
    lines = [
        "| weights | component | signed / written | size | first metric | measured on | licence |",
        "|---|---|---|---|---|---|---|",
    ]
    for _, path in sorted(_folders_in(folder or package_folder("checkpoints")).items()):
        weights = read_record(path)
        metric = weights.metrics[0] if weights.metrics else None
        cells = (
            f"[{weights.name}]({links}{weights.name}/{CARD})",
            weights.component,
            weights.languages,
            readable_size(weights.size),
            str(metric or "not measured"),
            f"{metric.dataset}, {metric.split}" if metric else "",
            weights.licence.weights,
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"


def index_page(folder: Path | None = None) -> str:
    """Make the whole of ``checkpoints/README.md``."""
    return (
        "# Published weights\n\n"
        "One folder a weight. This page is made from the records in them by\n"
        "`python -m signzoo.hub.catalog`; a test compares it with them, so do not edit it.\n"
        "How to add one: `docs/guides/publish_weights.md`.\n\n" + index_markdown(folder)
    )


def describe_files(folder: Path) -> str:
    """Write the ``[[files]]`` of the record for a folder, as TOML to paste.

    Raises:
        UsageError: The folder holds no files, or does not exist.
    """
    import pooch  # type: ignore[import-untyped]

    paths = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    named = [path for path in paths if path.relative_to(folder).as_posix() not in (RECORD, CARD)]
    if not named:
        raise UsageError(
            f"{folder} holds no files to describe; `signzoo export` makes such a folder."
        )
    return "\n".join(
        "[[files]]\n"
        f'path = "{path.relative_to(folder).as_posix()}"\n'
        f'sha256 = "{pooch.file_hash(str(path))}"\n'
        f"size = {path.stat().st_size}\n"
        for path in named
    )


def _record_folders() -> dict[str, Path]:
    """Folders of all records by name; signzoo's own come before the user's of the same name."""
    users, own = _folders_in(home() / "checkpoints"), _folders_in(package_folder("checkpoints"))
    for name in users.keys() & own.keys():
        _log.warning("%s is hidden by signzoo's own weights of that name; rename it.", users[name])
    return {**users, **own}


def _folders_in(parent: Path) -> dict[str, Path]:
    return {path.parent.name: path.parent for path in parent.glob(f"*/{RECORD}")}


def _build(kind: type[_Table], table: Any) -> _Table:
    """Make a dataclass of a TOML table, strictly: no unknown, missing or mistyped key."""
    if not isinstance(table, Mapping):
        raise ValueError(f"{kind.__name__.lower()} must be a table, not {table!r}")
    hints = get_type_hints(kind)
    unknown = table.keys() - hints.keys()
    needed = {field.name for field in fields(kind) if field.default is MISSING}  # type: ignore[arg-type]
    missing = needed - table.keys()
    if unknown or missing:
        words = [f"unknown {', '.join(sorted(unknown))}"] if unknown else []
        words += [f"missing {', '.join(sorted(missing))}"] if missing else []
        raise ValueError(f"{kind.__name__.lower()} has {' and '.join(words)}")
    return kind(**{key: _convert(hints[key], value, key) for key, value in table.items()})


def _convert(hint: Any, value: Any, key: str) -> Any:
    """Bring a TOML value to the type that a field declares."""
    if isinstance(hint, UnionType):  # X | None; TOML has no null, so the value is an X
        hint = get_args(hint)[0]
    if get_origin(hint) is tuple:
        if not isinstance(value, list):
            raise ValueError(f"{key} must be a list, not {value!r}")
        inner = get_args(hint)
        kinds = [inner[0]] * len(value) if inner[1] is Ellipsis else inner
        if len(kinds) != len(value):
            raise ValueError(f"{key} needs {len(kinds)} values, not {len(value)}")
        return tuple(_convert(each, item, key) for each, item in zip(kinds, value, strict=True))
    if hint in (Licence, Metric, RemoteFile):
        return _build(hint, value)
    if hint is float and type(value) is int:
        return float(value)
    if isinstance(hint, type) and isinstance(value, hint) and type(value) is not bool:
        return value
    raise ValueError(f"{key} must be {getattr(hint, '__name__', hint)}, not {value!r}")


def main() -> None:
    """Print the files of the folder that is named, or else write the index."""
    try:
        if len(sys.argv) > 1:
            print(describe_files(Path(sys.argv[1])), end="")
        else:
            target = package_folder("checkpoints") / CARD
            write_text(target, index_page())
            print(target)
    except SignzooError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
