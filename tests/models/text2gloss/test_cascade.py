import zlib

import numpy as np
import pytest

from signzoo.errors import WeightsError
from signzoo.models.text2gloss.cascade import Cascade, VocabularyIndex
from signzoo.models.text2gloss.vocabulary import GlossVocabulary

LABELS = ("HAUS1A", "HAUS2", "WOLKE", "KOENNEN", "STURM", "WEGEN", "REGEN", "$INDEX")
# Meanings as directions; a word that is not listed has a direction of its own.
MEANINGS = {
    "haus": (1, 0, 0, 0),
    "gebäude": (0.95, 0.3, 0, 0),
    "wolke": (0, 1, 0, 0),
    "regenwolken": (0.5, 0.8, 0, 0.3),
    "regenwolke": (0.5, 0.8, 0, 0.3),
    "sturm": (0, 0, 1, 0),
    "orkan": (0, 0.4, 0.9, 0),
    "wegen": (0, 0, 0, 1),
    "norwegen": (0.9, 0.4, 0, 0.1),
    "bude": (0.5, 0, 0, 0.5),
    "hütte": (0.9, 0, 0, 0.1),
}


class Meanings:
    """Embeds the words above, and counts how often it is asked."""

    name = "meanings"
    dimensions = 200

    def __init__(self):
        self.asked = []

    def __call__(self, texts):
        self.asked.append(tuple(texts))
        vectors = np.zeros((len(texts), self.dimensions), np.float32)
        for row, text in zip(vectors, texts, strict=True):
            word = text.lower()
            if word in MEANINGS:
                row[:4] = MEANINGS[word]
            else:
                row[4:] = np.random.default_rng(zlib.crc32(word.encode())).normal(size=196)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


@pytest.fixture
def vocabulary():
    counts = tuple(range(len(LABELS), 0, -1))
    return GlossVocabulary(LABELS, counts, frozenset({"können", "haus"}))


@pytest.fixture
def index(vocabulary):
    return VocabularyIndex.build(vocabulary, Meanings())


@pytest.fixture
def cascade(index):
    return Cascade(index, "de", embed=Meanings())


def choose(cascade, word):
    [choice] = cascade([word])
    return choice.label, choice.level


def test_a_label_is_found_whatever_its_case_and_umlauts(cascade):
    assert choose(cascade, "wolke") == ("WOLKE", "exact")
    assert choose(cascade, "Können") == ("KOENNEN", "exact")


def test_a_lemma_and_a_numbered_variant_are_found_the_most_frequent_first(cascade):
    assert choose(cascade, "Häuser") == ("HAUS1A", "variant")
    assert choose(cascade, "haus") == ("HAUS1A", "variant")
    assert choose(cascade, "haus2") == ("HAUS2", "exact")


def test_a_word_of_near_meaning_is_found_with_its_similarity(cascade):
    [choice] = cascade(["Orkan"])
    assert (choice.label, choice.level) == ("STURM", "embedding")
    assert choice.similarity == pytest.approx(0.9 / np.hypot(0.9, 0.4), abs=0.01)
    assert choice.candidates[0] == ("STURM", choice.similarity)
    assert [s for _, s in choice.candidates] == sorted((s for _, s in choice.candidates))[::-1]
    assert "$INDEX" not in dict(choice.candidates)


def test_a_compound_is_signed_by_its_head(cascade):
    assert choose(cascade, "Regenwolken") == ("WOLKE", "compound")


def test_what_only_looks_like_a_head_is_not_taken_for_one(cascade):
    assert choose(cascade, "Norwegen") == ("HAUS1A", "embedding")


def test_compounds_are_split_in_german_only(index):
    assert Cascade(index, "en", embed=Meanings())(["Regenwolken"])[0].level != "compound"


def test_a_proposed_synonym_is_found_by_name_then_by_meaning(index):
    by_name = Cascade(index, "de", {"bude": ["x", "Haus"]}.get, embed=Meanings())
    assert choose(by_name, "bude") == ("HAUS1A", "synonym")
    by_meaning = Cascade(index, "de", {"bude": ["hütte"]}.get, threshold=0.8, embed=Meanings())
    assert choose(by_meaning, "bude") == ("HAUS1A", "synonym")
    alone = Cascade(index, "de", threshold=0.8, embed=Meanings())
    assert choose(alone, "bude") == (None, "fingerspelling")


def test_what_nothing_is_like_is_spelled_or_missing(cascade):
    assert choose(cascade, "Xylqu") == (None, "fingerspelling")
    assert choose(cascade, "don't") == (None, "fingerspelling")
    assert choose(cascade, "€") == (None, "missing")
    assert choose(cascade, "1,5") == (None, "missing")


def test_words_of_a_sentence_are_chosen_in_order_and_embedded_at_once(index):
    embed = Meanings()
    cascade = Cascade(index, "de", embed=embed)
    words = ["Orkan", "wolke", "gebäude", "Orkan"]
    together = cascade(words)
    assert len([texts for texts in embed.asked if texts]) == 1
    assert [choice.word for choice in together] == words
    assert together == [cascade([word])[0] for word in words]
    assert cascade([]) == []


def test_an_empty_vocabulary_leaves_spelling():
    index = VocabularyIndex.build(GlossVocabulary((), ()), Meanings())
    assert Cascade(index, "de", embed=Meanings())(["Haus"])[0].level == "fingerspelling"


def test_labels_are_embedded_as_the_sentences_spell_them(vocabulary):
    embed = Meanings()
    VocabularyIndex.build(vocabulary, embed)
    assert {"können", "Können"} <= {text for texts in embed.asked for text in texts}


def test_embeddings_read_back_the_same_but_for_float16(index, vocabulary, tmp_path):
    path = tmp_path / "vocabulary.safetensors"
    index.write(path)
    read = VocabularyIndex.read(path, vocabulary)
    np.testing.assert_allclose(read.embeddings, index.embeddings, atol=1e-3)
    assert read.embedder_name == "meanings"


def test_another_vocabularys_embeddings_are_refused(index, tmp_path):
    index.write(tmp_path / "v.safetensors")
    with pytest.raises(WeightsError, match="belongs to the vocabulary"):
        VocabularyIndex.read(tmp_path / "v.safetensors", GlossVocabulary(LABELS[::-1], (1,) * 8))


def test_damaged_or_missing_embeddings_are_refused(index, vocabulary, tmp_path):
    path = tmp_path / "v.safetensors"
    with pytest.raises(WeightsError, match="is missing"):
        VocabularyIndex.read(path, vocabulary)
    index.write(path)
    path.write_bytes(path.read_bytes()[:-3])
    with pytest.raises(WeightsError, match="cannot be read"):
        VocabularyIndex.read(path, vocabulary)


def test_labels_can_be_left_out(index):
    rest = index.without(["HAUS1A"])
    assert rest.vocabulary.labels == LABELS[1:]
    assert Cascade(rest, "de", embed=Meanings())(["haus"])[0].label == "HAUS2"
    assert rest.vocabulary.fingerprint != index.vocabulary.fingerprint


def test_a_number_is_never_replaced_by_another():
    vocabulary = GlossVocabulary(("DREIZEHN", "VIERZEHN", "REGEN"), (1, 1, 1))
    cascade = Cascade(VocabularyIndex.build(vocabulary), "de", lambda word: ["VIERZEHN"], 0.0)
    [choice] = cascade(["17"])
    assert choice.label is None


def test_looking_up_compares_no_meanings(cascade):
    found = cascade.look_up(["Haus", "Häuser", "Gebäude", "17"])
    assert [choice.label for choice in found] == ["HAUS1A", "HAUS1A", None, None]
    assert [choice.level for choice in found] == ["variant", "variant", "fingerspelling", "missing"]
