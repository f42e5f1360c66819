"""Runs the command line as ``python -m signzoo``."""

import sys

from signzoo.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
