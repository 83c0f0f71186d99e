"""Counts per range of confidence -> the reliability diagram, and a sentence on what it shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardex.predict.balance import ALPHA, two_sided
from hardex.predict.metrics import share
from hardex.predict.slices import holm

_NOTABLE = 0.005  # smaller differences of confidence and accuracy matter to nobody


@dataclass(frozen=True)
class Bin:
    """The examples whose confidence lies in one range.

    Attributes:
        low, high: the range, 0..1.
        examples, right: how many, and how many of them are predicted correctly.
        confidence: their mean confidence, 0..1.
    """

    low: float
    high: float
    examples: int
    right: int
    confidence: float

    @property
    def accuracy(self) -> float:
        """The share of correct predictions."""
        return self.right / self.examples

    @property
    def gap(self) -> float:
        """How far confidence and accuracy are apart."""
        return abs(self.confidence - self.accuracy)

    def as_dict(self) -> dict[str, Any]:
        """Its range, counts and mean confidence, and the accuracy with its 95 % interval.

        `least` and `most` are the ends of the range, both inclusive, as a view of the run takes
        them: the ranges of neighbouring bins share no example.
        """
        return {
            "from": round(self.low, 4),
            "to": round(self.high, 4),
            "least": self.low,
            "most": self.high if self.high >= 1 else float(np.nextafter(self.high, 0)),
            "examples": self.examples,
            "right": self.right,
            "confidence": self.confidence,
            **share(self.right, self.examples),
        }


def calibration_figures(
    calibration: Mapping[str, Any], accuracy: Mapping[str, float | None]
) -> dict[str, Any]:
    """The reliability diagram: one row per bin that holds examples, and a sentence.

    Args:
        calibration: of metrics.json.
        accuracy: of all examples, `value` with the ends `low` and `high` of its 95 % interval.

    Returns:
        `error`, the expected calibration error; `bins`, see `Bin.as_dict`; `says`, see
        `calibration_sentence`.
    """
    bins = bins_of(calibration["bins"])
    return {
        "error": calibration["expected_calibration_error"],
        "bins": [one.as_dict() for one in bins],
        "says": calibration_sentence(bins, accuracy),
    }


def bins_of(rows: Sequence[Mapping[str, Any]]) -> list[Bin]:
    """The bins of metrics.json that hold examples."""
    count = max(1, len(rows))
    return [
        Bin(i / count, (i + 1) / count, row["examples"], row["right"], row["confidence"])
        for i, row in enumerate(rows)
        if row["examples"]
    ]


def calibration_sentence(bins: Sequence[Bin], accuracy: Mapping[str, float | None]) -> str:
    """Whether the model is overconfident or underconfident, as a sentence.

    It is overconfident if its mean confidence lies above the 95 % interval of its accuracy and the
    two differ by half a percentage point or more. If they agree overall, the bin that differs most
    is named, provided that the difference is as large and chance does not explain it.

    Example:
        >>> calibration_sentence([Bin(0.9, 1.0, 1000, 900, 0.95)], share(900, 1000))
        'Mean confidence is 95.0 %, accuracy 90.0 %: the model is overconfident.'
    """
    value, low, high = (accuracy[name] for name in ("value", "low", "high"))
    examples = sum(one.examples for one in bins)
    if value is None or low is None or high is None or not examples:
        return "No example has a prediction."
    confidence = sum(one.examples * one.confidence for one in bins) / examples
    averages = f"Mean confidence is {_percent(confidence)}, accuracy {_percent(value)}"
    if not low <= confidence <= high and abs(confidence - value) >= _NOTABLE:
        return f"{averages}: the model is {_bias(confidence, value)}."
    worst = _worst_bin(bins)
    if worst is None and abs(confidence - value) >= _NOTABLE:
        return f"{averages}; with so few examples this may be chance."
    if worst is None:
        return f"{averages}: the model is well calibrated."
    return (
        f"{averages}, but at a confidence of about {_percent(worst.confidence)} accuracy is "
        f"{_percent(worst.accuracy)}: there the model is {_bias(worst.confidence, worst.accuracy)}."
    )


def _worst_bin(bins: Sequence[Bin]) -> Bin | None:
    """The bin with the most misjudged examples, among those that chance does not explain.

    The exact binomial test is conservative here: the confidences within a bin differ, so the number
    of correct predictions varies less than that of one coin (Hoeffding 1956).
    """
    right = np.array([one.right for one in bins])
    wrong = np.array([one.examples - one.right for one in bins])
    expected = np.array([min(1.0, one.confidence) for one in bins])
    adjusted = holm(two_sided(right, wrong, expected))
    off = [one for one, p in zip(bins, adjusted, strict=True) if p < ALPHA and one.gap >= _NOTABLE]
    return max(off, key=lambda one: abs(one.examples * one.confidence - one.right), default=None)


def _bias(confidence: float, accuracy: float) -> str:
    return "overconfident" if confidence > accuracy else "underconfident"


def _percent(p: float) -> str:
    return f"{100 * p:.1f} %"
