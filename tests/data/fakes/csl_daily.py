"""Writes a tiny corpus in the format of CSL-Daily, one sentence of which is in no split."""

import runpy
from pathlib import Path

SENTENCES = [
    ("S000000_P0000_T00", "train", "你 好", "你 好 。", "你 好 。"),
    ("S000001_P0004_T00", "train", "明天 南 下雨", "明 天 南 方 下 雨 。", "明天 南方 下雨 。"),
    ("S000002_P0003_T00", "dev", "他 谁", "他 是 谁 ？", "他 是 谁 ？"),
    ("S000003_P0003_T01", "test", "我 高兴", "我 很 高 兴 。", "我 很 高兴 。"),
    ("S000005_P0004_T00", "", "我 去", "我 去 。", "我 去 。"),
]


def write(folder: Path) -> None:
    pictures = runpy.run_path(str(Path(__file__).with_name("phoenix14t.py")))["write_pictures"]
    labels = folder / "sentence_label"
    labels.mkdir(parents=True)
    rows, splits = ["index|name|length|gloss|char|word|postag"], ["name|split"]
    for index, (name, split, gloss, char, word) in enumerate(SENTENCES):
        rows.append(f"{index}|{name}|{3 + index}|{gloss}|{char}|{word}|r v")
        if split:
            splits.append(f"{name}|{split}")
            pictures(folder / "sentence" / "frames_512x512" / name, 3 + index, "{:06d}.jpg")
    (labels / "video_map.txt").write_text("\n".join(rows) + "\n", encoding="utf-8")
    (labels / "split_1.txt").write_text("\n".join(splits) + "\n", encoding="utf-8")
