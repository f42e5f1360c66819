import dataclasses
from itertools import pairwise

import numpy as np
import pytest
import torch

from signzoo import SignToText
from signzoo.errors import UsageError, WeightsError
from signzoo.models.signmst_c import SignMSTC, SignMSTCConfig
from signzoo.models.text_corrector import TextCorrector, TextCorrectorConfig
from signzoo.structures import Pose, Skeleton, VideoClip

HOLISTIC = Skeleton.named("mediapipe-holistic")


@dataclasses.dataclass(frozen=True)
class Found:
    """An estimator that finds a given pose."""

    pose: Pose

    @property
    def skeleton(self):
        return self.pose.skeleton

    def __call__(self, clip, progress=False):
        return self.pose

    def stream(self, frames):
        yield from zip(self.pose.points, self.pose.confidence, frames, strict=False)


@dataclasses.dataclass(frozen=True)
class Streaming(Found):
    def stream(self, frames):
        for points, confidence, _ in zip(
            self.pose.points, self.pose.confidence, frames, strict=False
        ):
            yield points, confidence


class Halves:
    """A segmenter that finds the spans that it is given."""

    def __init__(self, *spans):
        self.spans = list(spans)

    def segments(self, pose):
        return [(a, min(b, pose.seconds)) for a, b in self.spans if a < pose.seconds]


@pytest.fixture
def translator(fake_corpora):
    torch.manual_seed(0)
    return SignMSTC(
        SignMSTCConfig(
            branches=("landmarks",), language_model=str(fake_corpora / "compact"), width=16,
            inner_width=16, heads=2, branch_layers=1, fusion_layers=1,
        )
    ).eval()  # fmt: skip


def still(seconds: float, signer) -> Pose:
    frames = round(seconds * 25)
    return signer(np.full((frames, 2), (280, 220)))


def test_a_pose_becomes_a_text_with_score_and_times(translator, waving):
    found = SignToText(translator, n_best=3)(waving)
    assert found.reason == ""
    assert found.text == found.draft
    assert 0 < found.score < 1
    assert found.n_best[0] == (found.text, found.score)
    assert len(found.n_best) == 3
    assert " ".join(span.label for span in found.spans) == found.text
    assert all(0 <= span.start < span.end <= waving.seconds for span in found.spans)
    assert found.familiarity is None  # nobody taught it


def test_a_corrector_has_the_last_word_and_the_draft_is_kept(translator, waving):
    plain = SignToText(translator)(waving)
    found = SignToText(translator, corrector=lambda drafts: [f"{d}!" for d in drafts])(waving)
    assert (found.text, found.draft) == (f"{plain.text}!", plain.text)


def test_nobody_and_no_hands_are_results_with_a_reason(translator, waving, signer):
    nobody = Pose(0 * waving.points, 0 * waving.confidence, 25, HOLISTIC)
    assert SignToText(translator)(nobody).reason == "no signer"
    handless = signer(np.full((30, 2), (280, 220)))
    confidence = handless.confidence.copy()
    for side in ("left", "right"):
        confidence[:, HOLISTIC.part(f"{side}_hand")] = 0
    found = SignToText(translator)(dataclasses.replace(handless, confidence=confidence))
    assert (found.text, found.reason) == ("", "no hands")


def test_a_long_recording_is_cut_where_the_signer_rests(translator, signer):
    pose = still(30, signer)
    parts = list(SignToText(translator, Halves((2, 7), (15, 20))).sentences(pose))
    assert [(p.start, p.end) for p in parts] == [(1.6, 7.4), (14.6, 20.4)]
    whole = SignToText(translator, Halves((2, 7), (15, 20)))(pose)
    assert whole.text == " ".join(p.text for p in parts)
    assert SignToText(translator, Halves())(pose).reason == "no signing"


def test_signing_without_rest_is_cut_into_bearable_sentences(translator, signer):
    parts = list(SignToText(translator, Halves((0, 60))).sentences(still(60, signer)))
    assert len(parts) >= 4
    assert all(p.end - p.start <= 16 + 0.8 + 1e-6 for p in parts)
    assert parts[-1].end == 60


def test_words_are_not_signed_while_the_hands_rest(translator, waving):
    found = SignToText(translator, Halves((0.8, 1.6)))(waving)
    assert all(span.start >= 0.8 - 1e-6 or span.end <= 1.6 for span in found.spans)


def test_unfamiliar_signing_is_not_translated_when_that_is_asked_for(translator, waving):
    translator.familiarity.learn(50 + torch.randn(50, 16), 50 + torch.randn(50, 16))
    far = SignToText(translator, least_familiarity=0.05)(waving)
    assert (far.text, far.reason) == ("", "unfamiliar")
    assert far.draft
    assert far.familiarity < 0.05


def test_a_stream_tells_before_it_ends_and_ends_as_the_recording_does(translator, waving):
    frames = [np.zeros((48, 64, 3), np.uint8)] * len(waving)
    pose = dataclasses.replace(waving, size=(64, 48))
    pipeline = SignToText(translator, estimator=Streaming(pose))
    told = list(pipeline.stream(frames, 25.0, partial=0.4))
    assert [each.final for each in told] == [False] * (len(told) - 1) + [True]
    assert len(told) >= 4
    assert told[0].end <= pose.seconds / 2
    assert told[-1].text == pipeline(pose).text


@pytest.mark.parametrize("spans", [((0, 60),), ()])
def test_a_stream_never_looks_at_more_than_one_long_sentence(translator, signer, spans):
    pipeline = SignToText(translator, Halves(*spans), estimator=Streaming(still(60, signer)))
    told = list(pipeline.stream((np.zeros((8, 8, 3), np.uint8) for _ in range(1500)), 25.0, 2.0))
    finals = [each for each in told if each.final]
    assert len(finals) >= 4
    assert all(each.end - each.start <= 16 + 2 for each in told)
    assert finals[-1].end == 60
    if spans:  # nothing is left out or told twice
        assert all(a.end == pytest.approx(b.start) for a, b in pairwise(finals))


def test_a_sentence_of_a_stream_is_over_after_a_second_of_rest(translator, waving):
    frames = [np.zeros((48, 64, 3), np.uint8)] * len(waving)
    pipeline = SignToText(translator, Halves((0.0, 0.5)), estimator=Streaming(waving))
    finals = [each for each in pipeline.stream(frames, 25.0, partial=0.2) if each.final]
    assert len(finals) == 2
    assert finals[1].start >= 1.4


def test_a_video_is_read_by_the_estimator(translator, waving):
    clip = VideoClip.from_frames(np.zeros((50, 480, 640, 3), np.uint8), 25.0)
    found = SignToText(translator, estimator=Found(waving))(clip)
    assert found.text == SignToText(translator)(waving).text


def test_an_unknown_pipeline_lists_what_there_is():
    with pytest.raises(UsageError, match="There are: sign-to-text-demo"):
        SignToText.from_pretrained("sign-to-text-martian")


def test_a_clip_is_encoded_once(translator, waving, monkeypatch):
    translator.familiarity.learn(torch.randn(50, 16), torch.randn(50, 16))
    encode, seen = translator.encode, []

    def counted(batch):
        seen.append(batch)
        return encode(batch)

    monkeypatch.setattr(translator, "encode", counted)
    found = SignToText(translator)(waving)
    assert found.familiarity is not None
    assert len(seen) == 1


def test_a_corrector_has_the_last_word_and_the_draft_stays(translator, waving, tmp_path):
    plain = SignToText(translator)(waving)
    found = SignToText(translator, corrector=lambda drafts: [each.upper() for each in drafts])(
        waving
    )
    assert found.draft == plain.text
    assert found.text == plain.text.upper() != plain.text
    assert found.spans == plain.spans  # of the words that were signed


def test_a_pipeline_opens_the_corrector_that_is_named(translator, tmp_path):
    translator.save_pretrained(tmp_path / "translator")
    corrector = TextCorrector(TextCorrectorConfig(width=8, hidden=8, num_words=4))
    corrector.save_pretrained(tmp_path / "corrector")
    name = str(tmp_path / "translator")
    found = SignToText.from_pretrained(name, corrector=str(tmp_path / "corrector"))
    assert isinstance(found.corrector, TextCorrector)
    assert SignToText.from_pretrained(name, corrector="none").corrector is None
    with pytest.raises(WeightsError, match="not a 'text_corrector'"):
        SignToText.from_pretrained(name, corrector=name)


def test_a_stream_corrects_what_is_final(translator, waving):
    frames = [np.zeros((48, 64, 3), np.uint8)] * len(waving)
    pose = dataclasses.replace(waving, size=(64, 48))
    pipeline = SignToText(
        translator, corrector=lambda drafts: ["CORRECTED"] * len(drafts), estimator=Streaming(pose)
    )
    *partial, final = pipeline.stream(frames, 25.0, partial=0.4)
    assert final.text == "CORRECTED" != final.draft
    assert all(each.text == each.draft for each in partial)
