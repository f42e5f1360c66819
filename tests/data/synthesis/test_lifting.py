from dataclasses import replace

import numpy as np
import pytest

from signzoo.data.synthesis.lifting import lift_hands
from signzoo.data.synthesis.performance import perform
from signzoo.data.synthesis.performers import Performer
from signzoo.lexicon.procedural import ProceduralLexicon
from signzoo.structures import Pose
from signzoo.transforms.pose import mirror
from signzoo.transforms.rotations import unit


@pytest.fixture(scope="module")
def signing():
    """A sentence of invented signs, whose depth is exact, and the same without depth."""
    signs = ProceduralLexicon.embedded().signs
    sentence = [signs[gloss] for gloss in ("REGEN", "NORD", "SONNE", "WIND", "MORGEN")]
    pose = perform(sentence, Performer("x"), np.random.default_rng(0)).pose
    return pose, replace(pose, points=pose.points * [1, 1, 0])


def palms(pose: Pose, side: str) -> np.ndarray:
    """Where palms face, ``(T, 3)``."""
    hand = pose.points[:, pose.skeleton.part(f"{side}_hand")]
    return unit(np.cross(hand[:, 5] - hand[:, 17], hand[:, 9] - hand[:, 0]))


@pytest.mark.parametrize("side", ["left", "right"])
def test_palms_face_where_they_did(signing, side):
    true, flat = signing
    lifted = lift_hands(flat)
    apart = (palms(true, side) * palms(lifted, side)).sum(axis=1)
    degrees = np.rad2deg(np.arccos(np.clip(apart, -1, 1)))
    assert np.median(degrees) < 10
    assert (degrees > 60).mean() < 0.1
    np.testing.assert_array_equal(lifted.points[..., :2], flat.points[..., :2])
    fingertips = [true.skeleton.landmarks.index(f"{side}_hand/index_finger_tip")]
    wrist = [true.skeleton.landmarks.index(f"{side}_hand/wrist")]
    depths = [(p.points[:, fingertips] - p.points[:, wrist])[:, 0, 2] for p in (true, lifted)]
    assert np.corrcoef(*depths)[0, 1] > 0.8


def test_a_mirror_image_is_lifted_as_one(signing):
    _, flat = signing
    np.testing.assert_allclose(
        lift_hands(mirror(flat)).points, mirror(lift_hands(flat)).points, atol=1e-4
    )


def test_a_pose_with_depth_and_missing_hands_stay_as_they_are(signing):
    true, flat = signing
    assert lift_hands(true) is true
    confidence = flat.confidence.copy()
    confidence[:, flat.skeleton.part("left_hand")] = 0
    lifted = lift_hands(replace(flat, confidence=confidence))
    assert not lifted.points[:, flat.skeleton.part("left_hand")].any()
    assert lifted.points[:, flat.skeleton.part("right_hand"), 2].any()
