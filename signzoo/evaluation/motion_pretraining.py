"""Asks what pretraining the motion autoencoder brings, and what perturbing its motion does.

Makes its corpora, trains a network for each condition and seed, and probes all of them on signers
that they have not seen: on invented signs, and on real ones that the avatar performs. About five
hours on two cores; what is done is not done again::

    python -m signzoo.evaluation.motion_pretraining --data DATA --out DIR

DATA has ``text/phoenix14t``, ``pose/include_greetings`` and ``pose/wlasl124``. In DIR, ``scores/``
has a folder for every probe, and ``table.md`` and ``probes.png`` sum them up.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from signzoo._files import atomic_path, write_text
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import SignzooError
from signzoo.evaluation.processes import export_last, run_signzoo
from signzoo.evaluation.report import write_rows
from signzoo.hub.folders import package_folder

CONDITIONS: dict[str, tuple[str, ...]] = {
    "motion": (),
    "uniform": ("--model.perturbation.large=0.5",),
    "none": ("--model.perturbation.kinds=[]",),
    "slow_r50": ("--model.network.backbone=slow_r50",),
}
"""How each is trained, besides ``synth_tiny.yaml``; the last has motion perturbed too."""
PROBES = {
    "signs": "invented signs",
    "include": "INCLUDE, performed",
    "wlasl": "WLASL, performed",
}
# What stands beside the networks in every probe, and the style of its line in the plot.
FLOORS = {"random weights": "--", "landmarks": "-", "most frequent sign": ":"}
# For every probe, the shares of signs that conditions and floors name, in per cent.
Shares = dict[str, dict[str, list[float]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make, train, probe and sum up."""
    parser = argparse.ArgumentParser(
        prog="python -m signzoo.evaluation.motion_pretraining",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DATA", help="real corpora")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument(
        "--conditions",
        nargs="+",
        choices=CONDITIONS,
        default=["motion", "uniform", "none"],
        metavar="NAME",
        help=f"of {', '.join(CONDITIONS)} (default: the first three)",
    )
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N")
    parser.add_argument("--steps", type=int, default=1600, help="of each training (default 1600)")
    parser.add_argument("--sentences", type=int, default=300, help="to train on (default 300)")
    parser.add_argument("--signs", type=int, default=60, help="invented ones to name (default 60)")
    parser.add_argument("--workers", type=int, default=2, help="processes that render (default 2)")
    options = parser.parse_args(arguments)
    make_corpora(options)
    names = [f"{name}-{seed}" for seed in options.seeds for name in options.conditions]
    for name in names:
        _train(options, *name.rsplit("-", 1))
        for probe in PROBES:
            _probe(options.out, name, probe)
    shares = read_shares(options.out, options.conditions, options.seeds)
    table = summarise(shares)
    write_text(options.out / "table.md", table)
    _plot(shares, options.out / "probes.png")
    print(table)


def make_corpora(options: argparse.Namespace) -> None:
    """Render what is trained on and what is probed."""
    train, dev = (
        read_pairs(options.data / "text" / "phoenix14t" / f"{split}.jsonl")
        for split in ("train", "dev")
    )
    counts = Counter(gloss for pair in train for gloss in pair.gloss)
    common = [gloss for gloss, _ in counts.most_common(options.signs)]
    for name, times, signers, split in (
        ("signs-train", 8, "12", "train"),
        ("signs-test", 3, "unseen:6", "test"),
    ):
        rows = [
            {"id": f"{gloss}-{index}", "text": gloss, "gloss": [gloss]}
            for gloss in common
            for index in range(times)
        ]
        _synthesize(options, name, rows, signers, split)
    for name, pairs, number, signers, split in (
        ("sentences", train, options.sentences, "24", "train"),
        ("sentences-dev", dev, max(1, options.sentences * 2 // 25), "unseen:6", "dev"),
    ):
        _synthesize(options, name, _some(pairs, number), signers, split)
    for name, corpus, kinds, some in (
        ("include-train", "include_greetings", "ABCD", ["--signers", "12", "--split", "train"]),
        ("include-test", "include_greetings", "E", ["--signers", "unseen:3", "--split", "test"]),
        ("wlasl-train", "wlasl124", ["train"], ["--signers", "12", "--split", "train"]),
        ("wlasl-test", "wlasl124", ["val"], ["--signers", "unseen:3", "--split", "test"]),
    ):
        most = ["--glosses", "40"] if corpus == "wlasl124" else []
        groups = ["--groups", *(f"{corpus}/{kind}" for kind in kinds)]
        folder = ["--folder", str(options.data / "pose" / corpus)]
        command = ["perform", "--corpus", corpus, *folder, *groups, *most, *some]
        _render(options, name, command)


def _some(pairs: list[TextGlossPair], number: int) -> list[dict[str, Any]]:
    shuffled = list(pairs)
    random.Random(11).shuffle(shuffled)
    return [
        {"id": pair.id, "text": pair.text, "gloss": list(pair.gloss)} for pair in shuffled[:number]
    ]


def _synthesize(
    options: argparse.Namespace, name: str, rows: list[dict[str, Any]], signers: str, split: str
) -> None:
    manifest = options.out / f"{name}.jsonl"
    manifest.parent.mkdir(parents=True, exist_ok=True)
    write_rows(manifest, rows)
    command = ["synthesize", "--manifest", str(manifest), "--signers", signers, "--split", split]
    _render(options, name, [*command, "--tight"])


def _render(options: argparse.Namespace, name: str, command: list[str]) -> None:
    corpus = options.out / "corpora" / name
    if not (corpus / "manifest.jsonl").is_file():
        sizes = ["--size", "112", "--seed", "7", "--workers", str(options.workers)]
        run_signzoo("data", *command, *sizes, "--out", str(corpus))


def _train(options: argparse.Namespace, condition: str, seed: str) -> None:
    network = options.out / "networks" / f"{condition}-{seed}"
    if network.is_dir():
        return
    config = package_folder("configs") / "motion_autoencoder" / "synth_tiny.yaml"
    runs = options.out / "runs" / network.name
    run_signzoo(
        *("fit", "--config", str(config), "--data.folder", str(options.out / "corpora")),
        *("--data.train", "[sentences]", "--data.val", "[sentences-dev]"),
        *("--seed_everything", seed, "--data.loader.seed", seed),
        *("--trainer.max_steps", str(options.steps), "--trainer.default_root_dir", str(runs)),
        *CONDITIONS[condition],
    )
    export_last(runs, network)


def _probe(out: Path, name: str, probe: str) -> None:
    scores = out / "scores" / f"{name}-{probe}"
    if not (scores / "scores.json").is_file():
        folders = (str(out / "corpora" / f"{probe}-{split}") for split in ("train", "test"))
        model = str(out / "networks" / name)
        command = ("evaluate", "video-features", *folders, "--model", model)
        run_signzoo(*command, "--out", str(scores))


def read_shares(out: Path, conditions: Sequence[str], seeds: Sequence[int]) -> Shares:
    """Read how many signs were named rightly.

    Args:
        out: Has the probes' scores.
        conditions: Which are read.
        seeds: Of each of them.

    Returns:
        For every probe, what each condition named in per cent, in the order of the seeds, and then
        each floor, of the first network.
    """
    shares: Shares = {}
    for probe in PROBES:
        found: dict[str, list[float]] = {condition: [] for condition in conditions}
        shares[probe] = found
        for condition in conditions:
            for seed in seeds:
                path = out / "scores" / f"{condition}-{seed}-{probe}" / "scores.json"
                scores = json.loads(path.read_text("utf-8"))["scores"]
                for title, score in scores.items():
                    floor = next((floor for floor in FLOORS if title.startswith(floor)), None)
                    if floor is None:
                        found[condition].append(float(score["named"]["value"]))
                    elif floor not in found:
                        found[floor] = [float(score["named"]["value"])]
    return shares


def summarise(shares: Shares) -> str:
    """Make a table in Markdown: the mean of the seeds, and each of them."""
    first = next(iter(shares.values()))
    conditions = [name for name in first if name not in FLOORS]
    lines = [["features", *PROBES.values()], ["---"] * (1 + len(PROBES))]
    for condition in conditions:
        cells = [condition]
        for found in shares.values():
            values = found[condition]
            spread = " / ".join(f"{value:.1f}" for value in values)
            cells.append(f"{sum(values) / len(values):.1f} ({spread})")
        lines.append(cells)
    for floor in FLOORS:
        lines.append([floor, *(f"{found[floor][0]:.1f}" for found in shares.values())])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _plot(shares: Shares, path: Path) -> None:
    """Draw every seed as a dot, and the floors as lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axes, (probe, found) in zip(figure.subplots(1, 3), shares.items(), strict=True):
        conditions = [name for name in found if name not in FLOORS]
        for place, condition in enumerate(conditions):
            axes.plot([place] * len(found[condition]), found[condition], "o")
        for floor, style in FLOORS.items():
            axes.axhline(found[floor][0], color="grey", ls=style, lw=1, label=floor)
        axes.set_title(PROBES[probe])
        axes.set_xticks(range(len(conditions)), conditions)
        axes.set_xlim(-0.5, len(conditions) - 0.5)
        axes.set_ylim(bottom=-2)
    figure.axes[0].set_ylabel("signs named, %")
    lines = figure.axes[0].get_lines()[-len(FLOORS) :]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(FLOORS))
    with atomic_path(path) as part:
        figure.savefig(part, dpi=120)


if __name__ == "__main__":
    try:
        main()
    except SignzooError as error:
        sys.exit(f"signzoo: {error}")
