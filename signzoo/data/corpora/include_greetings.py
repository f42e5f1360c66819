"""Reads nine greetings of INCLUDE, isolated signs of Indian Sign Language, as flat landmarks.

Sridhar et al., "INCLUDE: A Large Scale Dataset for Indian Sign Language Recognition", ACM
Multimedia 2020. The folder holds ``manifest.jsonl`` (the sign's name, its ``.npy`` file, and a
session that was guessed from the camera's file numbers) and the files: ``(30, 150)``, x and y of 33
body, 21 left-hand and 21 right-hand landmarks of MediaPipe as shares of a picture of 1920 × 1080
pixels, 0 where missing. There are no confidences and no depth.

Every second frame of about 25 a second is there, which makes 12.5; clips were cut to 30 frames, or
padded with empty ones, which are left out here.
"""

from functools import partial
from pathlib import Path

import numpy as np

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.layout import signing_pose
from signzoo.data.manifest import Row, read_manifest
from signzoo.data.sentences import SignedSentence
from signzoo.structures import Pose, Skeleton

FPS = 12.5
SIZE = (1920, 1080)
_VALUES = 150


def read(folder: Path) -> list[Utterance]:
    """Read all signs, in pixels.

    Raises:
        ManifestError: A row is malformed, points nowhere, or its file is damaged.
    """
    return [_utterance(row) for row in read_manifest(folder / "manifest.jsonl")]


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return (folder / "manifest.jsonl").is_file() and (folder / "keypoint_data").is_dir()


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Each is one greeting, which is its text and its one gloss. There are no splits: all are in
    ``train``. A session is a group, and to leave one out makes a fair split.

    Raises:
        ManifestError: A row is malformed or points nowhere. Opening a pose raises it where its
            file is damaged.
    """
    rows = read_manifest(folder / "manifest.jsonl") if split in ("", "train") else []
    return [_sentence(row) for row in rows]


def _sentence(row: Row) -> SignedSentence:
    row.file("file")  # missing files are found now
    text = row.get("text", str)
    return SignedSentence(
        row.get("id", str),
        row.get("session", str),
        text,
        (text,),
        "en",
        pose=partial(_pose, row),
    )


def _utterance(row: Row) -> Utterance:
    pose = _pose(row)
    return Utterance(
        f"include_greetings/{row.get('id', str)}",
        f"include_greetings/{row.get('session', str)}",
        pose,
        (TimedGloss(row.get("text", str), 0.0, pose.seconds),),
        shows_rest=False,
    )


def _pose(row: Row) -> Pose:
    found = _values(row)
    shown = np.flatnonzero(found.any(axis=1))
    if not len(shown):
        raise row.error("has no frame with landmarks")
    places = found[: shown[-1] + 1].reshape(-1, _VALUES // 2, 2)
    seen = places.any(axis=-1).astype(np.float32)
    labels = Skeleton.named("mediapipe-holistic").landmarks
    parts = ("body", "left_hand", "right_hand")
    names = [name for part in parts for name in labels if name.startswith(f"{part}/")]
    return signing_pose(places * np.array(SIZE, np.float32), seen, names, FPS, SIZE)


def _values(row: Row) -> np.ndarray:
    path = row.file("file")
    try:
        found = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise row.error(f"has a file that is no readable .npy: {path.name} ({error})") from error
    if not isinstance(found, np.ndarray) or found.ndim != 2 or found.shape[1] != _VALUES:
        raise row.error(f"needs values of shape (T, {_VALUES}), not {getattr(found, 'shape', ())}")
    found = found.astype(np.float32)
    if not np.isfinite(found).all():
        raise row.error("has values that are not finite")
    return found
