"""Feeds the text corrector: sentences with errors put in, and real drafts where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.data.manifest import read_manifest
from signzoo.errors import ManifestError, UsageError
from signzoo.models.text_corrector.errors import (
    ErrorRates,
    WordSampler,
    find_confusions,
    fit_error_rates,
    inject_errors,
    join,
    most_words,
    split,
)
from signzoo.models.text_corrector.scripts import MAX_WORDS
from signzoo.models.text_corrector.variation import SentenceVariation


@dataclass(frozen=True, slots=True)
class Sentence:
    """A correct sentence.

    Attributes:
        id: Its name, unlike any other in its file.
        text: The sentence.
        draft: What a system wrote for it, if known.
    """

    id: str
    text: str
    draft: str | None = None


@dataclass(frozen=True)
class NoiseConfig:
    """Which drafts a training sentence is shown with."""

    rates: ErrorRates = ErrorRates()  # noqa: RUF009 - frozen
    """The errors that are put in."""
    strength: float = 3.0
    """In training each sentence has its rates times a random number from 0 to this: many errors
    teach the language, few teach when to be sure."""
    fit: bool = False
    """Whether the errors are like those of the real drafts among the training rows: as frequent,
    and with the same words in the place of others."""
    clean: float = 0.1
    """Share of the sentences that are shown without error, beside those that get none by chance."""
    real: float = 0.5
    """Share of the sentences with a real draft that are shown with it."""
    cross: float = 0.5
    """Share of the other sentences that go on as another one does from two words that both have."""
    names: float = 0.01
    """Probability, for each word, that draft and sentence both have a made-up one in its place,
    so that unknown words are learnt to be left alone."""

    def __post_init__(self) -> None:
        if not all(0 <= share <= 1 for share in (self.clean, self.real, self.cross, self.names)):
            raise UsageError(
                f"The shares clean, real, cross and names lie between 0 and 1; got {self}."
            )
        if self.strength < 0:
            raise UsageError(f"The strength of errors is at least 0; got {self.strength}.")


class DraftSample(NamedTuple):
    """A draft and the sentence that it should be."""

    id: str
    draft: str
    text: str


class DraftBatch(NamedTuple):
    """Drafts as text; the network's tokenizer makes tokens of them.

    Attributes:
        ids: Names of the B sentences.
        drafts: What is to be repaired.
        texts: What should come out.
        lengths: Words of draft and sentence together, ``(B,)``.
    """

    ids: list[str]
    drafts: list[str]
    texts: list[str]
    lengths: Tensor


def read_sentences(path: str | Path) -> list[Sentence]:
    """Read rows ``{"id", "text"}``, some or all of which may have a ``"draft"``.

    Raises:
        ManifestError: The file is missing or malformed, or a text is empty.
    """
    sentences = []
    for row in read_manifest(path):
        text = " ".join(row.get("text", str).split())
        if not text:
            raise row.error("has an empty text; fill it in or remove the row")
        draft = " ".join(row.get("draft", str).split()) if "draft" in row.values else None
        sentences.append(Sentence(row.get("id", str), text, draft))
    return sentences


def read_drafts(path: str | Path) -> list[Sentence]:
    """Read rows ``{"id", "draft", "text"}``.

    Raises:
        ManifestError: As :func:`read_sentences`, or a row has no draft.
    """
    sentences = read_sentences(path)
    for sentence in sentences:
        if sentence.draft is None:
            raise ManifestError(
                f"{path}: {sentence.id!r} has no 'draft', as each row of real drafts needs; add "
                "it, or name the file with --data.train."
            )
    return sentences


class DraftSamples:
    """Sentences with a draft for each, drawn anew in training.

    Args:
        sentences: The sentences.
        language: BCP 47 code of the written language.
        sampler: Draws the words that errors put in.
        noise: Which drafts they get. In validation the real one where there is one, else the same
            errors every time.

    Raises:
        ManifestError: A sentence is longer than a corrector reads.
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        language: str,
        sampler: WordSampler | None,
        noise: NoiseConfig,
    ) -> None:
        self.sentences = sentences
        self.language = language
        self.sampler = sampler
        self.noise = noise
        self.lengths = [self._lengths(sentence) for sentence in sentences]
        self._variation = SentenceVariation([split(each.text, language) for each in sentences])

    def _lengths(self, sentence: Sentence) -> tuple[int, int]:
        words = len(split(sentence.text, self.language))
        drafted = max(most_words(words), len(split(sentence.draft or "", self.language)))
        if drafted > MAX_WORDS:
            raise ManifestError(
                f"{sentence.id!r} has up to {drafted} words with its errors, and a corrector reads "
                f"{MAX_WORDS}; split it into sentences, or remove the row."
            )
        return drafted, words

    def __getitem__(self, draw: Draw) -> DraftSample:
        sentence = self.sentences[draw.sample]
        training = draw.seed is not None
        rng = np.random.default_rng(draw.seed if training else draw.sample)
        if sentence.draft is not None and (not training or rng.random() < self.noise.real):
            return DraftSample(sentence.id, sentence.draft, sentence.text)
        words = split(sentence.text, self.language)
        if training and rng.random() < self.noise.cross:
            words = self._variation.cross(words, rng)
        if training:
            words = self._variation.name(words, self.noise.names, rng)
        text = join(words, self.language)
        if self.sampler is None or (training and rng.random() < self.noise.clean):
            return DraftSample(sentence.id, text, text)
        factor = rng.random() * self.noise.strength if training else 1.0
        damaged = inject_errors(words, self.noise.rates.times(factor), self.sampler, rng)
        return DraftSample(sentence.id, join(damaged, self.language), text)


class TextCorrectorData(SignDataModule):
    """Correct sentences of any number of files.

    Args:
        folder: The folder that the files are named relative to; by default what SIGNZOO_DATA says.
        train: JSONL files that train, rows ``{"id", "text"}``; with a ``"draft"`` beside the text,
            a real draft is learnt from too. The errors put in are made of their words.
        drafts: A file of real drafts that train too, rows ``{"id", "draft", "text"}``: what a
            translator wrote, best for sentences that it was not trained on.
        val: Files that only validate.
        test: Files that only test; `signzoo predict` corrects these, or those that validate.
        language: Written language, a BCP 47 code; the network's.
        noise: Which drafts the sentences get.
        loader: How batches are made; its frames_per_batch counts words (characters of Chinese) of
            draft and sentence.
    """

    def __init__(
        self,
        folder: str | None = None,
        train: tuple[str, ...] = (),
        drafts: str | None = None,
        val: tuple[str, ...] = (),
        test: tuple[str, ...] = (),
        language: str = "de",
        noise: NoiseConfig = NoiseConfig(),
        loader: LoaderConfig = LoaderConfig(frames_per_batch=1600),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(folder, loader)
        self.files: dict[Subset, tuple[str, ...]] = {
            "train": train,
            "val": val,
            "test": test,
            "predict": test or val,
        }
        self.drafts = drafts
        self.language = language
        self.noise = noise
        self._sampler: WordSampler | None = None

    def read(self, subset: Subset) -> DraftSamples:
        """Read the samples of one subset.

        Raises:
            ManifestError: A file is not there, or malformed, or a sentence is too long.
            UsageError: The rates are to be fitted, but no training row has a draft.
        """
        sentences = self._sentences(subset)
        noise = self._fitted() if self.noise.fit else self.noise
        return DraftSamples(sentences, self.language, self._words(), noise)

    def _sentences(self, subset: Subset) -> list[Sentence]:
        folder = Path(self.data_folder)
        files = [read_sentences(folder / name) for name in self.files[subset]]
        if subset == "train" and self.drafts:
            files.append(read_drafts(folder / self.drafts))
        return [sentence for each in files for sentence in each]

    def _words(self) -> WordSampler | None:
        """What draws words of the training text; nothing where there is none."""
        if self._sampler is None and self.files["train"]:
            sentences = self._sentences("train")
            self._sampler = WordSampler(
                [split(each.text, self.language) for each in sentences],
                find_confusions(*_pairs(sentences), self.language) if self.noise.fit else None,
            )
        return self._sampler

    def _fitted(self) -> NoiseConfig:
        drafts, texts = _pairs(self._sentences("train"))
        if not drafts:
            raise UsageError(
                "Error rates are fitted to real drafts, and no training row has a 'draft'; name a "
                "file of them with --data.drafts, or set --data.noise.fit false."
            )
        return replace(self.noise, rates=fit_error_rates(drafts, texts, self.language))

    def collate(self, samples: list[DraftSample]) -> DraftBatch:
        """Put samples together."""
        ids, drafts, texts = (list(values) for values in zip(*samples, strict=True))
        words = [
            len(split(draft, self.language)) + len(split(text, self.language))
            for draft, text in zip(drafts, texts, strict=True)
        ]
        return DraftBatch(ids, drafts, texts, torch.tensor(words))


def _pairs(sentences: Sequence[Sentence]) -> tuple[list[str], list[str]]:
    """The real drafts, and the sentence of each."""
    known = [(each.draft, each.text) for each in sentences if each.draft is not None]
    return [draft for draft, _ in known], [text for _, text in known]
