"""Makes a tiny corpus of invented signs, as `signzoo data synthesize` does."""

import json
from pathlib import Path

from signzoo.data.synthesis.corpus import Recipe, synthesize


def write(folder: Path) -> None:
    manifest = folder.parent / "synthetic.jsonl"
    rows = [
        {"id": str(i), "text": "Regen im Norden", "gloss": gloss.split()}
        for i, gloss in enumerate(["NORD REGEN", "WIND", "SONNE NORD WIND"])
    ]
    manifest.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    synthesize(Recipe(str(manifest), signers="2", video=False), folder)
