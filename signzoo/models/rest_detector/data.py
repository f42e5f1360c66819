"""Feeds the rest detector: utterances with timed glosses in, labelled tracks out."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from signzoo.data.collate import lengths_of, pad
from signzoo.data.corpora import Utterance, read_corpus
from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.errors import UsageError
from signzoo.models.rest_detector.augmentation import (
    AugmentationConfig,
    LabelledTrack,
    augment,
    longest,
)
from signzoo.models.rest_detector.spans import merge
from signzoo.models.rest_detector.track import FPS, hand_track

# A shorter pause between two glosses belongs to the utterance.
LONGEST_PAUSE = 1.0


class RestSample(NamedTuple):
    """One track. Shapes as in :class:`LabelledTrack`, as tensors."""

    id: str
    points: Tensor
    confidence: Tensor
    labels: Tensor
    known: Tensor


class RestBatch(NamedTuple):
    """Padded tracks.

    Attributes:
        ids: Names of the B utterances.
        points: Left hand, right hand and head, ``(B, T, 3, 2)``, in shoulder widths at 25 fps.
        confidence: Of the same, ``(B, T, 3)``.
        lengths: Valid frames, ``(B,)``.
        labels: 1 where someone is signing, ``(B, T)``.
        known: Where the label can be trusted, ``(B, T)`` bool; False in the padding.
    """

    ids: list[str]
    points: Tensor
    confidence: Tensor
    lengths: Tensor
    labels: Tensor
    known: Tensor


class RestSamples:
    """Labelled tracks of some utterances, augmented if a draw has a seed."""

    def __init__(self, utterances: Sequence[Utterance], augmentation: AugmentationConfig) -> None:
        self.ids = [utterance.id for utterance in utterances]
        self.tracks = [label_track(utterance) for utterance in utterances]
        self.augmentation = augmentation
        self.lengths = [longest(len(track), augmentation) for track in self.tracks]

    def __getitem__(self, draw: Draw) -> RestSample:
        track = self.tracks[draw.sample]
        if draw.seed is not None:
            track = augment(track, self.augmentation, np.random.default_rng(draw.seed))
        arrays = (track.points, track.confidence, track.labels, track.known)
        tensors = (torch.from_numpy(np.ascontiguousarray(array)) for array in arrays)
        return RestSample(self.ids[draw.sample], *tensors)


class RestDetectorData(SignDataModule):
    """Utterances of one or several corpora, split by signer or recording.

    Args:
        folder: The folder that holds the corpora's folders; by default what SIGNZOO_DATA says.
        corpora: Which corpora to read.
        val_groups: Signers or recordings, as ``corpus/name``, that only validate.
        test_groups: Signers or recordings that only test. All others train.
        loader: How batches are made and loaded.
        augmentation: How training samples are varied.
    """

    def __init__(
        self,
        folder: str | None = None,
        corpora: tuple[str, ...] = ("boston104",),
        val_groups: tuple[str, ...] = (),
        test_groups: tuple[str, ...] = (),
        loader: LoaderConfig = LoaderConfig(),  # noqa: B008 - frozen
        augmentation: AugmentationConfig = AugmentationConfig(),  # noqa: B008 - frozen
    ) -> None:
        super().__init__(folder, loader)
        self.corpora = corpora
        self.val_groups = val_groups
        self.test_groups = test_groups
        self.augmentation = augmentation
        self._utterances: list[Utterance] | None = None

    def read(self, subset: Subset) -> RestSamples:
        """Read the samples of one subset; ``predict`` is everything.

        Raises:
            UsageError: A group to hold out does not exist.
            ManifestError: A corpus is not there, or a row is malformed.
        """
        if self._utterances is None:
            self._utterances = [
                u for name in self.corpora for u in read_corpus(name, self.data_folder)
            ]
        groups = sorted({utterance.group for utterance in self._utterances})
        held_out = {"val": set(self.val_groups), "test": set(self.test_groups)}
        unknown = (held_out["val"] | held_out["test"]) - set(groups)
        if unknown:
            raise UsageError(f"There is no group {min(unknown)!r}; there are: {', '.join(groups)}.")
        if subset == "train":
            wanted = set(groups) - held_out["val"] - held_out["test"]
        else:
            wanted = held_out.get(subset, set(groups))
        chosen = [utterance for utterance in self._utterances if utterance.group in wanted]
        return RestSamples(chosen, self.augmentation)

    def collate(self, samples: list[RestSample]) -> RestBatch:
        """Pad samples to the longest."""
        ids, points, confidence, labels, known = (
            list(values) for values in zip(*samples, strict=True)
        )
        return RestBatch(
            ids, pad(points), pad(confidence), lengths_of(points), pad(labels), pad(known)
        )


def label_track(utterance: Utterance) -> LabelledTrack:
    """Reduce an utterance to head and hands, and label its frames.

    Signing is from the first to the last gloss, pauses of less than a second included.
    """
    track = hand_track(utterance.pose)
    times = (np.arange(len(track)) + 0.5) / FPS
    spans = merge([(gloss.start, gloss.end) for gloss in utterance.glosses], LONGEST_PAUSE)
    inside = np.any([(times >= start) & (times < end) for start, end in spans], axis=0)
    return LabelledTrack(
        track.points[..., :2],
        track.confidence,
        inside.astype(np.float32),
        inside | utterance.shows_rest,
    )
