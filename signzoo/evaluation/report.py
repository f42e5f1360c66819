"""What an evaluation says, and how it is printed and kept: scores, intervals, the command."""

import hashlib
import json
import math
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from signzoo import __version__
from signzoo._files import write_text
from signzoo.evaluation.bootstrap import Difference, Interval, Resampling


@dataclass(frozen=True, slots=True)
class Report:
    """Scores with all that it takes to make them again.

    Attributes:
        task: What was evaluated, ``text`` for example.
        command: The command that made this report.
        facts: What the scores are of: language, number of sentences, files with their hashes.
        resampling: How the intervals were drawn.
        scores: Intervals by score, for each system by name; the system in question first.
        differences: How much it scores over each other system that it is compared with.
        signatures: How each score was computed.
    """

    task: str
    command: str
    facts: Mapping[str, Any]
    resampling: Resampling
    scores: Mapping[str, Mapping[str, Interval]]
    differences: Mapping[str, Mapping[str, Difference]] = field(default_factory=dict)
    signatures: Mapping[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; a score that could not be had is ``None``."""
        content = {"signzoo": __version__, **asdict(self)}
        return {name: _without_nan(value) for name, value in content.items()}

    def write(self, folder: str | os.PathLike[str]) -> Path:
        """Write ``scores.json`` into ``folder`` and return its path.

        Raises:
            DiskError: Nothing could be written there.
        """
        path = Path(folder) / "scores.json"
        write_text(path, json.dumps(self.to_dict(), ensure_ascii=False, indent=2) + "\n")
        return path

    def intervals_note(self) -> str:
        """One line that says what the brackets in a table are."""
        drawn = self.resampling
        return (
            f"[{100 * drawn.confidence:g} % bootstrap interval, {drawn.samples} samples, "
            f"seed {drawn.seed}]"
        )


def write_rows(path: str | os.PathLike[str], rows: Sequence[Mapping[str, Any]]) -> None:
    """Write JSONL, a row a line.

    Raises:
        DiskError: Nothing could be written there.
    """
    lines = [json.dumps(_without_nan(row), ensure_ascii=False) + "\n" for row in rows]
    write_text(path, "".join(lines))


def file_facts(path: Path) -> dict[str, str]:
    """The path of an input file and the SHA-256 of its content."""
    return {"path": str(path), "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def format_table(rows: Sequence[Sequence[str]]) -> str:
    """Align columns: the first to the left, the others to the right."""
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]).rstrip())
    return "\n".join(lines)


def format_interval(interval: Interval, digits: int = 2) -> str:
    """A score and its interval, as ``25.96 [24.10, 27.82]``; a dash where there is none."""
    if math.isnan(interval.value):
        return "-"
    value, low, high = (f"{x:.{digits}f}" for x in (interval.value, interval.low, interval.high))
    return f"{value} [{low}, {high}]"


def format_difference(difference: Difference) -> str:
    """A difference, its interval and its p-value."""
    value, low, high = (f"{x:+.2f}" for x in (difference.value, difference.low, difference.high))
    return f"{value} [{low}, {high}] p={difference.p_value:.3f}"


def _without_nan(value: Any) -> Any:
    """JSON has no NaN."""
    if isinstance(value, Mapping):
        return {key: _without_nan(one) for key, one in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value
