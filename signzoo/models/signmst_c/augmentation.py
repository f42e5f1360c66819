"""Varies landmarks in training: other bodies, cameras, speeds and estimators."""

from dataclasses import dataclass

import numpy as np
from typing_extensions import Self

from signzoo.errors import UsageError
from signzoo.models.signmst_c.landmarks import LEFT_FINGERS, LEFT_HAND, RIGHT_FINGERS, RIGHT_HAND
from signzoo.models.signmst_c.landmarks import mirrored as mirror_landmarks


@dataclass(frozen=True)
class SigningAugmentationConfig:
    """How training clips are varied; 0 turns a variation off."""

    mirror: float = 0.3
    """Probability that left and right are swapped, as of a left-handed signer; only for clips
    without video, whose pictures are not swapped."""
    scale: float = 0.12
    """Largest change of size, as a natural logarithm, of width and height each."""
    turn: float = 6.0
    """Largest rotation in the picture, in degrees."""
    shift: float = 0.1
    """Largest shift, in shoulder widths."""
    stretch: float = 0.15
    """Largest change of speed, as a natural logarithm."""
    noise: float = 0.01
    """Standard deviation of the jitter of each landmark, in shoulder widths."""
    drop_frames: float = 0.05
    """Share of the frames, in runs of up to six, in which all landmarks are lost."""
    drop_hand: float = 0.1
    """Probability, for each hand, that its fingers are lost for up to half a second somewhere."""
    recombine: float = 0.0
    """Probability that a clip is put together anew from signs of other clips; for corpora that say
    when each sign is signed, where glosses are written and no video is looked at."""

    def __post_init__(self) -> None:
        if not all(
            0 <= each <= 1
            for each in (self.mirror, self.drop_frames, self.drop_hand, self.recombine)
        ):
            raise UsageError(f"Probabilities of the augmentation lie between 0 and 1; got {self}.")
        if min(self.scale, self.turn, self.shift, self.stretch, self.noise) < 0:
            raise UsageError(f"Amounts of the augmentation are at least 0; got {self}.")

    @classmethod
    def none(cls) -> Self:
        """No variation at all."""
        return cls(0, 0, 0, 0, 0, 0, 0, 0, 0)

    def longest(self, num_frames: int) -> int:
        """The most frames that a clip of ``num_frames`` can have after :func:`augment`."""
        return int(np.ceil(num_frames * np.exp(self.stretch)))


def augment(
    landmarks: np.ndarray,
    config: SigningAugmentationConfig,
    rng: np.random.Generator,
    may_mirror: bool = True,
) -> np.ndarray:
    """Make a variation of landmarks ``(T, V, 3)``, of about as many frames."""
    found = stretch(landmarks, config, rng)
    if rng.random() < config.mirror and may_mirror:
        found = mirror_landmarks(found)
    seen = found[..., 2:] > 0
    places = found[..., :2] @ _change(config, rng)
    places = places + rng.uniform(-config.shift, config.shift, 2)
    places = places + rng.normal(0, config.noise, places.shape) if config.noise else places
    found = np.concatenate([places, found[..., 2:]], axis=-1).astype(np.float32)
    return _lose(np.where(seen, found, 0), config, rng)


def stretch(
    landmarks: np.ndarray, config: SigningAugmentationConfig, rng: np.random.Generator
) -> np.ndarray:
    """Change the speed by taking the nearest frames: what is missing stays missing."""
    factor = np.exp(rng.uniform(-config.stretch, config.stretch))
    count = max(1, round(len(landmarks) * factor))
    places = np.linspace(0, len(landmarks) - 1, count)
    before = np.floor(places).astype(int)
    after = np.minimum(before + 1, len(landmarks) - 1)
    share = (places - before)[:, None, None].astype(np.float32)
    mixed = landmarks[before] * (1 - share) + landmarks[after] * share
    alone = (landmarks[before, :, 2:] > 0) != (landmarks[after, :, 2:] > 0)
    nearest = landmarks[np.where(share[:, 0, 0] < 0.5, before, after)]
    return np.where(alone, nearest, mixed)


def _change(config: SigningAugmentationConfig, rng: np.random.Generator) -> np.ndarray:
    """A change of size and a rotation, ``(2, 2)``."""
    angle = np.radians(rng.uniform(-config.turn, config.turn))
    turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    return np.asarray(np.diag(np.exp(rng.uniform(-config.scale, config.scale, 2))) @ turn)


def _lose(
    landmarks: np.ndarray, config: SigningAugmentationConfig, rng: np.random.Generator
) -> np.ndarray:
    """Lose all landmarks in some frames, and the fingers of a hand for a while."""
    frames = len(landmarks)
    for _ in range(rng.binomial(frames, config.drop_frames / 3.5)):  # runs are 3.5 long on average
        start = rng.integers(frames)
        landmarks[start : start + rng.integers(1, 7)] = 0
    for hand, fingers in ((LEFT_HAND, LEFT_FINGERS), (RIGHT_HAND, RIGHT_FINGERS)):
        if rng.random() < config.drop_hand:
            start = rng.integers(frames)
            stop = start + rng.integers(1, 13)
            landmarks[start:stop, fingers] = 0
            landmarks[start:stop, hand] = 0
    return landmarks
