"""Makes a lexicon folder from a folder of clips, one sign a clip."""

import csv
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from signzoo._files import atomic_path
from signzoo.errors import LexiconError, UsageError
from signzoo.lexicon.folder import COLUMNS
from signzoo.structures import Pose
from signzoo.transforms.pose import hands_seen

VIDEO_SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".m4v", ".mpg", ".gif")

# Reads the landmarks of clips into pose files, skipping those that are there: takes clips and pose
# files in pairs, gives what went wrong by clip.
Extractor = Callable[[Sequence[tuple[Path, Path]]], Mapping[Path, str]]


@dataclass(frozen=True, slots=True)
class ClipReport:
    """What became of one clip.

    Attributes:
        clip: The video file.
        word: The word that its sign stands for.
        gloss: The name of the sign.
        pose: The pose file in the lexicon; ``None`` if it has none.
        frames: Its length.
        hands: Share of the frames that show at least one hand, 0 to 1.
        problem: Why it is not in the lexicon, or what to check; empty if all is well.
    """

    clip: Path
    word: str
    gloss: str
    pose: Path | None
    frames: int = 0
    hands: float = 0.0
    problem: str = ""


def find_clips(
    folder: str | os.PathLike[str], table: str | os.PathLike[str] | None = None
) -> list[tuple[Path, str, str]]:
    """List the clips of a folder with the word and gloss of each.

    Args:
        folder: Searched with its subfolders.
        table: A CSV with the columns ``file`` (relative to the folder) and ``gloss``, and perhaps
            ``word``. Without it the file name is the gloss and the word: ``thank-you.mp4`` is
            "thank you". A number after an underscore tells takes of one sign apart
            (``eat_2.mp4``).

    Raises:
        LexiconError: There is no clip, or a row of the table points nowhere.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise LexiconError(f"There is no folder {folder} to take clips from.")
    if table is not None:
        return _read_table(folder, Path(table))
    clips = [path for path in sorted(folder.rglob("*")) if path.suffix.lower() in VIDEO_SUFFIXES]
    if not clips:
        raise LexiconError(
            f"{folder} has no clips; it needs videos ({', '.join(VIDEO_SUFFIXES)}), one a sign."
        )
    named = []
    for clip in clips:
        label = re.sub(r"_\d+$", "", clip.stem)
        label = re.sub(r"[-_\s]+", " ", label).strip()
        named.append((clip, label, label))
    return named


def build_lexicon(
    folder: str | os.PathLike[str],
    clips: Sequence[tuple[Path, str, str]],
    out: str | os.PathLike[str],
    written_language: str,
    signed_language: str,
    extract: Extractor,
    kind: str = "sign",
    also: Sequence[str] = (),
) -> list[ClipReport]:
    """Extract the clips' landmarks and write the index; a second run takes up where one stopped.

    Writes ``OUT/<signed language>/<clip>.pose``, ``OUT/index.csv`` and ``OUT/report.csv``. Clips
    that fail, or in which no hand is ever seen, are in the report and not in the index.

    Args:
        folder: Where the clips lie.
        clips: Clip, word and gloss (see :func:`find_clips`).
        out: The lexicon's folder, made if need be.
        written_language: BCP 47 code of the words.
        signed_language: ISO 639-3 code.
        extract: Turns clips into ``.pose`` files.
        kind: ``"sign"``, or ``"letter"`` for a fingerspelling alphabet.
        also: Further suffixes to write each pose in: the paper's ``.json`` and ``.h5``.

    Raises:
        UsageError: A code is malformed.
        DiskError: The folder cannot be written.
    """
    if not re.fullmatch(r"[a-z]{3}", signed_language):
        raise UsageError(
            f"A signed language is named by ISO 639-3, as gsg; got {signed_language!r}."
        )
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z0-9]+)*", written_language):
        raise UsageError(f"A written language is named by BCP 47, as de; got {written_language!r}.")
    out = Path(out)
    poses = _pose_paths(Path(folder), [clip for clip, _, _ in clips], out / signed_language)
    failed = extract(list(zip((clip for clip, _, _ in clips), poses, strict=True)))
    reports = [
        _report(clip, word, gloss, pose, failed.get(clip, ""))
        for (clip, word, gloss), pose in zip(clips, poses, strict=True)
    ]
    for report in reports:
        for suffix in also if report.pose else ():
            copy = report.pose.with_suffix(suffix)  # type: ignore[union-attr]
            if not copy.exists():
                Pose.read(report.pose).write(copy)  # type: ignore[arg-type]
    _write_index(reports, out, written_language, signed_language, kind)
    _write_report(reports, out)
    return reports


def _read_table(folder: Path, table: Path) -> list[tuple[Path, str, str]]:
    if not table.is_file():
        raise LexiconError(f"There is no table {table}.")
    clips = []
    with table.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        if not {"file", "gloss"} <= set(reader.fieldnames or ()):
            raise LexiconError(f"{table} needs the columns file and gloss, and perhaps word.")
        for row in reader:
            clip = folder / row["file"]
            where = f"{table}, line {reader.line_num}"
            if not clip.resolve().is_relative_to(folder.resolve()):
                raise LexiconError(f"{where}: {row['file']} leaves the folder {folder}.")
            if not clip.is_file():
                raise LexiconError(f"{where}: there is no clip {row['file']} in {folder}.")
            if not (row["gloss"] or "").strip():
                raise LexiconError(f"{where}: the gloss of {row['file']} is empty.")
            clips.append((clip, (row.get("word") or row["gloss"]).strip(), row["gloss"].strip()))
    if not clips:
        raise LexiconError(f"{table} has no rows.")
    return clips


def _pose_paths(root: Path, clips: Sequence[Path], folder: Path) -> list[Path]:
    """One pose file a clip, named after its place below ``root``, so that a new clip moves none.

    Two clips that differ in their suffix only keep it in the name.
    """
    names = ["-".join(clip.relative_to(root).with_suffix("").parts) for clip in clips]
    times = Counter(names)
    return [
        folder / f"{name if times[name] == 1 else name + clip.suffix}.pose"
        for clip, name in zip(clips, names, strict=True)
    ]


def _report(clip: Path, word: str, gloss: str, pose: Path, problem: str) -> ClipReport:
    if problem:
        return ClipReport(clip, word, gloss, None, problem=problem)
    read = Pose.read(pose)
    hands = float(hands_seen(read).mean())
    if hands == 0:
        return ClipReport(clip, word, gloss, None, len(read), hands, "no hand is ever visible")
    # A clip may rest for half its time with the hands below the picture.
    problem = "hands are visible in less than a fifth of the frames" if hands < 0.2 else ""
    return ClipReport(clip, word, gloss, pose, len(read), hands, problem)


def _write_index(
    reports: Sequence[ClipReport], out: Path, written: str, signed: str, kind: str
) -> None:
    takes: dict[str, int] = {}
    with (
        atomic_path(out / "index.csv") as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow([*COLUMNS, "kind"])
        for report in reports:
            if report.pose:
                path = report.pose.relative_to(out).as_posix()
                priority = takes[report.gloss] = takes.get(report.gloss, -1) + 1
                writer.writerow(
                    [path, written, signed, 0, 0, report.word, report.gloss, priority, kind]
                )


def _write_report(reports: Sequence[ClipReport], out: Path) -> None:
    with (
        atomic_path(out / "report.csv") as part,
        part.open("w", encoding="utf-8", newline="") as file,
    ):
        writer = csv.writer(file)
        writer.writerow(["clip", "gloss", "pose", "frames", "frames_with_hands", "problem"])
        for report in reports:
            pose = report.pose.relative_to(out).as_posix() if report.pose else ""
            row = [
                report.clip,
                report.gloss,
                pose,
                report.frames,
                f"{report.hands:.3f}",
                report.problem,
            ]
            writer.writerow(row)
