"""Writes a GIF whose frames share one well-chosen palette."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from signzoo.structures import VideoClip

if TYPE_CHECKING:
    from av import VideoFrame

# A GIF counts hundredths of a second, and browsers slow a delay of one hundredth down to ten.
GIF_RATE = 50.0
# An ordered dither stands still from frame to frame: no crawling dots, and smaller files.
_DITHER = "dither=bayer:bayer_scale=4"


def write_gif(clip: VideoClip, path: Path) -> int:
    """Encode a clip of at most :data:`GIF_RATE` frames a second, iterating it twice.

    The first pass counts colours, the second writes, and neither keeps frames. The delays of a
    rate that hundredths of a second cannot hold alternate, so that the whole keeps its length.

    Returns:
        The number of frames; with 0 there is no file.
    """
    import av

    palette = _palette(clip)
    if palette is None:
        return 0
    count = 0
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("gif", rate=1 / _tick(clip))
        stream.width, stream.height = clip.size
        stream.pix_fmt = "pal8"
        for frame in _indexed(clip, palette):
            container.mux(stream.encode(frame))
            count += 1
        container.mux(stream.encode(None))
    return count


def _palette(clip: VideoClip) -> "VideoFrame | None":
    """The 256 colours that suit all frames, as a picture of 16×16; ``None`` without frames."""
    graph, source = _graph(clip)
    generator = graph.add("palettegen", "reserve_transparent=0")
    sink = graph.add("buffersink")
    source.link_to(generator)
    generator.link_to(sink)
    graph.configure()
    frame = None
    for frame in _frames(clip):
        source.push(frame)
    if frame is None:
        return None
    source.push(None)
    palette: Any = sink.pull()
    return palette  # type: ignore[no-any-return]


def _indexed(clip: VideoClip, palette: "VideoFrame") -> "Iterator[VideoFrame]":
    """Yield the frames in colours of the palette."""
    graph, source = _graph(clip)
    colors = graph.add_buffer(
        width=palette.width,
        height=palette.height,
        format=palette.format,
        time_base=_tick(clip),
    )
    mapper, sink = graph.add("paletteuse", _DITHER), graph.add("buffersink")
    source.link_to(mapper, 0, 0)
    colors.link_to(mapper, 0, 1)
    mapper.link_to(sink)
    graph.configure()
    palette.pts, palette.time_base = 0, _tick(clip)
    colors.push(palette)
    colors.push(None)
    for frame in _frames(clip):
        source.push(frame)
        yield from _ready(sink)
    source.push(None)
    yield from _ready(sink)


def _ready(sink: Any) -> "Iterator[VideoFrame]":
    """Take the frames that a filter has finished; it may hold some back until it has the next."""
    import av

    while True:
        try:
            yield sink.pull()
        except (av.error.BlockingIOError, av.error.EOFError):
            return


def _graph(clip: VideoClip) -> tuple[Any, Any]:
    """A filter graph and its input, for the pictures of a clip."""
    import av

    graph: Any = av.filter.Graph()
    width, height = clip.size
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=_tick(clip))
    return graph, source


def _frames(clip: VideoClip) -> "Iterator[VideoFrame]":
    import av

    for index, image in enumerate(clip):
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        frame.pts, frame.time_base = index, _tick(clip)
        yield frame


def _tick(clip: VideoClip) -> Fraction:
    """The seconds of a frame."""
    return 1 / Fraction(clip.fps).limit_denominator(1001)
