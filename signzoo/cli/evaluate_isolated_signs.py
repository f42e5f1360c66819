"""Name isolated signs with a model, and say how often it is right.

DATA is a corpus of clips that show one sign each, with its gloss. The model ranks all signs of the
training clips; beside it stand the nearest training clip by dynamic time warping of landmarks, a
linear model of the same landmarks, and the most frequent sign, with paired intervals.
"""

import argparse
from typing import TYPE_CHECKING, Any

from signzoo.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from signzoo.evaluation.report import Report

SUMMARY = "name isolated signs: how often is the right one first, or among the first five?"
EPILOG = """\
examples:
  signzoo evaluate isolated-signs --model signmst-c-tiny-wlasl124 --data DATA/wlasl124 --out scores
"""
_MOST = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add which model names what."""
    parser.add_argument(
        "--model", required=True, metavar="NAME", help="a name of `signzoo models`, or a folder"
    )
    parser.add_argument("--data", required=True, metavar="FOLDER", help="the corpus")
    parser.add_argument("--split", default="dev", help="what is named (default: dev)")
    parser.add_argument(
        "--train", metavar="FOLDER", help="training clips (default: the split train of DATA)"
    )
    parser.add_argument("--device", default="cpu", help="where the model runs (default: cpu)")


def run(arguments: argparse.Namespace) -> None:
    """Rank, score, print, and keep what was asked for."""
    import json
    from collections import Counter
    from pathlib import Path

    import numpy as np

    from signzoo.cli.evaluate import report_command
    from signzoo.cli.progress import bar
    from signzoo.evaluation.bootstrap import Resampling, bootstrap, paired_bootstrap
    from signzoo.evaluation.isolated_signs import (
        LINEAR,
        hits,
        rank_by_linear_model,
        rank_by_nearest,
        rank_by_network,
        signs_of,
    )
    from signzoo.evaluation.nearest_signing import NEAREST
    from signzoo.evaluation.report import Report, write_rows
    from signzoo.evaluation.sign2text import Corpus
    from signzoo.models.signmst_c import SignMSTC

    network = SignMSTC.from_pretrained(arguments.model, arguments.device)
    if network.config.output != "gloss":
        raise UsageError(
            f"{arguments.model} writes text; signs are named by a network that writes glosses."
        )
    training = Corpus.read(network, arguments.train or arguments.data, "train")
    corpus = Corpus.read(network, arguments.data, arguments.split)
    known, signs = signs_of(training), signs_of(corpus)
    frequent = [name for name, _ in Counter(known).most_common()]
    with bar("name", len(signs), arguments.json) as step:
        ranked = {arguments.model: rank_by_network(network, corpus, sorted(set(known)), step)}
    with bar("nearest clips", len(signs), arguments.json) as step:
        ranked[NEAREST] = rank_by_nearest(corpus, training, step)
    ranked[LINEAR] = rank_by_linear_model(corpus, training)
    ranked["most frequent sign"] = [frequent] * len(signs)
    counts = {name: hits(each, signs, _MOST) for name, each in ranked.items()}
    resampling = Resampling(arguments.samples, arguments.seed)
    first, *others = counts
    report = Report(
        task="isolated-signs",
        command=report_command(
            arguments,
            *("isolated-signs", "--model", arguments.model, "--data", arguments.data),
            *("--split", arguments.split),
            *(("--train", arguments.train) if arguments.train else ()),
        ),
        facts={
            "clips": len(signs),
            "training_clips": len(known),
            "signs": len(set(known)),
            "unknown": int(np.sum([sign not in frequent for sign in signs])),
        },
        resampling=resampling,
        scores={name: bootstrap(each, _shares, resampling) for name, each in counts.items()},
        differences={
            name: paired_bootstrap(counts[first], counts[name], _shares, resampling)
            for name in others
        },
    )
    if arguments.out:
        report.write(arguments.out)
        rows = [
            {"id": sentence.id, "gloss": sign, "ranked": ranked[first][i][:_MOST]}
            for i, (sentence, sign) in enumerate(zip(corpus.samples.sentences, signs, strict=True))
        ]
        write_rows(Path(arguments.out) / "predictions.jsonl", rows)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
        return
    _show(report)
    if arguments.out:
        print(f"Kept scores.json and predictions.jsonl in {arguments.out}.")


def _shares(sums: Any) -> "Mapping[str, float]":
    return {"top-1": 100 * sums[0] / sums[2], f"top-{_MOST}": 100 * sums[1] / sums[2]}


def _show(report: "Report") -> None:
    from signzoo.evaluation.report import format_difference, format_interval, format_table

    facts = report.facts
    print(
        f"{facts['clips']} clips of {facts['signs']} signs, {facts['training_clips']} to learn from"
    )
    if facts["unknown"]:
        print(f"{facts['unknown']} clips show a sign that no training clip shows.")
    names = list(next(iter(report.scores.values())))
    rows = [["", *(f"{name}, %" for name in names), *(f"better in {name} by" for name in names)]]
    for title, scores in report.scores.items():
        paired = report.differences.get(title)
        better = [format_difference(paired[name]) if paired else "" for name in names]
        rows.append([title, *(format_interval(scores[name], 1) for name in names), *better])
    print(format_table(rows))
    print(report.intervals_note())
