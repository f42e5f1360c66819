import jieba
import pytest

from signzoo.models.text_corrector.dictionary import WordDictionary


def test_a_character_too_many_breaks_a_word_and_costs_more_than_its_own():
    dictionary = WordDictionary({})
    right, wrong = (dictionary.log_probability(text) for text in ("他今天很高兴", "他今天很高了兴"))
    assert right - wrong > 10
    assert dictionary.log_probability("") == 0


def test_words_of_the_training_text_are_likelier_and_those_of_others_stay():
    word = "灬灬龘"  # no word of jieba's
    before, known = jieba.dt.FREQ.get(word), WordDictionary({}).log_probability("高兴")
    dictionary = WordDictionary({word: 3, "高兴": 1})
    assert dictionary.log_probability(word) > WordDictionary({}).log_probability(word) + 10
    assert dictionary.log_probability("高兴") > known
    assert jieba.dt.FREQ.get(word) == before


def test_sentences_are_counted_by_their_words():
    dictionary = WordDictionary.of(["他今天很高兴。", "她很高兴。"])
    assert dictionary.counts == {"他": 1, "今天": 1, "很": 2, "高兴": 2, "。": 2, "她": 1}


@pytest.mark.parametrize("counts", [{}, {"高兴": 2, "灬灬龘": 2}], ids=["none", "own"])
def test_shares_sum_to_one_with_words_of_the_training_text_and_without(counts):
    cutter = WordDictionary(counts)._cutter
    assert sum(cutter.FREQ.values()) == pytest.approx(cutter.total, rel=1e-6)
