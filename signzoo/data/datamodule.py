"""The datamodule that every component fills: which samples there are, and how they make a batch.

The rest is here: batches of similar lengths with a bounded number of frames, the same batches again
for the same seed and epoch, and a fair share of them for each process of a distributed training.
"""

import math
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, Protocol

import numpy as np
from lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, DistributedSampler

from signzoo.errors import UsageError

Subset = Literal["train", "val", "test", "predict"]

# A bucket holds lengths up to this much longer than its shortest.
_BUCKET_RATIO = 1.2
_STAGES: dict[str, tuple[Subset, ...]] = {
    "fit": ("train", "val"),
    "validate": ("val",),
    "test": ("test",),
    "predict": ("predict",),
}


@dataclass(frozen=True)
class LoaderConfig:
    """How batches are made and loaded."""

    frames_per_batch: int = 8000
    """Most frames in a batch, padding included; it bounds the memory that a step needs."""
    workers: int = 0
    """Processes that prepare batches beside the training; 0 prepares them in it."""
    seed: int = 0
    """Decides order and augmentation; the same seed makes the same batches."""

    def __post_init__(self) -> None:
        if self.frames_per_batch < 1 or self.workers < 0:
            raise UsageError(
                "The loader needs frames_per_batch of at least 1 and workers of at least 0; "
                f"got {self.frames_per_batch} and {self.workers}."
            )


class Draw(NamedTuple):
    """Which sample is wanted, and the seed of its augmentation (None: as it is)."""

    sample: int
    seed: int | None


class Samples(Protocol):
    """What a component's datamodule reads: samples that know their lengths beforehand."""

    @property
    def lengths(self) -> Sequence[int] | Sequence[tuple[int, ...]]:
        """The most frames that each sample can have, augmentation included.

        A sample of several sequences that are padded apart has a length for each.
        """

    def __getitem__(self, draw: Draw) -> Any:
        """Make one sample. The same draw makes the same sample."""


class LengthBuckets(DistributedSampler[list[Draw]]):
    """Draws batches of samples of similar length.

    A training epoch shuffles the samples within their bucket, packs them, and shuffles the batches.
    Number and sizes of the batches are the same in every epoch. It is a DistributedSampler so that
    Lightning tells it the epoch and does not wrap it in one.
    """

    def __init__(
        self,
        lengths: Sequence[int] | Sequence[tuple[int, ...]],
        loader: LoaderConfig,
        training: bool,
        replicas: int = 1,
        rank: int = 0,
    ) -> None:
        # The base class wants a data set only to know its size.
        super().__init__(lengths, replicas, rank, shuffle=training, seed=loader.seed)  # type: ignore[arg-type]
        self.training = training
        sizes = np.asarray(lengths).reshape(len(lengths), -1)  # (N, sequences of a sample)
        too_long = np.flatnonzero(sizes.sum(axis=1) > loader.frames_per_batch)
        if len(too_long):
            raise UsageError(
                f"A sample has up to {sizes[too_long[0]].sum()} frames, more than a batch may "
                f"have; raise --data.loader.frames_per_batch above {loader.frames_per_batch}."
            )
        self.buckets = _buckets(sizes)
        self.ends = self._pack(sizes, loader.frames_per_batch)
        self.steps = math.ceil(len(self.ends) / replicas)
        if not training and len(self.ends) < replicas:
            raise UsageError(
                f"{len(self.ends)} batches are too few to score on {replicas} processes; use fewer "
                "devices, or lower --data.loader.frames_per_batch."
            )

    def _pack(self, sizes: np.ndarray, limit: int) -> np.ndarray:
        """Where each batch ends in the samples sorted by bucket; the same whatever their order."""
        longest = np.zeros((self.buckets.max() + 1, sizes.shape[1]), int)
        np.maximum.at(longest, self.buckets, sizes)
        ends, start = [], 0
        bounds = longest[np.sort(self.buckets)]
        padded = bounds[0]
        for place, bound in enumerate(bounds):
            padded = np.maximum(padded, bound)
            if padded.sum() * (place + 1 - start) > limit:
                ends.append(place)
                start, padded = place, bound
        return np.array([*ends, len(bounds)])

    def __iter__(self) -> Iterator[list[Draw]]:  # type: ignore[override]
        rng = np.random.default_rng((self.seed, self.epoch))
        order = (
            rng.permutation(len(self.buckets)) if self.training else np.arange(len(self.buckets))
        )
        order = order[np.argsort(self.buckets[order], kind="stable")]
        seeds = rng.integers(2**62, size=len(order)).tolist() if self.training else None
        batches = np.split(order, self.ends[:-1])
        if self.training:  # every process takes as many steps: some batches may come twice
            chosen = np.resize(rng.permutation(len(batches)), self.steps * self.num_replicas)
        else:  # every batch is scored once
            chosen = np.arange(len(batches))
        for batch in chosen[self.rank :: self.num_replicas]:
            indices = batches[batch].tolist()
            yield [Draw(index, seeds[index] if seeds else None) for index in indices]

    def __len__(self) -> int:
        if self.training:
            return self.steps
        return len(range(self.rank, len(self.ends), self.num_replicas))


def _buckets(sizes: np.ndarray) -> np.ndarray:
    """Number the samples by their lengths ``(N, sequences)``, so that neighbours are alike.

    The first sequence's length comes first. That of the second rises and falls in turns, so that
    it does not jump from one length of the first to the next.
    """
    steps = np.floor(np.log(np.maximum(sizes, 1)) / math.log(_BUCKET_RATIO)).astype(int)
    numbers = steps[:, 0]
    for column in steps.T[1:]:
        count = column.max() + 1
        numbers = numbers * count + np.where(numbers % 2, count - 1 - column, column)
    return numbers


class _Batches(Dataset[Any]):
    """Makes a whole batch of a list of draws."""

    def __init__(self, samples: Samples, collate: Any) -> None:
        self.samples = samples
        self.collate = collate

    def __getitem__(self, draws: list[Draw]) -> Any:
        return self.collate([self.samples[draw] for draw in draws])


class SignDataModule(LightningDataModule):
    """Base of every component's datamodule: a component fills :meth:`read` and :meth:`collate`.

    Args:
        folder: The folder of corpora; by default what the variable ``SIGNZOO_DATA`` says.
        loader: How batches are made and loaded.
    """

    def __init__(self, folder: str | None, loader: LoaderConfig) -> None:
        super().__init__()
        self.folder = folder or os.environ.get("SIGNZOO_DATA")
        self.loader = loader
        self.samples: dict[Subset, Samples] = {}

    def read(self, subset: Subset) -> Samples:
        """Read the samples of one subset; none if the settings leave it empty."""
        raise NotImplementedError

    def collate(self, samples: list[Any]) -> Any:
        """Make a batch of some samples."""
        raise NotImplementedError

    @property
    def data_folder(self) -> str:
        """The folder of corpora.

        Raises:
            UsageError: Nobody said which.
        """
        if not self.folder:
            raise UsageError(
                "Say where the data is: --data.folder FOLDER, or the variable SIGNZOO_DATA."
            )
        return self.folder

    def setup(self, stage: str) -> None:
        """Read what a stage needs.

        Raises:
            UsageError: The subset that the stage is about is empty.
        """
        for subset in _STAGES[stage]:
            if subset not in self.samples:
                self.samples[subset] = self.read(subset)
        needed = _STAGES[stage][0]
        if not len(self.samples[needed].lengths):
            raise UsageError(f"The {needed} set is empty; see the --data options that choose it.")

    def train_dataloader(self) -> Any:
        """Shuffled, augmented batches."""
        return self._loader("train")

    def val_dataloader(self) -> Any:
        """Each sample once, as it is."""
        return self._loader("val")

    def test_dataloader(self) -> Any:
        """Each sample once, as it is."""
        return self._loader("test")

    def predict_dataloader(self) -> Any:
        """Each sample once, as it is."""
        return self._loader("predict")

    def _loader(self, subset: Subset) -> Any:
        samples = self.samples[subset]
        if not len(samples.lengths):
            return []  # Lightning leaves an empty validation out
        replicas = self.trainer.world_size if self.trainer else 1
        rank = self.trainer.global_rank if self.trainer else 0
        batches = LengthBuckets(samples.lengths, self.loader, subset == "train", replicas, rank)
        return DataLoader(
            _Batches(samples, self.collate),
            sampler=batches,
            batch_size=None,
            num_workers=self.loader.workers,
            persistent_workers=self.loader.workers > 0,
        )
