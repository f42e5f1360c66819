import numpy as np
import pytest
import torch

from signzoo.data.datamodule import Draw, LoaderConfig
from signzoo.errors import ManifestError, UsageError
from signzoo.models.signmst_c import SignedSentenceData
from signzoo.models.signmst_c.data import SentenceSource
from signzoo.structures import Pose


def read(folder, source, **options):
    data = SignedSentenceData(str(folder), (source,), **options)
    data.samples["train"] = data.read("train")
    return data


def test_some_signers_and_some_ids_can_be_chosen(fake_corpora, tmp_path):
    options = {"output": "gloss", "video_encoder": ""}
    (tmp_path / "ids.txt").write_text("1\n3\n\n")
    cases = {
        ("0", "2", "4"): SentenceSource("videos", groups=("s0",)),
        ("1", "3"): SentenceSource("videos", without=("s0",)),
        ("3", "1"): SentenceSource("videos", ids=str(tmp_path / "ids.txt")),
    }
    for ids, source in cases.items():
        data = read(fake_corpora, source, **options)
        assert {each.id for each in data.samples["train"].sentences} == set(ids)
    lost = SentenceSource("videos", ids="nowhere.txt")
    with pytest.raises(ManifestError, match=r"nowhere\.txt cannot be read as a list of ids"):
        read(fake_corpora, lost, **options)


def test_a_draw_is_varied_by_its_seed_alone_and_video_keeps_its_pace(fake_corpora):
    data = read(fake_corpora, SentenceSource("videos"), output="gloss")
    samples = data.samples["train"]
    first, again, plain = (samples[Draw(0, seed)] for seed in (5, 5, None))
    assert torch.equal(first.signing.landmarks, again.signing.landmarks)
    moments = -(-len(first.signing.landmarks) // 4)
    assert first.signing.features.shape == (moments, 512)
    assert len(plain.signing.landmarks) == 24
    assert max(len(samples[Draw(0, i)].signing.landmarks) for i in range(20)) <= samples.lengths[0]


def test_a_batch_has_what_each_clip_has(fake_corpora):
    source = (SentenceSource("videos"), SentenceSource("synthetic"))
    data = SignedSentenceData(str(fake_corpora), source, output="gloss")
    data.samples["train"] = data.read("train")
    samples = data.samples["train"]
    assert samples.sentences[0].id == samples.sentences[5].id  # of different corpora
    batch = data.collate([samples[Draw(i, None)] for i in (0, 5)])
    assert batch.has_video.tolist() == [True, False]
    assert batch.has_landmarks.tolist() == [True, True]
    assert batch.texts == ["CIRCLE", "NORD REGEN"]
    assert (batch.features[1] == 0).all()


def test_what_cannot_be_asked_for_is_refused(fake_corpora):
    with pytest.raises(ManifestError, match="has no text, which the network is to write"):
        read(fake_corpora, SentenceSource("wlasl124"), video_encoder="")
    with pytest.raises(UsageError, match="nothing to look at"):
        SignedSentenceData(video_encoder="", landmarks=False)


def test_batches_are_bounded_in_frames(fake_corpora):
    data = SignedSentenceData(
        str(fake_corpora), (SentenceSource("synthetic"),), video_encoder="",
        loader=LoaderConfig(frames_per_batch=400),
    )  # fmt: skip
    data.samples["train"] = data.read("train")
    shapes = [batch.landmarks.shape[:2] for batch in data.train_dataloader()]
    assert sum(size for size, _ in shapes) == 3
    assert all(size * frames <= 400 for size, frames in shapes)


def test_the_landmarks_of_a_sentence_with_video_are_read_once(fake_corpora, tmp_path, monkeypatch):
    monkeypatch.setenv("SIGNZOO_HOME", str(tmp_path))
    read_pose, seen = Pose.read, []

    def counted(path):
        seen.append(path)
        return read_pose(path)

    monkeypatch.setattr(Pose, "read", counted)
    samples = read(fake_corpora, SentenceSource("videos"), output="gloss").samples["train"]
    assert all(path is not None for path in samples.features)
    assert len(seen) == len(samples.sentences)


def test_a_slow_camera_sees_every_second_frame(fake_corpora):
    options = {"output": "gloss", "video_encoder": ""}
    whole = read(fake_corpora, SentenceSource("videos"), **options).samples["train"]
    slow = read(fake_corpora, SentenceSource("videos", fps=12.5), **options).samples["train"]
    assert len(slow.landmarks[0]) == len(whole.landmarks[0])
    assert np.array_equal(slow.landmarks[0][::2], whole.landmarks[0][::2])
    assert not np.array_equal(slow.landmarks[0], whole.landmarks[0])
    assert slow.sentences[0].video is None
