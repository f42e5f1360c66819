"""Show all that is known about one weight: its record and its model card.

The record says what the weight was trained on, how it scored and with which command, the licences
of code, weights and data, and the SHA-256 of each file.
"""

import argparse
import json
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signzoo.hub.catalog import Weights

SUMMARY = "show the record and the card of one weight"
EPILOG = """\
examples:
  signzoo models                          the names there are
  signzoo show rest-detector-boston104
  signzoo show rest-detector-boston104 --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo show`` takes."""
    parser.add_argument("name", metavar="NAME", help="a name that `signzoo models` lists")
    parser.add_argument("--json", action="store_true", help="print record and card as JSON")


def run(arguments: argparse.Namespace) -> None:
    """Print the record, then the card."""
    from signzoo.hub.catalog import find_weights

    weights = find_weights(arguments.name)
    if arguments.json:
        from signzoo.cli.models import as_plain

        print(json.dumps({**as_plain(weights), "card": weights.card}, indent=2, ensure_ascii=False))
        return
    rows = list(_rows(weights))
    width = max(len(label) for label, _ in rows)
    for label, text in rows:
        print(f"{label.ljust(width)}  {text}")
    if weights.card:
        print("\n" + weights.card.strip())


def _rows(weights: "Weights") -> Iterator[tuple[str, str]]:
    from signzoo.hub.catalog import readable_size
    from signzoo.hub.download import whereabouts

    yield "name", weights.name
    yield "component", weights.component
    yield "summary", weights.summary
    yield "signed languages", ", ".join(weights.signed_languages) or "of no language"
    yield "written languages", ", ".join(weights.written_languages) or "none"
    for data in weights.training_data:
        yield "trained on", data
    for metric in weights.metrics:
        yield "metric", f"{metric} on {metric.dataset}, {metric.split} ({metric.signature})"
        yield "  again with", metric.command
    licence = weights.licence
    yield "licence", f"code {licence.code}; weights {licence.weights}; data {licence.data}"
    for file in weights.files:
        yield "file", f"{file.path}, {readable_size(file.size)}, SHA-256 {file.sha256}"
        if file.url:
            yield "  from", file.url
    yield "record", f"{weights.folder} ({whereabouts(weights)})"
