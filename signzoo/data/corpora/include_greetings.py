"""Reads nine greetings of INCLUDE, isolated signs of Indian Sign Language, as flat landmarks.

Sridhar et al., "INCLUDE: A Large Scale Dataset for Indian Sign Language Recognition", ACM
Multimedia 2020. The folder holds ``manifest.jsonl`` (the sign's name, its ``.npy`` file, and a
session that was guessed from the camera's file numbers) and the files: ``(30, 150)``, x and y of 33
body, 21 left-hand and 21 right-hand landmarks of MediaPipe as shares of a picture of 1920 × 1080
pixels, 0 where missing. There are no confidences and no depth.

Every second frame of about 25 a second is there, which makes 12.5; clips were cut to 30 frames, or
padded with empty ones, which are left out here.
"""

from pathlib import Path

import numpy as np

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.layout import signing_pose
from signzoo.data.manifest import Row, read_manifest
from signzoo.structures import Skeleton

FPS = 12.5
SIZE = (1920, 1080)
_VALUES = 150


def read(folder: Path) -> list[Utterance]:
    """Read all signs, in pixels.

    Raises:
        ManifestError: A row is malformed, points nowhere, or its file is damaged.
    """
    labels = Skeleton.named("mediapipe-holistic").landmarks
    parts = ("body", "left_hand", "right_hand")
    names = [name for part in parts for name in labels if name.startswith(f"{part}/")]
    return [_utterance(row, names) for row in read_manifest(folder / "manifest.jsonl")]


def _utterance(row: Row, names: list[str]) -> Utterance:
    found = _values(row)
    shown = np.flatnonzero(found.any(axis=1))
    if not len(shown):
        raise row.error("has no frame with landmarks")
    places = found[: shown[-1] + 1].reshape(-1, _VALUES // 2, 2)
    seen = places.any(axis=-1).astype(np.float32)
    pose = signing_pose(places * np.array(SIZE, np.float32), seen, names, FPS, SIZE)
    return Utterance(
        f"include_greetings/{row.get('id', str)}",
        f"include_greetings/{row.get('session', str)}",
        pose,
        (TimedGloss(row.get("text", str), 0.0, pose.seconds),),
        shows_rest=False,
    )


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
