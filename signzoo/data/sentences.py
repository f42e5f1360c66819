"""Signed sentences with what they mean: what sign-to-text networks are trained and scored on.

A corpus is read as its owners hand it out. A reader is a module of :mod:`signzoo.data.corpora` with
a function ``sentences(folder, split)``; what it returns points at files and opens none of them, so
that a corpus of any size is listed in seconds.
"""

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from signzoo.data.corpora import TimedGloss
from signzoo.errors import ManifestError, MediaError, UsageError
from signzoo.media.pictures import open_frames
from signzoo.media.video import open_video
from signzoo.structures import Pose, VideoClip

# Corpora that are told from others by what lies in their folder, in the order in which they are
# tried; each module has ``fits(folder)`` and ``sentences(folder, split)``.
SENTENCE_READERS = {
    "phoenix14t": "signzoo.data.corpora.phoenix14t",
    "csl_daily": "signzoo.data.corpora.csl_daily",
    "how2sign": "signzoo.data.corpora.how2sign",
    "skels": "signzoo.data.corpora.skels",
    "boston104": "signzoo.data.corpora.boston104",
    "wlasl124": "signzoo.data.corpora.wlasl124",
    "include_greetings": "signzoo.data.corpora.include_greetings",
    "dgs_sentences": "signzoo.data.corpora.dgs_sentences",
    "synthetic": "signzoo.data.corpora.synthetic",
    "table": "signzoo.data.corpora.table",
}


@dataclass(frozen=True, slots=True, eq=False)
class SignedSentence:
    """One signed sentence of a corpus, before anything of it is opened.

    Attributes:
        id: Its name, unlike any other of the corpus.
        group: Its signer, or whatever a fair split keeps together; empty where nobody says.
        text: What it means in a written language; empty where the corpus has glosses only.
        gloss: Its glosses, where they are known.
        language: Written language of the text, BCP 47; empty where there is none.
        video: A video file, or a folder of pictures in the order of their names.
        fps: Frames a second of a folder of pictures; 0 for a video file, which says so itself.
        pose: Reads its landmarks; ``None`` where MediaPipe has to find them in the video.
        start: Second of the video at which it begins.
        end: The second at which it has ended; ``None`` where the video ends with it.
        spans: When each sign is signed, from its own beginning, where that is known.
    """

    id: str
    group: str
    text: str
    gloss: tuple[str, ...] = ()
    language: str = ""
    video: Path | None = None
    fps: float = 0.0
    pose: Callable[[], Pose] | None = None
    start: float = 0.0
    end: float | None = None
    spans: tuple[TimedGloss, ...] = ()


def read_sentences(
    folder: str | os.PathLike[str], split: str = "", corpus: str | None = None
) -> list[SignedSentence]:
    """List the signed sentences of a corpus.

    Args:
        folder: The corpus's own folder, or one of its tables.
        split: ``train``, ``dev`` or ``test``; by default all that there is.
        corpus: Name of the reader; by default the one that recognises the folder.

    Raises:
        UsageError: No reader has that name.
        ManifestError: There is no such folder, no reader recognises it, the split is empty, or a
            row is malformed or points nowhere.
    """
    path = Path(folder)
    if not path.exists():
        raise ManifestError(f"There is no corpus {path}.")
    if corpus is not None and corpus not in SENTENCE_READERS:
        raise UsageError(
            f"No reader of signed sentences is called {corpus!r}; there are: "
            f"{', '.join(SENTENCE_READERS)}."
        )
    for name in [corpus] if corpus else SENTENCE_READERS:
        reader = importlib.import_module(SENTENCE_READERS[name])
        if corpus or reader.fits(path):
            found: list[SignedSentence] = reader.sentences(path, split)
            if not found:
                raise ManifestError(f"{path} has no sentences in its split {split!r} ({name}).")
            return found
    raise ManifestError(
        f"{path} is no corpus that is known here. Known are: {', '.join(SENTENCE_READERS)}. A "
        "folder of your own needs a manifest.jsonl with id, text, and video or pose in each row, "
        "or one table with such columns."
    )


def open_signing_video(sentence: SignedSentence) -> VideoClip:
    """Open the pictures of a sentence: a video file or a folder of pictures, or its part of one.

    What comes before the part is decoded each time the clip is iterated.

    Raises:
        ManifestError: The sentence has no video.
        MediaError: The video cannot be read, or ends before the sentence starts.
    """
    if sentence.video is None:
        raise ManifestError(f"{sentence.id} has no video.")
    if sentence.video.is_dir():
        clip = open_frames(sentence.video, sentence.fps)
    else:
        clip = open_video(sentence.video)
    if not sentence.start and sentence.end is None:
        return clip
    first = round(sentence.start * clip.fps)
    stop = None if sentence.end is None else round(sentence.end * clip.fps)
    if clip.num_frames is not None:
        stop = clip.num_frames if stop is None else min(stop, clip.num_frames)
    if stop is not None and stop <= first:
        raise MediaError(
            f"{sentence.video} has no frame of {sentence.id}, which starts at second "
            f"{sentence.start:g}."
        )

    def frames() -> Iterator[np.ndarray]:
        return islice(clip, first, stop)

    count = None if stop is None else stop - first
    return VideoClip(frames, clip.fps, clip.size, count)
