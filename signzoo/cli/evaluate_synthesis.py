"""Compare the timing of synthetic signing with that of recorded sentences.

Measures the lengths of signs and transitions and the speed of the busier wrist, between the first
and the last gloss of each sentence, with bootstrap intervals over sentences; a plot shows both.
"""

import argparse
from pathlib import Path

SUMMARY = "timing and speed of a synthetic corpus beside real sentences"
EPILOG = """\
example:
  signzoo data synthesize --manifest dev.jsonl --no-video --landmarks exact --out corpus
  signzoo evaluate synthesis corpus --real data/pose/dgs_sentences --out timing
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what says which corpora are compared."""
    parser.add_argument("corpus", metavar="CORPUS", help="made by `signzoo data synthesize`")
    parser.add_argument(
        "--real", required=True, metavar="DIR", help="a folder like dgs_sentences, with its poses"
    )
    parser.add_argument(
        "--reader", default="dgs_sentences", help="reader of the real corpus (dgs_sentences)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Measure both, and say where the synthetic one lies outside of the real one's intervals."""
    import json

    import numpy as np

    from signzoo.cli.evaluate import report_command
    from signzoo.data.corpora import read_folder
    from signzoo.evaluation.bootstrap import Resampling, bootstrap
    from signzoo.evaluation.report import Report, format_interval, format_table
    from signzoo.evaluation.synthesis import MEASURES, count_utterance, plot_comparison, scores

    resampling = Resampling(arguments.samples, arguments.seed)
    synthetic = read_folder("synthetic", arguments.corpus)
    real = read_folder(arguments.reader, arguments.real)
    intervals = {
        name: bootstrap(np.stack([count_utterance(one) for one in some]), scores, resampling)
        for name, some in (("synthetic", synthetic), ("real", real))
    }
    inside = {
        name: bool(interval.low <= intervals["synthetic"][name].value <= interval.high)
        for name, interval in intervals["real"].items()
    }
    report = Report(
        task="synthesis",
        command=report_command(
            arguments,
            "synthesis",
            arguments.corpus,
            "--real",
            arguments.real,
            "--reader",
            arguments.reader,
        ),
        facts={"sentences": {"synthetic": len(synthetic), "real": len(real)}, "inside": inside},
        resampling=resampling,
        scores=intervals,
    )
    if arguments.out:
        report.write(arguments.out)
        plot_comparison(synthetic, real, intervals, Path(arguments.out) / "timing.png")
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
        return 0
    rows = [["", "synthetic", "real", "inside"]]
    for name, title in MEASURES.items():
        pair = [format_interval(intervals[which][name], 3) for which in ("synthetic", "real")]
        rows.append([title, *pair, "yes" if inside[name] else "NO"])
    print(format_table(rows))
    print(f"\n{report.intervals_note()} over {len(synthetic)} and {len(real)} sentences")
    if arguments.out:
        print(f"Kept scores.json and timing.png in {arguments.out}.")
    return 0
