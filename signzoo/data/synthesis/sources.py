"""Where the signs of a synthetic corpus come from: invented ones, or a folder of recorded ones."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Protocol

import numpy as np

from signzoo.data.synthesis.performance import Performance, perform
from signzoo.data.synthesis.performers import Performer
from signzoo.data.synthesis.stitching import stitch
from signzoo.errors import LexiconError
from signzoo.lexicon import Lexicon, find_glosses, signed_language_for
from signzoo.lexicon.fingerspelling import letter_clip
from signzoo.lexicon.folder import Entry
from signzoo.lexicon.joining import prepare_clip, whole_clip
from signzoo.lexicon.procedural import MARK, ProceduralLexicon, is_procedural
from signzoo.structures import Gloss, Pose
from signzoo.transforms.pose import hands_seen


class SignSource(Protocol):
    """Signs that can be performed by their glosses."""

    @property
    def hash(self) -> str:
        """SHA-256 of all that gives the signs their form."""
        ...

    @property
    def mark(self) -> str | None:
        """What renderings must carry."""
        ...

    def lacks(self, glosses: Sequence[str]) -> tuple[str, ...]:
        """Those of the glosses that cannot be signed."""
        ...

    def perform(
        self, glosses: Sequence[str], performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Sign a sentence whose glosses are all there."""
        ...


@dataclass(frozen=True)
class InventedSigns:
    """The procedural lexicon."""

    lexicon: ProceduralLexicon

    @property
    def hash(self) -> str:
        """That of the lexicon."""
        return self.lexicon.hash

    @property
    def mark(self) -> str | None:
        """Says that the signs are invented."""
        return MARK

    def lacks(self, glosses: Sequence[str]) -> tuple[str, ...]:
        """Glosses for which no sign was invented."""
        return tuple(gloss for gloss in dict.fromkeys(glosses) if gloss not in self.lexicon.signs)

    def perform(
        self, glosses: Sequence[str], performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Perform them by their joints."""
        return perform([self.lexicon.signs[gloss] for gloss in glosses], performer, random, fps)


@dataclass(frozen=True)
class RecordedSigns:
    """A folder of recorded signs.

    Attributes:
        folder: In the lexicon layout.
        written_language: BCP 47 code of its glosses.
        signed_language: ISO 639-3 code.
    """

    folder: Path
    written_language: str
    signed_language: str

    @property
    def hash(self) -> str:
        """Of the index and every pose file that it names."""
        digest = hashlib.sha256((self.folder / "index.csv").read_bytes())
        for file in sorted({entry.file for entry in _opened(self.folder).entries}):
            digest.update(hashlib.sha256(file.read_bytes()).digest())
        return digest.hexdigest()

    @property
    def mark(self) -> str | None:
        """Nothing: these are somebody's signs."""
        return None

    def lacks(self, glosses: Sequence[str]) -> tuple[str, ...]:
        """Glosses that have neither a sign nor all letters."""
        found = self._find(tuple(dict.fromkeys(glosses)))
        return tuple(gloss for gloss, entries in found.items() if not entries)

    def perform(
        self, glosses: Sequence[str], performer: Performer, random: np.random.Generator, fps: float
    ) -> Performance:
        """Join the recorded clips.

        Raises:
            LexiconError: A clip shows no hands.
            MediaError: A clip is corrupt, or never shows both shoulders.
        """
        found = self._find(tuple(dict.fromkeys(glosses)))
        clips = [[_clip(entry, fps) for entry in found[gloss]] for gloss in glosses]
        performance = stitch([clip for sign in clips for clip in sign], performer, random)
        ends = np.cumsum([len(sign) for sign in clips])
        firsts = ends - [len(sign) for sign in clips]
        spans = performance.spans
        return Performance(
            performance.pose,
            tuple(
                (spans[first][0], spans[end - 1][1])
                for first, end in zip(firsts, ends, strict=True)
            ),
        )

    def _find(self, glosses: tuple[str, ...]) -> dict[str, tuple[Entry, ...]]:
        found = find_glosses(
            [Gloss(gloss, gloss) for gloss in glosses],
            _opened(self.folder),
            self.written_language,
            self.signed_language,
        )
        return {item.gloss.label: item.entries for item in found}


def open_signs(
    lexicon: str, glosses: Sequence[str], language: str | None, signed_language: str | None
) -> SignSource:
    """Open what ``--lexicon`` names.

    Args:
        lexicon: ``procedural``, for the embedded lexicon; a saved procedural lexicon; or a folder
            of recorded signs. A procedural one gets a sign for each gloss that has none yet.
        glosses: What will be signed.
        language: BCP 47 code of a folder's glosses; may be left out where it has only one.
        signed_language: ISO 639-3 code; may be left out where it has only one.

    Raises:
        LexiconError: It is none of these, or a gloss can have no sign.
        UsageError: A folder has signs of several languages and none was named.
    """
    path = Path(lexicon)
    if lexicon == "procedural":
        return InventedSigns(ProceduralLexicon.embedded().extended(glosses))
    if path.is_file() and is_procedural(path):
        return InventedSigns(ProceduralLexicon.open(path).extended(glosses))
    if not path.is_dir():
        raise LexiconError(
            f"{lexicon} is no lexicon: give `procedural`, the lexicon.json of another corpus, or a "
            "folder with index.csv (see `signzoo lexicon build`)."
        )
    folder = _opened(path)
    language = language or _only_language(folder, path)
    return RecordedSigns(path, language, signed_language_for(folder, language, signed_language))


def _only_language(lexicon: Lexicon, path: Path) -> str:
    written = sorted({written for written, _ in lexicon.languages})
    if len(written) > 1:
        raise LexiconError(
            f"{path} has glosses of several written languages ({', '.join(written)}); name one "
            "with --language."
        )
    return written[0]


@cache
def _opened(folder: Path) -> Lexicon:
    return Lexicon.open(folder)


@cache
def _clip(entry: Entry, fps: float) -> Pose:
    """Read a sign once; letters are cut as letters are, signs to where a hand is raised."""
    pose = entry.read()
    if not hands_seen(pose).any():
        raise LexiconError(
            f"{entry.file} ({entry.gloss or entry.word}) never shows a hand, so it cannot be a "
            "sign. Remove its row from index.csv, or record it again."
        )
    if entry.is_letter:
        return letter_clip(prepare_clip(pose, fps))
    return prepare_clip(pose, fps, _raised)


def _raised(clip: Pose) -> slice:
    """The trimmer of signs: from where a wrist has left its lowest place to where it is back.

    Data must not need a trained model, so the shipped rest detector is not used.
    """
    heights = np.stack([clip.anchor(f"{side}_wrist")[0][:, 1] for side in ("left", "right")])
    highest = heights.min(axis=0)  # y points down
    low, high = float(highest.max()), float(highest.min())
    raised = np.flatnonzero(highest < low - 0.4 * (low - high))
    if low - high < 0.3 or not len(raised):
        return whole_clip(clip)
    return slice(raised[0], raised[-1] + 1)
