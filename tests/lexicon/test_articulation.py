from dataclasses import replace

import numpy as np
import pytest

from signzoo.lexicon.articulation import Physique, articulate, signing_skeleton
from signzoo.lexicon.phonology import Sign, sign_motion
from signzoo.transforms.kinematics import Proportions
from signzoo.transforms.pose import mirror

SIGN = Sign(
    handshape="1",
    end_handshape="1",
    orientation="up_left",
    location="head/chin",
    path="up",
    size=0.2,
    repetitions=1,
    local="none",
    hands="one",
    base_handshape="",
    base_orientation="",
    nonmanual="neutral",
)


def perform(sign=SIGN, frames=9, physique=None):
    return articulate(sign_motion(sign, frames), physique or Physique(), 25.0).pose


def at(pose, name):
    return pose.points[:, pose.skeleton.landmarks.index(name)]


def test_bones_have_the_lengths_that_were_asked_for():
    proportions = Proportions(0.9, 0.7, 0.3, 1.1, 1.5)
    pose = perform(physique=Physique(proportions))
    for bone, length in (
        (("body/right_shoulder", "body/right_elbow"), 0.9),
        (("body/right_elbow", "body/right_wrist"), 0.7),
        (("right_hand/wrist", "right_hand/middle_finger_mcp"), 0.3),
    ):
        found = np.linalg.norm(at(pose, bone[1]) - at(pose, bone[0]), axis=1)
        np.testing.assert_allclose(found, length, atol=1e-4)


def test_hands_hang_on_their_arms():
    pose = perform(replace(SIGN, hands="symmetric"))
    for side in ("left", "right"):
        np.testing.assert_allclose(
            at(pose, f"{side}_hand/wrist"), at(pose, f"body/{side}_wrist"), atol=1e-5
        )


def test_a_sign_is_where_its_location_is_and_goes_where_its_path_goes():
    pose = perform()
    knuckle = at(pose, "right_hand/middle_finger_mcp")
    assert knuckle[0, 1] - knuckle[-1, 1] == pytest.approx(0.2, abs=0.03)  # up is to negative y
    low = at(perform(replace(SIGN, location="space/low")), "right_hand/middle_finger_mcp")
    assert low[:, 1].min() > knuckle[:, 1].max()


def test_a_location_on_the_head_goes_with_the_heads_size():
    small = perform(physique=Physique(Proportions(head=0.9)))
    large = perform(physique=Physique(Proportions(head=1.1)))
    for pose in (small, large):
        gap = at(pose, "right_hand/middle_finger_mcp") - at(pose, "face/152")  # the chin
        assert np.abs(gap).max() < 0.35
    assert at(large, "right_hand/middle_finger_mcp")[0, 1] < at(small, "right_hand/wrist")[0, 1]


def test_a_left_handed_signer_is_the_mirror_of_a_right_handed_one():
    sign = replace(SIGN, hands="base", base_handshape="B", base_orientation="left_up")
    sign = replace(sign, nonmanual="turn_left", location="space/centre")
    right, left = perform(sign), perform(sign, physique=Physique(left_handed=True))
    np.testing.assert_allclose(mirror(right).points, left.points, atol=2e-2)


def test_the_signers_right_hand_is_on_the_left_of_the_picture():
    pose = perform(replace(SIGN, hands="symmetric"))
    assert (at(pose, "body/right_shoulder")[:, 0] < at(pose, "body/left_shoulder")[:, 0]).all()
    assert (at(pose, "right_hand/wrist")[:, 0] < at(pose, "left_hand/wrist")[:, 0]).all()


@pytest.mark.parametrize(
    ("nonmanual", "landmark", "axis", "direction"),
    [
        ("brows_up", "face/105", 1, -1),
        ("mouth_open", "face/17", 1, 1),
        ("mouth_wide", "face/291", 0, 1),
        ("turn_left", "body/nose", 0, 1),
        ("nod", "body/nose", 1, 1),
        ("tilt_left", "face/10", 0, 1),
    ],
)
def test_the_face_does_what_a_sign_says(nonmanual, landmark, axis, direction):
    neutral, moved = perform(), perform(replace(SIGN, nonmanual=nonmanual))
    change = (at(moved, landmark) - at(neutral, landmark))[:, axis] * direction
    assert (change > 0.015).all()


def test_all_landmarks_are_there_and_finite():
    pose = perform(replace(SIGN, hands="alternating", location="head/eye"))
    assert pose.skeleton is signing_skeleton()
    assert np.isfinite(pose.points).all()
    assert (pose.confidence == 1).all()


def test_what_a_wrist_cannot_do_is_reported():
    easy = articulate(sign_motion(SIGN, 4), Physique(), 25.0)
    hard = articulate(
        sign_motion(replace(SIGN, orientation="up_front", location="trunk/right_waist"), 4),
        Physique(),
        25.0,
    )
    assert easy.turned[:, 0].max() < 10 < 30 < hard.turned[:, 0].max()
