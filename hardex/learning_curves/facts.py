"""One training -> what the rules look at: curves without gaps, their noise and their movement."""

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hardex.learning_curves.columns import ACCURACY, LOSS, VAL_ACCURACY, VAL_LOSS
from hardex.learning_curves.noise import (
    best_place,
    binomial_noise,
    entropy_of_constant,
    examples_behind,
    noise,
    smooth,
    thirds,
    trend,
)
from hardex.learning_curves.training_run import Numbers, TrainingRun


@dataclass(frozen=True, eq=False)
class Curve:
    """The values of one metric, without gaps.

    Attributes:
        name: of the metric.
        at: (n,) epochs, or steps.
        values: (n,).
        least_noise: what is known of its noise beforehand.
    """

    name: str
    at: Numbers
    values: Numbers
    least_noise: float = 0.0

    def __len__(self) -> int:
        return len(self.values)

    @cached_property
    def noise(self) -> float:
        """Standard deviation of a value around the smooth curve."""
        return max(noise(self.values), self.least_noise)

    @cached_property
    def smooth(self) -> Numbers:
        """Running medians."""
        return smooth(self.values)

    @cached_property
    def first(self) -> float:
        """The first value."""
        return float(self.values[0])

    @cached_property
    def end(self) -> float:
        """The median of the last third."""
        return float(np.median(thirds(self.values)[2]))

    @cached_property
    def middle(self) -> float:
        """The median of the middle third."""
        return float(np.median(thirds(self.values)[1]))

    @cached_property
    def trend(self) -> tuple[float, float]:
        """Kendall's tau and its p value over the whole."""
        return trend(self.values)

    @cached_property
    def late_trend(self) -> tuple[float, float]:
        """The same over the last half."""
        return trend(self.values[len(self.values) // 2 :])

    @cached_property
    def pace(self) -> float:
        """How fast it falls in its last third, as a share of the pace in the first; 0 if flat."""
        third = max(2, len(self) // 3)
        if len(self) <= third:
            return 0.0
        early = self.first - float(self.values[third])
        late = float(self.values[-third - 1]) - float(self.values[-1])
        return late / early if early > 0 else math.copysign(math.inf, late) if late else 0.0

    @cached_property
    def fall(self) -> float:
        """How far it falls after its first row, as a share of its value; below 0 if it rises."""
        late = self.values[1:] if len(self) > 3 else self.values
        start = float(late[0]) if len(late) else 0.0
        return (start - self.end) / abs(start) if start else 0.0

    @cached_property
    def lowest(self) -> int:
        """Where it is lowest."""
        return best_place(self.values, lowest=True)

    @cached_property
    def highest(self) -> int:
        """Where it is highest."""
        return best_place(self.values, lowest=False)


@dataclass(frozen=True, eq=False)
class Facts:
    """What is known of a training.

    Attributes:
        run: the training.
        loss, accuracy, val_loss, val_accuracy: its curves; empty where the log has none.
    """

    run: TrainingRun
    loss: Curve
    accuracy: Curve
    val_loss: Curve
    val_accuracy: Curve

    @classmethod
    def of(cls, run: TrainingRun) -> "Facts":
        """The facts of a run, as far as it went well."""
        return cls(run, *(_curve(run, name) for name in (LOSS, ACCURACY, VAL_LOSS, VAL_ACCURACY)))

    def where(self, at: float) -> str:
        """A row in words."""
        return f"{self.run.unit} {at:g}"

    @cached_property
    def chance_loss(self) -> float | None:
        """The loss of a model that knows nothing; None if the number of classes is unknown."""
        return None if self.run.classes is None else math.log(self.run.classes)

    @cached_property
    def trained(self) -> Curve:
        """The training loss, or that of validation where only it is logged."""
        return self.loss if len(self.loss) else self.val_loss

    @cached_property
    def judged(self) -> Curve:
        """The training accuracy, or that of validation where only it is logged."""
        return self.accuracy if len(self.accuracy) else self.val_accuracy

    @cached_property
    def knows_something(self) -> bool:
        """Whether the loss is lower than that of any model that gives all images one answer."""
        if not len(self.judged) or not len(self.trained):
            return False
        return self.trained.end < 0.8 * entropy_of_constant(self.judged.end)


def _curve(run: TrainingRun, name: str) -> Curve:
    at, values = run.curve(name)
    if run.failed is not None and run.failed < len(run.at):
        before = at < run.at[run.failed]
        at, values = at[before], values[before]
    least = 0.0
    if len(values) and name in (ACCURACY, VAL_ACCURACY):
        examples = run.train_examples if name == ACCURACY else run.validation_examples
        if examples is None and name == VAL_ACCURACY:
            examples = examples_behind(values)
        least = binomial_noise(float(np.median(values)), examples)
    return Curve(name, at, values, least)
