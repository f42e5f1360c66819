"""Reads isolated ASL signs of WLASL (124 glosses) as flat landmarks.

Li et al., "Word-level Deep Sign Language Recognition from Video: A New Large-scale Dataset and
Methods Comparison", WACV 2020. The folder holds ``manifest.jsonl`` (gloss and subset, train or val)
and ``keypoints.npz`` (id to ``(T, 106, 3)``: x, y and confidence, in pixels of a picture of unknown
size; the signer's left is to its right).

Who signs is not known: each subset is one group. There is no depth. The rate is not given; WLASL's
videos have 25 to 30 frames a second, and 25 is assumed, so that movements may be up to a fifth
slower here than they were.
"""

from collections.abc import Container, Mapping
from functools import partial
from pathlib import Path

import numpy as np

from signzoo.data.corpora import TimedGloss, Utterance
from signzoo.data.corpora.layout import signing_pose
from signzoo.data.corpora.splits import split_rows
from signzoo.data.manifest import Row, array_names, read_array, read_arrays, read_manifest
from signzoo.data.sentences import SignedSentence
from signzoo.structures import Pose, Skeleton

FPS = 25.0
_POINTS = 106
_SUBSETS = ("train", "val")
# The names of those of the 106 points that MediaPipe Holistic has too.
_BODY = {
    0: "nose",
    1: "left_eye",
    2: "right_eye",
    3: "left_ear",
    4: "right_ear",
    5: "left_shoulder",
    6: "right_shoulder",
    7: "left_elbow",
    8: "right_elbow",
    10: "left_hip",
    11: "right_hip",
    # Of the 48 points of the face (jaw from 16, brows from 33, nose from 43, eyes from 52).
    52: "right_eye_outer",
    55: "right_eye_inner",
    58: "left_eye_inner",
    61: "left_eye_outer",
}
_FACE = {24: 152} | dict(
    zip(
        range(33, 43),  # brows from the signer's right to the left
        (70, 63, 105, 66, 107, 336, 296, 334, 293, 300),
        strict=True,
    )
)
_HANDS = {"left": slice(64, 85), "right": slice(85, 106)}
# A hand that was not found has points all the same, most of them on the face. Mean confidences lie
# below 0.3 or above 0.5, with 3 % of hands between. No hand is wider than so many shoulder widths.
_LEAST_CONFIDENCE = 0.35
_HAND_REACH = 0.7


def read(folder: Path) -> list[Utterance]:
    """Read all signs, in pixels; a hand that was not found is missing.

    Raises:
        ManifestError: A file is missing, or a row does not fit its points.
    """
    rows = read_manifest(folder / "manifest.jsonl")
    keypoints = read_arrays(folder / "keypoints.npz")
    return [_utterance(row, keypoints) for row in rows]


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return (folder / "manifest.jsonl").is_file() and (folder / "keypoints.npz").is_file()


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Each is one sign, which has a gloss and no text. The subset val is the split ``dev``.

    Raises:
        ManifestError: A file is missing, or a row is malformed or points nowhere. Opening a pose
            raises it where a row does not fit its points.
    """
    path = folder / "keypoints.npz"
    names = array_names(path)
    rows = split_rows(read_manifest(folder / "manifest.jsonl"), split, "subset")
    return [_sentence(row, names, path) for row in rows]


def _sentence(row: Row, names: frozenset[str], path: Path) -> SignedSentence:
    name, gloss, subset = _labels(row, names)
    return SignedSentence(name, subset, "", (gloss,), pose=partial(_read_pose, row, path))


def _read_pose(row: Row, path: Path) -> Pose:
    return _pose(row, read_array(path, row.get("id", str)))


def _labels(row: Row, names: Container[str]) -> tuple[str, str, str]:
    """The id, gloss and subset of a row that has points."""
    name, gloss, subset = (row.get(field, str) for field in ("id", "gloss", "subset"))
    if subset not in _SUBSETS:
        raise row.error(f"needs {' or '.join(_SUBSETS)} as 'subset', not {subset!r}")
    if name not in names:
        raise row.error(f"points nowhere: keypoints.npz has no {name!r}")
    return name, gloss, subset


def _utterance(row: Row, keypoints: Mapping[str, np.ndarray]) -> Utterance:
    name, gloss, subset = _labels(row, keypoints)
    pose = _pose(row, keypoints[name])
    return Utterance(
        f"wlasl124/{name}",
        f"wlasl124/{subset}",
        pose,
        (TimedGloss(gloss, 0.0, pose.seconds),),
        shows_rest=False,
    )


def _pose(row: Row, found: np.ndarray) -> Pose:
    found = found.astype(np.float32)
    if found.ndim != 3 or found.shape[1:] != (_POINTS, 3) or not len(found):
        raise row.error(f"needs points of shape (T, {_POINTS}, 3), not {found.shape}")
    places, confidence = found[..., :2].copy(), found[..., 2].copy()
    names = [""] * _POINTS
    for index, name in _BODY.items():
        names[index] = f"body/{name}"
    for index, number in _FACE.items():
        names[index] = f"face/{number}"
    labels = Skeleton.named("mediapipe-holistic").landmarks
    width = np.median(np.linalg.norm(places[:, 5] - places[:, 6], axis=-1))
    wrists = []
    for side, where in _HANDS.items():
        names[where] = [name for name in labels if name.startswith(f"{side}_hand/")]
        wrists.append(found[:, [where.start]])  # the body's own: known when its hand is not
        apart = np.abs(places[:, where] - places[:, [where.start]]).max(axis=(1, 2))
        sure = confidence[:, where].mean(axis=1) >= _LEAST_CONFIDENCE
        confidence[~(sure & (apart < _HAND_REACH * width)), where] = 0
    body = np.concatenate(wrists, axis=1)
    return signing_pose(
        np.concatenate([places, body[..., :2]], axis=1),
        np.concatenate([confidence, body[..., 2]], axis=1),
        [*names, "body/left_wrist", "body/right_wrist"],
        FPS,
    )
