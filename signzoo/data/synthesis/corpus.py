"""Writes a corpus of signed sentences: landmarks, and video on request, of a table of glosses.

A corpus folder holds ``manifest.jsonl``, ``poses/*.npz``, ``videos/*.mp4`` (unless left out),
``true_poses/*.npz`` (the joints, where ``poses`` were read from the pictures), a
``sheet.png`` to look at, ``corpus.json`` (all that made it), and the ``lexicon.json`` of invented
signs. While it is made, finished rows stand in ``progress.jsonl``; a second run goes on after them.
"""

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np

from signzoo import __version__
from signzoo._files import clear_disk_errors, write_text
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.data.synthesis.folder import MANIFEST, PROGRESS, claim, finished, write_sheet
from signzoo.data.synthesis.noise import frozen_noise, observe
from signzoo.data.synthesis.performance import Performance
from signzoo.data.synthesis.performers import Performer, draw_performers
from signzoo.data.synthesis.sources import InventedSigns, SignSource, open_signs
from signzoo.data.synthesis.stitching import to_signing_skeleton
from signzoo.errors import LexiconError, UsageError
from signzoo.lexicon.procedural import check_gloss
from signzoo.media.video import open_video, write_video
from signzoo.media.workers import run_jobs
from signzoo.structures import Pose
from signzoo.transforms.pose import to_pixels

Landmarks = Literal["true", "exact", "mediapipe"]
Split = Literal["train", "dev", "test"]
# Rows that a process makes in one go, where none takes long.
_ROWS_PER_JOB = 16
# What stays of the rests around a sentence that is cut tight.
_AROUND_SECONDS = 0.2


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a corpus is made of; the same recipe gives the same bytes.

    Attributes:
        manifest: Sentences with glosses, in any form that :func:`~signzoo.data.pairs.read_pairs`
            reads; or the folder of a recorded corpus, of which
            :mod:`~signzoo.data.synthesis.performing` is made.
        lexicon: See :func:`~signzoo.data.synthesis.sources.open_signs`; or the recorded corpus's
            reader.
        signers: See :func:`~signzoo.data.synthesis.performers.draw_performers`.
        split: Name of the split that all rows belong to.
        size: Height and width of the pictures in pixels.
        seed: Of signers, timing and noise; never of the signs.
        landmarks: ``"true"``: the performer's joints with the noise of an estimator; ``"exact"``:
            without it; ``"mediapipe"``: read from the pictures, with the joints beside them.
        video: Whether pictures are rendered.
        fps: Frames a second.
        motion_blur: How long the camera's shutter is open, as a share of a frame, 0 to 1.
        crf: How strongly video is compressed, 0 (not at all) to 51.
        tight: Whether the rests before and after a sentence are cut away.
        language: Of a folder of recorded signs.
        signed_language: Of a folder of recorded signs.
    """

    manifest: str
    lexicon: str = "procedural"
    signers: str = "12"
    split: Split = "train"
    size: int = 112
    seed: int = 0
    landmarks: Landmarks = "true"
    video: bool = True
    fps: float = 25.0
    motion_blur: float = 0.0
    crf: int = 18
    tight: bool = False
    language: str | None = None
    signed_language: str | None = None

    def __post_init__(self) -> None:
        if self.landmarks == "mediapipe" and not self.video:
            raise UsageError(
                "--landmarks mediapipe reads the landmarks from the pictures, and --no-video "
                "makes none. Leave one of the two out."
            )
        if not 64 <= self.size <= 1024:
            raise UsageError(f"--size takes 64 to 1024 pixels; got {self.size}.")
        if not 0 <= self.motion_blur <= 1:
            raise UsageError(f"--motion-blur takes 0 to 1; got {self.motion_blur:g}.")
        if not 0 <= self.crf <= 51:
            raise UsageError(f"--crf takes 0 to 51; got {self.crf}.")
        if not 1 <= self.fps <= 240:
            raise UsageError(f"--fps takes 1 to 240 frames a second; got {self.fps:g}.")
        if self.seed < 0:
            raise UsageError(f"--seed takes a number from 0 on; got {self.seed}.")


@dataclass(frozen=True)
class Summary:
    """What was made.

    Attributes:
        rows: Sentences in the corpus.
        frames: Frames of all.
        skipped: Sentences left out and why: the glosses that have no sign, or what a recording
            lacks.
    """

    rows: int
    frames: int
    skipped: dict[str, tuple[str, ...]]


class Script(Protocol):
    """What gives a row its movement."""

    @property
    def mark(self) -> str | None:
        """What renderings must carry."""
        ...

    @property
    def flawed(self) -> bool:
        """Whether landmarks are missing for whoever performs it, though a body has them all."""
        ...

    def perform(
        self, row: TextGlossPair, performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Perform one row."""
        ...

    def fields(self, row: TextGlossPair) -> Mapping[str, Any]:
        """What the manifest says of a row beside what it says of all."""
        ...


@dataclass(frozen=True)
class Sentences:
    """Glosses that are signed one after another."""

    signs: SignSource
    flawed: bool = False

    @property
    def mark(self) -> str | None:
        """That of the signs."""
        return self.signs.mark

    def perform(
        self, row: TextGlossPair, performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Sign the glosses."""
        return self.signs.perform(row.gloss, performer, random, fps)

    def fields(self, row: TextGlossPair) -> Mapping[str, Any]:
        """Nothing more."""
        return {}


@dataclass(frozen=True)
class _Job:
    """Rows of one signer, by their place in the manifest."""

    recipe: Recipe
    out: Path
    script: Script
    performer: Performer
    rows: tuple[tuple[int, TextGlossPair], ...]


def synthesize(
    recipe: Recipe, out: str | os.PathLike[str], workers: int = 1, progress: bool = False
) -> Summary:
    """Make a corpus, or go on with one.

    Args:
        recipe: What to make.
        out: The corpus's folder.
        workers: Processes.
        progress: Show a bar.

    Raises:
        ManifestError: The table is malformed.
        LexiconError: The lexicon cannot be used, or none of the sentences can be signed.
        UsageError: The folder holds another corpus.
        MissingPackageError: Pictures are asked for and there is no EGL.
        DiskError: There is no room; what is finished stays.
    """
    out = Path(out)
    pairs = read_pairs(recipe.manifest)
    for pair in pairs:
        for gloss in pair.gloss:
            check_gloss(gloss, f"Row {pair.id!r}: ")
    glosses = list(dict.fromkeys(gloss for pair in pairs for gloss in pair.gloss))
    signs = open_signs(recipe.lexicon, glosses, recipe.language, recipe.signed_language)
    lacking = set(signs.lacks(glosses))
    skipped = {p.id: tuple(g for g in p.gloss if g in lacking) for p in pairs}
    skipped = {name: glosses for name, glosses in skipped.items() if glosses}
    todo = [(i, pair) for i, pair in enumerate(pairs) if pair.id not in skipped]
    if not todo:
        raise LexiconError(
            f"None of the {len(pairs)} sentences can be signed: {recipe.lexicon} has no sign for "
            f"{len(lacking)} of their {len(glosses)} glosses ({', '.join(sorted(lacking)[:5])})."
        )
    invented = isinstance(signs, InventedSigns)
    facts = describe(recipe, {"hash": signs.hash, "invented": invented}, signs.mark, pairs)
    claim(out, facts)
    if isinstance(signs, InventedSigns):
        signs.lexicon.save(out / "lexicon.json")
    rows = make_rows(recipe, Sentences(signs), todo, out, workers, progress)
    return Summary(len(rows), sum(row["frames"] for row in rows), skipped)


def make_rows(
    recipe: Recipe,
    script: Script,
    todo: Sequence[tuple[int, TextGlossPair]],
    out: Path,
    workers: int,
    progress: bool,
) -> list[dict[str, Any]]:
    """Make the rows of a claimed folder that are not done yet, then its manifest and sheet.

    Args:
        recipe: How they are made.
        script: What gives them their movement; it must pickle.
        todo: Rows with the numbers by which their files are named.
        out: The folder.
        workers: Processes.
        progress: Show a bar.

    Returns:
        The rows of the manifest.
    """
    done = finished(out)
    jobs = _jobs(recipe, out, script, [row for row in todo if row[1].id not in done])
    for entries in _made(jobs, workers, progress, len(todo), len(done)):
        done |= {entry["id"]: entry for entry in entries}
        with clear_disk_errors(out), (out / PROGRESS).open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(entry, ensure_ascii=False) + "\n" for entry in entries)
    rows = [done[pair.id] for _, pair in todo]
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    write_text(out / MANIFEST, lines)
    (out / PROGRESS).unlink(missing_ok=True)
    write_sheet(out, rows, script.mark)
    return rows


def describe(
    recipe: Recipe, lexicon: Mapping[str, Any], mark: str | None, pairs: Sequence[TextGlossPair]
) -> dict[str, Any]:
    """All that makes a corpus, for its ``corpus.json``."""
    table = json.dumps([[p.id, p.text, p.gloss] for p in pairs]).encode()
    return {
        "format": "signzoo corpus",
        "signzoo": __version__,
        "recipe": asdict(recipe),
        "sentences": hashlib.sha256(table).hexdigest(),
        "lexicon": dict(lexicon),
        "mark": mark,
        "noise": asdict(frozen_noise()) if recipe.landmarks == "true" else None,
    }


def _jobs(
    recipe: Recipe, out: Path, script: Script, rows: Sequence[tuple[int, TextGlossPair]]
) -> list[_Job]:
    """Give each row its signer, by its id alone, and put rows of one signer together.

    So that a process dresses its 3D signer once: the last ones are kept.
    """
    performers = draw_performers(recipe.signers, recipe.seed)
    step = 1 if recipe.video else _ROWS_PER_JOB
    mine: list[list[tuple[int, TextGlossPair]]] = [[] for _ in performers]
    for index, pair in rows:
        who = int(_random(recipe.seed, pair.id, 0).integers(len(performers)))
        mine[who].append((index, pair))
    return [
        _Job(recipe, out, script, performer, tuple(some[start : start + step]))
        for performer, some in zip(performers, mine, strict=True)
        for start in range(0, len(some), step)
    ]


def _random(seed: int, name: str, purpose: int) -> np.random.Generator:
    digest = hashlib.sha256(name.encode()).digest()
    return np.random.default_rng([seed, purpose, *digest])


def _made(
    jobs: Sequence[_Job], workers: int, progress: bool, total: int, done: int
) -> Iterator[list[dict[str, Any]]]:
    from tqdm import tqdm

    disable = None if progress else True
    with tqdm(total=total, initial=done, unit="row", desc="corpus", disable=disable) as bar:
        for _, entries in run_jobs(_make, _crashed, jobs, workers):
            bar.update(len(entries))
            yield entries


def _crashed(job: _Job, code: int | None) -> list[dict[str, Any]]:
    names = ", ".join(pair.id for _, pair in job.rows[:3])
    raise LexiconError(
        f"A process died with exit code {code} while it made {names}…; the machine may have run "
        "out of memory. Run the same command again, with fewer --workers: it goes on."
    )


def _make(job: _Job) -> list[dict[str, Any]]:
    """Perform, render and write some rows; runs in a worker."""
    renderer = _renderer(job)
    return [_make_row(job, index, pair, renderer) for index, pair in job.rows]


def _renderer(job: _Job) -> Any:
    if not job.recipe.video:
        return None
    from signzoo.avatar import AvatarRenderer, Signer

    size = (job.recipe.size, job.recipe.size)
    signer = Signer.drawn(job.performer.look)
    return AvatarRenderer(signer, size, job.recipe.motion_blur, job.script.mark)


def _make_row(job: _Job, index: int, pair: TextGlossPair, renderer: Any) -> dict[str, Any]:
    recipe = job.recipe
    random = _random(recipe.seed, pair.id, 1)
    performance = job.script.perform(pair, job.performer, random, recipe.fps)
    if recipe.tight:
        performance = _cut(performance)
    entry: dict[str, Any] = {
        "id": pair.id,
        "text": pair.text,
        "gloss": list(pair.gloss),
        "split": recipe.split,
        "signer": job.performer.name,
        **job.script.fields(pair),
        "fps": recipe.fps,
        "frames": len(performance.pose),
        "spans": [list(span) for span in performance.spans],
        "pose": f"poses/{index:06d}.npz",
    }
    clip = renderer(performance.pose) if renderer else None
    if clip is not None:
        entry["video"] = f"videos/{index:06d}.mp4"
        write_video(clip, job.out / entry["video"], crf=recipe.crf)
    true = _joints(performance.pose, renderer, recipe.size, job.script.flawed)
    if clip is not None and recipe.landmarks == "mediapipe":
        entry["true_pose"] = f"true_poses/{index:06d}.npz"
        true.write(job.out / entry["true_pose"])
        pose = to_signing_skeleton(_estimator()(open_video(job.out / entry["video"])))
    else:
        pose = observe(true, random) if recipe.landmarks == "true" else true
    pose.write(job.out / entry["pose"])
    return entry


def _cut(performance: Performance) -> Performance:
    """Leave of the rests only what leads into the first sign and out of the last."""
    pose, spans = performance.pose, performance.spans
    around = round(_AROUND_SECONDS * pose.fps)
    first = max(0, spans[0][0] - around)
    cut = tuple((start - first, end - first) for start, end in spans)
    return Performance(pose[first : spans[-1][1] + around], cut)


def _joints(pose: Pose, renderer: Any, size: int, flawed: bool) -> Pose:
    """Where the landmarks are in the picture: those of the 3D signer, if there is one.

    Its limbs have lengths of their own, so its hands are not quite where the performance has them.
    Its face is the performance's, moved to where its nose is. Landmarks that a flawed performance
    lacks are the 3D signer's all the same, which has them.
    """
    if renderer is None:
        return to_pixels(pose, (size, size))
    own, placed = renderer.landmarks(pose), renderer.place(pose)
    nose = pose.skeleton.landmarks.index("body/nose")
    moved = placed.points + (own.points - placed.points)[:, [nose]]
    points = np.where(own.confidence[..., None] > 0, own.points, moved)
    if flawed:
        seen = placed.confidence * (placed.confidence[:, [nose]] > 0)
        return replace(placed, points=points, confidence=np.maximum(own.confidence, seen))
    return replace(placed, points=points)


@cache
def _estimator() -> Any:
    from signzoo.media.landmarks import estimator

    return estimator("holistic")
