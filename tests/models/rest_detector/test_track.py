from dataclasses import replace

import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.models.rest_detector.track import FPS, hand_track
from signzoo.structures import Pose, Skeleton
from signzoo.transforms.pose import to_shoulder_units

LEFT, RIGHT, HEAD = 0, 1, 2


def test_a_track_is_at_25_fps_and_in_shoulder_widths(signer):
    pose = signer(np.tile([[270.0, 300.0]], (60, 1)), fps=30)  # 100 pixels between the shoulders
    track = hand_track(pose)
    assert track.skeleton.name == "hands-and-nose"
    assert track.unit == "shoulder"
    assert track.fps == FPS
    assert len(track) == 50
    expected = (pose.anchor("right_hand")[0] - pose.anchor("head")[0])[0, :2] / 100
    place = track.points[:, RIGHT, :2] - track.points[:, HEAD, :2]
    np.testing.assert_allclose(place, np.tile(expected, (50, 1)), atol=1e-3)


def test_a_hand_without_landmarks_is_where_its_forearm_points(waving):
    confidence = waving.confidence.copy()
    confidence[:, waving.skeleton.part("right_hand")] = 0
    lost = hand_track(replace(waving, confidence=confidence))
    wrist, sure = waving.anchor("right_wrist")
    elbow, _ = waving.anchor("right_elbow")
    expected = (wrist + 0.35 * (wrist - elbow)) / 100
    np.testing.assert_allclose(lost.points[:, RIGHT], expected, atol=1e-4)
    np.testing.assert_allclose(lost.confidence[:, RIGHT], sure)


def test_a_hand_of_which_nothing_is_seen_is_missing(waving):
    track = hand_track(waving)
    assert not track.confidence[:, LEFT].any()
    assert not track.points[:, LEFT].any()


def test_shoulder_units_and_pixels_give_the_same_track_but_for_its_origin(waving):
    pixels, units = hand_track(waving), hand_track(to_shoulder_units(waving))
    for track in (pixels, units):
        track.points[..., :2] -= track.points[:, HEAD : HEAD + 1, :2]
    np.testing.assert_allclose(pixels.points[:, RIGHT, :2], units.points[:, RIGHT, :2], atol=1e-4)


def test_a_short_loss_is_bridged(waving):
    confidence = waving.confidence.copy()
    hidden = [*waving.skeleton.anchor("right_hand"), *waving.skeleton.anchor("right_wrist")]
    confidence[20:22, hidden] = 0
    assert hand_track(replace(waving, confidence=confidence)).confidence[:, RIGHT].all()


def test_pixels_without_shoulders_cannot_be_scaled():
    skeleton = Skeleton.named("hands-and-nose")
    pose = Pose(np.zeros((5, 3, 3)), np.ones((5, 3)), 25, skeleton)
    with pytest.raises(UsageError, match="has no shoulders .* unit='shoulder'"):
        hand_track(pose)
