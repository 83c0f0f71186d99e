"""The tests by which a check rules out chance."""

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities

_GOOD = 0.95  # a model that is certainly better than this is not searched for causes
_GAIN = 0.1  # accuracy that a change must add, unless it removes half of the errors
RARE = 1e-3  # level of the tests, divided by the number of alternatives tried
SLIGHT = 0.02  # a smaller difference of accuracies counts as none


def is_suspicious(probabilities: Probabilities, right: NDArray[np.bool_]) -> bool:
    """Whether to look for a cause: not certainly good, or far more confident than accurate."""
    low, _ = wilson_interval(int(right.sum()), len(right))
    return low < _GOOD or overconfidence_p(probabilities, right) < 1e-6


def is_far_better(
    after: NDArray[np.bool_], before: NDArray[np.bool_], *, alternatives: int
) -> bool:
    """Whether the gain is large and McNemar's exact test agrees.

    Large: half of the errors are gone; or a tenth of all examples improve, and with them a third
    of the errors are gone or twice as many are right as before.
    """
    gain, errors = float(after.mean() - before.mean()), 1 - float(before.mean())
    large = gain >= _GAIN and (gain >= errors / 3 or after.mean() >= 2 * before.mean())
    if not large and not gain >= errors / 2 > 0:
        return False
    return mcnemar_p(after, before) < RARE / max(1, alternatives)


def can_be_far_better(before: NDArray[np.bool_]) -> bool:
    """Whether any answers could pass `is_far_better`: if all errors were fixed and none added.

    Example:
        >>> can_be_far_better(np.arange(27) < 18), can_be_far_better(np.arange(27) < 17)
        (False, True)
    """
    return mcnemar_p(np.ones_like(before), before) < RARE


def chance_accuracy(predicted: Labels, given: Labels) -> float:
    """The expected accuracy of these predictions in random order."""
    k = 1 + int(max(predicted.max(), given.max()))
    counts = np.bincount(given, minlength=k) @ np.bincount(predicted, minlength=k)
    return float(counts) / len(given) ** 2


def mcnemar_p(after: NDArray[np.bool_], before: NDArray[np.bool_]) -> float:
    """The p-value of so many fixed among the changed answers, by McNemar's exact test."""
    fixed, broken = int((after & ~before).sum()), int((before & ~after).sum())
    return binomial_tail(fixed, fixed + broken, 0.5)


def overconfidence_p(probabilities: Probabilities, right: NDArray[np.bool_]) -> float:
    """The p-value of so many errors if the confidences were right (Poisson)."""
    from scipy.stats import poisson

    expected = float((1 - probabilities.max(axis=1)).sum(dtype=np.float64))
    return float(poisson.sf(int((~right).sum()) - 1, max(expected, 1e-9)))


def binomial_tail(hits: int, n: int, share: float) -> float:
    """The probability of `hits` or more of n, each with this share."""
    from scipy.stats import binom

    return float(binom.sf(hits - 1, n, min(share, 1.0)))


def wilson_interval(hits: int, n: int) -> tuple[float, float]:
    """Wilson's 95 % interval of a share."""
    z, share = 1.96, hits / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * float(np.sqrt(share * (1 - share) / n + z * z / (4 * n * n)))
    return max(0.0, middle - half), min(1.0, middle + half)


def mean_loss(probabilities: Probabilities, labels: Labels) -> float:
    """The mean cross-entropy."""
    given = probabilities[np.arange(len(labels)), labels].astype(np.float64)
    return float(-np.log(np.maximum(given, 1e-7)).mean())
