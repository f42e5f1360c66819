import dataclasses
import logging
import shutil

import pytest
import torch

from signzoo.data.sentences import read_sentences
from signzoo.errors import ManifestError
from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.models.signmst_c.features import (
    FeatureStore,
    content_hash,
    read_features,
    sentence_pose,
)

TINY = MotionAutoencoderConfig(width=4, size=32, bottleneck=4, decoder_width=8)


@pytest.fixture
def sentences(fake_corpora):
    return [dataclasses.replace(each, text="kreis") for each in _videos(fake_corpora)]


def _videos(folder):
    return read_sentences(folder / "videos")


@pytest.fixture
def store(tmp_path):
    torch.manual_seed(0)
    return FeatureStore(MotionAutoencoder(TINY).eval(), tmp_path / "features")


def place(store, sentence):
    return store._path(sentence, sentence.pose())


def test_features_are_made_once_and_read_again(store, sentences):
    first = [store.keep(each, each.pose()) for each in sentences]
    times = [path.stat().st_mtime_ns for path in first]
    again = [store.keep(each, each.pose()) for each in sentences]
    assert [path.stat().st_mtime_ns for path in again] == times
    assert [len(read_features(path)) for path in first] == [6, 5, 4, 3, 2]


def test_other_weights_another_video_and_other_landmarks_have_other_features(
    store, sentences, tmp_path
):
    path = store.keep(sentences[0], sentences[0].pose())
    torch.manual_seed(1)
    other = FeatureStore(MotionAutoencoder(TINY).eval(), tmp_path / "features")
    changed = dataclasses.replace(sentences[0], video=sentences[1].video)
    turned = dataclasses.replace(sentences[0], pose=sentences[1].pose)
    names = {each.name for each in (path, place(other, sentences[0]))}
    faster = dataclasses.replace(sentences[0], fps=30.0)  # of a folder of pictures
    names |= {place(store, each).name for each in (changed, turned, faster)}
    assert len(names) == 5


def test_the_same_video_in_another_folder_has_the_same_features(store, sentences, tmp_path):
    copy = shutil.copy(sentences[0].video, tmp_path / "copy.mp4")
    moved = dataclasses.replace(sentences[0], video=tmp_path / "copy.mp4")
    assert content_hash(tmp_path / "copy.mp4") == content_hash(sentences[0].video)
    assert place(store, moved) == place(store, sentences[0])
    assert copy.is_file()


def test_a_damaged_file_is_made_anew(store, sentences, caplog):
    path = store.keep(sentences[0], sentences[0].pose())
    expected = read_features(path)
    path.write_bytes(b"half")
    with caplog.at_level(logging.WARNING):
        store.keep(sentences[0], sentences[0].pose())
    assert "is made anew" in caplog.text
    assert torch.equal(read_features(path), expected)


def test_a_sentence_without_anything_to_look_at_is_an_error(sentences):
    bare = dataclasses.replace(sentences[0], video=None, pose=None)
    with pytest.raises(ManifestError, match="neither a video nor landmarks"):
        sentence_pose(bare)
