import numpy as np
import pytest
import torch

from signzoo.data.corpora import TimedGloss, Utterance, read_corpus
from signzoo.data.datamodule import Draw
from signzoo.errors import UsageError
from signzoo.models.rest_detector.data import RestDetectorData, label_track
from signzoo.structures import Pose, Skeleton


def utterance(*glosses, seconds=4.0, shows_rest=True):
    frames = round(seconds * 30)
    pose = Pose(
        np.zeros((frames, 3, 3)), np.ones((frames, 3)), 30, Skeleton.named("hands-and-nose"),
        "shoulder",
    )  # fmt: skip
    timed = tuple(TimedGloss("G", start, end) for start, end in glosses)
    return Utterance("a/1", "a/signer", pose, timed, shows_rest)


def spans_of(mask):
    edges = np.flatnonzero(np.diff(np.r_[False, mask, False])).reshape(-1, 2)
    return (edges / 25).tolist()


def test_signing_is_from_the_first_to_the_last_gloss():
    track = label_track(utterance((1.0, 1.4), (2.2, 3.0)))
    assert spans_of(track.labels > 0) == [[1.0, 3.0]]
    assert track.known.all()


def test_a_pause_of_a_second_is_rest():
    track = label_track(utterance((0.4, 1.0), (2.0, 3.0)))
    assert spans_of(track.labels > 0) == [[0.4, 1.0], [2.0, 3.0]]


def test_frames_outside_the_glosses_of_a_tight_clip_are_not_known():
    track = label_track(utterance((1.0, 5.0), shows_rest=False))
    assert spans_of(track.known) == [[1.0, 4.0]]
    assert track.labels[track.known].all()


@pytest.fixture
def data(fake_corpora):
    return RestDetectorData(
        str(fake_corpora),
        ("boston104", "dgs_sentences"),
        val_groups=("boston104/woman-2",),
        test_groups=("boston104/man-1", "dgs_sentences/1001"),
    )


def test_groups_are_in_one_set_only(data, fake_corpora):
    subsets = {name: set(data.read(name).ids) for name in ("train", "val", "test")}
    everything = {u.id for name in data.corpora for u in read_corpus(name, fake_corpora)}
    assert set.union(*subsets.values()) == everything
    assert sum(len(ids) for ids in subsets.values()) == len(everything)
    assert len(subsets["val"]) == 3
    assert len(subsets["test"]) == 4
    assert set(data.read("predict").ids) == everything


def test_an_unknown_group_lists_the_known_ones(fake_corpora):
    data = RestDetectorData(str(fake_corpora), val_groups=("boston104/nobody",))
    with pytest.raises(UsageError, match="no group 'boston104/nobody'; there are: boston104/man-1"):
        data.read("train")


def test_a_batch_is_padded_with_unknown_frames(data):
    samples = data.read("train")
    batch = data.collate([samples[Draw(index, None)] for index in range(4)])
    longest = int(batch.lengths.max())
    assert batch.points.shape == (4, longest, 3, 2)
    assert batch.confidence.shape == (4, longest, 3)
    assert batch.points.dtype == batch.labels.dtype == torch.float32
    assert batch.known.dtype == torch.bool
    for index, length in enumerate(batch.lengths):
        assert not batch.known[index, length:].any()


def test_only_draws_with_a_seed_are_augmented(data):
    samples = data.read("train")
    plain, again, varied = (samples[Draw(0, seed)] for seed in (None, None, 1))
    assert torch.equal(plain.points, again.points)
    assert plain.points.shape != varied.points.shape
