import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.models.signmst_c.augmentation import SigningAugmentationConfig, augment
from signzoo.models.signmst_c.landmarks import mirrored


@pytest.fixture
def landmarks():
    random = np.random.default_rng(0)
    found = random.uniform(0.1, 1, (40, 67, 3)).astype(np.float32)
    found[5:9, 20:30] = 0
    return found


def test_nothing_is_varied_where_nothing_may_be(landmarks):
    found = augment(landmarks, SigningAugmentationConfig.none(), np.random.default_rng(0))
    np.testing.assert_allclose(found, landmarks, atol=1e-6)


def test_the_same_seed_varies_alike_and_another_does_not(landmarks):
    config = SigningAugmentationConfig()
    first, again, other = (
        augment(landmarks, config, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert first.shape != other.shape or not np.allclose(first, other)


def test_what_is_missing_stays_missing_and_no_clip_gets_longer_than_promised(landmarks):
    config = SigningAugmentationConfig(stretch=0.3, drop_frames=0, drop_hand=0)
    for seed in range(20):
        found = augment(landmarks, config, np.random.default_rng(seed))
        assert len(found) <= config.longest(40)
        assert ((found == 0).all(axis=-1) == (found[..., 2] == 0)).all()
        assert (found[..., 2] == 0).any()


def test_a_clip_with_video_is_not_mirrored(landmarks):
    config = SigningAugmentationConfig(1, 0, 0, 0, 0, 0, 0, 0)
    found = augment(landmarks, config, np.random.default_rng(0))
    np.testing.assert_allclose(found, mirrored(landmarks), atol=1e-6)
    kept = augment(landmarks, config, np.random.default_rng(0), may_mirror=False)
    np.testing.assert_allclose(kept, landmarks, atol=1e-6)


@pytest.mark.parametrize("wrong", [{"mirror": 1.5}, {"drop_hand": -0.1}, {"noise": -1}])
def test_an_impossible_augmentation_is_refused(wrong):
    with pytest.raises(UsageError):
        SigningAugmentationConfig(**wrong)
