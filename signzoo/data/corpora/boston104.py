"""Reads RWTH-BOSTON-104: tracks of both hands and the nose in sentences of continuous ASL.

Dreuw et al., "Speech Recognition Techniques for a Sign Language Recognition System", Interspeech
2007. The folder holds ``manifest.jsonl`` (signer, and each gloss with its first and last frame) and
``tracks.npz`` (id to ``(T, 6)``: x and y of left hand, right hand and nose, in pixels).
"""

from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, read_arrays, read_manifest
from signzoo.data.sentences import SignedSentence
from signzoo.structures import Pose, Skeleton

FPS = 30.0
# The tracks have no shoulders, and the camera was not equally far from all signers. The left hand,
# which rests most of the time, lies 176, 119 and 127 pixels below the nose (median over all frames,
# no label is used); MediaPipe sees resting hands 2.1 shoulder widths below the head in studio clips
# of other signers. That makes these widths in pixels. They fit the height of the signing right hand
# too: 0.68 widths below the nose, as in WLASL and in DGS sentences. Expect errors of a tenth.
SHOULDER_WIDTHS = {"man-1": 84.0, "woman-1": 57.0, "woman-2": 60.0}
_TYPICAL_WIDTH = 67.0  # for a signer who is not in the table: the mean of the three
# The nose is so far above the middle between the shoulders, in shoulder widths (median of the same
# clips, and of WLASL).
_NOSE_ABOVE_SHOULDERS = 0.6


def read(folder: Path) -> list[Utterance]:
    """Read all utterances, in shoulder widths.

    Raises:
        ManifestError: A file is missing, or a row does not fit its tracks.
    """
    tracks = read_arrays(folder / "tracks.npz")
    return [_utterance(row, tracks) for row in read_manifest(folder / "manifest.jsonl")]


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return (folder / "manifest.jsonl").is_file() and (folder / "tracks.npz").is_file()


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    They have glosses and no text. The tracks, which are small, are read at once.

    Raises:
        ManifestError: A file is missing, or a row does not fit its tracks.
    """
    tracks = read_arrays(folder / "tracks.npz")
    rows = split_rows(read_manifest(folder / "manifest.jsonl"), split)
    return [_sentence(row, tracks) for row in rows]


def _utterance(row: Row, tracks: dict[str, np.ndarray]) -> Utterance:
    name, signer = row.get("id", str), row.get("signer", str)
    track, glosses = _track(row, tracks)
    pose = _pose(track, signer)
    return Utterance(f"boston104/{name}", f"boston104/{signer}", pose, glosses, shows_rest=True)


def _sentence(row: Row, tracks: dict[str, np.ndarray]) -> SignedSentence:
    signer = row.get("signer", str)
    track, glosses = _track(row, tracks)
    return SignedSentence(
        row.get("id", str),
        signer,
        "",
        tuple(gloss.label for gloss in glosses),
        pose=partial(_pose, track, signer),
        spans=glosses,
    )


def _track(row: Row, tracks: dict[str, np.ndarray]) -> tuple[np.ndarray, tuple[TimedGloss, ...]]:
    """Find the ``(T, 6)`` of a row, and the glosses in it."""
    name = row.get("id", str)
    if name not in tracks:
        raise row.error(f"points nowhere: tracks.npz has no {name!r}")
    track = tracks[name]
    if track.ndim != 2 or track.shape[1] != 6 or not len(track):
        raise row.error(f"needs tracks of shape (T, 6), not {track.shape}")
    glosses = tuple(_gloss(row, entry, len(track)) for entry in row.get("segments", list))
    if not glosses:
        raise row.error("has no segments, so nothing says when its signing begins")
    return track, glosses


def _gloss(row: Row, entry: Any, num_frames: int) -> TimedGloss:
    """Read ``[gloss, first frame, last frame]``."""
    if not isinstance(entry, list) or [type(value) for value in entry] != [str, int, int]:
        raise row.error(f"has a segment that is not [gloss, first frame, last frame]: {entry!r}")
    label, first, last = entry
    if not 0 <= first <= last < num_frames:
        raise row.error(f"has a segment outside its {num_frames} frames: {entry!r}")
    return TimedGloss(label, first / FPS, (last + 1) / FPS)


def _pose(track: np.ndarray, signer: str) -> Pose:
    points = np.zeros((len(track), 3, 3), np.float32)
    points[..., :2] = track.reshape(-1, 3, 2)  # left hand, right hand, nose, as in the skeleton
    points[..., :2] -= np.median(points[:, 2:, :2], axis=0)
    points /= SHOULDER_WIDTHS.get(signer, _TYPICAL_WIDTH)
    points[..., 1] -= _NOSE_ABOVE_SHOULDERS
    confidence = np.ones(points.shape[:2], np.float32)
    return Pose(points, confidence, FPS, Skeleton.named("hands-and-nose"), "shoulder")
