"""The confusion matrix -> precision, recall and F1 of each class, and what imbalance costs."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.predict.balance import ALPHA, class_balance, two_sided
from hardex.predict.metrics import Share, combined, share
from hardex.predict.positive import OneClass


@dataclass(frozen=True)
class ClassErrors:
    """The errors of one class.

    Attributes:
        name: of the class.
        figures: its two kinds of error.
        flag: `never`, `seldom` or `often` predicted, see `Balance.flags`; else "".
        p: how likely chance makes predictions and labels differ as much; after Holm's correction.
    """

    name: str
    figures: OneClass
    flag: str
    p: float

    @property
    def support(self) -> int:
        """How many examples are given as this class."""
        return self.figures.found + self.figures.missed

    @property
    def predicted(self) -> int:
        """How many examples are predicted as this class."""
        return self.figures.found + self.figures.alarms

    @property
    def is_over_predicted(self) -> bool:
        """Whether it is predicted more often than given, beyond chance."""
        return self.predicted > self.support and self.p < ALPHA

    def as_dict(self) -> dict[str, Any]:
        """Plain data; shares have 95 % intervals."""
        figures = self.figures.as_dict()
        whole = self.support + self.figures.alarms + self.figures.rest
        return {
            "class": self.name,
            "support": self.support,
            "predicted": self.predicted,
            "precision": figures["precision"],
            "recall": figures["sensitivity"],
            "f1": figures["f1"],
            "given_share": share(self.support, whole),
            "predicted_share": share(self.predicted, whole),
            "flag": self.flag,
            "p_holm": self.p,
        }


@dataclass(frozen=True)
class OverPredicted:
    """The classes that are predicted more often than given, beyond chance.

    Attributes:
        names: of the classes, those with the most surplus predictions first.
        given, predicted: how many examples all of them have, and are predicted as one of them.
        examples: how many there are of all classes.
        p: how likely chance makes so uneven a difference; McNemar's exact test.
    """

    names: tuple[str, ...]
    given: int
    predicted: int
    examples: int
    p: float


@dataclass(frozen=True)
class Imbalance:
    """What unequal classes do to the accuracy.

    Attributes:
        largest, smallest: names of the classes with the most and the fewest examples, of those
            that have any.
        ratio: examples of the largest for each of the smallest.
        accuracy: the share of right examples.
        balanced: the mean recall of the classes that have examples.
        hidden: accuracy minus balanced accuracy.
        baseline: the accuracy of always answering the largest class.
    """

    largest: str
    smallest: str
    ratio: float
    accuracy: Share
    balanced: Share
    hidden: Share
    baseline: Share

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "largest": self.largest,
            "smallest": self.smallest,
            "ratio": self.ratio,
            "accuracy": self.accuracy,
            "balanced_accuracy": self.balanced,
            "hidden": self.hidden,
            "baseline": self.baseline,
        }


def class_errors(counts: NDArray[np.int64], names: tuple[str, ...]) -> tuple[ClassErrors, ...]:
    """Each class, in order.

    Args:
        counts: (k, k), given class by predicted class.
        names: k names.

    Example:
        >>> cat, dog = class_errors(np.array([[60, 40], [2, 98]]), ("cat", "dog"))
        >>> cat.figures, cat.flag
        (OneClass(found=60, missed=40, alarms=2, rest=98), 'seldom')
    """
    balance = class_balance(counts)
    right, examples = counts.diagonal(), counts.sum()
    missed, alarms = balance.given - right, balance.predicted - right
    rest = examples - balance.given - alarms
    cells = np.stack([right, missed, alarms, rest], axis=1).tolist()
    return tuple(
        ClassErrors(name, OneClass(*row), flag, float(p))
        for name, row, flag, p in zip(
            names, cells, balance.flags(), balance.p_adjusted, strict=True
        )
    )


def over_predicted(
    counts: NDArray[np.int64], classes: tuple[ClassErrors, ...]
) -> OverPredicted | None:
    """The classes that are predicted too often; None if chance explains all of it.

    Args:
        counts: (k, k), given class by predicted class.
        classes: what `class_errors` finds.

    Example:
        >>> counts = np.array([[60, 40], [2, 98]])
        >>> found = over_predicted(counts, class_errors(counts, ("cat", "dog")))
        >>> found.names, found.given, found.predicted
        (('dog',), 100, 138)
    """
    surplus = [one.predicted - one.support for one in classes]
    is_over = np.array([one.is_over_predicted for one in classes])
    if not is_over.any():
        return None
    rows = sorted(np.flatnonzero(is_over).tolist(), key=lambda row: -surplus[row])
    joining = counts[~is_over][:, is_over].sum()
    leaving = counts[is_over][:, ~is_over].sum()
    p = float(two_sided(np.array([leaving]), np.array([joining]))[0])
    return OverPredicted(
        tuple(classes[row].name for row in rows),
        int(counts[rows].sum()),
        int(counts[:, rows].sum()),
        int(counts.sum()),
        p,
    )


def imbalance(counts: NDArray[np.int64], names: tuple[str, ...]) -> Imbalance:
    """What unequal classes do to the accuracy.

    Args:
        counts: (k, k), given class by predicted class, with at least one example.
        names: k names.

    Source:
        Brodersen et al., The Balanced Accuracy and Its Posterior Distribution (2010); intervals
        by `hardex.predict.metrics.combined`.

    Example:
        >>> found = imbalance(np.array([[90, 0], [8, 2]]), ("fine", "ill"))
        >>> found.accuracy["value"], round(found.balanced["value"], 3), found.baseline["value"]
        (0.92, 0.6, 0.9)
    """
    given, right = counts.sum(axis=1), counts.diagonal()
    present = np.flatnonzero(given)
    recalls = [share(int(right[row]), int(given[row])) for row in present]
    examples = int(given.sum())
    equal = np.full(len(present), 1 / len(present))
    largest = present[given[present].argmax()]
    smallest = present[given[present].argmin()]
    return Imbalance(
        names[largest],
        names[smallest],
        float(given[largest] / given[smallest]),
        share(int(right.sum()), examples),
        combined(equal.tolist(), recalls),
        combined((given[present] / examples - equal).tolist(), recalls),
        share(int(given[largest]), examples),
    )
