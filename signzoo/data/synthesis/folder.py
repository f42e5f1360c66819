"""The folder of a corpus while it is made: whose it is, what is finished, and its sheet."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from signzoo._files import clear_disk_errors, write_text
from signzoo.errors import UsageError
from signzoo.media.video import open_video
from signzoo.structures import Pose, VideoClip

MANIFEST = "manifest.jsonl"
PROGRESS = "progress.jsonl"
_FILES = ("pose", "true_pose", "video")
_SHEET_SENTENCES = 6
_SHEET_FRAMES = 8
_SHEET_PIXELS = 176


def claim(out: Path, facts: Mapping[str, Any]) -> None:
    """Write down what is made here, or check that it is what was begun.

    Raises:
        UsageError: The folder holds another corpus.
        DiskError: The folder cannot be made.
    """
    with clear_disk_errors(out):
        out.mkdir(parents=True, exist_ok=True)
    path = out / "corpus.json"
    if not path.exists():
        write_text(path, json.dumps(facts, ensure_ascii=False, indent=1) + "\n")
        return
    try:
        begun = json.loads(path.read_text("utf-8"))
    except ValueError:
        begun = {}
    known = json.loads(json.dumps(facts))
    # Where the table lies does not matter, what is in it does.
    differing = [key for key in known if key != "recipe" and begun.get(key) != known[key]]
    recipes = begun.get("recipe", {}), known["recipe"]
    differing += [
        k for k in known["recipe"] if k != "manifest" and recipes[0].get(k) != recipes[1][k]
    ]
    if differing:
        raise UsageError(
            f"{out} holds a corpus that was begun with another {', '.join(differing)}. Go on with "
            "what corpus.json says, or give --out another folder."
        )


def finished(out: Path) -> dict[str, dict[str, Any]]:
    """Rows that are done, by their id; a line that an interruption cut in half does not count."""
    path = out / PROGRESS if (out / PROGRESS).exists() else out / MANIFEST
    if not path.exists():
        return {}
    text = path.read_text("utf-8")
    whole = text[: text.rfind("\n") + 1]
    if whole != text:
        write_text(path, whole)
    entries = [json.loads(line) for line in whole.splitlines()]
    return {
        entry["id"]: entry
        for entry in entries
        if all((out / entry[kind]).is_file() for kind in _FILES if kind in entry)
    }


def write_sheet(out: Path, rows: Sequence[dict[str, Any]], mark: str | None) -> None:
    """A picture of some sentences, one a line, with their glosses."""
    from signzoo.media.drawing import contact_sheet, draw_pose, write_image

    some = [rows[i] for i in np.unique(np.linspace(0, len(rows) - 1, _SHEET_SENTENCES).astype(int))]
    frames, captions = [], []
    for row in some:
        wanted = np.linspace(0, row["frames"] - 1, _SHEET_FRAMES).astype(int)
        if "video" in row:
            clip = open_video(out / row["video"])
            frames += _pictures(clip, wanted.tolist())
        else:
            pose = Pose.read(out / row["pose"])[wanted]
            frames += list(draw_pose(pose, (_SHEET_PIXELS, _SHEET_PIXELS)))
        captions += [_gloss_at(row, int(i)) or mark or "" for i in wanted]
    height, width = frames[0].shape[:2]
    sheet = VideoClip(lambda: iter(frames), 1.0, (width, height), len(frames))
    write_image(contact_sheet(sheet, _SHEET_FRAMES, len(frames), captions), out / "sheet.png")


def _pictures(clip: VideoClip, wanted: Sequence[int]) -> list[np.ndarray]:
    """Frames by their numbers, ascending; a short clip's come more than once."""
    shown = {i: picture for i, picture in enumerate(clip) if i in set(wanted)}
    return [shown[i] for i in wanted]


def _gloss_at(row: dict[str, Any], frame: int) -> str:
    for gloss, (start, end) in zip(row["gloss"], row["spans"], strict=True):
        if start <= frame < end:
            return str(gloss)
    return ""
