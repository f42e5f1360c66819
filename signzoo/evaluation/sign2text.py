"""Evaluates sign to text: translates a corpus and scores the texts beside the floors."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import torch

from signzoo.data.collate import batches_by_length
from signzoo.data.datamodule import Draw
from signzoo.evaluation.bootstrap import Resampling
from signzoo.evaluation.nearest_signing import rank_clips
from signzoo.evaluation.text import Comparison, References, compare_systems
from signzoo.metrics.text import TextScorer
from signzoo.metrics.tokenisation import Kind
from signzoo.models.signmst_c.data import SentenceSource, SignedSamples, SignedSentenceData
from signzoo.models.signmst_c.decoding import TextDecodingConfig, TextHypothesis
from signzoo.models.signmst_c.network import SignMSTC

Seen = Literal["both", "video", "landmarks"]
ALONE: dict[Seen, str] = {"landmarks": "landmarks alone", "video": "video alone"}
_FRAMES_PER_BATCH = 2000  # each clip is followed by twenty beams


@dataclass(frozen=True)
class Corpus:
    """A corpus as a network takes it.

    Attributes:
        path: Its folder.
        data: The datamodule that has it as its validation set.
        samples: Its clips.
    """

    path: Path
    data: SignedSentenceData
    samples: SignedSamples

    @classmethod
    def read(
        cls, network: SignMSTC, path: str | os.PathLike[str], split: str = "", fps: float = 0.0
    ) -> "Corpus":
        """Read a corpus for a network: its landmarks, and its video's features.

        Args:
            network: Says what it looks at and writes.
            path: The corpus's folder, or its ``manifest.jsonl``.
            split: ``train``, ``dev`` or ``test``; all by default.
            fps: Frames a second of landmarks that are looked at; all by default.

        Raises:
            ManifestError: It is no corpus, or a row is malformed.
            WeightsError: The video encoder is not the one that the network was trained with.
        """
        folder = Path(path)
        folder = folder.parent if folder.name == "manifest.jsonl" else folder
        return cls.of(network, SentenceSource(str(folder.resolve()), split, fps=fps))

    @classmethod
    def of(cls, network: SignMSTC, source: SentenceSource) -> "Corpus":
        """Read some of a corpus, whose paths are absolute; see :meth:`read`."""
        data = SignedSentenceData.of(network.config, val=(source,))
        if network.sees_video:
            network.open_video_encoder()  # refuses another encoder's features
        samples = data.read("val")
        data.samples["val"] = samples
        return cls(Path(source.path), data, samples)

    @property
    def references(self) -> References:
        """What should be written."""
        ids = [each.id for each in self.samples.sentences]
        rows = {name: number for number, name in enumerate(ids, start=1)}
        return References(self.path, rows, tuple(self.samples.texts), ())


def translate_corpus(
    network: SignMSTC,
    corpus: Corpus,
    decoding: TextDecodingConfig,
    seen: Seen = "both",
    progress: Callable[[int], Any] | None = None,
) -> list[TextHypothesis]:
    """Translate all clips of a corpus.

    Args:
        network: The network.
        corpus: The clips.
        decoding: How texts are searched for.
        seen: What of each clip the network is shown.
        progress: Is told how many clips were done, batch by batch.

    Returns:
        The best text of each clip, in the order of the corpus.
    """
    found: dict[int, TextHypothesis] = {}
    for numbers in batches_by_length(corpus.samples.lengths, _FRAMES_PER_BATCH):
        batch = corpus.data.collate([corpus.samples[Draw(i, None)] for i in numbers])
        nothing = torch.zeros_like(batch.has_video)
        if seen == "landmarks":
            batch = batch._replace(has_video=nothing)
        elif seen == "video":
            batch = batch._replace(has_landmarks=nothing)
        best = [each[0] for each in network.translate(batch, decoding)]
        found |= zip(numbers, best, strict=True)
        if progress:
            progress(len(numbers))
    return [found[i] for i in range(len(found))]


def nearest_texts(
    corpus: Corpus, training: Corpus, progress: Callable[[int], Any] | None = None
) -> list[str]:
    """Answer with the text of the nearest training clip."""
    ranks = rank_clips(corpus.samples.landmarks, training.samples.landmarks, progress)
    return [training.samples.texts[rank[0]] for rank in ranks]


def score_texts(
    network: SignMSTC,
    references: References,
    systems: Mapping[str, Sequence[str]],
    resampling: Resampling | None = None,
) -> Comparison:
    """Score systems on the same clips; the differences are those of the first over each other."""
    scorer = text_scorer(network)
    return compare_systems(
        systems, references, scorer, resampling or Resampling(), list(systems)[1:]
    )


def text_scorer(network: SignMSTC) -> TextScorer:
    """What scores what a network writes."""
    kind: Kind = "sentence" if network.config.output == "text" else "gloss"
    return TextScorer(kind, network.config.language)
