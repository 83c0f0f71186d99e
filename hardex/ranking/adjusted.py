"""The one score that needs the whole data set: self-confidence, fair to rare classes."""

from dataclasses import dataclass
from functools import partial
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities, Scores
from hardex.ranking.scores import ScoreFunction

IMBALANCED = 0.1  # the rarest class has less than this share of a balanced one
_UNITS = 2.0**32  # confidence is summed in whole units, so the order of summation does not matter


@dataclass(frozen=True, eq=False)
class ClassConfidence:
    """The mean probability of the given label, by class.

    An accumulator: cut, split and merged in any order, the sums are the same, bit for bit.

    Attributes:
        counts: (k,) examples of each given class.
        units: (k,) their summed p(given), in units of 2^-32.

    Example:
        >>> seen = ClassConfidence.empty(2).update(np.array([[0.75, 0.25]]), np.array([0]))
        >>> seen.expected()
        array([0.75, 0.75])
    """

    counts: NDArray[np.int64]
    units: NDArray[np.int64]

    @classmethod
    def empty(cls, class_count: int) -> Self:
        """Nothing seen yet."""
        nothing = np.zeros(class_count, np.int64)
        return cls(nothing, nothing)

    def update(self, probabilities: Probabilities, labels: Labels) -> Self:
        """With some more examples, (n, k) and (n,)."""
        of_label = probabilities[np.arange(len(labels)), labels].astype(np.float64)
        units = np.zeros_like(self.units)
        np.add.at(units, labels, np.rint(of_label * _UNITS).astype(np.int64))
        counts = np.bincount(labels, minlength=len(self.counts))
        return type(self)(self.counts + counts, self.units + units)

    def merge(self, other: Self) -> Self:
        """Both together."""
        return type(self)(self.counts + other.counts, self.units + other.units)

    def expected(self) -> NDArray[np.float64]:
        """(k,) mean p(given) of each class; a class without examples gets the mean of all."""
        overall = self.units.sum() / max(1, self.counts.sum())
        own = self.units / np.maximum(1, self.counts)
        return np.where(self.counts > 0, own, overall) / _UNITS


def adjusted_self_confidence(
    probabilities: Probabilities, labels: Labels, *, expected: NDArray[np.float64]
) -> Scores:
    """How improbable the given label is once all classes are on equal terms: 1 - q(label).

    A model that saw few examples of a class gives it lower probabilities everywhere. q corrects
    that: q = (p - t + max t) / sum, with t the expected p(given) of each class.

    Args:
        probabilities: (n, k), rows sum to 1.
        labels: (n,), 0..k-1.
        expected: (k,) mean p(given) of each class over the whole set.

    Returns:
        (n,) in [0, 1], smaller where the label is more probable.

    Source:
        "Adjusted predicted probabilities" in Northcutt et al., Confident Learning (2021), as
        cleanlab computes them; turned so that higher is harder.

    Example:
        >>> often_low = np.array([0.9, 0.5])
        >>> p = np.array([[0.5, 0.5], [0.5, 0.5]])
        >>> adjusted_self_confidence(p, np.array([0, 1]), expected=often_low).round(2)
        array([0.64, 0.36])
    """
    adjusted = probabilities.astype(np.float64) - expected + expected.max()
    of_label = adjusted[np.arange(len(labels)), labels]
    return np.asarray(1.0 - of_label / adjusted.sum(axis=1))


def adjusted_by(confidence: ClassConfidence) -> ScoreFunction:
    """The score for a data set with known class statistics."""
    return partial(adjusted_self_confidence, expected=confidence.expected())


def rarest_share(counts: NDArray[np.int64]) -> float:
    """The share of the rarest class with examples, relative to a balanced data set.

    Below `IMBALANCED` a data set counts as imbalanced, and `adjusted_self_confidence` is worth a
    try.

    Source:
        The default threshold of cleanlab's class-imbalance check.

    Example:
        >>> rarest_share(np.array([990, 10]))
        0.02
    """
    present = counts[counts > 0]
    return float(present.min() * len(present) / present.sum()) if len(present) else 1.0
