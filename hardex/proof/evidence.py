"""Which answers are right before and after -> the difference, and whether chance explains it."""

from dataclasses import dataclass
from math import ceil, log2, sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.comparison.differences import DRAWS, paired_interval
from hardex.predict.balance import two_sided

BETTER, WORSE, SAME, NOT_PROVABLE = "better", "worse", "no_measurable_difference", "not_provable"
VERDICTS = (BETTER, WORSE, SAME, NOT_PROVABLE)
POWER = 0.8  # the chance with which a detectable difference is found
_DRAWS_MOST = 1_000_000
_DRAWS_IN_TAILS = 500  # of the bootstrap, so that the ends of an interval at a small level are sure


@dataclass(frozen=True)
class Evidence:
    """The accuracy after a change minus that before, on the same examples.

    Attributes:
        examples: how many.
        difference: above 0 where the later model is better.
        low, high: its interval at the level, from a paired bootstrap.
        repaired, broken: examples that only the later model has right, and only the earlier one.
        p_mcnemar: the chance of so uneven a split if both were equally good; exact.
        level: the chance of calling two equally good models different.
        detectable: the smallest difference that would be found with 80 % power.
        needed: how many such examples would show this difference with 80 % power; None of none.
    """

    examples: int
    difference: float
    low: float
    high: float
    repaired: int
    broken: int
    p_mcnemar: float
    level: float
    detectable: float
    needed: int | None

    @property
    def verdict(self) -> str:
        """`better` or `worse` only if the interval and the exact test agree at the level."""
        if self.p_mcnemar < self.level and self.low > 0:
            return BETTER
        if self.p_mcnemar < self.level and self.high < 0:
            return WORSE
        return SAME


def evidence(
    before: NDArray[np.bool_], after: NDArray[np.bool_], level: float, rng: np.random.Generator
) -> Evidence:
    """Whether one of two models is better.

    Args:
        before, after: (n,) whether each model is right, n at least 1.
        level: the chance of calling two equally good models different, between 0 and 1.
        rng: draws the bootstrap.

    Source:
        McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions or
        Percentages (1947), exact form; Efron and Tibshirani, An Introduction to the Bootstrap
        (1993), percentile intervals.

    Example:
        >>> right = np.ones(40, bool)
        >>> found = evidence(np.arange(40) < 30, right, 0.05, np.random.default_rng(0))
        >>> found.difference, found.repaired, found.broken, found.verdict
        (0.25, 10, 0, 'better')
    """
    n = len(before)
    repaired, broken = int((after & ~before).sum()), int((before & ~after).sum())
    counts = (np.array([repaired]), np.array([broken]), np.array([n]))
    draws = int(min(_DRAWS_MOST, max(DRAWS, 2 * _DRAWS_IN_TAILS / level)))
    ((low, high),) = paired_interval(*counts, rng, draws, level).tolist()
    difference = (repaired - broken) / n
    share = (repaired + broken) / n
    return Evidence(
        n,
        difference,
        low,
        high,
        repaired,
        broken,
        float(two_sided(counts[0], counts[1])[0]),
        level,
        detectable(share, n, level),
        examples_needed(difference, share, level),
    )


def level_of_use(number: int, level: float = 0.05) -> float:
    """The level at which the k-th use of the same examples is judged: level / (k (k + 1)).

    However often they are used, the levels add up to no more than `level`.

    Example:
        >>> [round(level_of_use(k), 4) for k in (1, 2, 3)]
        [0.025, 0.0083, 0.0042]
    """
    return level / (number * (number + 1))


def detectable(share: float, examples: int, level: float) -> float:
    """The smallest difference that is found with 80 % power, by the normal approximation.

    It is never less than what the fewest answers make that a test can tell from chance, and 1
    where all examples together are too few for a test.

    Args:
        share: of examples that only one of the models has right, 0..1.
        examples: how many, at least 1.
        level: of the test.

    Source:
        Connor, Sample Size for Testing Differences in Proportions for the Paired-Sample Design
        (1987), with the variance under no difference, which asks for a little more.

    Example:
        >>> round(detectable(0.02, 10_000, 0.05), 5)
        0.00396
    """
    by_power = _deviations(level) * sqrt(share / examples)
    return min(1.0, max(by_power, fewest_flips(level) / examples))


def examples_needed(difference: float, share: float, level: float) -> int | None:
    """How many examples of this kind show a difference with 80 % power; None where there is none.

    Example:
        >>> examples_needed(0.00396, 0.02, 0.05)
        10011
    """
    if not difference:
        return None
    by_power = _deviations(level) ** 2 * share / difference**2
    return ceil(max(by_power, fewest_flips(level) / abs(difference)))


def fewest_flips(level: float) -> int:
    """How many answers must differ, all in one direction, before the exact test can tell.

    Example:
        >>> fewest_flips(0.05), fewest_flips(0.025)
        (6, 7)
    """
    count = ceil(1 - log2(level))
    return count if two_sided(np.array([count]), np.array([0]))[0] < level else count + 1


def _deviations(level: float) -> float:
    """How many standard errors a difference must have to be found with 80 % power."""
    return normal_quantile(1 - level / 2) + normal_quantile(POWER)


def normal_quantile(share: float) -> float:
    """The value below which this share of a standard normal distribution lies."""
    from scipy.special import ndtri

    value: Any = ndtri(share)
    return float(value)
