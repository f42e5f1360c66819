"""Writes a tiny corpus in the format of the DGS sentences: holistic poses and timed glosses."""

import json
from pathlib import Path

import numpy as np

from signzoo.structures import Pose, Skeleton


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    lines = []
    for number in range(3):
        frames = 25 + 5 * number
        signer(frames).write(folder / f"train_{number}_original.pose")
        row = {
            "id": f"100{number}_a{number}",
            "split": "train",
            "pose": f"train_{number}_original.pose",
            "german": "Eins und zwei.",
            "glosses": [["EINS1", 80, 400], ["ZWEI2*", 520, 1400]],
        }
        lines.append(json.dumps(row) + "\n")
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")


def signer(frames: int) -> Pose:
    """Both hands before the chest, 200 pixels shoulder width."""
    skeleton = Skeleton.named("mediapipe-holistic")
    points = np.zeros((frames, len(skeleton.landmarks), 3), np.float32)
    confidence = np.zeros(points.shape[:2], np.float32)
    waving = 40 * np.sin(np.arange(frames) * 0.6)
    places = {
        "head": (256, 140),
        "left_shoulder": (356, 260),
        "right_shoulder": (156, 260),
        "left_elbow": (400, 380),
        "right_elbow": (110, 380),
        "left_wrist": (300, 300),
        "right_wrist": (210, 300),
        "left_hand": (290, 280),
        "right_hand": (220, 280),
    }
    for name, (x, y) in places.items():
        where = list(skeleton.anchor(name))
        moving = waving[:, None] if name.endswith(("hand", "wrist")) else 0
        points[:, where, 0], points[:, where, 1] = x + moving, y
        confidence[:, where] = 1
    return Pose(points, confidence, 25, skeleton, "pixel", (512, 512))
