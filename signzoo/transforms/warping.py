"""Dynamic time warping of one series against many at once."""

import numpy as np


def squared_distances(one: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Of every frame of one series to every frame of N others, ``(N, S, T)``.

    Args:
        one: ``(S, ...)``.
        others: ``(N, T, ...)``.
    """
    flat = one.reshape(len(one), -1)
    many = others.reshape(*others.shape[:2], flat.shape[1])
    squares = (flat**2).sum(-1)[:, None] + (many**2).sum(-1)[:, None]
    return np.asarray(np.maximum(squares - 2 * flat @ many.transpose(0, 2, 1), 0))


def warped_costs(costs: np.ndarray) -> np.ndarray:
    """Mean cost along the cheapest way to walk two series side by side, for N pairs of series.

    A step that advances both series counts for two, so that every path weighs the same (Sakoe and
    Chiba, "Dynamic programming algorithm optimization for spoken word recognition", 1978).

    Args:
        costs: Cost of putting a frame of one series beside a frame of the other, ``(N, S, T)``.

    Returns:
        ``(N,)``.
    """
    count, rows, columns = costs.shape
    total = np.full((count, rows + 1, columns + 1), np.inf, costs.dtype)
    total[:, 0, 0] = 0
    for row in range(rows):
        for column in range(columns):
            here = costs[:, row, column]
            total[:, row + 1, column + 1] = np.minimum(
                total[:, row, column] + 2 * here,
                np.minimum(total[:, row, column + 1], total[:, row + 1, column]) + here,
            )
    return np.asarray(total[:, -1, -1] / (rows + columns))
