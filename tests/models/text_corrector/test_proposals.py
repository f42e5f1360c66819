import math

import pytest

from signzoo.models.text_corrector.errors import ErrorRates
from signzoo.models.text_corrector.proposals import propose

DRAFT = ["morgen", "es", "regnet", "im", "norden"]


def test_an_edit_of_each_kind_is_proposed_and_no_two_alike(corrector):
    found = propose(corrector, DRAFT)
    assert {each.kind for each in found} == {"order", "insertion", "substitution", "deletion"}
    assert len({each.words for each in found}) == len(found)
    assert tuple(DRAFT) not in {each.words for each in found}
    lengths = {"order": 5, "substitution": 5, "insertion": 4, "deletion": 6}
    assert all(len(each.words) == lengths[each.kind] for each in found)
    assert all(sorted(each.words) == sorted(DRAFT) for each in found if each.kind == "order")
    counts = [sum(each.kind == kind for each in found) for kind in lengths]
    assert max(counts) <= corrector.config.candidates


def test_what_was_taught_is_among_the_proposals(taught):
    drafts = {
        "morgen es regnet im norden": "order",
        "morgen regnet sonne es im norden": "insertion",
        "morgen regnet es die norden": "substitution",
        "morgen regnet im norden": "deletion",
    }
    for draft, kind in drafts.items():
        found = {each.words: each for each in propose(taught, draft.split())}
        assert found["morgen", "regnet", "es", "im", "norden"].kind == kind


def test_the_channel_is_the_probability_of_the_error(corrector):
    corrector.rates = ErrorRates(order=0.06, insertion=0.1, substitution=0.2, deletion=0.3)
    drawn = corrector.vocabulary.log_drawn(0.75)
    for each in propose(corrector, DRAFT):
        if each.kind == "order":
            assert each.channel == pytest.approx(math.log(0.06 / 6))
        elif each.kind == "deletion":
            assert each.channel == pytest.approx(math.log(0.3))
        else:
            gone = next(i for i, word in enumerate([*each.words, ""]) if word != DRAFT[i])
            own = float(drawn[corrector.vocabulary.number(DRAFT[gone])])
            rate = 0.1 if each.kind == "insertion" else 0.2
            assert each.channel == pytest.approx(math.log(rate) + own)


def test_errors_that_are_never_made_are_not_undone(corrector):
    corrector.rates = ErrorRates(order=0.1, insertion=0, substitution=0, deletion=0)
    likely = {each.kind for each in propose(corrector, DRAFT) if each.channel > -math.inf}
    assert likely == {"order"}


def test_one_word_has_nowhere_to_go(corrector):
    kinds = {each.kind for each in propose(corrector, ["morgen"])}
    assert kinds == {"substitution", "deletion"}
