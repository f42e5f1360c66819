"""Lets tests of the command line use the generated videos of tests/media."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parents[1] / "media"))
