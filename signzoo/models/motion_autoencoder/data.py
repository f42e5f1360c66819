"""Feeds the motion autoencoder: windows of signing video, with where the landmarks are."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from signzoo.data.collate import lengths_of, pad
from signzoo.data.datamodule import Draw, LoaderConfig, SignDataModule, Subset
from signzoo.data.videos import VideoSource, VideoStore, find_videos
from signzoo.errors import MediaError, UsageError
from signzoo.models.motion_autoencoder.network import FPS

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class AugmentationConfig:
    """How training windows are varied; what is reconstructed is varied alike."""

    zoom: float = 0.2
    """Most of the picture's sides that is cut away."""
    mirror: float = 0.5
    """Share of the windows that are mirrored, as a left-handed signer would sign."""
    colour: float = 0.25
    """How much brighter or darker red, green and blue become, as a share."""

    def __post_init__(self) -> None:
        if not 0 <= self.zoom < 1 or not 0 <= self.mirror <= 1 or not 0 <= self.colour < 1:
            raise UsageError(
                "The augmentation needs zoom and colour from 0 to below 1, and mirror from 0 to 1; "
                f"got {self}."
            )


class Window(NamedTuple):
    """Consecutive frames of one video. Shapes as in :class:`WindowBatch`."""

    id: str
    frames: Tensor
    points: Tensor
    confidence: Tensor
    scale: float
    box: Tensor
    gains: Tensor
    seed: int


class WindowBatch(NamedTuple):
    """Padded windows, and how each is to be varied, which is done for the whole batch at once.

    Attributes:
        ids: ``video@first frame`` of the B windows.
        frames: RGB, ``(B, T, 3, S, S)`` uint8.
        points: Landmarks in pixels of the frames, ``(B, T, V, 2)``.
        confidence: Of the same; 0 is missing, ``(B, T, V)``.
        lengths: Valid frames, ``(B,)``.
        scale: Pixels a shoulder width, 0 where unknown, ``(B,)``.
        box: Left, top, right and bottom of what is shown, as shares of the frame, ``(B, 4)``; left
            is greater than right where it is mirrored.
        gains: What red, green and blue are multiplied with, ``(B, 3)``.
        seed: Decides the perturbation, ``(B,)``.
    """

    ids: list[str]
    frames: Tensor
    points: Tensor
    confidence: Tensor
    lengths: Tensor
    scale: Tensor
    box: Tensor
    gains: Tensor
    seed: Tensor


class Windows:
    """Windows of some videos; as many a video as fit into it side by side, at least one.

    Args:
        store: Keeps the videos.
        sources: Which videos.
        window: Frames of a window; a shorter video is a shorter window.
        augmentation: How draws with a seed are varied. Their windows begin anywhere.
    """

    def __init__(
        self,
        store: VideoStore,
        sources: Sequence[VideoSource],
        window: int,
        augmentation: AugmentationConfig,
    ) -> None:
        self.store, self.window, self.augmentation = store, window, augmentation
        counts = [len(store.open(source).frames) for source in sources]
        self.places = [
            (source, place * window)
            for source, count in zip(sources, counts, strict=True)
            for place in range(max(1, count // window))
        ]
        self.lengths = [
            min(window, count) for count in counts for _ in range(max(1, count // window))
        ]

    def __getitem__(self, draw: Draw) -> Window:
        source, first = self.places[draw.sample]
        video = self.store.open(source)
        box, gains = np.array([0, 0, 1, 1]), np.ones(3)
        if draw.seed is not None:
            random = np.random.default_rng(draw.seed)
            first = int(random.integers(max(1, len(video.frames) - self.window + 1)))
            box, gains = _varied(self.augmentation, random)
        shown = slice(first, first + self.window)
        frames = torch.from_numpy(np.array(video.frames[shown])).permute(0, 3, 1, 2)
        return Window(
            f"{source.id}@{first}",
            frames,
            torch.from_numpy(video.points[shown]),
            torch.from_numpy(video.confidence[shown]),
            video.scale,
            torch.from_numpy(box.astype(np.float32)),
            torch.from_numpy(gains.astype(np.float32)),
            draw.sample if draw.seed is None else draw.seed,
        )


def _varied(
    config: AugmentationConfig, random: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Draw what is shown of a frame ``(4,)``, and the gains of its colours ``(3,)``."""
    side = 1 - random.uniform(0, config.zoom)
    left, top = random.uniform(0, 1 - side, 2)
    across = (left, left + side)
    if random.random() < config.mirror:
        across = across[::-1]
    gains = 1 + random.uniform(-config.colour, config.colour, 3)
    return np.array([across[0], top, across[1], top + side]), gains


class MotionAutoencoderData(SignDataModule):
    """Videos of corpus folders, or of any folder of video files.

    A corpus folder has a ``manifest.jsonl`` whose rows name a video and its landmarks, as
    `signzoo data synthesize` makes it. Landmarks that nobody names are found by MediaPipe, once.

    Args:
        folder: The folder of the corpora's folders, or of videos; by default what SIGNZOO_DATA
            says.
        train: Folders in it that train; by default the folder itself.
        val: Folders in it that validate. None: every tenth video of the training folders does.
        test: Folders in it that test.
        window: Frames of a window, at 25 a second.
        size: Height and width in pixels at which frames are kept, before they are cut to the
            network's size.
        cache: Folder for decoded videos, 38 KB a frame at 112 pixels; by default in SIGNZOO_HOME.
        read_workers: Processes that read videos the first time.
        loader: How batches are made and loaded.
        augmentation: How training windows are varied.
    """

    def __init__(
        self,
        folder: str | None = None,
        train: tuple[str, ...] = (".",),
        val: tuple[str, ...] = (),
        test: tuple[str, ...] = (),
        window: int = 16,
        size: int = 112,
        cache: str | None = None,
        read_workers: int = 1,
        loader: LoaderConfig = LoaderConfig(frames_per_batch=256),  # noqa: B008 - frozen
        augmentation: AugmentationConfig = AugmentationConfig(),
    ) -> None:
        super().__init__(folder, loader)
        if window < 2 or size < 16:
            raise UsageError(f"A window needs 2 frames and 16 pixels; got {window} and {size}.")
        self.folders: dict[Subset, tuple[str, ...]] = {"train": train, "val": val, "test": test}
        self.window = window
        self.augmentation = augmentation
        self.read_workers = read_workers
        self.store = VideoStore(size, FPS, Path(cache) if cache else None)

    def prepare_data(self) -> None:
        """Read all videos, in one process, before the others open them."""
        for subset in ("train", "val", "test"):
            self._readable(self._sources(subset))

    def read(self, subset: Subset) -> Windows:
        """Open the videos of one subset; ``predict`` is those of all.

        Raises:
            UsageError: Nobody said where the data is.
            ManifestError: A folder is not there or has no video, or a row is malformed.
        """
        wanted: tuple[Subset, ...] = ("train", "val", "test") if subset == "predict" else (subset,)
        sources = [source for each in wanted for source in self._sources(each)]
        return Windows(self.store, self._readable(sources), self.window, self.augmentation)

    def _sources(self, subset: Subset) -> list[VideoSource]:
        named = self.folders[subset]
        if subset == "val" and not named:
            return self._found("train")[::10]
        sources = self._found(subset)
        if subset == "train" and not self.folders["val"]:
            return [source for place, source in enumerate(sources) if place % 10]
        return sources

    def _found(self, subset: Subset) -> list[VideoSource]:
        folder = Path(self.data_folder)
        return [
            source if name == "." else replace(source, id=f"{name}/{source.id}")
            for name in self.folders[subset]
            for source in find_videos(folder / name)
        ]

    def _readable(self, sources: Sequence[VideoSource]) -> list[VideoSource]:
        """Read videos, and leave those out that cannot be."""
        problems = self.store.fill(sources, self.read_workers)
        for name, problem in list(problems.items())[:5]:
            logger.warning("Left out: %s: %s", name, problem)
        if problems and len(problems) == len(sources):
            raise MediaError(f"None of {len(sources)} videos can be read: {next(iter(problems))}.")
        return [source for source in sources if source.id not in problems]

    def collate(self, samples: list[Window]) -> WindowBatch:
        """Pad some windows into a batch."""
        ids, frames, points, confidence, scale, box, gains, seed = zip(*samples, strict=True)
        return WindowBatch(
            list(ids),
            pad(frames),
            pad(points),
            pad(confidence),
            lengths_of(frames),
            torch.tensor(scale),
            torch.stack(box),
            torch.stack(gains),
            torch.tensor(seed),
        )
