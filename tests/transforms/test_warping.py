import numpy as np
import pytest

from signzoo.transforms.warping import warped_costs


def costs(one, others):
    return np.abs(np.array(one)[None, :, None] - np.array(others)[:, None, :]).astype(float)


def test_a_series_that_lingers_costs_nothing():
    assert warped_costs(costs([0, 1, 2, 3], [[0, 0, 1, 1, 2, 3]])) == pytest.approx([0])


def test_every_pair_is_walked_by_itself_and_both_ways_alike():
    random = np.random.default_rng(0)
    one, others = random.normal(size=5), random.normal(size=(4, 7))
    together = warped_costs(costs(one, others))
    alone = [warped_costs(costs(one, other[None]))[0] for other in others]
    back = [warped_costs(costs(other, one[None]))[0] for other in others]
    np.testing.assert_allclose(together, alone)
    np.testing.assert_allclose(together, back)


def test_a_constant_gap_is_the_mean_cost():
    assert warped_costs(costs([1, 1, 1], [[3, 3]])) == pytest.approx([2])
