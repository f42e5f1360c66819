"""Dynamic time warping over a matrix of costs.

The libraries take two series and a distance of their own (dtaidistance, fastdtw), so they know
nothing of missing landmarks; the one that takes a matrix (tslearn) brings numba and scikit-learn
and needs 15 s to import. Over anti-diagonals numpy needs one step a diagonal.
"""

import numpy as np


def warp(cost: np.ndarray) -> np.ndarray:
    """Find the cheapest way to walk two series side by side.

    The path starts at the first frames of both, ends at their last, and advances by one frame of
    one series or of both. Of equally cheap steps the one that advances both is taken.

    Args:
        cost: Cost of putting a frame of one series beside a frame of the other, ``(S, T)``.

    Returns:
        Pairs of frames along the path, ``(L, 2)``.

    Raises:
        ValueError: A series has no frames.
    """
    if cost.ndim != 2 or not cost.size:
        raise ValueError(f"warp needs costs of shape (S, T), both at least 1; got {cost.shape}.")
    total = _accumulate(cost)
    row, column = cost.shape[0] - 1, cost.shape[1] - 1
    path = [(row, column)]
    while row or column:
        steps = ((row - 1, column - 1), (row - 1, column), (row, column - 1))
        row, column = min(steps, key=lambda step: total[step[0] + step[1] + 2, step[0] + 1])
        path.append((row, column))
    return np.array(path[::-1])


def _accumulate(cost: np.ndarray) -> np.ndarray:
    """Cost of the cheapest path to each cell, ``(S + T + 1, S + 1)``.

    Cell ``(i, j)`` stands at ``[i + j + 2, i + 1]``, so that a row is an anti-diagonal, whose
    cells wait only for the two diagonals before. The cells before the first frame cost infinitely
    much, but for the one where every path starts.
    """
    num_rows, num_columns = cost.shape
    total = np.full((num_rows + num_columns + 1, num_rows + 1), np.inf)
    total[0, 0] = 0
    rows = np.arange(num_rows)
    for diagonal in range(num_rows + num_columns - 1):
        i = rows[max(0, diagonal - num_columns + 1) : diagonal + 1]
        before = np.minimum(total[diagonal + 1, i], total[diagonal + 1, i + 1])
        before = np.minimum(before, total[diagonal, i])
        total[diagonal + 2, i + 1] = before + cost[i, diagonal - i]
    return total
