"""Measure how faithfully the avatar performs poses.

Mean angles in degrees between the avatar's bones and the landmarks' own, in the frames in which
these are seen: in space, against landmarks whose depth was corrected, and in the picture, against
the raw x and y. Without a folder the letters of the fingerspelling lexicon are performed.
"""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report

SUMMARY = "angles between an avatar's bones and the landmarks that it follows"
EPILOG = """\
examples:
  signzoo evaluate avatar --out fidelity
  signzoo evaluate avatar poses/ --worst 20
keeps scores.json, fidelity.png and worst.jsonl in fidelity/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which poses are performed."""
    parser.add_argument(
        "poses", metavar="DIR", nargs="?", help="poses; the fingerspelling lexicon by default"
    )


def run(arguments: argparse.Namespace) -> None:
    """Perform, measure, print, and keep what was asked for."""
    import json

    import numpy as np
    from tqdm import tqdm

    from signzoo.avatar import Body
    from signzoo.cli.evaluate import report_command
    from signzoo.evaluation.avatar import (
        TARGETS,
        find_poses,
        lexicon_poses,
        measure_files,
        plot,
        scores,
        worst_files,
    )
    from signzoo.evaluation.bootstrap import Resampling, bootstrap
    from signzoo.evaluation.report import Report, write_rows

    if arguments.out and Path(arguments.out).is_file():
        raise UsageError(f"{arguments.out} is a file; --out names a folder.")
    resampling = Resampling(arguments.samples, arguments.seed)
    paths = find_poses(arguments.poses) if arguments.poses else lexicon_poses()
    body = Body.load()
    quiet = True if arguments.json else None
    systems = {}
    for name, limits in (("avatar", True), ("no joint limits", False)):
        progress = tqdm(
            measure_files(paths, body, limits), name, len(paths), unit="pose", disable=quiet
        )
        systems[name] = np.stack(list(progress))  # (files, names, 2, 2)
    report = Report(
        task="avatar",
        command=report_command(
            arguments, "avatar", *([arguments.poses] if arguments.poses else [])
        ),
        facts={
            "poses": arguments.poses or "fingerspelling lexicon",
            "num_poses": len(paths),
            "targets": TARGETS,
        },
        resampling=resampling,
        scores={
            name: bootstrap(counts.reshape(len(paths), -1), scores, resampling)
            for name, counts in systems.items()
        },
    )
    worst = worst_files(paths, systems["avatar"])
    if arguments.out:
        report.write(arguments.out)
        plot(report, Path(arguments.out) / "fidelity.png")
        write_rows(Path(arguments.out) / "worst.jsonl", worst)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
        return
    _show(report, systems["avatar"].sum(axis=0), worst, max(0, arguments.worst))
    if arguments.out:
        print(f"\nKept scores.json, fidelity.png and worst.jsonl in {arguments.out}.")


def _show(report: "Report", sums: Any, worst: list[dict[str, Any]], count: int) -> None:
    from signzoo.evaluation.avatar import MEASURES, TARGETS, by_bone
    from signzoo.evaluation.report import format_interval, format_table

    rows = [["degrees", "allowed", "in space", "in the picture", "without joint limits"]]
    ours, free = report.scores["avatar"], report.scores["no joint limits"]
    for group, target in TARGETS.items():
        found = [format_interval(ours[f"{group}_{name}"]) for name in MEASURES]
        unheld = " / ".join(f"{free[f'{group}_{name}'].value:.2f}" for name in MEASURES)
        rows.append([group.replace("_", " "), f"{target:g}", *found, unheld])
    print(format_table(rows))
    print(f"\n{report.intervals_note()} over {report.facts['num_poses']} poses.")
    print("\nThe worst bones:")
    table = [
        [f"  {name}", f"{both['3d']:.1f}", f"{both['picture']:.1f}"]
        for name, both in list(by_bone(sums).items())[:count]
    ]
    print(format_table(table or [["  -"]]))
    if worst[:count]:
        print("\nThe worst poses, by their fingers in space:")
        for row in worst[:count]:
            print(f"  {row['id']} ({row['scores']['finger_3d']:.1f})")
