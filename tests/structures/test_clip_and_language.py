import numpy as np
import pytest

from signzoo.structures import Gloss, Production, Span, VideoClip, Waveform


def test_a_clip_can_be_iterated_twice():
    frames = np.arange(2 * 4 * 6 * 3, dtype=np.uint8).reshape(2, 4, 6, 3)
    clip = VideoClip.from_frames(frames, 25)
    assert clip.size == (6, 4)
    np.testing.assert_array_equal(clip.frames, frames)
    np.testing.assert_array_equal(clip.frames, frames)


def test_a_clip_of_another_kind_of_array_is_refused():
    with pytest.raises(ValueError, match=r"float64 \(2, 4, 6, 3\)"):
        VideoClip.from_frames(np.zeros((2, 4, 6, 3)), 25)


def test_sound_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"\[-1, 1\]"):
        Waveform(np.array([0.0, 2.0]), 16000)
    assert Waveform(np.array([0.0, 1.0]), 16000).samples.dtype == np.float32


def test_a_production_says_what_became_of_each_word(waving):
    glosses = tuple(Gloss(word, word) for word in ("Haus", "Bo", "Haus", "☃"))
    spans = (
        Span(0, glosses[0], "HAUS", "sign", 0, 1),
        Span(1, glosses[1], "B", "fingerspelling", 1, 2),
        Span(1, glosses[1], "O", "fingerspelling", 2, 3),
        Span(2, glosses[2], "HAUS", "variant", 3, 4),
    )
    video = VideoClip.from_frames(np.zeros((1, 2, 2, 3), np.uint8), 25)
    sources = ("sign", "fingerspelling", "variant", None)
    production = Production("", waving, video, glosses, sources, spans)
    assert production.coverage == 0.5
    assert production.fingerspelled == (glosses[1],)
    assert production.missing == (glosses[3],)
    assert [span.label for span in production.spans_of(1)] == ["B", "O"]
