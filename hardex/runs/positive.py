"""A run -> how its model tells one class from the rest: the two kinds of error, and thresholds."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError
from hardex.predict.positive import (
    OneClass,
    ThresholdCurve,
    check_sensitivity,
    one_class,
    threshold_curve,
)
from hardex.runs.answers import Answers, answers_in, class_probabilities
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

    def summary(self) -> dict[str, Any]:
        """Counts and shares as plain data, without ids; metrics.json holds them."""
        return {"class": self.name, **self.figures.as_dict(), "at_sensitivity": self.chosen}

    def as_dict(self) -> dict[str, Any]:
        """Plain data, with the ids and at most 201 points of the curve."""
        return {
            **self.summary(),
            "missed": list(self.missed),
            "alarms": list(self.alarms),
            "curve": self.curve.as_dict(),
        }


def positive_class(
    run: str | Path | Run, name: str, *, sensitivity: float | None = None, seed: int = 0
) -> PositiveClass:
    """How the model of a run tells one class from the rest.

    Args:
        run: a run or its folder.
        name: of the class.
        sensitivity: the sensitivity whose threshold is wanted, above 0, at most 1.
        seed: of the bootstrap.

    Raises:
        RunError: the run has no such class, or cannot be read.
        HardexError: there is no threshold of that sensitivity.
    """
    found = opened(run)
    names = found.manifest.class_names
    return positive_in(found.folder, names, name, sensitivity=sensitivity, seed=seed)


def positive_in(
    folder: Path,
    class_names: Sequence[str],
    name: str,
    *,
    sensitivity: float | None = None,
    seed: int = 0,
) -> PositiveClass:
    """As `positive_class`, of a run folder that may not be complete yet."""
    check_positive(name, sensitivity, class_names)
    if not name:
        raise RunError("one class is told from the rest; none was named; name one of the classes.")
    number = list(class_names).index(name)
    answers = answers_in(folder, len(class_names))
    is_positive, is_predicted = answers.given == number, answers.predicted == number
    curve = threshold_curve(class_probabilities(folder, number), is_positive)
    return PositiveClass(
        name,
        one_class(is_positive, is_predicted, np.random.default_rng(seed)),
        curve,
        None if sensitivity is None else curve.at(sensitivity),
        _hardest_first(answers, is_positive & ~is_predicted),
        _hardest_first(answers, ~is_positive & is_predicted),
    )


def check_positive(name: str, sensitivity: float | None, class_names: Sequence[str]) -> None:
    """Raise an error unless these options fit a run of these classes; "" and None are none.

    Raises:
        RunError: there is no such class, or a sensitivity without a class.
        HardexError: the sensitivity is no share above 0.
    """
    if name and name not in class_names:
        raise RunError(
            f"--positive must be one of the {len(class_names)} classes; received "
            f"{name[:80]!r}; choose one of them."
        )
    if sensitivity is not None and not name:
        raise RunError("--sensitivity is that of one class; none was named; add --positive CLASS.")
    if sensitivity is not None:
        check_sensitivity(sensitivity)


def _hardest_first(answers: Answers, which: NDArray[np.bool_]) -> tuple[str, ...]:
    rows = np.flatnonzero(which)
    order = np.argsort(answers.label_probability[rows], kind="stable")
    return tuple(answers.ids.at(rows[order]))
