import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.evaluation.bootstrap import Resampling, bootstrap, paired_bootstrap
from signzoo.metrics import TextScorer, score_text

HYPOTHESES = ["a b c d e", "a c", "f", "g h i j", "k l m"]
REFERENCES = ["a b c d", "a b", "f f", "g h i j", "m l k"]


def mean(counts):
    return {"mean": counts[1] / counts[0]}


def table(values):
    return np.stack([np.ones(len(values)), values], axis=1)


def test_an_interval_is_that_of_scoring_the_drawn_sentences_again():
    scorer, resampling = TextScorer("gloss", "de"), Resampling(samples=60, seed=7)
    found = bootstrap(scorer.count(HYPOTHESES, REFERENCES), scorer.scores, resampling)

    draws = np.random.default_rng(7).multinomial(5, np.full(5, 0.2), size=60)
    scored = [
        score_text(
            np.repeat(HYPOTHESES, draw).tolist(),
            np.repeat(REFERENCES, draw).tolist(),
            "gloss",
            "de",
        ).values
        for draw in draws
    ]
    whole = score_text(HYPOTHESES, REFERENCES, "gloss", "de").values
    for name, interval in found.items():
        low, high = np.percentile([values[name] for values in scored], [2.5, 97.5])
        assert interval.value == whole[name]
        assert (interval.low, interval.high) == pytest.approx((low, high))


def test_equal_seeds_draw_equal_samples_and_others_do_not():
    counts = table(np.arange(30.0))

    first, again = (bootstrap(counts, mean, Resampling(seed=3)) for _ in range(2))

    assert first == again
    assert first != bootstrap(counts, mean, Resampling(seed=4))


def test_the_interval_of_a_mean_is_that_of_the_central_limit_theorem():
    values = np.random.default_rng(0).normal(10, 2, size=400)

    interval = bootstrap(table(values), mean, Resampling(samples=4000))["mean"]

    assert interval.value == pytest.approx(values.mean())
    assert interval.low == pytest.approx(values.mean() - 1.96 * values.std() / 20, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + 1.96 * values.std() / 20, abs=0.02)


def test_more_confidence_is_a_wider_interval():
    counts = table(np.arange(30.0))

    sure, half = (
        bootstrap(counts, mean, Resampling(confidence=share))["mean"] for share in (0.99, 0.5)
    )

    assert sure.low < half.low < half.high < sure.high


def test_many_sentences_are_drawn_in_pieces_as_they_are_at_once():
    values = np.random.default_rng(1).normal(size=6000)

    interval = bootstrap(table(values), mean)["mean"]

    draws = np.random.default_rng(0).multinomial(6000, np.full(6000, 1 / 6000), size=1000)
    expected = np.percentile(draws @ values / 6000, [2.5, 97.5])
    assert (interval.low, interval.high) == pytest.approx(tuple(expected))


def test_a_system_does_not_differ_from_itself():
    counts = TextScorer("gloss", "de").count(HYPOTHESES, REFERENCES)

    for difference in paired_bootstrap(counts, counts, TextScorer("gloss", "de").scores).values():
        assert (difference.value, difference.low, difference.high) == (0, 0, 0)
        assert difference.p_value == 1


def test_pairs_show_a_small_steady_difference_that_chance_hides_otherwise():
    random = np.random.default_rng(0)
    hard = random.normal(0, 10, size=200)  # sentences differ far more than the systems do
    ours, theirs = table(hard + 1 + random.normal(0, 0.5, 200)), table(hard)

    difference = paired_bootstrap(ours, theirs, mean)["mean"]
    alone = bootstrap(ours, mean)["mean"]

    assert difference.value == pytest.approx(1, abs=0.2)
    assert 0 < difference.low < difference.value < difference.high
    assert difference.p_value == pytest.approx(1 / 1001)
    assert alone.low < bootstrap(theirs, mean)["mean"].value < alone.high


def test_the_p_value_of_a_difference_by_chance_is_that_of_a_paired_z_test():
    from statistics import NormalDist

    noise = np.random.default_rng(5).normal(0, 1, size=300)
    noise += 0.06 - noise.mean()
    z = noise.mean() / (noise.std() / np.sqrt(300))

    found = paired_bootstrap(table(noise), table(np.zeros(300)), mean, Resampling(samples=4000))

    assert found["mean"].p_value == pytest.approx(2 * (1 - NormalDist().cdf(z)), abs=0.03)


def test_a_score_that_some_samples_lack_has_the_interval_of_the_others():
    def some(counts):
        return {
            "seen": counts[1] / counts[0] if counts[0] > 2 else float("nan"),
            "never": float("nan"),
        }

    found = bootstrap(np.array([[1, 2], [1, 4], [1, 6], [0, 0], [0, 0]]), some)

    assert 2 <= found["seen"].low < found["seen"].high <= 6
    assert np.isnan([found["never"].value, found["never"].low, found["never"].high]).all()


@pytest.mark.parametrize("wrong", [{"samples": 0}, {"confidence": 0}, {"confidence": 95}])
def test_impossible_resampling_is_refused(wrong):
    with pytest.raises(UsageError):
        Resampling(**wrong)


def test_systems_that_saw_other_sentences_are_not_compared():
    with pytest.raises(UsageError, match="same sentences"):
        paired_bootstrap(table(np.arange(3.0)), table(np.arange(4.0)), mean)
    with pytest.raises(UsageError, match="no sentences"):
        bootstrap(np.zeros((0, 2)), lambda _: {"mean": 0.0})
