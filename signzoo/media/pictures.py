"""Reads a folder of pictures as a video, as corpora store what they must not compress."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from signzoo.errors import MediaError
from signzoo.structures import VideoClip

PICTURE_SUFFIXES = (".png", ".jpg", ".jpeg")
_NUMBERS = re.compile(r"(\d+)")


def open_frames(folder: str | os.PathLike[str], fps: float) -> VideoClip:
    """Open a folder of PNG or JPEG pictures, a frame each.

    Frames stand in the order of their names, where ``2.png`` is before ``10.png``. Each is read
    anew when the clip is iterated and gets there.

    Args:
        folder: The folder; what is no picture by its suffix is left out.
        fps: Frames a second, greater than 0.

    Raises:
        MediaError: There is no such folder, it has no picture, or the first one cannot be read.
            Iteration raises it for a picture that is broken or of another size than the first.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise MediaError(f"There is no folder of pictures {folder}.")
    names = [name for name in os.listdir(folder) if name.lower().endswith(PICTURE_SUFFIXES)]
    if not names:
        raise MediaError(f"{folder} has no pictures ({', '.join(PICTURE_SUFFIXES)}).")
    paths = [folder / name for name in sorted(names, key=_natural)]
    height, width = _read(paths[0]).shape[:2]

    def frames() -> Iterator[np.ndarray]:
        for path in paths:
            picture = _read(path)
            if picture.shape[:2] != (height, width):
                raise MediaError(
                    f"{path} has {picture.shape[1]}×{picture.shape[0]} pixels, and the first "
                    f"picture of its folder {width}×{height}; they are of different videos."
                )
            yield picture

    return VideoClip(frames, fps, (width, height), len(paths))


def _natural(name: str) -> tuple[list[str | int], str]:
    """Numbers in names count by what they say; what says the same stands by its letters."""
    # Odd places are the numbers, so that no text meets a number in a comparison.
    parts = _NUMBERS.split(name)
    return [int(part) if place % 2 else part for place, part in enumerate(parts)], name


def _read(path: Path) -> np.ndarray:
    from PIL import Image

    try:
        with Image.open(path) as picture:
            return np.asarray(picture.convert("RGB"))
    # Pillow lets many kinds of error through for a broken PNG; SyntaxError is one of them.
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise MediaError(f"{path} is not a readable picture: {error}.") from error
