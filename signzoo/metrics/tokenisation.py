"""How text is cut into tokens before it is scored: the difference behind most unequal scores."""

import logging
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from typing import Any, Literal

from signzoo.errors import UsageError
from signzoo.transforms.text import primary_subtag

Kind = Literal["gloss", "sentence"]

# Written languages that sacrebleu's `zh` tokeniser is made for.
_CHINESE = {"zh", "cmn", "yue"}
# Scripts without spaces between words: only their characters can be counted without a segmenter.
_UNSPACED = {"bo", "dz", "ja", "km", "lo", "my", "th"}


@dataclass(frozen=True, slots=True)
class Tokenisation:
    """One way to cut text into tokens.

    Attributes:
        name: What stands at the end of a score's name.
        method: The name of sacrebleu's tokeniser; ``none`` splits at whitespace.
        lowercase: Whether case is ignored.
        words: Whether the tokens are words, so that their error rate is a word error rate.
    """

    name: str
    method: str
    lowercase: bool
    words: bool

    def tokens(self, text: str) -> list[str]:
        """Cut ``text`` into tokens."""
        text = text.lower() if self.lowercase else text
        if self.name == "jieba":
            return [word for word in _jieba().lcut(text) if not word.isspace()]
        tokens: list[str] = _tokeniser(self.method)(text.rstrip()).split()
        return tokens

    def characters(self, text: str) -> str:
        """The characters of ``text``; runs of whitespace are one space where words have spaces."""
        text = text.lower() if self.lowercase else text
        return (" " if self.words else "").join(text.split())

    @property
    def signature(self) -> str:
        """Case and tokenisation the way sacrebleu writes them."""
        method = f"jieba-{version('jieba')}" if self.name == "jieba" else self.method
        return f"case:{'lc' if self.lowercase else 'mixed'}|tok:{method}"


GLOSS = Tokenisation("gloss", "none", lowercase=True, words=True)
LOWER = Tokenisation("lower", "none", lowercase=True, words=True)
MTEVAL = Tokenisation("13a", "13a", lowercase=False, words=True)
CHINESE = Tokenisation("zh", "zh", lowercase=False, words=False)
JIEBA = Tokenisation("jieba", "none", lowercase=False, words=True)
CHARACTERS = Tokenisation("char", "char", lowercase=False, words=False)


def tokenisations(kind: Kind, language: str) -> tuple[Tokenisation, ...]:
    """The tokenisations that a kind of text is scored with, the one to compare by first.

    Args:
        kind: ``"gloss"`` or ``"sentence"``.
        language: BCP 47 code of the written language.

    Raises:
        UsageError: The kind is unknown, or the language is no code.
    """
    subtag = primary_subtag(language)
    if not (subtag.isascii() and subtag.isalpha() and 2 <= len(subtag) <= 3):
        raise UsageError(
            f"{language!r} is no BCP 47 code of a written language; write de, en, zh or the like."
        )
    if kind not in ("gloss", "sentence"):
        raise UsageError(f"Text is scored as 'gloss' or as 'sentence'; {kind!r} is neither.")
    if kind == "gloss":
        return (GLOSS,)
    if subtag in _CHINESE:
        return (CHINESE, JIEBA)
    return (CHARACTERS,) if subtag in _UNSPACED else (LOWER, MTEVAL)


@cache
def _tokeniser(method: str) -> Any:
    from sacrebleu.metrics.bleu import BLEU

    return BLEU(tokenize=method).tokenizer


@cache
def _jieba() -> Any:
    """A segmenter of our own: words that others add to jieba's shared one would change scores."""
    import jieba

    jieba.setLogLevel(logging.WARNING)
    return jieba.Tokenizer()
