"""TensorBoard's event files -> the trainings in them; the only file that knows `tensorboard`."""

import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from hardex.errors import LogError
from hardex.learning_curves.columns import canonical
from hardex.learning_curves.order import in_order
from hardex.learning_curves.raw_log import raw_log
from hardex.learning_curves.training_run import TrainingRun

_MOST = 2**30  # bytes that are read of all files together
_MOST_VALUES = 5_000_000
_VALIDATION = ("validation", "valid", "val", "eval", "test", "dev")
_TRAINING = ("train", "training")


def read_events(files: Sequence[Path], name: str, chosen: Mapping[str, str]) -> list[TrainingRun]:
    """The runs in some event files; a folder `validation` beside `train` belongs to the same run.

    Keras writes its metrics as tensors, others as simple values; both are read.

    Raises:
        LogError: `tensorboard` is missing, or no file holds a curve.
    """
    series: dict[str, dict[str, dict[int, float]]] = {}
    notes: list[str] = []
    for file, whole in _within(files):
        run, part = _run_of(file)
        curves = series.setdefault(run, {})
        for tag, step, value in _values(file, name):
            curves.setdefault(f"{part}{tag}", {})[step] = value
        if not whole:
            notes.append(f"Files of more than {_MOST:,} bytes together: the rest was not read.")
            break
    found = []
    root = os.path.commonpath(series) if series else ""
    for run, curves in sorted(series.items()):
        by_epoch = {tag: values for tag, values in curves.items() if "epoch_" in tag}
        curves = by_epoch or curves  # Keras also writes evaluations against iterations
        if not any(canonical(tag).removeprefix("val_") in ("loss", "accuracy") for tag in curves):
            continue
        steps = sorted({step for values in curves.values() for step in values})
        cells: list[list[object]] = [list(steps)]
        cells += [[values.get(step) for step in steps] for values in curves.values()]
        key = "epoch" if any("epoch_" in tag for tag in curves) else "step"
        title = name if len(series) == 1 else f"{name}/{os.path.relpath(run, root)}"
        found += in_order(raw_log(title, [key, *curves], cells, (), notes), chosen)
    if not found:
        tags = sorted({tag for curves in series.values() for tag in curves})
        shown = ", ".join(tags[:6]) or "no values"
        raise LogError(
            f"event files must hold a loss or an accuracy; {name} holds {shown}; name one with "
            "--columns loss=NAME."
        )
    return found


def _within(files: Sequence[Path]) -> Iterator[tuple[Path, bool]]:
    """The files, and whether there is room for the next one."""
    size = 0
    for file in files:
        size += file.stat().st_size
        yield file, size <= _MOST


def _run_of(file: Path) -> tuple[str, str]:
    """The folder of a run, and the prefix of its tags."""
    folder = file.parent
    if folder.name.lower() in _VALIDATION:
        return str(folder.parent), "val_"
    if folder.name.lower() in _TRAINING:
        return str(folder.parent), ""
    return str(folder), ""


def _values(file: Path, name: str) -> Iterator[tuple[str, int, float]]:
    """Tag, step and value of every scalar in a file, as far as it can be read."""
    try:
        from tensorboard.backend.event_processing import event_file_loader
        from tensorboard.util import tensor_util
    except ImportError as error:
        raise LogError(
            f"TensorBoard's event files need the package tensorboard, which is missing, to read "
            f"{name}; install it with pip install 'hardex[tensorboard]', or pass a CSV."
        ) from error
    read = 0
    size = 0
    try:
        for event in event_file_loader.LegacyEventFileLoader(str(file)).Load():
            size += event.ByteSize()
            for value in event.summary.value:
                number = _scalar(value, tensor_util)
                if number is not None:
                    yield value.tag, int(event.step), number
                    read += 1
            if read >= _MOST_VALUES or size > _MOST:
                return
    except Exception as error:  # a cut or foreign file; its library raises many kinds
        if not read:
            raise LogError(
                f"an event file must be readable by TensorBoard; {file.name} of {name} is not "
                f"({type(error).__name__}); pass another log."
            ) from error


def _scalar(value: Any, tensor_util: Any) -> float | None:
    """The number that a summary value holds; None if it is a picture, a text or a histogram."""
    if value.HasField("simple_value"):
        return float(value.simple_value)
    if value.HasField("tensor") and not value.tensor.tensor_shape.dim:
        plugin = value.metadata.plugin_data.plugin_name
        if plugin in ("", "scalars"):
            try:
                return float(tensor_util.make_ndarray(value.tensor))
            except (TypeError, ValueError):
                return None
    return None
