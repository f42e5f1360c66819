import pytest

from signzoo.errors import UsageError
from signzoo.lexicon import Lexicon, find_glosses, merge_phrases, signed_language_for
from signzoo.structures import Gloss

PLACE = (280, 220)


@pytest.fixture
def lexicon(make_lexicon):
    signs = make_lexicon("signs", dict.fromkeys(("Haus", "Kind", "SCHAUEN2B*", "Pizza"), PLACE))
    letters = make_lexicon(
        "letters", dict.fromkeys([*"aeiopsu", "sch", "ch"], PLACE), kind="letter"
    )
    return Lexicon.open(signs) + Lexicon.open(letters)


def find(lexicon, *glosses):
    return find_glosses(glosses, lexicon, "de", "gsg")


def labels(found):
    return [entry.word for entry in found.entries]


def test_a_gloss_with_a_sign_of_its_own_is_signed(lexicon):
    (found,) = find(lexicon, Gloss("HAUS"))
    assert (found.source, labels(found)) == ("sign", ["Haus"])


def test_the_word_of_the_text_counts_as_exact(lexicon):
    (found,) = find(lexicon, Gloss("X-HAUS", "haus"))
    assert found.source == "sign"


def test_a_lemma_is_a_variant(lexicon):
    (found,) = find(lexicon, Gloss("Kinder", "Kinder", ("Kind",)))
    assert (found.source, labels(found)) == ("variant", ["Kind"])


@pytest.mark.parametrize("label", ["HAUS1", "HAUS2A*", "Haus3^", "SCHAUEN", "SCHAUEN7"])
def test_another_variant_number_of_a_gloss_is_a_variant(lexicon, label):
    (found,) = find(lexicon, Gloss(label))
    assert found.source == "variant"


def test_a_word_without_a_sign_is_spelled_with_the_longest_letters(lexicon):
    (found,) = find(lexicon, Gloss("Schau", "Schau"))
    assert (found.source, labels(found)) == ("fingerspelling", ["sch", "a", "u"])


def test_a_single_letter_of_the_text_is_spelled_not_signed(lexicon):
    (found,) = find(lexicon, Gloss("A", "A"))
    assert found.source == "fingerspelling"


def test_accents_that_the_alphabet_lacks_are_dropped(lexicon):
    (found,) = find(lexicon, Gloss("Pié", "Pié"))
    assert labels(found) == ["p", "i", "e"]


def test_hyphens_are_silent(lexicon):
    (found,) = find(lexicon, Gloss("Sa-i", "Sa-i"))
    assert labels(found) == ["s", "a", "i"]


@pytest.mark.parametrize("word", ["42", "😀", "Paz", "😀a", "---"])
def test_what_cannot_be_spelled_completely_is_missing(lexicon, word):
    (found,) = find(lexicon, Gloss(word, word))
    assert (found.source, found.entries) == (None, ())


def test_nothing_is_dropped_and_the_order_stays(lexicon):
    glosses = [Gloss(word, word) for word in ("42", "Haus", "xyz", "Haus", "asche")]
    found = find(lexicon, *glosses)
    assert [item.gloss for item in found] == glosses
    assert [item.source for item in found] == [None, "sign", None, "sign", "fingerspelling"]


def test_words_that_have_one_sign_together_become_one_gloss(make_lexicon):
    lexicon = Lexicon.open(make_lexicon("own", dict.fromkeys(["guten tag", "tag", "gut"], PLACE)))
    glosses = [Gloss(word, word) for word in ("Guten", "Tag", "guten", "Abend", "Tag")]
    merged = merge_phrases(glosses, lexicon, "de", "gsg")
    assert [gloss.word for gloss in merged] == ["Guten Tag", "guten", "Abend", "Tag"]
    found = find_glosses(merged, lexicon, "de", "gsg")
    assert [item.source for item in found] == ["sign", None, None, "sign"]


def test_chinese_words_are_merged_without_a_space(make_lexicon):
    folder = make_lexicon("own", {"今天天气": PLACE}, written="zh", signed="csl")
    glosses = [Gloss("今天", "今天"), Gloss("天气", "天气"), Gloss("好", "好")]
    merged = merge_phrases(glosses, Lexicon.open(folder), "zh", "csl")
    assert [gloss.word for gloss in merged] == ["今天天气", "好"]


def test_a_written_language_that_no_lexicon_has_names_the_command_that_helps():
    with pytest.raises(UsageError, match=r"'zh'.*signzoo lexicon build"):
        signed_language_for(Lexicon.fingerspelling(), "zh-Hans")


def test_several_signed_languages_must_be_chosen_from():
    embedded = Lexicon.fingerspelling()
    with pytest.raises(UsageError, match="asq, gsg, sgg"):
        signed_language_for(embedded, "de")
    with pytest.raises(UsageError, match=r"'ase'.*asq, gsg, sgg"):
        signed_language_for(embedded, "de", "ase")
    assert signed_language_for(embedded, "de-CH", "SGG") == "sgg"
    assert signed_language_for(embedded, "en") == "ase"
