"""The command line: one module a verb family, none of which imports anything heavy when loaded."""

import argparse
import importlib
from types import ModuleType
from typing import Any


def add_verb(verbs: Any, name: str, module_name: str) -> tuple[ModuleType, argparse.ArgumentParser]:
    """Add a verb that a module describes.

    Args:
        verbs: What ``add_subparsers`` gave.
        name: The word on the command line.
        module_name: A module with ``SUMMARY`` (one line), perhaps ``EPILOG`` (examples), and a
            docstring for its ``--help``.

    Returns:
        The module, and the verb's parser, which has no arguments yet.
    """
    module = importlib.import_module(module_name)
    parser = verbs.add_parser(
        name,
        help=module.SUMMARY,
        description=module.__doc__,
        epilog=getattr(module, "EPILOG", None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    return module, parser
