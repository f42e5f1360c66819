"""Writes a tiny corpus in the format of WLASL's 106 points: one hand signs, the other is lost."""

import json
from pathlib import Path

import numpy as np

PLACES = {  # pixels
    0: (129, 79),
    1: (138, 72),
    2: (121, 72),
    3: (149, 78),
    4: (110, 78),
    5: (171, 129),
    6: (90, 129),
    7: (190, 192),
    8: (69, 190),
    9: (129, 240),
    10: (145, 263),
    11: (114, 263),
}
FAN = np.stack([(np.arange(20) // 4 - 2) * 5, -10 - 5 * (np.arange(20) % 4)], axis=1)


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    found, rows = {}, []
    for number, (gloss, subset) in enumerate(
        [("book", "train"), ("drink", "train"), ("book", "val"), ("computer", "val")]
    ):
        name = f"{number:05d}"
        found[name] = points(6 + 2 * number)
        rows.append({"id": name, "gloss": gloss, "subset": subset, "frames": len(found[name])})
    np.savez(folder / "keypoints.npz", **found)
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")


def points(frames: int) -> np.ndarray:
    """x, y and confidence ``(frames, 106, 3)``; the left hand is taken for the face."""
    values = np.ones((frames, 106, 3))
    values[:, :, 2] = 0.97
    values[:, 12:64, :2] = (129, 80)
    for index, place in PLACES.items():
        values[:, index, :2] = place
    angles = np.linspace(np.pi, 0, 17)
    values[:, 16:33, :2] += np.stack([20 * np.cos(angles), 30 * np.sin(angles)], axis=1)
    time = np.arange(frames)[:, None]
    right = np.concatenate([100 + 15 * np.sin(time), 150 - 10 * np.cos(time)], axis=1)
    values[:, 85, :2], values[:, 86:, :2] = right, right[:, None] + FAN
    values[:, 64, :2], values[:, 65:85, :2] = (175, 240), (129, 85)
    values[:, 65:85, 2] = 0.12
    values[:, [64, 85], 2] = 1.02  # more than sure, as the corpus has it
    return values.astype(np.float16)
