"""Predictions -> counts that can be split and merged in any order.

An accumulator has three methods, `empty`, `update(predictions)` and `merge(other)`, each of which
returns a new value; its fields are the result. However a pass is cut into batches and parts, the
merged result is the same, bit for bit.
"""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hardex.predict.predictions import Predictions

_BINS = 15


@dataclass(frozen=True, eq=False)
class Confusion:
    """How often each given class was predicted as each class.

    Attributes:
        counts: (k, k), given class by predicted class.

    Example:
        >>> seen = Predictions(
        ...     np.arange(2), ("0", "1"), np.array([0, 1]), np.array([[0.9, 0.1], [0.6, 0.4]])
        ... )
        >>> Confusion.empty(2).update(seen).counts
        array([[1, 0],
               [1, 0]])
    """

    counts: NDArray[np.int64]

    @classmethod
    def empty(cls, class_count: int) -> Self:
        """Nothing seen yet."""
        return cls(np.zeros((class_count, class_count), np.int64))

    def update(self, predictions: Predictions) -> Self:
        """These counts plus one more batch."""
        k = len(self.counts)
        cells = predictions.labels * k + predictions.predicted
        return type(self)(self.counts + np.bincount(cells, minlength=k * k).reshape(k, k))

    def merge(self, other: Self) -> Self:
        """Both together."""
        return type(self)(self.counts + other.counts)


@dataclass(frozen=True, eq=False)
class Calibration:
    """How often predictions of each confidence were right, in 15 bins of equal width.

    Confidence is summed in whole millionths, so the order of summation does not matter.

    Attributes:
        counts: (15,) predictions per bin.
        right: (15,) right predictions per bin.
        confidence_millionths: (15,) summed confidence.

    Source:
        Reliability diagram and expected calibration error: Guo et al., On Calibration of Modern
        Neural Networks (2017).
    """

    counts: NDArray[np.int64]
    right: NDArray[np.int64]
    confidence_millionths: NDArray[np.int64]

    @classmethod
    def empty(cls) -> Self:
        """Nothing seen yet."""
        nothing = np.zeros(_BINS, np.int64)
        return cls(nothing, nothing, nothing)

    def update(self, predictions: Predictions) -> Self:
        """With one more batch."""
        return self.count(predictions.confidence, predictions.predicted == predictions.labels)

    def count(self, confidence: NDArray[np.floating[Any]], right: NDArray[np.bool_]) -> Self:
        """With more predictions, of which only confidence and correctness are known."""
        confidence = confidence.astype(np.float64)
        bins = np.clip((confidence * _BINS).astype(np.int64), 0, _BINS - 1)
        millionths = np.rint(confidence * 1e6).astype(np.int64)
        summed = np.zeros(_BINS, np.int64)
        np.add.at(summed, bins, millionths)
        return type(self)(
            self.counts + np.bincount(bins, minlength=_BINS),
            self.right + np.bincount(bins[right], minlength=_BINS),
            self.confidence_millionths + summed,
        )

    def merge(self, other: Self) -> Self:
        """Both together."""
        return type(self)(
            self.counts + other.counts,
            self.right + other.right,
            self.confidence_millionths + other.confidence_millionths,
        )

    def expected_error(self) -> float:
        """Mean distance of confidence and accuracy over the bins, weighted by their counts."""
        confidence = self.confidence_millionths / 1e6
        return float(np.abs(confidence - self.right).sum() / max(1, self.counts.sum()))
