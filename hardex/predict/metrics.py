"""Counts of a pass -> accuracy with intervals, per class, and calibration."""

from collections.abc import Mapping, Sequence
from math import hypot, sqrt
from typing import Any

from hardex.predict.accumulators import Calibration, Confusion

SCHEMA = "hardex.metrics/1"
Share = Mapping[str, float | None]  # value, low, high; None for a share of nothing


def metrics(
    confusion: Confusion, calibration: Calibration, class_names: tuple[str, ...]
) -> dict[str, Any]:
    """What metrics.json holds: accuracy overall and per class with 95 % intervals, calibration."""
    counts = confusion.counts
    right, given, predicted = counts.diagonal(), counts.sum(axis=1), counts.sum(axis=0)
    return {
        "schema": SCHEMA,
        "examples": int(counts.sum()),
        "wrong": int(counts.sum() - right.sum()),
        "accuracy": share(int(right.sum()), int(counts.sum())),
        "per_class": [
            {
                "class": name,
                "examples": int(given[i]),
                "predicted": int(predicted[i]),
                "accuracy": share(int(right[i]), int(given[i])),
            }
            for i, name in enumerate(class_names)
        ],
        "calibration": {
            "expected_calibration_error": calibration.expected_error(),
            "bins": [
                {"examples": int(n), "right": int(r), "confidence": c / 1e6 / max(1, n)}
                for n, r, c in zip(
                    calibration.counts.tolist(),
                    calibration.right.tolist(),
                    calibration.confidence_millionths.tolist(),
                    strict=True,
                )
            ],
        },
    }


def share(part: int, whole: int) -> dict[str, float | None]:
    """A share with its 95 % interval; None for a share of nothing.

    Source:
        Wilson, Probable Inference, the Law of Succession, and Statistical Inference (1927).

    Example:
        >>> {name: round(value, 3) for name, value in share(9, 10).items()}
        {'value': 0.9, 'low': 0.596, 'high': 0.982}
    """
    if whole == 0:
        return {"value": None, "low": None, "high": None}
    z = 1.959963984540054
    p = part / whole
    middle = (p + z * z / (2 * whole)) / (1 + z * z / whole)
    half = z * sqrt(p * (1 - p) / whole + z * z / (4 * whole * whole)) / (1 + z * z / whole)
    return {"value": p, "low": max(0.0, middle - half), "high": min(1.0, middle + half)}


def f1(found: int, missed: int, alarms: int) -> dict[str, float | None]:
    """F1 of a class with its 95 % interval; None where it is neither given nor predicted.

    Among the examples that are given as the class or predicted as it, let J be the share that are
    both. Then F1 = 2 J / (1 + J), which rises with J, so Wilson's interval of J gives that of F1.

    Args:
        found: examples of the class that are predicted as it.
        missed: examples of the class that are predicted as another one.
        alarms: examples of other classes that are predicted as it.

    Source:
        F1: van Rijsbergen, Information Retrieval (1979). Intervals: Wilson (1927).

    Example:
        >>> {name: round(value, 3) for name, value in f1(8, 2, 4).items()}
        {'value': 0.727, 'low': 0.492, 'high': 0.88}
    """
    both = share(found, found + missed + alarms)
    return {end: None if j is None else 2 * j / (1 + j) for end, j in both.items()}


def combined(weights: Sequence[float], shares: Sequence[Share]) -> dict[str, float]:
    """A weighted sum of shares of independent examples, with its 95 % interval.

    For the weights 1 and -1 this is Newcombe's interval of a difference.

    Args:
        weights: one for each share; negative ones subtract.
        shares: as `share` gives them, none of them a share of nothing.

    Source:
        Zou and Donner, Construction of Confidence Limits about Effect Measures (2008), on Wilson's
        intervals; Newcombe, Interval Estimation for the Difference between Independent Proportions
        (1998), method 10.

    Example:
        >>> found = combined((1, -1), (share(56, 70), share(48, 80)))
        >>> {name: round(value, 4) for name, value in found.items()}
        {'value': 0.2, 'low': 0.0524, 'high': 0.3339}
    """
    value, below, above = 0.0, [0.0], [0.0]
    for weight, one in zip(weights, shares, strict=True):
        middle, low, high = (float(one[end] or 0.0) for end in ("value", "low", "high"))
        value += weight * middle
        ends = (weight * (middle - low), weight * (high - middle))
        below.append(max(ends[0], -ends[1]))
        above.append(max(ends[1], -ends[0]))
    return {"value": value, "low": value - hypot(*below), "high": value + hypot(*above)}
