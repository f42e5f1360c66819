from dataclasses import replace

import numpy as np
import pytest

from signzoo.errors import MediaError, UsageError
from signzoo.metrics import PoseScorer, score_pose, steadiness
from signzoo.structures import Pose, Skeleton
from signzoo.transforms.pose import select_landmarks, to_shoulder_units

HANDS = ("left_hand", "right_hand")


def hands(pose):
    return np.r_[tuple(pose.skeleton.part(hand) for hand in HANDS)]


def moved(pose, where, by):
    """The pose with some landmarks moved by shoulder widths; unseen ones stay unseen."""
    pose = to_shoulder_units(pose)
    points = pose.points.copy()
    points[:, where, :2] += by
    return replace(pose, points=points)


def hidden(pose, frames, where):
    confidence = pose.confidence.copy()
    confidence[np.ix_(frames, where)] = 0
    return replace(pose, confidence=confidence)


def test_a_pose_agrees_with_itself(waving):
    values = score_pose(waving, waving).values

    for part in ("all", "body", "face", "hands"):
        assert values[f"mean_joint_error_{part}"] == values[f"dtw_error_{part}"] == 0
        assert values[f"pck10_{part}"] == values[f"pck20_{part}"] == 100
        assert values[f"missing_{part}"] == 0
    assert values["duration_ratio"] == 1


def test_place_and_size_in_the_picture_do_not_count(waving):
    elsewhere = replace(
        waving, points=np.where(waving.confidence[..., None] > 0, waving.points * 2.5 + 70, 0)
    )

    values = score_pose(elsewhere, waving).values

    assert values["mean_joint_error_all"] == pytest.approx(0, abs=1e-5)
    assert score_pose(to_shoulder_units(waving), waving).values == score_pose(waving, waving).values


def test_hands_are_measured_apart(waving):
    values = score_pose(moved(waving, hands(waving), (0.12, 0.09)), waving).values

    assert values["mean_joint_error_hands"] == pytest.approx(0.15, abs=1e-5)
    assert values["pck10_hands"] == 0
    assert values["pck20_hands"] == 100
    assert values["mean_joint_error_body"] == values["mean_joint_error_face"] == 0
    assert values["mean_joint_error_all"] == pytest.approx(0.05, abs=1e-5)


def test_depth_does_not_count(waving):
    deep = replace(waving, points=waving.points + np.array([0, 0, 300], np.float32))

    assert score_pose(deep, waving).values["mean_joint_error_all"] == 0


def test_a_missing_landmark_is_one_shoulder_width_off(waving):
    without = hidden(waving, np.arange(25), hands(waving))

    values = score_pose(without, waving).values

    assert values["missing_hands"] == pytest.approx(50)
    assert values["mean_joint_error_hands"] == pytest.approx(0.5)
    assert values["pck20_hands"] == pytest.approx(50)
    assert values["missing_body"] == 0


def test_landmarks_that_the_reference_does_not_show_do_not_count(waving):
    torn = moved(waving, hands(waving), (2, 2))
    half = hidden(waving, np.arange(25), hands(waving))
    torn = replace(torn, points=np.where(np.arange(50)[:, None, None] < 25, torn.points, 0))
    whole = to_shoulder_units(waving)
    torn = replace(whole, points=np.where(torn.points != 0, torn.points, whole.points))

    assert score_pose(torn, half).values["mean_joint_error_hands"] == pytest.approx(0, abs=1e-6)
    assert score_pose(torn, waving).values["mean_joint_error_hands"] > 1


def test_guessed_landmarks_do_not_count(waving):
    guessed = replace(waving, confidence=np.where(waving.confidence > 0, waving.confidence, 0.1))

    values = score_pose(waving, guessed).values

    assert values == score_pose(waving, waving).values
    assert score_pose(waving, guessed, minimum_confidence=0.05).values["missing_all"] > 0


def test_warping_forgives_another_tempo_and_frame_by_frame_errors_do_not(waving):
    points = to_shoulder_units(waving)
    uneven = points[np.r_[np.zeros(30, int), np.arange(50)]]

    values = score_pose(uneven, waving).values

    assert values["dtw_error_all"] == pytest.approx(0, abs=1e-6)
    assert values["mean_joint_error_hands"] > 0.1
    assert values["duration_ratio"] == pytest.approx(1.6)


def test_an_even_change_of_tempo_costs_little_frame_by_frame(waving):
    slow = replace(to_shoulder_units(waving)[np.repeat(np.arange(50), 2)], fps=50)

    values = score_pose(slow, waving).values

    assert values["duration_ratio"] == 1
    assert values["mean_joint_error_hands"] < 0.05


def test_the_warped_error_is_the_mean_cost_along_the_cheapest_path(signer):
    random = np.random.default_rng(0)
    ours, theirs = (
        to_shoulder_units(signer(random.uniform(200, 400, size=(frames, 2)))) for frames in (7, 9)
    )

    # Body and face stand still, so the path is that of the right hand and its arm.
    def cost(where):
        difference = theirs.points[:, None, where, :2] - ours.points[None, :, where, :2]
        return np.linalg.norm(difference, axis=3).mean(axis=2)

    body = np.flatnonzero(ours.confidence[0, :33] > 0)
    parts = {"body": body, "hands": np.arange(33 + 468 + 21, 33 + 468 + 42)}
    costs = {part: cost(where) for part, where in parts.items()}
    whole = (costs["body"] + costs["hands"]) / 3  # the face, not moving, costs nothing
    best = {(0, 0): (whole[0, 0], 1)}
    for i, j in np.ndindex(whole.shape):
        before = [best[c] for c in ((i - 1, j - 1), (i - 1, j), (i, j - 1)) if c in best]
        if before:
            total, length = min(before, key=lambda cell: cell[0])
            best[i, j] = total + whole[i, j], length + 1
    total, length = best[8, 6]

    values = score_pose(ours, theirs).values
    assert values["dtw_error_all"] == pytest.approx(total / length, abs=1e-5)
    assert values["dtw_error_face"] == pytest.approx(0, abs=1e-6)
    mean = (values["dtw_error_body"] + values["dtw_error_hands"]) / 3
    assert mean == pytest.approx(total / length, abs=1e-5)


def test_skeletons_are_compared_on_the_landmarks_that_they_share(waving):
    upper = select_landmarks(waving, ["body", "right_hand"])

    values = score_pose(waving, upper).values

    assert values["mean_joint_error_body"] == values["mean_joint_error_hands"] == 0
    assert np.isnan(values["mean_joint_error_face"])
    assert values["mean_joint_error_all"] == 0
    assert values == pytest.approx(score_pose(upper, waving).values, nan_ok=True)


def test_poses_that_cannot_be_compared_are_refused(waving):
    track = Skeleton.named("hands-and-nose")
    other = Pose(np.ones((3, 3, 3)), np.ones((3, 3)), 25, track, "shoulder")

    with pytest.raises(UsageError, match="share no landmark"):
        score_pose(other, waving)
    with pytest.raises(UsageError, match="reference has 0 frames"):
        score_pose(waving, waving[:0])
    with pytest.raises(UsageError, match="hypothesis has 3001 frames"):
        score_pose(waving[np.zeros(3001, int)], waving)
    with pytest.raises(MediaError, match="shoulders"):
        score_pose(hidden(waving, np.arange(50), np.arange(33)), waving)


def test_counts_of_pairs_in_any_order_add_up(waving, signer):
    still = signer(np.full((30, 2), 250.0))
    pairs = [(waving, still), (still, waving), (waving, waving)]
    scorer = PoseScorer()
    counts = np.array([scorer.count(*pair) for pair in pairs])

    forwards, backwards = counts.sum(axis=0), counts[0] + counts[[2, 1]].sum(axis=0)

    assert counts.shape == (3, scorer.num_counts)
    assert scorer.scores(forwards) == scorer.scores(backwards)
    assert scorer.summary(forwards).num_poses == 3
    with pytest.raises(UsageError, match="no poses"):
        scorer.scores(np.zeros(scorer.num_counts, np.int64))


def test_even_motion_has_no_jerk_and_a_known_curve_has_its_own(signer):
    time = np.arange(50) / 25
    path = np.stack([100 * time, 200 + 100 * time**2], axis=1)
    cubic = np.stack([100 * time**3, np.full(50, 200)], axis=1)

    # 100 pixels are a shoulder width, and the third derivative of t³ is 6.
    assert steadiness(signer(path))["hands"]["jerk"] == pytest.approx(0, abs=0.2)
    assert steadiness(signer(cubic))["hands"]["jerk"] == pytest.approx(6, abs=0.2)


def test_trembling_hands_show_in_the_jerk_of_the_hands_alone(signer, waving):
    random = np.random.default_rng(0)
    points = waving.points.copy()
    points[:, waving.skeleton.part("right_hand"), :2] += random.normal(size=(50, 21, 2))
    shaking = replace(waving, points=points)

    calm, torn = steadiness(waving), steadiness(shaking)

    assert torn["hands"]["jerk"] > 10 * calm["hands"]["jerk"]
    assert torn["face"] == calm["face"]
    values = score_pose(shaking, waving).values
    assert values["jerk_hands"] == pytest.approx(torn["hands"]["jerk"], rel=1e-5)
    assert values["reference_jerk_hands"] == pytest.approx(calm["hands"]["jerk"], rel=1e-4)


def test_hands_that_come_and_go_vanish_so_often_a_second(waving):
    blinking = hidden(waving, np.arange(9, 50, 10), hands(waving))

    # Gone in every tenth of 50 frames: five times within the 45 frames where they are seen.
    assert steadiness(blinking)["hands"]["vanishing"] == pytest.approx(5 / (45 / 25))
    assert steadiness(blinking)["body"]["vanishing"] == 0


def test_a_part_that_is_never_seen_has_no_steadiness(signer):
    handless = signer(np.full((9, 2), 250.0))
    handless = hidden(handless, np.arange(9), hands(handless))

    assert np.isnan(steadiness(handless)["hands"]["jerk"])
    assert np.isnan(steadiness(handless[:3])["body"]["jerk"])
