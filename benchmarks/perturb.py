"""How fast videos are perturbed in batches, beside a NumPy version that goes frame by frame.

    python benchmarks/perturb.py [--clips 8] [--frames 16] [--size 112] [--rounds 7] [--device cpu]

Prints clips a second of both, measured in turns so that other load on the machine hits both alike,
and their ratio, from the medians: for the mask alone (speed of 75 landmarks, and the pixels around
the fast ones), for each kind with its mask as training needs it, and for each kind on a mask that
is there. Target: 10, each kind with its mask. On a CPU, both have one thread and what counts is its
own time, which other load on the machine changes less; elsewhere it is the time on the clock.

The NumPy version is the one that the tests hold the batched one against.
"""

import argparse
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time

import numpy as np
import torch

from signzoo.models.motion_autoencoder.perturb import (
    KINDS,
    PerturbationConfig,
    fast_mask,
    landmark_speed,
    perturb,
)

sys.path.append(str(Path(__file__).parents[1]))
from tests.models.motion_autoencoder import reference

LANDMARKS, FPS = 75, 25.0  # body and hands of MediaPipe Holistic


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--clips", type=int, default=8)
    parser.add_argument("--frames", type=int, default=16)
    parser.add_argument("--size", type=int, default=112)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--device", default="cpu")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    clips = Clips(arguments.clips, arguments.frames, arguments.size, arguments.device)
    print(
        f"{arguments.clips} clips of {arguments.frames} frames, {arguments.size}×{arguments.size}, "
        f"{clips.fast:.0%} of the landmarks fast, {clips.masked:.0%} of the pixels masked, "
        f"{arguments.device}"
    )
    print(f"{'':<34}{'batched':>12}{'by frame':>12}{'ratio':>8}")
    print(f"{'':<34}{'clips/s':>12}{'clips/s':>12}")
    compare("speed and mask", clips.batched_mask, clips.mask_by_frame, arguments)
    every = [*[(kind, (kind,)) for kind in KINDS], ("one of the five a clip", KINDS)]
    for with_mask in (True, False):
        for name, kinds in every:
            config = PerturbationConfig(kinds=kinds)
            compare(
                f"{name}{' with mask' if with_mask else ''}",
                lambda config=config, with_mask=with_mask: clips.batched(config, with_mask),
                lambda config=config, with_mask=with_mask: clips.by_frame(config, with_mask),
                arguments,
            )


class Clips:
    """Random videos with two hands that move as fast as in the DGS sentences, and a slow body."""

    def __init__(self, num_clips: int, num_frames: int, size: int, device: str) -> None:
        rng = np.random.default_rng(0)
        self.size = (size, size)
        self.config = PerturbationConfig()
        self.video = rng.random((num_clips, num_frames, 3, size, size), np.float32)
        self.scale = np.full(num_clips, size / 4, np.float32)
        home = rng.uniform(0.3, 0.7, (num_clips, 1, 3, 1, 2)) * size  # two hands, a body
        around = rng.normal(0, size / 16, (num_clips, 1, 3, LANDMARKS // 3, 2))
        phase = rng.uniform(0, 2 * np.pi, (num_clips, 1, 3, 1, 2))
        pace = np.array([2.4, 2.4, 0.5])[:, None, None] / FPS  # radians a frame
        time = np.arange(num_frames)[:, None, None, None]
        swing = np.sin(pace * time + phase) * size / 10
        points = (home + around + swing).reshape(num_clips, num_frames, -1, 2)
        self.points = points.astype(np.float32)
        self.confidence = np.ones(self.points.shape[:3], np.float32)
        self.lengths = np.full(num_clips, num_frames)
        self.rng, self.generator = rng, torch.Generator(device).manual_seed(0)
        arrays = (self.video, self.points, self.confidence, self.lengths, self.scale)
        self.tensors = [torch.from_numpy(array).to(device) for array in arrays]
        self.mask_there, self.masks_there = self.batched_mask(), self.mask_by_frame()
        self.fast = float((self.speeds > self.config.threshold).mean())
        self.masked = float(self.masks_there.mean())

    def batched_mask(self) -> torch.Tensor:
        _, points, confidence, lengths, scale = self.tensors
        speed = landmark_speed(points, confidence, lengths, FPS, scale)
        return fast_mask(points, confidence, speed, self.config, scale, self.size)

    def batched(self, config: PerturbationConfig, with_mask: bool) -> torch.Tensor:
        mask = self.batched_mask() if with_mask else self.mask_there
        return perturb(self.tensors[0], mask, self.tensors[3], config, self.generator)

    def mask_by_frame(self) -> np.ndarray:
        samples = zip(self.points, self.confidence, self.lengths, self.scale, strict=True)
        self.speeds = np.stack([reference.speed(p, c, n, FPS, s) for p, c, n, s in samples])
        config = self.config
        return np.stack(
            [
                [
                    reference.mask(p, s, config.threshold, config.radius * scale, self.size)[None]
                    for p, s in zip(points, speeds, strict=True)
                ]
                for points, speeds, scale in zip(self.points, self.speeds, self.scale, strict=True)
            ]
        )

    def by_frame(self, config: PerturbationConfig, with_mask: bool) -> np.ndarray:
        masks = self.mask_by_frame() if with_mask else self.masks_there
        return reference.perturb(self.video, masks, self.lengths, config, self.rng)


def compare(
    name: str,
    batched: Callable[[], object],
    by_frame: Callable[[], object],
    arguments: argparse.Namespace,
) -> None:
    seconds: dict[Callable[[], object], list[float]] = {batched: [], by_frame: []}
    clock = process_time if arguments.device == "cpu" else perf_counter
    batched()
    for _ in range(arguments.rounds):
        for way, taken in seconds.items():
            start = clock()
            way()
            if arguments.device != "cpu":
                torch.cuda.synchronize()
            taken.append(clock() - start)
    rates = [arguments.clips / statistics.median(taken) for taken in seconds.values()]
    print(f"{name:<34}{rates[0]:>12.1f}{rates[1]:>12.1f}{rates[0] / rates[1]:>8.1f}", flush=True)


if __name__ == "__main__":
    main()
