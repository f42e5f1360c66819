"""Reads a table of signed sentences: a CSV or TSV beside its videos or its pose files.

A row names a ``video``, a ``pose`` file or both, relative to the table, and the ``text`` or the
``gloss`` that they mean. It may have an id, a signer, a split, a language, and the seconds of the
file at which its sentence starts and ends.
"""

from functools import partial
from pathlib import Path

from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, refuse_repeated_ids
from signzoo.data.pairs import COLUMNS as _PAIR_COLUMNS
from signzoo.data.sentences import SignedSentence
from signzoo.data.tables import known_columns, read_seconds, read_table, split_glosses
from signzoo.errors import ManifestError, MediaError
from signzoo.structures import Pose

# What the columns may be called, in any case.
COLUMNS = {
    **_PAIR_COLUMNS,
    "video": ("video", "video_file", "video_path", "file", "filename", "path", "视频"),
    "pose": ("pose", "pose_file", "pose_path"),
    "signer": ("signer", "speaker"),
    "split": ("split", "subset"),
    "language": ("language",),
    "start": ("start", "start_time"),
    "end": ("end", "end_time"),
}
COLUMNS["text"] = (*COLUMNS["text"], "文本", "句子", "中文")
COLUMNS["gloss"] = (*COLUMNS["gloss"], "手语")
_SUFFIXES = (".csv", ".tsv", ".txt")


def fits(folder: Path) -> bool:
    """Whether this is such a table, or a folder with no other; only its header is read."""
    tables = _tables(folder)
    return len(tables) == 1 and _is_complete(known_columns(tables[0], COLUMNS))


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Rows without a split are in every one. A row without an id is named by its line.

    Raises:
        ManifestError: There is no table, or not only one, a column is missing, or a row is
            malformed or points nowhere.
    """
    tables = _tables(folder)
    if len(tables) != 1:
        names = ", ".join(path.name for path in tables) or "none"
        raise ManifestError(f"{folder} needs one table, and has: {names}. Give the table's path.")
    rows = read_table(tables[0], COLUMNS)
    if not _is_complete(set(rows[0].values)):
        raise ManifestError(
            f"{tables[0]} needs a column video or pose, and a column text or gloss; of its "
            f"columns these are known: {', '.join(rows[0].values)}."
        )
    glosses = split_glosses(tables[0], [str(row.values.get("gloss", "")) for row in rows])
    rows = [
        Row(row.manifest, row.number, {"id": str(row.number), **row.values, "gloss": gloss})
        for row, gloss in zip(rows, glosses, strict=True)
    ]
    refuse_repeated_ids(rows)
    return [_sentence(row) for row in split_rows(rows, split)]


def _tables(folder: Path) -> list[Path]:
    if folder.is_file():
        return [folder] if folder.suffix.lower() in _SUFFIXES else []
    return sorted(path for path in folder.glob("*") if path.suffix.lower() in (".csv", ".tsv"))


def _is_complete(columns: set[str]) -> bool:
    return not columns.isdisjoint(("video", "pose")) and not columns.isdisjoint(("text", "gloss"))


def _sentence(row: Row) -> SignedSentence:
    text, gloss = str(row.values.get("text", "")), row.get("gloss", list)
    if not text and not gloss:
        raise row.error("has neither a text nor a gloss")
    video = row.file("video") if row.values.get("video") else None
    pose = row.file("pose") if row.values.get("pose") else None
    if video is None and pose is None:
        raise row.error("names neither a video nor a pose")
    start = read_seconds(row, "start") if row.values.get("start") else 0.0
    end = read_seconds(row, "end") if row.values.get("end") else None
    if end is not None and end <= start:
        raise row.error(f"ends at second {end:g}, before it begins at second {start:g}")
    if video is not None and video.suffix.lower() == ".pose":
        raise row.error(f"names the pose file {video.name!r} as a video; call the column pose")
    return SignedSentence(
        row.get("id", str),
        str(row.values.get("signer", "")),
        text,
        tuple(gloss),
        str(row.values.get("language", "")) if text else "",
        video,
        pose=partial(_read_pose, pose, start, end) if pose is not None else None,
        start=start if video is not None else 0.0,
        end=end if video is not None else None,
    )


def _read_pose(path: Path, start: float, end: float | None) -> Pose:
    pose = Pose.read(path)
    stop = len(pose) if end is None else round(end * pose.fps)
    cut = pose[round(start * pose.fps) : stop]
    if not len(cut):
        raise MediaError(f"{path} ends at second {pose.seconds:.2f}, before second {start:g}.")
    return cut
