import dataclasses
import logging
import shutil

import numpy as np
import pytest
import torch

from signzoo.data.sentences import read_sentences
from signzoo.errors import ManifestError
from signzoo.models.motion_autoencoder import MotionAutoencoder, MotionAutoencoderConfig
from signzoo.models.signmst_c.features import (
    FeatureStore,
    content_hash,
    encode_clip,
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


def test_features_are_made_once_and_read_again(store, sentences):
    first = store.fill(sentences, progress=False)
    times = [path.stat().st_mtime_ns for path in first]
    again = store.fill([*sentences, dataclasses.replace(sentences[0], video=None)], progress=False)
    assert again.pop() is None
    assert [path.stat().st_mtime_ns for path in again] == times
    assert [len(read_features(path)) for path in first] == [6, 5, 4, 3, 2]


def test_other_weights_another_video_and_other_landmarks_have_other_features(
    store, sentences, tmp_path
):
    path = store.keep(sentences[0])
    torch.manual_seed(1)
    other = FeatureStore(MotionAutoencoder(TINY).eval(), tmp_path / "features")
    changed = dataclasses.replace(sentences[0], video=sentences[1].video)
    turned = dataclasses.replace(sentences[0], pose=sentences[1].pose)
    names = {each.name for each in (path, other._path(sentences[0]))}
    faster = dataclasses.replace(sentences[0], fps=30.0)  # of a folder of pictures
    names |= {store._path(each).name for each in (changed, turned, faster)}
    assert len(names) == 5


def test_the_same_video_in_another_folder_has_the_same_features(store, sentences, tmp_path):
    copy = shutil.copy(sentences[0].video, tmp_path / "copy.mp4")
    moved = dataclasses.replace(sentences[0], video=tmp_path / "copy.mp4")
    assert content_hash(tmp_path / "copy.mp4") == content_hash(sentences[0].video)
    assert store._path(moved) == store._path(sentences[0])
    assert copy.is_file()


def test_a_damaged_file_is_made_anew(store, sentences, caplog):
    path = store.keep(sentences[0])
    expected = read_features(path)
    path.write_bytes(b"half")
    with caplog.at_level(logging.WARNING):
        store.keep(sentences[0])
    assert "is made anew" in caplog.text
    assert torch.equal(read_features(path), expected)


def test_a_long_video_is_encoded_in_parts_as_a_whole(store, signer):
    from signzoo.structures import VideoClip

    random = np.random.default_rng(0)
    frames = random.integers(0, 255, (600, 24, 24, 3), np.uint8)
    clip = VideoClip.from_frames(frames, 25.0)
    path = np.stack([np.linspace(8, 16, 600), np.full(600, 12)], axis=1)
    pose = dataclasses.replace(signer(path), size=(24, 24))
    parts = encode_clip(store.encoder, clip, pose, "long")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("signzoo.models.signmst_c.features._CHUNK", 1000)
        whole = encode_clip(store.encoder, clip, pose, "long")
    assert parts.shape == (150, store.encoder.num_features)
    torch.testing.assert_close(parts, whole, rtol=0.05, atol=0.05)


def test_a_sentence_without_anything_to_look_at_is_an_error(sentences):
    bare = dataclasses.replace(sentences[0], video=None, pose=None)
    with pytest.raises(ManifestError, match="neither a video nor landmarks"):
        sentence_pose(bare)
