"""A model + examples -> which answers are right, and how sure the model is of them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset
from hardex.errors import RunError
from hardex.predict.accumulators import Calibration
from hardex.predict.neighbours import Progress
from hardex.predict.predictions import Predictions, predict


@dataclass(frozen=True, eq=False)
class Answered:
    """What a model answers on n examples.

    Attributes:
        positions: (n,) of the examples in their data set, ascending.
        labels: (n,) given labels.
        predicted: (n,) predicted labels.
        confidence: (n,) the probability of the predicted class.
    """

    positions: Positions
    labels: Labels
    predicted: Labels
    confidence: NDArray[np.floating] = field(repr=False)

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(n,) whether each answer is right."""
        return np.asarray(self.predicted == self.labels)

    @property
    def calibration_error(self) -> float:
        """The expected calibration error in 15 bins, 0..1."""
        return Calibration.empty().count(self.confidence, self.right).expected_error()

    def same_as(self, other: "Answered") -> bool:
        """Whether another model gives the same answers with the same confidence."""
        return np.array_equal(self.predicted, other.predicted) and np.array_equal(
            self.confidence, other.confidence
        )


def answers_on(
    classifier: Classifier, dataset: Dataset, size: int, progress: Progress, stage: str
) -> Answered:
    """One pass of a model, in batches of one padded size.

    Args:
        classifier: the model.
        dataset: the examples.
        size: images per forward pass.
        progress: called after every batch.
        stage: what progress says.

    Raises:
        HardexError: the model does not fit the examples, or gives no probabilities.
    """
    parts = list(_parts(classifier, dataset, size, progress, stage))
    if not parts:
        empty = np.empty(0, np.int64)
        return Answered(empty, empty, empty, np.empty(0, np.float32))
    columns = zip(*parts, strict=True)
    return Answered(*(np.concatenate(column) for column in columns))


def check_same_examples(answers: Answered, others: Answered, source: str) -> None:
    """Raise `RunError` if two passes saw other examples, as when files vanish in between."""
    if not np.array_equal(answers.positions, others.positions):
        raise RunError(
            f"all models must see the same examples; the files of {source} have changed during "
            f"the proof ({len(answers):,} and {len(others):,} could be read); prove again."
        )


def _parts(
    classifier: Classifier, dataset: Dataset, size: int, progress: Progress, stage: str
) -> Iterator[tuple[Positions, Labels, Labels, NDArray[np.floating]]]:
    done = 0
    progress(stage, 0, len(dataset))
    batch: Predictions
    for batch in predict(classifier, dataset, batch_size=size):
        yield batch.positions, batch.labels, batch.predicted, batch.confidence
        done += len(batch)
        progress(stage, done, len(dataset))
