"""One reader a corpus: the corpus's own folder in, utterances out.

A reader takes the corpus as its owners hand it out; nothing is converted or copied first. A new
corpus is a module here with a function ``read(folder)`` and a line in :data:`READERS`.
"""

import importlib
import os
from dataclasses import dataclass
from pathlib import Path

from signzoo.errors import ManifestError, UsageError
from signzoo.structures import Pose

READERS = {
    "boston104": "signzoo.data.corpora.boston104",
    "dgs_sentences": "signzoo.data.corpora.dgs_sentences",
    "include_greetings": "signzoo.data.corpora.include_greetings",
    "synthetic": "signzoo.data.corpora.synthetic",
    "wlasl124": "signzoo.data.corpora.wlasl124",
}


@dataclass(frozen=True, slots=True)
class TimedGloss:
    """A sign of an utterance and when it is signed.

    Attributes:
        label: The gloss as the corpus writes it.
        start: First second.
        end: The second after its last frame.
    """

    label: str
    start: float
    end: float


@dataclass(frozen=True, slots=True, eq=False)
class Utterance:
    """One signed sentence of a corpus.

    Attributes:
        id: ``"corpus/id"``, unlike any other.
        group: ``"corpus/signer"``, or the recording where the signer is not known: what a fair
            split keeps together.
        pose: The signer's landmarks.
        glosses: What is signed when, in the order of the corpus.
        shows_rest: Whether the frames before the first and after the last gloss are known to be
            rest. False where the clip was cut tight or its clock is not that of the glosses.
    """

    id: str
    group: str
    pose: Pose
    glosses: tuple[TimedGloss, ...]
    shows_rest: bool


def read_corpus(name: str, folder: str | os.PathLike[str]) -> list[Utterance]:
    """Read one corpus out of a folder of corpora.

    Args:
        name: Name of the corpus, which is also that of its folder.
        folder: The folder that holds the corpus's folder.

    Raises:
        UsageError: No reader has that name.
        ManifestError: The corpus is not there, or a row is malformed.
    """
    _check_name(name)
    path = Path(folder) / name
    if not path.is_dir():
        raise ManifestError(
            f"There is no folder {path}. Give the folder that holds {name!r} "
            "(--data.folder, or the variable SIGNZOO_DATA)."
        )
    return read_folder(name, path)


def read_folder(name: str, path: str | os.PathLike[str]) -> list[Utterance]:
    """Read one corpus whose folder may have any name.

    Args:
        name: Name of the reader.
        path: The corpus's own folder.

    Raises:
        UsageError: No reader has that name.
        ManifestError: The corpus is not there, or a row is malformed.
    """
    _check_name(name)
    utterances: list[Utterance] = importlib.import_module(READERS[name]).read(Path(path))
    return utterances


def _check_name(name: str) -> None:
    if name not in READERS:
        raise UsageError(f"There is no corpus {name!r}; there are: {', '.join(READERS)}.")
