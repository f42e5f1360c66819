"""Scores sign to text on a small corpus by leaving a part of it out, in one command.

``python -m signzoo.evaluation.sign2text_folds --config CONFIG --corpus FOLDER --out DIR`` trains a
network for each signer or session on all others, or on the folds of a file, translates what was
left out, and scores all of it together beside the nearest training clip (dynamic time warping of
landmarks) and the most frequent training text. What is done is not done again. It writes
``predictions.jsonl``, ``scores.json``, ``table.md`` and ``confusions.png``.
"""

import argparse
import json
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from signzoo._files import atomic_path, write_text
from signzoo.data.manifest import read_manifest
from signzoo.data.sentences import SignedSentence, read_sentences
from signzoo.errors import SignzooError, UsageError
from signzoo.evaluation.bootstrap import Resampling
from signzoo.evaluation.nearest_signing import NEAREST
from signzoo.evaluation.processes import export_last, run_signzoo
from signzoo.evaluation.report import Report, format_interval, format_table, write_rows
from signzoo.evaluation.sign2text import (
    Corpus,
    nearest_texts,
    score_texts,
    text_scorer,
    translate_corpus,
)
from signzoo.evaluation.text import PREDICTIONS, References
from signzoo.models.compact import CompactConfig, make_compact
from signzoo.models.signmst_c import SignMSTC, TextDecodingConfig
from signzoo.models.signmst_c.data import SentenceSource

# Texts of which the plot shows what they were taken for.
_MOST_PLOTTED = 25
FREQUENT = "most frequent training text"
_DECODER = CompactConfig(
    64, width=128, inner_width=256, encoder_layers=1, decoder_layers=1, dropout=0.2
)


@dataclass(frozen=True)
class Fold:
    """What is left out at a time.

    Attributes:
        name: Of the signer or session, or the fold's number.
        ids: The sentences that are left out.
    """

    name: str
    ids: tuple[str, ...]


def read_folds(sentences: Sequence[SignedSentence], path: Path | None = None) -> list[Fold]:
    """Part a corpus into folds.

    Args:
        sentences: The corpus.
        path: A JSON file ``{"folds": [[id, ...], ...]}``; by default a fold is one signer or
            session.

    Raises:
        UsageError: There are fewer than two folds, or the file is no such file or of another
            corpus.
    """
    if path is None:
        groups = sorted({each.group for each in sentences})
        folds = [
            Fold(name, tuple(each.id for each in sentences if each.group == name))
            for name in groups
        ]
    else:
        try:
            lists = json.loads(path.read_text("utf-8"))["folds"]
            folds = [Fold(str(i), tuple(map(str, ids))) for i, ids in enumerate(lists, 1)]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f'{path} is no JSON file {{"folds": [[id, ...]]}}: {error}') from error
        unknown = {name for fold in folds for name in fold.ids} - {each.id for each in sentences}
        if unknown:
            raise UsageError(f"{path} names {min(unknown)!r}, which the corpus does not have.")
    if len(folds) < 2:
        raise UsageError("There is one fold; a corpus needs two signers or sessions, or --folds.")
    return folds


def main(arguments: Sequence[str] | None = None) -> None:
    """Train, translate and score all folds."""
    parser = argparse.ArgumentParser(
        prog="python -m signzoo.evaluation.sign2text_folds", description=__doc__
    )
    parser.add_argument("--config", required=True, type=Path, help="of the training")
    parser.add_argument("--corpus", required=True, type=Path, help="its folder")
    parser.add_argument("--out", required=True, type=Path, help="where everything goes")
    parser.add_argument("--folds", type=Path, metavar="FILE.json", help="default: by signer")
    parser.add_argument("--output", default="text", help="text or gloss (default: text)")
    parser.add_argument("--seed", type=int, default=0, help="of each training (default: 0)")
    parser.add_argument("--tokens", type=int, default=64, help="of the decoder (default: 64)")
    options = parser.parse_args(arguments)
    try:
        evaluate(options)
    except SignzooError as error:
        sys.exit(str(error))


def evaluate(options: argparse.Namespace) -> None:
    """Do what :func:`main` was asked for."""
    sentences = read_sentences(options.corpus)
    folds = read_folds(sentences, options.folds)
    decoder = options.out / "decoder"
    if not decoder.is_dir():
        texts = [" ".join(s.gloss) if options.output == "gloss" else s.text for s in sentences]
        size = CompactConfig(**{**vars(_DECODER), "num_tokens": options.tokens})
        make_compact(texts, ["corpus"], decoder, size, options.seed)
    rows = [row for fold in folds for row in _predict(options, fold, sentences)]
    write_rows(options.out / "predictions.jsonl", rows)
    network = SignMSTC.from_pretrained(options.out / folds[0].name / "network")
    systems = {name: [row[name] for row in rows] for name in (PREDICTIONS, NEAREST, FREQUENT)}
    references = References(
        options.corpus,
        {row["id"]: number for number, row in enumerate(rows, start=1)},
        tuple(row["reference"] for row in rows),
        (),
    )
    comparison = score_texts(network, references, systems)
    scorer = text_scorer(network)
    right = {name: _exact(rows, name) for name in systems}
    report = Report(
        "sign2text-folds",
        f"python -m signzoo.evaluation.sign2text_folds --config {options.config} "
        f"--corpus {options.corpus} --out {options.out} --seed {options.seed}",
        {"num_sentences": len(rows), "folds": [fold.name for fold in folds], "exact": right},
        Resampling(),
        comparison.scores,
        comparison.differences,
        scorer.signatures,
    )
    report.write(options.out)
    table = _table(rows, folds, right, report)
    write_text(options.out / "table.md", table)
    _plot(rows, options.out / "confusions.png")
    print(table)


def _predict(
    options: argparse.Namespace, fold: Fold, sentences: Sequence[SignedSentence]
) -> list[dict[str, str]]:
    """Train on all but a fold and translate it; a row a sentence."""
    folder = options.out / fold.name
    done = folder / "predictions.jsonl"
    if done.is_file():
        return [dict(row.values) for row in read_manifest(done)]
    kept = [each.id for each in sentences if each.id not in set(fold.ids)]
    for name, ids in (("train", kept), ("val", fold.ids)):
        write_text(folder / f"{name}.txt", "".join(f"{each}\n" for each in ids))
    network = SignMSTC.from_pretrained(_trained(options, folder))
    held_out, training = (
        _corpus(network, options.corpus, folder / f"{name}.txt") for name in ("val", "train")
    )
    found = translate_corpus(network, held_out, TextDecodingConfig())
    near = nearest_texts(held_out, training)
    frequent = Counter(training.samples.texts).most_common(1)[0][0]
    samples = zip(held_out.samples.sentences, held_out.samples.texts, strict=True)
    rows = [
        {
            "id": sentence.id,
            "fold": fold.name,
            "reference": text,
            PREDICTIONS: best.text,
            NEAREST: nearest,
            FREQUENT: frequent,
        }
        for (sentence, text), best, nearest in zip(samples, found, near, strict=True)
    ]
    write_rows(done, rows)
    return rows


def _corpus(network: SignMSTC, folder: Path, ids: Path) -> Corpus:
    """The sentences of a corpus that a file lists."""
    return Corpus.of(network, SentenceSource(str(folder.resolve()), ids=str(ids.resolve())))


def _trained(options: argparse.Namespace, folder: Path) -> Path:
    """Train a fold's network, unless it is there."""
    network = folder / "network"
    if network.is_dir():
        return network
    sources = {
        name: [{"path": str(options.corpus.resolve()), "ids": str((folder / file).resolve())}]
        for name, file in (("train", "train.txt"), ("val", "val.txt"))
    }
    run_signzoo(
        *("fit", "--config", str(options.config), "--data.folder", "/"),
        *("--data.train", json.dumps(sources["train"]), "--data.val", json.dumps(sources["val"])),
        *("--model.network.language_model", str((options.out / "decoder").resolve())),
        *("--seed_everything", str(options.seed), "--data.loader.seed", str(options.seed)),
        *("--trainer.default_root_dir", str(folder / "runs")),
        *("--trainer.enable_progress_bar", "false", "--trainer.enable_model_summary", "false"),
    )
    export_last(folder / "runs", network)
    return network


def _exact(rows: Sequence[Mapping[str, str]], name: str) -> float:
    """Share of the texts that are exactly right, in percent; case does not count."""
    return 100 * sum(row[name].lower() == row["reference"].lower() for row in rows) / len(rows)


def _table(
    rows: Sequence[Mapping[str, str]],
    folds: Sequence[Fold],
    right: Mapping[str, float],
    report: Report,
) -> str:
    """Exactly right texts and word error rate of each system, and by fold."""
    error = next(name for name in report.signatures if name.startswith("wer"))
    cells = [["", "exactly right, %", "WER"]]
    for name, share in right.items():
        wer = format_interval(report.scores[name][error])
        cells.append([name, f"{share:.1f}", wer])
    lines = [format_table(cells), "", f"{report.intervals_note()} over {len(rows)} clips", ""]
    for fold in folds:
        own = [row for row in rows if row["fold"] == fold.name]
        lines.append(f"left out {fold.name}: {_exact(own, PREDICTIONS):.1f} % of {len(own)}")
    return "\n".join(lines) + "\n"


def _plot(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """What was taken for what: a matrix of the most frequent texts."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    counts = Counter(row["reference"] for row in rows)
    names = [name for name, _ in counts.most_common(_MOST_PLOTTED)]
    taken = Counter((row["reference"], row[PREDICTIONS]) for row in rows)
    shares = np.array([[taken[true, said] / counts[true] for said in names] for true in names])
    figure = Figure(figsize=(2 + len(names) * 0.45, 1.5 + len(names) * 0.4), layout="constrained")
    FigureCanvasAgg(figure)
    axes = figure.subplots()
    picture = axes.imshow(shares, vmin=0, vmax=1, cmap="Blues")
    axes.set_xticks(range(len(names)), names, rotation=60, ha="right")
    axes.set_yticks(range(len(names)), names)
    axes.set(xlabel="translated as", ylabel="signed")
    figure.colorbar(picture, label="share of the clips")
    with atomic_path(path) as part:
        figure.savefig(part, dpi=120)


if __name__ == "__main__":
    main()
