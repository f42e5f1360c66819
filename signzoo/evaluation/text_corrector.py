"""Evaluates the text corrector: which injected errors it undoes, and what it does to real drafts.

Network and slot filler are compared at the threshold at which each changes the same small share of
correct sentences: a corrector that changes everything would undo many errors too.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.errors import UsageError
from signzoo.evaluation.bootstrap import Interval, Resampling, bootstrap, paired_bootstrap
from signzoo.evaluation.report import Report, file_facts
from signzoo.evaluation.slot_filler import SlotFiller
from signzoo.evaluation.text import BASELINE, PREDICTIONS, Comparison, References, compare_systems
from signzoo.metrics.text import TextScorer
from signzoo.models.text_corrector.data import Sentence, read_sentences
from signzoo.models.text_corrector.errors import (
    ERROR_KINDS,
    WordSampler,
    inject_error,
)
from signzoo.models.text_corrector.network import TextCorrector
from signzoo.transforms.text import written_text, written_words

NETWORK, FILLER = "network", "slot filler"
CORRECT = "correct"
KINDS = (*ERROR_KINDS, CORRECT)

# What turns drafts into the best other sentence for each, with its score.
Proposer = Callable[[Sequence[str]], "list[Proposal]"]

SIGNATURES = {
    **{
        f"restored_{kind}": f"percent of sentences with one {kind} error that become exactly what "
        "they were"
        for kind in ERROR_KINDS
    },
    "changed_correct": "percent of sentences without error that are changed; less is better",
}


@dataclass(frozen=True, slots=True)
class Trial:
    """A sentence that is to be repaired, or left alone.

    Attributes:
        id: Name of the sentence; each has a trial of every kind that it can have.
        kind: The error that was put in, or :data:`CORRECT`.
        draft: The sentence with its error.
        text: The sentence.
    """

    id: str
    kind: str
    draft: str
    text: str


@dataclass(frozen=True, slots=True)
class Proposal:
    """The best other sentence for a draft.

    Attributes:
        text: The sentence; the draft where there is no other.
        score: How much it is believed; minus infinity where there is no other.
    """

    text: str
    score: float


def make_trials(
    sentences: Sequence[Sentence], language: str, sampler: WordSampler, seed: int
) -> list[Trial]:
    """Put one error of each kind into each sentence.

    Args:
        sentences: Correct sentences.
        language: BCP 47 code of the written language.
        sampler: Draws the words that are put in.
        seed: Of the errors.

    Returns:
        The trials of the first sentence, its own text among them, then those of the next.
    """
    trials = []
    for number, sentence in enumerate(sentences):
        rng = np.random.default_rng((seed, number))
        words = written_words(sentence.text, language)
        for kind in ERROR_KINDS:
            damaged = inject_error(words, kind, sampler, rng)
            if damaged is not None and damaged != words:
                draft = written_text(damaged, language)
                trials.append(Trial(sentence.id, kind, draft, written_text(words, language)))
        trials.append(Trial(sentence.id, CORRECT, *[written_text(words, language)] * 2))
    return trials


def network_proposals(
    network: TextCorrector, drafts: Sequence[str], progress: Callable[[int], Any] | None = None
) -> list[Proposal]:
    """The best other sentence for each draft, however little the network believes in it."""
    return [
        Proposal(each.text, each.score if each.changed else -np.inf)
        for each in network.correct(drafts, threshold=-np.inf, progress=progress)
    ]


def filler_proposals(filler: SlotFiller, drafts: Sequence[str], language: str) -> list[Proposal]:
    """The best single edit of each draft, however little it is worth."""
    edits = (filler.correct(written_words(draft, language)) for draft in drafts)
    return [Proposal(written_text(edit.words, language), edit.score) for edit in edits]


def operating_point(
    trials: Sequence[Trial], proposals: Sequence[Proposal], most_changed: float
) -> float:
    """The lowest threshold at which at most a share of the correct sentences changes.

    Args:
        trials: What was asked.
        proposals: What was proposed for each.
        most_changed: The share, from 0 to 1.

    Raises:
        UsageError: The share is none.
    """
    if not 0 <= most_changed < 1:
        raise UsageError(f"A share of sentences lies between 0 and 1; got {most_changed}.")
    scores = sorted(
        (p.score for t, p in zip(trials, proposals, strict=True) if t.kind == CORRECT),
        reverse=True,
    )
    return float(scores[int(most_changed * len(scores))])


def count_trials(
    trials: Sequence[Trial], proposals: Sequence[Proposal], threshold: float
) -> np.ndarray:
    """Count what becomes of the trials when proposals above a threshold are taken.

    Returns:
        For each sentence, ``(N, 2K)`` with K kinds of :data:`KINDS`: whether its trial of that kind
        was restored (of the last kind: changed), then whether it has one.
    """
    places = {name: i for i, name in enumerate(dict.fromkeys(trial.id for trial in trials))}
    counts = np.zeros((len(places), 2 * len(KINDS)), int)
    for trial, proposal in zip(trials, proposals, strict=True):
        row, column = counts[places[trial.id]], KINDS.index(trial.kind)
        taken = proposal.score > threshold
        row[column] += taken and (trial.kind == CORRECT or proposal.text == trial.text)
        row[len(KINDS) + column] += 1
    return counts


def trial_scores(counts: np.ndarray) -> dict[str, float]:
    """Scores by name, in percent, of summed counts ``(2K,)``; NaN where there were none."""
    done, asked = np.split(counts.astype(float), 2)
    with np.errstate(invalid="ignore"):
        shares = 100 * done / asked
    return dict(zip(SIGNATURES, shares.tolist(), strict=True))


@dataclass(frozen=True)
class Evaluation:
    """All that was found.

    Attributes:
        trials: Sentences with one error, and without.
        proposals: Of each system for each trial.
        thresholds: Operating point of each system.
        report: The scores.
        drafts: Scores of real drafts, before and after; ``None`` where there are none.
        rows: What became of each trial and draft.
    """

    trials: Sequence[Trial]
    proposals: Mapping[str, Sequence[Proposal]]
    thresholds: Mapping[str, float]
    report: Report
    drafts: Comparison | None
    rows: Sequence[Mapping[str, Any]]


@dataclass(frozen=True)
class CorrectorTest:
    """What the corrector is tested on.

    Attributes:
        path: File of the sentences.
        sentences: The sentences, some perhaps with a real draft.
        train_path: File that the slot filler learns, and whose words errors are made of.
        train: Its sentences.
        most_changed: Share of correct sentences that may change.
    """

    path: Path
    sentences: Sequence[Sentence]
    train_path: Path
    train: Sequence[Sentence]
    most_changed: float = 0.02

    @classmethod
    def read(cls, path: str | Path, train: str | Path, most_changed: float) -> "CorrectorTest":
        """Read both files.

        Raises:
            ManifestError: One of them is missing or malformed.
        """
        sentences = read_sentences(path)
        return cls(Path(path), sentences, Path(train), read_sentences(train), most_changed)

    def facts(self) -> dict[str, Any]:
        """What the scores are of, for the report."""
        files = {"data": self.path, "train": self.train_path}
        return {
            "num_sentences": len(self.sentences),
            "num_drafts": sum(each.draft is not None for each in self.sentences),
            "most_changed": self.most_changed,
            "files": {name: file_facts(path) for name, path in files.items()},
        }


def evaluate(
    network: TextCorrector,
    test: CorrectorTest,
    resampling: Resampling,
    command: str,
    progress: Callable[[int], Any] | None = None,
) -> Evaluation:
    """Run network and slot filler on injected errors, and the network on real drafts.

    Args:
        network: The corrector.
        test: What it is tested on.
        resampling: How intervals are drawn; its seed also puts the errors in.
        command: What the report says it was made by.
        progress: Is told how many drafts the network has done, batch by batch.
    """
    language = network.config.language
    train = [written_words(each.text, language) for each in test.train]
    trials = make_trials(test.sentences, language, WordSampler(train), resampling.seed)
    drafts = [trial.draft for trial in trials]
    proposals = {
        NETWORK: network_proposals(network, drafts, progress),
        FILLER: filler_proposals(SlotFiller(train), drafts, language),
    }
    thresholds = {
        name: operating_point(trials, each, test.most_changed) for name, each in proposals.items()
    }
    counts = {
        name: count_trials(trials, each, thresholds[name]) for name, each in proposals.items()
    }
    comparison, rows = _score_drafts(network, test, thresholds[NETWORK], resampling)
    scores: dict[str, Mapping[str, Interval]] = {
        name: bootstrap(table, trial_scores, resampling) for name, table in counts.items()
    }
    differences = {
        FILLER: paired_bootstrap(counts[NETWORK], counts[FILLER], trial_scores, resampling)
    }
    if comparison is not None:
        scores |= {"drafts, corrected": comparison.scores[PREDICTIONS]}
        scores |= {"drafts": comparison.scores[BASELINE]}
        differences["drafts"] = dict(comparison.differences[BASELINE])
    report = Report(
        task="text_corrector",
        command=command,
        facts={
            "language": language,
            **test.facts(),
            "thresholds": thresholds,
            "network_threshold": network.config.threshold,
        },
        resampling=resampling,
        scores=scores,
        differences=differences,
        signatures={
            **SIGNATURES,
            **(TextScorer("sentence", language).signatures if comparison else {}),
        },
    )
    trial_rows = _trial_rows(trials, proposals, thresholds)
    return Evaluation(trials, proposals, thresholds, report, comparison, [*trial_rows, *rows])


def _score_drafts(
    network: TextCorrector, test: CorrectorTest, threshold: float, resampling: Resampling
) -> tuple[Comparison | None, list[dict[str, Any]]]:
    """Score real drafts before and after, and say what became of each."""
    known = [each for each in test.sentences if each.draft is not None]
    if not known:
        return None, []
    drafts = [str(each.draft) for each in known]
    found = network.correct(drafts, threshold)
    references = References(
        test.path,
        {each.id: number for number, each in enumerate(known, start=1)},
        tuple(each.text for each in known),
        (),
    )
    comparison = compare_systems(
        {PREDICTIONS: [each.text for each in found], BASELINE: drafts},
        references,
        TextScorer("sentence", network.config.language),
        resampling,
    )
    rows = [
        {
            "id": sentence.id,
            "kind": "draft",
            "draft": each.draft,
            "reference": sentence.text,
            NETWORK: each.text,
            "scores": {NETWORK: round(each.score, 4)},
        }
        for sentence, each in zip(known, found, strict=True)
    ]
    return comparison, rows


def _trial_rows(
    trials: Sequence[Trial],
    proposals: Mapping[str, Sequence[Proposal]],
    thresholds: Mapping[str, float],
) -> list[dict[str, Any]]:
    """What became of each trial under each system, and how much its proposal was believed."""
    rows = []
    for place, trial in enumerate(trials):
        row: dict[str, Any] = {
            "id": trial.id,
            "kind": trial.kind,
            "draft": trial.draft,
            "reference": trial.text,
        }
        said = {name: each[place] for name, each in proposals.items()}
        for name, proposal in said.items():
            row[name] = proposal.text if proposal.score > thresholds[name] else trial.draft
        row["scores"] = {
            name: round(each.score, 4) if np.isfinite(each.score) else None
            for name, each in said.items()
        }
        rows.append(row)
    return rows


def plot_curves(evaluation: Evaluation, path: Path) -> None:
    """Plot, for every threshold, the share of errors undone over that of correct sentences changed.

    Raises:
        DiskError: Nothing could be written there.
    """
    from matplotlib.figure import Figure

    from signzoo._files import atomic_path

    figure = Figure(figsize=(14, 3.8), layout="constrained")
    axes = figure.subplots(1, len(ERROR_KINDS), sharey=True)
    for column, (kind, axis) in enumerate(zip(ERROR_KINDS, axes, strict=True)):
        for name, style in ((NETWORK, "-"), (FILLER, "--")):
            proposals = evaluation.proposals[name]
            scores = [each.score for each in proposals if np.isfinite(each.score)] or [0.0]
            points = [
                trial_scores(count_trials(evaluation.trials, proposals, threshold).sum(axis=0))
                for threshold in np.quantile(scores, np.linspace(0, 1, 60))
            ]
            restored = list(SIGNATURES)[column]
            axis.plot(
                [each["changed_correct"] for each in points],
                [each[restored] for each in points],
                style,
                label=name,
            )
        limit = 100 * evaluation.report.facts["most_changed"]
        axis.axvline(limit, color="0.7", lw=1)
        axis.set(title=kind, xlabel="correct sentences changed, %", xlim=(0, 10 * limit or 20))
    axes[0].set_ylabel("errors undone, %")
    axes[0].legend(loc="lower right", frameon=False)
    with atomic_path(path) as part:
        figure.savefig(part, dpi=100)
