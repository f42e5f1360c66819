"""Generated videos: pictures that say which they are, and a drawn person whom MediaPipe finds."""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import numpy as np

from signzoo.structures import VideoClip


def make_numbered(count: int, size: tuple[int, int] = (64, 48), fps: float = 25.0) -> VideoClip:
    """Grey pictures whose brightness is their number, see :func:`read_numbers`."""
    width, height = size
    grey = np.arange(count, dtype=np.uint8) * 8 + 20
    frames = np.broadcast_to(grey[:, None, None, None], (count, height, width, 3))
    return VideoClip.from_frames(np.ascontiguousarray(frames), fps)


def read_numbers(clip: VideoClip) -> list[int]:
    """The numbers of numbered pictures, from their centre."""
    width, height = clip.size
    return [round((int(frame[height // 2, width // 2, 0]) - 20) / 8) for frame in clip]


def encode(
    path: Path,
    clip: VideoClip,
    codec: str = "libx264",
    times: Sequence[int] | None = None,
    aspect: Fraction | None = None,
    **options: str,
) -> Path:
    """Write a video as PyAV makes it; ``times`` are milliseconds for a variable frame rate."""
    import av

    with av.open(str(path), "w", options=options) as container:
        stream = container.add_stream(codec, rate=Fraction(clip.fps).limit_denominator(1001))
        stream.width, stream.height = clip.size
        stream.pix_fmt = "yuv420p"
        if times:
            stream.codec_context.time_base = Fraction(1, 1000)
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        for index, image in enumerate(clip):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            if times:
                frame.pts, frame.time_base = times[index], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def set_display_matrix(path: Path, a: int, b: int, c: int, d: int) -> None:
    """Give an MP4 the flag by which cameras say how the picture is to be turned."""
    content = bytearray(path.read_bytes())
    start = content.index(b"tkhd") + 4 + 4 + 20 + 16  # version 0: times, ids, layer and volume
    matrix = (a << 16, b << 16, 0, c << 16, d << 16, 0, 0, 0, 1 << 30)
    content[start : start + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(content)


def write_sound(path: Path) -> Path:
    """Half a second of silence without pictures."""
    import av

    with av.open(str(path), "w") as container:
        stream = container.add_stream("aac", rate=44100)
        for index in range(22):
            silence = np.zeros((1, 1024), np.float32)
            frame = av.AudioFrame.from_ndarray(silence, format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, index * 1024
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


# Where the drawn person's hands are, in pixels of 320×320; shoulders and face do not move.
PERSON = {"head": (160, 95), "left_shoulder": (214, 172), "right_shoulder": (106, 172)}
PALMS = {"left_hand": (187, 205), "right_hand": (133, 205)}
_SKIN, _SHADE, _SHIRT, _HAIR = (224, 172, 140), (190, 135, 105), (40, 60, 110), (60, 40, 30)


def draw_person() -> np.ndarray:
    """A cartoon of a person with both palms before the chest, ``(320, 320, 3)`` uint8."""
    from PIL import Image, ImageDraw, ImageFilter

    image = Image.new("RGB", (640, 640), (150, 165, 180))
    draw = ImageDraw.Draw(image)

    def blob(x: float, y: float, across: float, down: float, color: tuple[int, int, int]) -> None:
        draw.ellipse((x - across, y - down, x + across, y + down), color)

    def tube(points: list[tuple[float, float]], width: int, color: tuple[int, int, int]) -> None:
        draw.line(points, color, width, "curve")
        for x, y in points:
            blob(x, y, width / 2, width / 2, color)

    blob(320, 165, 78, 95, _HAIR)
    tube([(320, 250), (320, 330)], 56, _SHADE)
    torso = [(200, 345), (270, 310), (370, 310), (440, 345), (430, 640), (210, 640)]
    draw.polygon(torso, _SHIRT)
    blob(320, 180, 62, 80, _SKIN)
    blob(320, 105, 60, 30, _HAIR)
    tube([(320, 172), (316, 198)], 4, _SHADE)
    tube([(310, 203), (330, 203)], 5, _SHADE)
    tube([(300, 228), (320, 233), (340, 228)], 7, (170, 70, 70))
    for side in (-1, 1):
        blob(320 + side * 62, 185, 9, 16, _SKIN)
        blob(320 + side * 25, 170, 13, 7, (250, 250, 250))
        blob(320 + side * 25, 170, 6, 6, (50, 30, 20))
        tube([(320 + side * 12, 152), (320 + side * 38, 150)], 5, _HAIR)
        tube([(320 + side * 105, 360), (320 + side * 130, 480)], 52, _SHIRT)
        tube([(320 + side * 130, 480), (320 + side * 60, 455)], 44, _SHIRT)
        x = 320 + side * 55
        blob(x, 433, 24, 28, _SKIN)
        for across, up in ((-18, 38), (-6, 48), (6, 46), (18, 36)):
            tube([(x + across, 420), (x + across * 1.25, 420 - up)], 11, _SKIN)
        tube([(x - side * 20, 435), (x - side * 42, 411)], 12, _SKIN)
    smooth = image.filter(ImageFilter.GaussianBlur(2))
    return np.asarray(smooth.resize((320, 320), Image.Resampling.LANCZOS))
