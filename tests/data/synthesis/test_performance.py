from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from signzoo.data.synthesis.performance import perform
from signzoo.data.synthesis.performers import Performer, draw_performers
from signzoo.errors import UsageError
from signzoo.lexicon.articulation import Physique
from signzoo.lexicon.procedural import ProceduralLexicon
from signzoo.transforms.pose import mirror

LEXICON = ProceduralLexicon({}).extended(["A", "B", "C", "D"])
SIGNS = list(LEXICON.signs.values())


def signed(seed=0, performer=None, signs=SIGNS, fps=25.0):
    return perform(signs, performer or Performer("x"), np.random.default_rng(seed), fps)


def wrists(pose):
    return np.stack([pose.anchor(f"{side}_wrist")[0] for side in ("right", "left")], axis=1)


def test_signs_come_in_order_between_two_rests():
    performance = signed()
    spans = performance.spans
    assert len(spans) == len(SIGNS)
    assert all(start < end for start, end in spans)
    assert all(a[1] < b[0] for a, b in pairwise(spans))
    rest_seconds = spans[0][0] / 25, (len(performance.pose) - spans[-1][1]) / 25
    assert min(rest_seconds) > 0.5
    heights = wrists(performance.pose)[..., 1]
    assert heights[:3].min() > 0.8  # hands hang down
    assert heights[-3:].min() > 0.8
    assert heights[spans[0][0]].min() < 0.8


def test_nothing_jumps():
    pose = signed(fps=50.0).pose
    speed = np.linalg.norm(np.diff(pose.points, axis=0), axis=2) * pose.fps
    assert speed.max() < 16  # shoulder widths a second, of a finger tip
    assert np.isfinite(pose.points).all()


def test_the_seed_changes_times_and_places_and_not_the_signs():
    one, same, other = signed(0), signed(0), signed(1)
    np.testing.assert_array_equal(one.pose.points, same.pose.points)
    assert one.spans == same.spans
    assert one.spans != other.spans
    places = [
        np.array([wrists(p.pose)[(start + end) // 2, 0] for start, end in p.spans])
        for p in (one, other)
    ]
    assert np.linalg.norm(places[0] - places[1], axis=1).max() < 0.35


def test_the_duration_does_not_depend_on_the_frame_rate():
    slow, fast = signed(fps=20.0), signed(fps=60.0)
    assert slow.pose.seconds == pytest.approx(fast.pose.seconds, abs=0.1)
    for a, b in zip(slow.spans, fast.spans, strict=True):
        assert a[0] / 20 == pytest.approx(b[0] / 60, abs=0.06)


def test_a_slow_signer_takes_longer_and_a_large_one_goes_further():
    usual = Performer("x")
    slow = replace(usual, style=replace(usual.style, tempo=1.5))
    times = [p.spans[-1][1] - p.spans[0][0] for p in (signed(performer=slow), signed())]
    assert times[0] > 1.15 * times[1]
    moving = [sign for sign in SIGNS if sign.path != "hold"] * 3

    def extent(amplitude):
        performer = replace(usual, style=replace(usual.style, amplitude=amplitude, tempo=2.0))
        performance = signed(performer=performer, signs=moving)
        paths = [wrists(performance.pose)[start:end, 0] for start, end in performance.spans]
        return np.mean([np.ptp(path, axis=0).max() for path in paths])

    assert extent(1.5) > 1.1 * extent(0.7)


def test_a_sign_by_itself_is_shown_slowly():
    alone = [signed(seed, signs=SIGNS[:1]).spans[0] for seed in range(8)]
    within = [signed(seed, signs=SIGNS[:2]).spans[0] for seed in range(8)]
    lengths = [np.mean([end - start for start, end in spans]) for spans in (alone, within)]
    assert lengths[0] > 1.8 * lengths[1]


def test_a_left_handed_signer_signs_with_the_other_hand():
    one_handed = [replace(sign, hands="one", base_handshape="") for sign in SIGNS]
    right = signed(signs=one_handed)
    left = signed(signs=one_handed, performer=Performer("x", Physique(left_handed=True)))
    gap = mirror(right.pose).points - left.pose.points
    assert np.abs(gap).mean() < 0.05
    assert np.ptp(wrists(left.pose)[:, 1], axis=0).max() > 0.3
    assert np.ptp(wrists(left.pose)[:, 0], axis=0).max() < 0.2


def test_nobody_signs_nothing():
    with pytest.raises(ValueError, match="at least one sign"):
        signed(signs=[])


def test_pools_have_no_signer_in_common_and_seeds_give_others():
    seen, unseen = draw_performers("8", 3), draw_performers("unseen:8", 3)
    assert [p.name for p in seen[:2]] == ["seen-00", "seen-01"]
    assert draw_performers("seen:8", 3) == seen
    physiques = [p.physique for p in (*seen, *unseen)]
    assert len(set(physiques)) == 16
    assert draw_performers("8", 4)[0].physique not in physiques
    assert draw_performers("3", 3) == seen[:3]  # more signers leave the others as they are


@pytest.mark.parametrize("wrong", ["", "0", "many", "-1", "unseen", "other:3", "99999999"])
def test_signers_that_cannot_be_are_refused(wrong):
    with pytest.raises(UsageError, match="--signers takes"):
        draw_performers(wrong, 0)
