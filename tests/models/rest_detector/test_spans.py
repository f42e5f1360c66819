from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from signzoo.models.rest_detector.spans import hysteresis, merge


def find(probability, **changes):
    settings = {"enter": 0.5, "leave": 0.4, "min_signing": 0.0, "min_rest": 0.0}
    return hysteresis(np.array(probability), 10.0, **{**settings, **changes})


def test_a_stretch_is_counted_to_the_end_of_its_last_frame():
    assert find([0, 0.9, 0.9, 0]) == [(0.1, pytest.approx(0.3))]


def test_a_stretch_goes_on_until_it_falls_below_the_lower_threshold():
    assert find([0.45, 0.6, 0.45, 0.3, 0.45]) == [(0.0, pytest.approx(0.3))]


def test_a_stretch_that_never_reaches_the_upper_threshold_is_rest():
    assert find([0.45, 0.49, 0.45]) == []


def test_a_lower_threshold_above_the_upper_one_is_taken_for_the_upper():
    assert find([0.55, 0.7], leave=0.9) == [(0.0, pytest.approx(0.2))]


def test_short_rest_is_bridged_before_short_signing_is_dropped():
    probability = [1, 0, 1, 0, 0, 0, 1]
    found = find(probability, min_signing=0.25, min_rest=0.15)
    assert found == [(0.0, pytest.approx(0.3))]


def test_nothing_in_nothing():
    assert find([]) == []


@given(st.lists(st.tuples(st.integers(0, 50), st.integers(1, 9)), max_size=12), st.integers(0, 5))
def test_merged_spans_are_apart_and_cover_what_they_were_made_of(pairs, gap):
    spans = [(float(start), float(start + length)) for start, length in pairs]
    merged = merge(spans, gap)
    assert merged == sorted(merged)
    assert all(b[0] - a[1] >= gap for a, b in pairwise(merged))
    assert all(any(a <= start and end <= b for a, b in merged) for start, end in spans)
