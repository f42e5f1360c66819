"""Finds the landmarks of signers in videos, for one clip, a stream, or many files at once."""

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Protocol

import numpy as np

from signzoo.errors import MediaError, MissingPackageError, SignzooError, UsageError
from signzoo.media.holistic import HolisticEstimator
from signzoo.media.video import open_video
from signzoo.media.workers import run_jobs
from signzoo.structures import Pose, Skeleton, VideoClip
from signzoo.structures.pose_files import POSE_SUFFIXES


class PoseEstimator(Protocol):
    """What finds landmarks. A small frozen object that pickles, so that workers can have it."""

    @property
    def skeleton(self) -> Skeleton:
        """The layout of the landmarks."""

    def __call__(self, clip: VideoClip, progress: bool = False) -> Pose:
        """Find the signer in every frame of a clip.

        Raises:
            NoSignerError: No frame shows a person.
        """

    def stream(self, frames: Iterable[np.ndarray]) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Yield points ``(V, 3)`` and confidence ``(V,)`` for each frame ``(H, W, 3)`` uint8."""


_ESTIMATORS = {"holistic": HolisticEstimator}


def estimator(name: str = "holistic") -> PoseEstimator:
    """Make an estimator by its name.

    Raises:
        UsageError: No estimator has that name.
    """
    if name not in _ESTIMATORS:
        raise UsageError(f"There is no estimator {name!r}; there are {', '.join(_ESTIMATORS)}.")
    return _ESTIMATORS[name]()


@dataclass(frozen=True, slots=True)
class ExtractReport:
    """What became of one video.

    Attributes:
        source: The video.
        target: Its pose file; ``None`` if there is none, because of ``error``.
        frames: Its length in frames.
        seconds: Its length in seconds.
        body: Share of the frames in which a body was found, 0 to 1.
        left_hand: Share of the frames with the signer's left hand.
        right_hand: Share of the frames with the signer's right hand.
        elapsed: Seconds that it took.
        skipped: Whether the pose file was there already.
        error: Why there is no pose file; empty if there is one.
    """

    source: Path
    target: Path | None
    frames: int = 0
    seconds: float = 0.0
    body: float = 0.0
    left_hand: float = 0.0
    right_hand: float = 0.0
    elapsed: float = 0.0
    skipped: bool = False
    error: str = ""


def extract_files(
    paths: Sequence[str | os.PathLike[str]],
    out_dir: str | os.PathLike[str],
    workers: int = 1,
    suffix: str = ".pose",
    progress: bool = True,
    overwrite: bool = False,
    backend: PoseEstimator | None = None,
) -> list[ExtractReport]:
    """Write the landmarks of each video into a folder.

    A pose file that is there, can be read and is newer than its video is not made again, so an
    interrupted run is continued by the same call. A file that fails does not stop the others.

    Args:
        paths: Videos. ``a/hello.mp4`` becomes ``OUT/hello.pose``; see :func:`pose_paths` for
            videos whose names would clash.
        out_dir: Where the poses belong; made if need be.
        workers: How many processes. They are spawned, so a script needs the usual
            ``if __name__ == "__main__":``.
        suffix: ``.pose``, ``.npz``, ``.json`` or ``.h5``.
        progress: Show progress bars on a terminal.
        overwrite: Make the poses anew that are there.
        backend: What finds the landmarks; MediaPipe Holistic by default.

    Returns:
        A report for each different path, in their order.

    Raises:
        UsageError: The suffix or the number of workers is wrong.
        MissingPackageError: The backend is not installed.
    """
    if suffix not in POSE_SUFFIXES:
        raise UsageError(f"A pose is written as {', '.join(POSE_SUFFIXES)}; got {suffix!r}.")
    targets = pose_paths([Path(path) for path in paths], Path(out_dir), suffix)
    return _extract_all(list(targets.items()), workers, progress, overwrite, backend)


def extract_clips(
    pairs: Sequence[tuple[Path, Path]],
    workers: int = 1,
    progress: bool = True,
    overwrite: bool = False,
    backend: PoseEstimator | None = None,
) -> Mapping[Path, str]:
    """Write the landmarks of each video into the pose file beside it in the pair.

    As :func:`extract_files`, for those who choose the names.

    Returns:
        What went wrong, by video; empty if nothing did.
    """
    reports = _extract_all(pairs, workers, progress, overwrite, backend)
    return {report.source: report.error for report in reports if report.error}


def pose_paths(paths: Sequence[Path], out_dir: Path, suffix: str = ".pose") -> dict[Path, Path]:
    """Give every video a pose file of its own.

    Usually its name with another suffix. Videos whose names differ in no more than folder, suffix
    or case keep both under the last folder that they share: ``a/hello.mp4`` and ``b/hello.gif``
    become ``OUT/a/hello.mp4.pose`` and ``OUT/b/hello.gif.pose``. A video given twice counts once.
    """
    different = list({path.resolve(): path for path in reversed(paths)}.values())[::-1]
    names = {path: path.stem for path in different}
    clashing = _clashing(names)
    names.update(_names_below_shared_folder(clashing))
    if _clashing(names):  # a long name is also some video's own: then all get long names
        names = _names_below_shared_folder(different)
    return {path: out_dir / f"{name}{suffix}" for path, name in names.items()}


def _clashing(names: Mapping[Path, str]) -> list[Path]:
    times = Counter(name.casefold() for name in names.values())
    return [path for path, name in names.items() if times[name.casefold()] > 1]


def _names_below_shared_folder(paths: Sequence[Path]) -> dict[Path, str]:
    if not paths:
        return {}
    shared = os.path.commonpath([path.resolve().parent for path in paths])
    return {path: path.resolve().relative_to(shared).as_posix() for path in paths}


@dataclass(frozen=True, slots=True)
class _Job:
    source: Path
    target: Path
    overwrite: bool
    backend: PoseEstimator
    progress: bool = False


def _extract_all(
    pairs: Sequence[tuple[Path, Path]],
    workers: int,
    progress: bool,
    overwrite: bool,
    backend: PoseEstimator | None,
) -> list[ExtractReport]:
    from tqdm import tqdm

    if workers < 1:
        raise UsageError(f"At least one worker is needed; got {workers}.")
    backend = backend or estimator()
    jobs = [_Job(source, target, overwrite, backend) for source, target in pairs]
    order = list(range(len(jobs)))
    if workers == 1 or len(jobs) < 2:  # one after another, each with a bar of its own
        jobs = [replace(job, progress=progress) for job in jobs]
    else:  # the largest first, so that in the end no worker waits for another's long video
        order.sort(key=lambda index: -_size(jobs[index].source))
    finished = run_jobs(_extract, _crashed, [jobs[index] for index in order], workers)
    reports: dict[int, ExtractReport] = {}
    disable = None if progress else True
    with closing(finished):  # ends the workers at once when Ctrl-C comes in between
        for index, report in tqdm(finished, "extract", len(jobs), unit="video", disable=disable):
            reports[order[index]] = report
    return [reports[index] for index in range(len(jobs))]


def _size(path: Path) -> int:
    """Bytes of a file; 0 where there is none, which is reported when its turn comes."""
    return path.stat().st_size if path.is_file() else 0


def _crashed(job: _Job, exit_code: int | None) -> ExtractReport:
    return ExtractReport(job.source, None, error=f"its process died (exit code {exit_code})")


def _extract(job: _Job) -> ExtractReport:
    """Make one pose file; what goes wrong with this video goes into the report."""
    start = perf_counter()
    try:
        clip = open_video(job.source)
        pose = None if job.overwrite else _existing(job, clip)
        skipped = pose is not None
        if pose is None:
            pose = job.backend(clip, progress=job.progress)
            pose.write(job.target)
    except MissingPackageError:
        raise  # it would fail for every video
    except SignzooError as error:
        return ExtractReport(job.source, None, elapsed=perf_counter() - start, error=str(error))
    except Exception as error:  # a decoder or model stumbled over this video; the others go on
        reason = f"{type(error).__name__}: {error}"
        return ExtractReport(job.source, None, elapsed=perf_counter() - start, error=reason)
    body, left, right = (_share(pose, part) for part in ("body", "left_hand", "right_hand"))
    elapsed = perf_counter() - start
    return ExtractReport(
        job.source, job.target, len(pose), pose.seconds, body, left, right, elapsed, skipped
    )


def _existing(job: _Job, clip: VideoClip) -> Pose | None:
    """Read the pose file of an earlier run; ``None`` where there is none to rely on."""
    if not job.target.exists() or job.target.stat().st_mtime < job.source.stat().st_mtime:
        return None
    try:
        pose = Pose.read(job.target)
    except MediaError:
        return None
    if pose.size != clip.size or abs(len(pose) - (clip.num_frames or len(pose))) > 2:
        raise MediaError(
            f"{job.target} exists and is of another video ({len(pose)} frames of "
            f"{pose.size}). Give --overwrite, or another folder."
        )
    return pose


def _share(pose: Pose, part: str) -> float:
    """Share of the frames in which a part of the body was found, 0 to 1."""
    if part not in pose.skeleton.parts:
        return 0.0
    return float((pose.confidence[:, pose.skeleton.part(part)] > 0).any(axis=1).mean())
