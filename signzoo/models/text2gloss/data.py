"""Feeds the text-to-gloss network: pairs of a sentence and its glosses, asked for as jobs."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.data.leaks import find_leaks
from signzoo.data.pairs import PairFormat, TextGlossPair, read_pairs
from signzoo.errors import UsageError
from signzoo.models.language_model import open_tokenizer
from signzoo.models.text2gloss.augmentation import Augmentation, AugmentationConfig
from signzoo.models.text2gloss.denoising import DenoisingConfig, add_noise
from signzoo.models.text2gloss.network import Job
from signzoo.models.text2gloss.sentence_index import NearestPairs
from signzoo.models.text2gloss.translation import Example

TokenCounter = Callable[[Sequence[str]], list[int]]

# What a hidden span of a denoised sequence is written as; the compact base has a token for it.
BLANK = "<blank>"


@dataclass(frozen=True)
class PairSource:
    """One file of training pairs, and how often each of its pairs comes in an epoch.

    A share below 1 takes, at each epoch, other pairs of that many; above 1 repeats pairs.
    """

    path: str
    """The file, relative to the data folder: JSONL, CSV, TSV, or a corpus' own table."""
    corpus: str = ""
    """What {corpus} in the prompts stands for; by default the name of the file's folder."""
    language: str = "de"
    """Written language, a BCP 47 code."""
    gloss: float = 1.0
    """How often a pair asks for the glosses of its sentence."""
    text: float = 0.0
    """How often it asks for the sentence of its glosses, an auxiliary task."""
    denoise: float = 0.0
    """How often it asks to restore its damaged sentence or glosses, an auxiliary task."""
    augment: bool = True
    """Whether the augmentation of the training data varies its pairs."""
    format: PairFormat | None = None
    """jsonl or table; by default what the file's suffix says."""
    separator: str | None = None
    """What stands between two glosses in a table; found out by default."""

    def __post_init__(self) -> None:
        if min(self.gloss, self.text, self.denoise) < 0:
            raise UsageError(f"The shares of a source are at least 0; got {self}.")

    @property
    def name(self) -> str:
        """The corpus' name."""
        return self.corpus or Path(self.path).parent.name


class PairSample(NamedTuple):
    """One question to the language model and its answer, before tokenisation."""

    id: str
    job: Job
    corpus: str
    source: str
    target: str
    examples: tuple[Example, ...] = ()


class PairBatch(NamedTuple):
    """Questions and answers as text; the task's tokenizer makes tokens of them.

    Attributes:
        ids: Names of the B pairs.
        jobs: What is asked for of each.
        corpora: Whose way of glossing is asked for.
        sources: Sentences, glosses or damaged sequences.
        targets: What should come out.
        examples: Retrieved training pairs beside each source.
        lengths: About how many tokens source, examples and target are together, ``(B,)``.
    """

    ids: list[str]
    jobs: list[Job]
    corpora: list[str]
    sources: list[str]
    targets: list[str]
    examples: list[tuple[Example, ...]]
    lengths: Tensor


def estimate_tokens(texts: Sequence[str]) -> list[int]:
    """About how many tokens texts are: one for eight letters of a word, or a Chinese character."""
    wide = ("".join("x" * 8 if letter > "\u2e80" else letter for letter in text) for text in texts)
    return [sum(-(-len(word) // 8) for word in text.split()) for text in wide]


def _counter(tokenizer: str | None) -> TokenCounter:
    """What counts tokens: a tokenizer, or an estimate."""
    if tokenizer is None:
        return estimate_tokens
    made = open_tokenizer(tokenizer)
    return lambda texts: [len(tokens) for tokens in made(list(texts))["input_ids"]]


@dataclass(frozen=True)
class _Slot:
    """Pairs of similar length, one of which is drawn for one job."""

    source: int
    job: Job
    pairs: tuple[int, ...]
    lengths: tuple[int, int]


class PairSamples:
    """Samples of some sources.

    Args:
        sources: Where the pairs are from.
        pairs: The pairs of each source.
        augmentations: How training pairs of each source are varied.
        denoising: How sequences are damaged that shall be restored.
        training: Whether all jobs are asked for; otherwise each pair asks for its glosses once.
        count: Counts the tokens of texts.
        examples: Retrieved pairs beside each sentence of a source; of a source without, none. In
            training a sample gets the first of them, from none to all.
    """

    def __init__(
        self,
        sources: Sequence[PairSource],
        pairs: Sequence[Sequence[TextGlossPair]],
        augmentations: Sequence[Augmentation] = (),
        denoising: DenoisingConfig | None = None,
        training: bool = False,
        count: TokenCounter = estimate_tokens,
        examples: Mapping[int, Sequence[Sequence[Example]]] | None = None,
    ) -> None:
        self.sources = sources
        self.pairs = pairs
        self.augmentations = augmentations
        self.denoising = denoising or DenoisingConfig()
        self.examples = examples or {}
        self.slots: list[_Slot] = []
        for number, source in enumerate(sources):
            texts = count([pair.text for pair in pairs[number]])
            glosses = count([" ".join(pair.gloss) for pair in pairs[number]])
            sizes = np.array([texts, glosses]).T
            beside = self._count_examples(number, count)
            for job, share in _jobs(source, training):
                self.slots += _slots(number, job, share, sizes, beside)
        self.lengths = [slot.lengths for slot in self.slots]

    def __getitem__(self, draw: Draw) -> PairSample:
        slot = self.slots[draw.sample]
        corpus = self.sources[slot.source].name
        if draw.seed is None:
            place = slot.pairs[0]
            rng = np.random.default_rng(draw.sample)
            sample = self._sample(self.pairs[slot.source][place], slot.job, corpus, rng)
            return sample._replace(examples=self._examples(slot, place))
        rng = np.random.default_rng(draw.seed)
        place = slot.pairs[rng.integers(len(slot.pairs))]
        pair, examples = self.pairs[slot.source][place], self._examples(slot, place)
        if examples:
            examples = examples[: rng.integers(len(examples) + 1)]
        if slot.job == "gloss" and self.augmentations:
            text, gloss = self.augmentations[slot.source](pair.text, pair.gloss, rng)
            pair = TextGlossPair(pair.id, text, gloss)
        return self._sample(pair, slot.job, corpus, rng)._replace(examples=examples)

    def _examples(self, slot: _Slot, place: int) -> tuple[Example, ...]:
        if slot.job != "gloss" or slot.source not in self.examples:
            return ()
        return tuple(self.examples[slot.source][place])

    def _count_examples(self, number: int, count: TokenCounter) -> np.ndarray:
        """The tokens of all examples beside each pair of a source, ``(N,)``."""
        if number not in self.examples:
            return np.zeros(len(self.pairs[number]), int)
        beside = self.examples[number]
        written = [" ".join(f"{text} {' '.join(gloss)}" for text, gloss in each) for each in beside]
        return np.array(count(written))

    def _sample(
        self, pair: TextGlossPair, job: Job, corpus: str, rng: np.random.Generator
    ) -> PairSample:
        text, gloss = " ".join(pair.text.split()), " ".join(pair.gloss)
        if job == "gloss":
            return PairSample(pair.id, job, corpus, text, gloss)
        if job == "text":
            return PairSample(pair.id, job, corpus, gloss, text)
        whole = text if rng.random() < 0.5 else gloss
        # Chinese has no spaces between words; there characters are hidden and moved.
        space = " " if " " in whole else ""
        words = whole.split() if space else list(whole)
        noisy = add_noise(range(len(words)), -1, self.denoising, rng)
        damaged = space.join(BLANK if place < 0 else words[place] for place in noisy)
        return PairSample(pair.id, job, corpus, damaged, whole)


def _jobs(source: PairSource, training: bool) -> list[tuple[Job, float]]:
    if not training:
        return [("gloss", 1.0)]
    shares: list[tuple[Job, float]] = [
        ("gloss", source.gloss),
        ("text", source.text),
        ("denoise", source.denoise),
    ]
    return [(job, share) for job, share in shares if share > 0]


def _slots(
    source: int, job: Job, share: float, sizes: np.ndarray, beside: np.ndarray
) -> list[_Slot]:
    """Cut the pairs into as many groups of neighbours in length as the share asks for.

    A group stands for one sample an epoch, so that batches stay of one length although each epoch
    draws other pairs. From a share of 1 on, each pair is a group of its own.
    """
    if job == "gloss":
        sizes = sizes + np.stack([beside, np.zeros_like(beside)], axis=1)
    elif job == "text":
        sizes = sizes[:, ::-1]
    elif job == "denoise":  # one of the two, to itself
        sizes = np.repeat(sizes.max(axis=1, keepdims=True), 2, axis=1)
    order = np.lexsort((sizes[:, 1], sizes[:, 0])) if share < 1 else np.arange(len(sizes))
    count = max(1, round(share * len(sizes)))
    groups = (
        [order[i % len(order) : i % len(order) + 1] for i in range(count)]
        if share >= 1
        else np.array_split(order, count)
    )
    return [
        _Slot(source, job, tuple(group.tolist()), tuple(sizes[group].max(axis=0).tolist()))
        for group in groups
    ]


class Text2GlossData(SignDataModule):
    """Pairs of sentences and glosses, from any number of corpora.

    Args:
        folder: The folder that the files are named relative to; by default what SIGNZOO_DATA says.
        train: Files that train. The first is the one whose glosses become the vocabulary.
        val: Files that only validate.
        test: Files that only test; `signzoo predict` glosses these, or those that validate.
        loader: How batches are made; its frames_per_batch counts tokens of source and
            target.
        augmentation: How training pairs are varied.
        denoising: How sequences are damaged that an auxiliary task restores.
        tokenizer: A checkpoint whose tokenizer counts the tokens, so that batches are full; by
            default they are estimated from the letters.
        examples: Retrieved training pairs beside each sentence of the first training file, and of
            validation and test files of the same corpus; the network's num_examples. In training
            each sentence gets from none to so many, other sentences than itself.
        allow_leaks: Whether training texts may stand in the validation or test files too; they are
            reported in any case.
    """

    def __init__(
        self,
        folder: str | None = None,
        train: tuple[PairSource, ...] = (),
        val: tuple[PairSource, ...] = (),
        test: tuple[PairSource, ...] = (),
        loader: LoaderConfig = LoaderConfig(),  # noqa: B008 - frozen
        augmentation: AugmentationConfig = AugmentationConfig(),  # noqa: B008 - frozen
        denoising: DenoisingConfig = DenoisingConfig(mask=0.15, drop=0.05, shuffle=2),  # noqa: B008
        tokenizer: str | None = None,
        examples: int = 0,
        allow_leaks: bool = True,
    ) -> None:
        super().__init__(folder, loader)
        self.sources: dict[Subset, tuple[PairSource, ...]] = {
            "train": train,
            "val": val,
            "test": test,
            "predict": test or val,
        }
        self.augmentation = augmentation
        self.denoising = denoising
        if examples < 0 or (examples and not train):
            raise UsageError(
                f"examples is the number of training pairs beside a sentence; got {examples} with "
                f"{len(train)} training files."
            )
        self.examples = examples
        self.allow_leaks = allow_leaks
        self.count = _counter(tokenizer)
        self._files: dict[PairSource, list[TextGlossPair]] = {}
        self._nearest: NearestPairs | None = None

    def read(self, subset: Subset) -> PairSamples:
        """Read the samples of one subset.

        Raises:
            ManifestError: A file is not there, or malformed.
            UsageError: Training texts stand in a held-out file, and that is not allowed.
        """
        sources = self.sources[subset]
        pairs = [self._read(source) for source in sources]
        examples = self._find_examples(sources, pairs, subset == "train")
        if subset != "train":
            return PairSamples(sources, pairs, count=self.count, examples=examples)
        self._report_leaks([pair for each in pairs for pair in each])
        augmentations = [
            Augmentation.prepare(
                self.augmentation if source.augment else AugmentationConfig(),
                each,
                source.language,
            )
            for source, each in zip(sources, pairs, strict=True)
        ]
        return PairSamples(
            sources,
            pairs,
            augmentations,
            self.denoising,
            training=True,
            count=self.count,
            examples=examples,
        )

    def _find_examples(
        self,
        sources: Sequence[PairSource],
        pairs: Sequence[Sequence[TextGlossPair]],
        training: bool,
    ) -> dict[int, Sequence[Sequence[Example]]]:
        """Retrieve what stands beside the sentences, by the number of their source."""
        if not self.examples:
            return {}
        if self._nearest is None:
            self._nearest = NearestPairs.of(self.training_pairs())
        corpus = self.sources["train"][0].name
        return {
            number: self._nearest.examples(
                [pair.text for pair in pairs[number]], self.examples, exclude_same_text=training
            )
            for number, source in enumerate(sources)
            if source.name == corpus and (number == 0 or not training)
        }

    def training_pairs(self) -> list[TextGlossPair]:
        """The pairs whose glosses become the vocabulary: those of the first training file."""
        return self._read(self.sources["train"][0])

    def _read(self, source: PairSource) -> list[TextGlossPair]:
        if source not in self._files:
            path = Path(self.data_folder) / source.path
            self._files[source] = read_pairs(path, source.format, source.separator)
        return self._files[source]

    def _report_leaks(self, train: Sequence[TextGlossPair]) -> None:
        import sys

        for subset in ("val", "test"):
            for source in self.sources[subset]:
                leaks = find_leaks(train, self._read(source))
                if leaks:
                    print(f"signzoo: {source.path}: {leaks.summary()}", file=sys.stderr)
                    if not self.allow_leaks:
                        raise UsageError(
                            f"{source.path} shares texts with the training files; remove them "
                            "there, or allow it with --data.allow_leaks true."
                        )

    def collate(self, samples: list[PairSample]) -> PairBatch:
        """Put samples together."""
        ids, jobs, corpora, sources, targets, examples = (
            list(values) for values in zip(*samples, strict=True)
        )
        whole = [[source, target] for source, target in zip(sources, targets, strict=True)]
        for texts, beside in zip(whole, examples, strict=True):
            texts += [text for known, gloss in beside for text in (known, " ".join(gloss))]
        lengths = torch.tensor([sum(estimate_tokens(texts)) for texts in whole])
        return PairBatch(ids, jobs, corpora, sources, targets, examples, lengths)
