"""Prints and keeps the scores of predicted text, for every task that predicts text."""

import argparse
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report
    from signzoo.evaluation.text import Comparison
    from signzoo.metrics.text import TextScorer


def show_report(
    arguments: argparse.Namespace,
    report: "Report",
    comparison: "Comparison",
    scorer: "TextScorer",
    write_predictions: Callable[[Path], object],
    notes: Sequence[str] = (),
) -> None:
    """Print a report as the options that every task has ask for, and keep it with ``--out``.

    Args:
        arguments: With ``out``, ``json`` and ``worst``.
        report: The scores.
        comparison: What they were made of.
        scorer: What made them.
        write_predictions: Writes the predictions that were scored to a path.
        notes: Lines that are printed below the table.
    """
    if arguments.out:
        from signzoo.evaluation.report import write_rows

        report.write(arguments.out)
        write_rows(Path(arguments.out) / "worst.jsonl", comparison.worst)
        write_predictions(Path(arguments.out) / "predictions.jsonl")
    if arguments.json:
        print(json.dumps(report.to_dict(), ensure_ascii=False, indent=2))
        return
    print(_table(report))
    print(f"\n{report.intervals_note()} over {len(comparison.worst)} sentences; WER and CER are")
    print("errors: less is better.\n")
    for note in notes:
        print(f"{note}\n")
    for name, signature in report.signatures.items():
        print(f"  {name:24} {signature}")
    _list_worst(arguments.worst, comparison, scorer)
    if arguments.out:
        print(f"\nKept scores.json, predictions.jsonl and worst.jsonl in {arguments.out}.")


def _table(report: "Report") -> str:
    from signzoo.evaluation.report import format_difference, format_interval, format_table

    header = ["", *report.scores, *(f"less the {name}" for name in report.differences)]
    rows = [header]
    for score in report.signatures:
        row = [format_interval(scores[score]) for scores in report.scores.values()]
        row += [format_difference(both[score]) for both in report.differences.values()]
        rows.append([score, *row])
    return format_table(rows)


def _list_worst(count: int, comparison: "Comparison", scorer: "TextScorer") -> None:
    from signzoo.evaluation.text import ranking_score

    shown = comparison.worst[: max(0, count)]
    ranked = ranking_score(scorer)
    if shown:
        print(f"\nThe {len(shown)} worst predictions by {ranked}:")
    for row in shown:
        print(f"  {row['id']} ({row['scores'][ranked]:.1f})")
        print(f"    predicted  {row['prediction']}")
        print(f"    reference  {row['reference']}")
