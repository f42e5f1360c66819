"""Writes a tiny corpus in the format of INCLUDE's greetings: 30 flat frames, the last empty."""

import json
from pathlib import Path

import numpy as np

FRAMES = 8
PLACES = {  # shares of the picture, by MediaPipe's numbers of the body
    0: (0.50, 0.22),
    2: (0.51, 0.19),
    5: (0.49, 0.19),
    11: (0.56, 0.36),
    12: (0.43, 0.36),
    13: (0.57, 0.56),
    14: (0.40, 0.54),
    15: (0.57, 0.69),
    16: (0.42, 0.45),
}
FAN = np.stack([(np.arange(21) // 4 - 2) * 0.008, -0.02 * (np.arange(21) % 4)], axis=1)


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    rows = []
    for number, (sign, session) in enumerate([("hello", "A"), ("thank you", "A"), ("hello", "B")]):
        name = f"{sign.replace(' ', '-')}/MVI_{number:04d}_skip_2"
        path = folder / "keypoint_data" / f"{name}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, values())
        file = path.relative_to(folder).as_posix()
        rows.append({"id": name, "file": file, "text": sign, "session": session})
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")


def values() -> np.ndarray:
    """``(30, 150)``: the right hand waves, and is lost in one frame; 22 frames of padding."""
    points = np.zeros((30, 75, 2))
    points[:FRAMES, :33] = (0.5, 0.25)
    for index, place in PLACES.items():
        points[:FRAMES, index] = place
    wave = 0.02 * np.sin(np.arange(FRAMES))[:, None, None] * [1, 0]
    points[:FRAMES, 33:54] = points[:FRAMES, 15:16] + FAN
    points[:FRAMES, 54:] = points[:FRAMES, 16:17] + FAN + wave
    points[3, 54:] = 0
    return points.reshape(30, 150)
