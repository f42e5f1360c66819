"""Writes a tiny corpus in the format of How2Sign: clips for train, a whole video for val."""

from pathlib import Path

import numpy as np

from signzoo.media.video import write_video
from signzoo.structures import VideoClip

HEADER = (
    "VIDEO_ID",
    "VIDEO_NAME",
    "SENTENCE_ID",
    "SENTENCE_NAME",
    "START_REALIGNED",
    "END_REALIGNED",
    "SENTENCE",
)
FPS = 25.0


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    train = [
        row("--7E2sU6zP4", 5, 0, 0.0, 0.4, "And I call them decorative."),
        row("--7E2sU6zP4", 5, 1, 0.4, 0.8, '"""Go,"" he said, ""now""."'),
        row("-d5dN54tH2E", 8, 0, 0.0, 0.4, 'It is 5" long.'),
    ]
    write_table(folder / "how2sign_realigned_train.csv", train)
    for each in train:
        write_clip(folder / "train_rgb_front_clips" / "raw_videos" / f"{each[3]}.mp4", 10)
    val = [
        row("-eXo23fl3lQ", 1, 0, 0.2, 0.6, "Hello."),
        row("-eXo23fl3lQ", 1, 1, 0.6, 1.2, "Bye."),
    ]
    write_table(folder / "how2sign_realigned_val.csv", val)
    write_clip(folder / "val_raw_videos" / "-eXo23fl3lQ-1-rgb_front.mp4", 30)


def row(video: str, signer: int, number: int, start: float, end: float, text: str) -> tuple:
    names = (f"{video}-{signer}-rgb_front", f"{video}_{number}")
    return (video, *names, f"{video}_{number}-{signer}-rgb_front", start, end, text)


def write_table(path: Path, rows: list[tuple], header: tuple[str, ...] = HEADER) -> None:
    lines = ["\t".join(map(str, each)) for each in (header, *rows)]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_clip(path: Path, count: int) -> None:
    """The n-th frame, from 0, has the grey value 8 n."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = np.arange(count, dtype=np.uint8)[:, None, None, None] * 8
    write_video(VideoClip.from_frames(np.broadcast_to(grey, (count, 32, 32, 3)).copy(), FPS), path)
