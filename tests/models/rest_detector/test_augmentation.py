from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.errors import UsageError
from signzoo.models.rest_detector.augmentation import (
    AugmentationConfig,
    LabelledTrack,
    augment,
    longest,
)

OFF = AugmentationConfig(*[0.0] * 10)
LEFT, RIGHT, HEAD = 0, 1, 2


def make_track(frames=60, missing=False):
    points = np.zeros((frames, 3, 2), np.float32)
    points[:, LEFT] = [0.4, 1.2]
    points[:, RIGHT] = [-0.3, 0.6]
    points[:, RIGHT, 0] += 0.2 * np.sin(np.arange(frames))
    confidence = np.ones((frames, 3), np.float32)
    if missing:
        points[:, LEFT], confidence[:, LEFT] = 0, 0
    labels = ((np.arange(frames) > 10) & (np.arange(frames) < frames - 10)).astype(np.float32)
    return LabelledTrack(points, confidence, labels, np.ones(frames, bool))


def only(**changes):
    return replace(OFF, **changes)


def varied(config, track=None, seed=0):
    return augment(track or make_track(), config, np.random.default_rng(seed))


def test_all_off_changes_nothing():
    before, after = make_track(), varied(OFF)
    for name in ("points", "confidence", "labels", "known"):
        np.testing.assert_array_equal(getattr(before, name), getattr(after, name))


@given(st.integers(0, 10**6), st.integers(1, 120), st.booleans())
@settings(max_examples=80, deadline=None)
def test_any_variation_is_a_well_formed_track_within_the_promised_length(seed, frames, missing):
    config = AugmentationConfig()
    track = varied(config, make_track(frames, missing), seed)
    assert 1 <= len(track) <= longest(frames, config)
    assert track.points.shape == (len(track), 3, 2)
    assert track.points.dtype == track.confidence.dtype == track.labels.dtype == np.float32
    assert set(np.unique(track.labels)) <= {0.0, 1.0}
    assert ((track.confidence >= 0) & (track.confidence <= 1)).all()
    assert not track.points[track.confidence == 0].any()
    assert np.isfinite(track.points).all()


def test_the_same_seed_makes_the_same_variation():
    config = AugmentationConfig()
    np.testing.assert_array_equal(varied(config).points, varied(config).points)
    assert varied(config, seed=1).points.shape != varied(config, seed=2).points.shape


def test_mirroring_swaps_the_hands_and_the_sides():
    before, after = make_track(), varied(only(mirror=1.0))
    np.testing.assert_allclose(after.points[:, LEFT], before.points[:, RIGHT] * [-1, 1])
    np.testing.assert_allclose(after.points[:, RIGHT], before.points[:, LEFT] * [-1, 1])


def test_stretching_keeps_the_share_of_signing():
    before, after = make_track(200), varied(only(stretch=0.25), make_track(200))
    assert len(after) != len(before)
    assert after.labels.mean() == pytest.approx(before.labels.mean(), abs=0.02)


def test_a_hold_repeats_one_signed_frame():
    track = varied(only(hold=1.0))
    still = (track.points[1:] == track.points[:-1]).all(axis=(1, 2))
    assert still.sum() == len(track) - len(make_track()) >= 5
    assert track.labels[1:][still].all()


def test_added_rest_is_low_labelled_rest_and_reaches_the_clip_without_a_jump():
    before, track = make_track(), varied(only(rest=1.0))
    start = int(np.argmax(track.labels)) - 11  # where the clip begins
    np.testing.assert_array_equal(track.points[start : start + len(before)], before.points)
    assert not track.labels[:start].any()
    assert track.known.all()
    height = track.points[:, :2, 1] - track.points[:, HEAD:, 1]
    assert (height[[0, -1]] > 1.4).all()
    assert np.abs(np.diff(track.points, axis=0)).max() < 1.0


def test_a_hand_that_the_clip_never_shows_is_not_invented_while_signing():
    track = varied(only(rest=1.0), make_track(missing=True))
    signed = track.labels > 0
    assert not track.confidence[signed, LEFT].any()


def test_cropping_loses_low_hands_only():
    track = varied(only(crop=1.0, rest=1.0), seed=3)
    lost = track.confidence[:, :2] == 0
    assert lost.any()
    assert track.confidence[track.labels > 0][:, :2].all()


def test_lost_hands_come_back():
    track = varied(only(drop=1.0))
    assert 0 < (track.confidence[:, :2] == 0).sum() <= 2 * 15
    assert track.confidence[:, HEAD].all()


@pytest.mark.parametrize("changes", [{"mirror": 1.5}, {"rest": -0.1}, {"noise": -1.0}])
def test_impossible_settings_are_refused(changes):
    with pytest.raises(UsageError):
        only(**changes)
