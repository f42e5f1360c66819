"""Reads How2Sign: instructional videos signed in American Sign Language, with English sentences.

Duarte et al., "How2Sign: A Large-scale Multimodal Dataset for Continuous American Sign Language",
CVPR 2021. The folder holds ``how2sign_realigned_train.csv`` (and val, test; apart by tabs:
``VIDEO_ID VIDEO_NAME SENTENCE_ID SENTENCE_NAME START_REALIGNED END_REALIGNED SENTENCE``), or
``how2sign_train.csv`` with ``START`` and ``END``, and either the owners' clips,
``train_rgb_front_clips/raw_videos/SENTENCE_NAME.mp4``, or whole videos,
``train_raw_videos/VIDEO_NAME.mp4``, of which each sentence is cut out. Both may lie in
``raw_videos`` too, and all in the folders of the owners' download script.
"""

import re
from pathlib import Path

from signzoo.data.corpora.splits import split_files
from signzoo.data.manifest import Row, refuse_repeated_ids
from signzoo.data.sentences import SignedSentence
from signzoo.data.tables import read_seconds, read_table

# What the corpus calls each split.
_SPLITS = {"train": "train", "dev": "val", "test": "test"}
_COLUMNS = {
    "video": ("video_name",),
    "id": ("sentence_name",),
    "start": ("start_realigned", "start"),
    "end": ("end_realigned", "end"),
    "text": ("sentence",),
}
# "--7E2sU6zP4-5-rgb_front": the spoken video, its signer, the camera.
_SIGNER = re.compile(r"-(\d+)(?:-rgb_\w+)?$")
_TEXTS = Path("text", "en", "raw_text")


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return any(path.is_file() for path in _tables(folder).values())


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Raises:
        ManifestError: The split is missing, or a row is malformed or has no video.
    """
    found = []
    for name, table in split_files(_tables(folder), split).items():
        # Pandas, with which the corpus is written and read, is lenient with quotes.
        rows = read_table(table, _COLUMNS, required=tuple(_COLUMNS), lenient=True)
        refuse_repeated_ids(rows)
        found += [_sentence(row, folder, _SPLITS[name]) for row in rows]
    return found


def _tables(folder: Path) -> dict[str, Path]:
    """The table of each split: the realigned one, where there are both."""
    tables = {}
    for split, name in _SPLITS.items():
        texts = folder / "sentence_level" / name / _TEXTS
        places = (
            folder / f"how2sign_realigned_{name}.csv",
            texts / "re_aligned" / f"how2sign_realigned_{name}.csv",
            folder / f"how2sign_{name}.csv",
            texts / f"how2sign_{name}.csv",
        )
        tables[split] = next((path for path in places if path.is_file()), places[0])
    return tables


def _sentence(row: Row, folder: Path, split: str) -> SignedSentence:
    name, source, text = row.name("id"), row.name("video"), row.get("text", str)
    if not text:
        raise row.error("has an empty SENTENCE")
    clips = (
        folder / f"{split}_rgb_front_clips" / "raw_videos" / f"{name}.mp4",
        folder / "sentence_level" / split / "rgb_front" / "raw_videos" / f"{name}.mp4",
        folder / "raw_videos" / f"{name}.mp4",
    )
    clip = next((path for path in clips if path.is_file()), None)
    if clip is not None:
        return SignedSentence(name, _signer(source), text, (), "en", clip)
    wholes = (
        folder / f"{split}_raw_videos" / f"{source}.mp4",
        folder / "video_level" / split / "rgb_front" / "raw_videos" / f"{source}.mp4",
        folder / "raw_videos" / f"{source}.mp4",
    )
    whole = next((path for path in wholes if path.is_file()), None)
    if whole is None:
        raise row.error(
            f"points nowhere: there is neither the clip {clips[0]} nor the video {wholes[0]}; "
            "restore one or remove the row"
        )
    start, end = read_seconds(row, "start"), read_seconds(row, "end")
    if end <= start:
        raise row.error(f"ends at second {end:g}, before it begins at second {start:g}")
    return SignedSentence(name, _signer(source), text, (), "en", whole, start=start, end=end)


def _signer(video: str) -> str:
    found = _SIGNER.search(video)
    return found[1] if found else ""
