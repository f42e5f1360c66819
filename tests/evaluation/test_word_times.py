import pytest

from signzoo.data.corpora import TimedGloss
from signzoo.evaluation.word_times import compare_times
from signzoo.structures import Gloss, Span


def word(label: str, start: float, end: float) -> Span:
    return Span(0, Gloss(label), label, "sign", start, end)


def test_words_are_compared_with_the_nearest_sign_of_their_name():
    signs = [TimedGloss("REGEN", 0.5, 1.0), TimedGloss("WIND", 1.2, 1.5)]
    signs += [TimedGloss("REGEN", 2.0, 2.4)]
    words = [word("wind", 1.0, 1.5), word("und", 0.0, 0.1), word("regen", 0.6, 1.3)]
    words += [word("regen", 2.0, 2.0)]
    found = compare_times(words, signs)
    expected = [0.2, 0.0, 0.1, 0.3, 0.0, 0.4]
    assert [each for pair in found for each in pair] == pytest.approx(expected)


def test_without_words_in_common_there_is_nothing_to_compare():
    assert compare_times([word("sonne", 0, 1)], [TimedGloss("REGEN", 0, 1)]) == []
    assert compare_times([], []) == []
