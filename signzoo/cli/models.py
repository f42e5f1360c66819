"""List the published weights, those in SIGNZOO_HOME/checkpoints, and the pipelines made of them.

The last column says where their files are: embedded (they came with signzoo), cached (fetched
before) or remote (fetched when first used).
"""

import argparse
import dataclasses
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signzoo.hub.catalog import Weights

SUMMARY = "list the weights that can be loaded by name"
EPILOG = """\
examples:
  signzoo models
  signzoo models --component rest_detector
  signzoo models --json > models.json
"""

_HEADS = ("WEIGHTS", "COMPONENT", "SIGNED / WRITTEN", "SIZE", "FIRST METRIC", "FILES")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo models`` takes."""
    parser.add_argument("--component", metavar="NAME", help="only weights of this component")
    parser.add_argument("--json", action="store_true", help="print the whole records as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the table of weights."""
    from signzoo.hub.catalog import list_weights

    found = list_weights(arguments.component)
    if arguments.json:
        print(json.dumps([as_plain(weights) for weights in found], indent=2, ensure_ascii=False))
    elif found:
        _print_table([_HEADS, *(_row(weights) for weights in found)])
    else:
        print("There are no such weights yet. `signzoo fit` and `signzoo export` make some.")
    if not arguments.json and not arguments.component:
        _print_pipelines()


def as_plain(weights: "Weights") -> dict[str, Any]:
    """Write a record as JSON can hold it, with its size and where its files are."""
    from signzoo.hub.download import whereabouts

    return {
        **dataclasses.asdict(weights),
        "folder": str(weights.folder),
        "size": weights.size,
        "place": whereabouts(weights),
    }


def _row(weights: "Weights") -> tuple[str, ...]:
    from signzoo.hub.catalog import readable_size
    from signzoo.hub.download import whereabouts

    metric = weights.metrics[0] if weights.metrics else None
    return (
        weights.name,
        weights.component,
        weights.languages,
        readable_size(weights.size),
        f"{metric} ({metric.dataset})" if metric else "not measured",
        whereabouts(weights),
    )


def _print_pipelines() -> None:
    from signzoo.pipelines.catalog import SIGN_TO_TEXT, TEXT_TO_SIGN

    rows = [
        (name, f"{each.language} -> {each.signed_language}", each.glosser, each.summary)
        for name, each in TEXT_TO_SIGN.items()
    ]
    for name, record in SIGN_TO_TEXT.items():
        languages = f"{record.signed_language or 'simulated'} -> {record.language}"
        rows.append((name, languages, record.translator, record.summary))
    print()
    _print_table([("PIPELINE", "LANGUAGES", "WEIGHTS", "FOR"), *rows])


def _print_table(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    for row in rows:
        cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
        print("  ".join(cells).rstrip())
