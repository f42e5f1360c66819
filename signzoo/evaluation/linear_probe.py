"""A linear classifier of clips: what a network's features hold, or what a network has to beat.

Ridge regression of standardised features to a 1 for the sign and a 0 for all others, whose solution
is exact.
"""

from collections.abc import Sequence

import numpy as np

from signzoo.errors import UsageError

# Strengths of the penalty on weights that are tried, and into how many groups of training signers
# the clips are split to choose one.
_PENALTIES = tuple(10.0**power for power in range(-5, 3))
_MOST_FOLDS = 4


def name_by_probe(
    train: np.ndarray, labels: Sequence[str], groups: Sequence[str], test: np.ndarray
) -> list[str]:
    """Train a linear classifier on the features of some signers and name the signs of others.

    Args:
        train: Features, ``(N, D)``.
        labels: The sign of each.
        groups: The signer of each.
        test: Features of what is to be named, ``(M, D)``.

    Returns:
        A label for each row of ``test``.

    Raises:
        UsageError: The training clips are of one sign or one signer.
    """
    return [ranked[0] for ranked in rank_by_probe(train, labels, groups, test)]


def rank_by_probe(
    train: np.ndarray, labels: Sequence[str], groups: Sequence[str], test: np.ndarray
) -> list[list[str]]:
    """Rank all signs for each clip, the likeliest first; see :func:`name_by_probe`.

    How strongly the weights are held down is chosen on the training signers alone: those left out
    of each of four parts.
    """
    names = sorted(set(labels))
    signers = sorted(set(groups))
    if len(names) < 2 or len(signers) < 2:
        raise UsageError(
            f"A probe needs two signs and two signers to train on; got {len(names)} and "
            f"{len(signers)}."
        )
    mean, deviation = train.mean(axis=0), train.std(axis=0) + 1e-6
    # Divided by the root of their number, so that one penalty suits any number of features.
    scale = deviation * np.sqrt(train.shape[1])
    inputs, queries = ((x - mean).astype(np.float64) / scale for x in (train, test))
    targets = np.array([names.index(label) for label in labels])
    wanted = np.eye(len(names))[targets]  # (N, signs)
    folds = min(_MOST_FOLDS, len(signers))
    fold = np.array([signers.index(group) % folds for group in groups])

    def right(penalty: float) -> int:
        hits = 0
        for held in range(folds):
            kept, out = fold != held, fold == held
            answers = _ridge(inputs[kept], wanted[kept], inputs[out], penalty).argmax(axis=1)
            hits += int((answers == targets[out]).sum())
        return hits

    best = max(_PENALTIES, key=right)
    answers = _ridge(inputs, wanted, queries, best)
    order = np.argsort(-answers, axis=1, kind="stable")
    return [[names[answer] for answer in row] for row in order]


def _ridge(
    inputs: np.ndarray, wanted: np.ndarray, queries: np.ndarray, penalty: float
) -> np.ndarray:
    """Answer queries ``(M, D)`` by ridge regression, solved among clips, which are the fewer."""
    middle = wanted.mean(axis=0)
    inner = inputs @ inputs.T + penalty * np.eye(len(inputs))  # (N, N)
    weights = np.linalg.solve(inner, wanted - middle)
    return np.asarray(queries @ inputs.T @ weights + middle)
