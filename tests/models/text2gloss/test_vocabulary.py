import json

import pytest

from signzoo.errors import UsageError, WeightsError
from signzoo.models.text2gloss.vocabulary import GlossVocabulary

TEXTS = ["Morgen regnet es, im Norden.", "Am Morgen: REGEN!"]
GLOSSES = [["MORGEN", "NORD", "REGEN"], ["MORGEN", "REGEN"]]


@pytest.fixture
def vocabulary():
    return GlossVocabulary.from_pairs(TEXTS, GLOSSES, "de")


def write(path, **changes):
    content = {"format": 1, "glosses": [["HAUS", 2]], "words": ["haus"]} | changes
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_labels_are_counted_and_the_most_frequent_come_first(vocabulary):
    assert vocabulary.labels == ("MORGEN", "REGEN", "NORD")
    assert vocabulary.counts == (2, 2, 1)
    assert len(vocabulary) == 3


def test_words_are_those_of_the_sentences_in_lower_case(vocabulary):
    assert vocabulary.words == {"morgen", "regnet", "es", "im", "norden", "am", "regen"}


def test_chinese_sentences_are_split_into_words():
    vocabulary = GlossVocabulary.from_pairs(["你妈妈会打手语吗？"], [["你", "妈妈"]], "zh-Hans")
    assert {"你", "妈妈"} <= vocabulary.words


def test_a_label_is_found_by_its_lower_case(vocabulary):
    assert vocabulary.label("regen") == "REGEN"
    assert vocabulary.label("schnee") is None


def test_of_labels_that_differ_in_case_the_most_frequent_is_found():
    vocabulary = GlossVocabulary.from_pairs(["a"], [["卡拉ok", "卡拉OK", "卡拉OK"]], "zh")
    assert vocabulary.label("卡拉ok") == "卡拉OK"


def test_a_written_vocabulary_reads_back_equal(vocabulary, tmp_path):
    vocabulary.write(tmp_path / "folder" / "vocabulary.json")
    read = GlossVocabulary.read(tmp_path / "folder" / "vocabulary.json")
    assert read == vocabulary
    assert read.fingerprint == vocabulary.fingerprint


def test_the_fingerprint_tells_orders_of_labels_apart():
    forwards = GlossVocabulary(("A", "B"), (1, 1))
    backwards = GlossVocabulary(("B", "A"), (1, 1))
    assert forwards.fingerprint != backwards.fingerprint


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"format": 2}, "format is 2"),
        ({"glosses": [["HAUS"]]}, "no gloss vocabulary"),
        ({"glosses": None}, "no gloss vocabulary"),
        ({"glosses": [["HAUS", 1], ["HAUS", 1]]}, "more than once"),
        ({"glosses": [["ZU HAUSE", 1]]}, "space"),
        ({"words": 3}, "no gloss vocabulary"),
    ],
)
def test_a_file_that_is_no_vocabulary_is_refused(tmp_path, changes, message):
    with pytest.raises(WeightsError, match=message):
        GlossVocabulary.read(write(tmp_path / "vocabulary.json", **changes))


def test_a_missing_or_cut_file_is_refused(tmp_path):
    with pytest.raises(WeightsError, match="is missing"):
        GlossVocabulary.read(tmp_path / "vocabulary.json")
    path = write(tmp_path / "vocabulary.json")
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(WeightsError, match="cannot be read"):
        GlossVocabulary.read(path)


def test_labels_and_counts_must_match():
    with pytest.raises(UsageError, match="2 gloss labels have 1"):
        GlossVocabulary(("A", "B"), (1,))
