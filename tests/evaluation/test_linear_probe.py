import numpy as np
import pytest

from signzoo.errors import UsageError
from signzoo.evaluation.linear_probe import name_by_probe, rank_by_probe


def clusters(count: int, seed: int) -> tuple[np.ndarray, list[str], list[str]]:
    random = np.random.default_rng(seed)
    labels = [f"sign-{i % 4}" for i in range(count)]
    centres = np.random.default_rng(0).normal(size=(4, 12))
    features = np.array([centres[int(label[-1])] for label in labels])
    features = features + 0.3 * random.normal(size=features.shape)
    return features.astype(np.float32), labels, [f"signer-{i // 4 % 3}" for i in range(count)]


def test_signs_that_lie_apart_are_named():
    train, labels, groups = clusters(48, 1)
    test, wanted, _ = clusters(24, 2)
    assert name_by_probe(train, labels, groups, test) == wanted


def test_noise_is_named_by_chance():
    random = np.random.default_rng(0)
    _, labels, groups = clusters(48, 1)
    answers = name_by_probe(
        random.normal(size=(48, 12)), labels, groups, random.normal(size=(400, 12))
    )
    hits = np.mean([a == f"sign-{i % 4}" for i, a in enumerate(answers)])
    assert 0.15 < hits < 0.35


def test_the_probe_does_not_depend_on_the_scale_of_the_features():
    train, labels, groups = clusters(48, 1)
    test, _, _ = clusters(24, 2)
    scale = np.logspace(-3, 3, 12)
    shifted = name_by_probe(train * scale + 5, labels, groups, test * scale + 5)
    assert shifted == name_by_probe(train, labels, groups, test)


def test_one_signer_is_too_few():
    train, labels, _ = clusters(8, 1)
    with pytest.raises(UsageError, match="two signers"):
        name_by_probe(train, labels, ["a"] * 8, train)


def test_all_signs_are_ranked_and_neighbours_come_before_what_lies_far():
    train, labels, groups = clusters(48, 1)
    test, wanted, _ = clusters(8, 2)
    ranked = rank_by_probe(train, labels, groups, test)
    assert [row[0] for row in ranked] == wanted
    assert all(sorted(row) == sorted(set(labels)) for row in ranked)
