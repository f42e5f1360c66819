"""Score produced poses against recorded ones.

Pairs the files of two folders by name (.pose, .npz, .json or .h5) and measures in shoulder widths:
joint error frame by frame and along dynamic time warping, the share of landmarks that lie within
0.1 and 0.2 (PCK), landmarks that are missing, and how the poses flicker; body, face and hands
apart.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from signzoo.evaluation.report import Report

SUMMARY = "joint error, PCK, time-warped error and flicker of poses"
EPILOG = """\
examples:
  signzoo evaluate pose produced/ recorded/
  signzoo evaluate pose produced/ recorded/ --out scores --json
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which poses are scored."""
    parser.add_argument("hypotheses", metavar="HYPOTHESIS_DIR")
    parser.add_argument("references", metavar="REFERENCE_DIR")


def run(arguments: argparse.Namespace) -> None:
    """Score, print, and keep what was asked for."""
    import json
    from pathlib import Path

    import numpy as np
    from tqdm import tqdm

    from signzoo.cli.evaluate import report_command
    from signzoo.evaluation.bootstrap import Resampling, bootstrap
    from signzoo.evaluation.pose import count_pairs, pair_files, worst_poses
    from signzoo.evaluation.report import Report, write_rows
    from signzoo.metrics.pose import PoseScorer

    scorer, resampling = PoseScorer(), Resampling(arguments.samples, arguments.seed)
    pairs = pair_files(arguments.hypotheses, arguments.references)
    quiet = True if arguments.json else None
    progress = tqdm(count_pairs(pairs, scorer), "poses", len(pairs), unit="pose", disable=quiet)
    counts = np.stack(list(progress))
    report = Report(
        task="pose",
        command=report_command(arguments, "pose", arguments.hypotheses, arguments.references),
        facts={
            "hypotheses": arguments.hypotheses,
            "references": arguments.references,
            "num_poses": len(pairs),
            "minimum_confidence": scorer.minimum_confidence,
        },
        resampling=resampling,
        scores={"hypotheses": bootstrap(counts, scorer.scores, resampling)},
    )
    worst = worst_poses(pairs, counts, scorer)
    if arguments.out:
        report.write(arguments.out)
        write_rows(Path(arguments.out) / "worst.jsonl", worst)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
        return
    _show(report, len(pairs))
    _list_worst(worst[: max(0, arguments.worst)])
    if arguments.out:
        print(f"\nKept scores.json and worst.jsonl in {arguments.out}.")


def _show(report: "Report", num_poses: int) -> None:
    from signzoo.evaluation.report import format_interval, format_table
    from signzoo.metrics.pose import PARTS

    columns = ("all", *PARTS)
    scores = report.scores["hypotheses"]
    rows = [["", *columns]]
    for name in (name.removesuffix("_all") for name in scores if name.endswith("_all")):
        rows.append([name, *(format_interval(scores[f"{name}_{part}"], 3) for part in columns)])
    print(format_table(rows))
    ratio = format_interval(scores["duration_ratio"], 3)
    print(f"\nduration of the hypotheses over that of the references: {ratio}")
    print(
        f"{report.intervals_note()} over {num_poses} poses. Errors are in shoulder widths, pck10,"
    )
    print(
        "pck20 and missing in percent of the landmarks that the reference shows, jerk in shoulder"
    )
    print("widths/s³, vanishing a second.")


def _list_worst(worst: "Sequence[Mapping[str, Any]]") -> None:
    from signzoo.evaluation.pose import RANKING

    if worst:
        print(f"\nThe {len(worst)} worst by {RANKING}:")
    for row in worst:
        print(f"  {row['id']} ({row['scores'][RANKING]:.2f})")
