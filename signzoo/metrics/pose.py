"""Scores a produced pose against the reference pose, and how steady a pose is by itself.

Everything is measured in the picture plane (x and y) in shoulder widths: estimators give depth in
units of their own, when they give it. Body, face and hands are measured apart, since the face mesh
alone has most of the landmarks; ``all`` is the mean over these parts, each counting the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from signzoo.errors import UsageError
from signzoo.metrics.warping import warp
from signzoo.structures import Pose
from signzoo.transforms.pose import to_shoulder_units

PARTS = ("body", "face", "hands")
# Below it a landmark is a guess: MediaPipe places legs outside the picture with a few hundredths,
# a hand blurred by motion well above.
MINIMUM_CONFIDENCE = 0.2
# What a landmark costs, in shoulder widths, that the reference shows and the hypothesis lacks. It
# costs as much as one far off, so that leaving out what is hard does not pay.
_MISSING_COST = 1.0
# Costs are kept for every pair of frames: two minutes against two minutes still fit in memory.
_MAX_FRAMES = 3000
# Sums are kept in whole millionths, so that they do not depend on the order of the poses.
_UNIT = 10**6
# Landmark distances that are held in memory at a time.
_CHUNK = 2**22

# Of each part: _count_errors, _count_warped, _count_flicker of both poses. Of each pair: one,
# warped cost, length of the path, duration of both in microseconds.
_PART_COUNTS = 5 + 2 + 4 + 4
_PAIR_COUNTS = 5


@dataclass(frozen=True, slots=True)
class PoseScores:
    """What a set of produced poses scores.

    Attributes:
        num_poses: How many pairs were scored.
        values: Score by name; see :meth:`PoseScorer.scores`.
    """

    num_poses: int
    values: Mapping[str, float]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)


def score_pose(
    hypothesis: Pose, reference: Pose, minimum_confidence: float = MINIMUM_CONFIDENCE
) -> PoseScores:
    """Score one produced pose against its reference.

    Args:
        hypothesis: The produced pose.
        reference: What it should be; of any length, frame rate, unit and place in the picture.
        minimum_confidence: A landmark below it does not count as visible.

    Returns:
        The scores that :meth:`PoseScorer.scores` describes.

    Raises:
        UsageError: The two share no landmarks, or one of them is empty or too long.
        MediaError: A pose in pixels never shows both shoulders.
    """
    scorer = PoseScorer(minimum_confidence)
    return scorer.summary(scorer.count(hypothesis, reference))


def steadiness(
    pose: Pose, minimum_confidence: float = MINIMUM_CONFIDENCE
) -> dict[str, dict[str, float]]:
    """Measure how a pose flickers; it needs no reference.

    Args:
        pose: In shoulder widths, or in pixels with both shoulders in the picture.
        minimum_confidence: A landmark below it does not count as visible.

    Returns:
        For ``body``, ``face`` and ``hands``: ``jerk``, the mean length of the third derivative of
        the positions, in shoulder widths/s³ (noise raises it with the frame rate: compare at the
        same one), and ``vanishing``, how often a landmark disappears per second in which it is
        visible. NaN where the part is not visible for long enough.

    Raises:
        MediaError: A pose in pixels never shows both shoulders.
    """
    result = {}
    scaled = _in_shoulder_widths(pose)
    for part, names in _by_part(pose.skeleton.landmarks).items():
        track = _track(scaled, names, minimum_confidence)
        result[part] = _flicker_scores(_count_flicker(track))
    return result


@dataclass(frozen=True, slots=True)
class PoseScorer:
    """Scores in two steps: counts of each pair of poses, then scores of any sum of counts.

    Attributes:
        minimum_confidence: A landmark below it does not count as visible.
    """

    minimum_confidence: float = MINIMUM_CONFIDENCE

    @property
    def num_counts(self) -> int:
        """How many counts a pair of poses has (K)."""
        return len(PARTS) * _PART_COUNTS + _PAIR_COUNTS

    def count(self, hypothesis: Pose, reference: Pose) -> np.ndarray:
        """Count what the scores are made of, for one pair of poses.

        They are compared on the landmarks that both skeletons name, in shoulder widths.

        Returns:
            Counts, ``(K,)`` int64.

        Raises:
            UsageError: The two share no landmarks, or one of them is empty or too long.
            MediaError: A pose in pixels never shows both shoulders.
        """
        pairs = self._pairs(hypothesis, reference)
        costs = [_frame_costs(ours, theirs) for ours, theirs in pairs]
        shown = np.sum([part_shown for _, part_shown in costs], axis=0)  # parts a frame, (R,)
        cost = np.sum([part_cost for part_cost, _ in costs], axis=0) / np.maximum(shown, 1)[:, None]
        path = warp(cost)
        counts: list[float] = []
        for (ours, theirs), (part_cost, part_shown) in zip(pairs, costs, strict=True):
            counts += _count_errors(ours, theirs)
            counts += _count_warped(part_cost, part_shown, path)
            counts += _count_flicker(ours) + _count_flicker(theirs)
        counts += [1, *_count_warped(cost, shown > 0, path)]
        counts += [hypothesis.seconds * _UNIT, reference.seconds * _UNIT]
        return np.rint(counts).astype(np.int64)

    def scores(self, counts: np.ndarray) -> dict[str, float]:
        """Turn added-up counts into scores.

        Frame by frame, each frame of the reference is compared with the frame of the hypothesis at
        the same share of its duration; ``dtw_error`` instead follows the path of dynamic time
        warping, one path for the whole pose. Only landmarks that the reference shows count, and
        one that the hypothesis lacks is one shoulder width off.

        Args:
            counts: Sum over pairs, ``(K,)``.

        Returns:
            Scores whose names end with ``_all``, ``_body``, ``_face`` or ``_hands``, NaN where no
            reference shows the part: ``mean_joint_error`` and ``dtw_error`` in shoulder widths;
            ``pck10`` and ``pck20``, the percentage of landmarks less than 0.1 and 0.2 shoulder
            widths off; ``missing``, the percentage that the hypothesis lacks; ``jerk`` and
            ``vanishing`` of the hypothesis and, as ``reference_...``, of the reference (see
            :func:`steadiness`). And ``duration_ratio``, the hypotheses' over the references'.

        Raises:
            UsageError: The counts are those of no pose.
        """
        split = len(PARTS) * _PART_COUNTS
        num_poses, warped, length, our_time, their_time = (float(count) for count in counts[split:])
        if not num_poses:
            raise UsageError("There are no poses to score.")
        apart = [_part_scores(row) for row in np.reshape(counts[:split], (len(PARTS), -1))]
        values: dict[str, float] = {}
        for name in apart[0]:
            column = np.array([scores[name] for scores in apart])
            known = column[~np.isnan(column)]
            values[f"{name}_all"] = float(known.mean()) if len(known) else float("nan")
            values |= {
                f"{name}_{part}": scores[name] for part, scores in zip(PARTS, apart, strict=True)
            }
        values["dtw_error_all"] = _ratio(warped, length * _UNIT)
        values["duration_ratio"] = _ratio(our_time, their_time)
        return values

    def summary(self, counts: np.ndarray) -> PoseScores:
        """The scores of added-up counts ``(K,)`` with the number of poses behind them."""
        return PoseScores(int(counts[len(PARTS) * _PART_COUNTS]), self.scores(counts))

    def _pairs(self, hypothesis: Pose, reference: Pose) -> list[tuple["_Track", "_Track"]]:
        """The tracks of each part's common landmarks in both poses."""
        for role, pose in (("hypothesis", hypothesis), ("reference", reference)):
            if not 0 < len(pose) <= _MAX_FRAMES:
                raise UsageError(
                    f"The {role} has {len(pose)} frames; poses of 1 to {_MAX_FRAMES} frames are "
                    "compared. Cut a long one into sentences first."
                )
        known = set(reference.skeleton.landmarks)
        common = [name for name in hypothesis.skeleton.landmarks if name in known]
        if not common:
            raise UsageError(
                f"The skeletons {hypothesis.skeleton.name!r} and {reference.skeleton.name!r} share "
                "no landmark, so the poses cannot be compared."
            )
        poses = _in_shoulder_widths(hypothesis), _in_shoulder_widths(reference)
        return [
            (
                _track(poses[0], names, self.minimum_confidence),
                _track(poses[1], names, self.minimum_confidence),
            )
            for names in _by_part(common).values()
        ]


class _Track(NamedTuple):
    """Some landmarks of a pose: points ``(T, V, 2)`` in shoulder widths, where seen ``(T, V)``."""

    points: np.ndarray
    seen: np.ndarray
    fps: float


def _in_shoulder_widths(pose: Pose) -> Pose:
    return to_shoulder_units(pose) if pose.unit == "pixel" else pose


def _track(pose: Pose, names: Sequence[str], minimum_confidence: float) -> _Track:
    column = {name: i for i, name in enumerate(pose.skeleton.landmarks)}
    where = [column[name] for name in names]
    confidence = pose.confidence[:, where]
    seen = (confidence > 0) & (confidence >= minimum_confidence)
    return _Track(pose.points[:, where, :2], seen, pose.fps)


def _by_part(landmarks: Sequence[str]) -> dict[str, list[str]]:
    """Landmarks of body, face and hands; whatever is neither face nor hand is body."""
    parts: dict[str, list[str]] = {part: [] for part in PARTS}
    for name in landmarks:
        prefix = name.split("/")[0]
        parts["hands" if prefix.endswith("_hand") else "face" if prefix == "face" else "body"] += [
            name
        ]
    return parts


def _frame_costs(ours: _Track, theirs: _Track) -> tuple[np.ndarray, np.ndarray]:
    """Mean joint error of each pair of frames, and which frames of the reference show anything.

    Returns:
        Costs ``(R, H)``, 0 where the reference shows nothing, and bool ``(R,)``.
    """
    num_rows, num_columns = len(theirs.points), len(ours.points)
    total = np.zeros((num_rows, num_columns))
    step = max(1, _CHUNK // (num_rows * num_columns))
    for start in range(0, theirs.seen.shape[1], step):
        some = slice(start, start + step)
        x, y = (
            theirs.points[:, some, axis].T[:, :, None] - ours.points[:, some, axis].T[:, None, :]
            for axis in (0, 1)
        )
        error = np.where(ours.seen[:, some].T[:, None, :], np.hypot(x, y), _MISSING_COST)
        total += np.einsum("vrh,rv->rh", error, theirs.seen[:, some].astype(error.dtype))
    visible = theirs.seen.sum(axis=1)
    return total / np.maximum(visible, 1)[:, None], visible > 0


def _count_errors(ours: _Track, theirs: _Track) -> list[float]:
    """Error (in millionths), landmarks shown, those within 0.1 and 0.2, those missing."""
    frames = np.rint(np.linspace(0, len(ours.points) - 1, len(theirs.points))).astype(int)
    seen = ours.seen[frames][theirs.seen]
    distance = np.linalg.norm(ours.points[frames] - theirs.points, axis=2)[theirs.seen]
    error = np.where(seen, distance, _MISSING_COST)
    hits = [int((seen & (error < limit)).sum()) for limit in (0.1, 0.2)]
    return [error.sum() * _UNIT, len(error), *hits, int((~seen).sum())]


def _count_warped(cost: np.ndarray, shown: np.ndarray, path: np.ndarray) -> list[float]:
    """Cost along the path (in millionths), and its length where the reference shows anything."""
    path = path[shown[path[:, 0]]]
    return [cost[path[:, 0], path[:, 1]].sum() * _UNIT, len(path)]


def _count_flicker(track: _Track) -> list[float]:
    """Jerk (in millionths), over how many steps, disappearances, seconds seen (in millionths)."""
    seen = track.seen
    steady = seen[3:] & seen[2:-1] & seen[1:-2] & seen[:-3]  # (T - 3, V)
    jerk = np.linalg.norm(np.diff(track.points, n=3, axis=0), axis=2)[steady] * track.fps**3
    vanished = int((seen[:-1] & ~seen[1:]).sum())
    return [jerk.sum() * _UNIT, jerk.size, vanished, seen.sum() / track.fps * _UNIT]


def _part_scores(counts: np.ndarray) -> dict[str, float]:
    error, shown, within_tenth, within_fifth, missing, warped, length = counts[:7]
    ours, theirs = _flicker_scores(counts[7:11]), _flicker_scores(counts[11:15])
    return {
        "mean_joint_error": _ratio(error, shown * _UNIT),
        "dtw_error": _ratio(warped, length * _UNIT),
        "pck10": 100 * _ratio(within_tenth, shown),
        "pck20": 100 * _ratio(within_fifth, shown),
        "missing": 100 * _ratio(missing, shown),
        **ours,
        **{f"reference_{name}": value for name, value in theirs.items()},
    }


def _flicker_scores(counts: Sequence[float] | np.ndarray) -> dict[str, float]:
    jerk, steps, vanished, visible = counts
    return {
        "jerk": _ratio(jerk, steps * _UNIT),
        "vanishing": _ratio(vanished * _UNIT, visible),
    }


def _ratio(value: float, total: float) -> float:
    return float(value / total) if total else float("nan")
