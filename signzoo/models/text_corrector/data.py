"""Feeds the text corrector: sentences, with errors put in or real drafts to correct."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from signzoo.data.arpa import Bigrams, read_arpa
from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.data.manifest import read_manifest
from signzoo.errors import ManifestError, UsageError
from signzoo.models.text_corrector.errors import (
    ErrorRates,
    WordSampler,
    fit_error_rates,
    inject_errors,
)
from signzoo.models.text_corrector.network import MAX_WORDS
from signzoo.transforms.text import written_text, written_words


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
        lengths: Words of each sentence, ``(B,)``.
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
    """Sentences, and for each a draft: the real one where there is one, else one with errors.

    Args:
        sentences: The sentences.
        language: BCP 47 code of the written language.
        sampler: Draws the words that errors put in; ``None`` puts none in.
        rates: How often which error is made.

    Raises:
        ManifestError: A sentence is longer than a corrector reads.
    """

    def __init__(
        self,
        sentences: Sequence[Sentence],
        language: str,
        sampler: WordSampler | None,
        rates: ErrorRates,
    ) -> None:
        self.sentences = sentences
        self.language = language
        self.sampler = sampler
        self.rates = rates
        self.lengths = [self._length(sentence) for sentence in sentences]

    def _length(self, sentence: Sentence) -> int:
        words = len(written_words(sentence.text, self.language))
        if words > MAX_WORDS:
            raise ManifestError(
                f"{sentence.id!r} has {words} words, and a corrector reads {MAX_WORDS}; split it "
                "into sentences, or remove the row."
            )
        return words

    def __getitem__(self, draw: Draw) -> DraftSample:
        sentence = self.sentences[draw.sample]
        if sentence.draft is not None:
            return DraftSample(sentence.id, sentence.draft, sentence.text)
        words = written_words(sentence.text, self.language)
        if self.sampler is not None:
            rng = np.random.default_rng(draw.sample)  # the same errors every time
            words = inject_errors(words, self.rates, self.sampler, rng)
        return DraftSample(sentence.id, written_text(words, self.language), sentence.text)


class TextCorrectorData(SignDataModule):
    """Correct sentences of any number of files.

    Args:
        folder: The folder that the files are named relative to; by default what SIGNZOO_DATA says.
        train: JSONL files that train, rows ``{"id", "text"}``. The errors put in are made of their
            words.
        drafts: A file of real drafts, rows ``{"id", "draft", "text"}``: what a translator wrote,
            best for sentences that it was not trained on. How often which error is made is fitted
            to them, in the place of ``rates``.
        val: Files that only validate, with their drafts or with errors put in.
        test: Files that only test; `signzoo predict` corrects these, or those that validate.
        language: Written language, a BCP 47 code; the network's.
        rates: How often which error is made.
        bigrams: An ARPA file of words and pairs of words of much other text (KenLM's ``lmplz -o 2``
            makes one), for a network in which they have a share.
        loader: How batches are made; its frames_per_batch counts words (characters of Chinese).
    """

    def __init__(
        self,
        folder: str | None = None,
        train: tuple[str, ...] = (),
        drafts: str | None = None,
        val: tuple[str, ...] = (),
        test: tuple[str, ...] = (),
        language: str = "de",
        rates: ErrorRates = ErrorRates(),  # noqa: B008 - frozen
        bigrams: str | None = None,
        loader: LoaderConfig = LoaderConfig(frames_per_batch=800),  # noqa: B008 - frozen
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
        self.given_rates = rates
        self.bigrams = bigrams
        self._sampler: WordSampler | None = None

    def read(self, subset: Subset) -> DraftSamples:
        """Read the samples of one subset.

        Raises:
            ManifestError: A file is not there, or malformed, or a sentence is too long.
        """
        sentences = self._sentences(subset)
        return DraftSamples(sentences, self.language, self._words(), self.rates())

    def rates(self) -> ErrorRates:
        """How often which error is made, fitted to the real drafts if there are any."""
        if self.drafts is None:
            return self.given_rates
        known = read_drafts(Path(self.data_folder) / self.drafts)
        texts = [each.text for each in known]
        return fit_error_rates([str(each.draft) for each in known], texts, self.language)

    def read_bigrams(self) -> Bigrams:
        """Read the words and pairs of words of other text.

        Raises:
            UsageError: No file was named.
            ManifestError: The file is missing or malformed.
        """
        if self.bigrams is None:
            raise UsageError(
                "Pairs of words have a share in this network, and no file has any: name an ARPA "
                "file with --data.bigrams, or set --model.network.bigrams 0."
            )
        return read_arpa(Path(self.data_folder) / self.bigrams)

    def _sentences(self, subset: Subset) -> list[Sentence]:
        folder = Path(self.data_folder)
        return [each for name in self.files[subset] for each in read_sentences(folder / name)]

    def _words(self) -> WordSampler | None:
        """What draws words of the training text; nothing where there is none."""
        if self._sampler is None and self.files["train"]:
            sentences = self._sentences("train")
            self._sampler = WordSampler(
                [written_words(each.text, self.language) for each in sentences]
            )
        return self._sampler

    def collate(self, samples: list[DraftSample]) -> DraftBatch:
        """Put samples together."""
        ids, drafts, texts = (list(values) for values in zip(*samples, strict=True))
        words = [len(written_words(text, self.language)) for text in texts]
        return DraftBatch(ids, drafts, texts, torch.tensor(words))
