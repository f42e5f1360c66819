"""Pure functions on text: words and their lemmas."""

import logging
import re
import unicodedata

# A word may hold hyphens and apostrophes; anything else that is not a space is a token of its own.
_TOKEN = re.compile(r"\w+(?:[-'’]\w+)*|[^\w\s]")


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
