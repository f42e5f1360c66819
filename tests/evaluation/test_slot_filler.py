import itertools
import math

import numpy as np
import pytest

from signzoo.evaluation.slot_filler import SlotFiller, TrigramModel
from signzoo.models.text_corrector.errors import WordSampler

TIMES, WEATHERS = ["heute", "morgen", "übermorgen"], ["regnet es", "schneit es", "scheint sie"]
PLACES = ["im norden", "im süden", "an der küste"]
SENTENCES = [" ".join(parts).split() for parts in itertools.product(TIMES, WEATHERS, PLACES)]


@pytest.fixture(scope="module")
def model():
    return TrigramModel(SENTENCES)


@pytest.fixture(scope="module")
def filler():
    return SlotFiller(SENTENCES)


@pytest.mark.parametrize("context", [("heute", "regnet"), ("küste", "heute"), ("es", "heute")])
def test_probabilities_add_up_to_one_in_every_context(model, context):
    a, b = (model.ids[word] for word in context)
    total = sum(model.probability(a, b, c) for c in range(len(model.words)))
    assert total == pytest.approx(1)


def test_unknown_words_have_a_probability(model):
    assert math.isfinite(model.log_probability(model.pad(["etwas", "anderes"])))


def test_filling_a_place_is_scoring_it_with_every_word(model):
    padded = model.pad(SENTENCES[0])
    for size in (1, 2):
        left, right = padded[2:4], padded[5 : 5 + size]
        filled = model.fill(left, right)
        for word in ("es", "morgen"):
            whole = [*left, model.ids[word], *right]
            each = zip(whole, whole[1:], whole[2:], strict=False)
            expected = np.log([model.probability(*ngram) for ngram in each]).sum()
            assert filled[model.ids[word]] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("draft", "text"),
    [
        ("heute regnet es im dem norden", "heute regnet es im norden"),
        ("morgen scheint es an der küste", "morgen scheint sie an der küste"),
        ("morgen schneit es an küste", "morgen schneit es an der küste"),
        ("schneit morgen es im süden", "morgen schneit es im süden"),
    ],
)
def test_each_kind_of_error_is_undone(filler, draft, text):
    edit = filler.correct(draft.split())
    assert " ".join(edit.words) == text
    assert edit.score > 0


def test_a_correct_sentence_scores_less_than_a_wrong_one(filler):
    right, wrong = filler.correct(SENTENCES[0]), filler.correct(SENTENCES[0][::-1])
    assert tuple(SENTENCES[0]) != right.words
    assert right.score < wrong.score


def test_a_word_alone_has_edits_too(filler):
    assert filler.correct(["heute"]).words != ("heute",)


def test_the_score_is_the_edits_odds(filler, model):
    draft = ["heute", "heute", "regnet", "es", "im", "norden"]
    edit = filler.correct(draft)
    gain = model.log_probability(model.pad(edit.words)) - model.log_probability(model.pad(draft))
    sampler = WordSampler(SENTENCES)
    drawn = sampler.probabilities[sampler.words.index("heute")]
    assert edit.score == pytest.approx(gain + math.log(drawn / len(draft)))
