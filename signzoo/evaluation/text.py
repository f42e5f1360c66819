"""Evaluates predicted text: reads predictions and references, scores them beside the floors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from signzoo.data.manifest import Row, read_manifest
from signzoo.errors import ManifestError
from signzoo.evaluation.bootstrap import (
    Difference,
    Interval,
    Resampling,
    bootstrap,
    paired_bootstrap,
)
from signzoo.evaluation.floors import answer_floors
from signzoo.metrics.text import TextScorer
from signzoo.metrics.tokenisation import Kind

PREDICTIONS = "predictions"
BASELINE = "baseline"


@dataclass(frozen=True, slots=True)
class References:
    """What should have been predicted.

    Attributes:
        path: The file they are from.
        rows: Its row of each id, in order.
        targets: The texts or glosses to compare with, in the same order.
        sources: The sentences behind glosses, where every row has one; else empty.
    """

    path: Path
    rows: Mapping[str, int]
    targets: tuple[str, ...]
    sources: tuple[str, ...]


def read_references(path: str | Path, kind: Kind) -> References:
    """Read rows ``{"id", "text", "gloss": [...]}``; sentences need no gloss.

    Raises:
        ManifestError: The file is malformed, or a row has nothing to compare with.
    """
    rows = read_manifest(path)
    targets = []
    for row in rows:
        target = _glosses(row, "gloss") if kind == "gloss" else row.get("text", str)
        if not target.strip():
            raise row.error("is empty, so nothing can be compared with it; remove the row")
        targets.append(target)
    known = kind == "gloss" and all("text" in row.values for row in rows)
    sources = tuple(row.get("text", str) for row in rows) if known else ()
    return References(
        Path(path), {row.values["id"]: row.number for row in rows}, tuple(targets), sources
    )


def read_predictions(path: str | Path, references: References, kind: Kind) -> list[str]:
    """Read rows ``{"id", "prediction"}``, or for glosses ``{"id", "gloss": [...]}``.

    Returns:
        A prediction for each reference, in the references' order.

    Raises:
        ManifestError: The file is malformed, or its ids are not those of the references.
    """
    found: dict[str, str] = {}
    for row in read_manifest(path):
        identity = row.values["id"]
        if identity not in references.rows:
            raise row.error(
                f"predicts {identity!r}, which {references.path} does not have; "
                "remove the row, or give the references that were predicted"
            )
        field = "gloss" if kind == "gloss" and "prediction" not in row.values else "prediction"
        is_list = kind == "gloss" and isinstance(row.values.get(field), list)
        found[identity] = _glosses(row, field) if is_list else row.get(field, str)
    missing = [identity for identity in references.rows if identity not in found]
    if missing:
        raise ManifestError(
            f"{path} predicts {len(found)} of the {len(references.rows)} references; the first "
            f"without a prediction is {missing[0]!r}, row {references.rows[missing[0]]} of "
            f"{references.path}. Predict those too; an empty prediction is legal."
        )
    return [found[identity] for identity in references.rows]


def gloss_floors(
    references: References, language: str, training: str | Path | None
) -> dict[str, list[str]]:
    """Answer with what knows nothing of the task, where the references say what the source was.

    Args:
        references: Glosses with their sentences.
        language: BCP 47 code of the sentences.
        training: Rows like the references', for the nearest training sentence.

    Returns:
        A prediction for each reference, by the name of the floor.

    Raises:
        ManifestError: The training file is malformed, or the references have no sentences to look
            up in it.
    """
    if not references.sources:
        if training is not None:
            raise ManifestError(
                f"{references.path} has rows without 'text', so no training sentence can be near "
                "to them; add the sentences, or leave --train out."
            )
        return {}
    rows = [] if training is None else read_manifest(training)
    texts = [row.get("text", str) for row in rows]
    return answer_floors(
        references.sources, language, texts, [_glosses(row, "gloss") for row in rows]
    )


@dataclass(frozen=True, slots=True)
class Comparison:
    """Systems scored on the same sentences.

    Attributes:
        scores: Intervals by score, for each system by name.
        differences: Of the first system over the baseline, by score; by the baseline's name.
        worst: A row for each sentence, that of the first system's worst prediction first.
    """

    scores: Mapping[str, Mapping[str, Interval]]
    differences: Mapping[str, Mapping[str, Difference]]
    worst: Sequence[Mapping[str, Any]]


def compare_systems(
    systems: Mapping[str, Sequence[str]],
    references: References,
    scorer: TextScorer,
    resampling: Resampling,
    compared: Sequence[str] = (BASELINE,),
) -> Comparison:
    """Score systems on the same references; the first one is the one in question.

    Args:
        systems: The texts of each, in the order of the references.
        references: What should have been predicted.
        scorer: What scores them.
        resampling: How intervals are drawn.
        compared: Systems whose difference from the first is given, where they are there.
    """
    counts = {
        name: scorer.count(hypotheses, references.targets) for name, hypotheses in systems.items()
    }
    scores = {name: bootstrap(table, scorer.scores, resampling) for name, table in counts.items()}
    first = next(iter(systems))
    differences = {}
    for name in compared:
        if name in counts:
            differences[name] = paired_bootstrap(
                counts[first], counts[name], scorer.scores, resampling
            )
    return Comparison(
        scores, differences, _worst_first(systems[first], references, counts[first], scorer)
    )


def ranking_score(scorer: TextScorer) -> str:
    """The score by which single sentences are ranked; it is defined for every one of them."""
    return f"rouge_l_f1_{scorer.tokenisations[0].name}"


def _worst_first(
    hypotheses: Sequence[str], references: References, counts: np.ndarray, scorer: TextScorer
) -> list[dict[str, Any]]:
    ranked = ranking_score(scorer)
    rows: list[dict[str, Any]] = [
        {
            "id": identity,
            "prediction": hypothesis,
            "reference": target,
            "scores": {name: round(value, 2) for name, value in scorer.scores(table).items()},
        }
        for identity, hypothesis, target, table in zip(
            references.rows, hypotheses, references.targets, counts, strict=True
        )
    ]
    # Of equally bad ones the longer is worse: more was lost.
    return sorted(rows, key=lambda row: (row["scores"][ranked], -len(row["reference"])))


def _glosses(row: Row, field: str) -> str:
    """The glosses of a row with spaces between them."""
    glosses = row.get(field, list)
    for gloss in glosses:
        if not isinstance(gloss, str) or len(gloss.split()) != 1:
            raise row.error(
                f"has the {field} entry {gloss!r}; each must be one word without spaces, since "
                "glosses are scored word by word"
            )
    return " ".join(glosses)
