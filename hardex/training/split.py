"""Labels of the training data -> which examples a model learns from, and which say when to stop."""

import numpy as np

from hardex.arrays import Labels, Positions
from hardex.errors import DatasetError


def split(labels: Labels, share: float, rng: np.random.Generator) -> tuple[Positions, Positions]:
    """Two parts of some examples, with about the same share of each class in the second one.

    A class with one example stays in the first part. Both are in rising order.

    Args:
        labels: (n,) classes.
        share: of each class in the second part, above 0 and below 1.
        rng: draws the second part.

    Raises:
        DatasetError: there are too few examples for two parts.

    Example:
        >>> fit, validation = split(np.repeat([0, 1], 10), 0.2, np.random.default_rng(0))
        >>> len(fit), np.bincount(np.repeat([0, 1], 10)[validation]).tolist()
        (16, [2, 2])
    """
    kept_out = [
        rng.permutation(rows)[: min(len(rows) - 1, max(1, round(share * len(rows))))]
        for rows in (np.flatnonzero(labels == one) for one in np.unique(labels))
    ]
    second = np.sort(np.concatenate([np.empty(0, np.int64), *kept_out])).astype(np.int64)
    if not len(second):
        raise DatasetError(
            "the training data must have two images of a class or more, so that some of them say "
            f"when to stop; {len(labels)} came; pass more training data."
        )
    return np.setdiff1d(np.arange(len(labels)), second), second
