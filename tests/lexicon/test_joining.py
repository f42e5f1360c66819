import itertools

import numpy as np
import pytest

from signzoo.lexicon import Lexicon, join_poses
from signzoo.lexicon.fingerspelling import letter_clip
from signzoo.lexicon.joining import MAX_SPEED, prepare_clip


def steps(pose):
    """How far each landmark moves to the next frame, ``(T - 1, V)``; 0 where it is not seen."""
    seen = (pose.confidence[1:] > 0) & (pose.confidence[:-1] > 0)
    return np.linalg.norm(np.diff(pose.points, axis=0), axis=2) * seen


def changes(pose):
    """How much the velocity of each landmark changes from step to step, ``(T - 2, V)``."""
    seen = pose.confidence > 0
    change = np.linalg.norm(np.diff(pose.points, 2, axis=0), axis=2)
    return change * (seen[2:] & seen[1:-1] & seen[:-2])


def still(signer, x, y, **keywords):
    return prepare_clip(signer(np.full((10, 2), (x, y), float), **keywords), 25)


@pytest.fixture(scope="module")
def real_clips():
    """Letters of four alphabets: other signers, other studios, one or two hands."""
    lexicon = Lexicon.fingerspelling()
    pairs = [("de", "gsg"), ("de", "sgg"), ("en", "ase"), ("tr", "tsm")]
    entries = [e for pair in pairs for e in list(lexicon.letters(*pair).values())[:5]]
    return [prepare_clip(entry.read(), 25) for entry in entries], [
        letter_clip(prepare_clip(entry.read(), 25)) for entry in entries
    ]


def test_no_step_at_a_join_is_larger_than_those_inside_real_clips(real_clips):
    whole, letters = real_clips
    inside = np.concatenate([steps(clip)[steps(clip) > 0] for clip in whole])
    limit = np.percentile(inside, 99)
    for before, after in itertools.product(letters, letters):
        joined = join_poses([before, after])
        (_, leave), (arrive, _) = joined.spans
        assert steps(joined.pose)[leave - 1 : arrive].max() <= limit


def test_velocity_changes_at_a_join_as_it_does_inside_real_clips(real_clips):
    """A clip that ends faster than a transition may move is slowed down at once: few do."""
    whole, letters = real_clips
    inside = np.concatenate([changes(clip).ravel() for clip in whole])
    limit = np.percentile(inside[inside > 0], 99)
    largest = []
    for before, after in itertools.product(letters, letters):
        joined = join_poses([before, after])
        (_, leave), (arrive, _) = joined.spans
        largest.append(changes(joined.pose)[leave - 2 : arrive].max())
    assert np.mean(np.array(largest) > limit) < 0.07
    assert max(largest) < 1.5 * limit


def test_a_transition_lasts_longer_for_a_longer_way(signer):
    start = still(signer, 250, 250)
    lengths = [
        join_poses([start, still(signer, 250 + way, 250)]).spans[1][0] - 10
        for way in (10, 100, 200, 300)
    ]
    assert lengths == sorted(lengths)
    assert lengths[0] < lengths[1] < lengths[2] < lengths[3]
    # One shoulder width is 100 pixels here. The peak of minimum jerk is 1.875 times its mean.
    assert lengths[3] / 25 == pytest.approx(3 * 1.875 / MAX_SPEED, abs=0.08)


def test_clips_are_kept_to_the_frame(waving, signer):
    first, second = prepare_clip(waving, 25), still(signer, 350, 300)
    joined = join_poses([first, second, first])
    for clip, (start, end) in zip((first, second, first), joined.spans, strict=True):
        np.testing.assert_array_equal(joined.pose.points[start:end], clip.points)
    assert joined.spans[0][0] == 0
    assert joined.spans[-1][1] == len(joined.pose)


def test_a_transition_leaves_with_the_velocity_of_the_clip(signer):
    moving = prepare_clip(signer(np.linspace((200, 250), (227, 250), 10)), 25)  # 3 pixels a frame
    joined = join_poses([moving, still(signer, 400, 250)])
    hand = joined.pose.anchor("right_hand")[0][:, 0]
    assert hand[10] - hand[9] == pytest.approx(0.03, rel=0.2)


def test_a_hand_that_one_clip_lacks_travels_with_its_arm(signer):
    path = np.full((10, 2), (250.0, 250.0))
    both = prepare_clip(signer(path, left_hand=path + [150, 0]), 25)
    lowered = signer(path, left_hand=path + [150, 100])
    lowered.confidence[:, lowered.skeleton.part("left_hand")] = 0
    joined = join_poses([both, prepare_clip(lowered, 25)])
    (_, leave), (arrive, _) = joined.spans
    between = joined.pose[leave:arrive]
    hand, confidence = between.anchor("left_hand")
    wrist, _ = between.anchor("left_wrist")
    offset = both.anchor("left_hand")[0][0] - both.anchor("left_wrist")[0][0]
    np.testing.assert_allclose(hand - wrist, np.broadcast_to(offset, hand.shape), atol=0.02)
    assert (np.diff(confidence) < 0).all()  # it fades


def test_clips_of_different_signers_are_brought_to_one_scale(signer):
    from dataclasses import replace

    near = signer(np.full((10, 2), (250.0, 250.0)))
    far = replace(near, points=near.points * 0.4, fps=50)
    joined = join_poses([prepare_clip(near, 25), prepare_clip(far, 25)])
    assert steps(joined.pose).max() < 1e-4
    assert joined.spans[1][1] - joined.spans[1][0] == 5  # ten frames at 50 fps


def test_landmarks_out_of_reach_are_left_out(signer):
    pose = signer(np.full((10, 2), (250.0, 250.0)))
    pose.points[4, pose.skeleton.part("right_hand")] = 4000
    prepared = prepare_clip(pose, 25)
    assert np.abs(prepared.points).max() < 3
    assert (prepared.confidence[4, prepared.skeleton.part("right_hand")] > 0).all()  # bridged


def test_a_hand_that_seems_far_in_front_is_kept(signer):
    """MediaPipe's depth of a raised hand is easily six shoulder widths."""
    pose = signer(np.full((10, 2), (250.0, 250.0)))
    pose.points[:, pose.skeleton.part("right_hand"), 2] = -600
    prepared = prepare_clip(pose, 25)
    assert (prepared.confidence[:, prepared.skeleton.part("right_hand")] > 0).all()


def test_the_trimmer_chooses_the_frames(waving):
    assert len(prepare_clip(waving, 25, lambda pose: slice(10, 30))) == 20


def test_clips_of_two_kinds_are_refused(waving):
    clip = prepare_clip(waving, 25)
    with pytest.raises(ValueError, match="one kind"):
        join_poses([clip, prepare_clip(waving, 30)])
    with pytest.raises(ValueError, match="in shoulder widths"):
        join_poses([waving])
    with pytest.raises(ValueError, match="at least one"):
        join_poses([])
