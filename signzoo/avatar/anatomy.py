"""Which bone follows which landmarks, how a joint bends, and how far.

Ranges of motion are those of the American Academy of Orthopaedic Surgeons as given by Norkin and
White, "Measurement of Joint Motion: A Guide to Goniometry", 5th edition, 2016, appendix C, widened
where noted by what landmarks of real signers need.
"""

from dataclasses import dataclass

import numpy as np

from signzoo.avatar.body import Body
from signzoo.transforms.rotations import about, inverse, unit

# The range of a joint without limits.
FREE = (-179.9, 179.9)
SIDES = {"left": "L", "right": "R"}
# Degrees of flexion (towards the palm) and of bending sideways, least and most, for the three
# joints of a finger. Sideways an end joint does not bend at all; a few degrees let it follow
# landmarks that lie beside their finger's plane.
FINGER_FLEXION = ((-20.0, 95.0), (-10.0, 110.0), (-20.0, 90.0))
FINGER_SIDEWAYS = (25.0, 15.0, 10.0)
# What fingers give about their own axis at the knuckle, passively.
FINGER_TWIST = 20.0
# The joints of a thumb beyond its first, which swings within a cone and twists a little.
THUMB_FLEXION = ((-25.0, 70.0), (-25.0, 90.0))
THUMB_SIDEWAYS = (15.0, 10.0)
THUMB_CONE, THUMB_TWIST = 60.0, 30.0
ELBOW = 150.0
# Flexion 80, extension 70, to the thumb 20, to the little finger 30; 10 more each, since the
# forearm's direction is uncertain by that much.
WRIST_FLEXION, WRIST_SIDEWAYS = (-80.0, 90.0), (-40.0, 40.0)
# Pronation and supination are 80 each; shoulder and wrist help (see Gates et al., "Range of motion
# requirements for upper-limb activities of daily living", Am. J. Occup. Ther. 70(1), 2016).
FOREARM_TWIST = 120.0
# The head turns by 80, nods by 45 down and 60 up, tilts by 45.
HEAD = np.radians([60.0, 80.0, 45.0])
# Flexion of the joints of a relaxed hand beyond a flat one, thumb first.
RELAXED = np.array(
    [[10, 15, 20], [25, 35, 20], [30, 40, 20], [35, 40, 20], [40, 40, 20]], np.float64
)


@dataclass(frozen=True, eq=False)
class Hand:
    """One hand of a body at rest, in the body's axes.

    Attributes:
        wrist: Index of the wrist's bone.
        digits: Indices of the bones of each digit from base to tip, thumb first, ``(5, 3)``.
        along: Direction from the wrist to the middle finger's base, ``(3,)``.
        across: Direction from the little finger's base to the index finger's, square to
            ``along``, ``(3,)``.
        directions: Direction of each bone, ``(5, 3, 3)``.
        hinges: The axis about which each digit flexes, ``(5, 3)``: counter-clockwise is flexion.
        straight: Direction of each bone where its joint is straight, ``(5, 3, 3)``: a digit's
            first bone is then in the plane of the palm, the others go on as the one before.
    """

    wrist: int
    digits: np.ndarray
    along: np.ndarray
    across: np.ndarray
    directions: np.ndarray
    hinges: np.ndarray
    straight: np.ndarray

    @staticmethod
    def of(body: Body, side: str) -> "Hand":
        """Find one hand of a body; ``side`` is ``left`` or ``right``."""
        letter = SIDES[side]
        digits = np.array(
            [[body.bone(f"finger{i}-{k}.{letter}") for k in (1, 2, 3)] for i in range(1, 6)]
        )
        heads = body.heads.astype(np.float64)
        chains = np.concatenate([heads[digits], body.tails[digits[:, 2:]]], axis=1)  # (5, 4, 3)
        directions = unit(np.diff(chains, axis=1))
        wrist = body.bone(f"wrist.{letter}")
        along = unit(chains[2, 0] - heads[wrist])
        across = chains[1, 0] - chains[4, 0]
        across = unit(across - (across @ along) * along)
        hinges = unit(np.cross(directions[:, 0], directions[:, 2]))
        # At rest fingers bend too little to show their planes one by one: they share the palm's.
        hinges[1:] = across * np.sign((hinges[1:] @ across).sum())
        palm = np.cross(along, across)
        flat = unit(np.cross(hinges, palm))
        flat *= np.sign((flat * directions[:, 0]).sum(axis=-1, keepdims=True))
        straight = np.concatenate([flat[:, None], directions[:, :2]], axis=1)
        straight[0, 0] = directions[0, 0]  # the thumb's first joint has no straight
        return Hand(wrist, digits, along, across, directions, hinges, straight)


def hinge_angles(
    directions: np.ndarray, straight: np.ndarray, hinge: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Flexion and sideways bend in radians of bones, seen from their parents.

    Args:
        directions: Unit directions of the bones, ``(..., 3)``.
        straight: Where they point when straight, ``(..., 3)``.
        hinge: Unit axis of flexion, ``(..., 3)``; what of it is along ``straight`` is ignored.
    """
    hinge = unit(hinge - (hinge * straight).sum(axis=-1, keepdims=True) * straight)
    bent = np.cross(hinge, straight)
    flexion = np.arctan2((directions * bent).sum(axis=-1), (directions * straight).sum(axis=-1))
    sideways = np.arcsin(np.clip((directions * hinge).sum(axis=-1), -1, 1))
    return flexion, sideways


def hinge_rotation(
    flexion: np.ndarray, sideways: np.ndarray, straight: np.ndarray, hinge: np.ndarray
) -> np.ndarray:
    """The turn of a straight bone that bends sideways and then flexes; no twist."""
    hinge = unit(hinge - (hinge * straight).sum(axis=-1, keepdims=True) * straight)
    bent = np.cross(hinge, straight)
    return about(hinge, flexion) @ about(bent, -sideways)


def within(angles: np.ndarray, least: float, most: float) -> np.ndarray:
    """Clip angles in radians to a range in degrees, going to the nearer end around the circle."""
    low, high = np.radians([least, most])
    middle = (low + high) / 2
    near = (angles - middle + np.pi) % (2 * np.pi) - np.pi + middle
    return np.clip(near, low, high)


def bend(
    directions: np.ndarray,
    rest: np.ndarray,
    straight: np.ndarray,
    hinge: np.ndarray,
    flexion: tuple[float, float],
    sideways: tuple[float, float],
) -> np.ndarray:
    """Turn a bone from rest towards a direction as far as its joint allows.

    Args:
        directions: Where the bone should point, seen from its parent, ``(T, ..., 3)``.
        rest: Where it points at rest, ``(..., 3)``.
        straight: Where it points when straight.
        hinge: Axis of flexion.
        flexion: Least and most flexion in degrees.
        sideways: Least and most bending sideways.

    Returns:
        Local rotations from rest, ``(T, ..., 3, 3)``.
    """
    wanted_flexion, wanted_sideways = hinge_angles(directions, straight, hinge)
    bent = hinge_rotation(
        within(wanted_flexion, *flexion), within(wanted_sideways, *sideways), straight, hinge
    )
    return bent @ inverse(hinge_rotation(*hinge_angles(rest, straight, hinge), straight, hinge))
