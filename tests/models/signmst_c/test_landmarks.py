import numpy as np
import pytest

from signzoo.data.corpora import read_corpus
from signzoo.errors import MediaError
from signzoo.models.signmst_c.landmarks import (
    FACE,
    HEAD,
    LEFT_HAND,
    NUM_LANDMARKS,
    RIGHT_FINGERS,
    RIGHT_HAND,
    mirrored,
    signing_landmarks,
)
from signzoo.structures import Pose
from signzoo.transforms.pose import mirror


def test_a_pose_in_pixels_is_measured_from_its_shoulders_at_25_frames(waving):
    found = signing_landmarks(waving)
    assert found.shape == (50, NUM_LANDMARKS, 3)
    assert found[0, 1, :2] == pytest.approx([0.5, 0])  # the left shoulder
    assert found[0, 2, :2] == pytest.approx([-0.5, 0])
    assert (found[:, RIGHT_FINGERS, 2] == 1).all()
    assert (found[:, LEFT_HAND] == 0).all()  # never seen
    hand = waving.anchor("right_hand")[0]
    assert found[:, RIGHT_HAND, 0] == pytest.approx((hand[:, 0] - 320) / 100, abs=1e-5)
    half = Pose(
        waving.points[::2], waving.confidence[::2], 12.5, waving.skeleton, "pixel", waving.size
    )
    assert len(signing_landmarks(half)) == 50


def test_tracks_of_hands_and_nose_have_those_and_nothing_else(fake_corpora):
    found = signing_landmarks(read_corpus("boston104", fake_corpora)[0].pose)
    seen = found[..., 2].max(axis=0) > 0
    assert np.flatnonzero(seen).tolist() == [HEAD, LEFT_HAND, RIGHT_HAND]


def test_a_mirror_swaps_the_sides(waving):
    twin = signing_landmarks(mirror(waving))
    ours = mirrored(signing_landmarks(waving))
    bare = [i for i in range(NUM_LANDMARKS) if not FACE.start <= i]  # the fake face is a circle
    np.testing.assert_allclose(twin[:, bare], ours[:, bare], atol=1e-5)
    np.testing.assert_array_equal(mirrored(ours), signing_landmarks(waving))


def test_without_shoulders_there_is_no_scale(waving):
    confidence = waving.confidence.copy()
    confidence[:, list(waving.skeleton.anchor("left_shoulder"))] = 0
    lost = Pose(waving.points, confidence, 25, waving.skeleton, "pixel", waving.size)
    with pytest.raises(MediaError, match="never shows both shoulders"):
        signing_landmarks(lost)
