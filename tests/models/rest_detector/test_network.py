import numpy as np
import pytest
import torch

from signzoo.hub import list_weights
from signzoo.models.rest_detector import RestDetector, RestDetectorConfig
from signzoo.structures import Pose, Skeleton

SHIPPED = "rest-detector-boston104-dgs"


@pytest.fixture
def detector():
    torch.manual_seed(0)
    return RestDetector(RestDetectorConfig(width=8, num_blocks=2)).eval()


@pytest.fixture(scope="module")
def shipped():
    return RestDetector.from_pretrained(SHIPPED)


def sign(signer, fps=25.0, rest=1.5, seconds=2.0, tail=1.5):
    """A right hand that rests in the lap, signs before the chest, and rests again."""
    low, high = [265.0, 330.0], [290.0, 190.0]
    places = [low] * int(rest * fps) + [high] * int(seconds * fps) + [low] * int(tail * fps)
    width = int(0.3 * fps) | 1
    padded = np.pad(np.array(places), ((width // 2, width // 2), (0, 0)), mode="edge")
    path = np.stack([np.convolve(axis, np.ones(width) / width, "valid") for axis in padded.T], 1)
    moving = (path[:, 1] < 230)[:, None]
    path += moving * 20 * np.sin(np.arange(len(path)) / fps * 9)[:, None]
    return signer(path, fps)


def test_each_frame_of_the_pose_gets_a_probability_at_any_frame_rate(detector, signer):
    for fps in (10.0, 25.0, 29.97, 50.0):
        pose = sign(signer, fps)
        probability = detector.signing(pose)
        assert probability.shape == (len(pose),)
        assert probability.dtype == np.float32
        assert ((probability > 0) & (probability < 1)).all()


def test_a_pose_without_frames_has_no_probabilities(detector, waving):
    assert detector.signing(waving[:0]).shape == (0,)
    assert detector.segments(waving[:0]) == []
    assert detector.trim(waving[:0]) == slice(0, 0)


def test_a_single_frame_is_scored(detector, waving):
    assert detector.signing(waving[:1]).shape == (1,)


def test_inference_leaves_the_mode_of_the_network_alone(detector, waving):
    first = detector.train().signing(waving)
    assert detector.training
    np.testing.assert_array_equal(detector.eval().signing(waving), first)
    assert not detector.training


def test_missing_hands_and_head_are_no_places(detector):
    skeleton = Skeleton.named("hands-and-nose")
    points = np.random.default_rng(0).normal(size=(30, 3, 3))
    unseen = Pose(points, np.zeros((30, 3)), 25, skeleton, "shoulder")
    elsewhere = Pose(points + 5, np.zeros((30, 3)), 25, skeleton, "shoulder")
    np.testing.assert_array_equal(detector.signing(unseen), detector.signing(elsewhere))


def test_moving_the_whole_signer_changes_nothing(detector, waving):
    moved = Pose(
        np.where(waving.confidence[..., None] > 0, waving.points + np.float32([50, -20, 3]), 0),
        waving.confidence, waving.fps, waving.skeleton,
    )  # fmt: skip
    np.testing.assert_allclose(detector.signing(moved), detector.signing(waving), atol=1e-4)


def test_the_shipped_weights_find_signing_between_rest(shipped, signer):
    pose = sign(signer)
    ((start, end),) = shipped.segments(pose)
    assert start == pytest.approx(1.5, abs=0.3)
    assert end == pytest.approx(3.5, abs=0.3)


def test_the_shipped_weights_still_say_what_they_said(shipped, signer):
    probability = shipped.signing(sign(signer))[[10, 33, 36, 39, 42, 60, 85, 88, 91, 115]]
    golden = [0.002, 0.018, 0.301, 0.748, 0.963, 0.998, 0.407, 0.078, 0.027, 0.002]
    np.testing.assert_allclose(probability, golden, atol=2e-3)


@pytest.mark.parametrize("fps", [10.0, 24.0, 30.0, 60.0])
def test_the_shipped_weights_trim_rest_at_any_frame_rate(shipped, signer, fps):
    pose = sign(signer, fps)
    kept = shipped.trim(pose)
    assert kept.start / fps == pytest.approx(1.4, abs=0.3)
    assert kept.stop / fps == pytest.approx(3.6, abs=0.3)


def test_a_clip_in_which_nothing_is_signed_is_kept_whole(shipped, signer):
    still = signer(np.tile([[265.0, 330.0]], (50, 1)))
    assert shipped.segments(still) == []
    assert shipped.trim(still) == slice(0, 50)


def test_a_still_hand_before_the_chest_is_signing(shipped, signer):
    letter = signer(np.tile([[270.0, 190.0]], (40, 1)))
    assert shipped.trim(letter) == slice(0, 40)


def test_two_utterances_are_two_segments(shipped, signer):
    pose = sign(signer, rest=1.0, seconds=1.5, tail=2.0)
    twice = Pose(
        np.concatenate([pose.points, pose.points]),
        np.concatenate([pose.confidence, pose.confidence]),
        pose.fps, pose.skeleton, pose.unit, pose.size,
    )  # fmt: skip
    spans = shipped.segments(twice)
    assert len(spans) == 2
    assert spans[1][0] - spans[0][0] == pytest.approx(pose.seconds, abs=0.1)


def test_the_shipped_weights_are_listed_with_what_they_score():
    (weights,) = [w for w in list_weights("rest_detector") if w.name == SHIPPED]
    assert {"ase", "gsg"} == set(weights.signed_languages)
    assert weights.metrics[0].interval is not None
    assert weights.size < 500_000


def test_real_signing_is_found_where_the_glosses_are(shipped, shared_data):
    from signzoo.data.corpora import read_corpus

    for utterance in read_corpus("dgs_sentences", shared_data / "pose"):
        kept = shipped.trim(utterance.pose)
        assert (kept.stop - kept.start) / len(utterance.pose) > 0.8
