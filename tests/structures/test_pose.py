import numpy as np
import pytest

from signzoo.errors import MediaError, UsageError
from signzoo.structures import Pose, Skeleton

PAIR = Skeleton.named("hands-and-nose")


def make(confidence=1.0, fps=25.0):
    return Pose(np.ones((4, 3, 3)), np.full((4, 3), confidence), fps, PAIR)


def test_a_pose_of_the_wrong_shape_says_what_its_skeleton_needs():
    with pytest.raises(ValueError, match=r"'hands-and-nose' needs points \(4, 3, 3\).*\(4, 7, 3\)"):
        Pose(np.zeros((4, 7, 3)), np.zeros((4, 7)), 25, PAIR)


@pytest.mark.parametrize("fps", [0, -1, float("nan"), float("inf")])
def test_a_pose_needs_a_frame_rate(fps):
    with pytest.raises(ValueError, match="frames a second"):
        make(fps=fps)


@pytest.mark.parametrize("confidence", [-0.1, 1.1, float("nan")])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(ValueError, match="between 0 and 1"):
        make(confidence)


def test_points_without_confidence_become_zero():
    assert not make(confidence=0).points.any()


def test_a_missing_point_may_be_nan_and_a_seen_one_may_not():
    points = np.full((1, 3, 3), np.nan)
    assert not Pose(points, np.zeros((1, 3)), 25, PAIR).points.any()
    with pytest.raises(ValueError, match="not finite"):
        Pose(points, np.ones((1, 3)), 25, PAIR)


def test_an_anchor_is_the_mean_of_its_visible_landmarks(waving):
    hand = waving.skeleton.part("right_hand")
    waving.confidence[0, hand.start + 1 : hand.stop] = 0
    position, confidence = waving.anchor("right_hand")
    np.testing.assert_allclose(position[0], waving.points[0, hand.start], rtol=1e-6)
    assert confidence[0] == 1
    np.testing.assert_allclose(position[1], waving.points[1, hand].mean(axis=0), rtol=1e-5)


def test_an_anchor_out_of_sight_has_no_confidence(waving):
    position, confidence = waving.anchor("left_hand")
    assert not position.any()
    assert not confidence.any()


def test_slicing_keeps_the_frames_and_the_rate(waving):
    part = waving[10:20]
    assert len(part) == 10
    assert part.fps == 25
    np.testing.assert_array_equal(part.points, waving.points[10:20])


def test_a_skeleton_is_looked_up_by_name_only():
    with pytest.raises(UsageError, match="no skeleton 'openpose'.*mediapipe-holistic"):
        Skeleton.named("openpose")


def test_mirroring_twice_is_no_mirroring():
    for name in Skeleton.names():
        mirrored = np.array(Skeleton.named(name).mirrored)
        np.testing.assert_array_equal(mirrored[mirrored], np.arange(len(mirrored)))


def test_the_mirrored_landmark_is_on_the_other_side():
    skeleton = Skeleton.named("mediapipe-holistic")
    names = skeleton.landmarks
    left = names.index("left_hand/thumb_tip")
    assert names[skeleton.mirrored[left]] == "right_hand/thumb_tip"
    assert names[skeleton.mirrored[names.index("face/33")]] == "face/263"  # outer corners of eyes
    assert names[skeleton.mirrored[names.index("face/1")]] == "face/1"  # tip of the nose


def test_a_selection_is_a_skeleton_with_a_name():
    hand = Skeleton.named("mediapipe-holistic[right_hand,body/nose]")
    assert hand.landmarks[0] == "body/nose"
    assert len(hand.landmarks) == 22
    assert "left_hand" not in hand.anchors
    with pytest.raises(UsageError, match="no 'tail'"):
        Skeleton.named("mediapipe-holistic[tail]")


def test_an_unknown_part_or_place_lists_the_known_ones():
    with pytest.raises(UsageError, match="body, face, left_hand, right_hand"):
        Skeleton.named("mediapipe-holistic").part("tail")
    with pytest.raises(UsageError, match="left_shoulder"):
        Skeleton.named("mediapipe-holistic").anchor("tail")


def test_a_missing_pose_file_is_named(tmp_path):
    with pytest.raises(MediaError, match=r"no pose file .*nothing\.pose"):
        Pose.read(tmp_path / "nothing.pose")
