"""Writes a tiny corpus in the text format of Progressive Transformers."""

from pathlib import Path

import numpy as np

ARMS = [
    (0.0, -0.2, 0.0),  # nose
    (0.0, 0.0, 0.0),  # neck
    (0.17, 0.0, 0.0),  # left shoulder, elbow, wrist
    (0.3, 0.3, 0.05),
    (0.15, 0.3, 0.15),
    (-0.17, 0.0, 0.0),  # right shoulder, elbow, wrist
    (-0.3, 0.3, 0.05),
    (-0.15, 0.1, 0.15),
]
FAN = np.array([(0.01 * (i // 4), -0.02 * (i % 4), 0.0) for i in range(21)])
NAMES = ("01April_2010_Thursday_heute-6694", "11August_2010_Wednesday_tagesschau-1")


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    for split in ("train", "dev"):
        lines = {
            "skels": [line(3 + number) for number in range(2)],
            "text": ["im süden regnet es .", "und nun die wettervorhersage ."],
            "gloss": ["SUED REGEN", "JETZT WETTER"],
            "files": [f"{split}/{name}" for name in NAMES],
        }
        for suffix, each in lines.items():
            (folder / f"{split}.{suffix}").write_text("\n".join(each) + "\n", encoding="utf-8")


def line(frames: int) -> str:
    """The right hand is higher than the left; in the first frame the left hand is missing."""
    parts = []
    for frame in range(frames):
        joints = np.concatenate([ARMS, ARMS[7] + FAN, ARMS[4] + FAN])
        if not frame:
            joints[29:] = 0
        values = [*joints.ravel(), frame / frames]
        parts += [f"{value:.5f}" for value in values]
    return " ".join(parts)
