import importlib
import json
import pickle
import shutil

import numpy as np
import pytest

from signzoo.data.corpora import read_folder
from signzoo.data.sentences import (
    SENTENCE_READERS,
    SignedSentence,
    open_signing_video,
    read_sentences,
)
from signzoo.errors import ManifestError, UsageError


@pytest.mark.parametrize("name", SENTENCE_READERS)
def test_every_corpus_is_recognised_and_taken_by_no_other_reader(fake_corpora, name):
    folder = fake_corpora / name
    fitting = [
        each
        for each in SENTENCE_READERS
        if importlib.import_module(SENTENCE_READERS[each]).fits(folder)
    ]
    assert fitting[0] == name
    assert set(fitting[1:]) <= {"synthetic"}  # any folder with a manifest
    found = read_sentences(folder)
    assert len({each.id for each in found}) == len(found) > 1
    for each in found:
        assert each.text or each.gloss
        assert bool(each.text) == bool(each.language) or name == "synthetic"
        assert each.video is not None or each.pose is not None
        pickle.loads(pickle.dumps(each))  # goes to the workers of a loader


@pytest.mark.parametrize("name", ["boston104", "wlasl124", "include_greetings", "dgs_sentences"])
def test_sentences_show_what_the_utterances_of_their_corpus_show(fake_corpora, name):
    found = read_sentences(fake_corpora / name, corpus=name)
    for sentence, utterance in zip(found, read_folder(name, fake_corpora / name), strict=True):
        assert f"{name}/{sentence.id}" == utterance.id
        assert f"{name}/{sentence.group}" == utterance.group
        pose = sentence.pose()
        np.testing.assert_array_equal(pose.points, utterance.pose.points)
        np.testing.assert_array_equal(pose.confidence, utterance.pose.confidence)
        assert sentence.spans in ((), utterance.glosses)
        assert sentence.gloss == tuple(gloss.label for gloss in utterance.glosses)


def test_the_subset_val_of_wlasl_is_dev_and_include_has_no_dev(fake_corpora):
    assert [each.group for each in read_sentences(fake_corpora / "wlasl124", "dev")] == ["val"] * 2
    assert len(read_sentences(fake_corpora / "include_greetings", "train")) == 3
    with pytest.raises(ManifestError, match="no sentences in its split 'dev'"):
        read_sentences(fake_corpora / "include_greetings", "dev")


@pytest.mark.parametrize(
    ("corpus", "changes", "message"),
    [
        ("boston104", {"id": "99"}, "row 1 points nowhere: tracks.npz has no '99'"),
        ("boston104", {"segments": [["ONE", 3, 9999]]}, "row 1 has a segment outside"),
        ("wlasl124", {"id": "99"}, "row 1 points nowhere: keypoints.npz has no '99'"),
        ("wlasl124", {"subset": "dev"}, "row 1 needs train or val as 'subset'"),
        ("include_greetings", {"file": "gone.npy"}, "row 1 points nowhere"),
        ("include_greetings", {"file": "../gone.npy"}, "row 1 names .* leaves the folder"),
        ("dgs_sentences", {"pose": "gone.pose"}, "row 1 points nowhere"),
        ("dgs_sentences", {"glosses": [["EINS", 9, 3]]}, "row 1 has a gloss that ends before"),
    ],
)
def test_a_bad_row_is_named_when_it_is_listed(fake_corpora, tmp_path, corpus, changes, message):
    folder = shutil.copytree(fake_corpora / corpus, tmp_path / corpus)
    first, *rest = (folder / "manifest.jsonl").read_text("utf-8").splitlines()
    lines = [json.dumps({**json.loads(first), **changes}), *rest]
    (folder / "manifest.jsonl").write_text("\n".join(lines), "utf-8")
    with pytest.raises(ManifestError, match=message):
        read_sentences(folder)


def test_arrays_that_are_damaged_later_are_named_when_a_pose_is_opened(fake_corpora, tmp_path):
    folder = shutil.copytree(fake_corpora / "wlasl124", tmp_path / "wlasl124")
    first, second, *_ = read_sentences(folder)
    np.savez(folder / "keypoints.npz", **{first.id: np.zeros((4, 99, 3))})
    with pytest.raises(ManifestError, match="row 1 needs points of shape"):
        first.pose()
    with pytest.raises(ManifestError, match=rf"keypoints\.npz has no '{second.id}'"):
        second.pose()


def test_a_sentence_without_a_video_has_no_pictures():
    with pytest.raises(ManifestError, match="a has no video"):
        open_signing_video(SignedSentence("a", "", "regen"))


@pytest.mark.parametrize(
    ("corpus", "count"),
    [("boston104", 161), ("wlasl124", 860), ("include_greetings", 190), ("dgs_sentences", 16)],
)
def test_the_real_corpora_are_listed(shared_data, corpus, count):
    found = read_sentences(shared_data / "pose" / corpus)
    assert len(found) == count
    assert len(found[0].pose()) > 1


def test_a_synthetic_corpus_is_recognised_and_keeps_what_is_signed_when(fake_corpora):
    first, *_ = found = read_sentences(fake_corpora / "synthetic")
    assert [each.gloss for each in found] == [
        ("NORD", "REGEN"),
        ("WIND",),
        ("SONNE", "NORD", "WIND"),
    ]
    assert first.text == "Regen im Norden"
    assert [span.label for span in first.spans] == ["NORD", "REGEN"]
    pose = first.pose()
    assert 0 < first.spans[0].start < first.spans[0].end < first.spans[1].start < pose.seconds


def test_only_the_rows_of_the_split_are_listed(fake_corpora):
    assert len(read_sentences(fake_corpora / "synthetic", "train")) == 3
    with pytest.raises(ManifestError, match="no sentences in its split 'test'"):
        read_sentences(fake_corpora / "synthetic", "test")


def test_a_folder_that_no_reader_knows_says_what_a_folder_of_ones_own_needs(tmp_path):
    with pytest.raises(ManifestError, match=r"manifest\.jsonl with id, text, and video or pose"):
        read_sentences(tmp_path)
    with pytest.raises(ManifestError, match="There is no corpus"):
        read_sentences(tmp_path / "nowhere")


def test_an_unknown_reader_is_refused_by_name(fake_corpora):
    with pytest.raises(UsageError, match=r"called 'nothing'; there are: .*synthetic"):
        read_sentences(fake_corpora / "synthetic", corpus="nothing")


def test_a_row_that_shows_nothing_or_means_nothing_is_an_error(tmp_path):
    manifest = tmp_path / "manifest.jsonl"
    manifest.write_text(json.dumps({"id": "a", "text": "regen"}))
    with pytest.raises(ManifestError, match="row 1 names neither a video nor a pose"):
        read_sentences(tmp_path)
    (tmp_path / "a.mp4").touch()
    manifest.write_text(json.dumps({"id": "a", "video": "a.mp4"}))
    with pytest.raises(ManifestError, match="row 1 has no field 'text'"):
        read_sentences(tmp_path)
