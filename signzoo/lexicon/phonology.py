"""What invented signs are made of: handshape, orientation, location, movement, face.

The inventories and their sources stand in ``phonology.toml``.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files
from typing import Any, Literal, get_args

import numpy as np
from scipy.spatial.transform import Rotation

from signzoo.transforms.kinematics import hand_frame

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

Hands = Literal["one", "symmetric", "alternating", "base"]
# Extent of a path in shoulder widths.
SIZES = (0.07, 0.13, 0.22)
# Two hands side by side keep so far from the middle.
_APART = 0.19
# The passive hand waits here, as the left hand sees it in a mirror, and the other acts above it.
_BASE_PLACE = np.array([-0.08, 0.56, -0.74], np.float32)
_ABOVE_BASE = np.array([-0.02, 0.40, -0.78], np.float32)
# A hand that takes no part hangs down.
_REST_PLACE = np.array([-0.46, 1.10, -0.42], np.float32)
# How far behind the place of a location on the body a hand may get.
_SINK = 0.04


@dataclass(frozen=True, slots=True)
class Sign:
    """The phonological parameters of one sign, each a name in ``phonology.toml``.

    Attributes:
        handshape: Of the dominant hand, and of both in a symmetric sign.
        end_handshape: Into which it changes; the same if it does not.
        orientation: Where fingers and palm point.
        location: Where the hand is, or the middle of its path: ``head/chin``.
        path: How it moves.
        size: Extent of the path in shoulder widths.
        repetitions: How often, 1 to 3.
        local: What fingers or wrist do meanwhile.
        hands: One hand; two that do the same, at once or in turn (Battison's symmetry condition);
            or one that acts on a passive one (his dominance condition).
        base_handshape: Of the passive hand, one of the unmarked; empty if there is none.
        base_orientation: Of the passive hand.
        nonmanual: What face and head do.
    """

    handshape: str
    end_handshape: str
    orientation: str
    location: str
    path: str
    size: float
    repetitions: int
    local: str
    hands: Hands
    base_handshape: str
    base_orientation: str
    nonmanual: str

    @property
    def strokes(self) -> int:
        """Single movements of which the sign is made."""
        return 2 * self.repetitions - 1


@dataclass(frozen=True, slots=True, eq=False)
class Motion:
    """What the joints do over time, for a signer of any body and handedness.

    Both hands are given as right hands: the second one is what a mirror shows of the left. The
    first is the dominant one.

    Attributes:
        place: Where the knuckles of the middle fingers are, ``(T, 2, 3)``, in shoulder widths.
        turn: The hands' frames as quaternions x, y, z, w, ``(T, 2, 4)``.
        angles: Degrees of the fingers, ``(T, 2, 5, 4)``.
        face: Brows, mouth and head as in ``phonology.toml``, ``(T, 6)``.
        active: Whether each hand takes part, ``(T, 2)``; the others hang down.
    """

    place: np.ndarray
    turn: np.ndarray
    angles: np.ndarray
    face: np.ndarray
    active: np.ndarray

    def __len__(self) -> int:
        return len(self.place)

    @staticmethod
    def joined(motions: "Sequence[Motion]") -> "Motion":
        """One motion after the other."""
        return Motion(
            *(
                np.concatenate([getattr(motion, field.name) for motion in motions])
                for field in fields(Motion)
            )
        )

    def __getitem__(self, frames: np.ndarray) -> "Motion":
        """The same motion with only some of its frames."""
        return Motion(*(getattr(self, field.name)[frames] for field in fields(Motion)))


@cache
def inventory() -> dict[str, Any]:
    """The tables of ``phonology.toml``."""
    return tomllib.loads(files(__package__).joinpath("phonology.toml").read_text("utf-8"))


@cache
def handshape_angles(name: str) -> np.ndarray:
    """Degrees of all fingers of a handshape, ``(5, 4)``."""
    tables = inventory()
    joints, spread, thumb = tables["handshapes"][name]
    rows = [tables["thumbs"][thumb]]
    for code, degrees in zip(joints, tables["spreads"][spread], strict=True):
        # A bent finger cannot be spread: its joint locks.
        rows.append([degrees if tables["joints"][code][0] < 50 else 0, *tables["joints"][code]])
    return np.array(rows, np.float32)


@cache
def orientation_turn(name: str) -> np.ndarray:
    """The quaternion of an orientation, ``(4,)``."""
    row = inventory()["orientations"][name]
    frame = hand_frame(np.array(row["fingers"], np.float64), np.array(row["palm"], np.float64))
    return np.asarray(Rotation.from_matrix(frame).as_quat(), np.float32)


def draw_sign(random: np.random.Generator) -> Sign:
    """Draw the parameters of a sign, as the two conditions of Battison allow."""
    tables = inventory()

    def one_of(names: Any) -> str:
        return str(random.choice(list(names)))

    hands: Hands = random.choice(np.array(get_args(Hands)), p=[0.45, 0.22, 0.08, 0.25])
    shapes = [name for name in tables["handshapes"] if name != "relaxed"]
    if random.random() < 0.5:
        shapes = tables["sets"]["unmarked"]
    handshape = one_of(shapes)
    changes = tables["changes"].get(handshape, [])
    end = one_of(changes) if changes and random.random() < 0.25 else handshape
    area = str(random.choice(list(tables["shares"]), p=list(tables["shares"].values())))
    if hands == "base":
        area = "space"  # above the passive hand
    # Two hands that do the same need a place on either side.
    places = [
        name
        for name, place in tables["locations"][area].items()
        if hands in ("one", "base") or place[0] < 0
    ]
    location = "centre" if hands == "base" else one_of(places)
    local = one_of(tables["local"]) if end == handshape and random.random() < 0.35 else "none"
    return Sign(
        handshape=handshape,
        end_handshape=end,
        orientation=one_of(tables["suits"][area]),
        location=f"{area}/{location}",
        path=one_of(tables["paths"]),
        size=float(random.choice(SIZES)),
        repetitions=int(random.choice([1, 2, 3], p=[0.68, 0.26, 0.06])),
        local=local,
        hands=hands,
        base_handshape=one_of(tables["sets"]["unmarked"]) if hands == "base" else "",
        base_orientation=one_of(["left_up", "left_down", "up_left"]) if hands == "base" else "",
        nonmanual=one_of(tables["nonmanual"]) if random.random() < 0.3 else "neutral",
    )


def check_names(sign: Sign) -> None:
    """Check that the inventory has everything that a sign names.

    Raises:
        KeyError: It has not.
        ValueError: A number is none, or out of range.
    """
    tables = inventory()
    area, _, location = sign.location.partition("/")
    named = [
        (tables["handshapes"], sign.handshape),
        (tables["handshapes"], sign.end_handshape),
        (tables["orientations"], sign.orientation),
        (tables["locations"][area], location),
        (tables["paths"], sign.path),
        (tables["local"], sign.local),
        (tables["nonmanual"], sign.nonmanual),
    ]
    if sign.hands == "base":
        named += [
            (tables["handshapes"], sign.base_handshape),
            (tables["orientations"], sign.base_orientation),
        ]
    for table, name in named:
        table[name]
    if sign.hands not in get_args(Hands) or not 1 <= int(sign.repetitions) <= 9:
        raise ValueError(f"{sign} is no sign")
    if not 0 <= float(sign.size) <= 1:
        raise ValueError(f"{sign.size} is no size")


def sign_motion(sign: Sign, frames: int) -> Motion:
    """Perform a sign in citation form.

    Args:
        sign: What to perform.
        frames: T, at least 2, evenly over the sign.
    """
    tables = inventory()
    time = np.linspace(0, 1, frames, dtype=np.float32)
    swing = -np.cos(np.pi * sign.strokes * time) / 2  # from -0.5 to 0.5, and back
    place = np.repeat(_path(sign, time, swing)[:, None], 2, axis=1)
    if sign.hands == "alternating":
        place[:, 1] = _path(sign, time, -swing, half_a_turn=True)
    turn = np.repeat(_turns(sign, time)[:, None], 2, axis=1)
    angles = np.repeat(_angles(sign, time, swing)[:, None], 2, axis=1)
    if sign.hands == "one":
        place[:, 1], turn[:, 1], angles[:, 1] = rest()
    if sign.hands == "base":
        place[:, 1] = _BASE_PLACE
        turn[:, 1] = orientation_turn(sign.base_orientation)
        angles[:, 1] = handshape_angles(sign.base_handshape)
    face = np.repeat(np.array([tables["nonmanual"][sign.nonmanual]], np.float32), frames, axis=0)
    active = np.repeat([[True, sign.hands != "one"]], frames, axis=0)
    return Motion(place, turn, angles, face, active)


def rest() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Place ``(3,)``, frame ``(4,)`` and fingers ``(5, 4)`` of a hand that does nothing."""
    return _REST_PLACE, orientation_turn("rest"), handshape_angles("relaxed")


def _path(sign: Sign, time: np.ndarray, swing: np.ndarray, half_a_turn: bool = False) -> np.ndarray:
    """Where the dominant hand is, ``(T, 3)``."""
    tables = inventory()
    row = tables["paths"][sign.path]
    along = np.array(row.get("along", [0, 0, 0]), np.float32)
    over = np.array(row.get("over", [0, 0, 0]), np.float32)
    area, _, location = sign.location.partition("/")
    place = np.array(tables["locations"][area][location], np.float32)
    if sign.hands == "base":
        place = _ABOVE_BASE
    elif sign.hands != "one":
        place = place * np.array([0, 1, 1], np.float32) + [min(place[0], -_APART), 0, 0]
    aside = np.zeros_like(swing)
    if row["kind"] == "arc":
        aside = 0.45 * (1 - 4 * swing**2)
    elif row["kind"] == "zigzag":
        aside = 0.35 * np.sin(4 * np.pi * time)
    elif row["kind"] == "tap":
        swing = -0.3 * (1 + np.cos(2 * np.pi * sign.repetitions * time))
    elif row["kind"] == "circle":
        phase = 2 * np.pi * sign.repetitions * time + np.pi * half_a_turn
        swing, aside = 0.5 * np.cos(phase), 0.5 * np.sin(phase)
    path = place + sign.size * (swing[:, None] * along + aside[:, None] * over)
    if area != "space":
        path[:, 2] = np.minimum(path[:, 2], place[2] + _SINK)
    if sign.hands in ("symmetric", "alternating"):
        path[:, 0] = np.minimum(path[:, 0], -0.7 * _APART)
    return path.astype(np.float32)


def _turns(sign: Sign, time: np.ndarray) -> np.ndarray:
    """The dominant hand's frame as quaternions, ``(T, 4)``."""
    local = inventory()["local"][sign.local]
    turn = Rotation.from_quat(np.repeat(orientation_turn(sign.orientation)[None], len(time), 0))
    if sign.local in ("twist", "nod"):
        axis = np.array([0, 1.0, 0] if sign.local == "twist" else [1.0, 0, 0])
        swing = local["degrees"] * np.sin(2 * np.pi * local["cycles"] * time)
        turn = turn * Rotation.from_rotvec(np.deg2rad(swing)[:, None] * axis)
    return np.asarray(turn.as_quat(), np.float32)


def _angles(sign: Sign, time: np.ndarray, swing: np.ndarray) -> np.ndarray:
    """The dominant hand's fingers in degrees, ``(T, 5, 4)``."""
    start, end = handshape_angles(sign.handshape), handshape_angles(sign.end_handshape)
    angles = start + (swing + 0.5)[:, None, None] * (end - start)
    local = inventory()["local"][sign.local]
    if sign.local == "wiggle":
        phase = 2 * np.pi * local["cycles"] * time[:, None] - 1.1 * np.arange(4)
        angles[:, 1:, 1] += local["degrees"] * (0.5 + 0.5 * np.sin(phase))
    return angles.astype(np.float32)
