"""Fetch weights before they are needed, for a machine without a network for example.

Prints the folder of each. Every file is proven by its SHA-256 before it takes its name. Weights
are kept in SIGNZOO_HOME, by default the user's cache folder, and come from SIGNZOO_MIRROR (a web
address or a folder), if it is set, else from the address in their record.
"""

import argparse
from pathlib import Path

SUMMARY = "fetch weights before they are needed"
EPILOG = """\
examples:
  signzoo download rest-detector-boston104
  signzoo download rest-detector-boston104 --to /media/stick/weights
  SIGNZOO_MIRROR=/media/stick/weights signzoo download rest-detector-boston104
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo download`` takes."""
    parser.add_argument(
        "names", nargs="+", metavar="NAME", help="names that `signzoo models` lists"
    )
    parser.add_argument(
        "--to",
        type=Path,
        metavar="DIR",
        help="copy each, with record and card, to DIR/NAME; DIR can then be a SIGNZOO_MIRROR",
    )


def run(arguments: argparse.Namespace) -> None:
    """Fetch each weight and print its folder."""
    from signzoo.hub.catalog import find_weights
    from signzoo.hub.download import copy_to, fetch

    wanted = [find_weights(name) for name in arguments.names]  # a wrong name before any download
    for weights in wanted:
        print(copy_to(weights, arguments.to) if arguments.to else fetch(weights), flush=True)
