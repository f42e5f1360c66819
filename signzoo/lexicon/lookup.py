"""Finds how each gloss can be signed: its own sign, a variant's, letter by letter, or not."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signzoo.errors import UsageError
from signzoo.lexicon.folder import Entry, Lexicon, fold
from signzoo.structures import Gloss
from signzoo.structures.language import Source
from signzoo.transforms.text import primary_subtag

# Corpora number the variants of a sign and mark deviations: HAUS1, HAUS2B*, 禁止1.
_VARIANT = re.compile(r"(?P<stem>.*[^\W\d_])\d+[a-z]?[*^]*")
# Signs of the text that are not spelled: Baden-Württemberg, don't.
_SILENT = set("-'’")


@dataclass(frozen=True, slots=True)
class Found:
    """How one gloss is signed.

    Attributes:
        gloss: What was asked for.
        source: Its own sign, a variant's, or its letters; ``None`` if it cannot be signed.
        entries: What to sign, in order: one sign, or one letter after the other.
    """

    gloss: Gloss
    source: Source | None
    entries: tuple[Entry, ...] = ()


def find_glosses(
    glosses: Sequence[Gloss], lexicon: Lexicon, written_language: str, signed_language: str
) -> tuple[Found, ...]:
    """Look up every gloss: exact, then variant or lemma, then fingerspelling, else missing.

    Exact is the label, then the word of the text. A variant is one of the gloss's own
    (:attr:`Gloss.variants`, such as a lemma), or the same label with another variant number.
    Fingerspelling takes the longest letters first (``sch`` before ``s``), drops accents that the
    alphabet does not have, and is all or nothing: half a word would mislead.

    Returns:
        One result a gloss, in order; nothing is left out.
    """
    written_language = primary_subtag(written_language)
    signs = lexicon.signs(written_language, signed_language)
    letters = lexicon.letters(written_language, signed_language)
    stems: dict[str, Entry] = {}
    for name, entry in signs.items():
        stems.setdefault(stem(name), entry)
    return tuple(_find(gloss, signs, stems, letters) for gloss in glosses)


def merge_phrases(
    glosses: Sequence[Gloss], lexicon: Lexicon, written_language: str, signed_language: str
) -> tuple[Gloss, ...]:
    """Make one gloss of several whose words together have a sign, as "thank you"; longest first."""
    signs = lexicon.signs(primary_subtag(written_language), signed_language)
    space = "" if primary_subtag(written_language) == "zh" else " "
    longest = max((len(name.split()) if space else len(name) for name in signs), default=1)
    merged: list[Gloss] = []
    start = 0
    while start < len(glosses):
        for end in range(min(start + longest, len(glosses)), start + 1, -1):
            phrase = space.join(gloss.word or gloss.label for gloss in glosses[start:end])
            if fold(phrase) in signs:
                merged.append(Gloss(phrase, phrase))
                start = end
                break
        else:
            merged.append(glosses[start])
            start += 1
    return tuple(merged)


def signed_language_for(
    lexicon: Lexicon, written_language: str, signed_language: str | None = None
) -> str:
    """Check that a language pair can be signed; choose the signed one where there is only one.

    Raises:
        UsageError: The lexicon has neither signs nor letters for the pair, or it has several
            signed languages for the written one and none was named.
    """
    written_language = primary_subtag(written_language)
    known = [signed for written, signed in lexicon.languages if written == written_language]
    if not known:
        written = sorted({written for written, _ in lexicon.languages})
        raise UsageError(
            f"No lexicon has a sign or a letter for the written language {written_language!r}; "
            f"there are {', '.join(written)}. Make a lexicon from clips of its signs with "
            f"`signzoo lexicon build CLIPS_DIR OUT --language {written_language} "
            "--signed-language CODE`, then add `--lexicon OUT`."
        )
    if signed_language is None and len(known) == 1:
        return known[0]
    if signed_language is None or signed_language.lower() not in known:
        asked = "needs --signed-language" if signed_language is None else "has no signed language"
        raise UsageError(
            f"The written language {written_language!r} {asked}"
            f"{'' if signed_language is None else f' {signed_language!r}'}; the lexicon has "
            f"{', '.join(known)} for it."
        )
    return signed_language.lower()


def _find(
    gloss: Gloss,
    signs: Mapping[str, Entry],
    stems: Mapping[str, Entry],
    letters: Mapping[str, Entry],
) -> Found:
    own = [fold(gloss.label), fold(gloss.word)]
    for name in own:
        if name in signs:
            return Found(gloss, "sign", (signs[name],))
    for name in map(fold, gloss.variants):
        if name in signs:
            return Found(gloss, "variant", (signs[name],))
    for name in [*own, *map(fold, gloss.variants)]:
        if name and stem(name) in stems:
            return Found(gloss, "variant", (stems[stem(name)],))
    spelled = _spell(fold(gloss.word or gloss.label), letters)
    return Found(gloss, "fingerspelling", spelled) if spelled else Found(gloss, None)


def stem(name: str) -> str:
    """A folded label without the number of its variant: ``haus`` of ``haus2b*``."""
    match = _VARIANT.fullmatch(name)
    return match["stem"] if match else name


def _spell(word: str, letters: Mapping[str, Entry]) -> tuple[Entry, ...]:
    """The letters of a word, or none if one of them is not in the alphabet."""
    longest = max(map(len, letters), default=0)
    spelled: list[Entry] = []
    rest = "".join(character for character in word if character not in _SILENT)
    while rest:
        for length in range(min(longest, len(rest)), 0, -1):
            if rest[:length] in letters:
                spelled.append(letters[rest[:length]])
                rest = rest[length:]
                break
        else:
            plain = unicodedata.normalize("NFD", rest[0])[0]
            if plain == rest[0]:
                return ()
            rest = plain + rest[1:]
    return tuple(spelled)
