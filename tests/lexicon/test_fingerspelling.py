import numpy as np
import pytest

from signzoo.lexicon import Lexicon
from signzoo.lexicon.fingerspelling import letter_clip, letter_frames
from signzoo.lexicon.joining import prepare_clip
from signzoo.transforms.pose import to_shoulder_units


def clip(signer, heights):
    """A hand at these heights in pixels, one a frame; shoulders are at 200, 100 apart."""
    heights = np.asarray(heights, float)
    return to_shoulder_units(signer(np.stack([np.full_like(heights, 280), heights], axis=1)))


RISE = [420, 340, 280, 240, 225]
FALL = RISE[::-1]


def test_a_still_letter_is_cut_from_its_way_up_and_down(signer):
    pose = clip(signer, [*RISE, *[220] * 20, *FALL])
    frames = letter_frames(pose)
    assert pose.anchor("right_hand")[0][frames, 1].std() < 0.01
    assert frames.stop - frames.start == pytest.approx(11, abs=2)  # 0.4 s


def test_a_letter_that_moves_is_kept_whole(signer):
    movement = 220 + 25 * np.sin(np.linspace(0, 4 * np.pi, 30))
    frames = letter_frames(clip(signer, [*RISE, *[220] * 10, *movement, *[220] * 10, *FALL]))
    assert frames.start <= 15 <= 45 <= frames.stop
    assert frames.stop - frames.start < 45


def test_a_hand_that_never_drops_is_kept(signer):
    frames = letter_frames(clip(signer, [220] * 12))
    assert 10 <= frames.stop - frames.start <= 12


def test_a_clip_without_hands_is_kept_whole(signer):
    pose = clip(signer, [220] * 12)
    pose.confidence[:, pose.skeleton.part("right_hand")] = 0
    assert letter_frames(pose) == slice(0, 12)


def test_a_hasty_letter_is_slowed_down_to_be_read(signer):
    letter = letter_clip(clip(signer, [420, 230, 220, 220, 230, 420]))
    assert letter.seconds == pytest.approx(0.4, abs=0.05)


def test_the_real_alphabets_become_letters_of_readable_length():
    lexicon = Lexicon.fingerspelling()
    letters = list(lexicon.letters("de", "gsg").values()) + list(
        lexicon.letters("en", "ase").values()
    )
    lengths = [letter_clip(prepare_clip(entry.read(), 25)).seconds for entry in letters]
    assert min(lengths) >= 0.3
    assert max(lengths) < 1.2
