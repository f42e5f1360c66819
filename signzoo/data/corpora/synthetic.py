"""Reads corpora that `signzoo data synthesize` made.

The folder holds ``manifest.jsonl`` (text, glosses, the frames of each gloss, the signer) and a pose
file a sentence. Every sentence begins and ends at rest.
"""

from pathlib import Path

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.manifest import Row, read_manifest
from signzoo.structures import Pose


def read(folder: Path) -> list[Utterance]:
    """Read all utterances, in pixels.

    Raises:
        ManifestError: A row is malformed or points nowhere.
        MediaError: A pose file is corrupt.
    """
    return [_utterance(row) for row in read_manifest(folder / "manifest.jsonl")]


def _utterance(row: Row) -> Utterance:
    glosses, spans = row.get("gloss", list), row.get("spans", list)
    fps = row.get("fps", float)
    if len(glosses) != len(spans) or not all(_is_span(span) for span in spans):
        raise row.error(
            "needs the first frame and the frame after the last for each gloss as spans"
        )
    return Utterance(
        f"synthetic/{row.get('id', str)}",
        f"synthetic/{row.get('signer', str)}",
        Pose.read(row.file("pose")),
        tuple(
            TimedGloss(str(gloss), start / fps, end / fps)
            for gloss, (start, end) in zip(glosses, spans, strict=True)
        ),
        shows_rest=True,
    )


def _is_span(span: object) -> bool:
    if not isinstance(span, list) or [type(frame) for frame in span] != [int, int]:
        return False
    return bool(0 <= span[0] < span[1])
