import numpy as np

from signzoo.models.text_corrector.variation import SentenceVariation

SENTENCES = ["morgen regnet es im norden kräftig", "heute schneit es im süden", "guten abend"]
WORDS = [sentence.split() for sentence in SENTENCES]


def test_crossed_sentences_go_on_as_another_one_does():
    variation = SentenceVariation(WORDS)
    drawn = {" ".join(variation.cross(WORDS[0], np.random.default_rng(seed))) for seed in range(30)}
    assert drawn == {SENTENCES[0], "morgen regnet es im süden"}


def test_a_sentence_that_shares_nothing_stays():
    variation = SentenceVariation(WORDS)
    assert variation.cross(WORDS[2], np.random.default_rng(0)) == WORDS[2]


def test_names_replace_words_and_keep_the_length():
    variation = SentenceVariation(WORDS)
    rng = np.random.default_rng(0)
    assert variation.name(WORDS[0], 0.0, rng) == WORDS[0]
    named = variation.name(WORDS[0], 1.0, rng)
    assert len(named) == len(WORDS[0])
    assert named != WORDS[0]
