"""Reads sentences of the Public DGS Corpus as ``.pose`` files with timed glosses.

The folder holds ``manifest.jsonl`` (the ``.pose`` file, German and English, and each gloss with
its first and last millisecond) and the ``.pose`` files (MediaPipe Holistic, 25 fps).

The glosses tell what is signed, but not where the rest is: the clips are cut tight to the sentence
out of a conversation, and half of them end up to 1.3 s before their last gloss does, so that some
frames must have been cut without moving the clock. What lies inside a clip is signing; what lies
outside its glosses is not known (``shows_rest`` is False).
"""

from functools import partial
from pathlib import Path
from typing import Any

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, first_row, read_manifest
from signzoo.data.sentences import SignedSentence
from signzoo.structures import Pose


def read(folder: Path) -> list[Utterance]:
    """Read all utterances, in pixels.

    Raises:
        ManifestError: A row is malformed or points nowhere.
        MediaError: A ``.pose`` file is corrupt.
    """
    return [_utterance(row) for row in read_manifest(folder / "manifest.jsonl")]


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this, by the first row of its manifest."""
    row = first_row(folder / "manifest.jsonl")
    return row is not None and {"german", "glosses", "pose"} <= set(row.values)


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Raises:
        ManifestError: A row is malformed or points nowhere.
    """
    rows = split_rows(read_manifest(folder / "manifest.jsonl"), split)
    return [_sentence(row) for row in rows]


def _sentence(row: Row) -> SignedSentence:
    name, glosses = row.get("id", str), _glosses(row)
    return SignedSentence(
        name,
        _recording(name),
        row.get("german", str),
        tuple(gloss.label for gloss in glosses),
        "de",
        pose=partial(Pose.read, row.file("pose")),
        spans=glosses,
    )


def _utterance(row: Row) -> Utterance:
    name, glosses = row.get("id", str), _glosses(row)
    pose = Pose.read(row.file("pose"))
    group = f"dgs_sentences/{_recording(name)}"
    return Utterance(f"dgs_sentences/{name}", group, pose, glosses, shows_rest=False)


def _recording(name: str) -> str:
    return name.split("_")[0]  # "1211515_a3247217": a recording and a sentence in it


def _glosses(row: Row) -> tuple[TimedGloss, ...]:
    glosses = tuple(_gloss(row, entry) for entry in row.get("glosses", list))
    if not glosses:
        raise row.error("has no glosses")
    return glosses


def _gloss(row: Row, entry: Any) -> TimedGloss:
    """Read ``[gloss, first millisecond, last millisecond]``."""
    if not isinstance(entry, list) or [type(value) for value in entry] != [str, int, int]:
        raise row.error(f"has a gloss that is not [gloss, first ms, last ms]: {entry!r}")
    label, start, end = entry
    if not 0 <= start <= end:
        raise row.error(f"has a gloss that ends before it starts: {entry!r}")
    return TimedGloss(label, start / 1000, end / 1000)
