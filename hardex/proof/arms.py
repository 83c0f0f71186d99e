"""Models trained with a remedy and the same without it -> whether the remedy makes the difference.

A new seed alone gives another model, which is right on other examples. So one model with the remedy
against one without says nothing about the remedy: several of each do.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import sqrt
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.proof.evidence import normal_quantile

FEWEST = 3  # models of each arm
HELPS, HARMS, NO_EFFECT, NOT_ANSWERED = "helps", "harms", "no_measurable_effect", "not_answered"


@dataclass(frozen=True)
class Interval:
    """A difference with its interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class RemedyAnswer:
    """Whether the remedy makes a difference.

    Attributes:
        remedied, placebo: the accuracy of each model of both arms.
        missing_remedied, missing_placebo: how many models an answer still needs.
        level: of both intervals.
        by_seeds: the difference of the means of both arms; its interval is about other seeds on
            these examples. None while models are missing.
        by_examples: the same; its interval is about other examples with these models.
    """

    remedied: tuple[float, ...]
    placebo: tuple[float, ...]
    missing_remedied: int
    missing_placebo: int
    level: float
    by_seeds: Interval | None = None
    by_examples: Interval | None = None

    @property
    def answer(self) -> str:
        """`helps` or `harms` only if both intervals agree; `not_answered` without enough models."""
        if self.by_seeds is None or self.by_examples is None:
            return NOT_ANSWERED
        both = (self.by_seeds, self.by_examples)
        if all(one.low > 0 for one in both):
            return HELPS
        if all(one.high < 0 for one in both):
            return HARMS
        return NO_EFFECT


def remedy_answer(
    remedied: NDArray[np.bool_], placebo: NDArray[np.bool_], level: float
) -> RemedyAnswer:
    """Compare two arms of models on the same examples.

    The interval over seeds is Welch's. A permutation test of the seeds has no assumption of
    normality, but with three models in each arm its smallest p-value is 0.1, so it could never
    answer. The interval over examples is that of the mean of paired differences: of each example,
    the share of remedied models that are right minus the share of the others.

    Args:
        remedied: (r, n) whether each remedied model is right.
        placebo: (p, n) the same of the models without the remedy.
        level: the chance that an interval misses the difference.

    Source:
        Welch, The Generalization of Student's Problem when Several Different Population Variances
        Are Involved (1947).

    Example:
        >>> right = np.arange(100) < np.array([[90], [91], [92], [70], [71], [72]])
        >>> found = remedy_answer(right[:3], right[3:], 0.05)
        >>> found.answer, round(found.by_seeds.value, 2)
        ('helps', 0.2)
    """
    found = RemedyAnswer(
        tuple(remedied.mean(axis=1).tolist()),
        tuple(placebo.mean(axis=1).tolist()),
        max(0, FEWEST - len(remedied)),
        max(0, FEWEST - len(placebo)),
        level,
    )
    if found.missing_remedied or found.missing_placebo:
        return found
    return replace(
        found,
        by_seeds=difference_of_means(found.remedied, found.placebo, level),
        by_examples=_paired(remedied.mean(axis=0) - placebo.mean(axis=0), level),
    )


def difference_of_means(
    some: Sequence[float], others: Sequence[float], level: float = 0.05
) -> Interval:
    """The mean of some values minus that of others, with Welch's interval; two or more of each.

    Example:
        >>> found = difference_of_means([3.0, 5.0], [1.0, 1.0])
        >>> found.value, round(found.low, 2), round(found.high, 2)  # 1 degree of freedom
        (3.0, -9.71, 15.71)
    """
    parts = [np.var(arm, ddof=1) / len(arm) for arm in (some, others)]
    error = sqrt(sum(parts))
    value = float(np.mean(some) - np.mean(others))
    if not error:
        return Interval(value, value, value)
    freedom = error**4 / sum(
        part**2 / (len(arm) - 1) for part, arm in zip(parts, (some, others), strict=True)
    )
    half = _student(1 - level / 2, float(freedom)) * error
    return Interval(value, value - half, value + half)


def _paired(differences: NDArray[np.float64], level: float) -> Interval:
    value = float(differences.mean())
    error = float(differences.std(ddof=1)) / sqrt(len(differences)) if len(differences) > 1 else 1.0
    half = normal_quantile(1 - level / 2) * error
    return Interval(value, value - half, value + half)


def _student(share: float, freedom: float) -> float:
    from scipy.special import stdtrit

    value: Any = stdtrit(freedom, share)
    return float(value)
