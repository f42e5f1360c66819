import itertools

import numpy as np
import pytest

from signzoo.data.corpora import TimedGloss
from signzoo.errors import UsageError
from signzoo.models.signmst_c.data import SentenceSource, SignedSentenceData
from signzoo.models.signmst_c.landmarks import NUM_LANDMARKS, RIGHT_HAND
from signzoo.models.signmst_c.recombination import Recombination

# A second a sign, whose hand lies at the sign's own height; the two clips share BOOK and IX.
HEIGHTS = {"JOHN": 1.0, "BUY": 2.0, "BOOK": 3.0, "IX": 4.0, "MARY": 5.0, "READ": 6.0}
CLIPS = (("JOHN", "BUY", "BOOK", "IX"), ("MARY", "READ", "BOOK", "JOHN", "IX"))


def clip(glosses: tuple[str, ...]) -> np.ndarray:
    frames = [25] * len(glosses)
    frames[-1] += 50 * (len(glosses) - 4)  # a rest
    found = np.zeros((sum(frames), NUM_LANDMARKS, 3), np.float32)
    found[:, RIGHT_HAND, 1] = np.repeat([HEIGHTS[gloss] for gloss in glosses], frames)
    found[:, RIGHT_HAND, 2] = 1
    return found


@pytest.fixture
def recombination() -> Recombination:
    spans = [[TimedGloss(g, i, i + 1) for i, g in enumerate(glosses)] for glosses in CLIPS]
    return Recombination([clip(glosses) for glosses in CLIPS], spans)


def test_a_sentence_shows_its_glosses_in_order(recombination):
    rng = np.random.default_rng(0)
    for number in range(60):
        landmarks, glosses = recombination.draw(number % 2, rng)
        heights = landmarks[:, RIGHT_HAND, 1]
        # Where the hand stays, it is at a gloss; between clips it travels.
        still = heights[np.r_[True, np.diff(heights) == 0]]
        places = [height for i, height in enumerate(still) if i == 0 or height != still[i - 1]]
        signed = [height for height in places if height in HEIGHTS.values()]
        wanted = [HEIGHTS[gloss] for gloss in glosses]
        assert signed == [h for i, h in enumerate(wanted) if i == 0 or h != wanted[i - 1]]
        assert len(landmarks) <= recombination.longest == 175


def test_new_orders_are_made_of_pairs_that_were_seen(recombination):
    rng = np.random.default_rng(1)
    found = {recombination.draw(0, rng)[1] for _ in range(200)}
    assert CLIPS[0] in found
    assert ("JOHN", "BUY", "BOOK", "JOHN", "IX") in found
    seen = {pair for glosses in CLIPS for pair in itertools.pairwise(glosses)}
    assert {pair for each in found for pair in itertools.pairwise(each)} <= seen


def test_hands_travel_between_clips_and_do_not_jump(recombination):
    rng = np.random.default_rng(2)
    drawn = [recombination.draw(0, rng) for _ in range(300)]
    crossed = [each for each, glosses in drawn if glosses == ("JOHN", "BUY", "BOOK", "JOHN", "IX")]
    assert crossed
    steps = [np.abs(np.diff(each[:, RIGHT_HAND, 1])) for each in crossed]
    # Within a clip of this test the hand jumps by 1 to 3 from sign to sign; from BOOK of one clip
    # to JOHN of another it goes in steps.
    assert any(((each > 0) & (each <= 0.26)).sum() >= 8 for each in steps)


def test_only_a_corpus_with_times_can_be_recombined(fake_corpora):
    augmentation = {"recombine": 1.0}
    from signzoo.models.signmst_c.augmentation import SigningAugmentationConfig

    def read(path: str, output: str) -> SignedSentenceData:
        data = SignedSentenceData(
            str(fake_corpora),
            (SentenceSource(path),),
            video_encoder="",
            output=output,
            augmentation=SigningAugmentationConfig(**augmentation),
        )
        data.samples["train"] = data.read("train")
        return data

    with pytest.raises(UsageError, match="which .* does not"):
        read("wlasl124", "gloss")
    samples = read("boston104", "gloss").samples["train"]
    assert samples.recombination is not None
