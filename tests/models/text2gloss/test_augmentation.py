from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.data.pairs import TextGlossPair
from signzoo.errors import ManifestError, UsageError
from signzoo.models.text2gloss.augmentation import (
    Augmentation,
    AugmentationConfig,
    add_typos,
    back_translate,
    drop_words,
    read_synonyms,
    substitute_synonyms,
    swap_words,
)

TEXT = "am freitag regnet es im norden bei zwölf grad"
GLOSS = ("FREITAG", "NORD", "REGEN", "ZWOELF", "GRAD")
PAIRS = [
    TextGlossPair("1", TEXT, GLOSS),
    TextGlossPair("2", "am montag im süden bei drei grad", ("MONTAG", "SUED", "DREI", "GRAD")),
]


@pytest.fixture
def thesaurus(tmp_path):
    path = tmp_path / "openthesaurus.txt"
    path.write_text(
        "# OpenThesaurus\n"
        "Regen;Niederschlag (fachspr.);nasses Wetter;Schauer\n"
        "Grad;Stufe\nGrad;Temperatur\nallein\n",
        encoding="utf-8",
    )
    return path


def rng(seed=0):
    return np.random.default_rng(seed)


def test_all_off_changes_nothing():
    augment = Augmentation.prepare(AugmentationConfig(), PAIRS, "de")
    for text in (TEXT, "", " zwei  leerzeichen "):
        assert augment(text, list(GLOSS), rng()) == (text, GLOSS)


@given(st.text(max_size=60), st.integers(0, 10**6))
@settings(max_examples=80, deadline=None)
def test_any_text_stays_a_text_whose_glosses_are_as_many(text, seed):
    config = AugmentationConfig(word_drop=0.5, word_swap=0.5, typo=0.5, entity=0.5)
    new, gloss = Augmentation.prepare(config, PAIRS, "de")(text, GLOSS, rng(seed))
    assert bool(new.strip()) == bool(text.strip())
    assert len(gloss) == len(GLOSS)


def test_the_same_seed_makes_the_same_variation(thesaurus):
    config = AugmentationConfig(0.2, 0.2, 0.2, 0.5, 0.5, synonyms_file=str(thesaurus))
    augment = Augmentation.prepare(config, PAIRS, "de-AT")
    first = [augment(TEXT, GLOSS, rng(seed)) for seed in range(20)]
    assert first == [augment(TEXT, GLOSS, rng(seed)) for seed in range(20)]
    assert len(set(first)) > 15


def test_entities_are_swapped_for_what_the_corpus_knows():
    augment = Augmentation.prepare(AugmentationConfig(entity=1.0), PAIRS, "de")
    assert augment(TEXT, GLOSS, rng()) == (
        "am montag regnet es im süden bei drei grad",
        ("MONTAG", "SUED", "REGEN", "DREI", "GRAD"),
    )


def test_a_users_entities_stand_beside_the_listed(tmp_path):
    path = tmp_path / "units.txt"
    path.write_text("unit;GRAD;grad\nunit;METER;meter\n")
    pairs = [*PAIRS, TextGlossPair("3", "zehn meter", ("ZEHN", "METER"))]
    config = AugmentationConfig(entity=1.0, entities_file=str(path))
    text, gloss = Augmentation.prepare(config, pairs, "de")("freitag grad", GLOSS[::4], rng())
    assert (text, gloss) == ("montag meter", ("MONTAG", "METER"))


def test_dropped_words_leave_the_others_in_order():
    kept = drop_words(TEXT, 0.5, rng()).split()
    words = iter(TEXT.split())
    assert 0 < len(kept) < 9
    assert all(word in words for word in kept)
    assert len(drop_words(TEXT, 1.0, rng()).split()) == 1
    assert drop_words("regen", 1.0, rng()) == "regen"


def test_swapped_words_move_by_one_place():
    assert swap_words("a b c d e", 1.0, rng()) == "b a d c e"
    words = [swap_words(TEXT, 0.3, rng(seed)).split() for seed in range(50)]
    for new in words:
        assert Counter(new) == Counter(TEXT.split())
        assert all(abs(new.index(w) - place) <= 1 for place, w in enumerate(TEXT.split()))


def test_typos_spare_short_words_numbers_and_first_letters():
    text = "Es gibt 1000 schauer, nebel"
    seen = set()
    for seed in range(50):
        es, gibt, number, rain, fog = add_typos(text, 1.0, rng(seed)).split()
        assert (es, number, gibt[0], rain[0], rain[-1]) == ("Es", "1000", "g", "s", ",")
        assert abs(len(fog) - 5) <= 1
        seen.add(fog)
    assert {"neebel", "nbel", "nbeel"} < seen


def test_synonyms_are_single_words_of_one_meaning(thesaurus):
    assert read_synonyms(thesaurus) == {
        "regen": ("Niederschlag", "Schauer"),
        "niederschlag": ("Regen", "Schauer"),
        "schauer": ("Regen", "Niederschlag"),
        "stufe": ("Grad",),
        "temperatur": ("Grad",),
    }
    assert read_synonyms(thesaurus, ambiguous=True)["grad"] == ("Stufe", "Temperatur")


def test_a_synonym_takes_the_case_of_its_word(thesaurus):
    synonyms = read_synonyms(thesaurus)
    seen = {substitute_synonyms("Regen, regen", synonyms, 1.0, rng(seed)) for seed in range(20)}
    words = ("Niederschlag", "Schauer")
    assert seen == {f"{one}, {other.lower()}" for one in words for other in words}


def test_lists_without_synonyms_are_refused(tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("Regen\nSonne\n")
    with pytest.raises(ManifestError, match="has no synonyms"):
        read_synonyms(path)
    with pytest.raises(ManifestError, match="There is no file"):
        read_synonyms(tmp_path / "none.txt")


def test_impossible_settings_are_refused():
    for bad in ({"typo": 1.1}, {"word_swap": -0.1}):
        with pytest.raises(UsageError, match="between 0 and 1"):
            AugmentationConfig(**bad)
    with pytest.raises(UsageError, match="synonyms_file"):
        AugmentationConfig(synonym=0.1)
    with pytest.raises(UsageError, match="No entities of the language 'zh'"):
        Augmentation.prepare(AugmentationConfig(entity=0.1), PAIRS, "zh")


def test_back_translation_makes_marked_pairs_of_genuine_glosses():
    texts = {GLOSS: " freitag regen ", ("LEER",): " ", (): "nichts"}
    pairs = back_translate([GLOSS, ["LEER"], []], lambda glosses: [texts[g] for g in glosses])
    assert pairs == [TextGlossPair("back-1", "freitag regen", GLOSS)]
