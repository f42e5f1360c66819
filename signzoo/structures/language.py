"""What the pipelines return: glosses, translations and productions, with times and scores.

Signed languages are named by ISO 639-3 (``gsg``, ``ase``), written ones by BCP 47 (``de``, ``en``).
"""

from dataclasses import dataclass
from typing import Literal

from signzoo.structures.clip import VideoClip
from signzoo.structures.pose import Pose

Source = Literal["sign", "variant", "fingerspelling"]


@dataclass(frozen=True, slots=True)
class Gloss:
    """The written name of one sign.

    Attributes:
        label: The gloss as its vocabulary writes it.
        word: The word of the text that it stands for, where there is one.
        variants: Other labels to try in order, a lemma for example, if the first has no sign.
        score: How sure the glosser is, from 0 to 1; ``None`` where it does not say.
    """

    label: str
    word: str = ""
    variants: tuple[str, ...] = ()
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Span:
    """What is signed from one second to another.

    Attributes:
        index: Which of the glosses it belongs to, in their order.
        gloss: The gloss that was asked for.
        label: What was signed: the lexicon's own label, or one letter.
        source: Its own ``sign``, the sign of a ``variant`` of it, or ``fingerspelling``.
        start: First second.
        end: The second after its last frame.
    """

    index: int
    gloss: Gloss
    label: str
    source: Source
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Translation:
    """Written text made from signing.

    Attributes:
        text: The final text; empty where there is none, for the ``reason``.
        draft: The text before correction.
        score: How sure the translator is, from 0 to 1.
        spans: When each gloss or word was signed.
        n_best: Other texts with their scores, best first.
        start: Second of the video at which it begins.
        end: The second at which it has ended; ``None`` where nobody looked.
        familiarity: How much the signing is like what the translator was trained on, from 0 to 1;
            below 0.05 hardly at all. ``None`` where the translator does not know.
        reason: Why there is no text: ``"no signer"``, ``"no hands"``, ``"no signing"``, or
            ``"unfamiliar"``.
        final: False while more frames may change it.
    """

    text: str
    draft: str = ""
    score: float | None = None
    spans: tuple[Span, ...] = ()
    n_best: tuple[tuple[str, float], ...] = ()
    start: float = 0.0
    end: float | None = None
    familiarity: float | None = None
    reason: str = ""
    final: bool = True


@dataclass(frozen=True, slots=True, eq=False)
class Production:
    """Signing made from text.

    Attributes:
        text: What was to be signed.
        pose: The signing, in pixels of the video's frame.
        video: The picture of it, rendered as it is iterated.
        glosses: The glosses of the text, those that could not be signed too.
        sources: How each gloss is signed; ``None`` where no lexicon has a sign for it, nor the
            letters to spell it.
        spans: What is signed when, letter by letter where a word is fingerspelled.
    """

    text: str
    pose: Pose
    video: VideoClip
    glosses: tuple[Gloss, ...]
    sources: tuple[Source | None, ...]
    spans: tuple[Span, ...]

    def spans_of(self, index: int) -> tuple[Span, ...]:
        """What is signed for one of the glosses: a sign, its letters, or nothing."""
        return tuple(span for span in self.spans if span.index == index)

    @property
    def fingerspelled(self) -> tuple[Gloss, ...]:
        """The glosses that are spelled letter by letter."""
        return self._signed_by("fingerspelling")

    @property
    def missing(self) -> tuple[Gloss, ...]:
        """The glosses that are not in the video."""
        return self._signed_by(None)

    @property
    def coverage(self) -> float:
        """The share of the glosses that have a sign of their own or of a variant, 0 to 1."""
        if not self.glosses:
            return 0.0
        return sum(s in ("sign", "variant") for s in self.sources) / len(self.glosses)

    def _signed_by(self, source: Source | None) -> tuple[Gloss, ...]:
        pairs = zip(self.glosses, self.sources, strict=True)
        return tuple(gloss for gloss, how in pairs if how == source)
