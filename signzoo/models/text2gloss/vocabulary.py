"""The glosses that a text-to-gloss network knows, and the words that it was trained on."""

import json
import os
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any

from typing_extensions import Self

from signzoo._files import write_text
from signzoo.errors import UsageError, WeightsError
from signzoo.transforms.text import split_words

FORMAT = 1


@dataclass(frozen=True)
class GlossVocabulary:
    """The sign vocabulary of a network.

    Attributes:
        labels: Every gloss label once, the most frequent first.
        counts: How often each stood in the training data, in the order of ``labels``.
        words: The lower-cased words of the training sentences. A word outside of them is one that
            the network has never read.
    """

    labels: tuple[str, ...]
    counts: tuple[int, ...]
    words: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if len(self.labels) != len(self.counts):
            raise UsageError(f"{len(self.labels)} gloss labels have {len(self.counts)} counts.")
        if len(set(self.labels)) != len(self.labels):
            twice = Counter(self.labels).most_common(1)[0][0]
            raise UsageError(f"The gloss {twice!r} stands more than once in a vocabulary.")
        # Sequences of labels are joined with spaces, for the network and for the scores.
        broken = [label for label in self.labels if label.split() != [label]]
        if broken:
            raise UsageError(f"The gloss {broken[0]!r} is empty or has a space in it.")

    @classmethod
    def from_pairs(
        cls, texts: Iterable[str], glosses: Iterable[Sequence[str]], language: str
    ) -> Self:
        """Count the glosses of a corpus and collect the words of its sentences.

        Args:
            texts: Training sentences.
            glosses: The gloss labels of each.
            language: BCP 47 code of the sentences.
        """
        counted = Counter(label for sequence in glosses for label in sequence)
        ranked = sorted(counted.items(), key=lambda item: (-item[1], item[0]))
        words = frozenset(word.lower() for text in texts for word in split_words(text, language))
        return cls(tuple(label for label, _ in ranked), tuple(count for _, count in ranked), words)

    @classmethod
    def read(cls, path: str | os.PathLike[str]) -> Self:
        """Read a vocabulary that :meth:`write` wrote.

        Raises:
            WeightsError: The file is missing, damaged, or of a newer format.
        """
        path = Path(path)
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise WeightsError(f"{path} is missing; its folder is incomplete.") from error
        except (OSError, ValueError) as error:
            raise WeightsError(f"{path} cannot be read: {error}.") from error
        try:
            return cls.from_dict(content)
        except WeightsError as error:
            raise WeightsError(f"{path}: {error}") from error

    @classmethod
    def from_dict(cls, content: Any) -> Self:
        """Make a vocabulary of what :meth:`to_dict` gave.

        Raises:
            WeightsError: It is damaged, or of a newer format.
        """
        version = content.get("format") if isinstance(content, dict) else None
        if version != FORMAT:
            raise WeightsError(
                f"That is no gloss vocabulary of format {FORMAT} (its format is {version!r}); "
                "update signzoo, or fetch the weights again."
            )
        try:
            glosses = [(str(label), int(count)) for label, count in content["glosses"]]
            return cls(
                tuple(label for label, _ in glosses),
                tuple(count for _, count in glosses),
                frozenset(map(str, content["words"])),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise WeightsError(f"That is no gloss vocabulary: {error}") from error

    def to_dict(self) -> dict[str, Any]:
        """``{"format": 1, "glosses": [[label, count], ...], "words": [word, ...]}``."""
        return {
            "format": FORMAT,
            "glosses": [list(pair) for pair in zip(self.labels, self.counts, strict=True)],
            "words": sorted(self.words),
        }

    def write(self, path: str | os.PathLike[str]) -> None:
        """Write :meth:`to_dict` as JSON."""
        write_text(path, json.dumps(self.to_dict(), ensure_ascii=False) + "\n")

    def __len__(self) -> int:
        return len(self.labels)

    def label(self, lowercased: str) -> str | None:
        """The label that is written so in lower case; the most frequent where several are."""
        return self._by_lowercase.get(lowercased)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the labels in their order: what is stored for each label belongs to it."""
        return sha256("\n".join(self.labels).encode()).hexdigest()

    @cached_property
    def _by_lowercase(self) -> dict[str, str]:
        return {label.lower(): label for label in reversed(self.labels)}
