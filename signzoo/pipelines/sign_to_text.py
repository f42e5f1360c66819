"""Signing to written text: find the landmarks, cut it into sentences, translate, correct."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np

from signzoo.errors import NoSignerError
from signzoo.media.landmarks import PoseEstimator, estimator
from signzoo.media.video import open_video
from signzoo.pipelines.catalog import SIGN_TO_TEXT, SignToTextRecord, find_sign_to_text
from signzoo.structures import Gloss, Pose, Span, Translation, VideoClip
from signzoo.structures.pose_files import POSE_SUFFIXES
from signzoo.transforms.pose import hands_seen

if TYPE_CHECKING:
    from signzoo.models.signmst_c import Signing, SignMSTC

Source = str | os.PathLike[str] | VideoClip | Pose

# A recording up to so many seconds is one sentence; a longer one is cut where the signer rests.
ONE_SENTENCE = 12.0
# A stretch of signing without rest is cut into sentences of at most so many seconds, each where the
# hands are slowest in its last half.
LONGEST_SENTENCE = 16.0
# Seconds around a sentence that the translator sees too: its training clips begin at rest.
MARGIN = 0.4
# Seconds without signing after which a stream's sentence is over, and seconds between two partial
# results.
REST, PARTIAL = 1.0, 0.6


class Corrector(Protocol):
    """Repairs drafts."""

    def __call__(self, drafts: list[str]) -> list[str]:
        """Repair each draft, or leave it as it is."""
        ...


class Segmenter(Protocol):
    """Finds where somebody is signing."""

    def segments(self, pose: Pose) -> list[tuple[float, float]]:
        """First second and end of each stretch of signing, in order."""
        ...


@dataclass(frozen=True)
class SignToText:
    """Signing to written text.

    Attributes:
        translator: Signing to a draft.
        segmenter: Cuts long recordings; without one a recording is one sentence.
        corrector: Repairs the draft; without one it is the text.
        estimator: Finds landmarks in pictures.
        n_best: How many texts are given.
        least_familiarity: Signing that is less familiar is not translated (reason "unfamiliar"),
        sure: unless the translator's score is at least this.
    """

    translator: "SignMSTC"
    segmenter: Segmenter | None = None
    corrector: Corrector | None = None
    estimator: PoseEstimator = field(default_factory=estimator)
    n_best: int = 1
    least_familiarity: float = 0.0
    sure: float = 1.0

    @staticmethod
    def from_pretrained(
        name: str, device: str = "cpu", n_best: int = 1, corrector: str | None = None
    ) -> "SignToText":
        """Put a pipeline together by its name.

        Args:
            name: A pipeline that `signzoo models` lists, or weights of signmst_c by name or folder.
            device: Where the networks run.
            n_best: How many texts are given.
            corrector: Weights of text_corrector by name or folder, or "none"; the pipeline's own by
                default.

        Raises:
            UsageError: There is no pipeline and are no weights of that name.
            DownloadError: The weights could not be fetched.
        """
        from signzoo.models.rest_detector import RestDetector
        from signzoo.models.signmst_c import SignMSTC

        known = name in SIGN_TO_TEXT or name.startswith("sign-to-text")
        record = find_sign_to_text(name) if known else SignToTextRecord("", "", "", name)
        corrector = record.corrector if corrector is None else corrector
        return SignToText(
            SignMSTC.from_pretrained(record.translator, device),
            RestDetector.from_pretrained("rest-detector-boston104-dgs"),
            open_corrector(corrector, device),
            n_best=n_best,
            least_familiarity=record.least_familiarity,
            sure=record.sure,
        )

    def __call__(self, source: Source, progress: bool = False) -> Translation:
        """Translate a recording.

        Args:
            source: A video or pose file, a clip, or a pose.
            progress: Show a bar while landmarks are found.

        Returns:
            One translation; where there are several sentences, their texts with spaces between, the
            lowest of their scores and familiarities, and all their spans.

        Raises:
            MediaError: A file is missing, empty or corrupt.
        """
        return _joined(list(self.sentences(source, progress)))

    def sentences(self, source: Source, progress: bool = False) -> Iterator[Translation]:
        """Translate a recording sentence by sentence; see :meth:`__call__`.

        Yields:
            A translation for each sentence in order, or one that says why there is none.
        """
        try:
            pose, clip = self._read(source, progress)
        except NoSignerError:
            yield Translation("", reason="no signer")
            return
        if not pose.confidence.any():
            yield Translation("", end=pose.seconds, reason="no signer")
            return
        if not hands_seen(pose).any():
            yield Translation("", end=pose.seconds, reason="no hands")
            return
        stretches = self._cut(pose)
        if not stretches:
            yield Translation("", end=pose.seconds, reason="no signing")
            return
        signing = self._signing(pose, clip)
        signed = self.segmenter.segments(pose) if self.segmenter else []
        for start, end in stretches:
            yield _while_signed(self._translated(signing, start, end), signed)

    def stream(
        self, frames: Iterable[np.ndarray], fps: float, partial: float = PARTIAL
    ) -> Iterator[Translation]:
        """Translate frames as they come, a webcam's for example, by their landmarks.

        Args:
            frames: ``(H, W, 3)`` uint8 RGB, one after another in time.
            fps: How many come in a second; 12.5 are enough for a first impression.
            partial: Seconds of frames between two partial results.

        Yields:
            Drafts of the sentence so far, which are not ``final``, and the final text when the
            signer has rested for a second, has signed for so long that a recording would be cut
            there, or the frames end. A final one is what :meth:`__call__` makes of the landmarks
            since the one before.
        """
        points: list[np.ndarray] = []
        confidence: list[np.ndarray] = []
        offset, told = 0, 0  # frames before this sentence, and at the last partial result
        size: list[tuple[int, int]] = []

        def watched() -> Iterator[np.ndarray]:
            for frame in frames:
                size[:] = [(frame.shape[1], frame.shape[0])]
                yield frame

        def so_far() -> Pose:
            stacked = (np.stack(points), np.stack(confidence))
            return Pose(*stacked, fps, self.estimator.skeleton, "pixel", size[0])

        for place, seen in self.estimator.stream(watched()):
            points.append(place)
            confidence.append(seen)
            if len(points) - told < max(1, round(partial * fps)):
                continue
            pose = so_far()
            over = self._over(pose)
            if hands_seen(pose).any():
                sentence = pose[:over] if over else pose
                # What will be signed next changes more than a corrector knows.
                pipeline = self if over else replace(self, corrector=None)
                yield replace(pipeline._shifted(sentence, offset / fps), final=over > 0)
            offset += over
            del points[:over], confidence[:over]
            told = len(points)
        if points and hands_seen(pose := so_far()).any():
            yield self._shifted(pose, offset / fps)

    def _shifted(self, pose: Pose, seconds: float) -> Translation:
        """Translate one sentence of a stream, which began so late."""
        found = _joined(list(self.sentences(pose)))
        spans = tuple(
            replace(span, start=span.start + seconds, end=span.end + seconds)
            for span in found.spans
        )
        end = None if found.end is None else found.end + seconds
        return replace(found, spans=spans, start=found.start + seconds, end=end)

    def _over(self, pose: Pose) -> int:
        """How many frames of a stream are over: what comes does not change what they mean.

        All of them where the signer has signed and rests since; all before the last cut where a
        recording of them would be cut because nobody can wait so long; all but the last second
        where it was as long and nobody signs. So what is looked at each time stays short.
        """
        if self.segmenter is None:
            return 0
        stretches = self.segmenter.segments(pose)
        if stretches and pose.seconds - stretches[-1][1] >= REST:
            return len(pose)
        if pose.seconds <= LONGEST_SENTENCE:
            return 0
        if not stretches:
            return len(pose) - round(REST * pose.fps)
        sentences = self._cut(pose)
        return round((sentences[-1][0] + MARGIN) * pose.fps) if len(sentences) > 1 else 0

    def _read(self, source: Source, progress: bool) -> tuple[Pose, VideoClip | None]:
        if isinstance(source, Pose):
            return source, None
        if not isinstance(source, VideoClip):
            if Path(source).suffix.lower() in POSE_SUFFIXES:
                return Pose.read(source), None
            source = open_video(source)
        return self.estimator(source, progress), source

    def _cut(self, pose: Pose) -> list[tuple[float, float]]:
        """First second and end of each sentence."""
        if self.segmenter is None or pose.seconds <= ONE_SENTENCE:
            return [(0.0, pose.seconds)]
        found = []
        for start, end in self.segmenter.segments(pose):
            found += _at_slow_moments(pose, start, end)
        return [(max(0.0, a - MARGIN), min(pose.seconds, b + MARGIN)) for a, b in found]

    def _signing(self, pose: Pose, clip: VideoClip | None) -> "Signing":
        """What the translator sees of the whole recording."""
        import torch

        from signzoo.models.signmst_c import Signing
        from signzoo.models.signmst_c.features import encode_clip
        from signzoo.models.signmst_c.landmarks import signing_landmarks
        from signzoo.models.signmst_c.signing import fit_features

        landmarks = torch.from_numpy(signing_landmarks(pose))
        if clip is None or not self.translator.sees_video:
            return Signing(landmarks)
        encoder = self.translator.own_encoder()
        features = encode_clip(encoder, clip, pose, "the video")
        return Signing(landmarks, fit_features(features, len(landmarks)))

    def _translated(self, whole: "Signing", start: float, end: float) -> Translation:
        """Translate what is signed from one second to another."""
        from signzoo.models.signmst_c import TextDecodingConfig

        part = whole.between(start, end)
        network = self.translator
        encoded = network.encode_clips([part])
        known = network.how_familiar(encoded)[0] if network.familiarity.is_known else None
        decoding = TextDecodingConfig(n_best=self.n_best)
        found = network.translate(encoded, decoding)[0]
        draft, score = found[0].text, found[0].score
        unfamiliar = known is not None and known < self.least_familiarity and score < self.sure
        if unfamiliar or not draft:
            return Translation(
                "", draft, score, (), (), start, end, known, "unfamiliar" if draft else "no signing"
            )
        text = self.corrector([draft])[0] if self.corrector else draft
        spans = tuple(
            Span(i, Gloss(each.word, each.word), each.word, "sign", start + each.start,
                 min(end, start + each.end))
            for i, each in enumerate(network.word_spans(encoded, [draft])[0])
        )  # fmt: skip
        n_best = tuple((each.text, each.score) for each in found)
        return Translation(text, draft, score, spans, n_best, start, end, known)


def open_corrector(name: str, device: str = "cpu") -> Corrector | None:
    """Open a text corrector by name or folder; nothing for "none" or an empty name."""
    if name in ("", "none"):
        return None
    from signzoo.models.text_corrector import TextCorrector

    return TextCorrector.from_pretrained(name, device)


def _while_signed(translation: Translation, signed: list[tuple[float, float]]) -> Translation:
    """Move words that would be signed at rest to where the signing begins or ends.

    A translator may know the first sign before the hands have moved, and be sure of the last one
    when they rest again: what it was trained on does not tell it when.
    """
    inside = [(a, b) for a, b in signed if b > translation.start and a < (translation.end or b)]
    if not inside:
        return translation
    first, last = inside[0][0], inside[-1][1]
    spans = []
    for span in translation.spans:
        late = max(0.0, first - span.start) or min(0.0, last - span.end)
        spans.append(replace(span, start=span.start + late, end=span.end + late))
    return replace(translation, spans=tuple(spans))


def _at_slow_moments(pose: Pose, start: float, end: float) -> list[tuple[float, float]]:
    """Cut a long stretch of signing where the hands are slowest."""
    parts = []
    while end - start > LONGEST_SENTENCE:
        first, last = start + LONGEST_SENTENCE / 2, start + LONGEST_SENTENCE
        window = slice(round(first * pose.fps), round(last * pose.fps))
        cut = first + int(np.argmin(_speed(pose)[window])) / pose.fps
        parts.append((start, cut))
        start = cut
    return [*parts, (start, end)]


def _speed(pose: Pose) -> np.ndarray:
    """How far both hands go from frame to frame, smoothed over a third of a second, ``(T,)``."""
    hands = [pose.anchor(f"{side}_hand")[0] for side in ("left", "right")]
    steps = [np.linalg.norm(np.diff(hand, axis=0, prepend=hand[:1]), axis=1) for hand in hands]
    width = max(1, round(pose.fps / 3))
    return np.convolve(np.sum(steps, axis=0), np.ones(width) / width, mode="same")


def _joined(parts: list[Translation]) -> Translation:
    """One translation of several sentences in order."""
    if len(parts) == 1:
        return parts[0]
    said = [each for each in parts if each.text]
    if not said:
        return replace(parts[0], end=parts[-1].end)
    scores = [each.score for each in said if each.score is not None]
    known = [each.familiarity for each in said if each.familiarity is not None]
    spans = [span for each in said for span in each.spans]
    return Translation(
        " ".join(each.text for each in said),
        " ".join(each.draft for each in said),
        min(scores, default=None),
        tuple(replace(span, index=i) for i, span in enumerate(spans)),
        start=parts[0].start,
        end=parts[-1].end,
        familiarity=min(known, default=None),
    )
