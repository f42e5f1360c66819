"""Reads the text format of Progressive Transformers: a line of numbers a sentence.

Saunders et al., "Progressive Transformers for End-to-End Sign Language Production", ECCV 2020. A
split is ``train.skels``, ``train.text``, ``train.gloss`` and ``train.files`` (or
``NAME.train.skels`` and so on), whose lines belong together; the last two may be missing. A line of
``.skels`` is one frame after the other, each 50 joints of x, y and z and a counter from 0 to 1.

The joints were found by OpenPose and lifted to three dimensions: nose, neck, three of the left arm,
three of the right, 21 of the right hand, 21 of the left. The neck is the origin; x points to the
right of the picture, y down, and z, other than here, to the camera.
"""

import re
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from signzoo.data.corpora.layout import signing_pose
from signzoo.data.corpora.splits import split_files
from signzoo.data.manifest import Row
from signzoo.data.sentences import SignedSentence
from signzoo.errors import ManifestError
from signzoo.structures import Pose, Skeleton
from signzoo.transforms.pose import to_shoulder_units

FPS = 25.0
_SPLITS = ("train", "dev", "test")
_JOINTS = 50
_TO_POSE = np.array([1, 1, -1], np.float32)
_FRAME = 3 * _JOINTS + 1  # and the counter
# The format does not say its language. Sentences of PHOENIX-2014T are named by their broadcast,
# which one signer signs: "train/11August_2010_Wednesday_tagesschau-1".
_PHOENIX = re.compile(r"(?:.*/)?(.+_(?:tagesschau|heute))-\d+")


def fits(folder: Path) -> bool:
    """Whether a folder is laid out like this."""
    return any(path.is_file() for path in _files(folder).values())


def sentences(folder: Path, split: str) -> list[SignedSentence]:
    """List the signed sentences of a split; all of them where ``split`` is empty.

    Of the landmarks only the places of their lines are read.

    Raises:
        ManifestError: A file is missing or not UTF-8, or the lines of two do not belong together.
    """
    found = []
    for name, path in split_files(_files(folder), split).items():
        found += _split(name, path)
    return found


def _files(folder: Path) -> dict[str, Path]:
    """The ``.skels`` of each split, or where it would be."""
    files = {}
    for split in _SPLITS:
        named = sorted(folder.glob(f"*.{split}.skels"))
        files[split] = named[0] if len(named) == 1 else folder / f"{split}.skels"
    return files


def _split(split: str, path: Path) -> list[SignedSentence]:
    places = _places(path)
    texts = _lines(path.with_suffix(".text"), places)
    gloss, files = path.with_suffix(".gloss"), path.with_suffix(".files")
    glosses = _lines(gloss, places) if gloss.is_file() else [""] * len(places)
    names = _lines(files, places) if files.is_file() else []
    names = names or [f"{split}/{number}" for number in range(1, len(places) + 1)]
    if len(set(names)) != len(names):
        repeated = next(name for name in names if names.count(name) > 1)
        raise ManifestError(f"{files} has {repeated!r} more than once.")
    sentences = []
    for number, (name, text) in enumerate(zip(names, texts, strict=True)):
        broadcast = _PHOENIX.fullmatch(name)
        if not text:
            raise Row(path.with_suffix(".text"), number + 1, {}).error("is empty")
        sentences.append(
            SignedSentence(
                name,
                broadcast[1] if broadcast else "",
                text,
                tuple(glosses[number].split()),
                "de" if broadcast else "",
                pose=partial(read_skels, path, number + 1, places[number]),
            )
        )
    return sentences


def _places(path: Path) -> list[int]:
    """Where each line begins, in bytes; one line at a time is in memory."""
    places, place = [], 0
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            if not line.strip():
                raise Row(path, number, {}).error("has no frames")
            places.append(place)
            place += len(line)
    return places


def _lines(path: Path, places: Sequence[int]) -> list[str]:
    try:
        # Unlike splitlines, this parts at the same places as the bytes of .skels.
        lines = path.read_text("utf-8-sig").removesuffix("\n").split("\n")
    except FileNotFoundError as error:
        raise ManifestError(f"There is no {path}; the corpus is incomplete.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as UTF-8 text: {error}.") from error
    if len(lines) != len(places):
        raise ManifestError(
            f"{path} has {len(lines)} lines, but {path.stem}.skels has {len(places)}; each line "
            "must belong to the same line of the other."
        )
    return [line.strip() for line in lines]


def read_skels(path: Path, number: int, place: int) -> Pose:
    """Read the landmarks of one line.

    Args:
        path: The ``.skels`` file.
        number: The line, from 1, for errors.
        place: Where it begins, in bytes.

    Returns:
        A pose in shoulder widths; a joint at the origin is missing.

    Raises:
        ManifestError: The file is gone, or the line is malformed.
    """
    row = Row(path, number, {})
    try:
        with path.open("rb") as file:
            file.seek(place)
            values = np.array(file.readline().split(), np.float32)
    except OSError as error:
        raise ManifestError(f"{path} cannot be read: {error}.") from error
    except ValueError as error:
        raise row.error(f"has something that is no number ({error})") from error
    if not len(values) or len(values) % _FRAME:
        raise row.error(f"has {len(values)} values, which are no whole frames of {_FRAME}")
    if not np.isfinite(values).all():
        raise row.error("has values that are not finite")
    points = values.reshape(-1, _FRAME)[:, :-1].reshape(-1, _JOINTS, 3) * _TO_POSE
    seen = points.any(axis=-1).astype(np.float32)
    return to_shoulder_units(signing_pose(points, seen, _joint_names(), FPS))


def _joint_names() -> list[str]:
    labels = Skeleton.named("mediapipe-holistic").landmarks
    arms = [
        f"body/{side}_{joint}"
        for side in ("left", "right")
        for joint in ("shoulder", "elbow", "wrist")
    ]
    hands = [
        name for side in ("right", "left") for name in labels if name.startswith(f"{side}_hand/")
    ]
    return ["body/nose", "", *arms, *hands]  # MediaPipe has no neck
