import numpy as np
import pytest

from signzoo.evaluation.rest_baselines import Threshold, raised_hand, tune, wrist_speed
from signzoo.models.rest_detector.augmentation import LabelledTrack


def make_track(signing, hand=1):
    """Hands in the lap but where ``signing``: there one of them waves before the chest."""
    signing = np.array(signing, bool)
    points = np.zeros((len(signing), 3, 2), np.float32)
    points[:, :2, 1] = 2.0
    points[signing, hand] = [0.0, 0.5]
    points[signing, hand, 0] += 0.3 * (np.arange(len(signing)) % 2)[signing]
    confidence = np.ones((len(signing), 3), np.float32)
    known = np.ones(len(signing), bool)
    return LabelledTrack(points, confidence, signing.astype(np.float32), known)


SIGNING = [False] * 15 + [True] * 30 + [False] * 15


@pytest.mark.parametrize("hand", [0, 1])
def test_either_hand_counts(hand):
    track = make_track(SIGNING, hand)
    assert wrist_speed(track)[20] == pytest.approx(0.3 * 25, rel=1e-4)
    assert wrist_speed(track)[5] == 0
    assert raised_hand(track)[20] == pytest.approx(1.5)
    assert raised_hand(track)[5] == 0


def test_a_hand_that_comes_into_sight_has_no_speed():
    track = make_track(SIGNING)
    track.confidence[:20, 1] = 0
    assert wrist_speed(track)[20] == 0
    assert wrist_speed(track)[22] > 0


def test_a_clip_without_hands_is_at_rest():
    track = make_track(SIGNING)
    track.confidence[:] = 0
    assert not raised_hand(track).any()
    assert not wrist_speed(track).any()


def test_short_holes_are_filled_before_short_blips_are_dropped():
    signing = np.array([0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0], bool)
    rule = Threshold(lambda track: track.labels, 1, 0.5, hole=0.2, blip=0.2)
    expected = [1 <= frame < 6 for frame in range(20)]
    assert rule(make_track(signing)).tolist() == expected


def test_rest_at_the_ends_is_no_hole():
    rule = Threshold(lambda track: track.labels, 1, 0.5, hole=9.0, blip=0.0)
    assert rule(make_track(SIGNING)).tolist() == SIGNING


@pytest.mark.parametrize("signal", [raised_hand, wrist_speed])
def test_tuning_finds_a_rule_that_fits_its_tracks(signal):
    tracks = [make_track(SIGNING), make_track(SIGNING[5:], 0)]
    rule = tune(signal, tracks)
    wrong = [(rule(track) != (track.labels > 0)).sum() for track in tracks]
    assert sum(wrong) <= 4  # a speed is that of the step before its frame


def test_frames_whose_label_is_not_known_do_not_tune():
    track = make_track(SIGNING)
    upside_down = LabelledTrack(track.points, track.confidence, 1 - track.labels, ~track.known)
    alone, beside = tune(raised_hand, [track]), tune(raised_hand, [track, upside_down])
    assert (alone(track) == beside(track)).all()
