"""Wrong examples -> the top errors: those whose given label the model believes least."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hardex.predict.predictions import Predictions
from hardex.runs.answers import Answers


@dataclass(frozen=True)
class TopError:
    """One wrong example.

    Attributes:
        id: of the example.
        position: in its data set.
        given, predicted: names of its classes.
        confidence: the probability of the predicted class, 0..1.
        label_probability: that of the given class.
    """

    id: str
    position: int
    given: str
    predicted: str
    confidence: float
    label_probability: float

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def top_errors(answers: Answers, names: tuple[str, ...], count: int) -> tuple[TopError, ...]:
    """The `count` wrong examples with the lowest probability of the given label, lowest first.

    Ties are broken by position.
    """
    wrong = np.flatnonzero(answers.given != answers.predicted)
    order = np.lexsort((answers.positions[wrong], answers.label_probability[wrong]))
    rows = wrong[order[:count]]
    columns = (
        answers.positions,
        answers.given,
        answers.predicted,
        answers.confidence,
        answers.label_probability,
    )
    found = zip(answers.ids.at(rows), *(column[rows].tolist() for column in columns), strict=True)
    return tuple(TopError(id, place, names[a], names[b], p, q) for id, place, a, b, p, q in found)


def errors_in(batch: Predictions, names: tuple[str, ...]) -> list[TopError]:
    """The wrong examples of a batch."""
    rows = np.flatnonzero(batch.predicted != batch.labels)
    labels = batch.labels[rows]
    columns = (
        batch.positions[rows],
        labels,
        batch.predicted[rows],
        batch.confidence[rows],
        batch.probabilities[rows, labels],
    )
    found = zip(rows.tolist(), *(column.tolist() for column in columns), strict=True)
    return [
        TopError(batch.ids[row], place, names[a], names[b], p, q)
        for row, place, a, b, p, q in found
    ]


def lowest(errors: list[TopError], count: int) -> list[TopError]:
    """The `count` of them with the lowest probability of the given label; ties by position."""
    return sorted(errors, key=lambda one: (one.label_probability, one.position))[:count]
