"""How much a curve moves by chance, how much it really moves, and which way."""

import math

import numpy as np

from hardex.learning_curves.training_run import Numbers

_MOST_EXAMPLES = 20_000
_SHORT = 8  # values, of which medians leave too little
_EXACT = 2e-6  # of a share, that programs write in single precision
_MOST_VALUES = 200  # more prove nothing new
_BY_CHANCE = 0.02  # the chance of being wrong that is taken
_DECIMALS = 6  # with more, a share is as exact as single precision


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


def best_place(values: Numbers, *, lowest: bool) -> int:
    """Where a curve is best: the best value beside the best of the running medians.

    Of fewer than eight values, the best one: medians would miss it.

    Example:
        >>> best_place(np.array([1.1, 0.9, 0.7, 0.45, 0.62]), lowest=True)
        3
    """
    turned = values if lowest else -values
    if len(values) < _SHORT:
        return int(turned.argmin())
    middle = int(smooth(turned).argmin())
    begin = max(0, middle - 1)
    return begin + int(turned[begin : middle + 2].argmin())


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
    """The number of examples that all these shares are shares of, as far as they tell it.

    None if no number up to 20,000 fits, or if a larger one could hide behind the least that fits:
    of twice as many examples, m different shares are all even by a chance of 2^-m.

    Example:
        >>> examples_behind(np.array([0.5, 0.5625, 0.625, 0.875, 0.6875, 0.9375]))
        16
        >>> examples_behind(np.array([0.51234567, 0.6123459, 0.71234561, 0.7912345])) is None
        True
    """
    count, values = _least_that_fits(shares)
    return count if count and 2.0**-values <= 2 * _BY_CHANCE else None


def fewer_examples_than(
    limit: int, shares: Numbers, *, rounded: bool = True
) -> tuple[int, float] | None:
    """The number of examples behind these shares, if it is surely below a limit.

    Args:
        limit: the number.
        shares: such as the accuracies of validation.
        rounded: whether shares of few decimals may have been rounded to them; they are not where
            the log writes other numbers with more.

    Returns:
        The least number that fits, and how sure it is that the true one, a multiple, is below the
        limit: all m different shares are multiples of k by a chance of k^-m. None if that is not
        clear.

    Example:
        >>> fewer_examples_than(100, np.array([0.75, 0.8125, 0.9375, 0.8125]))
        (16, 0.997)
        >>> fewer_examples_than(100, np.array([0.75, 0.5, 0.75, 0.5])) is None
        True
    """
    count, values = _least_that_fits(shares, rounded)
    if not count or count >= limit:
        return None
    chance = math.ceil(limit / count) ** -float(values)
    return (count, round(1 - chance, 3)) if chance <= _BY_CHANCE else None


def is_rounded(values: Numbers) -> bool:
    """Whether all values have few decimals, as where a program rounds what it writes.

    Example:
        >>> is_rounded(np.array([0.25, 0.5])), is_rounded(np.array([0.25, 0.3333333]))
        (True, False)
    """
    return bool((np.abs(values - np.round(values, _DECIMALS - 1)) < 1e-9).all())


def _least_that_fits(shares: Numbers, rounded: bool = True) -> tuple[int, int]:
    """The least number of examples that fits all shares, and how many shares speak; 0 if none does.

    None and all are shares of any number, so they say nothing.
    """
    values = np.unique(shares[np.isfinite(shares)])
    values = values[(values > 0) & (values < 1)][:_MOST_VALUES]
    if not len(values):
        return 0, 0
    decimals = next(
        (d for d in range(1, _DECIMALS) if (np.abs(values - np.round(values, d)) < 1e-9).all()),
        None,
    )
    if not rounded:
        decimals = None
    exact = _EXACT if decimals is None else max(_EXACT, 0.51 * 10.0**-decimals)
    numbers = np.arange(1, _MOST_EXAMPLES + 1, dtype=np.float64)
    fits = np.ones(len(numbers), np.bool_)
    for value in values:
        fits &= np.abs(np.round(value * numbers) - value * numbers) <= exact * numbers
    found = np.flatnonzero(fits)
    if not len(found):
        return 0, 0
    count = int(numbers[found[0]])
    # Any values fit some number: by chance, one fits `count` with 2 * exact * count.
    by_chance = count * min(1.0, 2 * exact * count) ** len(values)
    enough = len(values) >= (2 if decimals is None else 3)  # round values come by themselves
    return (count, len(values)) if enough and by_chance < _BY_CHANCE else (0, 0)


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
