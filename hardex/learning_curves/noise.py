"""How much a curve moves by chance, how much it really moves, and which way."""

import math

import numpy as np

from hardex.learning_curves.training_run import Numbers

_MOST_EXAMPLES = 20_000
_EXACT = 2e-6  # of a share, that programs write
_FEW = 3  # values that must differ


def noise(values: Numbers) -> float:
    """The standard deviation of a curve around a smooth one.

    From the median of second differences, so that trends, bends and single spikes do not count.

    Source: Gasser, Sroka and Jennen-Steinmetz, Residual Variance and Residual Pattern in Nonlinear
        Regression (1986), with a median in place of a mean.

    Example:
        >>> noise(np.array([5.0, 4.0, 3.0, 2.0, 1.0]))
        0.0
    """
    if len(values) < 4:
        return 0.0
    return float(1.4826 * np.median(np.abs(np.diff(values, 2))) / math.sqrt(6))


def smooth(values: Numbers, width: int = 3) -> Numbers:
    """Running medians; a curve of less than five values stays as it is.

    Example:
        >>> smooth(np.array([3.0, 9.0, 2.0, 1.0, 1.0, 1.0]))
        array([3., 3., 2., 1., 1., 1.])
    """
    if len(values) < 5 or width < 3:
        return values
    half = width // 2
    padded = np.concatenate([np.full(half, values[0]), values, np.full(half, values[-1])])
    found: Numbers = np.median(np.lib.stride_tricks.sliding_window_view(padded, width), axis=1)
    return found


def trend(values: Numbers) -> tuple[float, float]:
    """Kendall's tau of a curve against time, and its p value; (0, 1) if there is too little.

    Example:
        >>> round(trend(np.array([5.0, 4.0, 3.0, 2.0, 1.0]))[0], 3)
        -1.0
    """
    if len(values) < 3 or np.ptp(values) == 0:
        return 0.0, 1.0
    from scipy.stats import kendalltau

    found = kendalltau(np.arange(len(values)), values)
    return float(found.statistic), float(found.pvalue)


def thirds(values: Numbers) -> tuple[Numbers, Numbers, Numbers]:
    """The beginning, the middle and the end of a curve; none is empty if there are three values.

    Example:
        >>> [len(part) for part in thirds(np.arange(10.0))]
        [3, 4, 3]
    """
    third = max(1, len(values) // 3)
    return values[:third], values[third : len(values) - third], values[len(values) - third :]


def examples_behind(shares: Numbers) -> int | None:
    """The least number of examples that all these shares can be shares of.

    None if no number up to 20,000 fits, or if there are too few different values to tell.

    Example:
        >>> examples_behind(np.array([0.5, 0.5625, 0.625, 0.875, 0.6875, 0.9375]))
        16
        >>> examples_behind(np.array([0.51234567, 0.6123459, 0.71234561, 0.7912345])) is None
        True
    """
    values = np.unique(shares[np.isfinite(shares)])
    if len(values) < _FEW or (values == np.round(values, 3)).all():
        return None  # rounded values say nothing
    numbers = np.arange(1, _MOST_EXAMPLES + 1, dtype=np.float64)
    fits = np.ones(len(numbers), np.bool_)
    for value in values[:200]:
        apart = np.abs(np.round(value * numbers) - value * numbers)
        fits &= apart <= _EXACT * numbers
    found = np.flatnonzero(fits)
    if not len(found):
        return None
    count = int(numbers[found[0]])
    # Numbers so large that they fit anything tell nothing.
    return count if 2 * _EXACT * count * len(values) < 0.05 else None


def binomial_noise(share: float, examples: int | None) -> float:
    """The standard deviation of a share of so many examples; 0 if nobody knows how many.

    Example:
        >>> binomial_noise(0.5, 100)
        0.05
    """
    if not examples:
        return 0.0
    return math.sqrt(max(share * (1 - share), 0.25 / examples) / examples)


def entropy_of_constant(share: float) -> float:
    """The least cross-entropy of a model that knows only that one class has this share.

    Example:
        >>> round(entropy_of_constant(0.5), 3)
        0.693
    """
    p = min(max(share, 1e-6), 1 - 1e-6)
    return float(-p * math.log(p) - (1 - p) * math.log(1 - p))
