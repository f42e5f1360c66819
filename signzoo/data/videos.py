"""Keeps videos as arrays: decoded once, cut to the signing space, with the signer's landmarks.

Training reads windows out of files that are mapped into memory, so that it neither decodes nor
waits, and the size of a corpus costs disk instead of memory: 38 KB a frame at 112 pixels.
"""

import hashlib
import json
import logging
import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from zipfile import BadZipFile

import numpy as np

from signzoo._files import atomic_path
from signzoo.data.manifest import Row, read_manifest
from signzoo.errors import ManifestError, MediaError, NoSignerError, UsageError
from signzoo.hub.folders import home
from signzoo.lexicon.build import VIDEO_SUFFIXES
from signzoo.media.cropping import Box, crop_points, crop_video, signing_space
from signzoo.media.landmarks import estimator
from signzoo.media.video import open_video, resample_video
from signzoo.media.workers import run_jobs
from signzoo.structures import Pose, VideoClip
from signzoo.transforms.pose import (
    fill_gaps,
    resample,
    select_landmarks,
    shoulder_frame,
    smooth,
)

logger = logging.getLogger(__name__)

# What is kept of a signer: what moves in signing and every source of landmarks has. The face's
# mesh moves with the nose, and its own movements are smaller than its jitter.
LANDMARKS = (
    "body/nose",
    "body/left_shoulder",
    "body/right_shoulder",
    "body/left_elbow",
    "body/right_elbow",
    "body/left_wrist",
    "body/right_wrist",
    "left_hand",
    "right_hand",
)
# Goes up when what is kept changes, so that old files are made anew.
_FORMAT = 1
# How much longer or shorter than its video a row's pose may be, in seconds.
_MOST_APART = 0.2
# Seconds for which lost landmarks are bridged, and the deviation of the Gaussian that takes the
# jitter of an estimator away: a still shoulder must not look fast.
_BRIDGED, _SMOOTHED = 0.2, 0.04


@dataclass(frozen=True, slots=True)
class VideoSource:
    """A video of a corpus, before it is read.

    Attributes:
        id: Its name in the corpus.
        group: Its signer, or whatever a fair split keeps together; empty where nobody says.
        video: The file.
        pose: Its landmarks; ``None`` where MediaPipe has to find them.
        gloss: The signs in it, where they are known.
    """

    id: str
    group: str
    video: Path
    pose: Path | None = None
    gloss: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class SigningVideo:
    """A video cut to the signing space, at one frame rate and size.

    Attributes:
        frames: ``(T, S, S, 3)`` uint8 RGB; where it was kept, mapped from its file.
        points: Of :data:`LANDMARKS`, x and y in pixels of the frames, ``(T, V, 2)`` float32.
        confidence: Of the same in [0, 1]; 0 is missing, ``(T, V)`` float32.
        scale: Pixels a shoulder width; 0 where the shoulders were never seen.
    """

    frames: np.ndarray
    points: np.ndarray
    confidence: np.ndarray
    scale: float


def find_videos(folder: str | os.PathLike[str]) -> list[VideoSource]:
    """Find the videos of a corpus.

    Args:
        folder: One with a ``manifest.jsonl`` whose rows name a ``video`` and may name its ``pose``,
            ``signer`` and ``gloss``, or any folder of video files.

    Raises:
        ManifestError: There is no such folder, it has no video, or a row is malformed or points
            nowhere.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ManifestError(f"There is no folder {folder}.")
    if (folder / "manifest.jsonl").is_file():
        return [_from_row(row) for row in read_manifest(folder / "manifest.jsonl")]
    paths = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in VIDEO_SUFFIXES and path.is_file()
    )
    if not paths:
        raise ManifestError(
            f"{folder} has neither a manifest.jsonl nor a video ({', '.join(VIDEO_SUFFIXES)})."
        )
    return [VideoSource(path.relative_to(folder).as_posix(), "", path) for path in paths]


def _from_row(row: Row) -> VideoSource:
    if "video" not in row.values:
        raise row.error("names no video; synthesize the corpus without --no-video")
    pose = row.file("pose") if "pose" in row.values else None
    # A text would fall apart into its letters.
    gloss = row.get("gloss", list) if "gloss" in row.values else []
    labels = tuple(str(each) for each in gloss)
    group = str(row.values.get("signer", ""))
    return VideoSource(row.get("id", str), group, row.file("video"), pose, labels)


@dataclass(frozen=True, slots=True)
class VideoStore:
    """A folder of videos as arrays.

    Attributes:
        size: S, height and width in pixels.
        fps: Frames a second.
        folder: Where they are kept; by default ``SIGNZOO_HOME/videos``.
    """

    size: int = 112
    fps: float = 25.0
    folder: Path | None = None

    def fill(
        self, sources: Sequence[VideoSource], workers: int = 1, progress: bool = True
    ) -> dict[str, str]:
        """Read all videos that are not kept yet; an interrupted run goes on where it was.

        Returns:
            What is wrong with those that cannot be read, by their ids.

        Raises:
            DiskError: There is no room.
            ManifestError: The landmarks of a row are of another video.
        """
        from tqdm import tqdm

        jobs = [(self, source) for source in sources if not self._keeps(source)]
        finished = run_jobs(_keep, _crashed, jobs, max(1, workers))
        disable = None if progress and jobs else True
        with closing(finished):  # ends the workers at once when Ctrl-C comes in between
            bar = tqdm(finished, "read videos", len(jobs), unit="video", disable=disable)
            return {jobs[index][1].id: problem for index, problem in bar if problem}

    def open(self, source: VideoSource) -> SigningVideo:
        """Open a video; one that is not kept is read first.

        Raises:
            MediaError: It cannot be read.
            ManifestError: Its landmarks are of another video.
        """
        path = self._path(source)
        kept = _kept(path)
        if kept is None:
            video = read_signing(source, self.size, self.fps)
            # Another training may have kept it in the meantime, and may be reading it.
            kept = _kept(path)
            if kept is None:
                _write(path, video)
                kept = _opened(path)
        return kept

    def _keeps(self, source: VideoSource) -> bool:
        try:
            return self._path(source).is_dir()
        except MediaError:  # said when its turn comes
            return False

    def _path(self, source: VideoSource) -> Path:
        """The folder of a video; another one when video, landmarks or settings change."""
        try:
            stats = [path.stat() for path in (source.video, source.pose) if path]
        except OSError as error:
            raise MediaError(f"There is no file {error.filename} of video {source.id}.") from error
        key = [_FORMAT, self.size, self.fps, str(source.video.resolve())]
        content = json.dumps([*key, *([stat.st_size, stat.st_mtime_ns] for stat in stats)])
        name = hashlib.sha256(content.encode()).hexdigest()[:24]
        return (self.folder or home() / "videos") / name[:2] / name


def read_signing(
    source: VideoSource, size: int, fps: float, progress: bool = False
) -> SigningVideo:
    """Decode a video, find or read its landmarks, and cut it to the signing space.

    Where nobody is seen, the middle of the picture is kept and every landmark is missing.

    Args:
        source: Which video.
        size: Height and width of the result.
        fps: Frames a second of the result.
        progress: Show on a terminal how far the landmarks are found.

    Raises:
        MediaError: A file cannot be read.
        ManifestError: The landmarks are of another video.
    """
    clip = open_video(source.video)
    pose = Pose.read(source.pose) if source.pose else _found(source.video, progress)
    return cut_signing(clip, pose, size, fps, source.id)


def cut_signing(clip: VideoClip, pose: Pose, size: int, fps: float, name: str) -> SigningVideo:
    """Cut a clip and its landmarks to the signing space; see :func:`read_signing`.

    Args:
        clip: The video.
        pose: The signer's landmarks in pixels of it, at any frame rate.
        size: Height and width of the result.
        fps: Frames a second of the result.
        name: What errors call the video.

    Raises:
        MediaError: The clip cannot be decoded to its end.
        ManifestError: The landmarks are of another video, or in no pixels.
    """
    frames = cut_frames(clip, pose, size, fps, name).frames
    pose = _in_pixels(pose, clip.size, name)
    box = signing_space(pose, clip.size)
    pose = resample(smooth(fill_gaps(select_landmarks(pose, LANDMARKS), _BRIDGED), _SMOOTHED), fps)
    # Rounding may leave one a frame longer than the other.
    pose = pose[np.minimum(np.arange(len(frames)), len(pose) - 1)]
    points = crop_points(pose.points[..., :2], box, (size, size))
    return SigningVideo(frames, points, pose.confidence, _scale(pose, box, size))


def cut_frames(clip: VideoClip, pose: Pose, size: int, fps: float, name: str) -> VideoClip:
    """Cut the frames of a clip to the signing space, one after another; see :func:`cut_signing`.

    That the landmarks are of another video is told when the frames have come to their end.
    """
    pose = _in_pixels(pose, clip.size, name)
    cut = crop_video(resample_video(clip, fps), signing_space(pose, clip.size), (size, size))

    def frames() -> Iterator[np.ndarray]:
        count = 0
        for frame in cut:
            count += 1
            yield frame
        if abs(count / fps - pose.seconds) > _MOST_APART:
            raise ManifestError(
                f"{name}: the video lasts {count / fps:.2f} s and its landmarks "
                f"{pose.seconds:.2f} s; they belong to different videos."
            )

    return VideoClip(frames, fps, cut.size, cut.num_frames)


def _in_pixels(pose: Pose, size: tuple[int, int], name: str) -> Pose:
    """Bring landmarks of the same video in another size to the pixels of this one."""
    if pose.unit != "pixel":
        raise ManifestError(
            f"{name}: its landmarks are in shoulder widths, which do not say where in the video "
            "they are; give them in pixels."
        )
    # A video file of an odd size has grown by a pixel.
    if pose.size is None or np.abs(np.subtract(pose.size, size)).max() <= 1:
        return pose
    stretch = np.array([size[0] / pose.size[0], size[1] / pose.size[1], 1], np.float32)
    return replace(pose, points=pose.points * stretch, size=size)


def _scale(pose: Pose, box: Box, size: int) -> float:
    try:
        _, width = shoulder_frame(pose)
    except MediaError:
        return 0.0
    return width * size / (box[2] - box[0])


def _found(video: Path, progress: bool) -> Pose:
    """Find the landmarks of a video; all missing where there is no signer."""
    clip = open_video(video)
    find = estimator()
    try:
        return find(clip, progress)
    except NoSignerError:
        count = sum(1 for _ in clip)
        shape = (count, len(find.skeleton.landmarks))
        return Pose(np.zeros((*shape, 3)), np.zeros(shape), clip.fps, find.skeleton)


def _keep(job: tuple[VideoStore, VideoSource]) -> str:
    """Read and keep one video, in whichever process; says what is wrong with it."""
    store, source = job
    try:
        store.open(source)
    except (MediaError, UsageError) as error:
        return str(error)
    return ""


def _crashed(job: tuple[VideoStore, VideoSource], code: int | None) -> str:
    return f"its process died with exit code {code}"


def _write(path: Path, video: SigningVideo) -> None:
    with atomic_path(path, folder=True) as part:
        np.save(part / "frames.npy", video.frames)
        np.savez(
            part / "landmarks.npz",
            points=video.points,
            confidence=video.confidence,
            scale=video.scale,
        )


def _kept(path: Path) -> SigningVideo | None:
    """What is kept of a video; nothing if there is none, or none that can be read."""
    try:
        return _opened(path)
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        if path.is_dir():
            logger.warning("%s is not readable (%s); it is made anew.", path, error)
        return None


def _opened(path: Path) -> SigningVideo:
    frames = np.load(path / "frames.npy", mmap_mode="r", allow_pickle=False)
    with np.load(path / "landmarks.npz", allow_pickle=False) as file:
        return SigningVideo(frames, file["points"], file["confidence"], float(file["scale"]))
