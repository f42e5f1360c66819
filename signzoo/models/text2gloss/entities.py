"""Names, numbers and places that can stand for one another in a sentence and its glosses."""

import os
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from signzoo.data.pairs import TextGlossPair
from signzoo.errors import ManifestError

WORD = re.compile(r"\w+")
# Corpora write ZWOELF or ZWÖLF.
_TRANSLITERATED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})


@dataclass(frozen=True, slots=True)
class Entity:
    """One name, number or place.

    Attributes:
        words: Its lower-cased forms in a text. Those of one class correspond by their position.
        glosses: How it is glossed. The first one is written where the entity is put in.
    """

    words: tuple[str, ...]
    glosses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntityClass:
    """Entities of one kind: a sentence stays a sentence when one replaces another.

    Attributes:
        name: What they are.
        members: The entities.
    """

    name: str
    members: tuple[Entity, ...]


def read_entities(path: str | os.PathLike[str]) -> tuple[EntityClass, ...]:
    """Read classes from lines ``class;GLOSS;word`` or ``class;GLOSS;form;form``.

    Empty lines and those that begin with ``#`` say nothing.

    Raises:
        ManifestError: The file cannot be read, or a line has another shape.
    """
    found: dict[str, list[Entity]] = {}
    for number, line in enumerate(read_lines(path), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, gloss, *words = (cell.strip() for cell in [*line.split(";"), ""])
        if not name or not gloss or not words[:-1] or not all(words[:-1]):
            raise ManifestError(
                f"{path}, row {number} is not 'class;GLOSS;word', but {line.strip()!r:.60}."
            )
        forms = tuple(word.lower() for word in words[:-1])
        found.setdefault(name, []).append(Entity(forms, (gloss,)))
    return tuple(EntityClass(name, tuple(members)) for name, members in found.items())


def read_lines(path: str | os.PathLike[str]) -> list[str]:
    """Read the lines of a list that a user gives.

    Raises:
        ManifestError: It is missing, or not UTF-8.
    """
    try:
        return Path(path).read_text("utf-8-sig").split("\n")
    except FileNotFoundError as error:
        raise ManifestError(f"There is no file {path}; check the path that was given.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ManifestError(f"{path} cannot be read as UTF-8 text: {error}.") from error


def keep_attested(
    classes: Iterable[EntityClass], pairs: Sequence[TextGlossPair]
) -> tuple[EntityClass, ...]:
    """Keep the entities that a corpus knows, with its own glosses, the most frequent first.

    An entity is known if in some pair one of its words stands in the text and one of its glosses,
    apart from case and transliteration, among the glosses. What was never signed so in training is
    thereby never taught, and a network meets no gloss outside its vocabulary.
    """
    classes = tuple(classes)
    owners: dict[str, list[Entity]] = {}
    for entity in (member for group in classes for member in group.members):
        for word in entity.words:
            owners.setdefault(word, []).append(entity)
    signed: dict[Entity, Counter[str]] = {}
    for pair in pairs:
        written = {fold_gloss(gloss): gloss for gloss in pair.gloss}
        for entity in {e for word in _words(pair.text) for e in owners.get(word, ())}:
            glosses = {written[key] for key in map(fold_gloss, entity.glosses) if key in written}
            signed.setdefault(entity, Counter()).update(sorted(glosses))
    kept = []
    for group in classes:
        members = tuple(
            replace(member, glosses=tuple(gloss for gloss, _ in signed[member].most_common()))
            for member in group.members
            if signed.get(member)
        )
        if len(members) > 1:
            kept.append(replace(group, members=members))
    return tuple(kept)


def substitute_entities(
    text: str,
    gloss: Sequence[str],
    classes: Iterable[EntityClass],
    probability: float,
    rng: np.random.Generator,
) -> tuple[str, tuple[str, ...]]:
    """Replace entities by others of their class, in the text and in the glosses alike.

    An entity is replaced only if text and glosses mention it equally often, so that nothing is said
    that is not signed; and only by one that neither mentions, so that no two become one. The words
    of a text are what spaces and punctuation separate.

    Args:
        text: A sentence.
        gloss: Its glosses.
        classes: What can stand for what.
        probability: Of each entity, that it is replaced.
        rng: Decides.

    Returns:
        The new sentence, in the case of the old one, and its glosses.
    """
    said, signed = Counter(_words(text)), Counter(map(fold_gloss, gloss))
    words: dict[str, str] = {}
    glosses: dict[str, str] = {}
    for group in classes:
        unused = []
        mentioned = []
        for entity in group.members:
            times = sum(said[word] for word in set(entity.words))
            keys = {fold_gloss(label) for label in entity.glosses}
            times_signed = sum(signed[key] for key in keys)
            if times == times_signed == 0:
                unused.append(entity)
            elif times == times_signed and not keys & glosses.keys():
                mentioned.append(entity)
        for entity in mentioned:
            forms = [place for place, word in enumerate(entity.words) if said[word]]
            fitting = [other for other in unused if len(other.words) > max(forms)]
            if not fitting or rng.random() >= probability:
                continue
            other = fitting[rng.integers(len(fitting))]
            unused.remove(other)
            words |= {entity.words[place]: other.words[place] for place in forms}
            glosses |= {fold_gloss(label): other.glosses[0] for label in entity.glosses}
    if not words:
        return text, tuple(gloss)
    return replace_words(text, words), tuple(glosses.get(fold_gloss(g), g) for g in gloss)


def replace_words(text: str, replacements: dict[str, str]) -> str:
    """Replace words, found by their lower case; a capital stays a capital."""

    def replaced(match: re.Match[str]) -> str:
        word = match.group()
        other = replacements.get(word.lower())
        return word if other is None else in_case_of(word, other)

    return WORD.sub(replaced, text)


def in_case_of(word: str, other: str) -> str:
    """Write a word with a capital if another begins with one, else in lower case."""
    return other[:1].upper() + other[1:] if word[:1].isupper() else other.lower()


def fold_gloss(gloss: str) -> str:
    """A gloss apart from its case and the transliteration of its umlauts."""
    return gloss.lower().translate(_TRANSLITERATED)


def _words(text: str) -> list[str]:
    return [word.lower() for word in WORD.findall(text)]


def _plain(name: str, words: str) -> EntityClass:
    """Words that are glossed as they are written."""
    return EntityClass(name, tuple(Entity((word,), _written(word)) for word in words.split()))


def _written(word: str) -> tuple[str, ...]:
    """How a word is glossed: PHOENIX-2014T writes SECHSZEHN for sechzehn."""
    spellings = (word.upper(), word.replace("sechz", "sechsz").upper())
    return tuple(dict.fromkeys(spellings))


def _german_ordinals() -> EntityClass:
    """First to twenty-ninth without the compounds: dates, glossed as ordinals or as numbers."""
    stems = {
        "ers": "eins", "zwei": "zwei", "drit": "drei", "vier": "vier", "fünf": "fünf",
        "sechs": "sechs", "sieb": "sieben", "ach": "acht", "neun": "neun", "zehn": "zehn",
        "elf": "elf", "zwölf": "zwölf", "dreizehn": "dreizehn", "vierzehn": "vierzehn",
        "fünfzehn": "fünfzehn", "sechzehn": "sechzehn", "siebzehn": "siebzehn",
        "achtzehn": "achtzehn", "neunzehn": "neunzehn", "zwanzigs": "zwanzig",
        "dreißigs": "dreißig",
    }  # fmt: skip
    members = [
        Entity((f"{stem}ten", f"{stem}te"), (*_written(f"{stem}te"), *_written(number)))
        for stem, number in stems.items()
    ]
    return EntityClass("ordinal", tuple(members))


def _german_compass() -> EntityClass:
    """Norden, nördlich and so on; without the bare word, which may be half of Nord- und Ostsee."""
    points = {
        "nord": "nörd", "süd": "süd", "ost": "öst", "west": "west",
        "nordost": "nordöst", "nordwest": "nordwest", "südost": "südöst", "südwest": "südwest",
    }  # fmt: skip
    endings = ("", "e", "en", "er", "em", "es")
    members = [
        Entity((f"{noun}en", *(f"{stem}lich{ending}" for ending in endings)), (noun.upper(),))
        for noun, stem in points.items()
    ]
    return EntityClass("compass point", tuple(members))


_GERMAN = (
    _plain("weekday", "montag dienstag mittwoch donnerstag freitag samstag sonntag"),
    _plain(
        "month",
        "januar februar märz april mai juni juli august september oktober november dezember",
    ),
    # Not eins, which is "ein" before what it counts, nor null, which is no amount like the others.
    _plain(
        "number",
        "zwei drei vier fünf sechs sieben acht neun zehn elf zwölf dreizehn vierzehn fünfzehn "
        "sechzehn siebzehn achtzehn neunzehn zwanzig",
    ),
    # Apart, since few amounts are as plausible at twice their size.
    _plain("round number", "dreißig vierzig fünfzig sechzig siebzig achtzig neunzig"),
    _german_ordinals(),
    _german_compass(),
)
# By the primary subtag of the written language.
LISTED: dict[str, tuple[EntityClass, ...]] = {"de": _GERMAN}
