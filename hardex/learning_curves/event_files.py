"""TensorBoard's event files -> the trainings in them; the only file that knows `tensorboard`."""

import math
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
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

_Curves = dict[str, dict[int, float]]  # the value of each step, by the tag


@dataclass(frozen=True, eq=False)
class _Written:
    """What one file holds.

    Attributes:
        begun: when its first event was written, in seconds.
        values: tag, step and value of each scalar, in the order in which they were written.
    """

    begun: float
    values: list[tuple[str, int, float]]

    @property
    def tags(self) -> set[str]:
        """Of all scalars."""
        return {tag for tag, _, _ in self.values}


def read_events(files: Sequence[Path], name: str, chosen: Mapping[str, str]) -> list[TrainingRun]:
    """The runs in some event files; a folder `validation` beside `train` belongs to the same run.

    Keras writes its metrics as tensors, others as simple values; both are read.

    Raises:
        LogError: `tensorboard` is missing, or no file holds a curve.
    """
    files_of: dict[str, list[_Written]] = {}
    notes: list[str] = []
    for file, whole in _within(files):
        run, part = _run_of(file)
        files_of.setdefault(run, []).append(_written(file, part, name))
        if not whole:
            notes.append(f"Files of more than {_MOST:,} bytes together: the rest was not read.")
            break
    found = []
    root = os.path.commonpath(files_of) if files_of else ""
    for run, written in sorted(files_of.items()):
        trainings = [_of_metrics(one) for one in _in_turn(written)]
        tags = list(dict.fromkeys(tag for curves in trainings for tag in curves))
        if not any(canonical(tag).removeprefix("val_") in ("loss", "accuracy") for tag in tags):
            continue
        rows = [
            [step, *(curves.get(tag, {}).get(step) for tag in tags)]
            for curves in trainings
            for step in sorted({step for values in curves.values() for step in values})
        ]
        key = "epoch" if any("epoch_" in tag for tag in tags) else "step"
        title = name if len(files_of) == 1 else f"{name}/{os.path.relpath(run, root)}"
        cells: list[list[object]] = [list(column) for column in zip(*rows, strict=True)]
        found += in_order(raw_log(title, [key, *tags], cells, (), notes), chosen)
    if not found:
        tags = sorted({tag for one in files_of.values() for file in one for tag in file.tags})
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


def _in_turn(written: Sequence[_Written]) -> list[_Curves]:
    """The curves of each training that wrote into a folder, in the order of time.

    Each training writes files of its own. One begins anew where the steps of a tag go back.
    """
    found: list[_Curves] = [{}]
    last: dict[str, int] = {}
    for file in sorted(written, key=lambda one: one.begun):
        for tag, step, value in file.values:
            if step < last.get(tag, step):
                found.append({})
                last = {}
            last[tag] = step
            found[-1].setdefault(tag, {})[step] = value
    return found


def _of_metrics(curves: _Curves) -> _Curves:
    """Without evaluations against iterations, which Keras writes beside those of epochs."""
    return {tag: values for tag, values in curves.items() if "epoch_" in tag} or curves


def _written(file: Path, part: str, name: str) -> _Written:
    """What a file holds, as far as it can be read."""
    try:
        from tensorboard.backend.event_processing import event_file_loader
        from tensorboard.util import tensor_util
    except ImportError as error:
        raise LogError(
            f"TensorBoard's event files need the package tensorboard, which is missing, to read "
            f"{name}; install it with pip install 'hardex[tensorboard]', or pass a CSV."
        ) from error
    begun = math.inf
    found: list[tuple[str, int, float]] = []
    size = 0
    try:
        for event in event_file_loader.LegacyEventFileLoader(str(file)).Load():
            begun = min(begun, float(event.wall_time))
            size += event.ByteSize()
            for value in event.summary.value:
                number = _scalar(value, tensor_util)
                if number is not None:
                    found.append((f"{part}{value.tag}", int(event.step), number))
            if len(found) >= _MOST_VALUES or size > _MOST:
                break
    except Exception as error:  # a cut or foreign file; its library raises many kinds
        if not found:
            raise LogError(
                f"an event file must be readable by TensorBoard; {file.name} of {name} is not "
                f"({type(error).__name__}); pass another log."
            ) from error
    return _Written(begun, found)


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
