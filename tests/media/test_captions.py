import numpy as np
import pytest

from signzoo.media.captions import text_strip


def columns(strip):
    """First and last column that holds ink."""
    where = np.flatnonzero(strip.min(axis=(0, 2)) < 128)
    return (int(where[0]), int(where[-1])) if len(where) else None


def test_a_line_stands_in_the_middle():
    strip = text_strip("Zürich", (300, 40))
    assert strip.shape == (40, 300, 3)
    first, last = columns(strip)
    assert abs((first + last) / 2 - 150) < 3
    rows = np.flatnonzero(strip.min(axis=(1, 2)) < 128)
    assert 4 < rows[0] < rows[-1] < 36


@pytest.mark.parametrize("text", ["", "   "])
def test_no_text_is_an_empty_strip(text):
    assert columns(text_strip(text, (100, 30))) is None


def test_a_long_line_is_set_smaller_and_then_cut():
    fits, shrunk = text_strip("a" * 12, (300, 40)), text_strip("a" * 28, (300, 40))
    heights = [np.ptp(np.flatnonzero(s.min(axis=(1, 2)) < 128)) for s in (fits, shrunk)]
    assert heights[1] < heights[0]
    first, last = columns(text_strip("a" * 500, (300, 40)))
    assert first >= 4
    assert last <= 296


@pytest.mark.parametrize("pair", ["äa", "Жж", "ñn", "Ωω"])
def test_letters_beyond_ascii_have_shapes_of_their_own(pair):
    one, other = (text_strip(letter, (40, 40)) for letter in pair)
    assert columns(one) is not None
    assert not np.array_equal(one, other)


def test_characters_without_a_font_still_show_the_rest():
    rare = "\U0001343f"  # an Egyptian hieroglyph joiner, which no common font has
    with_rare, without = text_strip(f"Hund {rare}", (200, 40)), text_strip("Hund", (200, 40))
    assert columns(with_rare) is not None
    assert columns(without) is not None


def test_a_strip_has_the_colours_asked_for():
    strip = text_strip("M", (40, 40), color=(255, 0, 0), background=(0, 0, 60))
    assert strip[0, 0].tolist() == [0, 0, 60]
    assert (strip.reshape(-1, 3) == (255, 0, 0)).all(axis=1).any()
