"""Do isolated signs keep their identity from signer to signer?

Names each sign of one corpus by the nearest sign of another, by other signers, under dynamic time
warping of both hands in the picture plane. Both corpora hold one sign a sentence.
"""

import argparse
from pathlib import Path

SUMMARY = "naming isolated signs by the nearest one of other signers"
EPILOG = """\
example (signs.jsonl has one gloss a row):
  signzoo data synthesize --manifest signs.jsonl --no-video --signers 1 --out templates
  signzoo data synthesize --manifest signs.jsonl --no-video --signers unseen:4 --out queries
  signzoo evaluate sign-identity templates queries --out identity
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which corpora are compared."""
    parser.add_argument("templates", metavar="TEMPLATES", help="a corpus of known signs")
    parser.add_argument("queries", metavar="QUERIES", help="a corpus of signs to be named")


def run(arguments: argparse.Namespace) -> int:
    """Name the signs and say how many names are right."""
    import json
    from dataclasses import asdict

    import numpy as np

    from signzoo.cli.evaluate import report_command
    from signzoo.data.corpora import read_folder
    from signzoo.evaluation.bootstrap import Resampling, bootstrap
    from signzoo.evaluation.report import Report, format_interval, write_rows
    from signzoo.evaluation.sign_identity import name_signs

    templates = read_folder("synthetic", arguments.templates)
    queries = read_folder("synthetic", arguments.queries)
    named = name_signs(templates, queries)
    right = np.array([[each.gloss == each.named, 1] for each in named], float)
    resampling = Resampling(arguments.samples, arguments.seed)
    num_glosses = len({each.glosses[0].label for each in templates})
    report = Report(
        task="sign-identity",
        command=report_command(arguments, "sign-identity", arguments.templates, arguments.queries),
        facts={
            "templates": len(templates),
            "queries": len(queries),
            "glosses": num_glosses,
            "hands_seen": float(np.mean([each.hands_seen for each in named])),
        },
        resampling=resampling,
        scores={
            "nearest": bootstrap(right, lambda sums: {"named": sums[0] / sums[1]}, resampling),
            "chance": bootstrap(
                right * [0, 1], lambda sums: {"named": 1 / num_glosses}, resampling
            ),
        },
    )
    worst = sorted(
        (each for each in named if each.gloss != each.named),
        key=lambda each: each.own_distance - each.distance,
        reverse=True,
    )
    if arguments.out:
        report.write(arguments.out)
        write_rows(Path(arguments.out) / "named.jsonl", [asdict(each) for each in named])
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
        return 0
    share = format_interval(report.scores["nearest"]["named"], 3)
    print(f"{share} of {len(queries)} signs are named rightly among {num_glosses} glosses")
    seen = f"a hand is seen in {report.facts['hands_seen']:.0%}"
    print(f"({len(templates)} templates; chance {1 / num_glosses:.3f}; {seen})")
    print(report.intervals_note())
    for each in worst[: max(0, arguments.worst)]:
        print(f"  {each.gloss} was taken for {each.named}")
    if arguments.out:
        print(f"Kept scores.json and named.jsonl in {arguments.out}.")
    return 0
