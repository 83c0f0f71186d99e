"""Two models on the same examples -> is one better? Intervals and exact tests of the difference.

Only examples that one model has right and the other wrong say anything about the difference.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.predict.balance import two_sided
from hardex.predict.slices import ALPHA, holm

DRAWS = 10_000  # of the bootstrap
_DRAWS_OF_CLASS = 2_000
_CLASSES_MOST = 50  # of a pair that get an interval: those with the smallest p


@dataclass(frozen=True)
class Difference:
    """The accuracy of run `b` minus that of run `a`.

    Attributes:
        a, b: names of the runs.
        difference: above 0 where `b` is better.
        low, high: its 95 % interval from a paired bootstrap.
        repaired, broken: examples that only `b` has right, and only `a`.
        p_mcnemar: the chance of so uneven a split if both were equally good; exact.
        p_holm: the same after Holm's correction for the number of pairs.
    """

    a: str
    b: str
    difference: float
    low: float
    high: float
    repaired: int
    broken: int
    p_mcnemar: float
    p_holm: float


@dataclass(frozen=True)
class ClassDifference:
    """As `Difference`, among the examples of one given class; Holm's correction is over classes.

    Attributes:
        class_name: the class.
        examples: how many it has.
    """

    class_name: str
    examples: int
    difference: float
    low: float
    high: float
    repaired: int
    broken: int
    p_mcnemar: float
    p_holm: float


def paired_interval(
    repaired: NDArray[np.int64],
    broken: NDArray[np.int64],
    examples: NDArray[np.int64],
    rng: np.random.Generator,
    draws: int = DRAWS,
    level: float = ALPHA,
) -> NDArray[np.float64]:
    """Intervals of differences of accuracy, from a paired bootstrap of the examples.

    A resample of n examples is a multinomial draw of the kinds of examples, so that one draw of
    three numbers stands for the n of them.

    Args:
        repaired, broken: (m,) examples that only the second model has right, and only the first.
        examples: (m,) all of them, at least 1.
        rng: draws.
        draws: how many resamples.
        level: the chance that an interval misses the difference; 0.05 gives 95 % intervals.

    Returns:
        (m, 2) lower and upper ends.

    Source:
        Efron and Tibshirani, An Introduction to the Bootstrap (1993), percentile intervals.

    Example:
        >>> nothing, all = np.array([0]), np.array([9])
        >>> paired_interval(nothing, nothing, all, np.random.default_rng(0)).tolist()
        [[0.0, 0.0]]
    """
    shares = np.stack([repaired, broken, examples - repaired - broken], axis=-1) / examples[:, None]
    drawn = rng.multinomial(examples, shares, size=(draws, len(examples)))
    gains = (drawn[..., 0] - drawn[..., 1]) / examples
    return np.quantile(gains, (level / 2, 1 - level / 2), axis=0).T + 0.0  # no -0.0


def differences(
    names: Sequence[str], right: NDArray[np.bool_], rng: np.random.Generator
) -> tuple[Difference, ...]:
    """The difference of every pair of runs, earlier against later.

    Args:
        names: of m runs.
        right: (m, n) whether each answer is right.
        rng: draws the bootstrap.

    Source:
        McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions or
        Percentages (1947), exact form; Holm, A Simple Sequentially Rejective Multiple Test
        Procedure (1979).

    Example:
        >>> right = np.array([[0, 0, 0, 1], [1, 1, 1, 1]]) > 0
        >>> (found,) = differences(["a", "b"], right, np.random.default_rng(0))
        >>> found.difference, found.repaired, found.broken, found.p_mcnemar
        (0.75, 3, 0, 0.25)
    """
    n = right.shape[1]
    firsts, seconds = np.triu_indices(len(names), 1)
    both = shared(right)
    each = both.diagonal()
    repaired, broken = each[seconds] - both[firsts, seconds], each[firsts] - both[firsts, seconds]
    examples = np.full(len(firsts), n)
    p = two_sided(repaired, broken)
    columns = (repaired, broken, paired_interval(repaired, broken, examples, rng), p, holm(p))
    pairs = zip(firsts.tolist(), seconds.tolist(), strict=True)
    return tuple(
        Difference(names[a], names[b], *_figures(row, n))
        for (a, b), *row in zip(pairs, *columns, strict=True)
    )


def class_differences(
    class_names: Sequence[str],
    given: NDArray[np.integer[Any]],
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[ClassDifference, ...]:
    """The difference of two runs class by class, in the order of the classes.

    Of many classes the 50 with the smallest p are kept. The correction counts every class that has
    examples.

    Args:
        class_names: k names.
        given: (n,) classes by number.
        before, after: (n,) whether each run is right.
        rng: draws the bootstrap.
    """
    k = len(class_names)
    examples, repaired, broken = (
        np.bincount(given[rows], minlength=k)
        for rows in (slice(None), after & ~before, before & ~after)
    )
    present = np.flatnonzero(examples)
    p = two_sided(repaired[present], broken[present])
    adjusted = holm(p)
    kept = np.sort(np.argsort(p, kind="stable")[:_CLASSES_MOST])
    rows = present[kept]
    intervals = paired_interval(repaired[rows], broken[rows], examples[rows], rng, _DRAWS_OF_CLASS)
    columns = (repaired[rows], broken[rows], intervals, p[kept], adjusted[kept])
    return tuple(
        ClassDifference(class_names[row], int(examples[row]), *_figures(found, int(examples[row])))
        for row, *found in zip(rows.tolist(), *columns, strict=True)
    )


def shared(flags: NDArray[np.bool_]) -> NDArray[np.int64]:
    """(m, m) how many examples are true for both of each pair of rows.

    Example:
        >>> shared(np.array([[1, 1, 0], [0, 1, 1]]) > 0).tolist()
        [[2, 1], [1, 2]]
    """
    m = len(flags)
    found = np.zeros((m, m), np.int64)
    packed = np.packbits(flags, axis=1)
    for row in range(m):
        found[row] = np.bitwise_count(packed[row] & packed).sum(axis=1, dtype=np.int64)
    return found


def _figures(row: Sequence[Any], examples: int) -> tuple[Any, ...]:
    """The fields of a difference behind its names."""
    repaired, broken, (low, high), p, p_holm = row
    difference = (int(repaired) - int(broken)) / examples
    low, high = float(low), float(high)
    return difference, low, high, int(repaired), int(broken), float(p), float(p_holm)
