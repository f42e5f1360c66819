from collections import Counter

import numpy as np
import pytest

from signzoo.data.pairs import TextGlossPair, read_pairs
from signzoo.errors import ManifestError
from signzoo.models.text2gloss.entities import (
    LISTED,
    Entity,
    EntityClass,
    fold_gloss,
    keep_attested,
    read_entities,
    substitute_entities,
)

GERMAN = LISTED["de"]
COUNTRIES = EntityClass(
    "country", (Entity(("polen",), ("POLEN",)), Entity(("dänemark",), ("DAENEMARK",)))
)


def substituted(text, gloss, classes=GERMAN, probability=1.0, seed=0):
    rng = np.random.default_rng(seed)
    return substitute_entities(text, gloss.split(), classes, probability, rng)


def named(name):
    (found,) = (group for group in GERMAN if group.name == name)
    return found


@pytest.mark.parametrize(
    ("word", "gloss", "name"),
    [
        ("donnerstag", "DONNERSTAG", "weekday"),
        ("märz", "MAERZ", "month"),
        ("zwölf", "ZWÖLF", "number"),
        ("siebten", "SIEBTE", "ordinal"),
        ("südosten", "SUEDOST", "compass point"),
        ("nördlicher", "NORD", "compass point"),
    ],
)
def test_a_listed_entity_is_replaced_in_text_and_gloss_alike(word, gloss, name):
    places = [place for member in named(name).members for place in enumerate(member.words)]
    place = next(place for place, form in places if form == word)
    seen = set()
    for seed in range(20):
        text, (first, changed, last) = substituted(f"also {word} wind", f"A {gloss} B", seed=seed)
        start, new, end = text.split()
        (member,) = (member for member in named(name).members if new in member.words)
        assert (start, end, first, last) == ("also", "wind", "A", "B")
        assert new != word
        assert member.words[place] == new
        assert changed == member.glosses[0]
        seen.add(new)
    assert len(seen) > 3


def test_every_mention_of_an_entity_is_replaced_by_the_same():
    text, gloss = substituted("im norden und nördlich davon", "NORD REGEN NORD")
    _, noun, _, adverb, _ = text.split()
    (member,) = (member for member in named("compass point").members if noun in member.words)
    assert adverb in member.words
    assert gloss == (*member.glosses, "REGEN", *member.glosses)
    assert gloss[0] != "NORD"


def test_two_entities_never_become_one():
    for seed in range(50):
        text, gloss = substituted("montag dienstag mittwoch", "MONTAG DIENSTAG MITTWOCH", seed=seed)
        assert len(set(text.split())) == len(set(gloss)) == 3
        assert [word.upper() for word in text.split()] == list(gloss)
        assert not set(gloss) & {"MONTAG", "DIENSTAG", "MITTWOCH"}


@pytest.mark.parametrize(
    ("text", "gloss"),
    [
        ("am freitag regen", "REGEN"),  # said, not signed
        ("und morgen regen", "FREITAG REGEN"),  # signed, not said
        ("zwei bis zweiundzwanzig grad", "ZWEI BIS ZWANZIG ZWEI GRAD"),  # signed more often
        ("nord und ostsee", "NORD OST SEE"),  # half a word
        ("in polen und dänemark", "POLEN DAENEMARK"),  # nothing else of its class
    ],
)
def test_what_text_and_gloss_do_not_share_stays(text, gloss):
    assert substituted(text, gloss, (*GERMAN, COUNTRIES)) == (text, tuple(gloss.split()))


def test_a_capital_and_the_punctuation_stay():
    text, gloss = substituted("Bis Freitag, 8 Uhr!", "BIS FREITAG ACHT")
    start, day, *end = text.split()
    assert [start, *end] == ["Bis", "8", "Uhr!"]
    assert day == f"{gloss[1].title()},"


def test_the_probability_is_that_of_each_entity():
    changed = [
        substituted("am freitag", "FREITAG", probability=0.3, seed=seed)[1] != ("FREITAG",)
        for seed in range(1000)
    ]
    assert np.mean(changed) == pytest.approx(0.3, abs=0.05)


def test_only_what_a_corpus_says_and_signs_is_kept_in_its_own_writing():
    pairs = [
        TextGlossPair("1", "Zwölf grad im März", ("ZWÖLF", "GRAD", "MÄRZ")),
        TextGlossPair("2", "zwei grad am zwölften mai", ("ZWEI", "GRAD", "zwölf", "MAI")),
        TextGlossPair("3", "am montag", ("DIENSTAG",)),
        TextGlossPair("4", "am mittwoch", ("MITTWOCH",)),
    ]
    kept = {
        group.name: {member.words[0]: member.glosses for member in group.members}
        for group in keep_attested(GERMAN, pairs)
    }
    assert kept == {
        "month": {"märz": ("MÄRZ",), "mai": ("MAI",)},
        "number": {"zwei": ("ZWEI",), "zwölf": ("ZWÖLF",)},
    }


def test_entities_of_a_user_are_read(tmp_path):
    path = tmp_path / "entities.txt"
    path.write_text("# Länder\ncountry;POLEN;Polen;polnisch\n\ncountry; DAENEMARK ;dänemark\n")
    (group,) = read_entities(path)
    assert group.name == "country"
    assert group.members == (
        Entity(("polen", "polnisch"), ("POLEN",)),
        Entity(("dänemark",), ("DAENEMARK",)),
    )
    assert substituted("in Polen", "POLEN", [group]) == ("in Dänemark", ("DAENEMARK",))
    # Dänemark has no form in that place
    assert substituted("polnisch", "POLEN", [group]) == ("polnisch", ("POLEN",))


@pytest.mark.parametrize("line", ["country;POLEN", "POLEN", ";POLEN;polen", "country;POLEN;;polen"])
def test_a_bad_line_of_entities_is_named(tmp_path, line):
    path = tmp_path / "entities.txt"
    path.write_text(f"country;ITALIEN;italien\n{line}\n")
    with pytest.raises(ManifestError, match="row 2 is not 'class;GLOSS;word'"):
        read_entities(path)
    with pytest.raises(ManifestError, match="There is no file"):
        read_entities(tmp_path / "none.txt")


def test_the_lists_hold_no_word_twice_and_forms_of_equal_number():
    for group in GERMAN:
        words = [word for member in group.members for word in member.words]
        assert len(set(words)) == len(words)
        assert len({len(member.words) for member in group.members}) == 1


def test_real_weather_gets_other_names_that_agree(shared_data):
    pairs = read_pairs(shared_data / "text" / "phoenix14t" / "train.jsonl")
    classes = keep_attested(GERMAN, pairs)
    sizes = {group.name: len(group.members) for group in classes}
    assert (sizes["weekday"], sizes["month"], sizes["compass point"]) == (7, 12, 8)
    rng = np.random.default_rng(0)
    known = {gloss for pair in pairs for gloss in pair.gloss}
    changed = 0
    for pair in pairs[:500]:
        text, gloss = substitute_entities(pair.text, pair.gloss, classes, 0.5, rng)
        changed += text != pair.text
        assert set(gloss) <= known
        days = {day.words[0] for day in classes[0].members}
        said = Counter(word for word in text.split() if word in days)
        before = Counter(word for word in pair.text.split() if word in days)
        signed = Counter(g for g in map(fold_gloss, gloss) if g in days)
        signed_before = Counter(g for g in map(fold_gloss, pair.gloss) if g in days)
        assert (said - signed).total() == (before - signed_before).total()
    assert changed > 100
