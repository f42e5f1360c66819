import pytest

from signzoo.transforms.text import lemma, primary_subtag, split_words


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
