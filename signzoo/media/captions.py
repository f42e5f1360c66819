"""Text in pictures: strips of one line, in a font that has the characters."""

from collections.abc import Callable
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np

_ELLIPSIS = "…"
# What a text may shrink to before it is cut, as a share of its wanted height.
_SMALLEST = 0.6
# Families that cover most of the world's scripts are looked into first.
_WIDE_FAMILIES = (
    "noto",
    "cjk",
    "unifont",
    "droidsansfallback",
    "wqy",
    "arial",
    "pingfang",
    "yahei",
)


@lru_cache(maxsize=256)
def text_strip(
    text: str,
    size: tuple[int, int],
    color: tuple[int, int, int] = (30, 34, 40),
    background: tuple[int, int, int] = (255, 255, 255),
) -> np.ndarray:
    """Draw one line of text in the middle of a strip.

    A long text is set smaller, then cut. Characters that no font of this machine has show as
    boxes.

    Args:
        text: The line.
        size: Width and height in pixels.
        color: RGB of the text.
        background: RGB around it.

    Returns:
        ``(height, width, 3)`` uint8, not to be written to.
    """
    from PIL import Image, ImageDraw, ImageFont

    width, height = size
    strip = Image.new("RGB", size, background)
    path, index = _font_with(frozenset(text))
    room = width * 0.94
    points = max(6.0, height * 0.58)
    font = ImageFont.truetype(str(path), points, index=index)
    taken = font.getlength(text)
    if taken > room:
        font = font.font_variant(size=max(6.0, points * max(_SMALLEST, room / taken)))
    ImageDraw.Draw(strip).text(
        (width / 2, height / 2), _cut(text, font.getlength, room), color, font, anchor="mm"
    )
    pixels = np.asarray(strip)
    pixels.flags.writeable = False
    return pixels


def _cut(text: str, measure: Callable[[str], float], room: float) -> str:
    if measure(text) <= room:
        return text
    while text and measure(text + _ELLIPSIS) > room:
        text = text[:-1]
    return text.rstrip() + _ELLIPSIS


@lru_cache(maxsize=64)
def _font_with(characters: frozenset[str]) -> tuple[Path, int]:
    """Find the font file, and the face in it, that has most of the characters.

    DejaVu Sans, which comes with matplotlib, has Latin, Cyrillic, Greek and Arabic. The fonts of
    the system are only looked through for what it lacks, Chinese for example.
    """
    wanted = {ord(character) for character in characters if not character.isspace()}
    best, missing = (_dejavu(), 0), len(wanted - _covered(_dejavu(), 0))
    for path in _system_fonts() if missing else ():
        for index in range(4 if path.suffix.lower() in (".ttc", ".otc") else 1):
            lacks = len(wanted - _covered(path, index))
            if lacks < missing:
                best, missing = (path, index), lacks
            if not lacks:
                return best
    return best


@lru_cache(maxsize=1)
def _dejavu() -> Path:
    # Found without importing matplotlib, which takes most of a second.
    package = find_spec("matplotlib")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "mpl-data" / "fonts" / "ttf" / "DejaVuSans.ttf"


@lru_cache(maxsize=1)
def _system_fonts() -> tuple[Path, ...]:
    from matplotlib.font_manager import findSystemFonts

    def narrow(path: Path) -> bool:
        return not any(family in path.name.lower() for family in _WIDE_FAMILIES)

    return tuple(sorted((Path(found) for found in findSystemFonts()), key=lambda p: (narrow(p), p)))


@lru_cache(maxsize=512)
def _covered(path: Path, index: int) -> frozenset[int]:
    """The code points that a face has; none where the file cannot be read."""
    from fontTools.ttLib import TTFont, TTLibError

    try:
        with TTFont(path, fontNumber=index, lazy=True) as font:
            return frozenset(font.getBestCmap() or ())
    except (TTLibError, OSError, KeyError, ValueError):
        return frozenset()
