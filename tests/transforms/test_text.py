import pytest

from signzoo.transforms.text import (
    lemma,
    primary_subtag,
    spell_numbers,
    split_words,
    written_text,
    written_words,
)


def test_words_come_without_punctuation_and_in_order():
    assert split_words("Heute, in Baden-Württemberg: „20 Grad“!", "de") == [
        "Heute", "in", "Baden-Württemberg", "20", "Grad",
    ]  # fmt: skip


def test_symbols_are_kept_so_that_they_can_be_reported():
    assert split_words("Hallo 😀 5€", "de") == ["Hallo", "😀", "5", "€"]


@pytest.mark.parametrize("text", ["", "   ", "...!?", "\n\t"])
def test_a_text_without_words_gives_none(text):
    assert split_words(text, "de") == []


def test_chinese_is_split_into_words():
    assert split_words("今天天气很好。", "zh-Hans") == ["今天天气", "很", "好"]


def test_composed_and_decomposed_letters_are_one():
    assert split_words("Zu\u0308rich", "de") == ["Zürich"]


def test_lemmas_are_dictionary_forms():
    assert lemma("Kinder", "de") == "Kind"
    assert lemma("running", "en") == "run"


def test_a_language_without_lemmas_keeps_the_word():
    assert lemma("abc", "xx") == "abc"


def test_a_language_code_has_a_primary_part():
    assert [primary_subtag(code) for code in ("de", "zh-Hans-CN", "pt_BR", "EN")] == [
        "de", "zh", "pt", "en",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Am 3. Mai sind es 15 Grad.", "Am dritten Mai sind es fünfzehn Grad."),
        ("Nachts -5 Grad, am Tag 3,5 oder 2.5", "Nachts minus fünf Grad, am Tag drei Komma fünf"),
        ("bei 1.500 Metern", "bei eintausendfünfhundert Metern"),
        ("Wir sind 21.", "Wir sind einundzwanzig."),
        ("A4, H2O und 4fach bleiben", "A4, H2O und 4fach bleiben"),
        ("ruf 030123456789 an", "ruf 030123456789 an"),
        ("keine Zahl", "keine Zahl"),
    ],
)
def test_numbers_are_written_in_words(text, expected):
    assert spell_numbers(text, "de-CH").startswith(expected)


def test_numbers_of_other_languages_are_theirs_or_stay():
    assert spell_numbers("15 degrees on May 3.", "en") == "fifteen degrees on May three."
    assert spell_numbers("15 graad", "xx") == "15 graad"


def test_chinese_is_split_into_characters_and_joined_again():
    assert written_words("他 今天很高兴。", "zh-CN") == list("他今天很高兴。")
    assert written_text(written_words("他今天很高兴。", "zh"), "zh") == "他今天很高兴。"
