"""Who performs: bodies, bearing and habits of movement, drawn from two pools of people."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from signzoo.errors import UsageError
from signzoo.lexicon.articulation import Physique
from signzoo.transforms.kinematics import Proportions

Pool = Literal["seen", "unseen"]
# Streams of random numbers that never meet: nobody is in both pools.
_STREAMS: Mapping[Pool, int] = {"seen": 1, "unseen": 2}
_MOST_SIGNERS = 10_000
_SIGNERS = re.compile(r"(?:(?P<pool>seen|unseen):)?(?P<count>\d+)")


@dataclass(frozen=True, slots=True)
class Style:
    """How somebody moves.

    Attributes:
        tempo: How long everything takes, as a share of the usual.
        amplitude: How large movements are, as a share of the usual.
        coarticulation: Seconds over which neighbouring movements run into one another (the
            standard deviation of a Gaussian).
        drift: How far a sign's place strays from one time to the next, in shoulder widths.
        looseness: How far hands and fingers stray, in degrees.
        sway: How far the trunk sways, in shoulder widths.
        mouthing: How wide the mouth opens with words, as a share of a strong movement.
    """

    tempo: float = 1.0
    amplitude: float = 1.0
    coarticulation: float = 0.038
    drift: float = 0.025
    looseness: float = 4.0
    sway: float = 0.01
    mouthing: float = 0.35


@dataclass(frozen=True, slots=True)
class Performer:
    """One signer.

    Attributes:
        name: ``seen-03`` or ``unseen-00``.
        physique: Bones, bearing and handedness.
        style: Habits of movement.
        look: Seed of the signer's appearance.
    """

    name: str
    physique: Physique = field(default_factory=Physique)
    style: Style = field(default_factory=Style)
    look: int = 0


def draw_performers(signers: str, seed: int) -> tuple[Performer, ...]:
    """Draw signers from a pool.

    Args:
        signers: ``12``, ``seen:12`` or ``unseen:3``.
        seed: Other seeds give other people; nobody of one pool is in the other.

    Raises:
        UsageError: The text is another, or asks for none or too many.
    """
    match = _SIGNERS.fullmatch(signers.strip())
    if not match or not 1 <= int(match["count"]) <= _MOST_SIGNERS:
        raise UsageError(
            f"--signers takes a number from 1 to {_MOST_SIGNERS}, or a pool and a number, as in "
            f"12, seen:12 or unseen:3; got {signers!r}."
        )
    pool: Pool = "unseen" if match["pool"] == "unseen" else "seen"
    return tuple(_draw(pool, index, seed) for index in range(int(match["count"])))


def _draw(pool: Pool, index: int, seed: int) -> Performer:
    random = np.random.default_rng([seed, _STREAMS[pool], index])

    def about(usual: float, share: float) -> float:
        """Normal about the usual, cut at twice the share."""
        return float(usual * (1 + share * np.clip(random.normal(), -2, 2)))

    usual = Proportions()
    arms = about(1, 0.04)  # long upper arms go with long forearms
    proportions = Proportions(
        upper_arm=about(usual.upper_arm * arms, 0.025),
        forearm=about(usual.forearm * arms, 0.025),
        palm=about(usual.palm, 0.06),
        head=about(usual.head, 0.05),
        trunk=about(usual.trunk, 0.05),
    )
    physique = Physique(
        proportions,
        elbow=float(np.clip(random.normal(0.05, 0.2), -0.3, 0.6)),
        lean=float(np.clip(random.normal(0, 1.5), -4, 4)),
        turn=float(np.clip(random.normal(0, 4), -10, 10)),
        left_handed=bool(random.random() < 0.1),
    )
    style = Style(
        tempo=about(1, 0.12),
        amplitude=about(1, 0.12),
        coarticulation=about(0.038, 0.25),
        drift=about(0.025, 0.25),
        looseness=about(4.0, 0.25),
        sway=about(0.01, 0.4),
        mouthing=about(0.35, 0.4),
    )
    return Performer(f"{pool}-{index:02d}", physique, style, int(random.integers(2**31)))
