"""Reads CSL-Daily: sentences of everyday life signed in Chinese Sign Language, as pictures.

Zhou et al., "Improving Sign Language Translation with Monolingual Data by Sign Back-Translation",
CVPR 2021. As its owners hand it out: ``sentence_label/split_1.txt`` (``name|split``),
``sentence_label/video_map.txt`` (``index|name|length|gloss|char|word|postag``, the words of a cell
apart by spaces) and the pictures of each sentence in ``sentence/frames_512x512/NAME``, 30 a second.
Names tell sentence, signer and take: ``S000007_P0003_T00``.

The same annotation comes as ``csl2020ct_v2.pkl``. It is a pickle, which can run any code when it is
opened, and is not opened here.
"""

from collections.abc import Mapping
from pathlib import Path

from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, refuse_repeated_ids
from signzoo.data.sentences import SignedSentence
from signzoo.data.tables import read_table
from signzoo.errors import ManifestError

FPS = 30.0
_LABELS = "sentence_label"
_SPLIT, _MAP, _PICKLE = "split_1.txt", "video_map.txt", "csl2020ct_v2.pkl"
# Where the archive's pictures are, and where they are when each archive has a folder of its own.
_FRAMES = (
    Path("sentence", "frames_512x512"),
    Path("sentence_frames-512x512", "frames_512x512"),
    Path("frames_512x512"),
)
_SPLIT_COLUMNS = {"id": ("name",), "split": ("split",)}
_MAP_COLUMNS = {"id": ("name",), "gloss": ("gloss",), "text": ("char",)}


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return any((folder / _LABELS / name).is_file() for name in (_SPLIT, _MAP, _PICKLE))


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Sentences that no split names are left out; the corpus has one.

    Raises:
        ManifestError: A table is missing, or a row is malformed, without annotation or without
            pictures.
    """
    labels = folder / _LABELS
    if not (labels / _MAP).is_file() and (labels / _PICKLE).is_file():
        raise ManifestError(
            f"{labels / _PICKLE} is a pickle, which can run any code when it is opened, and is not "
            f"opened here. Put the corpus's own {_MAP} (index|name|length|gloss|char|word|postag) "
            "beside it."
        )
    annotations = read_table(labels / _MAP, _MAP_COLUMNS, required=tuple(_MAP_COLUMNS))
    rows = read_table(labels / _SPLIT, _SPLIT_COLUMNS, required=tuple(_SPLIT_COLUMNS))
    refuse_repeated_ids(annotations)
    refuse_repeated_ids(rows)
    by_name = {row.get("id", str): row for row in annotations}
    frames = next((folder / place for place in _FRAMES if (folder / place).is_dir()), None)
    if frames is None:
        raise ManifestError(f"There is no folder of pictures {folder / _FRAMES[0]}.")
    return [_sentence(row, by_name, frames) for row in split_rows(rows, split)]


def _sentence(row: Row, annotations: Mapping[str, Row], frames: Path) -> SignedSentence:
    name = row.name("id")
    if name not in annotations:
        raise row.error(f"points nowhere: {_MAP} has no {name!r}")
    if not (frames / name).is_dir():
        raise row.error(f"points nowhere: there is no folder of pictures {frames / name}")
    annotation = annotations[name]
    text = "".join(annotation.get("text", str).split())  # Chinese is written without spaces
    if not text:
        raise annotation.error("has an empty char")
    return SignedSentence(
        name,
        next((part for part in name.split("_") if part.startswith("P")), ""),
        text,
        tuple(annotation.get("gloss", str).split()),
        "zh",
        frames / name,
        FPS,
    )
