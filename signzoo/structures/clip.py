"""Moving pictures and sound, in memory or streamed."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True, eq=False)
class VideoClip:
    """A video whose frames are made one after another, each time it is iterated.

    Attributes:
        open: Starts the frames from the beginning, each ``(H, W, 3)`` uint8 RGB.
        fps: Frames a second.
        size: Width and height in pixels.
        num_frames: How many frames there are, where that is known beforehand.
    """

    open: Callable[[], Iterator[np.ndarray]]
    fps: float
    size: tuple[int, int]
    num_frames: int | None = None

    def __post_init__(self) -> None:
        if not 0 < self.fps < float("inf"):
            raise ValueError(
                f"VideoClip needs a positive number of frames a second; got {self.fps}."
            )

    @staticmethod
    def from_frames(frames: np.ndarray, fps: float) -> "VideoClip":
        """Make a clip of frames that are in memory, ``(T, H, W, 3)`` uint8 RGB."""
        if frames.ndim != 4 or frames.shape[3] != 3 or frames.dtype != np.uint8:
            raise ValueError(
                f"VideoClip needs uint8 frames (T, H, W, 3); got {frames.dtype} {frames.shape}."
            )
        return VideoClip(lambda: iter(frames), fps, (frames.shape[2], frames.shape[1]), len(frames))

    def __iter__(self) -> Iterator[np.ndarray]:
        return self.open()

    @property
    def frames(self) -> np.ndarray:
        """All frames at once, ``(T, H, W, 3)`` uint8; a long video does not fit in memory."""
        frames = list(self)
        width, height = self.size
        return np.stack(frames) if frames else np.zeros((0, height, width, 3), np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Waveform:
    """Sound of one channel.

    Attributes:
        samples: ``(N,)`` float32 in [-1, 1].
        rate: Samples a second (Hz).
    """

    samples: np.ndarray
    rate: int

    def __post_init__(self) -> None:
        samples = np.asarray(self.samples, dtype=np.float32)
        if samples.ndim != 1 or not (np.abs(samples) <= 1).all():
            raise ValueError(f"Waveform needs samples (N,) in [-1, 1]; got {samples.shape}.")
        if self.rate <= 0:
            raise ValueError(f"Waveform needs a positive rate; got {self.rate}.")
        object.__setattr__(self, "samples", samples)
