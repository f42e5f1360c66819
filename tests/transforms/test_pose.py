import numpy as np
import pytest

from signzoo.errors import MediaError, UsageError
from signzoo.transforms.pose import (
    fill_gaps,
    mirror,
    resample,
    select_landmarks,
    shoulder_frame,
    smooth,
    to_pixels,
    to_shoulder_units,
)


def hide(pose, frames, landmark=0):
    pose.confidence[frames, landmark] = 0
    pose.points[frames, landmark] = 0


@pytest.fixture
def hand(waving):
    """Only the waving right hand, in pixels."""
    return select_landmarks(waving, ["right_hand"])


def test_selected_landmarks_are_the_named_ones(waving, hand):
    names = waving.skeleton.landmarks
    assert hand.skeleton.landmarks == names[waving.skeleton.part("right_hand")]
    np.testing.assert_array_equal(hand.points, waving.points[:, waving.skeleton.part("right_hand")])


def test_landmarks_can_be_selected_out_of_a_selection(waving, hand):
    both = select_landmarks(waving, ["body/nose", "left_hand", "right_hand"])
    again = select_landmarks(both, ["right_hand"])
    assert again.skeleton == hand.skeleton
    np.testing.assert_array_equal(again.points, hand.points)


def test_what_a_selection_lacks_cannot_be_selected(hand):
    with pytest.raises(UsageError, match=r"\[right_hand\] has no body/nose\."):
        select_landmarks(hand, ["body/nose"])


def test_shoulders_are_one_unit_apart_and_centred(waving):
    scaled = to_shoulder_units(waving)
    assert scaled.unit == "shoulder"
    middle, width = shoulder_frame(scaled)
    np.testing.assert_allclose(middle, 0, atol=1e-6)
    assert width == pytest.approx(1)


def test_scaling_does_not_depend_on_where_the_signer_stands(waving):
    from dataclasses import replace

    far = replace(waving, points=waving.points * 0.5 + np.float32([100, 50, 0]))
    seen = waving.confidence > 0
    np.testing.assert_allclose(
        to_shoulder_units(far).points[seen], to_shoulder_units(waving).points[seen], atol=1e-5
    )


def test_a_signer_without_shoulders_cannot_be_scaled(hand, waving):
    waving.confidence[:, waving.skeleton.anchor("left_shoulder")] = 0
    with pytest.raises(MediaError, match="never shows both shoulders"):
        to_shoulder_units(waving)


def test_pixels_of_shoulder_units_lie_in_the_picture(waving):
    placed = to_pixels(to_shoulder_units(waving), (512, 512))
    assert placed.size == (512, 512)
    middle, width = shoulder_frame(placed)
    np.testing.assert_allclose(middle[:2], [256, 512 * 0.4], atol=1e-3)
    assert width == pytest.approx(512 / 3.4)
    with pytest.raises(UsageError, match="shoulder widths"):
        to_pixels(waving)


@pytest.mark.parametrize("fps", [12.5, 24, 30, 50])
def test_resampling_keeps_the_duration_and_the_path(hand, fps):
    changed = resample(hand, fps)
    assert changed.fps == fps
    assert changed.seconds == pytest.approx(hand.seconds, abs=0.5 / fps)
    place = np.minimum(np.arange(len(changed)) / fps, (len(hand) - 1) / hand.fps)
    expected = np.interp(place, np.arange(len(hand)) / hand.fps, hand.points[:, 0, 0])
    np.testing.assert_allclose(changed.points[:, 0, 0], expected, atol=1e-3)


def test_resampling_never_mixes_a_missing_landmark_in(hand):
    hide(hand, slice(10, 20))
    changed = resample(hand, 60)
    seen = changed.confidence[:, 0] > 0
    assert 0 < (~seen).sum() < len(changed)
    assert (
        changed.points[seen, 0, 0].min()
        >= hand.points[hand.confidence[:, 0] > 0, 0, 0].min() - 1e-3
    )
    assert set(np.unique(changed.confidence[:, 0])) == {0, 1}


def test_short_gaps_are_bridged_in_a_straight_line(hand):
    hide(hand, slice(10, 13))
    filled = fill_gaps(hand, 0.2)
    expected = np.linspace(hand.points[9, 0], hand.points[13, 0], 5)[1:-1]
    np.testing.assert_allclose(filled.points[10:13, 0], expected, rtol=1e-5)
    assert (filled.confidence[10:13, 0] == 1).all()


def test_long_gaps_and_gaps_at_the_ends_stay(hand):
    for gap in (slice(0, 2), slice(10, 20), slice(48, 50)):
        hide(hand, gap)
    np.testing.assert_array_equal(fill_gaps(hand, 0.2).confidence, hand.confidence)


def test_a_bridge_is_as_unsure_as_its_weaker_end(hand):
    hide(hand, slice(10, 12))
    hand.confidence[9, 0] = 0.3
    assert fill_gaps(hand).confidence[10:12, 0] == pytest.approx([0.3, 0.3])


def test_smoothing_removes_jitter_and_keeps_the_movement(hand):
    from dataclasses import replace

    noise = np.random.default_rng(7).normal(0, 2, hand.points.shape).astype(np.float32)
    jittery = replace(hand, points=hand.points + noise)
    before = np.abs(jittery.points - hand.points).mean()
    after = np.abs(smooth(jittery).points - hand.points).mean()
    assert after < 0.75 * before


def test_smoothing_takes_nothing_from_missing_frames(hand):
    hide(hand, slice(10, 20))
    result = smooth(hand, 0.08)
    assert not result.points[10:20, 0].any()
    assert abs(result.points[9, 0, 0] - hand.points[9, 0, 0]) < 10  # not drawn towards 0


def test_mirroring_swaps_the_hands_and_twice_is_the_same(waving):
    swapped = mirror(waving)
    right, left = waving.anchor("right_hand")[0], swapped.anchor("left_hand")[0]
    np.testing.assert_allclose(left[:, 0], 640 - right[:, 0], rtol=1e-5)
    assert not swapped.anchor("right_hand")[1].any()
    seen = waving.confidence > 0
    np.testing.assert_allclose(mirror(swapped).points[seen], waving.points[seen], atol=1e-3)


def test_mirroring_pixels_needs_the_width(waving):
    from dataclasses import replace

    with pytest.raises(UsageError, match="frame size"):
        mirror(replace(waving, size=None))
