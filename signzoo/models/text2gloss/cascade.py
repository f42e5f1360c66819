"""Chooses a sign for a word that has none of its own, and says how it came to it.

Reference: Li et al., "Beyond Words: AuralLLM and SignMST-C for Precise Sign Language Production and
Bidirectional Accessibility", section 4, with Eq. 1 for the similarity.
Differs from the paper: lemmas, variants and the heads of German compounds are looked up before
anything is compared by its embedding, and a word is embedded as it is written and as its lemma.
"""

import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Literal

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file
from typing_extensions import Self

from signzoo._files import atomic_path
from signzoo.errors import DiskError, WeightsError
from signzoo.models.text2gloss.embeddings import Embedder, embedder, readable
from signzoo.models.text2gloss.vocabulary import GlossVocabulary
from signzoo.transforms.text import lemma, primary_subtag

Level = Literal["exact", "variant", "synonym", "compound", "embedding", "fingerspelling", "missing"]

# Corpora write umlauts as KOENNEN or as KÖNNEN.
_SPELLINGS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SPELLED = re.compile(r"[^\W\d_]+(?:[-'’][^\W\d_]+)*")
# What joins the parts of a German compound; the shortest parts that are taken for words.
_LINKS = ("", "s", "es", "n", "en", "er", "e")
_SHORTEST_HEAD, _SHORTEST_MODIFIER = 4, 3  # letters
# A head may be that much less similar to the compound than the nearest label. It keeps STURM for
# Wirbelsturm, for which TURM is nearer, and drops WEGEN for Norwegen.
_HEAD_MARGIN = 0.15


@dataclass(frozen=True, slots=True)
class WordChoice:
    """What a word became.

    Attributes:
        word: The word.
        label: The gloss that was chosen; ``None`` where it is to be spelled or is missing.
        level: How it was found: the word is a label (``exact``), its lemma or another writing of it
            is (``variant``), a ``synonym`` that a model proposed is, the head of the ``compound``
            is, its ``embedding`` is near; else it can be spelled (``fingerspelling``) or not.
        similarity: Cosine of the word's and the label's embeddings, where they were compared.
        candidates: The nearest labels with their similarities, best first, where compared.
    """

    word: str
    label: str | None
    level: Level
    similarity: float | None = None
    candidates: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, eq=False)
class VocabularyIndex:
    """A sign vocabulary with an embedding for each label.

    Attributes:
        vocabulary: The V labels.
        embeddings: Shape ``(V, D)``, float32, each row of length 1.
        embedder_name: What made them.
    """

    vocabulary: GlossVocabulary
    embeddings: np.ndarray
    embedder_name: str

    def __post_init__(self) -> None:
        if len(self.embeddings) != len(self.vocabulary):
            raise WeightsError(
                f"{len(self.vocabulary)} glosses have {len(self.embeddings)} embeddings."
            )

    @classmethod
    def build(cls, vocabulary: GlossVocabulary, embed: Embedder | None = None) -> Self:
        """Embed every label, as the mean of its two writings: in lower case and capitalised.

        An embedder has read nouns in capitals and the rest without, and a gloss does not tell
        which it is.
        """
        embed = embed or embedder()
        names = _with_umlauts(vocabulary)
        both = embed(names) + embed([name[:1].upper() + name[1:] for name in names])
        return cls(vocabulary, _normalised(both), embed.name)

    @classmethod
    def read(cls, path: str | os.PathLike[str], vocabulary: GlossVocabulary) -> Self:
        """Read the embeddings of a vocabulary.

        Raises:
            WeightsError: The file is missing, damaged, or of another vocabulary.
        """
        path = Path(path)
        if not path.is_file():
            raise WeightsError(f"{path} is missing; its folder is incomplete.")
        try:
            with safe_open(path, framework="numpy") as file:
                settings = file.metadata() or {}
                embeddings = file.get_tensor("embeddings").astype(np.float32)
                name = settings["embedder"]
        except (SafetensorError, OSError, KeyError) as error:
            raise WeightsError(f"{path} cannot be read: {error}.") from error
        found = settings.get("vocabulary", "")
        if found != vocabulary.fingerprint:
            raise WeightsError(
                f"{path} belongs to the vocabulary {found[:12]}…, not to "
                f"{vocabulary.fingerprint[:12]}…; save the checkpoint again, or fetch it again."
            )
        return cls(vocabulary, _normalised(embeddings), name)

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write the embeddings in float16, with the vocabulary's fingerprint.

        Raises:
            DiskError: They could not be written.
        """
        settings = {"embedder": self.embedder_name, "vocabulary": self.vocabulary.fingerprint}
        with atomic_path(path) as part:
            try:
                save_file({"embeddings": self.embeddings.astype(np.float16)}, part, settings)
            except SafetensorError as error:  # which is how it reports a full disk
                raise DiskError(
                    f"Cannot write {path}: {error}. Nothing was left behind."
                ) from error
            part.chmod(0o644)  # it makes a file for its owner only

    def without(self, labels: Sequence[str]) -> Self:
        """The same vocabulary without some of its labels."""
        gone = set(labels)
        kept = [row for row, label in enumerate(self.vocabulary.labels) if label not in gone]
        rest = replace(
            self.vocabulary,
            labels=tuple(self.vocabulary.labels[row] for row in kept),
            counts=tuple(self.vocabulary.counts[row] for row in kept),
        )
        return replace(self, vocabulary=rest, embeddings=self.embeddings[kept])

    def nearest(self, queries: np.ndarray, k: int) -> list[list[tuple[str, float]]]:
        """The labels most similar to each query ``(Q, D)`` by Eq. 1, best first."""
        rows, labels = self._words
        if not len(rows) or not len(queries):
            return [[] for _ in queries]
        similarities = queries @ rows.T  # (Q, W)
        best = np.argsort(-similarities, axis=1, kind="stable")[:, :k]
        return [
            [(labels[column], float(scores[column])) for column in columns]
            for columns, scores in zip(best, similarities, strict=True)
        ]

    @cached_property
    def _words(self) -> tuple[np.ndarray, list[str]]:
        """The embeddings of labels that are words; a corpus' own marks, as ``$INDEX``, are not."""
        kept = [i for i, label in enumerate(self.vocabulary.labels) if label[0].isalnum()]
        return self.embeddings[kept], [self.vocabulary.labels[i] for i in kept]


class Cascade:
    """Chooses a gloss for each word: the nearest that the levels of :class:`WordChoice` find.

    Args:
        index: The sign vocabulary.
        language: BCP 47 code of the words.
        propose: Gives synonyms of a word, best first, such as those that a language model writes.
        threshold: Least similarity at which an embedding is taken for a sign of the same meaning.
        num_candidates: Labels that are reported beside the choice.
        embed: What embeds the words; by default what embedded the vocabulary.
    """

    def __init__(
        self,
        index: VocabularyIndex,
        language: str,
        propose: Callable[[str], Sequence[str]] | None = None,
        threshold: float = 0.6,
        num_candidates: int = 5,
        embed: Embedder | None = None,
    ) -> None:
        self.index = index
        self.language = language
        self.propose = propose
        self.threshold = threshold
        self.num_candidates = num_candidates
        self._embed = embed
        self._exact: dict[str, str] = {}
        self._variants: dict[str, str] = {}
        for label in index.vocabulary.labels:  # the most frequent first, which is the one to keep
            name = readable(label)
            self._exact.setdefault(spelling_key(label), label)
            self._variants.setdefault(spelling_key(name), label)
            self._variants.setdefault(spelling_key(lemma(name, language)), label)

    def __call__(self, words: Sequence[str]) -> list[WordChoice]:
        """Choose for each word; those without a sign of their own are embedded together."""
        looked_up = [self._find(word) for word in words]
        unknown = list(dict.fromkeys(w for w, c in zip(words, looked_up, strict=True) if c is None))
        compared = dict(zip(unknown, self._compare(unknown), strict=True))
        return [
            compared[word] if choice is None else choice
            for word, choice in zip(words, looked_up, strict=True)
        ]

    def look_up(self, words: Sequence[str]) -> list[WordChoice]:
        """Choose for each word by how it is written, and by nothing else: the first two levels."""
        return [self._find(word) or _unsigned(word) for word in words]

    def _find(self, word: str) -> WordChoice | None:
        if spelling_key(word) in self._exact:
            return WordChoice(word, self._exact[spelling_key(word)], "exact")
        label = self._variant(word)
        if label:
            return WordChoice(word, label, "variant")
        # 17 is like 13 to an embedding; a number is signed as it is, or spelled.
        if any(character.isdigit() for character in word):
            return _unsigned(word)
        return None

    def _variant(self, word: str) -> str | None:
        for form in (readable(word), lemma(word, self.language)):
            if spelling_key(form) in self._variants:
                return self._variants[spelling_key(form)]
        return None

    def _compare(self, words: Sequence[str]) -> list[WordChoice]:
        if not words:
            return []
        proposals = [list(self.propose(word)) if self.propose else [] for word in words]
        own = self._embed_words(words)  # (W, D)
        widened = self._add(own, proposals)
        candidates = self.index.nearest(own, self.num_candidates)
        by_synonyms = self.index.nearest(widened, 1)
        return [
            self._choose(word, vector, proposed, near, meant if proposed else [])
            for word, vector, proposed, near, meant in zip(
                words, own, proposals, candidates, by_synonyms, strict=True
            )
        ]

    def _choose(
        self,
        word: str,
        vector: np.ndarray,
        proposals: Sequence[str],
        candidates: list[tuple[str, float]],
        by_synonyms: list[tuple[str, float]],
    ) -> WordChoice:
        near = tuple(candidates)
        for proposal in proposals:
            label = self._variant(proposal)
            if label:
                return WordChoice(word, label, "synonym", self._similarity(vector, label), near)
        if by_synonyms and by_synonyms[0][1] >= self.threshold:
            return WordChoice(word, by_synonyms[0][0], "synonym", by_synonyms[0][1], near)
        least = max(self.threshold, near[0][1] - _HEAD_MARGIN) if near else self.threshold
        for head in self._heads(word):
            if self._similarity(vector, head) >= least:
                return WordChoice(word, head, "compound", self._similarity(vector, head), near)
        if near and near[0][1] >= self.threshold:
            return WordChoice(word, near[0][0], "embedding", near[0][1], near)
        return _unsigned(word, near)

    def _heads(self, word: str) -> Iterator[str]:
        """The signs of what may be a German compound's last part, which says what it is a kind of.

        The longest part comes first.
        """
        if primary_subtag(self.language) != "de":
            return
        lowered = word.lower()
        for start in range(_SHORTEST_MODIFIER, len(word) - _SHORTEST_HEAD + 1):
            head = lowered[start:]
            # simplemma knows nouns by their capital.
            label = self._variant(head.capitalize()) or self._variant(head)
            if label and self._is_modifier(lowered[:start]):
                yield label

    def _is_modifier(self, part: str) -> bool:
        from simplemma import is_known

        stems = [part.removesuffix(link) for link in _LINKS if part.endswith(link)]
        return any(
            len(stem) >= _SHORTEST_MODIFIER
            and (spelling_key(stem) in self._variants or is_known(stem.capitalize(), lang="de"))
            for stem in stems
        )

    def _embed_words(self, words: Sequence[str]) -> np.ndarray:
        """A word as the mean of how it is written and its lemma, ``(W, D)``."""
        if self._embed is None:
            self._embed = embedder(self.index.embedder_name)
        lemmas = [lemma(word, self.language) for word in words]
        vectors = self._embed([*words, *lemmas])  # (2 W, D)
        return _normalised(vectors[: len(words)] + vectors[len(words) :])

    def _add(self, own: np.ndarray, proposals: Sequence[Sequence[str]]) -> np.ndarray:
        """A word together with the mean of its synonyms, ``(W, D)``."""
        vectors = self._embed_words([each for group in proposals for each in group])
        widened, start = own.copy(), 0
        for row, group in zip(widened, proposals, strict=True):
            if group:
                row += vectors[start : start + len(group)].mean(axis=0)
            start += len(group)
        return _normalised(widened)

    def _similarity(self, vector: np.ndarray, label: str) -> float:
        row = self.index.vocabulary.labels.index(label)
        return float(vector @ self.index.embeddings[row])


def spelling_key(text: str) -> str:
    """A word in lower case and without umlauts, as corpora name glosses: KOENNEN for können."""
    return text.lower().translate(_SPELLINGS)


def _unsigned(word: str, near: tuple[tuple[str, float], ...] = ()) -> WordChoice:
    """A word that no level has a sign for, with the labels that came nearest."""
    level: Level = "fingerspelling" if _SPELLED.fullmatch(word) else "missing"
    return WordChoice(word, None, level, near[0][1] if near else None, near)


def _with_umlauts(vocabulary: GlossVocabulary) -> list[str]:
    """The labels as words, spelled as the training sentences spell them: können for KOENNEN."""
    spelled = {spelling_key(word): word for word in sorted(vocabulary.words)}
    spelled |= {word: word for word in vocabulary.words}
    return [
        " ".join(spelled.get(word, word) for word in readable(label).split())
        for label in vocabulary.labels
    ]


def _normalised(vectors: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return (vectors / np.maximum(lengths, 1e-12)).astype(np.float32)
