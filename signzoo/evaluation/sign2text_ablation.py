"""Ablates sign to text: pretrained video encoder, landmarks, text correction.

Renders its corpora, trains a network for each cell and seed, and scores what each writes of signers
and sentences that it has not seen, as it is and corrected. About two hours on two cores; what is
done is not done again::

    python -m signzoo.evaluation.sign2text_ablation --data DATA --out DIR --corrector NAME

DATA has ``phoenix14t/train.jsonl`` and ``dev.jsonl``. In DIR, ``scores/`` has a folder for every
network, and ``table.md``, ``ablation.json`` and ``ablation.png`` sum them up.

Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production and
Bidirectional Accessibility", Table 6.
Differs from the paper: the signs are invented and the sentences few and short, so that a cell costs
minutes; without pretraining the encoder has random weights, and is frozen in every cell.
"""

import argparse
import json
import random
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import product
from pathlib import Path

import numpy as np

from signzoo._files import atomic_path, write_text
from signzoo.data.manifest import read_manifest
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import SignzooError
from signzoo.evaluation.bootstrap import Difference, Resampling, paired_bootstrap
from signzoo.evaluation.processes import export_last, run_signzoo
from signzoo.evaluation.report import format_difference, write_rows
from signzoo.evaluation.video_features import random_network
from signzoo.hub.folders import package_folder
from signzoo.metrics.text import TextScorer
from signzoo.models.compact import CompactConfig, make_compact
from signzoo.models.motion_autoencoder import MotionAutoencoder

FACTORS = ("pretraining", "landmarks", "correction")
# ROUGE is what the paper's table has.
_SHOWN = {"rouge_l_f1_lower": "ROUGE-L F1", "bleu4_lower": "BLEU-4"}
_ENCODER = "motion-autoencoder-tiny-synth"
_FEWEST, _MOST = 2, 8  # glosses of a sentence
_DECODER = CompactConfig(
    800, width=128, inner_width=256, encoder_layers=1, decoder_layers=1, dropout=0.2
)
Correct = Callable[[list[str]], list[str]]


@dataclass(frozen=True, order=True)
class Cell:
    """A row of the table: what is there."""

    pretraining: bool
    landmarks: bool
    correction: bool

    @property
    def network(self) -> str:
        """Name of its network, which correction does not change."""
        words = ("pretrained" if self.pretraining else "random", "video")
        return "-".join([*words, "landmarks"] if self.landmarks else words)


# What a corpus's sentences got in each cell, a list of texts for each seed.
Texts = Mapping[Cell, Sequence[Sequence[str]]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Render, train, translate, correct and sum up."""
    parser = argparse.ArgumentParser(
        prog="python -m signzoo.evaluation.sign2text_ablation",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--data", type=Path, required=True, metavar="DATA", help="its corpora")
    parser.add_argument("--out", type=Path, required=True, metavar="DIR")
    parser.add_argument("--corrector", metavar="NAME", help="a text corrector, by name or folder")
    parser.add_argument("--seeds", nargs="+", type=int, default=[0, 1, 2], metavar="N")
    parser.add_argument("--sentences", type=int, default=400, help="to train on (default 400)")
    parser.add_argument("--glosses", type=int, default=150, help="most frequent ones (default 150)")
    parser.add_argument("--steps", type=int, default=800, help="of each training (default 800)")
    parser.add_argument("--workers", type=int, default=2, help="processes that render (default 2)")
    options = parser.parse_args(arguments)
    try:
        run(options)
    except SignzooError as error:
        sys.exit(f"signzoo: {error}")


def run(options: argparse.Namespace) -> None:
    """Do what :func:`main` was asked for."""
    corpora = make_corpora(options)
    _make_models(options, corpora["train"])
    networks = {cell.network: cell for cell in _cells()}
    for seed, name in product(options.seeds, networks):
        _train_and_translate(options, networks[name], name, seed)
    correct: Correct | None = None
    if options.corrector:
        from signzoo.models.text_corrector import TextCorrector

        correct = TextCorrector.from_pretrained(options.corrector)
    drafts = {
        cell: [_drafts(options.out, name, seed, corpora["dev"]) for seed in options.seeds]
        for name, cell in networks.items()
    }
    references = [pair.text for pair in corpora["dev"]]
    report(options.out, corrected(drafts, correct), references)


def make_corpora(options: argparse.Namespace) -> dict[str, list[TextGlossPair]]:
    """Choose sentences of frequent glosses and render them, dev by signers unlike those of train.

    Returns:
        The sentences of train and dev, in the order in which they were rendered.
    """
    folder = options.data / "phoenix14t"
    pairs = {split: read_pairs(folder / f"{split}.jsonl") for split in ("train", "dev")}
    counts = Counter(gloss for pair in pairs["train"] for gloss in pair.gloss)
    common = {gloss for gloss, _ in counts.most_common(options.glosses)}
    chosen = {
        split: [p for p in some if set(p.gloss) <= common and _FEWEST <= len(p.gloss) <= _MOST]
        for split, some in pairs.items()
    }
    random.Random(17).shuffle(chosen["train"])
    chosen["train"] = chosen["train"][: options.sentences]
    for split, signers, seed in (("train", "24", "17"), ("dev", "unseen:3", "7")):
        corpus = options.out / "corpora" / split
        if (corpus / "manifest.jsonl").is_file():
            continue
        table = options.out / "corpora" / f"{split}.jsonl"
        rows = [{"id": p.id, "text": p.text, "gloss": list(p.gloss)} for p in chosen[split]]
        table.parent.mkdir(parents=True, exist_ok=True)
        write_rows(table, rows)
        run_signzoo(
            *("data", "synthesize", "--manifest", str(table), "--split", split),
            *("--signers", signers, "--seed", seed, "--workers", str(options.workers)),
            *("--out", str(corpus)),
        )
    return chosen


def _make_models(options: argparse.Namespace, train: Sequence[TextGlossPair]) -> None:
    """Make the decoder that all begin with, and the video encoder that has learnt nothing."""
    if not (options.out / "decoder").is_dir():
        texts = [pair.text for pair in train]
        make_compact(texts, ["phoenix14t"], options.out / "decoder", _DECODER, 0)
    if not (options.out / "random").is_dir():
        known = MotionAutoencoder.from_pretrained(_ENCODER)
        random_network(known, 0).save_pretrained(options.out / "random")


def _cells() -> list[Cell]:
    """The four networks, as they write."""
    return [Cell(*there, False) for there in product((False, True), (False, True))]


def _train_and_translate(options: argparse.Namespace, cell: Cell, name: str, seed: int) -> None:
    """Train a network of a cell and translate dev, unless that is done."""
    out: Path = options.out
    network, scores = (out / kind / f"{name}-{seed}" for kind in ("networks", "scores"))
    if not network.is_dir():
        runs = out / "runs" / network.name
        encoder = _ENCODER if cell.pretraining else str((out / "random").resolve())
        branches = '["video","landmarks"]' if cell.landmarks else '["video"]'
        config = package_folder("configs") / "signmst_c" / "ablation.yaml"
        sources = {split: f'[{{"path":"{split}"}}]' for split in ("train", "dev")}
        run_signzoo(
            *("fit", "--config", str(config), "--data.folder", str(out / "corpora")),
            *("--data.train", sources["train"], "--data.val", sources["dev"]),
            *("--model.network.branches", branches, "--data.landmarks", str(cell.landmarks)),
            *("--model.network.video_encoder", encoder, "--data.video_encoder", encoder),
            *("--model.network.language_model", str((out / "decoder").resolve())),
            *("--model.network.num_glosses", str(options.glosses)),
            *("--seed_everything", str(seed), "--data.loader.seed", str(seed)),
            *("--trainer.max_steps", str(options.steps), "--trainer.default_root_dir", str(runs)),
        )
        export_last(runs, network)
    if not (scores / "scores.json").is_file():
        dev = str(out / "corpora" / "dev")
        run_signzoo(
            *("evaluate", "sign2text", "--model", str(network), "--data", dev),
            *("--out", str(scores)),
        )


def _drafts(out: Path, name: str, seed: int, pairs: Sequence[TextGlossPair]) -> list[str]:
    """What a network wrote, in the order of the sentences."""
    path = out / "scores" / f"{name}-{seed}" / "predictions.jsonl"
    found = {row.get("id", str): row.get("prediction", str) for row in read_manifest(path)}
    return [found[pair.id] for pair in pairs]


def corrected(drafts: Texts, correct: Correct | None) -> dict[Cell, list[list[str]]]:
    """All cells: drafts as they are, and corrected if there is a corrector."""
    cells = {cell: [list(texts) for texts in seeds] for cell, seeds in drafts.items()}
    if correct is not None:
        for cell, seeds in drafts.items():
            cells[replace(cell, correction=True)] = [correct(list(texts)) for texts in seeds]
    return cells


def report(out: Path, texts: Texts, references: Sequence[str]) -> None:
    """Write the table, the numbers and the plot, and print the table."""
    scorer = TextScorer("sentence", "de")
    counts = {
        cell: [scorer.count(some, references) for some in seeds] for cell, seeds in texts.items()
    }
    scores = {
        cell: [scorer.scores(each.sum(axis=0)) for each in seeds] for cell, seeds in counts.items()
    }
    effects = {factor: effect(counts, factor, scorer) for factor in FACTORS}
    effects = {factor: found for factor, found in effects.items() if found}
    rows = [
        {**asdict(cell), **{name: [each[name] for each in seeds] for name in _SHOWN}}
        for cell, seeds in scores.items()
    ]
    content = {
        "cells": rows,
        "effects": {
            factor: {name: asdict(found[name]) for name in _SHOWN}
            for factor, found in effects.items()
        },
        "signatures": {name: scorer.signatures[name] for name in _SHOWN},
        "num_sentences": len(references),
    }
    write_text(out / "ablation.json", json.dumps(content, indent=2) + "\n")
    table = summarise(scores, effects)
    write_text(out / "table.md", table)
    _plot(scores, out / "ablation.png")
    print(table)


def effect(
    counts: Mapping[Cell, Sequence[np.ndarray]], factor: str, scorer: TextScorer
) -> dict[str, Difference]:
    """What a factor brings: the mean over all pairs of cells that differ in it alone, and seeds.

    The interval resamples sentences, the same ones for all cells; how much seeds differ is not in
    it.

    Returns:
        A difference for each score; empty where no two cells differ in the factor alone.
    """
    pairs = [
        (mine, theirs)
        for cell in counts
        if getattr(cell, factor)
        for without in [replace(cell, **{factor: False})]
        if without in counts
        for mine, theirs in zip(counts[cell], counts[without], strict=True)
    ]
    if not pairs:
        return {}

    def mean(sums: np.ndarray) -> dict[str, float]:
        each = [scorer.scores(part) for part in np.split(sums, len(pairs))]
        return {name: float(np.mean([scores[name] for scores in each])) for name in _SHOWN}

    mine, theirs = (np.hstack(some) for some in zip(*pairs, strict=True))
    return paired_bootstrap(mine, theirs, mean, Resampling())


def summarise(
    scores: Mapping[Cell, Sequence[Mapping[str, float]]],
    effects: Mapping[str, Mapping[str, Difference]],
) -> str:
    """Make a table in Markdown, the mean of the seeds and each of them, and what factors bring."""
    lines = [[*FACTORS, *_SHOWN.values()], ["---"] * (len(FACTORS) + len(_SHOWN))]
    for cell, seeds in sorted(scores.items()):
        marks = ["yes" if there else "no" for there in asdict(cell).values()]
        for name in _SHOWN:
            values = [each[name] for each in seeds]
            spread = " / ".join(f"{value:.1f}" for value in values)
            marks.append(f"{np.mean(values):.1f} ({spread})")
        lines.append(marks)
    table = "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
    for factor, found in effects.items():
        brings = ", ".join(
            f"{format_difference(found[name])} {title}" for name, title in _SHOWN.items()
        )
        table += f"\n{factor} brings {brings}\n"
    return table


def _plot(scores: Mapping[Cell, Sequence[Mapping[str, float]]], path: Path) -> None:
    """Draw every seed as a dot, and the mean as a bar."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(9, 3.8), layout="constrained")
    cells = sorted(scores, reverse=True)  # the first at the top
    labels = [
        " + ".join(name for name, there in asdict(cell).items() if there) or "video alone"
        for cell in cells
    ]
    panels = figure.subplots(1, 2, sharey=True)
    for axes, (name, title) in zip(panels, _SHOWN.items(), strict=True):
        values = [[each[name] for each in scores[cell]] for cell in cells]
        axes.barh(range(len(cells)), [np.mean(some) for some in values], color="#b8d4ea")
        for place, some in enumerate(values):
            axes.plot(some, [place] * len(some), "o", color="#1a5a94", ms=4)
        axes.set_yticks(range(len(cells)), labels)
        axes.set_xlabel(title)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=120)


if __name__ == "__main__":
    main()
