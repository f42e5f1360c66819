"""Put errors into correct sentences and see which ones a text corrector undoes.

Each sentence of FILE, rows {"id", "text"}, gets one error of each kind: a word moved, added,
replaced or lost. Network and n-gram slot filler are compared at the threshold at which each changes
a given share of the correct sentences, chosen on the same sentences. Rows with a "draft", what a
translator wrote for the text, are corrected too and scored before and after.
"""

import argparse
import json
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text_corrector import Evaluation

SUMMARY = "see which injected errors a text corrector undoes, beside an n-gram slot filler"
EPILOG = """\
examples:
  signzoo evaluate text-corrector --model text-corrector-de --data dev.jsonl \\
      --train train.jsonl --out scores
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which model corrects which sentences."""
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="a name of `signzoo models`, or a folder"
    )
    parser.add_argument(
        "--data", required=True, metavar="FILE", help="correct sentences, perhaps with drafts"
    )
    parser.add_argument(
        "--train",
        required=True,
        metavar="FILE",
        help="what the slot filler learns; errors are made of its words",
    )
    parser.add_argument(
        "--most-changed",
        type=float,
        default=0.02,
        metavar="X",
        help="share of correct sentences that may change (default: 0.02)",
    )
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")


def run(arguments: argparse.Namespace) -> None:
    """Correct, score, print, and keep what was asked for."""
    from signzoo.cli.progress import bar
    from signzoo.evaluation.bootstrap import Resampling
    from signzoo.evaluation.text_corrector import CorrectorTest, evaluate
    from signzoo.models.text_corrector.network import TextCorrector

    if arguments.out and Path(arguments.out).is_file():
        raise UsageError(f"{arguments.out} is a file; --out names a folder.")
    resampling = Resampling(arguments.samples, arguments.seed)
    test = CorrectorTest.read(arguments.data, arguments.train, arguments.most_changed)
    network = TextCorrector.from_pretrained(arguments.model, arguments.device)
    with bar("correct", None, arguments.json, "draft") as step:
        evaluation = evaluate(network, test, resampling, _command(arguments), step)
    if arguments.out:
        _keep(evaluation, Path(arguments.out))
    if arguments.json:
        print(json.dumps(evaluation.report.to_dict(), ensure_ascii=False, indent=2))
    else:
        _print(evaluation, arguments.worst)
        if arguments.out:
            print(f"\nKept scores.json, predictions.jsonl and curves.png in {arguments.out}.")


def _keep(evaluation: "Evaluation", folder: Path) -> None:
    from signzoo.evaluation.report import write_rows
    from signzoo.evaluation.text_corrector import plot_curves

    evaluation.report.write(folder)
    write_rows(folder / "predictions.jsonl", evaluation.rows)
    plot_curves(evaluation, folder / "curves.png")


def _print(evaluation: "Evaluation", num_worst: int) -> None:
    from signzoo.evaluation.text_corrector import CORRECT, NETWORK, SIGNATURES

    report = evaluation.report
    print(_table(report, list(SIGNATURES)))
    if evaluation.drafts is not None:
        print(_table(report, [name for name in report.signatures if name not in SIGNATURES]))
    print(report.intervals_note())
    for name, threshold in evaluation.thresholds.items():
        print(f"threshold of the {name}: {threshold:.4f}")
    for name, signature in report.signatures.items():
        print(f"  {name:24} {signature}")
    correct = [row for row in evaluation.rows if row["kind"] == CORRECT]
    changed: list[Any] = [row for row in correct if row[NETWORK] != row["draft"]]
    shown = sorted(changed, key=lambda row: -row["scores"][NETWORK])[: max(0, num_worst)]
    if shown:
        print("\nCorrect sentences that the network changes:")
    for row in shown:
        print(f"  {row['id']}\n    correct  {row['draft']}\n    changed  {row[NETWORK]}")


def _table(report: "Report", names: list[str]) -> str:
    """Some of the scores, of the systems that have them."""
    from signzoo.evaluation.report import format_difference, format_interval, format_table

    systems = {name: each for name, each in report.scores.items() if names[0] in each}
    others = {name: each for name, each in report.differences.items() if name in systems}
    rows = [["", *systems, *(f"less the {name}" for name in others)]]
    for score in names:
        cells = [format_interval(each[score], 1) for each in systems.values()]
        rows.append([score, *cells, *(format_difference(each[score]) for each in others.values())])
    return f"{format_table(rows)}\n"


def _command(arguments: argparse.Namespace) -> str:
    words = ["signzoo", "evaluate", "text-corrector"]
    for name in ("model", "data", "train", "most_changed", "device", "out", "samples", "seed"):
        value = getattr(arguments, name)
        if value is not None:
            words.append(f"--{name.replace('_', '-')}={value}")
    return shlex.join(words)
