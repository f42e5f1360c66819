"""Lets 3D signers perform recorded corpora: real signing, other bodies, other rooms.

Each utterance of a reader is performed as it was recorded, with its own timing, by one signer;
those who are left-handed perform its mirror image. The landmarks are the 3D signer's joints with an
estimator's noise, and the corpus has the form of every synthetic one.
"""

import hashlib
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.data.corpora import READERS, Utterance, read_folder
from signzoo.data.corpora.layout import signing_pose
from signzoo.data.pairs import TextGlossPair
from signzoo.data.synthesis.corpus import Recipe, Summary, describe, make_rows
from signzoo.data.synthesis.folder import claim
from signzoo.data.synthesis.lifting import lift_hands
from signzoo.data.synthesis.performance import Performance
from signzoo.data.synthesis.performers import Performer
from signzoo.errors import ManifestError, UsageError
from signzoo.structures import Pose
from signzoo.transforms.pose import hands_seen, mirror, resample, to_shoulder_units

_NO_SHOULDERS = "never shows both shoulders"
_NO_HANDS = "never shows a hand"


@dataclass(frozen=True)
class RecordedUtterances:
    """A recorded corpus, whose rows are performed one by one.

    Attributes:
        corpus: Name of its reader.
        folder: The corpus's own folder.
        flawed: A recording lacks landmarks that whoever performs it has.
    """

    corpus: str
    folder: Path
    flawed: bool = True

    @property
    def mark(self) -> str | None:
        """Nothing: these are somebody's signs."""
        return None

    def perform(
        self, row: TextGlossPair, performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Take what was recorded, at the frame rate that is wanted.

        Raises:
            MediaError: It never shows both shoulders.
        """
        utterance = _recorded(self.corpus, self.folder)[row.id]
        pose = lift_hands(to_shoulder_units(_on_signing_skeleton(utterance.pose)))
        pose = resample(pose, fps)
        pose = mirror(pose) if performer.physique.left_handed else pose
        return Performance(pose, _spans(utterance, fps, len(pose)))

    def fields(self, row: TextGlossPair) -> Mapping[str, Any]:
        """Whose signing it is."""
        return {"group": _recorded(self.corpus, self.folder)[row.id].group}


def perform_corpus(
    recipe: Recipe,
    out: str | os.PathLike[str],
    groups: Sequence[str] = (),
    num_glosses: int | None = None,
    workers: int = 1,
    progress: bool = False,
) -> Summary:
    """Perform a recorded corpus, or go on with one.

    Args:
        recipe: How. Its ``lexicon`` is the name of the corpus's reader, its ``manifest`` the
            corpus's own folder.
        out: The folder of the new corpus.
        groups: The groups that are performed; all by default.
        num_glosses: Only utterances of so many glosses, the most frequent of the whole corpus, so
            that all groups have the same; of equals, the first by name.
        workers: Processes.
        progress: Show a bar.

    Raises:
        UsageError: There is no such corpus or group, or the folder holds another corpus.
        ManifestError: The corpus is not there or malformed, or nothing of it can be performed.
        MissingPackageError: Pictures are asked for and there is no EGL.
        DiskError: There is no room; what is finished stays.
    """
    out, folder = Path(out), Path(recipe.manifest)
    if num_glosses is not None and num_glosses < 1:
        raise UsageError(f"--glosses takes a number from 1 on; got {num_glosses}.")
    chosen = _chosen(_read(recipe.lexicon, folder), groups, num_glosses)
    skipped: dict[str, tuple[str, ...]] = {
        u.id: (reason,) for u in chosen if (reason := _unfit(u.pose))
    }
    pairs = [_pair(utterance) for utterance in chosen]
    todo = [(i, pair) for i, pair in enumerate(pairs) if pair.id not in skipped]
    if not todo:
        raise ManifestError(
            f"Nothing of {folder} can be performed: each of its {len(chosen)} clips "
            f"{' or '.join(sorted(set(sum(skipped.values(), ()))))}."
        )
    source = {"hash": _hash(chosen), "invented": False}
    claim(out, describe(recipe, source, None, pairs))
    script = RecordedUtterances(recipe.lexicon, folder)
    rows = make_rows(recipe, script, todo, out, workers, progress)
    return Summary(len(rows), sum(row["frames"] for row in rows), skipped)


def _read(corpus: str, folder: Path) -> list[Utterance]:
    if corpus in READERS and not folder.is_dir():
        raise ManifestError(f"There is no folder {folder}. Give --folder the corpus's own folder.")
    return read_folder(corpus, folder)


@cache
def _recorded(corpus: str, folder: Path) -> dict[str, Utterance]:
    """A corpus by its ids, read once a process."""
    return {utterance.id: utterance for utterance in read_folder(corpus, folder)}


def _chosen(
    utterances: Sequence[Utterance], groups: Sequence[str], num_glosses: int | None
) -> list[Utterance]:
    known = sorted({utterance.group for utterance in utterances})
    strangers = [group for group in groups if group not in known]
    if strangers:
        raise UsageError(f"There is no group {strangers[0]!r}; there are: {', '.join(known)}.")
    some = [u for u in utterances if not groups or u.group in groups]
    if num_glosses is None:
        return some
    counts = Counter(gloss.label for u in utterances for gloss in u.glosses)
    frequent = sorted(counts, key=lambda label: (-counts[label], label))[:num_glosses]
    return [u for u in some if all(gloss.label in frequent for gloss in u.glosses)]


def _unfit(pose: Pose) -> str | None:
    """Why a clip cannot be performed."""
    anchors = pose.skeleton.anchors
    sides = [f"{side}_shoulder" for side in ("left", "right")]
    if not all(side in anchors for side in sides):
        return _NO_SHOULDERS
    if not np.logical_and(*(pose.anchor(side)[1] > 0 for side in sides)).any():
        return _NO_SHOULDERS
    return None if hands_seen(pose).any() else _NO_HANDS


def _pair(utterance: Utterance) -> TextGlossPair:
    """The row of an utterance: its glosses are one word each, as pairs have them."""
    labels = [gloss.label for gloss in utterance.glosses]
    return TextGlossPair(
        utterance.id, " ".join(labels), tuple("-".join(label.split()) for label in labels)
    )


def _hash(utterances: Sequence[Utterance]) -> str:
    """SHA-256 of all that gives the movements their form."""
    digest = hashlib.sha256()
    for utterance in utterances:
        pose = utterance.pose
        digest.update(f"{utterance.id} {utterance.group} {utterance.glosses} {pose}".encode())
        digest.update(pose.points.tobytes() + pose.confidence.tobytes())
    return digest.hexdigest()


def _on_signing_skeleton(pose: Pose) -> Pose:
    """Put a pose on the skeleton of all synthetic corpora; what it does not have is missing."""
    names = pose.skeleton.landmarks
    known = signing_pose(pose.points, pose.confidence, names, pose.fps, pose.size)
    return replace(known, unit=pose.unit)


def _spans(utterance: Utterance, fps: float, num_frames: int) -> tuple[tuple[int, int], ...]:
    """First frame and the frame after the last, for each gloss; at least a frame of the clip."""
    spans = []
    for gloss in utterance.glosses:
        start = min(round(gloss.start * fps), num_frames - 1)
        spans.append((start, min(max(round(gloss.end * fps), start + 1), num_frames)))
    return tuple(spans)
