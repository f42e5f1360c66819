"""Pure functions on text: words and their lemmas."""

import logging
import re
import unicodedata
from collections.abc import Sequence

# A word may hold hyphens and apostrophes; anything else that is not a space is a token of its own.
_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")
# Digits that are no part of a longer word, such as 1.000, 3,5 or -7; behind them the point of an
# ordinal (am 3. Mai), which the full stop of a sentence is not.
_NUMBER = re.compile(r"(?<![\w.,])(-?)(\d+)(?:([.,])(\d+))?(?:(\.)(?=\s+\w))?(?!\w)")
_LONGEST_NUMBER = 9  # digits; longer ones are telephone numbers and the like


def split_words(text: str, language: str) -> list[str]:
    """Split a text into words, without its punctuation.

    Symbols (emoji, %, €) are kept as tokens: they mean something, and whoever cannot sign them
    should say so. Chinese is split by jieba, every other language at its spaces.

    Args:
        text: Any text.
        language: BCP 47 code of the written language.
    """
    tokens: list[str] = []
    for token in _TOKEN.findall(unicodedata.normalize("NFC", text)):
        if token[0].isalnum():
            tokens += _split_chinese(token) if primary_subtag(language) == "zh" else [token]
        elif unicodedata.category(token) in ("So", "Sc", "Sm"):
            tokens.append(token)
    return tokens


def written_words(text: str, language: str) -> list[str]:
    """Split a text into what is written between spaces, or the characters of Chinese."""
    return list("".join(text.split())) if primary_subtag(language) == "zh" else text.split()


def written_text(words: Sequence[str], language: str) -> str:
    """Put together again what :func:`written_words` has split."""
    return ("" if primary_subtag(language) == "zh" else " ").join(words)


def spell_numbers(text: str, language: str) -> str:
    """Write the numbers of a text in words, as a transcript of speech has them.

    Args:
        text: Any text.
        language: BCP 47 code of the written language; of one that num2words does not know the
            digits stay.

    Returns:
        ``am dritten Mai fünfzehn Grad`` for ``am 3. Mai 15 Grad``. German ordinals get the ending
        of the dative, which dates have.
    """
    from num2words import num2words  # type: ignore[import-untyped]

    subtag = primary_subtag(language)

    def spell(match: re.Match[str]) -> str:
        sign, whole, mark, fraction, ordinal = match.groups()
        if len(whole) > _LONGEST_NUMBER:
            return match[0]
        if fraction and len(fraction) == 3 and mark == ("," if subtag == "en" else "."):
            whole, fraction = whole + fraction, None  # thousands
        value = float(f"{sign}{whole}.{fraction}") if fraction else int(f"{sign}{whole}")
        try:
            spelled = str(num2words(value, lang=subtag, to="ordinal" if ordinal else "cardinal"))
        except (NotImplementedError, ValueError, OverflowError, TypeError):
            return match[0]
        return f"{spelled}n" if ordinal and subtag == "de" else spelled

    return _NUMBER.sub(spell, text)


def has_words(text: str) -> bool:
    """Whether a text has a letter or a digit, so that there is something to gloss."""
    return any(character.isalnum() for character in text)


def lemma(word: str, language: str) -> str:
    """The dictionary form of a word, or the word itself where simplemma does not know it."""
    import simplemma

    try:
        return simplemma.lemmatize(word, lang=primary_subtag(language))
    except ValueError:  # simplemma has no data for this language
        return word


def primary_subtag(language: str) -> str:
    """The language of a BCP 47 code without its script and region: ``zh`` of ``zh-Hans-CN``."""
    return language.replace("_", "-").split("-")[0].lower()


def _split_chinese(token: str) -> list[str]:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return [word for word in jieba.lcut(token) if not word.isspace()]
