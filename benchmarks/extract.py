"""How fast landmarks are extracted: against MediaPipe alone, and with two processes against one.

    python benchmarks/extract.py FOLDER_OF_VIDEOS [--videos 8] [--rounds 3]

Prints ratios of frames a second, measured in turns so that other load on the machine hits all
alike, with their medians:

- extraction (decode, landmarks, pose file) / MediaPipe Holistic alone on the same decoded frames;
- two worker processes / MediaPipe alone, which the aim for one process, 0.9, turns into 1.53;
- two worker processes / one process that may use all cores;
- two worker processes / one process that keeps to as many cores as each of the two has.

MediaPipe itself runs on more than one core: the second ratio cannot pass what its own threads
leave over on a machine of two cores, the third says how the processes scale beside that.
"""

import argparse
import os
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter

import numpy as np

from signzoo.media.holistic import load_solution, without_chatter
from signzoo.media.landmarks import extract_files
from signzoo.media.video import open_video

SUFFIXES = (".mp4", ".mov", ".mkv", ".webm", ".avi", ".gif")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("folder", type=Path, help="videos of signers")
    parser.add_argument("--videos", type=int, default=8, help="how many of them (default 8)")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    paths = [p for p in sorted(arguments.folder.rglob("*")) if p.suffix.lower() in SUFFIXES]
    paths = paths[: arguments.videos]
    decoded = [open_video(path).frames for path in paths]
    frames = sum(len(video) for video in decoded)
    print(f"{len(paths)} videos, {frames} frames, {os.cpu_count()} cores", flush=True)
    mediapipe_alone(decoded[0])  # the first use loads the models from disk
    against_mediapipe(paths, decoded, arguments.rounds)
    two_against_one(paths, decoded, arguments.rounds)


def against_mediapipe(paths: list[Path], decoded: list[np.ndarray], rounds: int) -> None:
    """Video by video in turns, since a loaded machine changes its speed by the second."""
    ratios = []
    for turn in range(rounds):
        for path, video in zip(paths, decoded, strict=True):
            ways = [partial(mediapipe_alone, video), partial(extract, [path], 1)]
            taken = [0.0, 0.0]
            for which in (0, 1) if turn % 2 else (1, 0):
                taken[which] = seconds(ways[which])
            ratios.append(taken[0] / taken[1])
    print_ratio("extraction / MediaPipe alone (target 0.9)", ratios)


def two_against_one(paths: list[Path], decoded: list[np.ndarray], rounds: int) -> None:
    frames = sum(len(video) for video in decoded)
    alone, one, half, two = [], [], [], []
    for turn in range(rounds):
        alone.append(frames / seconds(lambda: [mediapipe_alone(video) for video in decoded]))
        one.append(frames / seconds(lambda: extract(paths, 1)))
        half.append(frames / seconds(lambda: on_half_the_cores(paths)))
        two.append(frames / seconds(lambda: extract(paths, 2)))
        print(
            f"round {turn + 1}: MediaPipe alone {alone[-1]:.1f} fps, "
            f"one process {one[-1]:.1f} fps, one on half the cores {half[-1]:.1f} fps, "
            f"two processes {two[-1]:.1f} fps"
        )
    beyond = [a / b for a, b in zip(two, alone, strict=True)]
    print_ratio("two processes / MediaPipe alone (target 1.7 x 0.9 = 1.53)", beyond)
    print_ratio("two processes / one (target 1.7)", [a / b for a, b in zip(two, one, strict=True)])
    scaling = [a / b for a, b in zip(two, half, strict=True)]
    print_ratio("two processes / one on half the cores", scaling)


def print_ratio(name: str, ratios: list[float]) -> None:
    low, middle, high = np.percentile(ratios, [10, 50, 90])
    print(f"{name}: {middle:.2f} (10th to 90th percentile {low:.2f} to {high:.2f}, {len(ratios)}x)")


def seconds(way: Callable[[], object]) -> float:
    start = perf_counter()
    way()
    return perf_counter() - start


def mediapipe_alone(video: np.ndarray) -> None:
    with without_chatter(), load_solution().Holistic(model_complexity=1) as holistic:
        for frame in video:
            holistic.process(frame)


def extract(paths: list[Path], workers: int) -> None:
    with tempfile.TemporaryDirectory() as out:
        reports = extract_files(paths, out, workers, progress=False)
        failed = [report.error for report in reports if report.error]
        if failed:
            raise SystemExit(failed[0])


def on_half_the_cores(paths: list[Path]) -> None:
    cores = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, cores[::2])
    try:
        extract(paths, 1)
    finally:
        os.sched_setaffinity(0, cores)


if __name__ == "__main__":
    main()
