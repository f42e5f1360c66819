"""How fast landmarks are extracted: against MediaPipe alone, and with two processes against one.

    python benchmarks/extract.py FOLDER_OF_VIDEOS [--videos 8] [--rounds 3]

Prints ratios of frames a second, measured in turns so that other load on the machine hits all
alike, with the median and the range over the rounds:

- extraction (decode, landmarks, pose file) / MediaPipe Holistic alone on the same decoded frames;
- two worker processes / one process that may use all cores;
- two worker processes / one process that keeps to as many cores as each of the two has.

MediaPipe itself runs on more than one core: the second ratio cannot pass what its own threads
leave over on a machine of two cores, the third says how the processes scale beside that.
"""

import argparse
import os
import resource
import statistics
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter

import numpy as np

from signzoo.media.holistic import load_solution
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
    print(f"{len(paths)} videos, {frames} frames, {os.cpu_count()} cores")
    mediapipe_alone(decoded[:1])  # the first use loads the models from disk

    ways: dict[str, Callable[[], object]] = {
        "MediaPipe alone": lambda: mediapipe_alone(decoded),
        "extraction, one process": lambda: extract(paths, 1),
        "extraction, one process on half the cores": lambda: on_half_the_cores(paths),
        "extraction, two processes": lambda: extract(paths, 2),
    }
    rates: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(arguments.rounds):
        for name, way in ways.items():
            start, spent = perf_counter(), processor_seconds()
            way()
            elapsed = perf_counter() - start
            rates[name].append(frames / elapsed)
            cores = (processor_seconds() - spent) / elapsed
            print(f"round {turn + 1}: {rates[name][-1]:6.1f} fps on {cores:.2f} cores  {name}")
    alone, one, half, two = rates.values()
    print_ratio("extraction / MediaPipe alone (target 0.9)", one, alone)
    print_ratio("two processes / one (target 1.7)", two, one)
    print_ratio("two processes / one on half the cores", two, half)


def print_ratio(name: str, over: list[float], under: list[float]) -> None:
    ratios = [a / b for a, b in zip(over, under, strict=True)]
    spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
    print(f"{name}: {statistics.median(ratios):.2f} ({spread} in {len(ratios)} rounds)")


def mediapipe_alone(videos: list[np.ndarray]) -> None:
    solution = load_solution()
    for video in videos:
        with solution.Holistic(model_complexity=1) as holistic:
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


def processor_seconds() -> float:
    own = resource.getrusage(resource.RUSAGE_SELF)
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    main()
