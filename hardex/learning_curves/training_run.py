"""One training as a log tells it: its curves, put in order."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

EPOCH, EVALUATION, STEPS = "epoch", "evaluation", "step"  # what one row of the curves is


@dataclass(frozen=True, eq=False)
class BatchCurve:
    """The loss of single batches.

    Attributes:
        steps: (m,) numbers of the batches, rising.
        epochs: (m,) the epoch of each, from 0; all 0 where the log does not say.
        loss: (m,).
    """

    steps: Numbers
    epochs: NDArray[np.int64]
    loss: Numbers


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """The curves of one training.

    Attributes:
        log: the file or folder, as typed.
        name: what to call it: the log, and which run in it if there are several.
        unit: what a row is: an epoch, an evaluation between epochs, or some steps.
        at: (n,) where the rows are: epochs from 1, or steps.
        metrics: (n,) values by name, NaN where the log has none: `loss`, `accuracy` (0..1),
            `val_loss`, `val_accuracy`, `learning_rate` and whatever else is in the log.
        batches: the loss of batches; None without.
        failed: the first row in which a loss was NaN or infinite; None if it never was.
        notes: sentences about what was put in order.
        begun_anew: whether it was cut off from another run in the same log.
        classes: how many classes there are; None if nobody said.
        train_examples, validation_examples: how many there are; None if nobody said.
        counts: what `at` counts: epochs, steps or evaluations.
    """

    log: str
    name: str
    unit: str
    at: Numbers
    metrics: Mapping[str, Numbers]
    batches: BatchCurve | None = None
    failed: int | None = None
    notes: tuple[str, ...] = ()
    begun_anew: bool = False
    classes: int | None = None
    train_examples: int | None = None
    validation_examples: int | None = None
    counts: str = EPOCH

    def __len__(self) -> int:
        return len(self.at)

    def has(self, name: str) -> bool:
        """Whether it has at least one value of a metric."""
        return name in self.metrics and bool(np.isfinite(self.metrics[name]).any())

    def curve(self, name: str) -> tuple[Numbers, Numbers]:
        """Where a metric has values, and the values; both empty if it has none."""
        if name not in self.metrics:
            return np.empty(0), np.empty(0)
        values = self.metrics[name]
        there = np.isfinite(values)
        return self.at[there], values[there]
