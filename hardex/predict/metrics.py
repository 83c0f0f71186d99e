"""Counts of a pass -> accuracy with intervals, per class, and calibration."""

from math import sqrt
from typing import Any

from hardex.predict.accumulators import Calibration, Confusion

SCHEMA = "hardex.metrics/1"


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
