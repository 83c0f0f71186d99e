"""A run -> how its model tells one class from the rest: the two kinds of error, and thresholds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError
from hardex.predict.positive import OneClass, ThresholdCurve, one_class, threshold_curve
from hardex.runs.answers import Answers, answers_of, class_probabilities
from hardex.runs.run import Run, opened


@dataclass(frozen=True, eq=False)
class PositiveClass:
    """One class of a run against the rest.

    Attributes:
        name: of the class.
        figures: counts, sensitivity, specificity, precision and F1.
        curve: what happens at each threshold.
        chosen: the threshold for the sensitivity that was asked for, see `ThresholdCurve.at`.
        missed: ids of its examples that are taken for another class (false negatives), those
            first whose label the model believes least.
        alarms: ids of others that are taken for it (false positives), in the same order.
    """

    name: str
    figures: OneClass
    curve: ThresholdCurve
    chosen: dict[str, Any] | None
    missed: tuple[str, ...]
    alarms: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with at most 201 points of the curve."""
        return {
            "class": self.name,
            **self.figures.as_dict(),
            "missed": list(self.missed),
            "alarms": list(self.alarms),
            "curve": self.curve.as_dict(),
            "at_sensitivity": self.chosen,
        }


def positive_class(
    run: str | Path | Run, name: str, *, sensitivity: float | None = None
) -> PositiveClass:
    """How the model of a run tells one class from the rest.

    Args:
        run: a run or its folder.
        name: of the class.
        sensitivity: the sensitivity whose threshold is wanted, above 0, at most 1.

    Raises:
        RunError: the run has no such class, or cannot be read.
        HardexError: there is no threshold of that sensitivity.
    """
    found = opened(run)
    number = class_number(found, name)
    answers = answers_of(found)
    is_positive, is_predicted = answers.given == number, answers.predicted == number
    curve = threshold_curve(class_probabilities(found, number), is_positive)
    return PositiveClass(
        name,
        one_class(is_positive, is_predicted),
        curve,
        None if sensitivity is None else curve.at(sensitivity),
        _hardest_first(answers, is_positive & ~is_predicted),
        _hardest_first(answers, ~is_positive & is_predicted),
    )


def class_number(run: Run, name: str) -> int:
    """The number of a class.

    Raises:
        RunError: the run has none of this name.
    """
    names = run.manifest.class_names
    if name not in names:
        raise RunError(
            f"--positive must be one of the run's {len(names)} classes; received {name[:80]!r}; "
            "choose one of them."
        )
    return names.index(name)


def _hardest_first(answers: Answers, which: NDArray[np.bool_]) -> tuple[str, ...]:
    rows = np.flatnonzero(which)
    order = np.argsort(answers.label_probability[rows], kind="stable")
    return tuple(answers.ids.at(rows[order]))
