"""A confusion matrix -> the part that fits on a page, and the most confused pairs of classes."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

MOST_CELLS = 30  # classes along each side; more could be neither read nor tapped
MOST_PAIRS = 500


def confusion_figures(counts: NDArray[np.int64]) -> dict[str, Any]:
    """The matrix, or the part of it with the most errors, and the most confused pairs.

    Args:
        counts: (k, k), given class by predicted class.

    Returns:
        `confusion`: `classes`, the indices of at most 30 classes in order, and `counts` between
        them; `pairs`: at most 500 of [given, predicted, count], the most frequent first, ties by
        the share of the given class; `pair_count`: how many there are.

    Example:
        >>> found = confusion_figures(np.array([[8, 2, 0], [3, 5, 0], [0, 0, 9]]))
        >>> found["pairs"], found["pair_count"]
        ([[1, 0, 3], [0, 1, 2]], 2)
    """
    errors = counts.copy()
    np.fill_diagonal(errors, 0)
    pairs = _pairs(errors, counts.sum(axis=1))
    shown = _most_confused(errors)
    return {
        "confusion": {
            "classes": shown.tolist(),
            "counts": counts[np.ix_(shown, shown)].tolist(),
        },
        "pairs": pairs[:MOST_PAIRS].tolist(),
        "pair_count": len(pairs),
    }


def _most_confused(errors: NDArray[np.int64]) -> NDArray[np.int64]:
    """The indices of the classes with the most errors, ascending."""
    most = np.argsort(-(errors.sum(axis=0) + errors.sum(axis=1)), kind="stable")
    return np.sort(most[:MOST_CELLS])


def _pairs(errors: NDArray[np.int64], given_counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """(m, 3) of given, predicted and count, the most frequent first."""
    k = len(errors)
    cells = np.flatnonzero(errors)
    counts, of_class = errors.ravel()[cells], given_counts[cells // k]
    order = np.lexsort((cells, of_class, -counts))  # of equal counts, the larger share first
    return np.stack([cells // k, cells % k, counts], axis=1)[order]
