"""Dynamic time warping of one series against many at once."""

import numpy as np


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
