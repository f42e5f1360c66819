"""Writes a tiny corpus in the format of RWTH-BOSTON-104: hands rest, sign, and rest again."""

import json
from pathlib import Path

import numpy as np

SIGNERS = {"man-1": 84, "woman-1": 57, "woman-2": 60}  # shoulder widths in pixels
REST = 2.1  # shoulder widths below the nose


def write(folder: Path) -> None:
    folder.mkdir(parents=True)
    rng = np.random.default_rng(0)
    tracks, rows = {}, []
    for number in range(9):
        signer = list(SIGNERS)[number % 3]
        lead, signing, tail = rng.integers(8, 20), rng.integers(20, 40), rng.integers(8, 20)
        name = str(number)
        tracks[name] = SIGNERS[signer] * track(lead, signing, tail, rng) + 200
        middle = int(lead + signing // 2)
        segments = [["ONE", int(lead), middle], ["TWO", middle + 1, int(lead + signing) - 1]]
        rows.append({"id": name, "signer": signer, "gloss": "ONE TWO", "segments": segments})
    np.savez(folder / "tracks.npz", **tracks)
    lines = [json.dumps(row) + "\n" for row in rows]
    (folder / "manifest.jsonl").write_text("".join(lines), encoding="utf-8")


def track(lead: int, signing: int, tail: int, rng: np.random.Generator) -> np.ndarray:
    """Left hand, right hand and nose in shoulder widths, ``(T, 6)``; signed with the right hand."""
    height = np.r_[np.full(lead, REST), np.full(signing, 0.6), np.full(tail, REST)]
    height = np.convolve(np.pad(height, 2, mode="edge"), np.ones(5) / 5, "valid")
    waving = 0.3 * np.sin(np.arange(len(height)) * 0.7) * (height < REST - 0.5)
    zero = np.zeros_like(height)
    columns = [zero + 0.3, zero + REST, waving - 0.3, height, zero, zero]
    return (np.stack(columns, axis=1) + rng.normal(0, 0.01, (len(height), 6))).astype(np.float32)
