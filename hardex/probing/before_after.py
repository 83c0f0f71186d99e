"""A picture and a transform -> what a classifier predicts before and after it."""

from dataclasses import dataclass

import numpy as np

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform, transform
from hardex.probing.batches import probabilities_after

_BARS_MOST = 12  # with more classes only the most likely are shown


@dataclass(frozen=True, eq=False)
class BeforeAfter:
    """A picture before and after a transform.

    Attributes:
        before, after: (h, w, c) uint8.
        probabilities: (2, k), before and after.
    """

    before: Image
    after: Image
    probabilities: Probabilities

    @property
    def labels(self) -> tuple[int, int]:
        """The predicted class indices before and after."""
        before, after = self.probabilities.argmax(axis=1).tolist()
        return before, after

    @property
    def confidences(self) -> tuple[float, float]:
        """The probabilities of the predicted classes, 0..1."""
        before, after = self.probabilities.max(axis=1).tolist()
        return before, after

    def likeliest(self, given: int | None = None) -> list[tuple[int, float, float]]:
        """Class index and probability before and after: of few classes all, of many the likeliest.

        Args:
            given: a class index that is always included.
        """
        return [
            (label, float(self.probabilities[0, label]), float(self.probabilities[1, label]))
            for label in _shown_classes(self.probabilities, given)
        ]


def before_after(image: Image, change: Transform, classifier: Classifier) -> BeforeAfter:
    """Apply a transform to a picture, and predict both.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        change: what is done to it.
        classifier: whose predictions are wanted.
    """
    after = transform(image, change)
    return BeforeAfter(image, after, probabilities_after(image, [Transform(), change], classifier))


def _shown_classes(probabilities: Probabilities, given: int | None) -> list[int]:
    k = probabilities.shape[1]
    if k <= _BARS_MOST:
        return list(range(k))
    best = np.argsort(-probabilities.max(axis=0), kind="stable")[:_BARS_MOST]
    shown: list[int] = best.tolist()
    return shown if given is None or given in shown else [*shown[:-1], given]
