"""A Keras callback that watches a training and says what is wrong as soon as it is sure."""

import csv
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import keras
import numpy as np

from hardex.bounded import lines_of, open_plain
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
            a file beside it, `NAME.batches.csv`. A training that begins with the first epoch
            replaces both; one that is resumed with `fit(initial_epoch=…)` goes on in them. None to
            write nothing.
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
        self._epoch = self._first_step = 0
        self._seen: dict[str, int] = {}
        self._said: set[str] = set()
        self._before, self._last = 0.0, -1
        self._examples: dict[str, int] = {}
        self._relu = ""
        self._files: list[IO[str]] = []
        self._writers: list[Any] = []
        self._header: list[str] = []
        self._earlier: list[dict[str, str]] = []

    def on_train_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Begin anew: a second `fit` is a second run."""
        self._close()
        self.rows, self.batch_losses, self._batch_epochs = [], [], []
        self._seen, self._said, self.findings, self._examples = {}, set(), (), {}
        self._relu = relu_before_softmax(configuration_of(self.model) or {})

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
        """Keras begins a new mean; in the first epoch of a `fit`, open the logs."""
        self._before, self._last, self._epoch = 0.0, -1, epoch
        if self.log is not None and not self._files:
            self._open(self.log, resumed=epoch > 0)

    def on_train_batch_end(self, batch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Note the loss of the batch: Keras tells the mean over the epoch so far."""
        mean = (logs or {}).get("loss")
        if mean is None:
            return
        total = float(mean) * (batch + 1)
        steps = max(1, batch - self._last)  # several batches in one call: `steps_per_execution`
        loss, self._before, self._last = (total - self._before) / steps, total, batch
        self.batch_losses.append(loss)
        self._batch_epochs.append(self._epoch)
        if self._writers:
            step = self._first_step + len(self.batch_losses) - 1
            self._writers[1].writerow([step, self._epoch, f"{loss:.7g}"])

    def on_test_begin(self, logs: Mapping[str, Any] | None = None) -> None:
        """Note how many training examples the means of the epoch are made of."""
        self._count("train_examples")

    def on_test_end(self, logs: Mapping[str, Any] | None = None) -> None:
        """Note how many validation examples there are."""
        self._count("val_examples")

    def on_epoch_end(self, epoch: int, logs: Mapping[str, Any] | None = None) -> None:
        """Judge what is known so far."""
        if "val_examples" not in self._examples:
            self._count("train_examples")
        self.rows.append({"epoch": float(epoch), **_numbers(logs or {})})
        if self._writers:
            self._write()
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
        """The values of each epoch, by name; None where an epoch has none.

        `epoch` counts from 1, as everything that is said to people.
        """
        found = {name: [row.get(name) for row in self.rows] for name in self._names()}
        return found | {"epoch": [row["epoch"] + 1 for row in self.rows]}

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

    def _open(self, log: Path, *, resumed: bool) -> None:
        """Open both files: anew, or to go on with those of the training that is resumed."""
        log.parent.mkdir(parents=True, exist_ok=True)
        beside = log.with_suffix(BATCHES)
        self._header, self._earlier = _earlier(log) if resumed else ([], [])
        batches, before = _earlier(beside) if self._earlier else ([], [])
        steps = [int(row["step"]) for row in before if (row.get("step") or "").isdigit()]
        self._first_step = max(steps, default=-1) + 1
        self._files = [
            _opened(log, further=bool(self._earlier)),
            _opened(beside, further=bool(batches)),
        ]
        self._writers = [csv.writer(file) for file in self._files]
        if not batches:
            self._writers[1].writerow(["step", "epoch", "loss"])

    def _write(self) -> None:
        """Write the last epoch, and all before it again if the header does not name its values."""
        names = list(dict.fromkeys([*self._header, *self._names(), *self._examples]))
        if names == self._header:
            last = self._cells(self.rows[-1])
            self._writers[0].writerow([last.get(name, "") for name in names])
            return
        self._header = names
        path = Path(self._files[0].name)
        written = path.with_name(f"{path.name}.part")
        with written.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for row in (*self._earlier, *map(self._cells, self.rows)):
                writer.writerow([row.get(name, "") for name in names])
        self._files[0].close()
        os.replace(written, path)
        self._files[0] = _opened(path, further=True)
        self._writers[0] = csv.writer(self._files[0])

    def _cells(self, row: Mapping[str, float]) -> dict[str, str]:
        values = {name: f"{value:.7g}" for name, value in row.items()}
        return values | {name: str(count) for name, count in self._examples.items()}

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
        try:
            self.findings = judge(Facts.of(run))
        except Exception as error:  # what only watches must never end a training
            self.judging = False
            sys.stderr.write(f"\nhardex cannot judge this training ({error!r}); it goes on.\n")
            return
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
        if one.code in _AT_ONCE and one.confidence >= _SURE:
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
            classes=_classes_of(self.model),
            train_examples=self._examples.get("train_examples"),
            validation_examples=self._examples.get("val_examples"),
        )


def _classes_of(model: Any) -> int | None:
    """How many classes a model tells apart; None if it may do something else."""
    shape = getattr(model, "output_shape", None)
    width = shape[-1] if isinstance(shape, tuple) and shape else None
    loss = getattr(model, "loss", None)
    name = loss if isinstance(loss, str) else type(loss).__name__
    of_classes = "crossentropy" in name.lower().replace("_", "")
    return width if of_classes and isinstance(width, int) and width > 1 else None


def _earlier(log: Path) -> tuple[list[str], list[dict[str, str]]]:
    """The header and the rows of a log that hardex wrote; both empty if there is none."""
    try:
        reader = csv.DictReader(lines_of(log), restval="")
        rows = list(reader)
    except (OSError, ValueError, csv.Error):
        return [], []
    header = list(reader.fieldnames or [])
    return (header, rows) if rows and "epoch" in header else ([], [])


def _opened(path: Path, *, further: bool) -> IO[str]:
    """Open a log to write it anew, or to add whole lines to it."""
    file = path.open("a" if further else "w", newline="", encoding="utf-8")
    if further and not _ends_a_line(path):  # the program was killed
        file.write("\r\n")
    return file


def _ends_a_line(path: Path) -> bool:
    with open_plain(path) as file:
        file.seek(-1, os.SEEK_END)
        return bool(file.read(1) == b"\n")


def _numbers(logs: Mapping[str, Any]) -> dict[str, float]:
    """The values that are one number each; a metric may give one per class."""
    found = {}
    for name, value in logs.items():
        try:
            found[name] = float(value)
        except (TypeError, ValueError):
            continue
    return found
