"""Ablates text to gloss: LoRA on or off, and how far what the model writes is led to signs.

Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production and
Bidirectional Accessibility", Tables 4 and 5.
Differs from the paper: the two last rows are ours, where the search itself knows the vocabulary,
with and without a sentence index.
"""

import csv
import io
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import atomic_path, write_text
from signzoo.errors import UsageError
from signzoo.evaluation.bootstrap import Interval, bootstrap, paired_bootstrap
from signzoo.evaluation.report import Report
from signzoo.evaluation.text2gloss import Glossing, Sentences
from signzoo.metrics.text import TextScorer
from signzoo.models.text2gloss.cascade import Cascade, WordChoice
from signzoo.models.text2gloss.network import Text2Gloss

LORA, NO_LORA = "LoRA", "no LoRA"
NONE, RETRIEVAL, EMBEDDING = "no retrieval", "retrieval", "retrieval with embedding"
RESTRICTED, INDEXED = "restricted search", "restricted search, sentence index"
# The paper's whole system, which all others are compared with.
WHOLE = f"{LORA}, {EMBEDDING}"
_SHOWN = ("bleu1_gloss", "bleu2_gloss", "bleu3_gloss", "bleu4_gloss", "cer_gloss")
_COLORS = {LORA: "#1a7ac4", NO_LORA: "#b0b0b0"}


def ablate(
    glossing: Glossing,
    texts: Sequence[str],
    cascade: Cascade,
    progress: Callable[[int], Any] | None = None,
) -> dict[str, list[tuple[str, ...]]]:
    """Gloss sentences with each part left out.

    Without retrieval the answer is what the model writes, sign or not. With it a word that is no
    label is looked up as it is, as its lemma or another writing; with embedding the rest of the
    cascade follows (Eq. 1). What is not found stays, as a word to be spelled.

    Args:
        glossing: An adapter, how it searches, and a sentence index if there is one.
        texts: N sentences.
        cascade: Over the adapter's vocabulary.
        progress: Is told how many sentences were done, batch by batch; of all there are N for each
            of :func:`count_searches`.

    Returns:
        N sequences of labels, by the name of the system.

    Raises:
        UsageError: The model has no adapter that could be left out.
    """
    network = glossing.network
    check_adapter(network)
    systems: dict[str, list[tuple[str, ...]]] = {}
    free = replace(glossing.decoding, restricted=False)

    def search(decoding: Any, index: Any = None) -> list[tuple[str, ...]]:
        found = network.translate(texts, decoding, index, progress=progress)
        return [sequence.glosses for sequence in found]

    for name in (NO_LORA, LORA):
        with _without_lora(network, name == NO_LORA):
            written = search(free)
            systems[f"{name}, {NONE}"] = written
            systems[f"{name}, {RETRIEVAL}"] = _retrieve(written, cascade.look_up)
            systems[f"{name}, {EMBEDDING}"] = _retrieve(written, cascade)
            systems[f"{name}, {RESTRICTED}"] = search(glossing.decoding)
    if glossing.index is not None:
        systems[f"{LORA}, {INDEXED}"] = search(glossing.decoding, glossing.index)
    return systems


def count_searches(glossing: Glossing) -> int:
    """How often :func:`ablate` glosses each sentence."""
    return 4 if glossing.index is None else 5


def check_adapter(network: Text2Gloss) -> None:
    """Refuse a model without LoRA.

    Raises:
        UsageError: It is one.
    """
    if not network.config.lora_rank:
        raise UsageError(
            "This model has no LoRA adapter that could be left out; name an adapter, such as "
            "configs/text2gloss/phoenix14t.yaml trains."
        )


def report_ablation(
    systems: Mapping[str, Sequence[tuple[str, ...]]],
    sentences: Sentences,
    language: str,
    report: Report,
) -> Report:
    """Score the systems.

    Args:
        systems: What :func:`ablate` made of the sentences.
        sentences: With the references.
        language: BCP 47 code of the sentences.
        report: All but the scores, their signatures and differences.

    Returns:
        With the differences of the paper's whole system over each other one, paired by sentence.
    """
    scorer, targets = TextScorer("gloss", language), sentences.references().targets
    counts = {
        name: scorer.count([" ".join(labels) for labels in answers], targets)
        for name, answers in systems.items()
    }
    return replace(
        report,
        scores={n: bootstrap(c, scorer.scores, report.resampling) for n, c in counts.items()},
        differences={
            name: paired_bootstrap(counts[WHOLE], table, scorer.scores, report.resampling)
            for name, table in counts.items()
            if name != WHOLE
        },
        signatures=scorer.signatures,
    )


def ablation_rows(report: Report) -> list[tuple[str, str, Mapping[str, Interval]]]:
    """LoRA, retrieval and the scores that are shown, system by system."""
    rows: list[tuple[str, str, Mapping[str, Interval]]] = []
    for system, scores in report.scores.items():
        lora, retrieval = system.split(", ", 1)
        rows.append((lora, retrieval, {name: scores[name] for name in _SHOWN}))
    return rows


def write_table(report: Report, path: str | os.PathLike[str]) -> None:
    """Write the scores and the ends of their intervals as CSV.

    Raises:
        DiskError: It could not be written.
    """
    names = [f"{name}{end}" for name in _SHOWN for end in ("", "_low", "_high")]
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["lora", "retrieval", *names])
    for lora, retrieval, scores in ablation_rows(report):
        values = [x for each in scores.values() for x in (each.value, each.low, each.high)]
        writer.writerow([lora == LORA, retrieval, *(f"{value:.2f}" for value in values)])
    write_text(path, text.getvalue())


def plot_ablation(report: Report, path: str | os.PathLike[str]) -> None:
    """Draw BLEU-4 and CER of every system with their intervals.

    Raises:
        DiskError: It could not be written.
    """
    from matplotlib.figure import Figure

    rows = ablation_rows(report)[::-1]  # the first on top
    figure = Figure(figsize=(11, 1.2 + 0.42 * len(rows)), layout="constrained")
    panels = zip(
        figure.subplots(1, 2, sharey=True),
        ("bleu4_gloss", "cer_gloss"),
        ("gloss BLEU-4 (more is better)", "CER, % (less is better)"),
        strict=True,
    )
    for axes, score, title in panels:
        found = [scores[score] for *_, scores in rows]
        values = np.array([each.value for each in found])
        ends = np.array([[each.value - each.low, each.high - each.value] for each in found]).T
        axes.barh(range(len(rows)), values, xerr=ends, color=[_COLORS[lora] for lora, *_ in rows])
        for place, each in enumerate(found):
            axes.text(each.high, place, f"  {each.value:.1f}", va="center", fontsize=8)
        axes.margins(x=0.12)
        axes.set_xlabel(title)
        axes.set_yticks(range(len(rows)), [f"{lora}, {retrieval}" for lora, retrieval, _ in rows])
        axes.spines[["top", "right"]].set_visible(False)
    with atomic_path(Path(path)) as part:
        figure.savefig(part, dpi=120)


def _retrieve(
    written: Sequence[tuple[str, ...]], choose: Callable[[Sequence[str]], list[WordChoice]]
) -> list[tuple[str, ...]]:
    words = list(dict.fromkeys(word for answer in written for word in answer))
    signs = {word: choice.label or word for word, choice in zip(words, choose(words), strict=True)}
    return [tuple(signs[word] for word in answer) for answer in written]


@contextmanager
def _without_lora(network: Text2Gloss, off: bool) -> Iterator[None]:
    """Leave the adapter out for a while."""
    from peft.tuners.tuners_utils import BaseTunerLayer

    layers = [m for m in network.language_model.modules() if isinstance(m, BaseTunerLayer)]
    for layer in layers:
        layer.enable_adapters(not off)
    try:
        yield
    finally:
        for layer in layers:
            layer.enable_adapters(True)
