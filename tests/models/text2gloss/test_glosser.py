from dataclasses import replace

import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.models.text2gloss.cascade import WordChoice
from signzoo.models.text2gloss.decoding import DecodingConfig
from signzoo.models.text2gloss.glosser import (
    SignGlosser,
    check_language,
    make_cascade,
    proposer,
    split_sentences,
    word_levels,
)
from signzoo.models.text2gloss.network import Text2Gloss
from signzoo.models.text2gloss.translation import GlossSequence
from signzoo.models.text2gloss.vocabulary import GlossVocabulary

CHOICES = {
    "zwei": WordChoice("zwei", None, "fingerspelling"),
    "orkan": WordChoice("orkan", "WIND", "embedding", 0.7),
    "zürich": WordChoice("zürich", None, "fingerspelling", 0.2),
    "17": WordChoice("17", None, "missing"),
}


def choose(words):
    """A cascade that knows its answers."""
    return [CHOICES[word] for word in words]


@pytest.fixture(scope="module")
def network(tiny_text2gloss):
    return Text2Gloss.from_pretrained(tiny_text2gloss)


class FixedNetwork:
    """Answers every sentence alike, so that the places of the other glosses can be told."""

    def __init__(self, network, glosses):
        self.config, self.vocabulary, self.glosses = network.config, network.vocabulary, glosses

    def translate(self, texts, decoding=None, index=None, partners=(), progress=None):
        return [GlossSequence(self.glosses, 0.5, ((self.glosses, 0.5),)) for _ in texts]

    def prepare(self, text):
        return text.replace("2 Grad", "zwei Grad")

    def word_effects(self, words, labels):
        """Without its second word nothing is as likely; the others do not matter."""
        effects = np.zeros((len(words), len(labels)))
        effects[1:2] = 2.0
        return effects


@pytest.fixture
def make_glosser(network):
    def make(*glosses, on_missing="fingerspell"):
        return SignGlosser(FixedNetwork(network, glosses), choose, on_missing=on_missing)

    return make


def labels(glosses):
    return [gloss.label for gloss in glosses]


def test_words_that_the_network_has_read_are_left_to_it(make_glosser):
    report = make_glosser("HEUTE", "REGEN").report("Heute regnet es")

    assert labels(report.glosses) == ["HEUTE", "REGEN"]
    assert report.choices == ()
    assert list(word_levels(report)) == [
        ("Heute", None, ("HEUTE",)),
        ("regnet", None, ("REGEN",)),
        ("es", None, ()),
    ]
    assert report.glosses[0].word == "Heute"
    assert report.glosses[0].score == 0.5


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("zürich heute regnet es", ["zürich", "HEUTE", "REGEN"]),
        ("heute regnet zürich es", ["HEUTE", "zürich", "REGEN"]),
        ("heute regnet es im süden zürich", ["HEUTE", "REGEN", "zürich"]),
        ("heute zürich 17 es", ["zürich", "HEUTE", "17", "REGEN"]),
    ],
)
def test_words_without_a_sign_stand_at_their_relative_place(make_glosser, text, expected):
    assert labels(make_glosser("HEUTE", "REGEN")(text)) == expected


def test_words_are_those_that_the_network_is_asked(make_glosser):
    assert make_glosser("HEUTE").report("heute 2 Grad").words == ("heute", "zwei", "Grad")


def test_a_sign_that_the_cascade_found_is_said_once(make_glosser):
    [_, added] = make_glosser("HEUTE")("heute weht orkan")
    assert (added.label, added.word, added.score) == ("WIND", "orkan", 0.7)

    [_, written] = make_glosser("HEUTE", "WIND")("heute weht orkan")
    assert (written.label, written.word) == ("WIND", "orkan")


def test_a_spelled_word_may_be_signed_as_its_lemma(network):
    def spell(words):
        return [WordChoice(word, None, "fingerspelling") for word in words]

    [spelled] = SignGlosser(FixedNetwork(network, ()), spell)("Häuser")
    assert (spelled.label, spelled.word, spelled.variants) == ("Häuser", "Häuser", ("Haus",))


def test_on_missing_decides_about_words_without_a_sign(make_glosser):
    text = "zürich heute 17 orkan"

    assert labels(make_glosser("HEUTE", on_missing="skip")(text)) == ["HEUTE", "WIND"]
    with pytest.raises(UsageError, match="zürich, 17"):
        make_glosser("HEUTE", on_missing="error")(text)
    assert labels(make_glosser("HEUTE", on_missing="error")("orkan heute")) == ["WIND", "HEUTE"]


def test_a_text_is_glossed_sentence_by_sentence(make_glosser):
    report = make_glosser("HEUTE").report("zürich heute. Morgen regnet es!\nheute")

    assert labels(report.glosses) == ["zürich", "HEUTE", "HEUTE", "HEUTE"]
    assert report.words == ("zürich", "heute", "Morgen", "regnet", "es", "heute")
    assert report.sequence.glosses == ("HEUTE", "HEUTE", "HEUTE")
    assert report.sequence.score == pytest.approx(0.5)
    assert report.sequence.n_best == ()


def test_a_text_without_words_has_no_glosses(make_glosser):
    assert make_glosser("HEUTE")("") == ()
    assert make_glosser("HEUTE")("?! \n ...") == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Es regnet. Morgen nicht!  Warum?", ["Es regnet.", "Morgen nicht!", "Warum?"]),
        ("bis zu 3.5 grad am 3. Mai, z. B. im norden", 1),
        ("erste zeile\nzweite\r\n\ndritte", ["erste zeile", "zweite", "dritte"]),
        ("你好。再见！", ["你好。", "再见！"]),
        ("... !", []),
    ],
)
def test_sentences_end_where_they_end(text, parts):
    assert split_sentences(text) == ([text] if parts == 1 else parts)


def test_a_whole_glosser_stays_within_the_vocabulary_and_spells_the_rest(tiny_text2gloss):
    glosser = SignGlosser.from_pretrained(tiny_text2gloss, DecodingConfig(max_tokens=12))

    glosses = glosser("Morgen regnet es im Qxzqwv.")

    spelled = [gloss for gloss in glosses if gloss.word == "Qxzqwv"]
    assert spelled
    known = {*glosser.network.vocabulary.labels, "Qxzqwv"}
    assert set(labels(glosses)) <= known
    assert replace(glosser, on_missing="skip").report("Morgen regnet es").choices == ()


def test_sentences_together_are_glossed_as_one_by_one(tiny_text2gloss):
    glosser = SignGlosser.from_pretrained(tiny_text2gloss, DecodingConfig(max_tokens=12))
    sentences = ["morgen regnet es", "heute scheint die sonne im norden bei drei grad"]

    together = glosser.sentence_reports(sentences)
    alone = [glosser(sentence) for sentence in sentences]
    assert [labels(report.glosses) for report in together] == list(map(labels, alone))


def test_an_exported_network_brings_the_embeddings_of_its_glosses(network, tmp_path):
    made = make_cascade(network).index
    network.prepare_export()
    network.save_pretrained(tmp_path / "exported")

    exported = Text2Gloss.from_pretrained(tmp_path / "exported")
    read = make_cascade(exported).index
    assert read is exported.vocabulary_index
    assert np.allclose(read.embeddings, made.embeddings, atol=1e-3)
    assert not np.array_equal(read.embeddings, made.embeddings)  # they were float16
    exported.set_vocabulary(GlossVocabulary(("HEUTE",), (1,)))
    assert len(make_cascade(exported).index.embeddings) == 1


def test_the_network_proposes_only_what_means_something_alike(network):
    index = make_cascade(network).index
    nonsense = FixedNetwork(network, ("SONNE", "GRAD"))

    assert proposer(nonsense, index)("Sonnenschein") == ["SONNE"]
    assert proposer(nonsense, index)("€") == []


def test_a_proposal_for_a_word_never_read_has_to_be_more_similar(network, monkeypatch):
    monkeypatch.setattr("signzoo.models.text2gloss.glosser._LEAST_SIMILARITY_UNREAD", 1.1)
    propose = proposer(FixedNetwork(network, ("SONNE",)), make_cascade(network).index)

    assert "sonnenschein" not in network.vocabulary.words
    assert propose("Sonnenschein") == []
    assert propose("Sonne") == ["SONNE"]


def test_another_language_is_refused_by_naming_the_known_one(network):
    check_language(network, "de-CH")
    with pytest.raises(UsageError, match="reads 'de', not 'fr'"):
        check_language(network, "fr")


def test_an_empty_vocabulary_is_no_reader(network):
    other = FixedNetwork(network, ("HEUTE",))
    other.vocabulary = GlossVocabulary(("HEUTE",), (1,))
    glosser = SignGlosser(other, lambda words: [WordChoice(w, "HEUTE", "exact") for w in words])

    assert len(glosser.report("heute heute").choices) == 2
