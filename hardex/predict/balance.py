"""The confusion matrix -> the classes that are predicted too rarely or too often.

An example of class i that is predicted as another class takes one prediction from i; an example of
another class that is predicted as i gives one. If both kinds are equally many, i is predicted as
often as it is given, however many errors there are.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.predict.slices import ALPHA as ALPHA
from hardex.predict.slices import holm

FEWER = 0.8  # a share of predictions below this, or above one over it, is worth a flag


@dataclass(frozen=True, eq=False)
class Balance:
    """How often each class is given and predicted, and whether chance explains the difference.

    Attributes:
        given, predicted: (k,) how often.
        p: (k,) how likely so uneven a difference is by chance; exact, two sides.
        p_adjusted: (k,) the same after Holm's correction for the number of classes.
    """

    given: NDArray[np.int64]
    predicted: NDArray[np.int64]
    p: NDArray[np.float64]
    p_adjusted: NDArray[np.float64]

    def flags(self) -> tuple[str, ...]:
        """One flag per class: `never`, `seldom`, `often`, or "" for none.

        A flag needs both: chance does not explain the difference (adjusted p below 0.05), and it
        is large enough to matter (fewer than 0.8 predictions per given example, or more than
        1.25). With many examples the first alone would flag negligible differences; with few
        the second alone would flag noise. `never` is `seldom` without a single prediction.
        """
        return tuple(map(_flag, self.given.tolist(), self.predicted.tolist(), self.p_adjusted))


def class_balance(counts: NDArray[np.int64]) -> Balance:
    """Given against predicted, class by class.

    Only errors count. If class i were predicted as often as it is given, each error that involves
    i would be as likely to take a prediction from it as to add one.

    Args:
        counts: (k, k), given class by predicted class.

    Source:
        McNemar, Note on the Sampling Error of the Difference Between Correlated Proportions or
        Percentages (1947), in its exact form, for each class against the rest; Stuart, A Test for
        Homogeneity of the Marginal Distributions in a Two-Way Classification (1955); Holm (1979).
        A share of 0.8 is the four-fifths rule of the Uniform Guidelines on Employee Selection
        Procedures (1978).

    Example:
        >>> found = class_balance(np.array([[60, 40], [2, 98]]))
        >>> found.given.tolist(), found.predicted.tolist()
        ([100, 100], [62, 138])
        >>> found.flags()
        ('seldom', 'often')
    """
    given, predicted, right = counts.sum(axis=1), counts.sum(axis=0), counts.diagonal()
    p = two_sided(given - right, predicted - right)
    return Balance(given, predicted, p, holm(p))


def two_sided(
    heads: NDArray[np.int64],
    tails: NDArray[np.int64],
    chance: float | NDArray[np.float64] = 0.5,
) -> NDArray[np.float64]:
    """How likely a coin falls at least as unevenly as this: twice its smaller tail.

    Args:
        heads, tails: (m,) how often it fell on either side.
        chance: of heads, one for all or (m,).

    Returns:
        (m,) in [0, 1]; without a toss 1.

    Example:
        >>> two_sided(np.array([3, 0, 5]), np.array([0, 0, 5]))
        array([0.25, 1.  , 1.  ])
    """
    from scipy.special import bdtr, bdtrc

    tosses = heads + tails
    at_most = bdtr(heads.astype(np.float64), tosses, chance)
    at_least = bdtrc(heads - 1.0, tosses, chance)
    return np.asarray(np.minimum(1.0, 2 * np.minimum(at_most, at_least)), np.float64)


def _flag(given: int, predicted: int, p_adjusted: float) -> str:
    if p_adjusted >= ALPHA:
        return ""
    if predicted < FEWER * given:
        return "seldom" if predicted else "never"
    return "often" if given < FEWER * predicted else ""
