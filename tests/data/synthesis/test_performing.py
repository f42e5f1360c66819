import json
import shutil

import numpy as np
import pytest

from signzoo.avatar.render import check_egl
from signzoo.data.corpora import read_folder
from signzoo.data.manifest import read_manifest
from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.data.synthesis.corpus import Recipe
from signzoo.data.synthesis.performers import Performer
from signzoo.data.synthesis.performing import RecordedUtterances, perform_corpus
from signzoo.errors import ManifestError, MissingPackageError, UsageError
from signzoo.lexicon.articulation import Physique
from signzoo.media.video import open_video
from signzoo.structures import Pose


def recipe(folder, **changes):
    given = {"lexicon": folder.name, "video": False, "signers": "2", "size": 64}
    return Recipe(str(folder), **{**given, **changes})


def contents(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def wlasl(fake_corpora):
    return fake_corpora / "wlasl124"


@pytest.fixture
def include(fake_corpora):
    return fake_corpora / "include_greetings"


def test_every_clip_is_a_row_with_its_group_and_one_span(include, tmp_path):
    summary = perform_corpus(recipe(include, split="dev"), tmp_path / "out")
    rows = read_manifest(tmp_path / "out" / "manifest.jsonl")
    assert summary.rows == len(rows) == 3
    for row, utterance in zip(rows, read_folder("include_greetings", include), strict=True):
        frames = 2 * len(utterance.pose)  # from 12.5 to 25 a second
        assert row.get("id", str) == utterance.id
        assert row.get("text", str) == utterance.glosses[0].label
        assert row.get("gloss", list) == [utterance.glosses[0].label.replace(" ", "-")]
        assert row.get("group", str) == utterance.group
        assert row.get("split", str) == "dev"
        assert row.get("spans", list) == [[0, frames]]
        assert len(Pose.read(row.file("pose"))) == row.get("frames", int) == frames
    facts = json.loads((tmp_path / "out" / "corpus.json").read_text())
    assert facts["mark"] is None
    assert facts["lexicon"]["invented"] is False
    assert len(read_folder("synthetic", tmp_path / "out")) == 3
    assert len(read_pairs(tmp_path / "out" / "manifest.jsonl")) == 3


def test_groups_and_the_most_frequent_glosses_can_be_chosen(wlasl, tmp_path):
    def glosses(name, *choice):
        perform_corpus(recipe(wlasl), tmp_path / name, *choice)
        rows = read_manifest(tmp_path / name / "manifest.jsonl")
        return [row.get("gloss", list)[0] for row in rows]

    assert glosses("all") == ["book", "drink", "book", "computer"]
    assert glosses("val", ["wlasl124/val"]) == ["book", "computer"]
    assert glosses("one", [], 1) == ["book", "book"]
    assert glosses("two", [], 2) == ["book", "book", "computer"]  # before drink, by its name
    assert glosses("some", ["wlasl124/train"], 2) == ["book"]  # counted in the whole corpus


def test_the_same_recipe_gives_the_same_bytes_and_a_stopped_run_goes_on(wlasl, tmp_path):
    for name, workers in (("a", 1), ("b", 2)):
        perform_corpus(recipe(wlasl, seed=7), tmp_path / name, workers=workers)
    whole = contents(tmp_path / "a")
    assert contents(tmp_path / "b") == whole
    lines = (tmp_path / "b" / "manifest.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "b" / "manifest.jsonl").rename(tmp_path / "b" / "progress.jsonl")
    (tmp_path / "b" / "progress.jsonl").write_text(lines[0] + lines[1][:9])
    perform_corpus(recipe(wlasl, seed=7), tmp_path / "b")
    assert contents(tmp_path / "b") == whole
    with pytest.raises(UsageError, match="begun with another sentences"):
        perform_corpus(recipe(wlasl, seed=7), tmp_path / "b", ["wlasl124/val"])


def test_left_handed_signers_perform_the_mirror_image(wlasl):
    script, row = RecordedUtterances("wlasl124", wlasl), TextGlossPair("wlasl124/00000", "", ())
    random = np.random.default_rng(0)
    right = script.perform(row, Performer("x"), random, 25.0).pose
    left = script.perform(row, Performer("x", Physique(left_handed=True)), random, 25.0).pose
    np.testing.assert_allclose(
        right.anchor("right_hand")[0] * [-1, 1, 1], left.anchor("left_hand")[0], atol=1e-6
    )


def test_clips_without_hands_are_left_out_and_said(include, tmp_path):
    folder = shutil.copytree(include, tmp_path / "include_greetings")
    files = sorted(folder.rglob("*.npy"))[:2]
    for path, columns in zip(files, (slice(66, 150), slice(22, 26)), strict=True):
        values = np.load(path)
        values[:, columns] = 0
        np.save(path, values)
    summary = perform_corpus(recipe(folder), tmp_path / "out")
    assert summary.rows == 1
    assert sorted(summary.skipped.values()) == [
        ("never shows a hand",),
        ("never shows both shoulders",),
    ]


def test_what_is_not_there_is_refused_before_anything_is_written(wlasl, fake_corpora, tmp_path):
    out = tmp_path / "out"
    with pytest.raises(UsageError, match="no corpus 'how2sign'"):
        perform_corpus(recipe(wlasl, lexicon="how2sign"), out)
    with pytest.raises(ManifestError, match="There is no folder"):
        perform_corpus(recipe(tmp_path / "wlasl124"), out)
    with pytest.raises(UsageError, match="no group 'val'; there are: wlasl124/train, wlasl124/val"):
        perform_corpus(recipe(wlasl), out, ["val"])
    with pytest.raises(UsageError, match="--glosses takes"):
        perform_corpus(recipe(wlasl), out, (), 0)
    with pytest.raises(ManifestError, match="never shows both shoulders"):
        perform_corpus(recipe(fake_corpora / "boston104"), out)
    assert not out.exists()


def test_pictures_are_made_and_the_landmarks_are_the_avatars(wlasl, tmp_path):
    try:
        check_egl()
    except MissingPackageError as error:
        pytest.skip(str(error))
    made = recipe(wlasl, video=True, landmarks="exact", signers="1")
    perform_corpus(made, tmp_path / "out", ["wlasl124/val"], 1)
    (row,) = read_manifest(tmp_path / "out" / "manifest.jsonl")
    clip = open_video(row.file("video"))
    assert clip.size == (64, 64)
    assert len(list(clip)) == row.get("frames", int) == 10
    pose = Pose.read(row.file("pose"))
    # The recording lost the left hand, the avatar has it.
    assert (pose.anchor("left_hand")[1] == 1).all()
    hand, wrist = (pose.anchor(f"left_{place}")[0][:, :2] for place in ("hand", "wrist"))
    assert (np.linalg.norm(hand - wrist, axis=1) < 10).all()
