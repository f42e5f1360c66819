"""Makes a tiny corpus of videos: a hand that circles before a body, with its landmarks."""

import json
from pathlib import Path

import numpy as np

from signzoo.media.video import write_video
from signzoo.structures import Pose, Skeleton, VideoClip

SIZE, FPS = 48, 25.0
_SKELETON = Skeleton.named("mediapipe-holistic[body,left_hand,right_hand]")
_FRAMES = (24, 17, 16, 9, 5)


def write(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for index, count in enumerate(_FRAMES):
        hand = _circle(count, index)
        clip = VideoClip.from_frames(_drawn(hand, index), FPS)
        write_video(clip, folder / f"{index}.mp4")
        _pose(hand).write(folder / f"{index}.npz")
        rows.append(
            {
                "id": str(index),
                "gloss": ["CIRCLE"],
                "signer": f"s{index % 2}",
                "video": f"{index}.mp4",
                "pose": f"{index}.npz",
            }
        )
    text = "".join(json.dumps(row) + "\n" for row in rows)
    (folder / "manifest.jsonl").write_text(text, encoding="utf-8")


def _circle(count: int, index: int) -> np.ndarray:
    angle = np.arange(count) * 0.5 + index
    return np.stack([22 + 8 * np.cos(angle), 26 + 8 * np.sin(angle)], axis=1)  # (T, 2) pixels


def _drawn(hand: np.ndarray, index: int) -> np.ndarray:
    y, x = np.mgrid[:SIZE, :SIZE]
    frames = np.full((len(hand), SIZE, SIZE, 3), 200 - 20 * index, np.uint8)
    frames[:, (abs(x - 24) < 10) & (y > 18)] = (60, 80, 120)
    near = np.hypot(x - hand[:, 0, None, None], y - hand[:, 1, None, None]) < 4
    frames[near] = (220, 170, 140)
    return frames


def _pose(hand: np.ndarray) -> Pose:
    points = np.zeros((len(hand), len(_SKELETON.landmarks), 3), np.float32)
    confidence = np.zeros(points.shape[:2], np.float32)
    for name, place in (("left_shoulder", (31, 19)), ("right_shoulder", (17, 19))):
        where = _SKELETON.landmarks.index(f"body/{name}")
        points[:, where, :2], confidence[:, where] = place, 1
    part = _SKELETON.part("right_hand")
    fingers = np.stack([np.arange(21) % 5, np.arange(21) // 5], axis=1) * 0.8 - 1.6
    points[:, part, :2], confidence[:, part] = hand[:, None] + fingers, 1
    return Pose(points, confidence, FPS, _SKELETON, "pixel", (SIZE, SIZE))
