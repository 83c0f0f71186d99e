"""Where a training is after an epoch -> a file, from which it goes on."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.bounded import json_of
from hardex.training.job import write_whole

STATE = "state.npz"
_FACTS, _LOSSES = "facts", "losses"

Values = Sequence[NDArray[Any]]
Row = dict[str, float]


@dataclass(frozen=True, eq=False, kw_only=True)
class State:
    """Where a training is.

    Attributes:
        epoch: the next one, from 0.
        model: the values of all variables of the model, seeds of dropout included.
        optimizer: those of the optimizer.
        best: the weights after the epoch with the lowest validation loss.
        best_epoch, best_loss: which, and how low; None before the first epoch.
        best_transformed: the accuracy on transformed images then, if there are any.
        rows: the curves, a row for each epoch.
        batch_losses: of all steps.
    """

    epoch: int
    model: Values
    optimizer: Values
    best: Values = ()
    best_epoch: int | None = None
    best_loss: float | None = None
    best_transformed: float | None = None
    rows: tuple[Row, ...] = ()
    batch_losses: tuple[tuple[int, float], ...] = field(default=())


def write_state(folder: Path, state: State) -> None:
    """Write it whole, or leave the former one.

    Raises:
        OSError: it cannot be written.
    """
    facts = {
        "epoch": state.epoch,
        "best_epoch": state.best_epoch,
        "best_loss": state.best_loss,
        "best_transformed": state.best_transformed,
        "rows": list(state.rows),
    }
    arrays: dict[str, Any] = {
        f"{name}_{place}": value
        for name in ("model", "optimizer", "best")
        for place, value in enumerate(getattr(state, name))
    }
    arrays[_FACTS] = np.frombuffer(json.dumps(facts).encode(), np.uint8)
    arrays[_LOSSES] = np.array(state.batch_losses, np.float64).reshape(-1, 2)
    buffer = io.BytesIO()
    np.savez(buffer, **arrays)
    write_whole(folder / STATE, buffer.getvalue())


def read_state(folder: Path) -> State | None:
    """The state of an interrupted training; None where there is none that can be read."""
    try:
        with np.load(folder / STATE, allow_pickle=False) as found:
            facts: Mapping[str, Any] = json_of(found[_FACTS].tobytes().decode(), endless=True)
            losses = found[_LOSSES]
            arrays = {name: _values(found, name) for name in ("model", "optimizer", "best")}
    except (OSError, ValueError, KeyError, zipfile.BadZipFile):
        return None
    return State(
        epoch=facts["epoch"],
        best_epoch=facts["best_epoch"],
        best_loss=facts["best_loss"],
        best_transformed=facts["best_transformed"],
        rows=tuple(facts["rows"]),
        batch_losses=tuple((int(epoch), float(loss)) for epoch, loss in losses),
        **arrays,
    )


def _values(found: Any, name: str) -> Values:
    count = sum(key.startswith(f"{name}_") for key in found.files)
    return [found[f"{name}_{place}"] for place in range(count)]
