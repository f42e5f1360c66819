"""Reads corpora that `signzoo data synthesize` made.

The folder holds ``manifest.jsonl`` (text, glosses, the frames of each gloss, the signer) and a pose
file a sentence. Every sentence begins and ends at rest. A folder of one's own with such a manifest
is read as signed sentences too: a row needs ``id``, ``text`` or ``gloss``, and ``video`` or
``pose``.
"""

from functools import partial
from pathlib import Path

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, read_manifest
from signzoo.data.sentences import SignedSentence
from signzoo.structures import Pose


def read(folder: Path) -> list[Utterance]:
    """Read all utterances, in pixels.

    Raises:
        ManifestError: A row is malformed or points nowhere.
        MediaError: A pose file is corrupt.
    """
    return [_utterance(row) for row in read_manifest(folder / "manifest.jsonl")]


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return (folder / "manifest.jsonl").is_file()


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Rows without a ``split`` are in every one.

    Raises:
        ManifestError: A row is malformed or points nowhere.
    """
    rows = split_rows(read_manifest(folder / "manifest.jsonl"), split)
    return [_sentence(row) for row in rows]


def _sentence(row: Row) -> SignedSentence:
    gloss = row.get("gloss", list) if "gloss" in row.values else []
    text = row.get("text", str) if "text" in row.values or not gloss else ""
    video = row.file("video") if "video" in row.values else None
    if video is None and "pose" not in row.values:
        raise row.error("names neither a video nor a pose")
    return SignedSentence(
        row.get("id", str),
        str(row.values.get("signer", "")),
        text,
        tuple(str(label) for label in gloss),
        str(row.values.get("language", "")),
        video,
        pose=partial(Pose.read, row.file("pose")) if "pose" in row.values else None,
        spans=_spans(row) if "spans" in row.values else (),
    )


def _utterance(row: Row) -> Utterance:
    return Utterance(
        f"synthetic/{row.get('id', str)}",
        f"synthetic/{row.get('signer', str)}",
        Pose.read(row.file("pose")),
        _spans(row),
        shows_rest=True,
    )


def _spans(row: Row) -> tuple[TimedGloss, ...]:
    glosses, spans = row.get("gloss", list), row.get("spans", list)
    fps = row.get("fps", float)
    if len(glosses) != len(spans) or not all(_is_span(span) for span in spans):
        raise row.error(
            "needs the first frame and the frame after the last for each gloss as spans"
        )
    return tuple(
        TimedGloss(str(gloss), start / fps, end / fps)
        for gloss, (start, end) in zip(glosses, spans, strict=True)
    )


def _is_span(span: object) -> bool:
    if not isinstance(span, list) or [type(frame) for frame in span] != [int, int]:
        return False
    return bool(0 <= span[0] < span[1])
