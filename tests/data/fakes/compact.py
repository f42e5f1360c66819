"""Writes a tiny language model with random weights, on the texts of the fake PHOENIX-2014T."""

import runpy
from itertools import product
from pathlib import Path

from signzoo.models.compact import CompactConfig, make_compact

SIZE = CompactConfig(
    120, width=16, inner_width=32, heads=2, encoder_layers=1, decoder_layers=1, dropout=0.0
)


def write(folder: Path) -> None:
    grammar = runpy.run_path(str(Path(__file__).with_name("phoenix14t.py")))
    parts = (grammar[name] for name in ("TIMES", "WEATHERS", "PLACES", "DEGREES"))
    pairs = [grammar["pair"](*each) for each in product(*parts)]
    texts = [text for each in pairs for text in (each["text"], " ".join(each["gloss"]))]
    make_compact(texts, ["phoenix14t"], folder, SIZE)
