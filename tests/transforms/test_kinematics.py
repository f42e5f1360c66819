import numpy as np
import pytest

from signzoo.transforms.kinematics import (
    ANGLE_RANGES,
    WRIST_DEVIATION,
    WRIST_FLEXION,
    forearm_roll,
    hand_frame,
    hand_points,
    limit_wrist,
    mirrored,
    reach,
)
from signzoo.transforms.rotations import swing

UP, FRONT, RIGHT = np.array([0, -1.0, 0]), np.array([0, 0, -1.0]), np.array([-1.0, 0, 0])


def unit(vectors):
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


def bones(points):
    """Lengths of the four bones of each finger, ``(T, 5, 4)``, the first from the wrist."""
    fingers = points[:, 1:].reshape(len(points), 5, 4, 3)
    starts = np.concatenate([np.zeros_like(fingers[:, :, :1]), fingers[:, :, :-1]], axis=2)
    return np.linalg.norm(fingers - starts, axis=-1)


def test_fingers_keep_their_length_however_they_bend():
    random = np.random.default_rng(0)
    angles = random.uniform(-200, 200, (50, 5, 4))
    lengths = bones(hand_points(angles))
    np.testing.assert_allclose(lengths, np.broadcast_to(lengths[:1], lengths.shape), atol=1e-5)


def test_an_open_hand_is_flat_and_a_fist_comes_out_of_the_palm():
    angles = np.zeros((2, 5, 4))
    angles[1, 1:, 1:] = [88, 100, 65]
    flat, fist = hand_points(angles)
    assert np.abs(flat[5:, 2]).max() < 0.05
    tips = [8, 12, 16, 20]
    assert (flat[tips, 1] > 1.5).all()  # palm lengths from the wrist
    assert (fist[tips, 1] < 1.0).all()
    assert (fist[[6, 10, 14, 18], 2] > 0.3).all()


def test_angles_beyond_a_joints_range_are_held():
    wild = np.full((1, 5, 4), 500.0)
    most = np.broadcast_to(ANGLE_RANGES[None, ..., 1], (1, 5, 4))
    np.testing.assert_allclose(hand_points(wild), hand_points(most), atol=1e-6)


def test_a_hand_frame_has_the_thumb_where_a_right_hands_is():
    # Palm to the camera, fingers up: a right hand's thumb points to the signer's left.
    across, fingers, palm = hand_frame(UP, FRONT).T
    np.testing.assert_allclose(across, -RIGHT)
    np.testing.assert_allclose(fingers, UP)
    np.testing.assert_allclose(palm, FRONT)


def test_an_arm_reaches_its_wrist_with_bones_of_its_length():
    random = np.random.default_rng(1)
    shoulder = np.array([-0.5, 0, 0])
    wrist = shoulder + unit(random.normal(size=(200, 3))) * random.uniform(0.5, 1.5, (200, 1))
    elbow, reached = reach(shoulder, wrist, 0.86, 0.73, np.array([-0.5, 1, 0.2]))
    np.testing.assert_allclose(reached, wrist, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(elbow - shoulder, axis=1), 0.86, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(reached - elbow, axis=1), 0.73, atol=1e-6)


def test_what_is_out_of_reach_is_pointed_at():
    far = np.array([[-0.5, 0, -9.0]])
    elbow, wrist = reach(np.array([-0.5, 0, 0]), far, 0.86, 0.73, np.array([-0.5, 1, 0.2]))
    np.testing.assert_allclose(unit(wrist - [-0.5, 0, 0]), [[0, 0, -1]], atol=1e-9)
    assert 1.5 < np.linalg.norm(wrist - [-0.5, 0, 0]) < 0.86 + 0.73
    assert np.isfinite(elbow).all()


def test_an_elbow_is_on_the_side_of_its_hint():
    wrist = np.array([[-0.5, 0.3, -0.9]])
    low, _ = reach(np.array([-0.5, 0, 0]), wrist, 0.86, 0.73, np.array([0, 1.0, 0]))
    out, _ = reach(np.array([-0.5, 0, 0]), wrist, 0.86, 0.73, RIGHT)
    assert low[0, 1] > out[0, 1]
    assert out[0, 0] < low[0, 0]


def test_a_wrist_bends_no_further_than_wrists_do():
    random = np.random.default_rng(2)
    forearm = unit(random.normal(size=(300, 3)))
    hand = hand_frame(random.normal(size=(300, 3)), random.normal(size=(300, 3)))
    limited, degrees = limit_wrist(forearm, hand)
    local = np.einsum("tij,ti->tj", limited, forearm)
    flexion = np.rad2deg(np.arctan2(-local[:, 2], local[:, 1]))
    deviation = np.rad2deg(np.arcsin(np.clip(-local[:, 0], -1, 1)))
    assert (flexion > WRIST_FLEXION[0] - 0.1).all()
    assert (flexion < WRIST_FLEXION[1] + 0.1).all()
    assert (deviation > WRIST_DEVIATION[0] - 0.1).all()
    assert (deviation < WRIST_DEVIATION[1] + 0.1).all()
    np.testing.assert_allclose(np.linalg.det(limited), 1, atol=1e-6)
    again, none = limit_wrist(forearm, limited)
    np.testing.assert_allclose(again, limited, atol=1e-5)
    assert degrees.max() > 20
    assert none.max() < 0.1


@pytest.mark.parametrize(("palm", "degrees"), [((1, 0, 0), 0), ((0, 1, 0), -90), ((0, -1, 0), 90)])
def test_a_palm_down_is_pronated_and_a_palm_up_supinated(palm, degrees):
    shoulder, elbow = np.array([-0.5, 0, 0]), np.array([[-0.5, 0.86, 0]])
    wrist = elbow + 0.73 * FRONT
    hand = hand_frame(FRONT[None], np.array([palm], float))
    assert forearm_roll(shoulder, elbow, wrist, hand) == pytest.approx([degrees], abs=1e-6)


def test_the_rotation_between_two_directions_takes_one_to_the_other():
    random = np.random.default_rng(3)
    start, end = unit(random.normal(size=(2, 50, 3)))
    turned = np.einsum("tij,tj->ti", swing(start, end), start)
    np.testing.assert_allclose(turned, end, atol=1e-9)


def test_mirroring_twice_is_doing_nothing():
    points = np.random.default_rng(4).normal(size=(5, 3)).astype(np.float32)
    np.testing.assert_array_equal(mirrored(mirrored(points)), points)
