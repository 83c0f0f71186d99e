"""The tests by which a check rules out chance."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities

_GOOD = 0.95  # a model that is certainly better than this is not searched for causes
_ENOUGH = 0.8
_GAIN = 0.1  # accuracy that a change must add, unless it removes half of the errors
RARE = 1e-3  # level of the tests, divided by the number of alternatives tried
SLIGHT = 0.02  # a smaller difference of accuracies counts as none
_LOSS_LEFT = 0.8  # the most of the loss that may be left where a test is sure
_LOSS_LEFT_AS_GIVEN = 0.7  # the same of the loss of the confidences as they are given
_LOSS_LEFT_WITH_IT = 0.85  # and of the calibrated one with it
_LIKELY = 0.1  # level for the calibrated loss where the other test is sure
_CALIBRATED = 2.0  # at most this factor between confidences and those that fit best
_WELL_CALIBRATED, _FAR_TOO_UNSURE = 1.4, 2.0
_NOTHING_TO_GAIN = 0.005  # calibrated loss of a model that is practically always right
_FEWEST = 30  # examples for a test on losses
_POWERS = (float(np.log(0.03)), float(np.log(6)))  # no healthy model needs a larger correction
_LEAST_PROBABILITY = 1e-37


def is_surely_good(hits: int, n: int) -> bool:
    """Whether the accuracy is certainly 95 % or more."""
    return wilson_interval(hits, n)[0] >= _GOOD


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


@dataclass(frozen=True, eq=False)
class Losses:
    """How badly each example is predicted.

    Attributes:
        given: (n,) its cross-entropy.
        calibrated: (n,) the same after one power is applied to all probabilities, the one that
            fits best: what is left does not depend on how sure the model is.
        power: that power; 1 if the confidences are right, less if they are too high.
    """

    given: NDArray[np.float64]
    calibrated: NDArray[np.float64]
    power: float


def losses(probabilities: Probabilities, labels: Labels) -> Losses:
    """The losses of some examples.

    Source of the power: temperature scaling (Guo et al. 2017).

    Example:
        >>> sure = losses(np.array([[0.99, 0.01]] * 3 + [[0.01, 0.99]]), np.zeros(4, np.int64))
        >>> sure.calibrated.mean() < sure.given.mean() and sure.power < 1
        True
    """
    from scipy.optimize import minimize_scalar

    logs = np.log(np.maximum(probabilities.astype(np.float64), _LEAST_PROBABILITY))
    rows = np.arange(len(labels))

    def after(power: float) -> NDArray[np.float64]:
        scaled = power * (logs - logs.max(axis=1, keepdims=True))
        each: NDArray[np.float64] = np.log(np.exp(scaled).sum(axis=1)) - scaled[rows, labels]
        return each

    found = minimize_scalar(
        lambda x: float(after(np.exp(x)).mean()),
        bounds=_POWERS,
        method="bounded",
        options={"xatol": 0.02},
    )
    power = float(np.exp(found.x))
    given = np.minimum(after(1.0), -np.log(1e-7))
    return Losses(given, np.minimum(after(power), given.max(initial=1.0)), power)


def loses_less(after: Losses, before: Losses, *, alternatives: int) -> bool:
    """Whether the losses are certainly and much smaller, by t-tests on their differences.

    Either the calibrated loss alone is certain: a healthy model that is too sure or not sure
    enough gains nothing by it. Or the loss as given is, the calibrated one agrees, and afterwards
    the confidences are about right, as they are with the preprocessing of the training. Or the
    confidences were far too low, which training hardly ever gives, and are right afterwards,
    without a loss of information. Chosen in a pilot; see `docs/architecture.md`.
    """
    if len(after.given) < _FEWEST or before.calibrated.mean() < _NOTHING_TO_GAIN:
        return False
    left = _ratio(after.calibrated, before.calibrated)
    level = RARE / max(1, alternatives)
    p = _p_of_less(after.calibrated, before.calibrated)
    if left < _LOSS_LEFT and p < level:
        return True
    if not (
        _ratio(after.given, before.given) < _LOSS_LEFT_AS_GIVEN
        and _p_of_less(after.given, before.given) < level
    ):
        return False
    agrees = left < _LOSS_LEFT_WITH_IT and p < _LIKELY
    roughly_right = 1 / _CALIBRATED < after.power < _CALIBRATED
    if agrees and roughly_right:
        return True
    right = 1 / _WELL_CALIBRATED < after.power < _WELL_CALIBRATED
    return left < 1 and right and before.power > _FAR_TOO_UNSURE


def _ratio(after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    return float(after.mean() / max(before.mean(), 1e-12))


def _p_of_less(after: NDArray[np.float64], before: NDArray[np.float64]) -> float:
    """One-sided, of the paired t-test."""
    from scipy.stats import t

    gain = before - after
    spread = float(gain.std(ddof=1))
    if spread == 0:
        return 1.0 if gain.mean() <= 0 else 0.0
    return float(t.sf(gain.mean() / spread * np.sqrt(len(gain)), len(gain) - 1))


def explains(after: float, before: float) -> bool:
    """Whether an accuracy is what a cause would leave: half are right, or half the errors gone."""
    return after >= 0.5 or 1 - after <= (1 - before) / 2


def is_poor(hits: int, n: int) -> bool:
    """Whether the accuracy is certainly below 95 %."""
    return wilson_interval(hits, n)[1] < _GOOD


def is_known(hits: int, n: int) -> bool:
    """Whether there are enough examples to call an accuracy good: it is certainly above 80 %."""
    return wilson_interval(hits, n)[0] >= _ENOUGH


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
