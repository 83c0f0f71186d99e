"""A training -> what a chart draws: few values of each curve, and where its findings are seen."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardex.learning_curves.columns import ACCURACY, LEARNING_RATE, LOSS, VAL_ACCURACY, VAL_LOSS
from hardex.learning_curves.findings import CurveFinding
from hardex.learning_curves.noise import best_place
from hardex.learning_curves.training_run import (
    EPOCH,
    EVALUATION,
    STEPS,
    BatchCurve,
    Numbers,
    TrainingRun,
)

AXES = (EPOCH, STEPS, EVALUATION)
MOST = 500  # values of a curve; more than a screen can show
_VALIDATION = "val_"
_BEST = {VAL_LOSS: True, VAL_ACCURACY: False}  # whether the lowest is the best
_SHOWN = ".6g"
_PLACE = ".10g"  # steps are many


@dataclass(frozen=True, eq=False)
class DrawnCurve:
    """A curve of few values.

    Attributes:
        at, values: (m,) the curve, or of each bucket its least and its largest value.
        mean_at, means: (b,) the mean of each bucket, to be smoothed; None if all values are there.
    """

    at: Numbers
    values: Numbers
    mean_at: Numbers | None = None
    means: Numbers | None = None

    def as_json(self) -> dict[str, Any]:
        """Plain data: `x`, `y` and `means`, which has `x` and `y` of its own or is None."""
        if self.mean_at is None or self.means is None:
            return {**_pairs(self.at, self.values), "means": None}
        return {**_pairs(self.at, self.values), "means": _pairs(self.mean_at, self.means)}


def drawn(at: Numbers, values: Numbers, most: int = MOST) -> DrawnCurve:
    """A curve with at most so many values, in which every spike stays.

    Args:
        at, values: (n,) the curve, without gaps.
        most: values to keep, 2 or more.

    Example:
        >>> curve = drawn(np.arange(6.0), np.array([1.0, 2, 9, 3, -7, 3]), most=4)
        >>> curve.values.tolist(), curve.means.tolist()
        ([1.0, 9.0, 3.0, -7.0], [4.0, -0.3333333333333333])
    """
    n = len(values)
    if n <= most:
        return DrawnCurve(at, values)
    size = -(-n // (most // 2))
    starts = np.arange(0, n, size)
    padded = np.pad(values, (0, len(starts) * size - n), mode="edge").reshape(-1, size)
    ends = np.concatenate([starts + padded.argmin(axis=1), starts + padded.argmax(axis=1)])
    kept = np.unique(np.minimum(ends, n - 1))
    counts = np.diff(np.append(starts, n))
    return DrawnCurve(
        at[kept],
        values[kept],
        np.add.reduceat(at, starts) / counts,
        np.add.reduceat(values, starts) / counts,
    )


def axes_of(run: TrainingRun) -> tuple[str, ...]:
    """What the curves of a run can be drawn over: epochs, steps, evaluations."""
    return tuple(axis for axis in AXES if axis == run.counts or _can_turn(run, axis))


def kinds_of(runs: Sequence[TrainingRun]) -> tuple[str, ...]:
    """The metrics of some runs, each once for training and validation: loss and accuracy first.

    Example:
        >>> at = np.array([1.0, 2.0])
        >>> kinds_of([TrainingRun("a.csv", "a.csv", EPOCH, at, {"f1": at, "val_loss": at})])
        ('loss', 'f1')
    """
    found = dict.fromkeys(
        name.removeprefix(_VALIDATION) for run in runs for name in run.metrics if run.has(name)
    )
    first = [name for name in (LOSS, ACCURACY) if name in found]
    rest = sorted(set(found) - set(first), key=lambda name: (name == LEARNING_RATE, name))
    return (*first, *rest)


def curves_of(run: TrainingRun, kind: str, axis: str) -> dict[str, Any]:
    """The curves of one metric over one axis, as plain data.

    Returns:
        `training`, `validation` and `batches` (the loss of single batches), each as
        `DrawnCurve.as_json` or None: where the log has none, and where the axis is not known.
    """
    return {
        "training": _curve(run, kind, axis),
        "validation": _curve(run, _VALIDATION + kind, axis),
        "batches": _batches(run, axis) if kind == LOSS else None,
    }


def best_of(run: TrainingRun) -> list[dict[str, Any]]:
    """Where validation is best, leaving out single lucky rows: the least loss and the highest
    accuracy, each with its `metric`, its `value`, and where it is on each axis (`at`).
    """
    found = []
    for name, lowest in _BEST.items():
        at, values = run.curve(name)
        if len(values) >= 2:
            best = best_place(values, lowest=lowest)
            where = {axis: _number(_turned(run, at, axis)[best]) for axis in axes_of(run)}
            value = float(format(values[best], _SHOWN))
            found.append({"metric": name, "value": value, "at": where})
    return found


def place_of(run: TrainingRun, finding: CurveFinding) -> dict[str, Any] | None:
    """Where a finding is seen, on each axis: `from`, `to`, and `at`, which may be None; None if it
    is about the whole curve.

    Example:
        >>> from hardex.learning_curves.findings import finding
        >>> at = np.array([1.0, 2.0, 3.0])
        >>> run = TrainingRun("a.csv", "a.csv", EPOCH, at, {"loss": at})
        >>> place_of(run, finding("diverging", 0.9, "It rises.", start=2))
        {'epoch': {'from': 2.0, 'to': 3.0, 'at': None}}
    """
    if finding.start is None and finding.end is None and finding.epoch is None:
        return None
    alone = finding.start is None and finding.end is None
    start = finding.epoch if alone else finding.start
    end = finding.epoch if alone else finding.end
    known = np.array(
        [
            float(run.at[0]) if start is None else start,
            float(run.at[-1]) if end is None else end,
            np.nan if finding.epoch is None else finding.epoch,
        ]
    )
    found = {}
    for axis in axes_of(run):
        first, last, best = _turned(run, known, axis)
        found[axis] = {
            "from": _number(first),
            "to": _number(last),
            "at": None if np.isnan(best) else _number(best),
        }
    return found


# ------------------------------------------------------------------ between the axes


def _curve(run: TrainingRun, name: str, axis: str) -> dict[str, Any] | None:
    at, values = run.curve(name)
    if not len(values) or axis not in axes_of(run):
        return None
    return drawn(_turned(run, at, axis), values).as_json()


def _batches(run: TrainingRun, axis: str) -> dict[str, Any] | None:
    batches = run.batches
    if batches is None or len(batches.steps) <= len(run) or np.any(np.diff(batches.steps) < 0):
        return None
    if axis == STEPS:
        return drawn(batches.steps, batches.loss).as_json()
    if axis == EPOCH and _knows_both(run, batches):
        epochs, steps = _ends(batches)
        return drawn(np.interp(batches.steps, steps, epochs), batches.loss).as_json()
    return None


def _can_turn(run: TrainingRun, axis: str) -> bool:
    """Whether the batches say at which step each epoch ends."""
    known = run.batches is not None and _knows_both(run, run.batches)
    return axis == STEPS and run.counts == EPOCH and known


def _knows_both(run: TrainingRun, batches: BatchCurve) -> bool:
    rising = not np.any(np.diff(batches.epochs) < 0) and not np.any(np.diff(batches.steps) < 0)
    epochs = int(batches.epochs[-1]) + 1  # from 0
    return run.counts == EPOCH and rising and epochs > 1 and abs(epochs - run.at[-1]) <= 1


def _ends(batches: BatchCurve) -> tuple[Numbers, Numbers]:
    """Epochs that are over, and the step at which each is."""
    last = np.flatnonzero(np.append(np.diff(batches.epochs) > 0, True))
    epochs = np.append(float(batches.epochs[0]), batches.epochs[last] + 1.0)
    return epochs, np.append(batches.steps[0] - 1, batches.steps[last])


def _turned(run: TrainingRun, at: Numbers, axis: str) -> Numbers:
    """Places of a run on another axis."""
    if axis == run.counts or run.batches is None:
        return at
    epochs, steps = _ends(run.batches)
    found: Numbers = np.interp(at, epochs, steps)
    return found


def _pairs(at: Numbers, values: Numbers) -> dict[str, list[float]]:
    return {
        "x": [float(format(one, _PLACE)) for one in at],
        "y": [float(format(one, _SHOWN)) for one in values],
    }


def _number(value: float) -> float:
    return float(format(value, _PLACE))
