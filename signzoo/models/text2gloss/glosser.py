"""Glosses a text with a network, and says what became of the words that it has never read."""

import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from typing_extensions import Self

from signzoo.errors import UsageError
from signzoo.models.text2gloss.alignment import LEAST_EFFECT
from signzoo.models.text2gloss.cascade import Cascade, VocabularyIndex, WordChoice, spelling_key
from signzoo.models.text2gloss.decoding import DecodingConfig
from signzoo.models.text2gloss.embeddings import embedder, readable
from signzoo.models.text2gloss.network import Text2Gloss
from signzoo.models.text2gloss.translation import GlossSequence, Index
from signzoo.structures import Gloss
from signzoo.transforms.text import has_words, lemma, primary_subtag, split_words

OnMissing = Literal["error", "fingerspell", "skip"]

# A sentence ends at . ! ? before a space, but not at the point of an ordinal or of a one-letter
# abbreviation (am 3. Mai, z. B.); at a Chinese full stop, and at the end of a line.
_SENTENCE_END = re.compile(r"(?<=[.!?…])(?<!\d\.)(?<!\b\w\.)\s+|(?<=[。！？])|[\n\r]+")
# What a network writes for a word alone is always some gloss of its vocabulary. It is taken for a
# synonym where the two are at least this similar: half of what the embedding alone needs for a word
# that stands in the training sentences, as much as that for one that does not, of which the network
# knows no more than its letters.
_LEAST_SIMILARITY = 0.3
_LEAST_SIMILARITY_UNREAD = 0.6


@dataclass(frozen=True)
class GlossReport:
    """What became of a text.

    Attributes:
        text: The text.
        sequence: What the network wrote. Of several sentences the glosses one after the other and
            the mean score; the n best are those of a text of one sentence.
        words: The words of the text.
        choices: What the cascade chose for each word that the network has never read; the other
            words were read by the network.
        became: For each word the glosses of the network that stand for it: those that are named
            like it, and those that would be less likely without it.
        glosses: The glosses to sign: those of the network, with those of the choices between them.
    """

    text: str
    sequence: GlossSequence
    words: tuple[str, ...]
    choices: tuple[WordChoice, ...]
    became: tuple[tuple[str, ...], ...]
    glosses: tuple[Gloss, ...]


@dataclass(frozen=True)
class SignGlosser:
    """Turns a text of any length into glosses: the glosser for languages with a network.

    A word that the network has never read, neither as it stands nor as its lemma, goes to the
    cascade. What the cascade finds takes a place among the glosses of the network by its relative
    position: with ``b`` of the ``W`` words of its sentence before it, it stands after the first
    ``round(b / W * G)`` of the ``G`` glosses, and after those of such words before it. A sign
    language orders words differently, so this is a guess. A sign that the network has written
    itself is not put in a second time.

    Attributes:
        network: Text to glosses.
        cascade: Chooses for words that the network has never read.
        decoding: How the network searches.
        index: A sentence index of the network.
        partners: Networks whose answers count as much as its own.
        on_missing: What happens to a word without a sign: ``fingerspell`` makes a gloss of the word
            itself, which a lexicon spells; ``skip`` leaves it out; ``error`` is an error.
    """

    network: Text2Gloss
    cascade: Cascade
    decoding: DecodingConfig = field(default_factory=DecodingConfig)
    index: Index | None = None
    partners: tuple[Text2Gloss, ...] = ()
    on_missing: OnMissing = "fingerspell"

    @classmethod
    def from_pretrained(
        cls,
        source: str | os.PathLike[str],
        decoding: DecodingConfig | None = None,
        on_missing: OnMissing = "fingerspell",
        device: str = "cpu",
    ) -> Self:
        """Load a network with its partners and the cascade over its vocabulary.

        Args:
            source: As for :meth:`Text2Gloss.from_pretrained`.
            decoding: How the network searches.
            on_missing: What happens to a word without a sign.
            device: Where to put the network.

        Raises:
            SignzooError: As :meth:`Text2Gloss.from_pretrained`.
        """
        network = Text2Gloss.from_pretrained(source, device)
        return cls(
            network,
            make_cascade(network),
            decoding or DecodingConfig(),
            partners=network.open_partners(),
            on_missing=on_missing,
        )

    def __call__(self, text: str) -> tuple[Gloss, ...]:
        """Gloss a text; one without words gives no glosses.

        Raises:
            UsageError: A sentence is too long, or a word has no sign and that is an error.
        """
        return self.report(text).glosses

    def report(self, text: str) -> GlossReport:
        """Gloss a text and say what became of its words.

        Raises:
            UsageError: As :meth:`__call__`.
        """
        reports = self.sentence_reports(split_sentences(text))
        if len(reports) == 1:
            return reports[0]
        sequences = [report.sequence for report in reports]
        joined = GlossSequence(
            tuple(label for sequence in sequences for label in sequence.glosses),
            float(np.mean([sequence.score for sequence in sequences])) if sequences else 0.0,
        )
        return GlossReport(
            text,
            joined,
            tuple(word for report in reports for word in report.words),
            tuple(choice for report in reports for choice in report.choices),
            tuple(labels for report in reports for labels in report.became),
            tuple(gloss for report in reports for gloss in report.glosses),
        )

    def sentence_reports(self, sentences: Sequence[str]) -> list[GlossReport]:
        """Gloss single sentences together, which is faster than one by one.

        Raises:
            UsageError: A sentence has no words or is too long, or a word has no sign and that is
                an error.
        """
        sequences = self.network.translate(sentences, self.decoding, self.index, self.partners)
        language = self.network.config.language
        words = [split_words(self.network.prepare(sentence), language) for sentence in sentences]
        unread = list(dict.fromkeys(word for row in words for word in row if not self._reads(word)))
        choices = {choice.word: choice for choice in self.cascade(unread)}
        missing = [word for word, choice in choices.items() if choice.label is None]
        if missing and self.on_missing == "error":
            raise UsageError(
                f"No sign was found for: {', '.join(missing)}. Say it in other words, or let these "
                "be fingerspelled or skipped (--on-missing)."
            )
        return [
            self._report(sentence, sequence, row, choices)
            for sentence, sequence, row in zip(sentences, sequences, words, strict=True)
        ]

    def _report(
        self,
        sentence: str,
        sequence: GlossSequence,
        words: Sequence[str],
        choices: Mapping[str, WordChoice],
    ) -> GlossReport:
        places = self._align(words, sequence.glosses, choices)
        meant = [
            Gloss(label, words[place] if place >= 0 else "", score=sequence.score)
            for label, place in zip(sequence.glosses, places, strict=True)
        ]
        became: list[list[str]] = [[] for _ in words]
        for label, place in zip(sequence.glosses, places, strict=True):
            if place >= 0:
                became[place].append(label)
        return GlossReport(
            sentence,
            sequence,
            tuple(words),
            tuple(choices[word] for word in words if word in choices),
            tuple(map(tuple, became)),
            self._place(words, meant, choices),
        )

    def _reads(self, word: str) -> bool:
        known = self.network.vocabulary.words
        return word.lower() in known or self._lemma(word).lower() in known

    def _lemma(self, word: str) -> str:
        return lemma(word, self.network.config.language)

    def _place(
        self, words: Sequence[str], meant: Sequence[Gloss], choices: Mapping[str, WordChoice]
    ) -> tuple[Gloss, ...]:
        """Put the glosses of the choices between those of the network."""
        written = {gloss.label for gloss in meant}
        added: list[tuple[int, Gloss]] = []
        for before, word in enumerate(words):
            choice = choices.get(word)
            if choice is None or choice.label in written:
                continue
            if choice.label is not None:
                gloss = Gloss(choice.label, word, score=choice.similarity)
            elif self.on_missing == "fingerspell":
                gloss = Gloss(word, word, (self._lemma(word),))
            else:
                continue
            added.append((round(before / len(words) * len(meant)), gloss))
        placed: list[Gloss] = []
        for place in range(len(meant) + 1):
            placed += [gloss for where, gloss in added if where == place]
            placed += meant[place : place + 1]
        return tuple(placed)

    def _align(
        self, words: Sequence[str], labels: Sequence[str], choices: Mapping[str, WordChoice]
    ) -> list[int]:
        """The place of the word that each gloss of the network stands for; -1 for none."""
        named: dict[str, int] = {}
        for place, word in enumerate(words):
            names = [word, self._lemma(word)]
            if word in choices and choices[word].label:
                names.append(readable(str(choices[word].label)))
            for name in names:
                named.setdefault(spelling_key(name), place)
        places = [named.get(spelling_key(readable(label)), -1) for label in labels]
        if min(places, default=0) >= 0:
            return places
        effects = self.network.word_effects(words, labels)  # (W, G)
        return [
            int(falls.argmax()) if place < 0 and falls.max() >= LEAST_EFFECT else place
            for place, falls in zip(places, effects.T, strict=True)
        ]


def split_sentences(text: str) -> list[str]:
    """Split a text where a sentence ends; what has no letter or digit is dropped."""
    parts = (" ".join(part.split()) for part in _SENTENCE_END.split(text))
    return [part for part in parts if has_words(part)]


def make_cascade(network: Text2Gloss) -> Cascade:
    """The cascade over a network's vocabulary, with the network as its source of synonyms.

    Args:
        network: The network; where it has no embeddings of its glosses, they are embedded now.
    """
    index = network.vocabulary_index or VocabularyIndex.build(network.vocabulary)
    return Cascade(index, network.config.language, proposer(network, index))


def proposer(
    network: Text2Gloss, index: VocabularyIndex, count: int = 5
) -> Callable[[str], list[str]]:
    """Make what proposes synonyms of a word: the glosses of the word alone, the n best.

    Args:
        network: Writes the glosses.
        index: By which those are dropped that do not mean anything like the word; of a word that
            the network has never read, more of them.
        count: How many sequences are looked at.
    """
    rows = {label: row for row, label in enumerate(index.vocabulary.labels)}
    decoding = DecodingConfig(count, n_best=count, minimum_bayes_risk=False)

    def propose(word: str) -> list[str]:
        if not has_words(word):
            return []
        [found] = network.translate([word.lower()], decoding)
        labels = dict.fromkeys(label for glosses, _ in found.n_best for label in glosses)
        [vector] = embedder(index.embedder_name)([word])
        is_read = word.lower() in network.vocabulary.words
        least = _LEAST_SIMILARITY if is_read else _LEAST_SIMILARITY_UNREAD
        return [
            label
            for label in labels
            if label in rows and index.embeddings[rows[label]] @ vector >= least
        ]

    return propose


def check_language(network: Text2Gloss, language: str) -> None:
    """Refuse a written language that is not the network's.

    Raises:
        UsageError: It is another one.
    """
    known = network.config.language
    if primary_subtag(language) != primary_subtag(known):
        raise UsageError(f"This model reads {known!r}, not {language!r}; choose a model for that.")


def word_levels(
    report: GlossReport,
) -> Iterator[tuple[str, WordChoice | None, tuple[str, ...]]]:
    """Each word of a text, what the cascade chose for it, and which glosses stand for it.

    The choice is ``None`` where the network has read the word.
    """
    choices = {choice.word: choice for choice in report.choices}
    for word, labels in zip(report.words, report.became, strict=True):
        yield word, choices.get(word), labels
