"""Reads RWTH-PHOENIX-Weather 2014T: German weather forecasts signed in DGS, as pictures.

Camgoz et al., "Neural Sign Language Translation", CVPR 2018. As its owners hand it out: below
``PHOENIX-2014-T`` lie ``annotations/manual/PHOENIX-2014-T.train.corpus.csv`` (and dev, test;
``name|video|start|end|speaker|orth|translation``) and the pictures of each sentence in
``features/fullFrame-210x260px/train/NAME``, 25 a second.
"""

from pathlib import Path

from signzoo.data.corpora.splits import split_files
from signzoo.data.manifest import Row, refuse_repeated_ids
from signzoo.data.sentences import SignedSentence
from signzoo.data.tables import read_table

FPS = 25.0
_SPLITS = ("train", "dev", "test")
_FRAMES = Path("features", "fullFrame-210x260px")
_COLUMNS = {
    "id": ("name",),
    "signer": ("speaker",),
    "gloss": ("orth",),
    "text": ("translation",),
}


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this; that of the archive around it too."""
    return any(path.is_file() for path in _tables(_root(folder)).values())


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Raises:
        ManifestError: The split is missing, or a row is malformed or has no pictures.
    """
    root = _root(folder)
    found = []
    for name, table in split_files(_tables(root), split).items():
        rows = read_table(table, _COLUMNS, required=tuple(_COLUMNS))
        refuse_repeated_ids(rows)
        found += [_sentence(row, root / _FRAMES / name) for row in rows]
    return found


def _root(folder: Path) -> Path:
    inner = folder / "PHOENIX-2014-T"
    return inner if inner.is_dir() else folder


def _tables(root: Path) -> dict[str, Path]:
    manual = root / "annotations" / "manual"
    return {split: manual / f"PHOENIX-2014-T.{split}.corpus.csv" for split in _SPLITS}


def _sentence(row: Row, frames: Path) -> SignedSentence:
    name = row.name("id")
    if not (frames / name).is_dir():
        raise row.error(f"points nowhere: there is no folder of pictures {frames / name}")
    if not row.get("text", str):
        raise row.error("has an empty translation")
    return SignedSentence(
        name,
        row.get("signer", str),
        row.get("text", str),
        tuple(row.get("gloss", str).split()),
        "de",
        frames / name,
        FPS,
    )
