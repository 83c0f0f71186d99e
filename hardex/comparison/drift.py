"""Successive models -> the examples that each believes less than the one before."""

from dataclasses import dataclass
from itertools import pairwise
from math import factorial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.predict.balance import two_sided
from hardex.predict.slices import ALPHA

LEAST = 3  # models; of two, every change is steady


@dataclass(frozen=True, eq=False)
class Drift:
    """Examples whose probability of the label changes steadily over m models, in their order.

    Attributes:
        falling: rows where it falls with every model, the largest fall first.
        falls: how far it falls, in the same order.
        rising: how many examples rise with every model.
        examples: n, all of them.
        chance: of a steady fall where the order of the models means nothing, 1 / m!.
        p: of so many steady falls, or more, by chance.
        p_balance: of so uneven a split of steady falls and rises, if both were equally likely.
        is_worse: whether the last model is less often right than the first, beyond chance.
    """

    falling: NDArray[np.intp]
    falls: NDArray[np.float32]
    rising: int
    examples: int
    chance: float
    p: float
    p_balance: float
    is_worse: bool

    @property
    def expected(self) -> float:
        """How many steady falls chance explains, at most."""
        return self.examples * self.chance

    @property
    def is_overfitting(self) -> bool:
        """Whether there are more steady falls than chance explains, and more than rises.

        Models that are only surer of everything make labels fall where they are wrong and rise
        where they are right; that is no overfitting, and rises are then more frequent. Models
        that are only less sure make most labels fall, and are as often right as before.
        """
        more_fall = len(self.falling) > self.rising and self.p_balance < ALPHA
        return self.p < ALPHA and more_fall and self.is_worse


def drift(label_probability: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> Drift | None:
    """Find steady falls and test them against chance; None of fewer than three models.

    If the order of the models means nothing, each order of the m probabilities of an example is
    equally likely, and a strict fall has the chance 1 / m! (less where two are equal). The test
    takes the examples as independent.

    Args:
        label_probability: (m, n) in the order of the models.
        right: (m, n) whether each answer is right.

    Example:
        >>> p = np.array([[0.9, 0.5], [0.6, 0.7], [0.2, 0.6]])
        >>> found = drift(p, p >= 0.5)
        >>> found.falling.tolist(), round(float(found.falls[0]), 2), round(found.p, 3)
        ([0], 0.7, 0.306)
    """
    from scipy.stats import binomtest

    models, examples = label_probability.shape
    if models < LEAST or not examples:
        return None
    falls = np.ones(examples, bool)
    rises = np.ones(examples, bool)
    for before, after in pairwise(label_probability):
        falls &= after < before
        rises &= after > before
    rows = np.flatnonzero(falls)
    sizes = (label_probability[0] - label_probability[-1])[rows]
    order = np.argsort(-sizes, kind="stable")
    rising, chance = int(rises.sum()), 1 / factorial(models)
    return Drift(
        rows[order],
        sizes[order].astype(np.float32),
        rising,
        examples,
        chance,
        float(binomtest(len(rows), examples, chance, alternative="greater").pvalue),
        float(two_sided(np.array([len(rows)]), np.array([rising]))[0]),
        _is_worse(right[0], right[-1]),
    )


def _is_worse(first: NDArray[np.bool_], last: NDArray[np.bool_]) -> bool:
    """Whether the last model is less often right than the first, beyond chance."""
    broken, repaired = int((first & ~last).sum()), int((last & ~first).sum())
    p = float(two_sided(np.array([repaired]), np.array([broken]))[0])
    return broken > repaired and p < ALPHA
