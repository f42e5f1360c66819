import json
import re

import numpy as np
import pytest

from signzoo.avatar.render import check_egl
from signzoo.data.manifest import read_manifest
from signzoo.data.synthesis.corpus import Recipe, synthesize
from signzoo.errors import (
    DiskError,
    LexiconError,
    ManifestError,
    MissingPackageError,
    UsageError,
)
from signzoo.lexicon.procedural import ProceduralLexicon
from signzoo.media.video import open_video
from signzoo.structures import Pose

ROWS = [
    {"id": f"day/{i}", "text": f"Satz {i}.", "gloss": gloss.split()}
    for i, gloss in enumerate(["MORGEN REGEN NORD", "WIND", "NEU REGEN", "SONNE MORGEN"] * 2)
]


@pytest.fixture
def manifest(tmp_path):
    return write(tmp_path / "pairs.jsonl", ROWS)


def write(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def recipe(manifest, **changes):
    return Recipe(str(manifest), **{"video": False, "signers": "3", **changes})


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_corpus_holds_a_pose_and_spans_for_every_sentence(manifest, tmp_path):
    summary = synthesize(recipe(manifest), tmp_path / "out")
    rows = read_manifest(tmp_path / "out" / "manifest.jsonl")
    assert summary.rows == len(rows) == len(ROWS)
    for row, given in zip(rows, ROWS, strict=True):
        assert {key: row.values[key] for key in given} == given
        pose = Pose.read(row.file("pose"))
        assert len(pose) == row.get("frames", int)
        assert pose.unit == "pixel"
        assert pose.size == (112, 112)
        spans = row.get("spans", list)
        assert len(spans) == len(given["gloss"])
        assert all(0 < start < end < len(pose) for start, end in spans)
        assert re.fullmatch(r"seen-0[0-2]", row.get("signer", str))
    assert summary.frames == sum(row.get("frames", int) for row in rows)
    assert (tmp_path / "out" / "sheet.png").stat().st_size > 1000
    assert not (tmp_path / "out" / "progress.jsonl").exists()


def test_the_same_recipe_gives_the_same_bytes_and_another_seed_others(manifest, tmp_path):
    for name, seed, workers in (("a", 7, 1), ("b", 7, 2), ("c", 8, 1)):
        synthesize(recipe(manifest, seed=seed), tmp_path / name, workers)
    a, b, c = (contents(tmp_path / name) for name in "abc")
    assert a == b
    assert a["lexicon.json"] == c["lexicon.json"]
    assert a["poses/000000.npz"] != c["poses/000000.npz"]


def test_the_corpus_says_what_it_was_made_of(manifest, tmp_path):
    synthesize(recipe(manifest), tmp_path / "out")
    facts = json.loads((tmp_path / "out" / "corpus.json").read_text())
    lexicon = ProceduralLexicon.open(tmp_path / "out" / "lexicon.json")
    assert facts["lexicon"] == {"hash": lexicon.hash, "invented": True}
    assert facts["mark"] == "invented signs"
    assert "NEU" in lexicon.signs


def test_another_split_can_use_the_lexicon_of_the_first(manifest, tmp_path):
    synthesize(recipe(manifest), tmp_path / "train")
    dev = write(tmp_path / "dev.jsonl", [{"id": "x", "text": "y", "gloss": ["ANDERS", "NEU"]}])
    lexicon = str(tmp_path / "train" / "lexicon.json")
    synthesize(recipe(dev, lexicon=lexicon, split="dev", signers="unseen:2"), tmp_path / "dev")
    train = ProceduralLexicon.open(lexicon)
    signs = ProceduralLexicon.open(tmp_path / "dev" / "lexicon.json").signs
    assert all(signs[gloss] == train.signs[gloss] for gloss in train.signs)
    row = read_manifest(tmp_path / "dev" / "manifest.jsonl")[0]
    assert row.get("split", str) == "dev"
    assert row.get("signer", str).startswith("unseen-")


def test_exact_landmarks_are_the_performance_and_true_ones_are_near(manifest, tmp_path):
    for kind in ("exact", "true"):
        synthesize(recipe(manifest, landmarks=kind), tmp_path / kind)
    exact, true = (Pose.read(tmp_path / kind / "poses/000000.npz") for kind in ("exact", "true"))
    assert (exact.confidence == 1).all()
    body = exact.skeleton.part("body")
    gap = np.linalg.norm(exact.points[:, body, :2] - true.points[:, body, :2], axis=2)
    assert 0 < np.median(gap) < 4  # pixels; a shoulder width has 33


def test_a_tight_corpus_is_the_same_without_its_rests(manifest, tmp_path):
    for name, tight in (("whole", False), ("tight", True)):
        synthesize(recipe(manifest, landmarks="exact", tight=tight), tmp_path / name)
    whole, cut = (
        read_manifest(tmp_path / name / "manifest.jsonl")[0] for name in ("whole", "tight")
    )
    (start, _), (first, _) = whole.get("spans", list)[0], cut.get("spans", list)[0]
    assert first == 5  # a fifth of a second
    last = cut.get("spans", list)[-1][1]
    assert cut.get("frames", int) == last + 5
    poses = [Pose.read(row.file("pose")).points for row in (whole, cut)]
    np.testing.assert_array_equal(poses[0][start - first :][: len(poses[1])], poses[1])


def test_a_run_that_was_stopped_goes_on(manifest, tmp_path, monkeypatch):
    whole, out = tmp_path / "whole", tmp_path / "out"
    synthesize(recipe(manifest), whole)
    synthesize(recipe(manifest), out)
    lines = (out / "manifest.jsonl").read_text().splitlines(keepends=True)
    (out / "progress.jsonl").write_text("".join(lines[2:5]) + lines[5][:20])  # cut in half
    (out / "manifest.jsonl").unlink()
    kept = out / "poses/000003.npz"
    before = kept.stat().st_mtime_ns
    for number in (0, 1, 5, 6, 7):
        (out / f"poses/00000{number}.npz").unlink()
    synthesize(recipe(manifest), out)
    assert contents(out) == contents(whole)
    assert kept.stat().st_mtime_ns == before


def test_what_is_finished_is_not_made_again(manifest, tmp_path):
    out = tmp_path / "out"
    synthesize(recipe(manifest), out)
    before = (out / "poses/000000.npz").stat().st_mtime_ns
    assert synthesize(recipe(manifest), out).rows == len(ROWS)
    assert (out / "poses/000000.npz").stat().st_mtime_ns == before


def test_a_folder_with_another_corpus_is_left_alone(manifest, tmp_path):
    synthesize(recipe(manifest), tmp_path / "out")
    before = contents(tmp_path / "out")
    with pytest.raises(UsageError, match="begun with another seed"):
        synthesize(recipe(manifest, seed=1), tmp_path / "out")
    write(manifest, ROWS[:2])
    with pytest.raises(UsageError, match="begun with another sentences"):
        synthesize(recipe(manifest), tmp_path / "out")
    assert contents(tmp_path / "out") == before


@pytest.fixture
def egl():
    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))


def test_pictures_show_what_the_landmarks_say(egl, tmp_path):
    manifest = write(tmp_path / "m.jsonl", ROWS[1:2])
    read = recipe(manifest, video=True, size=128, signers="1", landmarks="mediapipe")
    synthesize(read, tmp_path / "out")
    row = read_manifest(tmp_path / "out" / "manifest.jsonl")[0]
    clip = open_video(row.file("video"))
    assert clip.size == (128, 128)
    assert len(list(clip)) == row.get("frames", int)
    true, seen = Pose.read(row.file("true_pose")), Pose.read(row.file("pose"))
    assert true.skeleton.name == seen.skeleton.name
    start, end = row.get("spans", list)[0]
    for side in ("left", "right"):
        places = [pose.anchor(f"{side}_wrist")[0][start:end, :2] for pose in (true, seen)]
        gap = np.linalg.norm(places[0] - places[1], axis=1)
        assert np.median(gap) < 12  # pixels; a shoulder width has about 38


@pytest.mark.parametrize(
    ("rows", "error", "message"),
    [
        ([{"id": "a", "text": "x"}], ManifestError, "has no field 'gloss'"),
        ([{"id": "a", "text": "x", "gloss": []}], ManifestError, "empty gloss"),
        ([ROWS[0], ROWS[0]], ManifestError, "repeats the id"),
        ([{"id": "a", "text": "x", "gloss": ["G" * 200]}], LexiconError, "200 characters"),
    ],
)
def test_a_wrong_table_is_refused_before_anything_is_written(tmp_path, rows, error, message):
    with pytest.raises(error, match=message):
        synthesize(recipe(write(tmp_path / "m.jsonl", rows)), tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_lexicon_that_is_none_is_refused(manifest, tmp_path):
    with pytest.raises(LexiconError, match="is no lexicon"):
        synthesize(recipe(manifest, lexicon=str(tmp_path / "none")), tmp_path / "out")


def test_a_folder_that_cannot_be_written_is_said(manifest, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(DiskError, match="Cannot write"):
        synthesize(recipe(manifest), tmp_path / "file" / "out")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"landmarks": "mediapipe"}, "--no-video"),
        ({"size": 8}, "64 to 1024"),
        ({"seed": -1}, "--seed takes"),
        ({"motion_blur": 2}, "--motion-blur takes"),
        ({"fps": 0}, "--fps takes"),
        ({"crf": 60}, "--crf takes"),
    ],
)
def test_recipes_that_cannot_be_are_refused(manifest, changes, message):
    with pytest.raises(UsageError, match=message):
        recipe(manifest, **changes)
