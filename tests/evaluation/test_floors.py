from signzoo.evaluation.floors import copy_source, nearest_training_sentence

TRAINING = ["morgen regnet es im norden", "heute scheint die sonne", "guten abend"]
ANSWERS = ["MORGEN REGEN NORD", "HEUTE SONNE", "GUT ABEND"]


def test_copying_keeps_the_words_and_no_punctuation():
    assert copy_source(["Heute, im Norden: Regen!"], "de") == ["Heute im Norden Regen"]


def test_copying_chinese_splits_it_into_words():
    assert copy_source(["我们今天去北京。"], "zh-CN") == ["我们 今天 去 北京"]


def test_the_nearest_sentence_answers():
    asked = ["heute scheint oft die sonne", "im norden regnet es morgen", "guten abend!"]

    found = nearest_training_sentence(asked, TRAINING, ANSWERS)

    assert found == ["HEUTE SONNE", "MORGEN REGEN NORD", "GUT ABEND"]


def test_the_nearest_sentence_needs_no_spaces():
    found = nearest_training_sentence(["他今天很高兴"], ["他明天来", "我今天很高兴"], ["A", "B"])

    assert found == ["B"]


def test_of_equally_near_sentences_the_first_answers():
    assert nearest_training_sentence(["ab"], ["ax", "xb", "ay"], ["1", "2", "3"]) == ["1"]


def test_many_sentences_each_find_their_own():
    many = [f"{number:05}" for number in range(0, 90_000, 41)]

    assert nearest_training_sentence(many, many, many) == many
