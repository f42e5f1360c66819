"""What an estimator would have made of true landmarks: jitter, drift, lost and swapped hands.

The amounts stand in ``noise.json``. They were fitted once to the difference between true joints and
what MediaPipe Holistic reads from renderings of the same performances, and are frozen. This fits
them to other renderings, or to another estimator:

    signzoo data synthesize --manifest FILE --landmarks mediapipe --out CORPUS
    python -m signzoo.data.synthesis.noise CORPUS > noise.json
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
from scipy.signal import lfilter

from signzoo.data.manifest import read_manifest
from signzoo.structures import Pose
from signzoo.transforms.pose import shoulder_frame

_SIDES = ("left", "right")


@dataclass(frozen=True, slots=True)
class PartNoise:
    """Errors of the landmarks of one part, in shoulder widths.

    Attributes:
        jitter: Standard deviation in the picture plane, of what changes from frame to frame.
        jitter_depth: The same in depth.
        steadiness: Correlation of that with the frame before, from 0 to 1.
        offset: Standard deviation in the picture plane, of what stays the same for a whole clip.
        offset_depth: The same in depth.
        common: Share of the variance that all landmarks of the part have in common.
    """

    jitter: float
    jitter_depth: float
    steadiness: float
    offset: float
    offset_depth: float
    common: float


@dataclass(frozen=True, slots=True)
class HandLoss:
    """How hands are lost, each frame.

    Attributes:
        lost: Probability that a hand that is seen is lost in the next frame.
        found: Probability that a hand that is lost is seen in the next frame.
        swapped: Probability that both hands are taken for one another from the next frame on.
        righted: Probability that this ends with the next frame.
    """

    lost: float
    found: float
    swapped: float
    righted: float


@dataclass(frozen=True)
class LandmarkNoise:
    """All errors.

    Attributes:
        parts: Of ``body``, ``face`` and ``hand``.
        hands: How hands are lost.
        bias: For landmarks of body and face, where the estimator places them beside the joints: x,
            y, and z, which MediaPipe counts from the hips and in a measure of its own.
    """

    parts: Mapping[str, PartNoise]
    hands: HandLoss
    bias: Mapping[str, tuple[float, float, float]]


@cache
def frozen_noise() -> LandmarkNoise:
    """The noise that was fitted to MediaPipe Holistic on renderings."""
    return _parse(json.loads(files(__package__).joinpath("noise.json").read_text("utf-8")))


def observe(pose: Pose, random: np.random.Generator, noise: LandmarkNoise | None = None) -> Pose:
    """Make of true landmarks what an estimator would have read.

    Args:
        pose: With a body, a face and two hands.
        random: What errors are drawn from.
        noise: The frozen one by default.

    Returns:
        The pose with errors. As MediaPipe gives them, lost hands have confidence 0, and a hand's
        depth is counted from its own wrist.

    Raises:
        MediaError: The pose is in pixels and never shows both shoulders.
    """
    noise = noise or frozen_noise()
    width = shoulder_frame(pose)[1] if pose.unit == "pixel" else 1.0
    pose = _with_hands_by_wrist(pose)
    points, confidence = pose.points.copy(), pose.confidence.copy()
    bias = [noise.bias.get(name, (0.0, 0.0, 0.0)) for name in pose.skeleton.landmarks]
    points += np.array(bias, np.float32) * width
    for part in pose.skeleton.parts:
        where = pose.skeleton.part(part)
        kind = noise.parts["hand" if part.endswith("_hand") else part]
        points[:, where] += _errors(kind, len(pose), where.stop - where.start, random) * width
    left, right = (pose.skeleton.part(f"{side}_hand") for side in _SIDES)
    swap = _states(noise.hands.swapped, noise.hands.righted, len(pose), random)
    points[swap, left], points[swap, right] = points[swap, right], points[swap, left]
    for hand in (left, right):
        lost = _states(noise.hands.lost, noise.hands.found, len(pose), random)
        confidence[lost, hand] = 0
    return replace(pose, points=points, confidence=confidence)


def _errors(kind: PartNoise, frames: int, count: int, random: np.random.Generator) -> np.ndarray:
    """Errors of one part's landmarks, ``(frames, count, 3)``, in shoulder widths."""
    own, common = np.sqrt(1 - kind.common), np.sqrt(kind.common)
    jitter = own * _steady((frames, count, 3), kind.steadiness, random)
    jitter += common * _steady((frames, 1, 3), kind.steadiness, random)
    offset = own * random.normal(size=(1, count, 3)) + common * random.normal(size=(1, 1, 3))
    jitter *= [kind.jitter, kind.jitter, kind.jitter_depth]
    offset *= [kind.offset, kind.offset, kind.offset_depth]
    return np.asarray(jitter + offset, np.float32)


def _steady(shape: tuple[int, ...], steadiness: float, random: np.random.Generator) -> np.ndarray:
    """Noise of standard deviation 1 in which a frame is correlated with the one before it."""
    white = random.normal(size=shape)
    white[1:] *= np.sqrt(1 - steadiness**2)
    return np.asarray(lfilter([1], [1, -steadiness], white, axis=0))


def _states(start: float, end: float, frames: int, random: np.random.Generator) -> np.ndarray:
    """When a state holds that begins and ends by chance, ``(frames,)``."""
    if start <= 0 or not frames:
        return np.zeros(frames, bool)
    begins = random.geometric(start, frames)  # no more changes than frames
    lasts = random.geometric(end, frames)
    if random.random() < start / (start + end):
        begins[0] = 0  # a clip may begin in the middle of it
    lengths = np.stack([begins, lasts], axis=1).ravel()
    lengths = lengths[: np.searchsorted(np.cumsum(lengths), frames) + 1]
    return np.asarray(np.repeat(np.arange(len(lengths)) % 2 == 1, lengths)[:frames])


def fit_noise(pairs: Iterable[tuple[Pose, Pose]]) -> LandmarkNoise:
    """Measure the errors of an estimator.

    Args:
        pairs: True and read landmarks of the same frames, both in the true signer's shoulder
            widths, on one skeleton.

    Raises:
        ValueError: There is no pair, or a part is never seen.
    """
    errors: dict[str, list[np.ndarray]] = {"body": [], "face": [], "hand": []}
    names: dict[str, tuple[str, ...]] = {}
    lost, swapped = [], []
    for true, read in pairs:
        true, read = _with_hands_by_wrist(true), _with_hands_by_wrist(read)
        swap = _swapped(true, read)
        swapped.append(swap)
        for part in true.skeleton.parts:
            where, hand = true.skeleton.part(part), part.endswith("_hand")
            hidden = read.confidence[:, where] <= 0
            if hand:
                lost.append(hidden.all(axis=1))
                hidden = hidden | swap[:, None]
            error = read.points[:, where] - true.points[:, where]
            errors["hand" if hand else part].append(np.where(hidden[..., None], np.nan, error))
            names[part] = true.skeleton.landmarks[where]
    if not lost or not all(any(np.isfinite(e).any() for e in each) for each in errors.values()):
        raise ValueError("fit_noise needs pairs in which body, face and hands are seen.")
    bias: dict[str, tuple[float, float, float]] = {}
    for part in ("body", "face"):
        middle = _median(np.stack([_median(each, 0) for each in errors[part]]), 0)  # (V, 3)
        errors[part] = [each - middle for each in errors[part]]
        bias |= {name: tuple(row) for name, row in zip(names[part], middle.tolist(), strict=True)}
    return LandmarkNoise(
        {name: _fit_part(found) for name, found in errors.items()},
        HandLoss(*_rates(lost), *_rates(swapped)),
        bias,
    )


def _with_hands_by_wrist(pose: Pose) -> Pose:
    """Count a hand's depth from its own wrist, as MediaPipe does."""
    points = pose.points.copy()
    for side in _SIDES:
        hand = pose.skeleton.part(f"{side}_hand")
        points[:, hand, 2] -= points[:, [hand.start], 2]
    return replace(pose, points=points)


def _swapped(true: Pose, read: Pose) -> np.ndarray:
    """Where what is read as one hand lies on the other, ``(T,)``."""
    gaps = {}
    for ours in _SIDES:
        for theirs in _SIDES:
            places = [
                pose.skeleton.part(f"{side}_hand") for pose, side in ((true, ours), (read, theirs))
            ]
            gap = read.points[:, places[1], :2] - true.points[:, places[0], :2]
            seen = (read.confidence[:, places[1]] > 0).all(axis=1)
            gaps[ours, theirs] = np.where(seen, np.linalg.norm(gap, axis=2).mean(axis=1), np.nan)
    straight = _mean([gaps[side, side] for side in _SIDES], 0)
    crossed = _mean([gaps["left", "right"], gaps["right", "left"]], 0)
    return np.asarray(crossed < 0.5 * straight)


def _mean(values: Any, axis: int) -> np.ndarray:
    """The mean of what is not NaN; NaN where nothing is."""
    return np.asarray(np.ma.masked_invalid(values).mean(axis=axis).filled(np.nan))


def _median(values: Any, axis: int) -> np.ndarray:
    """The median of what is not NaN; NaN where nothing is."""
    return np.asarray(np.ma.median(np.ma.masked_invalid(values), axis=axis).filled(np.nan))


def _fit_part(clips: Sequence[np.ndarray]) -> PartNoise:
    """Robust amounts of the errors ``(T, V, 3)`` of several clips, NaN where nothing is seen.

    Medians measure them, and errors of four times the usual size count as losses, not as errors.
    """
    offsets = np.stack([_median(each, 0) for each in clips])  # (clips, V, 3)
    moving = [each - offset for each, offset in zip(clips, offsets, strict=True)]
    jitter = _spread(np.concatenate([each.reshape(-1, 3) for each in moving]))
    plane = float(np.sqrt((jitter[:2] ** 2).mean()))
    flat = [np.where(np.abs(each[..., :2]) > 4 * plane, np.nan, each[..., :2]) for each in moving]
    before = np.concatenate([each[:-1].ravel() for each in flat])
    after = np.concatenate([each[1:].ravel() for each in flat])
    steadiness = np.nanmean(before * after) / np.nanmean(before**2)
    means = np.concatenate([_mean(each, 1).ravel() for each in flat])
    common = np.nanvar(means) / np.nanvar(np.concatenate([each.ravel() for each in flat]))
    still = _spread(offsets.reshape(-1, 3))
    return PartNoise(
        plane,
        float(jitter[2]),
        float(np.clip(steadiness, 0, 0.99)),
        float(np.sqrt((still[:2] ** 2).mean())),
        float(still[2]),
        float(np.clip(common, 0, 1)),
    )


def _spread(errors: np.ndarray) -> np.ndarray:
    """Standard deviations that outliers do not widen, of ``(N, 3)``, about zero."""
    return np.asarray(1.4826 * np.nanmedian(np.abs(errors), axis=0))


def _rates(states: Sequence[np.ndarray]) -> tuple[float, float]:
    """How often a state begins and ends, each frame; counts are smoothed."""
    before = np.concatenate([state[:-1] for state in states])
    after = np.concatenate([state[1:] for state in states])
    begins = (~before & after).sum() / max((~before).sum(), 1)
    ends = ((before & ~after).sum() + 0.5) / (before.sum() + 1)
    return float(begins), float(min(ends, 1))


def _parse(content: Mapping[str, Any]) -> LandmarkNoise:
    parts = {name: PartNoise(**values) for name, values in content["parts"].items()}
    bias = {name: (x, y, z) for name, (x, y, z) in content["bias"].items()}
    return LandmarkNoise(parts, HandLoss(**content["hands"]), bias)


def as_json(noise: LandmarkNoise) -> str:
    """The form of ``noise.json``, to four decimals."""

    def rounded(value: Any) -> Any:
        if isinstance(value, Mapping):
            return {key: rounded(each) for key, each in value.items()}
        if isinstance(value, tuple):
            return [rounded(each) for each in value]
        return round(value, 4)

    return json.dumps(rounded(asdict(noise)), indent=1)


def main(argv: Sequence[str] | None = None) -> None:
    """Fit the noise to a corpus whose landmarks were read from its pictures."""
    import argparse

    parser = argparse.ArgumentParser(prog="python -m signzoo.data.synthesis.noise")
    parser.add_argument("corpus", type=Path, help="made with --landmarks mediapipe")
    print(as_json(fit_noise(_pairs(parser.parse_args(argv).corpus))))


def _pairs(corpus: Path) -> Iterator[tuple[Pose, Pose]]:
    """True and read landmarks between the rests, in the true signer's shoulder widths."""
    for row in read_manifest(corpus / "manifest.jsonl"):
        spans = row.get("spans", list)
        signed = slice(spans[0][0], spans[-1][1])
        true, read = (Pose.read(row.file(name))[signed] for name in ("true_pose", "pose"))
        middle, width = shoulder_frame(true)
        yield (
            replace(true, points=(true.points - middle) / width, unit="shoulder"),
            replace(read, points=(read.points - middle) / width, unit="shoulder"),
        )


if __name__ == "__main__":
    main()
