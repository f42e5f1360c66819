import math

import numpy as np
import pytest

from signzoo.data.arpa import Bigrams
from signzoo.errors import WeightsError
from signzoo.models.text_corrector.bigrams import BigramModel

# Of a sentence "<s> 今天 很 高兴": words, their shares, and what stands behind what.
WORDS = ("<s>", "<unk>", "今天", "很", "高", "高兴", "兴")
TABLE = Bigrams(
    WORDS,
    np.log([1e-99, 0.1, 0.2, 0.3, 0.1, 0.2, 0.1]),
    np.log([0.5, 1.0, 0.4, 0.6, 1.0, 1.0, 1.0]),
    np.array([0, 1, 2, 3]),
    np.array([2, 2, 3, 5]),
    np.log([0.7, 0.5, 0.6, 0.5]),
)
ENGLISH = Bigrams(
    ("<s>", "</s>", "rain", "falls", "rainfalls"),
    np.log([1e-99, 0.2, 0.3, 0.3, 0.2]),
    np.zeros(5),
    np.array([0, 2, 3]),
    np.array([2, 3, 1]),
    np.log([0.6, 0.8, 0.9]),
)


def chinese(most_pairs=9, known="今天很高兴"):
    model = BigramModel()
    model.learn(TABLE, list, lambda unit: unit in known, most_pairs)
    return model


def english():
    model = BigramModel()
    model.learn(ENGLISH, lambda word: [word], lambda unit: True)
    return model


def probabilities(model):
    """Of every word behind every word, ``(W, W)``, by what the model says of rows of two."""
    table = np.full((len(model), len(model)), np.nan)
    for first in range(len(model)):
        for second, other in enumerate(model.words):
            if other != "<s>":
                ways = [(first, 0.0)]
                table[first, second] = math.exp(model._behind(ways, model.words.index(other)))
    return table


@pytest.mark.parametrize("most_pairs", [9, 2, 1])
@pytest.mark.parametrize("known", ["今天很高兴", "今天高"], ids=["all", "some"])
def test_probabilities_behind_each_word_sum_to_one_whatever_was_left_out(most_pairs, known):
    table = probabilities(chinese(most_pairs, known))
    np.testing.assert_allclose(np.nansum(table, axis=1), 1, atol=1e-3)


def test_a_sentence_is_as_likely_as_its_likeliest_words():
    model = chinese()
    assert model.words == ("<s>", "今天", "很", "高", "高兴", "兴")
    assert model.longest == 2
    assert model.log_probability("今天很高兴") == pytest.approx(math.log(0.7 * 0.6 * 0.5), abs=2e-3)
    broken = model.log_probability("今天很高天兴")
    assert broken < model.log_probability("今天很高兴") - 5
    assert model.log_probability("") == 0


def test_what_is_unknown_is_as_likely_wherever_it_stands():
    model = chinese()
    one, two = (model.log_probability(text) for text in ("今天龘", "今天龘龘"))
    assert two - one == pytest.approx(math.log(6e-6))
    # Behind it a word is as likely as anywhere.
    share = model.log_probability("今天龘很") - one
    assert share == pytest.approx(math.log(0.3 / 0.9), abs=1e-3)


def test_pairs_that_say_most_are_kept():
    model = chinese(most_pairs=2)
    kept = [(a, b) for a in range(len(model)) for b in model._pairs(a)]
    # Behind <s>, which begins as many sentences as the most frequent word has places, and 很.
    assert len(kept) == 2
    assert (model.words.index("<s>"), model.words.index("今天")) in kept


def test_words_between_spaces_are_not_put_together_and_an_end_counts():
    model = english()
    assert model.longest == 1
    found = model.log_probability(["rain", "falls"])
    assert found == pytest.approx(math.log(0.6 * 0.8 * 0.9), abs=2e-3)
    assert model.log_probability(["rain"]) < found


def test_a_table_is_kept_in_bytes_and_in_a_state():
    model, other, third = chinese(), BigramModel(), BigramModel()
    other.from_bytes(model.to_bytes())
    third.load_state_dict(model.state_dict())
    for each in (other, third):
        assert each.words == model.words
        assert each.longest == 2
        np.testing.assert_array_equal(probabilities(each), probabilities(model))
    third.load_state_dict(BigramModel().state_dict())
    assert not third.words
    assert third.log_probability("今") == pytest.approx(math.log(6e-6))


def test_a_damaged_table_is_said():
    content = chinese().to_bytes()
    with pytest.raises(WeightsError, match="damaged"):
        BigramModel().from_bytes(content[:-4])
    with pytest.raises(WeightsError, match="damaged"):
        BigramModel().from_bytes(b"")
    model = chinese()
    model._table = {**model._table, "starts": model._table["starts"][:-1]}
    with pytest.raises(WeightsError, match="do not fit"):
        BigramModel().from_bytes(model.to_bytes())
