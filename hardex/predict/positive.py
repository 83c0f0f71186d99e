"""One class against the rest -> what is missed and what is falsely alarmed, and at which threshold.

In a search for tumours or defects, the two kinds of error of one class matter, and not accuracy.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import HardexError
from hardex.predict.metrics import share

_DRAWS = 10_000  # of the bootstrap
_POINTS_MOST = 201  # of a curve as plain data


@dataclass(frozen=True)
class OneClass:
    """How well one class is told from the rest.

    Attributes:
        found, missed: positive examples predicted as positive, and as another class.
        alarms, rest: other examples predicted as positive, and as another class.
        f1_low, f1_high: the 95 % interval of F1 from a bootstrap; None without positives.

    Source:
        F1: van Rijsbergen, Information Retrieval (1979). Intervals of shares: Wilson (1927).

    Example:
        >>> OneClass(8, 2, 4, 86, 0.5, 0.9).f1
        0.7272727272727273
    """

    found: int
    missed: int
    alarms: int
    rest: int
    f1_low: float | None
    f1_high: float | None

    @property
    def f1(self) -> float | None:
        """The harmonic mean of precision and sensitivity; None where nothing is positive."""
        whole = 2 * self.found + self.missed + self.alarms
        return 2 * self.found / whole if whole else None

    def as_dict(self) -> dict[str, Any]:
        """Plain data: counts, and shares with their 95 % intervals."""
        return {
            "true_positives": self.found,
            "false_negatives": self.missed,
            "false_positives": self.alarms,
            "true_negatives": self.rest,
            "sensitivity": share(self.found, self.found + self.missed),
            "specificity": share(self.rest, self.rest + self.alarms),
            "precision": share(self.found, self.found + self.alarms),
            "f1": {"value": self.f1, "low": self.f1_low, "high": self.f1_high},
        }


def one_class(
    is_positive: NDArray[np.bool_], is_predicted: NDArray[np.bool_], rng: np.random.Generator
) -> OneClass:
    """Count the two kinds of error of one class.

    Args:
        is_positive, is_predicted: (n,) whether the given and the predicted class is this one.
        rng: draws the bootstrap of F1, for which only the four counts are needed.

    Example:
        >>> given, predicted = np.array([True, True, False]), np.array([True, False, False])
        >>> one = one_class(given, predicted, np.random.default_rng(0))
        >>> one.found, one.missed, one.alarms, one.rest
        (1, 1, 0, 1)
    """
    cells = np.bincount(2 * is_positive.astype(np.int64) + is_predicted, minlength=4)
    rest, alarms, missed, found = cells.tolist()
    if not found + missed + alarms:
        return OneClass(found, missed, alarms, rest, None, None)
    drawn = rng.multinomial(cells.sum(), cells / cells.sum(), size=_DRAWS)
    whole = 2 * drawn[:, 3] + drawn[:, 2] + drawn[:, 1]
    f1 = 2 * drawn[:, 3][whole > 0] / whole[whole > 0]
    low, high = np.quantile(f1, (0.025, 0.975)).tolist()
    return OneClass(found, missed, alarms, rest, low, high)


@dataclass(frozen=True, eq=False)
class ThresholdCurve:
    """What happens at each threshold: positive is what has at least this probability.

    Attributes:
        thresholds: (m,) distinct probabilities of the class, falling.
        found, alarms: (m,) positive and other examples at or above each.
        positives, others: how many there are.
    """

    thresholds: NDArray[np.float64]
    found: NDArray[np.int64]
    alarms: NDArray[np.int64]
    positives: int
    others: int

    def at(self, sensitivity: float) -> dict[str, Any]:
        """The highest threshold that reaches a sensitivity, and what it costs.

        Args:
            sensitivity: above 0, at most 1.

        Returns:
            `threshold`, and `sensitivity`, `specificity`, `precision` there with 95 % intervals.

        Raises:
            HardexError: it is outside that range, or there is no positive example.
        """
        check_sensitivity(sensitivity)
        if not self.positives:
            raise HardexError(
                "a threshold for a sensitivity needs positive examples; there is none; choose "
                "another class with --positive."
            )
        enough = self.found >= np.ceil(sensitivity * self.positives - 1e-9)
        return self._point(int(enough.argmax()))

    def as_dict(self) -> dict[str, Any]:
        """At most 201 points as plain data, a list for each column."""
        rows = np.unique(np.linspace(0, len(self.thresholds) - 1, _POINTS_MOST).astype(int))
        rows = rows[rows < len(self.thresholds)]
        return {
            "thresholds": self.thresholds[rows].tolist(),
            "sensitivity": (self.found[rows] / max(1, self.positives)).tolist(),
            "specificity": (1 - self.alarms[rows] / max(1, self.others)).tolist(),
        }

    def _point(self, row: int) -> dict[str, Any]:
        found, alarms = int(self.found[row]), int(self.alarms[row])
        return {
            "threshold": float(self.thresholds[row]),
            "sensitivity": share(found, self.positives),
            "specificity": share(self.others - alarms, self.others),
            "precision": share(found, found + alarms),
        }


def check_sensitivity(sensitivity: float) -> None:
    """Raise `HardexError` unless it is above 0 and at most 1."""
    if not 0 < sensitivity <= 1:
        raise HardexError(
            "--sensitivity must be above 0 and at most 1, such as 0.95; received "
            f"{sensitivity:g}; choose such a share."
        )


def threshold_curve(p: NDArray[np.floating[Any]], is_positive: NDArray[np.bool_]) -> ThresholdCurve:
    """The curve of all thresholds that make a difference.

    Args:
        p: (n,) the probability of the class.
        is_positive: (n,) whether it is the given one.

    Example:
        >>> curve = threshold_curve(np.array([0.9, 0.4, 0.4, 0.1]), np.array([1, 1, 0, 0]) > 0)
        >>> curve.thresholds.tolist(), curve.found.tolist(), curve.alarms.tolist()
        ([0.9, 0.4, 0.1], [1, 2, 2], [0, 1, 2])
        >>> curve.at(1.0)["threshold"], curve.at(1.0)["specificity"]["value"]
        (0.4, 0.5)
    """
    order = np.argsort(-p, kind="stable")
    sorted_p = np.asarray(p[order], np.float64)
    last = np.append(np.flatnonzero(np.diff(sorted_p)), len(p) - 1) if len(p) else np.empty(0, int)
    found = np.cumsum(is_positive[order])[last]
    positives = int(is_positive.sum())
    return ThresholdCurve(sorted_p[last], found, last + 1 - found, positives, len(p) - positives)
