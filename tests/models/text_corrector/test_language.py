import math

import pytest
import torch

from signzoo.models.text_corrector.language import (
    FIRST_WORD,
    PADDING,
    UNKNOWN,
    BothWays,
    Vocabulary,
    reading_orders,
)

SENTENCES = [["es", "regnet"], ["es", "schneit"], ["es", "regnet", "heute"]]


def test_words_that_occur_once_stand_for_what_was_never_seen():
    known = Vocabulary.of(SENTENCES, 10)
    assert known.words[FIRST_WORD:] == ("es", "regnet")
    assert known.numbers(["regnet", "heute", "hagelt"]) == [FIRST_WORD + 1, UNKNOWN, UNKNOWN]
    assert (known.num_unknown, known.num_rare) == (2, 2)
    assert Vocabulary.of(SENTENCES, 1).num_unknown == 3


def test_shares_add_up():
    known = Vocabulary.of(SENTENCES, 10)
    shares = known.log_shares().exp()
    assert shares.tolist() == pytest.approx([0, 0, 2 / 7, 3 / 7, 2 / 7])
    drawn = known.log_drawn(0.5).exp()
    # The unknown word is one of two.
    assert float(drawn.sum() + drawn[UNKNOWN]) == pytest.approx(1)
    assert float(drawn[FIRST_WORD] / drawn[FIRST_WORD + 1]) == pytest.approx(math.sqrt(1.5))


def test_words_of_other_text_stay_known_and_are_counted_anew():
    known = Vocabulary.of(SENTENCES, 10).recounted([["es", "es", "hagelt"], ["es", "friert"]])
    assert known.words[FIRST_WORD:] == ("es", "regnet")
    assert known.counts == (3, 1)  # as if what never occurs did once
    assert (known.num_unknown, known.num_rare) == (2, 2)


def test_a_sentence_is_read_from_both_ends():
    ahead, back = reading_orders([[5, 6], [7]], torch.device("cpu"))
    assert ahead.tolist() == [[0, 5, 6, 1], [0, 7, 1, PADDING]]
    assert back.tolist() == [[1, 6, 5, 0], [1, 7, 0, PADDING]]


@pytest.mark.parametrize("direction", [0, 1])
def test_a_word_is_predicted_from_those_that_were_read_before_it(direction):
    torch.manual_seed(0)
    model = BothWays(9, 8, 8, 0.0, 0.0).eval()
    tokens = torch.tensor([[0, 3, 4, 5]])
    logs = model(tokens, direction, 7)
    assert logs.shape == (1, 4, 7)
    assert logs.exp().sum(dim=-1).tolist()[0] == pytest.approx([1] * 4, abs=1e-5)
    other = model(torch.tensor([[0, 3, 6, 5]]), direction, 7)
    torch.testing.assert_close(logs[:, :2], other[:, :2])
    assert not torch.allclose(logs[:, 2], other[:, 2])


def test_the_same_channels_are_left_out_all_along_a_sentence():
    model = BothWays(9, 64, 8, 0.5, 0.0).train()
    kept = model._locked(torch.ones(3, 5, 64))
    assert (kept == kept[:, :1]).all()
    assert set(kept.unique().tolist()) == {0.0, 2.0}
    assert not (kept[0] == kept[1]).all()
