"""Evaluates text to gloss: translates a file of sentences and scores the glosses beside floors."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from signzoo.data.leaks import Leaks, find_leaks
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import ManifestError
from signzoo.evaluation.bootstrap import Interval, Resampling
from signzoo.evaluation.floors import answer_floors
from signzoo.evaluation.report import file_facts
from signzoo.evaluation.text import PREDICTIONS, Comparison, References, compare_systems
from signzoo.metrics.text import TextScorer
from signzoo.models.text2gloss.decoding import DecodingConfig
from signzoo.models.text2gloss.network import Text2Gloss
from signzoo.models.text2gloss.translation import MAX_CHARACTERS, GlossSequence, Index
from signzoo.transforms.text import has_words

# The predictions again, without the sentences whose text stands verbatim in the training file.
UNSEEN = "predictions, unseen texts"


@dataclass(frozen=True)
class Glossing:
    """What turns sentences into glosses.

    Attributes:
        network: The model.
        decoding: How it searches.
        index: A sentence index of its training set.
        partners: Models whose answers count as much as its own.
    """

    network: Text2Gloss
    decoding: DecodingConfig
    index: Index | None = None
    partners: tuple[Text2Gloss, ...] = ()

    def __call__(
        self, texts: Sequence[str], progress: Callable[[int], Any] | None = None
    ) -> list[GlossSequence]:
        """Gloss sentences; see :meth:`Text2Gloss.translate`."""
        return self.network.translate(texts, self.decoding, self.index, self.partners, progress)


@dataclass(frozen=True)
class Sentences:
    """What is glossed, and the training pairs that the floors answer from.

    Attributes:
        path: The file of the pairs.
        pairs: The sentences with their reference glosses.
        train_path: The training file, if there is one.
        train: Its pairs.
    """

    path: Path
    pairs: Sequence[TextGlossPair]
    train_path: Path | None = None
    train: Sequence[TextGlossPair] = ()

    @classmethod
    def read(
        cls, path: str | os.PathLike[str], train: str | os.PathLike[str] | None = None
    ) -> "Sentences":
        """Read both files.

        Raises:
            ManifestError: One of them is malformed, or a sentence cannot be glossed.
            UsageError: Nothing says how one of them is to be read.
        """
        pairs = read_pairs(path)
        for pair in pairs:
            _check(path, pair)
        training = read_pairs(train) if train else ()
        return cls(Path(path), pairs, Path(train) if train else None, training)

    @cached_property
    def leaks(self) -> Leaks | None:
        """The sentences that the training file has too; ``None`` without one."""
        return find_leaks(self.train, self.pairs) if self.train_path else None

    def references(self, without: Sequence[str] = ()) -> References:
        """What should be predicted, without the pairs of some ids."""
        gone = set(without)
        kept = [pair for pair in self.pairs if pair.id not in gone]
        return References(
            self.path,
            {pair.id: number for number, pair in enumerate(kept, start=1)},
            tuple(" ".join(pair.gloss) for pair in kept),
            tuple(pair.text for pair in kept),
        )


def score_sequences(
    sentences: Sentences,
    sequences: Sequence[GlossSequence],
    language: str,
    resampling: Resampling | None = None,
) -> Comparison:
    """Score what was predicted, beside the floors.

    Args:
        sentences: The references.
        sequences: A prediction for each, in their order.
        language: BCP 47 code of the sentences.
        resampling: How the intervals are drawn.

    Returns:
        Scores of ``predictions``, and with a training file those on the sentences that are not in
        it (:data:`UNSEEN`, where there are any), then those of the floors.
    """
    resampling = resampling or Resampling()
    references, scorer = sentences.references(), TextScorer("gloss", language)
    predicted = [" ".join(sequence.glosses) for sequence in sequences]
    floors = answer_floors(
        references.sources,
        language,
        [pair.text for pair in sentences.train],
        [" ".join(pair.gloss) for pair in sentences.train],
    )
    systems = {PREDICTIONS: predicted, **floors}
    comparison = compare_systems(systems, references, scorer, resampling)
    unseen = _unseen(sentences, predicted, scorer, resampling)
    scores = {PREDICTIONS: comparison.scores[PREDICTIONS], **unseen, **comparison.scores}
    return Comparison(scores, comparison.differences, comparison.worst)


def prediction_rows(
    sentences: Sentences, sequences: Sequence[GlossSequence]
) -> list[dict[str, Any]]:
    """Rows ``{"id", "text", "gloss": [label, ...], "score"}``, in the order of the file."""
    return [
        {
            "id": pair.id,
            "text": pair.text,
            "gloss": list(sequence.glosses),
            "score": round(sequence.score, 4),
        }
        for pair, sequence in zip(sentences.pairs, sequences, strict=True)
    ]


def glossing_facts(glossing: Glossing, sentences: Sentences) -> dict[str, Any]:
    """What the scores are of, for the report."""
    config, leaks = glossing.network.config, sentences.leaks
    files = {"data": sentences.path, "train": sentences.train_path}
    facts: dict[str, Any] = {
        "kind": "gloss",
        "language": config.language,
        "signed_language": config.signed_language,
        "num_sentences": len(sentences.pairs),
        "fingerprint": glossing.network.fingerprint,
        "partners": [partner.fingerprint for partner in glossing.partners],
        "decoding": asdict(glossing.decoding),
        "files": {name: file_facts(path) for name, path in files.items() if path},
    }
    if leaks is not None:
        facts["leaks"] = {
            "texts": len(leaks.texts),
            "pairs": len(leaks.pairs),
            "ids": len(leaks.ids),
            "num_unseen": len(sentences.pairs) - len(leaks.texts),
        }
    return facts


def _check(path: str | os.PathLike[str], pair: TextGlossPair) -> None:
    """Name the pair that would stop the translation."""
    if not has_words(pair.text):
        problem = "has no words"
    elif len(pair.text) > MAX_CHARACTERS:
        problem = f"has {len(pair.text)} characters, more than {MAX_CHARACTERS}"
    else:
        return
    raise ManifestError(
        f"{path}: the text of {pair.id!r} {problem}, so it cannot be glossed; remove the row."
    )


def _unseen(
    sentences: Sentences, predicted: Sequence[str], scorer: TextScorer, resampling: Resampling
) -> Mapping[str, Mapping[str, Interval]]:
    """The scores on the sentences that are not in the training file."""
    leaks = sentences.leaks
    seen = set(leaks.texts) if leaks else set()
    kept = [
        text for pair, text in zip(sentences.pairs, predicted, strict=True) if pair.id not in seen
    ]
    if leaks is None or not kept:
        return {}
    references = sentences.references(without=leaks.texts)
    return compare_systems({UNSEEN: kept}, references, scorer, resampling).scores
