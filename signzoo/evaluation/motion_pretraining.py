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
import os
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from signzoo._files import atomic_path, write_text
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import SignzooError
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
_FLOORS = ("random weights", "landmarks", "most frequent sign")


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
    table = summarise(options.out, options.conditions, options.seeds)
    write_text(options.out / "table.md", table)
    _plot(options.out, options.conditions, options.seeds)
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
        _signzoo("data", *command, *sizes, "--out", str(corpus))


def _train(options: argparse.Namespace, condition: str, seed: str) -> None:
    network = options.out / "networks" / f"{condition}-{seed}"
    if network.is_dir():
        return
    config = package_folder("configs") / "motion_autoencoder" / "synth_tiny.yaml"
    runs = options.out / "runs" / network.name
    _signzoo(
        *("fit", "--config", str(config), "--data.folder", str(options.out / "corpora")),
        *("--data.train", "[sentences]", "--data.val", "[sentences-dev]"),
        *("--seed_everything", seed, "--data.loader.seed", seed),
        *("--trainer.max_steps", str(options.steps), "--trainer.default_root_dir", str(runs)),
        *CONDITIONS[condition],
    )
    checkpoints = sorted(runs.rglob("last.ckpt"), key=lambda path: path.stat().st_mtime)
    _signzoo("export", str(checkpoints[-1]), str(network))


def _probe(out: Path, name: str, probe: str) -> None:
    scores = out / "scores" / f"{name}-{probe}"
    if not (scores / "scores.json").is_file():
        folders = (str(out / "corpora" / f"{probe}-{split}") for split in ("train", "test"))
        model = str(out / "networks" / name)
        command = ("evaluate", "video-features", *folders, "--model", model)
        _signzoo(*command, "--out", str(scores))


def _signzoo(*command: str) -> None:
    """Run a command in a process of its own: one thread, twice as fast as two for sizes so small.

    Raises:
        SignzooError: It failed.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    whole = [sys.executable, "-m", "signzoo", *command]
    if subprocess.run(whole, env=environment, check=False).returncode:
        raise SignzooError(f"signzoo {' '.join(command)} failed; what is done is kept.")


def summarise(out: Path, conditions: Sequence[str], seeds: Sequence[int]) -> str:
    """Make a table of the signs that are named rightly, in per cent, and what lies between seeds.

    Args:
        out: Has the probes' scores.
        conditions: Its rows.
        seeds: Which are averaged.

    Returns:
        Markdown.
    """
    lines = [["features", *PROBES.values()], ["---"] * (1 + len(PROBES))]
    for condition in conditions:
        cells = [condition]
        for probe in PROBES:
            values = [_named(out, condition, seed, probe)[condition] for seed in seeds]
            spread = " / ".join(f"{value:.1f}" for value in values)
            cells.append(f"{sum(values) / len(values):.1f} ({spread})")
        lines.append(cells)
    for floor in _FLOORS:
        shares = [_named(out, conditions[0], seeds[0], probe)[floor] for probe in PROBES]
        lines.append([floor, *(f"{share:.1f}" for share in shares)])
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _named(out: Path, condition: str, seed: int, probe: str) -> dict[str, float]:
    """The share of signs that a network names, under its condition's name, and the floors."""
    path = out / "scores" / f"{condition}-{seed}-{probe}" / "scores.json"
    scores = json.loads(path.read_text("utf-8"))["scores"]
    found = {}
    for title, score in scores.items():
        name = next((floor for floor in _FLOORS if title.startswith(floor)), condition)
        found[name] = float(score["named"]["value"])
    return found


def _plot(out: Path, conditions: Sequence[str], seeds: Sequence[int]) -> None:
    """Draw every seed as a dot, and the floors as lines."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.6), layout="constrained")
    for axes, (probe, title) in zip(figure.subplots(1, 3), PROBES.items(), strict=True):
        for place, condition in enumerate(conditions):
            values = [_named(out, condition, seed, probe)[condition] for seed in seeds]
            axes.plot([place] * len(values), values, "o")
        floors = _named(out, conditions[0], seeds[0], probe)
        for floor, style in zip(_FLOORS, ("--", "-", ":"), strict=True):
            axes.axhline(floors[floor], color="grey", ls=style, lw=1, label=floor)
        axes.set_title(title)
        axes.set_xticks(range(len(conditions)), conditions)
        axes.set_xlim(-0.5, len(conditions) - 0.5)
        axes.set_ylim(bottom=-2)
    figure.axes[0].set_ylabel("signs named, %")
    lines = figure.axes[0].get_lines()[-len(_FLOORS) :]
    figure.legend(handles=lines, loc="outside lower center", ncols=len(_FLOORS))
    with atomic_path(out / "probes.png") as part:
        figure.savefig(part, dpi=120)


if __name__ == "__main__":
    try:
        main()
    except SignzooError as error:
        sys.exit(f"signzoo: {error}")
