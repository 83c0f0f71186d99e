"""A Keras callback that watches a training and says what is wrong as soon as it is sure."""

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np

from hardex.errors import LogError
from hardex.learning_curves.facts import Facts
from hardex.learning_curves.findings import CurveFinding
from hardex.learning_curves.last_layers import configuration_of, of_layers, relu_before_softmax
from hardex.learning_curves.reading import BATCHES, read_log
from hardex.learning_curves.rules import judge

_SURE = 0.9
_TWICE = 2  # epochs in a row, in which a finding must be seen before it is said
_AT_ONCE = frozenset({"nan", "dead_starts"})  # the second by the layers alone
_NEVER = frozenset({"healthy", "too_noisy", "not_converged", "underfitting", "appended"})
STOPPING = frozenset({"nan", "not_learning", "ascending", "diverging"})


class CurveDoctor(keras.callbacks.Callback):  # type: ignore[misc]
    """Record the curves of a training, and say a finding as soon as it is sure.

    Args:
        log: a CSV file for the epochs, which `hardex curves` reads; the losses of batches go into
            a file beside it, `NAME.batches.csv`. None to write nothing.
        stop: whether to end a training that is NaN, diverges or does not learn.
        quiet: whether to say nothing.
        patience: epochs before anything but NaN is said.

    Attributes:
        judging: whether it judges at all; a recorder only if not.
        findings: what was found so far, the last judgement of all.
        rows: the values of each epoch, by name.
        batch_losses: (steps,) the loss of each batch.

    Example:
        ```python
        doctor = hardex.CurveDoctor("training.csv", stop=True)
        model.fit(x, y, validation_split=0.2, epochs=20, callbacks=[doctor])
        doctor.findings
        ```
    """

    def __init__(
        self,
        log: str | Path | None = None,
        *,
        stop: bool = False,
        quiet: bool = False,
        patience: int = 4,
    ) -> None:
        super().__init__()
        self.log = None if log is None else Path(log)
        self.stop, self.quiet, self.patience = stop, quiet, patience
        self.judging = True
        self.findings: tuple[CurveFinding, ...] = ()
        self.rows: list[dict[str, float]] = []
        self.batch_losses: list[float] = []
        self._batch_epochs: list[int] = []
        self._seen: dict[str, int] = {}
        self._said: set[str] = set()
        self._before, self._last = 0.0, -1
        self._examples: dict[str, int] = {}
        self._relu = ""
        self._files: list[IO[str]] = []
        self._writers: list[Any] = []

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin anew: a second `fit` is a second run, and its log replaces the first one."""
        self._close()
        self.rows, self.batch_losses, self._batch_epochs = [], [], []
        self._seen, self._said, self.findings, self._examples = {}, set(), (), {}
        self._relu = relu_before_softmax(configuration_of(self.model) or {})
        if self.log is not None:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            beside = self.log.with_suffix(BATCHES)
            self._files = [
                path.open("w", newline="", encoding="utf-8") for path in (self.log, beside)
            ]
            self._writers = [csv.writer(file) for file in self._files]
            self._writers[1].writerow(["step", "epoch", "loss"])

    def resume(
        self, rows: Sequence[Mapping[str, float]], batch_losses: Sequence[tuple[int, float]]
    ) -> None:
        """Go on with the curves of a training that was interrupted; after `on_train_begin`.

        Args:
            rows: the values of each epoch so far.
            batch_losses: the epoch and the loss of each batch so far.
        """
        self.rows = [dict(row) for row in rows]
        self._batch_epochs = [epoch for epoch, _ in batch_losses]
        self.batch_losses = [loss for _, loss in batch_losses]

    def on_epoch_begin(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Keras begins a new mean."""
        self._before, self._last = 0.0, -1

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note the loss of the batch: Keras tells the mean over the epoch so far."""
        mean = (logs or {}).get("loss")
        if mean is None:
            return
        total = float(mean) * (batch + 1)
        steps = max(1, batch - self._last)  # several batches in one call: `steps_per_execution`
        loss, self._before, self._last = (total - self._before) / steps, total, batch
        self.batch_losses.append(loss)
        self._batch_epochs.append(len(self.rows))
        if self._writers:
            row = [len(self.batch_losses) - 1, self._batch_epochs[-1], f"{loss:.7g}"]
            self._writers[1].writerow(row)

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Note how many training examples the means of the epoch are made of."""
        self._count("train_examples")

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Note how many validation examples there are."""
        self._count("val_examples")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Judge what is known so far."""
        known = (set(self._names()), len(self._examples))
        if "val_examples" not in self._examples:
            self._count("train_examples")
        self.rows.append({"epoch": float(epoch), **_numbers(logs or {})})
        if self._writers:
            if (set(self._names()), len(self._examples)) != known and len(
                self.rows
            ) > 1:  # not validated in each epoch
                self._files[0].seek(0)
                self._files[0].truncate()
                self._write(self.rows, header=True)
            else:
                self._write(self.rows[-1:], header=len(self.rows) == 1)
            for file in self._files:
                file.flush()
        if self.judging:
            self._judge(epoch)

    def on_train_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Close the logs."""
        self._close()

    @property
    def batches(self) -> tuple[tuple[int, float], ...]:
        """The epoch and the loss of each batch, as `resume` takes them."""
        return tuple(zip(self._batch_epochs, self.batch_losses, strict=True))

    @property
    def history(self) -> dict[str, list[float | None]]:
        """The values of each epoch, by name; None where an epoch has none."""
        return {
            name: [row.get(name) for row in self.rows] for name in self._names() if name != "epoch"
        }

    def _names(self) -> list[str]:
        return list(dict.fromkeys(name for row in self.rows for name in row))

    def _count(self, name: str) -> None:
        """Keep what Keras counted for its mean of the loss; other trackers tell nothing."""
        trackers = getattr(self.model, "metrics", None) or [None]
        try:
            count = float(trackers[0].count)
        except (AttributeError, TypeError, ValueError):
            return
        if count >= 1 and count == round(count):
            self._examples[name] = int(count)

    def _write(self, rows: list[dict[str, float]], *, header: bool) -> None:
        names = self._names()
        if header:
            self._writers[0].writerow([*names, *self._examples])
        for row in rows:
            values = ["" if name not in row else f"{row[name]:.7g}" for name in names]
            self._writers[0].writerow([*values, *self._examples.values()])

    def _close(self) -> None:
        for file in self._files:
            file.close()
        self._files, self._writers = [], []

    def _judge(self, epoch: int) -> None:
        try:
            run = self.run
        except LogError:  # neither a loss nor an accuracy: a training to record, not to judge
            return
        if run is None:
            return
        self.findings = judge(Facts.of(run))
        if self._relu:
            self.findings = (*self.findings, of_layers(self._relu))
        codes = {one.code for one in self.findings}
        for code in list(self._seen):
            if code not in codes:
                del self._seen[code]
        for one in self.findings:
            self._seen[one.code] = self._seen.get(one.code, 0) + 1
            if self._is_sure(one, epoch):
                self._say(one, epoch)

    def _is_sure(self, one: CurveFinding, epoch: int) -> bool:
        if one.code in _NEVER or one.code in self._said:
            return False
        if one.code in _AT_ONCE:
            return True
        count = len(self.rows)
        return one.confidence >= _SURE and count >= self.patience and self._seen[one.code] >= _TWICE

    def _say(self, one: CurveFinding, epoch: int) -> None:
        self._said.add(one.code)
        if not self.quiet:
            sys.stdout.write(f"\nhardex, epoch {epoch + 1}: {one.code}. {one.why} {one.remedy}\n")
        if self.stop and one.code in STOPPING:
            self.model.stop_training = True

    @property
    def run(self) -> Any:
        """The training so far, a `TrainingRun`; None before the first epoch."""
        if not self.rows:
            return None
        from dataclasses import replace

        from hardex.learning_curves.training_run import BatchCurve

        run = read_log(self.history)[0]
        width = getattr(self.model, "output_shape", (None,))[-1]
        loss = np.array(self.batch_losses)
        finite = np.isfinite(loss)
        batches = BatchCurve(
            np.flatnonzero(finite).astype(np.float64),
            np.array(self._batch_epochs, np.int64)[finite],
            loss[finite],
        )
        return replace(
            run,
            batches=batches if finite.any() else None,
            classes=width if isinstance(width, int) and width > 1 else None,
            train_examples=self._examples.get("train_examples"),
            validation_examples=self._examples.get("val_examples"),
        )


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """The values that are one number each; a metric may give one per class."""
    found = {}
    for name, value in logs.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            continue
    return found
