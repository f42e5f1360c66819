"""Written text to signing: gloss it, look its signs up, join them, draw them."""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

from signzoo.errors import LexiconError, UsageError
from signzoo.lexicon import (
    Lexicon,
    find_glosses,
    join_poses,
    merge_phrases,
    signed_language_for,
)
from signzoo.lexicon.fingerspelling import letter_clip
from signzoo.lexicon.folder import Entry
from signzoo.lexicon.joining import Trimmer, prepare_clip, whole_clip
from signzoo.pipelines.base import Glosser, Renderer
from signzoo.pipelines.catalog import find_text_to_sign
from signzoo.structures import Gloss, Pose, Production, Span, VideoClip
from signzoo.structures.language import Source
from signzoo.transforms.pose import to_pixels
from signzoo.transforms.text import lemma, split_words

# Half an hour of fingerspelling. A longer production would not fit in memory on a small machine,
# and nobody would watch it in one piece.
MAX_WORDS = 500


@dataclass(frozen=True)
class WordGlosser:
    """The glosser for languages without a model: every word in its order, with its lemma.

    This is signed text, not a sign language: it keeps the order and the small words of the written
    language. A text-to-gloss model replaces it where there is one.

    Attributes:
        language: BCP 47 code of the written language.
    """

    language: str

    def __call__(self, text: str) -> tuple[Gloss, ...]:
        """Make one gloss a word."""
        return tuple(
            Gloss(word, word, (lemma(word, self.language),))
            for word in split_words(text, self.language)
        )


@dataclass(frozen=True)
class SkeletonRenderer:
    """Draws the landmarks as a skeleton.

    Attributes:
        size: Width and height of the picture in pixels.
    """

    size: tuple[int, int] = (512, 512)

    def __call__(self, pose: Pose, caption: Callable[[int], str]) -> VideoClip:
        """Draw every frame when it is asked for."""
        from signzoo.media.drawing import draw_pose

        return draw_pose(self.place(pose), self.size, label=caption)

    def place(self, pose: Pose) -> Pose:
        """Put the pose before the camera of :func:`~signzoo.transforms.pose.to_pixels`."""
        return to_pixels(pose, self.size)


@dataclass(frozen=True)
class TextToSign:
    """Written text to signing.

    Attributes:
        glosser: Text to glosses.
        lexicon: Glosses to poses.
        renderer: Poses to pictures.
        language: BCP 47 code of the written language.
        signed_language: ISO 639-3 code of the signed language.
        trimmer: Chooses the frames of a sign's clip that are signing.
        fps: Frames a second of the result.
    """

    glosser: Glosser
    lexicon: Lexicon
    renderer: Renderer
    language: str
    signed_language: str
    trimmer: Trimmer = whole_clip
    fps: float = 25.0

    @staticmethod
    def from_pretrained(
        name: str,
        lexicons: Sequence[Lexicon] = (),
        renderer: Renderer | None = None,
        trimmer: Trimmer | None = None,
    ) -> "TextToSign":
        """Put a pipeline together by its name, with the weights that it names.

        Args:
            name: ``text-to-sign-dgs``, or another that `signzoo models` lists.
            lexicons: As for :meth:`for_languages`; without any every gloss is fingerspelled.
            renderer: As for :meth:`for_languages`.
            trimmer: As for :meth:`for_languages`.

        Raises:
            UsageError: There is no pipeline of that name, or a lexicon has no signs for it.
            DownloadError: Its weights could not be fetched.
        """
        from signzoo.models.text2gloss.glosser import SignGlosser

        record = find_text_to_sign(name)
        return TextToSign.for_languages(
            record.language,
            record.signed_language,
            lexicons,
            renderer,
            trimmer,
            SignGlosser.from_pretrained(record.glosser),
        )

    @staticmethod
    def for_languages(
        language: str,
        signed_language: str | None = None,
        lexicons: Sequence[Lexicon] = (),
        renderer: Renderer | None = None,
        trimmer: Trimmer | None = None,
        glosser: Glosser | None = None,
    ) -> "TextToSign":
        """Put the pipeline for a language pair together.

        Args:
            language: BCP 47 code of the written language.
            signed_language: ISO 639-3 code; may be left out where the lexicons have only one.
            lexicons: Looked up in this order, before the embedded fingerspelling alphabets.
            renderer: The skeleton by default.
            trimmer: The shipped rest detector by default.
            glosser: Words and lemmas in their order by default; a
                :class:`~signzoo.models.text2gloss.glosser.SignGlosser` where there is a network.

        Raises:
            UsageError: No lexicon has signs or letters for the pair.
        """
        lexicon = sum(lexicons[1:], lexicons[0]) if lexicons else None
        letters = Lexicon.fingerspelling()
        lexicon = lexicon + letters if lexicon else letters
        signed_language = signed_language_for(lexicon, language, signed_language)
        if trimmer is None:
            from signzoo.models.rest_detector import RestDetector

            trimmer = RestDetector.from_pretrained("rest-detector-boston104-dgs").trim
        return TextToSign(
            glosser or WordGlosser(language),
            lexicon,
            renderer or SkeletonRenderer(),
            language,
            signed_language,
            trimmer,
        )

    def __call__(self, text: str) -> Production:
        """Sign a text.

        Raises:
            UsageError: The text has no words, or more than :data:`MAX_WORDS`.
            LexiconError: None of its words can be signed.
        """
        glosses = self.glosser(text)
        if not glosses:
            raise UsageError("There is nothing to sign: the text has no words.")
        if len(glosses) > MAX_WORDS:
            raise UsageError(
                f"The text has {len(glosses)} words; one production holds up to {MAX_WORDS}. "
                "Sign it sentence by sentence, into one file each."
            )
        where = (self.lexicon, self.language, self.signed_language)
        glosses = merge_phrases(glosses, *where)
        found = find_glosses(glosses, *where)
        signed = [(i, entry) for i, item in enumerate(found) for entry in item.entries]
        if not signed:
            raise LexiconError(
                f"None of the {len(glosses)} words can be signed: no lexicon for "
                f"{self.signed_language} has a sign for them, nor the letters to spell them "
                f"({', '.join(gloss.word or gloss.label for gloss in glosses[:5])}). "
                "Add a lexicon that has them with --lexicon."
            )
        read = lru_cache(maxsize=None)(self._clip)  # a letter often comes several times
        joined = join_poses([read(entry) for _, entry in signed])
        spans = tuple(
            Span(
                i,
                glosses[i],
                entry.gloss or entry.word,
                cast(Source, found[i].source),
                start / self.fps,
                end / self.fps,
            )
            for (i, entry), (start, end) in zip(signed, joined.spans, strict=True)
        )
        return Production(
            text,
            self.renderer.place(joined.pose),
            self.renderer(joined.pose, _captions(spans, self.fps)),
            glosses,
            tuple(item.source for item in found),
            spans,
        )

    def _clip(self, entry: Entry) -> Pose:
        if entry.is_letter:
            return letter_clip(prepare_clip(entry.read(), self.fps))
        return prepare_clip(entry.read(), self.fps, self.trimmer)


def _captions(spans: Sequence[Span], fps: float) -> Callable[[int], str]:
    """What is signed at each frame; a transition belongs to what comes next."""
    ends = [span.end for span in spans]

    def caption(frame: int) -> str:
        span = spans[min(bisect_right(ends, frame / fps), len(spans) - 1)]
        word = span.gloss.word or span.gloss.label
        return f"{word} · {span.label}" if span.source == "fingerspelling" else word

    return caption
