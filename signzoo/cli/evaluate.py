"""Score predictions against references.

Every task prints its scores with bootstrap intervals and says how each was computed. With --out it
keeps them, what was scored, and the command, so that the numbers can be had again.
"""

import argparse
import importlib
import shlex

from signzoo.cli import add_verb

SUMMARY = "score predictions, with intervals, floors and signatures"
EPILOG = """\
examples:
  signzoo evaluate text predictions.jsonl --references dev.jsonl --kind gloss --language de
  signzoo evaluate pose produced/ recorded/
  signzoo evaluate text2gloss --model my_model --data dev.jsonl --out scores

`signzoo evaluate TASK --help` explains one task.
"""

# Like the verbs themselves, each module offers SUMMARY, add_arguments(parser), run(arguments).
TASKS = {
    "text": "signzoo.cli.evaluate_text",
    "pose": "signzoo.cli.evaluate_pose",
    "synthesis": "signzoo.cli.evaluate_synthesis",
    "sign-identity": "signzoo.cli.evaluate_sign_identity",
    "video-features": "signzoo.cli.evaluate_video_features",
    "avatar": "signzoo.cli.evaluate_avatar",
    "isolated-signs": "signzoo.cli.evaluate_isolated_signs",
    "sign2text": "signzoo.cli.evaluate_sign2text",
    "round-trip": "signzoo.cli.evaluate_round_trip",
    "text-corrector": "signzoo.cli.evaluate_text_corrector",
    "text2gloss": "signzoo.cli.evaluate_text2gloss",
    "text2gloss-ablation": "signzoo.cli.evaluate_text2gloss_ablation",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add a subcommand for each task."""
    tasks = parser.add_subparsers(dest="task", metavar="TASK", required=True)
    for name, module_name in TASKS.items():
        module, child = add_verb(tasks, name, module_name)
        module.add_arguments(child)
        _add_report_arguments(child)


def run(arguments: argparse.Namespace) -> int | None:
    """Run the task that was asked for."""
    result: int | None = importlib.import_module(TASKS[arguments.task]).run(arguments)
    return result


def report_command(arguments: argparse.Namespace, *words: str) -> str:
    """The command that makes a report again: the task, what it was given, samples and seed."""
    drawn = (f"--samples={arguments.samples}", f"--seed={arguments.seed}")
    return shlex.join(["signzoo", "evaluate", *words, *drawn])


def _add_report_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="DIR", help="keep the scores and what was scored here")
    parser.add_argument("--json", action="store_true", help="print the report as JSON")
    parser.add_argument(
        "--worst", type=int, default=5, metavar="N", help="list the N worst (default: 5)"
    )
    parser.add_argument(
        "--samples", type=int, default=1000, metavar="N", help="bootstrap samples (default: 1000)"
    )
    parser.add_argument("--seed", type=int, default=0, help="seed of the samples (default: 0)")
