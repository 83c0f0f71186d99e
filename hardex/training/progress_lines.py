"""How far a training is, as lines of a file that anybody may poll while it is written.

Each line is one JSON object: `time` (UTC), `epoch` (from 1) and `epochs`, `step` and `steps` (of
all epochs together), `loss` (mean of the epoch so far), `val_loss` and `val_accuracy` (at the end
of an epoch; else null), and `seconds_left` at the present speed, if all epochs are needed.
"""

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path

from hardex.bounded import json_of

PROGRESS = "progress.jsonl"
_SECONDS = 0.5  # between two lines of one epoch
_TAIL = 4096  # bytes at the end of the file, in which its last line is


@dataclass(frozen=True, kw_only=True)
class ProgressLine:
    """How far a training is; see the module."""

    time: str
    epoch: int
    epochs: int
    step: int
    steps: int
    loss: float | None
    val_loss: float | None = None
    val_accuracy: float | None = None
    seconds_left: float | None = None


class ProgressWriter:
    """Adds a line now and then.

    Args:
        path: of the file; lines are added to those of a training that was interrupted.
        clock: seconds that never go back.
    """

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self.path, self.clock = path, clock
        self._last = self._begun = clock()
        self._first: int | None = None

    def __call__(
        self,
        *,
        epoch: int,
        epochs: int,
        step: int,
        steps: int,
        loss: float,
        val_loss: float | None = None,
        val_accuracy: float | None = None,
    ) -> None:
        """Note where the training is; between two epochs always, else if the last line is old."""
        now = self.clock()
        if self._first is None:
            self._first = step
        if val_loss is None and now - self._last < _SECONDS:
            return
        self._last = now
        done = step - self._first
        line = ProgressLine(
            time=datetime.now(UTC).isoformat(timespec="seconds"),
            epoch=epoch,
            epochs=epochs,
            step=step,
            steps=steps,
            loss=_finite(loss),
            val_loss=_finite(val_loss),
            val_accuracy=_finite(val_accuracy),
            seconds_left=round((now - self._begun) / done * (steps - step), 1) if done else None,
        )
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(line)) + "\n")


def last_line(folder: Path) -> ProgressLine | None:
    """How far the training in a folder is; None before its first line.

    A line that is being written is passed over.
    """
    try:
        with (folder / PROGRESS).open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL))
            lines = file.read().decode(errors="replace").split("\n")
    except OSError:
        return None
    for line in reversed(lines[:-1]):  # behind the last newline is what is being written
        try:
            return ProgressLine(**json_of(line))
        except (ValueError, TypeError):
            continue
    return None


def _finite(value: float | None) -> float | None:
    return None if value is None or not isfinite(value) else round(value, 6)
