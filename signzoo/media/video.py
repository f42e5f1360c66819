"""Reads and writes video files frame by frame, so that the length of a video costs no memory."""

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, cast

import numpy as np

from signzoo._files import atomic_path
from signzoo.errors import MediaError, UsageError
from signzoo.media.gif import GIF_RATE, write_gif
from signzoo.structures import VideoClip

if TYPE_CHECKING:
    from av import VideoFrame, VideoStream
    from av.container import InputContainer

Item = TypeVar("Item")

# FFmpeg also reads playlists, which can point anywhere, and text, which it draws as a terminal.
_CONTAINERS = (
    "mov,mp4,matroska,webm,avi,gif,mpegts,mpeg,mpegvideo,flv,asf,ogg,mxf,dv,rm,nut,ivf,nsv,wtv,"
    "amv,h264,hevc,m4v,obu,av1,vc1,mjpeg,yuv4mpegpipe,apng,image2,png_pipe,jpeg_pipe,webp_pipe,"
    "mp3,aac,wav,flac"
)
# Above this a container's frame rate is its clock (1000, 90000), not a rate of pictures.
_HIGHEST_RATE = 250.0
# What a file may lack at its end before it counts as broken: rounding and sound that ends earlier.
_MISSING_SECONDS = 0.3


def open_video(path: str | os.PathLike[str]) -> VideoClip:
    """Open a video of any container and codec that FFmpeg reads, GIF too.

    Frames are decoded anew each time the clip is iterated, and arrive as a player shows them:
    turned and mirrored by the file's display matrix, stretched to square pixels, transparency
    over white, all in the size of the first. A variable frame rate becomes a constant one: at
    each tick of the file's average rate stands the frame nearest in time, so that seconds are
    kept. Time starts at the first frame.

    A file that ends early or whose decoder gives up midway is an error that names the second,
    raised when iteration gets there. Damage that a decoder conceals passes, and so does a cut in
    a format that does not state its length (GIF, MPEG-TS).

    Raises:
        MediaError: The file is missing, a folder, empty, truncated, without pictures or not a
            video.
    """
    path = Path(path)
    _check_file(path)
    with _opened(path) as (container, stream):
        fps, seconds = _stated_rate(container, stream), _stated_seconds(stream)
        aspect = float(stream.codec_context.sample_aspect_ratio or 1)
    if not fps or not seconds:
        measured_fps, seconds = _measured(path)
        fps = fps or measured_fps
    first = next(_decoded(path), None)
    if first is None:
        raise MediaError(f"{path} has a picture track without pictures; it may be truncated.")
    show = _display(first[1], aspect)
    height, width = show(first[1]).shape[:2]

    def frames() -> Iterator[np.ndarray]:
        # Holding a frame over several ticks converts it once; a frame between ticks never.
        shown: tuple[object, np.ndarray] = (None, np.empty(0))
        for frame in _at_ticks(_decoded(path), fps, seconds):
            if frame is not shown[0]:
                shown = (frame, show(frame))
            yield shown[1]

    return VideoClip(frames, fps, (width, height), max(1, round(seconds * fps)))


def resample_video(clip: VideoClip, fps: float) -> VideoClip:
    """Bring a clip to another frame rate by repeating or leaving out frames; seconds are kept.

    Args:
        clip: Any clip.
        fps: Frames a second, greater than 0.

    Returns:
        The clip whose frame at each tick is the one of ``clip`` nearest in time.
    """
    if fps == clip.fps:
        return clip

    def frames() -> Iterator[np.ndarray]:
        timed = ((index / clip.fps, frame) for index, frame in enumerate(clip))
        return _at_ticks(timed, fps, last=1 / clip.fps)

    count = None if clip.num_frames is None else round(clip.num_frames * fps / clip.fps)
    return VideoClip(frames, fps, clip.size, count)


def write_video(
    clip: VideoClip,
    path: str | os.PathLike[str],
    progress: bool = False,
    crf: int | None = None,
) -> None:
    """Write a clip as ``.mp4``, ``.webm`` or ``.gif``, without sound.

    ``.mp4`` is H.264 in 4:2:0 with its index at the front, ``.webm`` is VP9; both play in a
    browser, and an odd width or height grows by one pixel that repeats the edge. ``.gif`` has one
    palette for all its frames, for which the clip is iterated twice, and at most 50 frames a
    second. The file appears when it is complete.

    Args:
        clip: What to write, a frame at a time.
        path: Where to; the suffix says the format.
        progress: Show a progress bar on a terminal.
        crf: How strongly ``.mp4`` is compressed, from 0 (not at all) to 51; 18 by default, where
            H.264 stops showing at the edges of thin lines.

    Raises:
        UsageError: The suffix is another one, or the crf is out of range or not for it.
        MediaError: The clip has no frames.
        DiskError: There is no room or no permission.
    """
    path = Path(path)
    writer = _WRITERS.get(path.suffix.lower())
    if writer is None:
        raise UsageError(
            f"{path} does not end like a video that can be written: {', '.join(_WRITERS)}."
        )
    if crf is not None:
        if path.suffix.lower() != ".mp4" or not 0 <= crf <= 51:
            raise UsageError(f"A crf is for .mp4, from 0 to 51; got {crf} for {path.name}.")
        writer = partial(_write_h264, crf=crf)
    with atomic_path(path) as part:
        if not writer(_watched(clip, f"writing {path.name}", progress), part):
            raise MediaError(f"There is no frame to write into {path}.")


# --- reading


def _check_file(path: Path) -> None:
    if path.is_dir():
        raise MediaError(f"{path} is a folder; name the video files in it.")
    if not path.is_file():
        raise MediaError(f"There is no video {path}.")
    if path.stat().st_size == 0:
        raise MediaError(f"{path} is empty; it holds no video.")


@contextmanager
def _opened(path: Path) -> "Iterator[tuple[InputContainer, VideoStream]]":
    """Open a container at its first real picture track."""
    import av

    try:
        # An absolute path is never taken for the address of something else.
        container = av.open(str(path.resolve()), options={"format_whitelist": _CONTAINERS})
    except av.error.FFmpegError as error:
        raise MediaError(_why_unreadable(path, error)) from error
    with container:
        tracks = [stream for stream in container.streams.video if not _is_cover(stream)]
        if not tracks:
            kind = "sound but no pictures" if container.streams.audio else "no pictures"
            raise MediaError(f"{path} has {kind}; a video of a signer is needed.")
        tracks[0].thread_type = "AUTO"
        yield container, tracks[0]


def _is_cover(stream: "VideoStream") -> bool:
    """Tell the still picture that a sound file carries from a picture track."""
    return not stream.average_rate and stream.codec_context.name in ("mjpeg", "png", "bmp")


def _why_unreadable(path: Path, error: Exception) -> str:
    with path.open("rb") as file:
        start = file.read(12)
    if isinstance(error, PermissionError):
        return f"There is no permission to read {path}."
    if start[4:8] == b"ftyp":
        return f"{path} is truncated: its index (moov) is missing. Copy or record it again."
    return f"{path} is not a video that can be read."


def _stated_rate(container: "InputContainer", stream: "VideoStream") -> float | None:
    """Frames a second by the header, where it says something sensible."""
    rate: Fraction | None = stream.average_rate or stream.guessed_rate
    if container.format.name == "gif" and stream.frames and stream.duration:
        # FFmpeg guesses the rate of a GIF from its first delays, but counts frames and time.
        rate = Fraction(stream.frames) / (stream.duration * (stream.time_base or 1))
    return float(rate) if rate and 0 < rate <= _HIGHEST_RATE else None


def _stated_seconds(stream: "VideoStream") -> float | None:
    return float(stream.duration * (stream.time_base or 1)) if stream.duration else None


def _measured(path: Path) -> tuple[float, float]:
    """Frames a second and seconds, from the times of all packets; nothing is decoded."""
    import av

    times = []
    with _opened(path) as (container, stream):
        try:
            for packet in container.demux(stream):
                if packet.pts is not None:
                    times.append(float(packet.pts * packet.time_base))
        except av.error.FFmpegError:
            pass  # decoding will get there, and say when it broke
    gaps = np.diff(np.sort(times))
    if not gaps.any():
        return 25.0, 1 / 25.0
    fps = min(1 / float(gaps.mean()), _HIGHEST_RATE)
    return fps, float(gaps.sum() + np.median(gaps))  # the last frame stays as long as most do


def _decoded(path: Path) -> "Iterator[tuple[float, VideoFrame]]":
    """Yield each frame with its second after the first frame.

    Raises:
        MediaError: The file breaks off or cannot be decoded any further.
    """
    import av

    origin: float | None = None
    second = read_until = 0.0
    fault = ""
    with _opened(path) as (container, stream):
        stated = (container.duration or 0) / av.time_base
        begins = (container.start_time or 0) / av.time_base
        step = 1 / (_stated_rate(container, stream) or 25.0)
        try:
            for packet in container.demux():  # every track: the longest tells where the file ends
                if packet.is_corrupt and packet.stream.index == stream.index:
                    fault = "its data is cut short"
                    break
                if packet.pts is not None and packet.time_base:
                    end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                    read_until = max(read_until, end - begins)
                if packet.stream.index != stream.index:
                    continue
                for frame in cast("list[VideoFrame]", packet.decode()):
                    time = _time(container, frame)
                    if time is None:
                        time = 0.0 if origin is None else origin + second + step
                    origin = time if origin is None else origin
                    second = time - origin
                    yield second, frame
        except av.error.FFmpegError as error:
            fault = getattr(error, "strerror", None) or str(error)
    if not fault and stated - read_until > _MISSING_SECONDS:
        fault = f"it should last {stated:.1f} seconds"
    if fault:
        raise MediaError(f"{path} breaks off at second {second:.1f}: {fault}. Copy it again.")


def _time(container: "InputContainer", frame: "VideoFrame") -> float | None:
    """When a frame is to be shown, where the container says so."""
    # An AVI knows no such times: FFmpeg makes them up, in the wrong order for H.264.
    stamp = frame.dts if container.format.name == "avi" else frame.pts
    return None if stamp is None else float(stamp * (frame.time_base or 0))


def _display(first: "VideoFrame", aspect: float) -> "Callable[[VideoFrame], np.ndarray]":
    """Make the function that turns decoded frames into pictures, ``(H, W, 3)`` uint8 RGB.

    Args:
        first: The frame whose size and display matrix all are brought to.
        aspect: Width of a pixel divided by its height.
    """
    width, height = max(1, round(first.width * aspect)), first.height
    turn = _display_matrix(first)
    has_alpha = any(component.is_alpha for component in first.format.components)

    def show(frame: "VideoFrame") -> np.ndarray:
        layout = "rgba" if has_alpha else "rgb24"
        image = frame.reformat(width, height, layout).to_ndarray()
        return _turned(_over_white(image) if has_alpha else image, turn)

    return show


def _display_matrix(frame: "VideoFrame") -> np.ndarray:
    """The signs of the 2×2 part of the display matrix, ``(2, 2)``: (x, y) times it is shown."""
    # Read from the raw side data, because PyAV 12 has no name for it and later ones only an angle.
    data: Any = frame.side_data.get("DISPLAYMATRIX")
    if data is None:
        return np.eye(2)
    matrix = np.frombuffer(bytes(data), np.int32).reshape(3, 3)[:2, :2] / 2**16
    return np.round(matrix)  # a turn by other than a quarter is left to the nearest quarter


def _turned(image: np.ndarray, matrix: np.ndarray) -> np.ndarray:
    """Apply quarter turns and mirrorings to a picture."""
    (a, b), (c, d) = matrix
    swapped = b != 0 and c != 0
    if swapped:
        image = image.transpose(1, 0, 2)
    across, down = (c, b) if swapped else (a, d)
    image = image[:, ::-1] if across < 0 else image
    image = image[::-1] if down < 0 else image
    return np.ascontiguousarray(image)


def _over_white(image: np.ndarray) -> np.ndarray:
    """Lay ``(H, W, 4)`` over white."""
    color, alpha = image[..., :3], image[..., 3:].astype(np.uint16)
    if (alpha == 255).all():
        return color
    return ((color * alpha + 255 * (255 - alpha) + 127) // 255).astype(np.uint8)


def _at_ticks(
    timed: Iterable[tuple[float, Item]],
    fps: float,
    seconds: float = 0.0,
    last: float | None = None,
) -> Iterator[Item]:
    """Yield for each tick of a constant rate the item nearest in time.

    Args:
        timed: Items and their seconds, from 0 on, in order.
        fps: Ticks a second.
        seconds: Where the last item ends, if that is after its start.
        last: How long the last item stays otherwise; one tick by default.
    """
    tick, before = 0, None
    for second, item in timed:
        if before is not None:
            middle = (before[0] + second) / 2
            while tick / fps < middle - 1e-6:
                yield before[1]
                tick += 1
        before = (second, item)
    if before is None:
        return
    end = seconds if seconds > before[0] else before[0] + (last or 1 / fps)
    # A tick belongs to the time until the next one: n frames at the same rate make n ticks.
    while tick < max(1, round(end * fps)):
        yield before[1]
        tick += 1


# --- writing


def _watched(clip: VideoClip, task: str, progress: bool) -> VideoClip:
    """The same clip with a progress bar for every time it is iterated."""
    from tqdm import tqdm

    def frames() -> Iterator[np.ndarray]:
        disable = None if progress else True
        bar = tqdm(clip, task, clip.num_frames, leave=False, unit="frame", disable=disable)
        return iter(bar)

    return VideoClip(frames, clip.fps, clip.size, clip.num_frames)


def _write_encoded(clip: VideoClip, part: Path, codec: str, options: dict[str, str]) -> int:
    """Encode into MP4 or WebM; returns the number of frames."""
    import av

    width, height = clip.size
    count = 0
    # The index is moved to the front, so that a browser starts before it has everything.
    container_options = {"movflags": "+faststart"} if part.suffix == ".mp4" else {}
    with av.open(str(part), "w", options=container_options) as container:
        rate = Fraction(clip.fps).limit_denominator(1001)
        stream: Any = container.add_stream(codec, rate=rate, options=options)
        stream.width, stream.height = width + width % 2, height + height % 2
        stream.pix_fmt = "yuv420p"
        for image in clip:
            padded = np.pad(image, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
            frame = av.VideoFrame.from_ndarray(padded, format="rgb24")
            container.mux(stream.encode(frame))
            count += 1
        if count:
            container.mux(stream.encode(None))
    return count


def _write_h264(clip: VideoClip, part: Path, crf: int = 18) -> int:
    # veryfast halves the time. The same frames give the same bytes: x264 writes others for another
    # number of threads, and with its macroblock tree now and then for no reason that shows.
    options = {"preset": "veryfast", "threads": "2", "x264-params": "mbtree=0"}
    return _write_encoded(clip, part, "libx264", {"crf": str(crf), **options})


_WRITERS: dict[str, Callable[[VideoClip, Path], int]] = {
    ".mp4": _write_h264,
    ".webm": partial(
        _write_encoded,
        codec="libvpx-vp9",
        options={"crf": "30", "b": "0", "deadline": "realtime", "cpu-used": "6", "row-mt": "1"},
    ),
    ".gif": lambda clip, part: write_gif(resample_video(clip, min(clip.fps, GIF_RATE)), part),
}
