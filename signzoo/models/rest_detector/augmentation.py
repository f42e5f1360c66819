"""Varies tracks in training: other bodies, cameras and estimators, and longer rest.

Everything is drawn from the generator that is passed in. Labels move with the frames that they
belong to, and are only ever made up for frames that are made up too.
"""

from dataclasses import dataclass, replace

import numpy as np

from signzoo.errors import UsageError
from signzoo.models.rest_detector.track import FPS

_MAX_HOLD, _MAX_REST, _MAX_REACH = 0.8, 3.0, 0.7  # seconds


@dataclass(frozen=True, slots=True, eq=False)
class LabelledTrack:
    """Head and hands with labels, at 25 fps.

    Attributes:
        points: Left hand, right hand and head, ``(T, 3, 2)`` float32, in shoulder widths.
        confidence: Of the same, ``(T, 3)`` float32.
        labels: 1 where someone is signing, ``(T,)`` float32.
        known: Where the label can be trusted, ``(T,)`` bool.
    """

    points: np.ndarray
    confidence: np.ndarray
    labels: np.ndarray
    known: np.ndarray

    def __len__(self) -> int:
        return len(self.points)


@dataclass(frozen=True)
class AugmentationConfig:
    """How training samples are varied; 0 turns a variation off."""

    mirror: float = 0.5
    """Probability that left and right are swapped, as of a left-handed signer."""
    scale: float = 0.2
    """Largest change of size, as a natural logarithm: the shoulder width is an estimate."""
    stretch: float = 0.25
    """Largest change of speed, as a natural logarithm."""
    shift: float = 0.1
    """Largest shift of the head against the hands, in shoulder widths: estimators differ."""
    noise: float = 0.01
    """Standard deviation of the jitter of each landmark, in shoulder widths."""
    hold: float = 0.3
    """Probability that a moment of the signing is held still for up to 0.8 s."""
    rest: float = 0.5
    """Probability, at each end, that up to 3 s of rest are added, and the way there."""
    crop: float = 0.4
    """Probability that hands are lost below a line between 1.3 and 2.3 shoulder widths under the
    head, as below the edge of a picture."""
    drop: float = 0.4
    """Probability, for each hand, that it is lost for up to 0.6 s somewhere."""
    unsure: float = 0.5
    """Probability that confidences are lower, by a factor from 0.3 to 1 for each landmark."""

    def __post_init__(self) -> None:
        chances = (self.mirror, self.hold, self.rest, self.crop, self.drop, self.unsure)
        if not all(0 <= chance <= 1 for chance in chances):
            raise UsageError(f"Probabilities of the augmentation lie between 0 and 1; got {self}.")
        if min(self.scale, self.stretch, self.shift, self.noise) < 0:
            raise UsageError(f"Amounts of the augmentation are at least 0; got {self}.")


def longest(num_frames: int, config: AugmentationConfig) -> int:
    """The most frames that a track of ``num_frames`` can have after :func:`augment`."""
    seconds = (config.hold > 0) * _MAX_HOLD + (config.rest > 0) * 2 * (_MAX_REST + _MAX_REACH)
    return int(np.ceil(num_frames * np.exp(config.stretch) + seconds * FPS)) + 4


def augment(
    track: LabelledTrack, config: AugmentationConfig, rng: np.random.Generator
) -> LabelledTrack:
    """Make a variation of a track."""
    track = _stretch(track, np.exp(rng.uniform(-config.stretch, config.stretch)))
    if rng.random() < config.hold:
        track = _hold(track, rng)
    if rng.random() < config.rest:
        track = _add_rest(track, rng)
    if rng.random() < config.rest:
        track = _reverse(_add_rest(_reverse(track), rng))
    if rng.random() < config.mirror:
        track = _mirror(track)
    points = track.points * np.exp(rng.uniform(-config.scale, config.scale))
    points[:, 2] += rng.uniform(-config.shift, config.shift, 2)
    points += rng.normal(0, config.noise, points.shape)
    track = replace(track, points=points.astype(np.float32))
    return _lose(track, config, rng)


def _at(track: LabelledTrack, place: np.ndarray) -> LabelledTrack:
    """The track at fractional frames ``(T,)``: places between two frames, labels of the nearer."""
    place = np.clip(place, 0, len(track) - 1)
    before = np.floor(place).astype(int)
    after = np.minimum(before + 1, len(track) - 1)
    share = (place - before)[:, None, None]
    # Between a seen and a missing landmark the nearer one counts.
    alone = (track.confidence[before] > 0) != (track.confidence[after] > 0)
    share = np.where(alone[..., None], np.round(share), share)
    nearest = np.round(place).astype(int)
    return LabelledTrack(
        (track.points[before] * (1 - share) + track.points[after] * share).astype(np.float32),
        track.confidence[nearest],
        track.labels[nearest],
        track.known[nearest],
    )


def _stretch(track: LabelledTrack, factor: float) -> LabelledTrack:
    count = max(1, round(len(track) * factor))
    return _at(track, np.linspace(0, len(track) - 1, count))


def _hold(track: LabelledTrack, rng: np.random.Generator) -> LabelledTrack:
    """Stop at a frame of the signing, as near-still signs and hesitation do."""
    signed = np.flatnonzero(track.labels * track.known)
    if not len(signed):
        return track
    frame = rng.choice(signed)
    repeats = np.ones(len(track), int)
    repeats[frame] += rng.integers(5, int(_MAX_HOLD * FPS) + 1)
    return _at(track, np.repeat(np.arange(len(track)), repeats).astype(float))


def _reverse(track: LabelledTrack) -> LabelledTrack:
    return LabelledTrack(
        track.points[::-1], track.confidence[::-1], track.labels[::-1], track.known[::-1]
    )


def _mirror(track: LabelledTrack) -> LabelledTrack:
    order = [1, 0, 2]
    points = track.points[:, order] * np.array([-1, 1], np.float32)
    return replace(track, points=points, confidence=track.confidence[:, order])


def _add_rest(track: LabelledTrack, rng: np.random.Generator) -> LabelledTrack:
    """Put hands at rest before a track, and their way from there to its first frame.

    The way is labelled rest, as BOSTON-104 labels it: a gloss begins when the hand has arrived.
    """
    still = int(rng.uniform(0.2, _MAX_REST) * FPS)
    reach = int(rng.uniform(0.2, _MAX_REACH) * FPS)
    first = track.points[0]
    lap = np.stack([_lap(rng, 1.0), _lap(rng, -1.0)]) + first[2]  # (2, 2)
    # A hand that the first frame does not show stays where it rests.
    lifted = track.confidence[0, :2] > 0
    end = np.where(lifted[:, None], first[:2], lap)
    progress = np.r_[np.zeros(still), np.linspace(0, 1, reach, endpoint=False)]
    # Minimum jerk: Flash and Hogan, "The coordination of arm movements", J. Neuroscience 5(7),
    # 1985.
    progress = (10 * progress**3 - 15 * progress**4 + 6 * progress**5)[:, None, None]
    hands = lap * (1 - progress) + end * progress  # (still + reach, 2, 2)
    head = np.broadcast_to(first[2:], (len(hands), 1, 2))
    points = np.concatenate([hands, head], axis=1) + _sway(len(hands), rng) * (1 - progress)
    confidence = np.ones((len(hands), 3), np.float32) * np.maximum(track.confidence[0], 0.5)
    return LabelledTrack(
        np.concatenate([points, track.points]).astype(np.float32),
        np.concatenate([confidence, track.confidence]).astype(np.float32),
        np.concatenate([np.zeros(len(hands), np.float32), track.labels]),
        np.concatenate([np.ones(len(hands), bool), track.known]),
    )


def _lap(rng: np.random.Generator, side: float) -> np.ndarray:
    """Where a hand rests, from the head, in shoulder widths: in the lap, on the belly, hanging."""
    return np.array([side * rng.uniform(-0.05, 0.6), rng.uniform(1.5, 2.7)])


def _sway(num_frames: int, rng: np.random.Generator) -> np.ndarray:
    """Slow small movements of a body at rest, ``(T, 3, 2)``, in shoulder widths."""
    times = np.arange(num_frames)[:, None, None, None] / FPS
    hertz = rng.uniform(0.1, 1.0, (3, 2, 3))
    size = rng.uniform(0, 0.03, (3, 2, 3))
    return (size * np.sin(2 * np.pi * (hertz * times + rng.random((3, 2, 3))))).sum(axis=-1)


def _lose(
    track: LabelledTrack, config: AugmentationConfig, rng: np.random.Generator
) -> LabelledTrack:
    """Lose hands, and doubt what is seen, as estimators do."""
    confidence = track.confidence.copy()
    if rng.random() < config.unsure:
        confidence *= rng.uniform(0.3, 1.0, 3).astype(np.float32)
    if rng.random() < config.crop:
        below = track.points[:, :2, 1] - track.points[:, 2:, 1] > rng.uniform(1.3, 2.3)
        confidence[:, :2][below] = 0
    for hand in range(2):
        if rng.random() < config.drop:
            start = rng.integers(len(track))
            confidence[start : start + rng.integers(1, 16), hand] = 0
    points = np.where(confidence[..., None] > 0, track.points, np.float32(0))
    return replace(track, points=points, confidence=confidence)
