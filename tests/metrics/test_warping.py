import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from signzoo.metrics.warping import warp

COSTS = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=12),
    elements=st.floats(0, 10, width=16),
)


def cheapest(cost):
    total = np.full((cost.shape[0] + 1, cost.shape[1] + 1), np.inf)
    total[0, 0] = 0
    for i, j in np.ndindex(cost.shape):
        before = min(total[i, j], total[i, j + 1], total[i + 1, j])
        total[i + 1, j + 1] = cost[i, j] + before
    return total[-1, -1]


@settings(max_examples=150, deadline=None)
@given(COSTS)
def test_the_path_is_as_cheap_as_brute_force_finds(cost):
    path = warp(cost)

    assert cost[path[:, 0], path[:, 1]].sum() == pytest.approx(cheapest(cost), abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(COSTS)
def test_the_path_goes_from_start_to_end_one_frame_at_a_time(cost):
    path = warp(cost)
    steps = np.diff(path, axis=0)

    assert path[0].tolist() == [0, 0]
    assert path[-1].tolist() == [cost.shape[0] - 1, cost.shape[1] - 1]
    assert ((steps >= 0) & (steps <= 1)).all()
    assert (steps.sum(axis=1) > 0).all()


def test_equal_series_are_walked_along_the_diagonal():
    place = np.array([0.0, 1, 1, 3, 3, 3, 0])

    path = warp(np.abs(place[:, None] - place))

    assert path.tolist() == [[i, i] for i in range(7)]


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,)])
def test_series_without_frames_are_refused(shape):
    with pytest.raises(ValueError, match="at least 1"):
        warp(np.zeros(shape))
