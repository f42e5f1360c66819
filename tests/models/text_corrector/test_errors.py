import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.models.text_corrector.errors import (
    ERROR_KINDS,
    ErrorRates,
    WordSampler,
    fit_error_rates,
    inject_error,
    inject_errors,
)

SENTENCE = ["morgen", "regnet", "es", "im", "norden", "und", "im", "westen"]
NONE = {"order": 0, "insertion": 0, "substitution": 0, "deletion": 0}


@pytest.fixture
def sampler():
    return WordSampler([SENTENCE, ["heute", "scheint", "die", "sonne"]])


def test_without_rates_nothing_happens(sampler):
    rng = np.random.default_rng(0)
    assert inject_errors(SENTENCE, ErrorRates(**NONE), sampler, rng) == SENTENCE


def test_the_same_seed_makes_the_same_errors(sampler):
    rates = ErrorRates(0.3, 0.3, 0.3, 0.3)
    drawn = [
        inject_errors(SENTENCE, rates, sampler, np.random.default_rng(seed)) for seed in (1, 1, 2)
    ]
    assert drawn[0] == drawn[1] != drawn[2]


def test_a_sentence_stays_within_its_bounds(sampler):
    for seed in range(50):
        rng = np.random.default_rng(seed)
        lost = inject_errors(SENTENCE, ErrorRates(**{**NONE, "deletion": 1}), sampler, rng)
        added = inject_errors(SENTENCE, ErrorRates(**{**NONE, "insertion": 1}), sampler, rng)
        assert len(lost) == 1
        assert len(added) == 2 * len(SENTENCE) + 1


def test_an_empty_sentence_survives(sampler):
    rates = ErrorRates(0.5, 0, 0.5, 0.5)
    assert inject_errors([], rates, sampler, np.random.default_rng(0)) == []


@pytest.mark.parametrize("kind", ERROR_KINDS)
def test_one_error_is_one_error(sampler, kind):
    change = {"order": 0, "insertion": 1, "substitution": 0, "deletion": -1}[kind]
    for seed in range(50):
        damaged = inject_error(SENTENCE, kind, sampler, np.random.default_rng(seed))
        assert damaged != SENTENCE
        assert len(damaged) == len(SENTENCE) + change
        if kind == "order":
            assert sorted(damaged) == sorted(SENTENCE)


def test_a_word_alone_cannot_move_or_be_lost(sampler):
    rng = np.random.default_rng(0)
    assert inject_error(["ja"], "order", sampler, rng) is None
    assert inject_error(["ja", "ja"], "order", sampler, rng) is None
    assert inject_error(["ja"], "deletion", sampler, rng) is None
    assert inject_error(["ja"], "substitution", sampler, rng) != ["ja"]


def test_rates_are_counted_in_real_drafts():
    references = ["morgen regnet es im norden", "heute scheint die sonne im süden"]
    drafts = ["regnet morgen es im westen", "heute lacht die sonne wieder im"]
    rates = fit_error_rates(drafts, references, "de")
    assert rates.order == pytest.approx(1 / 11)
    assert rates.substitution == pytest.approx(2 / 11)
    assert rates.insertion == pytest.approx(1 / 11)
    assert rates.deletion == pytest.approx(1 / 11)


def test_fitted_rates_are_near_those_that_were_put_in(sampler):
    rates = ErrorRates(0.05, 0.05, 0.08, 0.08)
    rng = np.random.default_rng(0)
    words = [f"w{i}" for i in range(20)]
    drafts = [" ".join(inject_errors(words, rates, sampler, rng)) for _ in range(400)]
    found = fit_error_rates(drafts, [" ".join(words)] * 400)
    for kind in ERROR_KINDS:
        assert getattr(found, kind) == pytest.approx(getattr(rates, kind), abs=0.03)


@pytest.mark.parametrize(
    "wrong", [{"order": 1.5}, {"deletion": 0.6, "substitution": 0.6}, {"distance": 0}]
)
def test_impossible_rates_are_refused(wrong):
    with pytest.raises(UsageError):
        ErrorRates(**wrong)


def test_drafts_need_references():
    with pytest.raises(UsageError, match="2 drafts for 1 references"):
        fit_error_rates(["a", "b"], ["a"])
    with pytest.raises(UsageError, match="there are none"):
        fit_error_rates([], [])


def test_one_word_is_no_vocabulary():
    with pytest.raises(UsageError, match="has 1"):
        WordSampler([["ja"]])
