"""Who signs: body, skin, hair, clothes, light and camera as one small config of plain values."""

import json
import os
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from signzoo._files import write_text
from signzoo.avatar.body import BodyShape
from signzoo.errors import UsageError, did_you_mean

HairStyle = Literal["none", "cropped", "short", "full", "scarf"]
Sleeves = Literal["short", "long"]

# The Monk Skin Tone Scale of E. Monk (2023), from light to dark, as sRGB.
_SKIN_TONES = [
    "#f6ede4",
    "#f3e7db",
    "#f7ead0",
    "#eadaba",
    "#d7bd96",
    "#a07e56",
    "#825c43",
    "#604134",
    "#3a312a",
    "#292420",
]
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_HAIR_COLORS = ("#17120f", "#2a1d16", "#4a2f1d", "#6e4a2c", "#a27b4b", "#7d7873", "#6b2e1b")
_EYE_COLORS = ("#3a2416", "#3a2416", "#5a3d22", "#5b6a45", "#54718a")
_BACKGROUNDS = ("#c8d2dc", "#d9d4cb", "#8fa3ad", "#4f6272", "#b7c4b1", "#e6e6e6", "#3c4650")
_SHIRTS = [
    "#1f2f4a",
    "#20242b",
    "#6b1f2e",
    "#1e4d44",
    "#43506b",
    "#59406b",
    "#8a8f96",
    "#2d5d86",
    "#75573c",
    "#d8dadd",
    "#b8862f",
    "#e6d9c3",
    "#cfd8e6",
    "#e3c9cf",
    "#a9c7b8",
    "#9fb6d0",
]
_MALE_STYLES = ("none", "cropped", "short", "short", "full")
_TROUSERS = ("#23262d", "#2f3b52", "#4a443c", "#5b6470")

# Each number of a signer with its least and greatest value.
_RANGES = {
    "skin_tone": (0, 1),
    "light_yaw": (-80, 80),
    "light_pitch": (-20, 80),
    "light_strength": (0.3, 1.5),
    "camera_distance": (3, 50),
    "camera_zoom": (0.8, 2),
    "camera_yaw": (-45, 45),
    "camera_pitch": (-30, 30),
}


@dataclass(frozen=True)
class Signer:
    """Who signs before which camera. Colours are ``"#rrggbb"``, angles degrees.

    Attributes:
        shape: The body.
        skin_tone: 0 the lightest, 1 the darkest of the Monk Skin Tone Scale.
        hair: ``none``, ``cropped``, ``short``, ``full`` or a head ``scarf``.
        hair_color: Of hair and brows; of the scarf, if there is one, and the brows are dark.
        eye_color: Of the irises.
        shirt_color: Of the shirt; hands read best before one that is unlike the skin.
        sleeves: ``short`` or ``long``.
        trousers_color: Of the trousers.
        background: Of the wall behind.
        light_yaw: Where the main light comes from: 0 the camera, positive the right of the picture.
        light_pitch: How far above the camera it stands.
        light_strength: 1 is a well lit room.
        camera_distance: From the shoulders, in shoulder widths; near cameras enlarge near hands.
        camera_zoom: 1 shows the signing space, 3.4 shoulder widths high.
        camera_yaw: How far the camera has moved round the signer, positive to the right of the
            picture.
        camera_pitch: How far it has moved up and looks down.
    """

    shape: BodyShape = field(default_factory=BodyShape)
    skin_tone: float = 0.4
    hair: HairStyle = "short"
    hair_color: str = "#2a1d16"
    eye_color: str = "#3a2416"
    shirt_color: str = "#1f2f4a"
    sleeves: Sleeves = "long"
    trousers_color: str = "#23262d"
    background: str = "#c8d2dc"
    light_yaw: float = 30.0
    light_pitch: float = 35.0
    light_strength: float = 1.0
    camera_distance: float = 10.0
    camera_zoom: float = 1.0
    camera_yaw: float = 0.0
    camera_pitch: float = 0.0

    def __post_init__(self) -> None:
        for name, (least, most) in _RANGES.items():
            value = getattr(self, name)
            if not _is_number(value) or not least <= value <= most:
                raise UsageError(
                    f"A signer's {name} is a number between {least} and {most}; got {value!r}."
                )
        for name in _names_ending("color", "background"):
            value = getattr(self, name)
            if not isinstance(value, str) or not _COLOR.fullmatch(value):
                raise UsageError(f"A signer's {name} is a colour like '#1f2f4a'; got {value!r}.")
        for name, known in (("hair", get_args(HairStyle)), ("sleeves", get_args(Sleeves))):
            if getattr(self, name) not in known:
                raise UsageError(
                    f"A signer's {name} is one of {', '.join(known)}; got {getattr(self, name)!r}."
                )

    @staticmethod
    def drawn(seed: int) -> "Signer":
        """Draw a plausible signer; the same seed always draws the same one."""
        random = np.random.default_rng(seed)

        def one_of(values: Any) -> Any:
            return values[int(random.integers(len(values)))]

        def between(least: float, most: float) -> float:
            return round(float(random.uniform(least, most)), 3)

        shape = BodyShape(
            gender=between(0.05, 0.95),
            age=between(0.55, 0.95),
            muscle=between(0.35, 0.65),
            weight=between(0.35, 0.75),
            height=between(0.35, 0.65),
            proportions=between(0.3, 0.7),
        )
        skin_tone = between(0.1, 0.9)
        styles = ("short", "full", "full", "scarf") if shape.gender > 0.5 else _MALE_STYLES
        hair = one_of(styles)
        dark, skin = skin_tone > 0.6, skin_color(skin_tone)
        hair_colors = _HAIR_COLORS[:3] if dark else _HAIR_COLORS
        scarf = _unlike(skin, _SHIRTS, int(random.integers(5)))

        def nearly(color: str) -> str:
            values = rgb(color) * 255 + random.uniform(-12, 12, 3)
            return "#" + "".join(f"{round(value):02x}" for value in values.clip(0, 255))

        return Signer(
            shape=shape,
            skin_tone=skin_tone,
            hair=hair,
            hair_color=nearly(scarf if hair == "scarf" else one_of(hair_colors)),
            eye_color=one_of(_EYE_COLORS[:2] if dark else _EYE_COLORS),
            shirt_color=nearly(_unlike(skin, _SHIRTS, int(random.integers(5)))),
            sleeves="long" if hair == "scarf" else one_of(get_args(Sleeves)),
            trousers_color=nearly(one_of(_TROUSERS)),
            background=nearly(_unlike(skin, _BACKGROUNDS, int(random.integers(5)))),
            light_yaw=between(-50, 50),
            light_pitch=between(10, 50),
            light_strength=between(0.85, 1.1),
            camera_distance=between(5, 14),
            camera_zoom=between(0.95, 1.05),
            camera_yaw=between(-8, 8),
            camera_pitch=between(-4, 6),
        )

    @staticmethod
    def from_values(values: Mapping[str, Any]) -> "Signer":
        """Make a signer of what :meth:`as_values` gave; what is left out keeps its default.

        Raises:
            UsageError: A key is unknown or a value cannot be meant.
        """
        _check_keys(values, [f.name for f in fields(Signer)], "signer")
        values = dict(values)
        shape = values.pop("shape", {})
        _check_keys(shape, [f.name for f in fields(BodyShape)], "signer's shape")
        for name, value in shape.items():
            if not _is_number(value):
                raise UsageError(f"A body's {name} is a number between 0 and 1; got {value!r}.")
        return Signer(shape=BodyShape(**shape), **values)

    def as_values(self) -> dict[str, Any]:
        """Plain values for JSON."""
        return asdict(self)

    @staticmethod
    def read(path: str | os.PathLike[str]) -> "Signer":
        """Read a JSON file, such as :meth:`write` makes.

        Raises:
            UsageError: The file is missing or is no signer.
        """
        try:
            values = json.loads(Path(path).read_text("utf-8"))
        except OSError as error:
            raise UsageError(f"There is no signer to read in {path}: {error.strerror}.") from error
        except ValueError as error:
            raise UsageError(f"{path} is not JSON: {error}.") from error
        return Signer.from_values(values)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the signer as JSON.

        Raises:
            DiskError: There is no room or no permission.
        """
        write_text(path, json.dumps(self.as_values(), indent=2) + "\n")


def rgb(color: str) -> np.ndarray:
    """``"#rrggbb"`` as three numbers in [0, 1]."""
    return np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)], np.float32) / 255


def skin_color(tone: float) -> np.ndarray:
    """The colour of a skin tone between 0 and 1, as three numbers in [0, 1]."""
    scale = np.array([rgb(color) for color in _SKIN_TONES])
    place = np.linspace(0, 1, len(scale))
    return np.array([np.interp(tone, place, channel) for channel in scale.T], np.float32)


def _unlike(color: np.ndarray, choices: tuple[str, ...] | list[str], which: int) -> str:
    """One of the choices that differ most from a colour in lightness."""
    weights = np.array([0.3, 0.59, 0.11])  # how light the eye takes red, green and blue to be
    distance = [abs(float((rgb(choice) - color) @ weights)) for choice in choices]
    return choices[int(np.argsort(distance, kind="stable")[::-1][which])]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and np.isfinite(value)


def _names_ending(*endings: str) -> list[str]:
    return [f.name for f in fields(Signer) if f.name.endswith(endings)]


def _check_keys(values: Any, known: list[str], what: str) -> None:
    if not isinstance(values, Mapping):
        raise UsageError(f"A {what} is a JSON object with {', '.join(known)}; got {values!r}.")
    for name in values:
        if name not in known:
            raise UsageError(
                f"A {what} has no {name!r}. {did_you_mean(str(name), known)}"
                f"It has {', '.join(known)}."
            )
