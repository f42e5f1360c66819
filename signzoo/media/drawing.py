"""Draws poses so that people can judge them: skeletons, side-by-side views, sheets, plots."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import repeat
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from signzoo._files import atomic_path
from signzoo.errors import MediaError, UsageError
from signzoo.media.artist import OVERSAMPLING, Artist, Color
from signzoo.media.captions import text_strip
from signzoo.media.plots import plot_trajectories
from signzoo.media.video import resample_video
from signzoo.structures import Pose, VideoClip
from signzoo.transforms.pose import to_pixels

if TYPE_CHECKING:
    from PIL.Image import Image

__all__ = ["contact_sheet", "draw_pose", "plot_trajectories", "side_by_side", "write_image"]

_WHITE: Color = (255, 255, 255)
_DARK: Color = (18, 20, 24)
_SHEET_WIDTH = 1440
_IMAGE_SUFFIXES = (".png", ".jpg", ".jpeg", ".webp")


def draw_pose(
    pose: Pose,
    size: tuple[int, int] | None = None,
    background: VideoClip | Color = _WHITE,
    label: Callable[[int], str] | None = None,
) -> VideoClip:
    """Draw a pose, one frame at a time as the clip is iterated.

    The body and face are grey, the signer's left hand warm and the right hand cold, each finger in
    its own shade. Lines are as thick as suits the signer's shoulders. What the estimator is unsure
    of is fainter; what is missing, and legs out of the picture, are left out.

    A pose in shoulder widths is put before the fixed camera of
    :func:`~signzoo.transforms.pose.to_pixels`; one in pixels is fitted into the picture whole.

    Args:
        pose: Of any skeleton.
        size: Width and height of the picture in pixels. By default the background's, else the
            pose's own, else 512×512.
        background: A colour, or the video to draw over (at each time its frame nearest in time).
        label: Text for a frame, by its index: shown in a strip that is added below the picture.
    """
    video = background if isinstance(background, VideoClip) else None
    ground = _DARK if isinstance(background, VideoClip) else background
    light = video is None and sum(ground) > 3 * 128
    size = size or (video.size if video else pose.size) or (512, 512)
    pose = to_pixels(pose, size) if pose.unit == "shoulder" else pose
    points = _fitted(pose, size, video)
    artist = Artist.of(pose, points, ground, light, min(size))
    strip = (size[0], max(24, round(size[1] * 0.09)))

    def frames() -> Iterator[np.ndarray]:
        canvases = _over(video, size, pose.fps) if video else _blanks(ground, size)
        for index, canvas in zip(range(len(pose)), canvases, strict=False):
            picture = artist.paint(index, canvas)
            if label:
                ink, paper = (_DARK, _WHITE) if light else (_WHITE, _DARK)
                picture = np.concatenate([picture, text_strip(label(index), strip, ink, paper)])
            yield picture

    height = size[1] + (strip[1] if label else 0)
    return VideoClip(frames, pose.fps, (size[0], height), len(pose))


def _fitted(pose: Pose, size: tuple[int, int], video: VideoClip | None) -> np.ndarray:
    """Pixels of the pose's frame to pixels of the picture, ``(T, V, 2)``: whole and centred."""
    frame = pose.size or (video.size if video else _extent(pose))
    shown = video.size if video else frame  # a pose of another size than its video is stretched
    scale = min(size[0] / shown[0], size[1] / shown[1])
    stretch = np.array(shown) / frame * scale
    margin = (np.array(size) - np.array(shown) * scale) / 2
    return (pose.points[..., :2] * stretch + margin).astype(np.float32)


def _extent(pose: Pose) -> tuple[int, int]:
    """The size of a frame that holds all points, where the pose does not say its own."""
    width, height = np.ceil(pose.points[..., :2].max(axis=(0, 1), initial=1) * 1.05)
    return int(width), int(height)


def _blanks(ground: Color, size: tuple[int, int]) -> "Iterator[Image]":
    from PIL import Image

    blank = Image.new("RGB", (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING), ground)
    return (canvas.copy() for canvas in repeat(blank))


def _over(video: VideoClip, size: tuple[int, int], fps: float) -> "Iterator[Image]":
    """The frames of a video as canvases; the last one stays."""
    from PIL import Image

    large = (size[0] * OVERSAMPLING, size[1] * OVERSAMPLING)
    scale = min(large[0] / video.size[0], large[1] / video.size[1])
    inner = (round(video.size[0] * scale), round(video.size[1] * scale))
    # Repeated pixels average back to exactly those of the video.
    way = Image.Resampling.NEAREST if scale == OVERSAMPLING else Image.Resampling.BILINEAR
    for frame in _held(resample_video(video, fps)):
        canvas = Image.fromarray(frame).resize(inner, way)
        if inner != large:
            whole = Image.new("RGB", large, _DARK)
            whole.paste(canvas, ((large[0] - inner[0]) // 2, (large[1] - inner[1]) // 2))
            canvas = whole
        yield canvas


def _held(frames: Iterable[np.ndarray]) -> Iterator[np.ndarray]:
    """All frames, then the last one for ever."""
    last = None
    for last in frames:
        yield last
    while last is not None:
        yield last


def side_by_side(clips: Sequence[VideoClip], titles: Sequence[str] = ()) -> VideoClip:
    """Put clips next to each other, at the height of the tallest and the rate of the fastest.

    It lasts as long as the longest; the last frame of a shorter one stays.

    Args:
        clips: At least one.
        titles: A text above each clip, or none.

    Raises:
        UsageError: There are no clips, or not as many titles.
    """
    if not clips or (titles and len(titles) != len(clips)):
        raise UsageError(
            f"side_by_side takes clips and a title for each; got {len(clips)} and {len(titles)}."
        )
    fps = max(clip.fps for clip in clips)
    height = max(clip.size[1] for clip in clips)
    sizes = [(round(clip.size[0] * height / clip.size[1]), height) for clip in clips]
    bar = max(24, round(height * 0.08)) if titles else 0
    heads = [text_strip(title, (w, bar)) for title, (w, _) in zip(titles, sizes, strict=False)]

    def frames() -> Iterator[np.ndarray]:
        streams = [iter(resample_video(clip, fps)) for clip in clips]
        shown = [np.full((height, width, 3), 255, np.uint8) for width, _ in sizes]
        while True:
            new = [next(stream, None) for stream in streams]
            if all(frame is None for frame in new):
                return
            for i, frame in enumerate(new):
                shown[i] = shown[i] if frame is None else _resized(frame, sizes[i])
            picture = np.concatenate(shown, axis=1)
            yield np.concatenate([np.concatenate(heads, axis=1), picture]) if heads else picture

    counts = [resample_video(clip, fps).num_frames for clip in clips]
    longest = None if None in counts else max(count or 0 for count in counts)
    return VideoClip(frames, fps, (sum(w for w, _ in sizes), height + bar), longest)


def contact_sheet(
    clip: VideoClip,
    columns: int = 6,
    count: int = 18,
    captions: Sequence[str] | Callable[[int], str] | None = None,
) -> np.ndarray:
    """Show frames from all over a clip in one picture, from left to right and down.

    Args:
        clip: What to show; read to its end, keeping only what is shown.
        columns: How many frames stand side by side.
        count: How many frames are shown, evenly spaced with the first and the last.
        captions: A text below each shown frame, in their order or made from a frame's index.

    Returns:
        ``(H, W, 3)`` uint8, at most 1440 wide.

    Raises:
        MediaError: The clip has no frames.
        UsageError: Rows or columns would be empty, or captions are missing.
    """
    if columns < 1 or count < 1:
        raise UsageError(f"A sheet needs columns and frames; got {columns} and {count}.")
    length = clip.num_frames or sum(1 for _ in clip)
    wanted = np.unique(np.linspace(0, max(length - 1, 0), min(count, max(length, 1))).round())
    places = set(wanted.astype(int).tolist())
    columns = min(columns, len(places))
    gap = 6
    width = min(clip.size[0], (_SHEET_WIDTH - gap) // columns - gap)
    size = (width, max(1, round(clip.size[1] * width / clip.size[0])))
    found = {i: _resized(frame, size) for i, frame in enumerate(clip) if i in places}
    if not found:
        raise MediaError("The clip has no frames to show.")
    cells = list(found.values())
    if captions is not None:
        texts = [captions(i) for i in found] if callable(captions) else list(captions)
        if len(texts) < len(cells):
            raise UsageError(f"{len(cells)} frames are shown, but {len(texts)} captions given.")
        strip = (width, max(18, size[1] // 9))
        cells = [
            np.concatenate([cell, text_strip(text, strip)])
            for cell, text in zip(cells, texts, strict=False)
        ]
    return _grid(cells, columns, gap)


def _grid(cells: Sequence[np.ndarray], columns: int, gap: int) -> np.ndarray:
    height, width = cells[0].shape[:2]
    rows = -(-len(cells) // columns)
    shape = (rows * (height + gap) + gap, columns * (width + gap) + gap, 3)
    sheet = np.full(shape, 255, np.uint8)
    for index, cell in enumerate(cells):
        top = gap + index // columns * (height + gap)
        left = gap + index % columns * (width + gap)
        sheet[top : top + height, left : left + width] = cell
    return sheet


def _resized(image: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    from PIL import Image

    if image.shape[1::-1] == size:
        return image
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.LANCZOS))


def write_image(image: np.ndarray, path: str | os.PathLike[str]) -> None:
    """Write a picture, ``(H, W, 3)`` uint8, as ``.png``, ``.jpg`` or ``.webp``.

    Raises:
        UsageError: The suffix is another one.
        DiskError: There is no room or no permission.
    """
    from PIL import Image

    path = Path(path)
    if path.suffix.lower() not in _IMAGE_SUFFIXES:
        raise UsageError(f"{path} does not end like a picture: {', '.join(_IMAGE_SUFFIXES)}.")
    with atomic_path(path) as part:
        Image.fromarray(image).save(part)
