import pytest

from signzoo.data.corpora import TimedGloss
from signzoo.evaluation.word_times import compare_times
from signzoo.models.signmst_c.decoding import WordSpan


def test_words_are_compared_with_the_glosses_of_their_names_in_their_order():
    signs = [TimedGloss("REGEN", 0.5, 1.0), TimedGloss("WIND", 1.2, 1.5)]
    signs += [TimedGloss("REGEN", 2.0, 2.4)]
    words = [WordSpan("wind", 1.0, 1.5), WordSpan("und", 0.0, 0.1)]
    words += [WordSpan("regen", 0.6, 1.3), WordSpan("regen", 2.0, 2.0), WordSpan("regen", 0, 1)]
    expected = [(0.2, 0.0), (0.1, 0.3), (0.0, 0.4)]
    found = compare_times(words, signs)
    assert [each for pair in found for each in pair] == pytest.approx(
        [each for pair in expected for each in pair]
    )


def test_without_words_in_common_there_is_nothing_to_compare():
    assert compare_times([WordSpan("sonne", 0, 1)], [TimedGloss("REGEN", 0, 1)]) == []
    assert compare_times([], []) == []
