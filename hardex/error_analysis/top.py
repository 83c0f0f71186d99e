"""A run -> its top errors: the wrong examples whose given label the model believes least."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from hardex.runs.answers import Answers


@dataclass(frozen=True)
class TopError:
    """One wrong example.

    Attributes:
        id: of the example.
        given, predicted: names of its classes.
        confidence: the probability of the predicted class, 0..1.
        label_probability: that of the given class.
    """

    id: str
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
    order = np.argsort(answers.label_probability[wrong], kind="stable")
    rows = wrong[order[:count]]
    columns = (answers.given, answers.predicted, answers.confidence, answers.label_probability)
    found = zip(answers.ids.at(rows), *(column[rows].tolist() for column in columns), strict=True)
    return tuple(TopError(id, names[a], names[b], p, q) for id, a, b, p, q in found)
