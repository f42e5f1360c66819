"""Puts training clips together anew from signs of a corpus that says when each was signed."""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from signzoo.data.corpora import TimedGloss
from signzoo.models.signmst_c.landmarks import FPS, LEFT_HAND, RIGHT_HAND

# Probability that a sign is taken from another clip, and that the sentence goes on from there as
# that clip does.
_OTHER, _CROSSING = 0.3, 0.2
# Between signs of different clips the hands travel so many shoulder widths a frame at most, as
# between signs of one clip (BOSTON-104, 90 % of them).
_TRAVEL = 0.25


class _Place(NamedTuple):
    """A sign of a clip, by their numbers."""

    clip: int
    sign: int


class Recombination:
    """Makes sentences that nobody signed out of clips that somebody did.

    A sentence begins as its clip does. Signs are replaced by others of the same gloss, and behind
    such a sign it may go on as the other clip does, so that the order of glosses is one that was
    seen pair by pair. Hands travel straight from one clip's place to the other's.

    Args:
        landmarks: Of N clips, ``(T, V, 3)`` each, at 25 frames a second.
        spans: When each sign of the clips is signed, in order.

    Attributes:
        longest: Frames of the longest clip; nothing longer is made.
    """

    def __init__(
        self, landmarks: Sequence[np.ndarray], spans: Sequence[Sequence[TimedGloss]]
    ) -> None:
        self.landmarks = landmarks
        self.spans = spans
        self.longest = max(map(len, landmarks))
        self._frames = [_frames(own, len(clip)) for own, clip in zip(spans, landmarks, strict=True)]
        self._places: dict[str, list[_Place]] = {}
        for clip, own in enumerate(spans):
            for sign, gloss in enumerate(own):
                self._places.setdefault(gloss.label, []).append(_Place(clip, sign))

    def draw(self, clip: int, rng: np.random.Generator) -> tuple[np.ndarray, tuple[str, ...]]:
        """Make a variation of a clip.

        Returns:
            Landmarks ``(T', V, 3)``, of at most :attr:`longest` frames, and the glosses that they
            show.
        """
        while True:
            places = self._sentence(clip, rng)
            runs = self._runs(places)
            joined = [runs[0]]
            for before, after in pairwise(runs):
                joined += [_travel(before[-1], after[0]), after]
            if sum(map(len, joined)) <= self.longest:
                glosses = tuple(self.spans[i][j].label for i, j in places)
                return np.concatenate(joined), glosses

    def _sentence(self, clip: int, rng: np.random.Generator) -> list[_Place]:
        """Draw which signs follow each other."""
        found: list[_Place] = []
        here = _Place(clip, 0)
        while here.sign < len(self.spans[here.clip]):
            alike = self._places[self.spans[here.clip][here.sign].label]
            draw = rng.random()
            other = alike[rng.integers(len(alike))] if draw < _OTHER + _CROSSING else here
            found.append(other)
            here = other if draw < _CROSSING else here
            here = _Place(here.clip, here.sign + 1)
        return found

    def _runs(self, places: Sequence[_Place]) -> list[np.ndarray]:
        """The frames of places; signs that follow each other in a clip stay together.

        The rest before a clip's first sign and after its last one belong to these.
        """
        runs: list[tuple[int, int, int]] = []  # clip, first frame, the one after the last
        last: _Place | None = None
        for place in places:
            first, end = self._frames[place.clip][place.sign]
            if last is not None and place == (last.clip, last.sign + 1):
                runs[-1] = (place.clip, runs[-1][1], end)
            else:
                runs.append((place.clip, first, end))
            last = place
        return [self.landmarks[clip][first:end] for clip, first, end in runs]


def _frames(spans: Sequence[TimedGloss], length: int) -> list[tuple[int, int]]:
    """The first frame of each sign and the one after its last; rests belong to signs."""
    frames = [
        (min(round(each.start * FPS), length - 1), min(round(each.end * FPS), length))
        for each in spans
    ]
    frames = [(first, max(end, first + 1)) for first, end in frames]
    frames[0] = (0, frames[0][1])
    frames[-1] = (frames[-1][0], length)
    return frames


def _travel(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    """The frames between two, ``(V, 3)`` each: ``(F, V, 3)``."""
    seen = (before[:, 2] > 0) & (after[:, 2] > 0)
    hands = [hand for hand in (LEFT_HAND, RIGHT_HAND) if seen[hand]]
    apart = max((np.linalg.norm(after[h, :2] - before[h, :2]) for h in hands), default=0.0)
    count = int(apart / _TRAVEL)
    shares = (np.arange(1, count + 1) / (count + 1))[:, None, None]
    return np.where(seen[:, None], before * (1 - shares) + after * shares, 0).astype(before.dtype)
