"""A path, a history or rows -> the trainings in it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hardex.errors import LogError
from hardex.learning_curves.json_logs import of_value, read_json_log
from hardex.learning_curves.order import in_order
from hardex.learning_curves.text_tables import read_table
from hardex.learning_curves.training_run import TrainingRun

Log = str | Path | Mapping[str, Any] | Sequence[Mapping[str, Any]] | Any

BATCHES = ".batches.csv"  # the suffix of a log of batches beside a log of epochs
# What canonical names the columns `train_examples` and `val_examples` of `CurveDoctor`.
EXAMPLES = ("examples", "val_examples")
_COUNTS = frozenset({"train_examples", "val_examples"})
_JSON = (".json", ".jsonl", ".ndjson")
_PICKLES = (".pkl", ".pickle", ".p", ".joblib", ".npy")


def read_log(log: Log, columns: Mapping[str, str] | None = None) -> list[TrainingRun]:
    """The trainings in a log, each in order.

    Args:
        log: a file (CSV, JSON, JSON lines), a folder with TensorBoard's event files, a Keras
            `History` or its `history`, or rows of mappings.
        columns: names of columns in the log, by the name used here, such as {"loss": "my_loss"}.

    Raises:
        LogError: it cannot be read, or holds no curve.

    Example:
        >>> read_log({"loss": [2.3, 1.1, 0.7], "val_loss": [2.2, 1.2, 0.9]})[0].at
        array([1., 2., 3.])
    """
    return [_counted(run) for run in _read(log, dict(columns or {}))]


def _read(log: Log, chosen: dict[str, str]) -> list[TrainingRun]:
    if not isinstance(log, str | Path):
        history = getattr(log, "history", log)
        if isinstance(history, Mapping | list | tuple):
            epochs = getattr(log, "epoch", None)
            if isinstance(history, Mapping) and isinstance(epochs, list) and epochs:
                history = {"epoch": list(epochs), **history}
                return in_order(of_value(history, "history"), chosen, from_zero=True)
            return in_order(of_value(history, "history"), chosen)
        raise LogError(
            "a training log must be a path, a Keras History, or a mapping of names to lists; "
            f"{type(log).__name__} is none of these; pass model.fit(...).history."
        )
    path, name = Path(log), str(log)
    if not path.exists():
        raise LogError(
            f"a training log must be a file or a folder that is there; there is no {name}; look "
            "at its path again."
        )
    if path.is_dir():
        return _folder(path, name, chosen)
    if path.suffix.lower() in _PICKLES:
        raise LogError(
            f"a training log must be CSV, JSON or TensorBoard's events; {name} is a pickle or an "
            "array, and reading a pickle can run code; save it with json.dump(history, file)."
        )
    if ".tfevents." in path.name:
        from hardex.learning_curves.event_files import read_events

        return read_events([path], name, chosen)
    if path.suffix.lower() in _JSON or _begins_as_json(path):
        return in_order(read_json_log(path, name), chosen)
    table = read_table(path, name)
    from_zero = _is_of_keras(table.header) or path.name.endswith(BATCHES)
    return _with_batches(in_order(table, chosen, from_zero=from_zero), path)


def _is_of_keras(header: Sequence[str]) -> bool:
    """Whether `CurveDoctor` or Keras' `CSVLogger` wrote a table: both count epochs from 0.

    `CSVLogger` writes `epoch` and then the other names in the order of the alphabet.
    """
    first, *others = header
    sorted_names = len(others) >= 4 and others == sorted(others)
    pairs = {"loss", "val_loss"} <= set(others)
    return first == "epoch" and ((sorted_names and pairs) or bool(_COUNTS & set(others)))


def _counted(run: TrainingRun) -> TrainingRun:
    """With the numbers of examples that `CurveDoctor` writes beside the values."""
    train, val = (run.curve(name)[1] for name in EXAMPLES)
    if not len(train) and not len(val):
        return run
    kept = {name: values for name, values in run.metrics.items() if name not in EXAMPLES}
    counts = (int(one[-1]) if len(one) and one[-1] >= 1 else None for one in (train, val))
    return replace(run, metrics=kept, train_examples=next(counts), validation_examples=next(counts))


def named_columns(pairs: Sequence[str]) -> dict[str, str]:
    """`loss=my_loss` -> {"loss": "my_loss"}.

    Raises:
        LogError: one is no such pair.

    Example:
        >>> named_columns(["loss=my_loss"])
        {'loss': 'my_loss'}
    """
    found = {}
    for pair in pairs:
        name, equals, column = pair.partition("=")
        if not (name and equals and column):
            raise LogError(
                f"--columns must be NAME=COLUMN, such as loss=my_loss; {pair!r} is not; write the "
                "name used here, then the column of the log."
            )
        found[name.strip()] = column.strip()
    return found


def _with_batches(runs: list[TrainingRun], path: Path) -> list[TrainingRun]:
    """The same with the losses of batches that lie beside the log of one run."""
    beside = path.with_suffix(BATCHES)
    if len(runs) != 1 or path.name.endswith(BATCHES) or not beside.is_file():
        return runs
    try:
        batches = in_order(read_table(beside, str(beside)), {}, from_zero=True)[-1].batches
    except LogError as error:
        note = f"The losses of batches beside it were left out: {error}"
        return [replace(runs[0], notes=(*runs[0].notes, note))]
    return [replace(runs[0], batches=batches)] if batches is not None else runs


def _begins_as_json(path: Path) -> bool:
    """Whether a file without a telling name is JSON."""
    if path.suffix.lower() in (".csv", ".tsv"):
        return False
    try:
        with path.open("rb") as file:
            return file.read(64).lstrip()[:1] in (b"{", b"[")
    except OSError:
        return False


def _folder(path: Path, name: str, chosen: Mapping[str, str]) -> list[TrainingRun]:
    """TensorBoard's event files below a folder, or the one log in it."""
    events = sorted(path.rglob("*.tfevents.*"))
    if events:
        from hardex.learning_curves.event_files import read_events

        return read_events(events, name, chosen)
    for known in ("metrics.csv", "trainer_state.json", "training.log", "results.csv", "log.csv"):
        if (path / known).is_file():
            return _read(path / known, dict(chosen))
    raise LogError(
        f"a folder must hold a training log (events of TensorBoard, metrics.csv, "
        f"trainer_state.json); {name} holds none; pass the file itself."
    )
