"""Labels -> the order of an epoch, and how much each class counts."""

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions

ALL, OVER, UNDER = "all", "oversample", "undersample"
SAMPLINGS = (ALL, OVER, UNDER)


def epoch_order(labels: Labels, sampling: str, rng: np.random.Generator) -> Positions:
    """The examples of one epoch, in a new order.

    `all` gives each once. `oversample` gives as many in total, and of each class the same number:
    the examples of small classes come several times, before any of them once more than another.
    `undersample` gives of each class as many as the smallest has, others in each epoch.

    Args:
        labels: (n,) classes of the examples to learn from.
        sampling: one of `SAMPLINGS`.
        rng: of this epoch.

    Returns:
        (m,) places in `labels`.

    Example:
        >>> labels = np.array([0, 0, 0, 0, 0, 1])
        >>> order = epoch_order(labels, "oversample", np.random.default_rng(0))
        >>> np.bincount(labels[order]).tolist()
        [3, 3]
    """
    if sampling == ALL:
        return rng.permutation(len(labels))
    members = [np.flatnonzero(labels == one) for one in np.unique(labels)]
    if sampling == UNDER:
        sizes = [min(map(len, members))] * len(members)
    else:
        each, more = divmod(len(labels), len(members))
        sizes = [each + (place < more) for place in range(len(members))]
    chosen = [_drawn(rows, size, rng) for rows, size in zip(members, sizes, strict=True)]
    return rng.permutation(np.concatenate(chosen))


def _drawn(rows: Positions, size: int, rng: np.random.Generator) -> Positions:
    """So many of these, each as often as another but for one."""
    times = -(-size // len(rows))
    return np.concatenate([rng.permutation(rows) for _ in range(times)])[:size]


def class_weights(labels: Labels, class_count: int) -> NDArray[np.float32]:
    """(k,) how much an example of each class counts, so that all classes count the same.

    The mean over the examples is 1; a class without examples gets 1.

    Example:
        >>> class_weights(np.array([0, 0, 1]), 2).tolist()
        [0.75, 1.5]
    """
    counts = np.bincount(labels, minlength=class_count)
    there = counts > 0
    weights = np.ones(class_count, np.float32)
    weights[there] = len(labels) / (there.sum() * counts[there])
    return weights
