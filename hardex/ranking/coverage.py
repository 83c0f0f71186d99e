"""A ranking and the pool it was chosen from -> how much of the variety it shows."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from math import exp, lgamma

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.ranking.diverse import Features, farthest_first

_CLUSTERS = 20
_ROUNDS = 20


@dataclass(frozen=True)
class Covered:
    """How many kinds the ranking shows, beside a random pick of the same size.

    Attributes:
        covered: kinds with one example or more in the ranking.
        total: kinds in the pool.
        random: kinds that a random pick of the same size shows on average.
    """

    covered: int
    total: int
    random: float


def covered(kinds: Labels, chosen: NDArray[np.bool_]) -> Covered:
    """Count the kinds among the chosen examples, and those expected of a random pick.

    Args:
        kinds: (m,) the kind of each example of the pool.
        chosen: (m,) whether it is in the ranking.

    Example:
        >>> covered(np.array([7, 7, 8]), np.array([True, False, True]))
        Covered(covered=2, total=2, random=1.667)
    """
    sizes = np.unique(kinds, return_counts=True)[1]
    picked, count = int(chosen.sum()), len(kinds)
    missed = sum(_chance_of_none(int(size), picked, count) for size in sizes)
    return Covered(len(np.unique(kinds[chosen])), len(sizes), round(len(sizes) - missed, 3))


def _chance_of_none(size: int, picked: int, count: int) -> float:
    """The chance that `picked` of `count`, without replacement, include none of a kind."""
    if size + picked > count:
        return 0.0
    return exp(
        lgamma(count - size + 1)
        + lgamma(count - picked + 1)
        - lgamma(count - size - picked + 1)
        - lgamma(count + 1)
    )


def clusters(
    features: Features, rng: np.random.Generator, *, count: int = _CLUSTERS
) -> NDArray[np.intp]:
    """(m,) the cluster of each example.

    Source:
        Lloyd's k-means, started farthest first; features that are too wide are sketched.

    Example:
        >>> two_heaps = Features.of(np.array([[0.0], [9.0], [0.1], [9.1]]))
        >>> clusters(two_heaps, np.random.default_rng(0), count=2)
        array([0, 1, 0, 1])
    """
    if not len(features):
        return np.zeros(0, np.intp)
    points = features.sketch(rng)
    starts = [row for row, gain in islice(_spread(points), count) if gain > 0]
    centres = points[starts]
    for _ in range(_ROUNDS):
        nearest = _nearest(points, centres)
        members = np.bincount(nearest, minlength=len(centres))
        sums = np.zeros_like(centres)
        np.add.at(sums, nearest, points)
        moved = np.where(members[:, None] > 0, sums / np.maximum(1, members)[:, None], centres)
        if np.array_equal(moved, centres):
            break
        centres = moved
    return _nearest(points, centres)


def _spread(points: NDArray[np.float64]) -> Iterator[tuple[int, float]]:
    return farthest_first(Features.of(points), lambda row: False)


def _nearest(points: NDArray[np.float64], centres: NDArray[np.float64]) -> NDArray[np.intp]:
    squares = (centres**2).sum(axis=1) - 2 * points @ centres.T
    return np.asarray(squares.argmin(axis=1))
