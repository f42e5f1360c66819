"""Writes a tiny corpus like PHOENIX-2014T: pairs of sentences and glosses, and its own layout."""

import itertools
import json
from pathlib import Path

import numpy as np
from PIL import Image

SUBSETS = {"train": 40, "dev": 12, "test": 12}
TIMES = {
    "heute": ["HEUTE"],
    "morgen": ["MORGEN"],
    "am montag": ["MONTAG"],
    "am donnerstag": ["DONNERSTAG"],
}
WEATHERS = {
    "regnet es": ["REGEN"],
    "schneit es": ["SCHNEE"],
    "scheint die sonne": ["SONNE"],
    "weht starker wind": ["STARK", "WIND"],
}
PLACES = {
    "im norden": ["NORD"],
    "im süden": ["SUED"],
    "an der küste": ["KUESTE"],
    "": [],
}
DEGREES = {"bei zwölf grad": ["ZWOELF", "GRAD"], "bei drei grad": ["DREI", "GRAD"], "": []}


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    pairs = [pair(*parts) for parts in itertools.product(TIMES, WEATHERS, PLACES, DEGREES)]
    order = np.random.default_rng(0).permutation(len(pairs))
    start = 0
    for subset, count in SUBSETS.items():
        lines = [
            json.dumps({"id": f"{subset}-{number}", **pairs[place]}, ensure_ascii=False) + "\n"
            for number, place in enumerate(order[start : start + count])
        ]
        (folder / f"{subset}.jsonl").write_text("".join(lines), encoding="utf-8")
        start += count
    write_videos(folder / "PHOENIX-2014-T")


def pair(time: str, weather: str, place: str, degrees: str) -> dict:
    """German says time, weather, place; the glosses name the place before the weather."""
    text = " ".join(part for part in (time, weather, place, degrees) if part)
    gloss = TIMES[time] + PLACES[place] + WEATHERS[weather] + DEGREES[degrees]
    return {"text": text, "gloss": gloss}


def write_videos(folder: Path) -> None:
    """The official layout, with pictures of 4 to 6 frames for the first sentences of each split."""
    manual, frames = folder / "annotations" / "manual", folder / "features" / "fullFrame-210x260px"
    manual.mkdir(parents=True)
    pairs = [pair(*parts) for parts in itertools.product(TIMES, WEATHERS, PLACES, DEGREES)]
    for number, split in enumerate(SUBSETS):
        lines = ["name|video|start|end|speaker|orth|translation"]
        for take in range(3 if split == "train" else 2):
            name = f"{take + 1:02d}April_2010_Thursday_heute-{number + 1}"
            each = pairs[3 * number + take]
            orth = " ".join(each["gloss"])
            lines.append(f"{name}|{name}/1/*.png|-1|-1|Signer{take:02d}|{orth}|{each['text']}")
            write_pictures(frames / split / name, 4 + take, "images{:04d}.png")
        table = manual / f"PHOENIX-2014-T.{split}.corpus.csv"
        table.write_text("\n".join(lines) + "\n", encoding="utf-8")


def write_pictures(folder: Path, count: int, pattern: str) -> None:
    """Pictures of 42×52 pixels, the n-th of grey value 10 n, numbered from 1."""
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        Image.new("RGB", (42, 52), (10 * number,) * 3).save(folder / pattern.format(number))
