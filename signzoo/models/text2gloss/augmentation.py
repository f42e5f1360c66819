"""Varies text-gloss pairs in training: noisy sentences, synonyms, other names, more pairs.

Everything is drawn from the generator that is passed in. What is signed changes only with what is
said; see :mod:`signzoo.models.text2gloss.denoising` for the noise of pretraining.
"""

import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import astuple, dataclass, field

import numpy as np
from typing_extensions import Self

from signzoo.data.pairs import TextGlossPair
from signzoo.errors import ManifestError, UsageError
from signzoo.models.text2gloss.entities import (
    LISTED,
    WORD,
    EntityClass,
    in_case_of,
    keep_attested,
    read_entities,
    read_lines,
    substitute_entities,
)
from signzoo.transforms.text import primary_subtag

# OpenThesaurus marks register and field: "Regen (ugs.)".
_REMARK = re.compile(r"\([^)]*\)|\[[^\]]*\]")
# A typo in a shorter word easily makes another word.
_SHORTEST_TYPO = 4


@dataclass(frozen=True)
class AugmentationConfig:
    """How training pairs are varied; 0 turns a variation off."""

    word_drop: float = 0.0
    """Probability, for each word, that it is left out of the sentence."""
    word_swap: float = 0.0
    """Probability, for each word, that it changes places with the next."""
    typo: float = 0.0
    """Probability, for each word of four letters or more, that a letter is lost, doubled, or
    changes places with the next."""
    synonym: float = 0.0
    """Probability, for each word with a synonym, that the sentence has that instead."""
    entity: float = 0.0
    """Probability, for each weekday, month, number, compass point or entity of your own that is
    both said and signed, that another one is, in the sentence and in the glosses."""
    synonyms_file: str | None = None
    """A text file in the format of OpenThesaurus: the synonyms of a meaning on a line, with
    semicolons between them."""
    entities_file: str | None = None
    """A text file with entities of your own, a line for each: class;GLOSS;word. Those of a class
    replace one another."""

    def __post_init__(self) -> None:
        chances = [value for value in astuple(self) if isinstance(value, (int, float))]
        if not all(0 <= chance <= 1 for chance in chances):
            raise UsageError(f"Probabilities of the augmentation lie between 0 and 1; got {self}.")
        if self.synonym > 0 and self.synonyms_file is None:
            raise UsageError("Synonyms need a list of them; give its file as synonyms_file.")


@dataclass(frozen=True)
class Augmentation:
    """What is done to a pair, with the lists that it takes.

    Attributes:
        config: How often what is done.
        synonyms: Synonyms by lower-cased word.
        entities: What can stand for what.
    """

    config: AugmentationConfig
    synonyms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    entities: tuple[EntityClass, ...] = ()

    @classmethod
    def prepare(
        cls, config: AugmentationConfig, pairs: Sequence[TextGlossPair], language: str
    ) -> Self:
        """Read the lists, and keep the entities that the training pairs know.

        Args:
            config: How often what is done.
            pairs: The training pairs.
            language: BCP 47 code of their sentences.

        Raises:
            UsageError: Entities are asked for, and none are known.
            ManifestError: A list cannot be read.
        """
        synonyms = read_synonyms(config.synonyms_file) if config.synonyms_file else {}
        listed = read_entities(config.entities_file) if config.entities_file else ()
        listed += LISTED.get(primary_subtag(language), ())
        entities = keep_attested(listed, pairs) if config.entity else ()
        if config.entity and not entities:
            raise UsageError(
                f"No entities of the language {language!r} are both said and signed in the "
                "training pairs; list them in an entities_file, or set entity to 0."
            )
        return cls(config, synonyms, entities)

    def __call__(
        self, text: str, gloss: Sequence[str], rng: np.random.Generator
    ) -> tuple[str, tuple[str, ...]]:
        """Make a variation of a pair; the same state of the generator makes the same."""
        config = self.config
        text, gloss = substitute_entities(text, gloss, self.entities, config.entity, rng)
        text = substitute_synonyms(text, self.synonyms, config.synonym, rng)
        text = drop_words(text, config.word_drop, rng)
        text = swap_words(text, config.word_swap, rng)
        return add_typos(text, config.typo, rng), gloss


def read_synonyms(
    path: str | os.PathLike[str], ambiguous: bool = False
) -> dict[str, tuple[str, ...]]:
    """Read single-word synonyms from a text file in the format of OpenThesaurus.

    A line holds the synonyms of one meaning, ``Regen;Niederschlag (fachspr.)``; remarks in brackets
    are left out, and so are lines that begin with ``#``.

    Args:
        path: The file.
        ambiguous: Also give words that stand on several lines the synonyms of all of them. Nothing
            says which of their meanings a sentence means, so substitution does better without.

    Returns:
        Synonyms by lower-cased word.

    Raises:
        ManifestError: The file cannot be read, or no line has two words.
    """
    found: dict[str, list[list[str]]] = {}
    for line in read_lines(path):
        if line.startswith("#"):
            continue
        entries = (_REMARK.sub("", entry).strip() for entry in line.split(";"))
        words = list(dict.fromkeys(entry for entry in entries if WORD.fullmatch(entry)))
        for word in words if len(words) > 1 else ():
            others = [other for other in words if other.lower() != word.lower()]
            found.setdefault(word.lower(), []).append(others)
    if not found:
        raise ManifestError(f"{path} has no synonyms; each line must be words with ; between them.")
    return {
        word: tuple(dict.fromkeys(other for others in groups for other in others))
        for word, groups in found.items()
        if ambiguous or len(groups) == 1
    }


def substitute_synonyms(
    text: str,
    synonyms: Mapping[str, Sequence[str]],
    probability: float,
    rng: np.random.Generator,
) -> str:
    """Replace words by synonyms, in the case of the word; the glosses stay what they are."""
    if not probability:
        return text

    def replaced(match: re.Match[str]) -> str:
        word = match.group()
        others = synonyms.get(word.lower())
        if not others or rng.random() >= probability:
            return word
        return in_case_of(word, others[rng.integers(len(others))])

    return WORD.sub(replaced, text)


def drop_words(text: str, probability: float, rng: np.random.Generator) -> str:
    """Leave words out of a text, but never all of them. Words are what spaces separate."""
    words = text.split()
    if not probability or len(words) < 2:
        return text
    kept = rng.random(len(words)) >= probability
    kept[rng.integers(len(words))] |= not kept.any()
    return " ".join(word for word, stays in zip(words, kept, strict=True) if stays)


def swap_words(text: str, probability: float, rng: np.random.Generator) -> str:
    """Let neighbouring words change places, each at most once. Words are what spaces separate."""
    words = text.split()
    if not probability or len(words) < 2:
        return text
    place = 0
    for chance in rng.random(len(words) - 1):
        if chance < probability and place + 1 < len(words):
            words[place : place + 2] = words[place + 1], words[place]
            place += 1  # the word that moved back moves no further
        place += 1
    return " ".join(words)


def add_typos(text: str, probability: float, rng: np.random.Generator) -> str:
    """Lose, double or transpose a letter behind the first of some words, but not of numbers."""
    if not probability:
        return text

    def mistyped(match: re.Match[str]) -> str:
        word = match.group()
        if len(word) < _SHORTEST_TYPO or not word.isalpha() or rng.random() >= probability:
            return word
        place = int(rng.integers(1, len(word) - 1))
        before, letter, after = word[:place], word[place], word[place + 1 :]
        edits = (
            before + after,
            before + letter + letter + after,
            before + after[0] + letter + after[1:],
        )
        return edits[rng.integers(len(edits))]

    return WORD.sub(mistyped, text)


def back_translate(
    glosses: Sequence[Sequence[str]],
    to_texts: Callable[[list[tuple[str, ...]]], Sequence[str]],
    prefix: str = "back-",
) -> list[TextGlossPair]:
    """Make pairs of gloss sequences and the sentences that a network writes for them.

    Sennrich et al., "Improving Neural Machine Translation Models with Monolingual Data", ACL 2016:
    the target is genuine, the source need not be.

    Args:
        glosses: Gloss sequences.
        to_texts: Gives a sentence for each of them.
        prefix: Begins their ids, so that they are known from genuine pairs.

    Returns:
        A pair for each sequence that has glosses and a sentence.
    """
    targets = [tuple(sequence) for sequence in glosses]
    texts = to_texts(targets)
    return [
        TextGlossPair(f"{prefix}{number}", text.strip(), gloss)
        for number, (gloss, text) in enumerate(zip(targets, texts, strict=True), 1)
        if gloss and text.strip()
    ]
