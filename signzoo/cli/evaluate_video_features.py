"""Ask how much of the signs a frozen video network's features hold.

A linear classifier is trained on the features of the clips in one folder and names the signs in
another, of other signers. Beside every network stands one of the same size with random weights, and
beside all of them the clips' own landmarks and the most frequent sign. Both folders hold a sign a
clip: `signzoo data synthesize --tight` of one gloss a row makes such, and `signzoo data perform` of
real signs.
"""

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from signzoo.evaluation.report import Report

SUMMARY = "linear probe: are signs of unseen signers in the features of a video network?"
EPILOG = """\
examples:
  signzoo evaluate video-features signs-train signs-test --model motion-autoencoder-tiny-synth
  signzoo evaluate video-features train test --model motion/a --model motion/b --out scores
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what ``signzoo evaluate video-features`` takes."""
    parser.add_argument("train", metavar="TRAIN", help="folder of clips that the classifier learns")
    parser.add_argument("test", metavar="TEST", help="folder of clips by other signers")
    parser.add_argument(
        "--model",
        action="append",
        required=True,
        metavar="NAME",
        help="a motion autoencoder, by name or folder; several are compared with the first",
    )
    parser.add_argument(
        "--read-workers", type=int, default=1, metavar="N", help="processes that decode (default 1)"
    )


def run(arguments: argparse.Namespace) -> int:
    """Probe every network and say how many signs are named rightly."""
    import json
    from pathlib import Path

    import numpy as np

    from signzoo.cli.evaluate import report_command
    from signzoo.data.videos import VideoStore, find_videos
    from signzoo.evaluation.bootstrap import Resampling, bootstrap, paired_bootstrap
    from signzoo.evaluation.linear_probe import name_by_probe
    from signzoo.evaluation.report import Report, write_rows
    from signzoo.evaluation.video_features import (
        clip_features,
        isolated_signs,
        landmark_features,
        random_network,
        video_store,
    )
    from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig

    train, test = (isolated_signs(find_videos(each)) for each in (arguments.train, arguments.test))
    labels, wanted = ([source.gloss[0] for source in some] for some in (train, test))
    groups = [source.group for source in train]
    named: dict[str, list[str]] = {}
    untrained: dict[MotionAutoencoderConfig, list[str]] = {}  # the same for all of one size
    for name in arguments.model:
        network = MotionAutoencoder.from_pretrained(name)
        store = video_store(network)
        store.fill([*train, *test], arguments.read_workers)

        def probe(probed: MotionAutoencoder, store: VideoStore = store) -> list[str]:
            known, asked = (clip_features(probed, some, store) for some in (train, test))
            return name_by_probe(known, labels, groups, asked)

        named[name] = probe(network)
        if network.config not in untrained:
            untrained[network.config] = probe(random_network(network, arguments.seed))
        named[f"random weights ({name})"] = untrained[network.config]
    known, asked = (landmark_features(some, store) for some in (train, test))
    named["landmarks"] = name_by_probe(known, labels, groups, asked)
    hits = {
        title: np.array([[a == b, 1] for a, b in zip(answers, wanted, strict=True)], float)
        for title, answers in named.items()
    }
    resampling = Resampling(arguments.samples, arguments.seed)
    first, *others = hits
    most_common = max(labels, key=labels.count)
    hits["most frequent sign"] = np.array([[most_common == sign, 1] for sign in wanted], float)
    report = Report(
        task="video-features",
        command=report_command(
            arguments,
            "video-features",
            arguments.train,
            arguments.test,
            *(f"--model={name}" for name in arguments.model),
        ),
        facts={
            "train": len(train),
            "test": len(test),
            "glosses": len(set(labels)),
            "train_signers": sorted({source.group for source in train}),
            "test_signers": sorted({source.group for source in test}),
        },
        resampling=resampling,
        scores={title: bootstrap(each, _share, resampling) for title, each in hits.items()},
        differences={
            title: paired_bootstrap(hits[first], hits[title], _share, resampling)
            for title in others
        },
    )
    if arguments.out:
        report.write(arguments.out)
        rows = [
            {"id": source.id, "gloss": sign, **{t: answers[i] for t, answers in named.items()}}
            for i, (source, sign) in enumerate(zip(test, wanted, strict=True))
        ]
        write_rows(Path(arguments.out) / "named.jsonl", rows)
    if arguments.json:
        print(json.dumps(report.to_dict(), indent=2))
    else:
        _show(report)
        if arguments.out:
            print(f"Kept scores.json and named.jsonl in {arguments.out}.")
    return 0


def _share(sums: Any) -> dict[str, float]:
    return {"named": 100 * sums[0] / sums[1]}


def _show(report: "Report") -> None:
    from signzoo.evaluation.report import format_difference, format_interval, format_table

    facts = report.facts
    print(
        f"{facts['test']} clips by {len(facts['test_signers'])} signers, {facts['glosses']} signs; "
        f"trained on {facts['train']} clips by {len(facts['train_signers'])} others"
    )
    shared = set(facts["train_signers"]) & set(facts["test_signers"])
    if shared:
        print(f"Signers in both: {', '.join(sorted(shared))}; this is no test on unseen signers.")
    rows = [["features", "signs named, %", "the first is better by"]]
    for title, scores in report.scores.items():
        difference = report.differences.get(title)
        better = format_difference(difference["named"]) if difference else ""
        rows.append([title, format_interval(scores["named"], 1), better])
    print(format_table(rows))
    print(report.intervals_note())
