import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from signzoo.models.expected_bleu import best_answer, least_risk


def test_the_sequence_with_most_in_common_with_the_others_is_chosen():
    sequences = [("A", "B", "C"), ("X", "Y"), ("A", "B", "D"), ("A", "B")]
    assert sequences[least_risk(sequences, np.full(4, 0.25))][:2] == ("A", "B")


def test_probable_sequences_count_more():
    sequences = [("A", "B"), ("X", "Y"), ("X", "Z")]
    assert least_risk(sequences, np.array([0.9, 0.05, 0.05])) == 0


def test_what_is_worth_less_than_its_length_is_left_out_but_not_everything():
    # D is in one of ten: its word costs more than it may gain.
    sequences = [("A", "B"), ("A", "B", "D"), ()]
    assert least_risk(sequences, np.array([0.8, 0.1, 0.1])) == 0
    assert least_risk(sequences, np.array([0.5, 0.5, 0.0])) == 1
    assert least_risk([(), ("A",)], np.array([0.9, 0.1])) == 1
    assert least_risk([(), ()], np.array([0.5, 0.5])) == 0


def test_a_long_match_is_worth_more_than_two_short_ones():
    # A C E shares three labels with each of the two, A B C D all four of one, in its order.
    sequences = [("A", "C", "E"), ("A", "B", "C", "D"), ("C", "A", "E")]
    assert least_risk(sequences, np.array([0.0, 0.6, 0.4])) == 1


@given(
    st.lists(st.lists(st.sampled_from("ABC"), min_size=1, max_size=6), min_size=1, max_size=6),
    st.integers(0, 10**6),
)
@settings(max_examples=50, deadline=None)
def test_the_choice_is_a_place_and_a_sure_sequence_is_chosen(sequences, seed):
    sure = seed % len(sequences)
    probabilities = np.eye(len(sequences))[sure]
    assert sequences[least_risk(sequences, probabilities)] == sequences[sure]


ANSWERS = [list("ABCDE"), list("ABCX"), list("XBCDE"), list("XBCDY")]


def test_evenly_likely_answers_are_chosen_by_what_they_share_and_sure_ones_as_they_are():
    scores = [-1.1, -1.0, -1.1, -1.1]
    assert best_answer(ANSWERS, scores, 100.0) == 2  # has most of all others
    assert best_answer(ANSWERS, scores, 0.01) == 1


def test_short_answers_have_no_bleu_to_speak_of():
    short = [["HELLO"], ["HOW", "ARE", "YOU"], ["HOW", "ARE"]]
    assert best_answer(short, [-1.0, -1.01, -1.01], 1.0) == 0


def test_beams_without_an_answer_are_none():
    assert best_answer([[], list("ABCDE"), []], [-np.inf, -3.0, -np.inf], 1.0) == 1
    assert best_answer([[], []], [-np.inf, -np.inf], 1.0) == 0
