"""What tests of media share; the files themselves are made in media_files.py."""

import sys
from pathlib import Path

import numpy as np
import pytest

from signzoo.errors import MissingPackageError
from signzoo.structures import VideoClip

sys.path.append(str(Path(__file__).parent))  # pytest's importlib mode leaves helpers out


@pytest.fixture(scope="session")
def person() -> VideoClip:
    """A drawn person, six frames long."""
    from media_files import draw_person

    return VideoClip.from_frames(np.stack([draw_person()] * 6), 25.0)


@pytest.fixture(scope="session")
def mediapipe() -> None:
    """Skip where MediaPipe, or a system library that it needs, is not installed."""
    from signzoo.media.holistic import load_solution

    try:
        load_solution()
    except MissingPackageError as error:
        pytest.skip(str(error))
