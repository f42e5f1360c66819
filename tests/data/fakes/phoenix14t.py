"""Writes a tiny corpus in the format of PHOENIX-2014T: German weather and its DGS glosses."""

import itertools
import json
from pathlib import Path

import numpy as np

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


def pair(time: str, weather: str, place: str, degrees: str) -> dict:
    """German says time, weather, place; the glosses name the place before the weather."""
    text = " ".join(part for part in (time, weather, place, degrees) if part)
    gloss = TIMES[time] + PLACES[place] + WEATHERS[weather] + DEGREES[degrees]
    return {"text": text, "gloss": gloss}
