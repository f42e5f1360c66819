"""Evaluates produced poses: pairs the files of two folders by name and scores each pair."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.errors import MediaError, UsageError
from signzoo.metrics.pose import PoseScorer
from signzoo.structures import Pose
from signzoo.structures.pose_files import POSE_SUFFIXES

# The score by which single poses are ranked: hands carry most of what is signed.
RANKING = "dtw_error_hands"


@dataclass(frozen=True, slots=True)
class PosePair:
    """A produced pose and what it should be.

    Attributes:
        name: The name that both files have, without suffix.
        hypothesis: File of the produced pose.
        reference: File of the reference.
    """

    name: str
    hypothesis: Path
    reference: Path


def pair_files(hypotheses: str | Path, references: str | Path) -> list[PosePair]:
    """Pair the pose files of two folders by name; their formats may differ.

    Raises:
        UsageError: A folder is missing or holds no pose, or a file has no partner.
    """
    ours, theirs = _by_name(Path(hypotheses)), _by_name(Path(references))
    alone = [f"{ours[name]} has no partner in {references}" for name in ours if name not in theirs]
    alone += [
        f"{theirs[name]} has no partner in {hypotheses}" for name in theirs if name not in ours
    ]
    if alone:
        raise UsageError(
            f"{alone[0]} ({len(alone)} such files); give folders whose poses have the same names."
        )
    return [PosePair(name, path, theirs[name]) for name, path in ours.items()]


def count_pairs(pairs: list[PosePair], scorer: PoseScorer) -> Iterator[np.ndarray]:
    """Read and count one pair after another; counts ``(K,)`` of each.

    Raises:
        MediaError: A file is not a readable pose, or never shows both shoulders.
        UsageError: A pair cannot be compared.
    """
    for pair in pairs:
        hypothesis, reference = Pose.read(pair.hypothesis), Pose.read(pair.reference)
        try:
            yield scorer.count(hypothesis, reference)
        except (MediaError, UsageError) as error:
            raise type(error)(f"{pair.hypothesis} against {pair.reference}: {error}") from error


def worst_poses(
    pairs: list[PosePair], counts: np.ndarray, scorer: PoseScorer
) -> list[Mapping[str, Any]]:
    """A row for each pair, that with the worst hands first; one without hands comes last."""
    rows = [
        {"id": pair.name, "scores": scorer.scores(row)}
        for pair, row in zip(pairs, counts, strict=True)
    ]
    return sorted(rows, key=lambda row: -np.nan_to_num(row["scores"][RANKING], nan=-1.0))


def _by_name(folder: Path) -> dict[str, Path]:
    if not folder.is_dir():
        raise UsageError(f"There is no folder {folder}; give a folder of pose files.")
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() not in POSE_SUFFIXES:
            continue
        if path.stem in found:
            raise UsageError(
                f"{folder} has both {found[path.stem].name} and {path.name}; keep one of them."
            )
        found[path.stem] = path
    if not found:
        raise UsageError(f"{folder} holds no pose; poses end in {', '.join(POSE_SUFFIXES)}.")
    return found
