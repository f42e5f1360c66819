from dataclasses import replace
from importlib.resources import files

import numpy as np
import pytest

from signzoo.data.synthesis.noise import (
    HandLoss,
    LandmarkNoise,
    PartNoise,
    as_json,
    fit_noise,
    frozen_noise,
    observe,
)
from signzoo.data.synthesis.performance import perform
from signzoo.data.synthesis.performers import Performer
from signzoo.lexicon.procedural import ProceduralLexicon
from signzoo.transforms.pose import to_pixels

NOISE = files("signzoo.data.synthesis") / "noise.json"
NONE = PartNoise(0, 0, 0, 0, 0, 0)
NO_LOSS = HandLoss(0, 1, 0, 1)
KNOWN = LandmarkNoise(
    {
        "body": PartNoise(0.02, 0.1, 0.7, 0.02, 0.05, 0.2),
        "face": PartNoise(0.01, 0.05, 0.5, 0.01, 0.02, 0.6),
        "hand": PartNoise(0.03, 0.06, 0.3, 0.04, 0.03, 0.4),
    },
    HandLoss(0.05, 0.4, 0.02, 0.5),
    {"body/nose": (0.01, -0.2, 0.5), "face/10": (0.0, 0.05, 0.0)},
)


@pytest.fixture(scope="module")
def poses():
    lexicon = ProceduralLexicon({}).extended("ABCDEF")
    signs = list(lexicon.signs.values())
    return [perform(signs, Performer("x"), np.random.default_rng(i)).pose for i in range(30)]


def test_without_noise_all_stays_but_the_hands_depth(poses):
    still = LandmarkNoise({"body": NONE, "face": NONE, "hand": NONE}, NO_LOSS, {})
    seen = observe(poses[0], np.random.default_rng(0), still)
    np.testing.assert_allclose(seen.points[..., :2], poses[0].points[..., :2], atol=1e-6)
    wrist = seen.skeleton.landmarks.index("left_hand/wrist")
    np.testing.assert_array_equal(seen.points[:, wrist, 2], 0)
    np.testing.assert_array_equal(seen.confidence, poses[0].confidence)


def test_what_was_put_in_is_found_again(poses):
    random = np.random.default_rng(1)
    found = fit_noise((pose, observe(pose, random, KNOWN)) for pose in poses)
    for part, true in KNOWN.parts.items():
        part_found = found.parts[part]
        assert part_found.jitter == pytest.approx(true.jitter, rel=0.25)
        assert part_found.jitter_depth == pytest.approx(true.jitter_depth, rel=0.25)
        assert part_found.offset == pytest.approx(true.offset, rel=0.3)
        assert part_found.steadiness == pytest.approx(true.steadiness, abs=0.12)
        assert part_found.common == pytest.approx(true.common, abs=0.12)
    for name, true_bias in KNOWN.bias.items():
        assert found.bias[name] == pytest.approx(true_bias, abs=0.04)
    assert found.hands.lost == pytest.approx(KNOWN.hands.lost, rel=0.35)
    assert found.hands.found == pytest.approx(KNOWN.hands.found, rel=0.35)
    assert found.hands.swapped == pytest.approx(KNOWN.hands.swapped, rel=0.6)


def test_lost_hands_are_missing_and_swapped_ones_lie_on_the_other(poses):
    still = replace(KNOWN, parts=dict.fromkeys(KNOWN.parts, NONE), bias={})
    swapping = replace(still, hands=HandLoss(0, 1, 1, 1e-9))
    seen = observe(poses[0], np.random.default_rng(2), swapping)
    left, right = (seen.skeleton.part(f"{side}_hand") for side in ("left", "right"))
    np.testing.assert_allclose(seen.points[1:, left, :2], poses[0].points[1:, right, :2], atol=1e-6)
    losing = replace(swapping, hands=HandLoss(1, 1e-9, 0, 1))
    seen = observe(poses[0], np.random.default_rng(2), losing)
    assert not seen.confidence[1:, left].any()
    assert (seen.points[1:, left] == 0).all()
    assert seen.confidence[:, seen.skeleton.part("body")].all()


def test_the_frozen_noise_is_moderate_and_the_same_for_the_same_seed(poses):
    one, same = (observe(poses[0], np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(one.points, same.points)
    bias = [frozen_noise().bias.get(name, (0, 0, 0)) for name in one.skeleton.landmarks]
    error = np.abs(one.points - poses[0].points - bias)[..., :2][one.confidence > 0]
    assert 0 < np.median(error) < 0.1
    assert 0 < frozen_noise().hands.lost < 0.2


def test_errors_of_a_pose_in_pixels_are_as_large_in_the_picture(poses):
    pixels = to_pixels(poses[0], (340, 340))  # 100 pixels a shoulder width
    seen = observe(pixels, np.random.default_rng(4), KNOWN)
    unit = observe(poses[0], np.random.default_rng(4), KNOWN)
    shown = seen.confidence > 0
    gap = to_pixels(unit, (340, 340)).points - seen.points
    assert np.abs(gap[shown]).max() < 3


def test_noise_is_written_as_it_is_read(tmp_path):
    assert as_json(frozen_noise()) == NOISE.read_text().rstrip()


def test_noise_needs_something_to_be_fitted_to():
    with pytest.raises(ValueError, match="needs pairs"):
        fit_noise([])
