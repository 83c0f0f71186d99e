"""A job in a folder -> its result, trained in a process of its own.

So the caller stays quick, memory of a training is given back, a crash of TensorFlow is an error in
one sentence, and a training can be ended at any moment.
"""

import errno
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import sleep
from typing import Any

from hardex import errors
from hardex.bounded import json_of, read_json
from hardex.errors import HardexError, RunError, TrainingError
from hardex.predict.neighbours import Progress, silent
from hardex.training.job import RESULT
from hardex.training.process import ERROR_LINE, STARTED_BY
from hardex.training.progress_lines import last_line

_POLL = 0.1  # seconds
_GRACE = 5.0  # seconds to end in
_LINES = 50  # of stderr that are kept
_LINE_MOST = 10_000  # characters


class InterruptedTraining(TrainingError):
    """A training did not come to its end, and can go on from where it is."""


class FullDisk(RunError):
    """A training could not write; it can go on from where it is."""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a training came to; see `hardex.training.keras_training.Trained`."""

    epochs: int
    best_epoch: int
    val_loss: float | None
    val_accuracy: float | None
    transformed_accuracy: float | None
    stopped_early: bool
    findings: tuple[str, ...]


def train(folder: Path, *, stage: str = "training", progress: Progress = silent) -> Result:
    """Train the job in a folder, or go on with it; if it is done already, nothing is trained.

    Args:
        folder: with the files of `hardex.training.job`.
        stage: what it is called in progress.
        progress: called with the steps of all epochs; if it raises, the training ends.

    Raises:
        TrainingError: the training does not learn, its code fails, or its process was ended.
        HardexError: the model or the data cannot be used, or the disk is full.
    """
    if not (folder / RESULT).exists():
        _watched(folder, stage, progress)
    found: dict[str, Any] = read_json(folder / RESULT)
    return Result(**{**found, "findings": tuple(found["findings"])})


def _watched(folder: Path, stage: str, progress: Progress) -> None:
    """Start the process and wait for it; whatever ends the wait ends the process, too."""
    quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", STARTED_BY: str(os.getpid())}
    process = subprocess.Popen(
        [sys.executable, "-m", "hardex.training.process", str(folder)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env={**os.environ, **quiet},
        start_new_session=True,  # Ctrl-C reaches this process alone, which ends the other
    )
    lines: deque[str] = deque(maxlen=_LINES)
    reader = Thread(target=_keep, args=(process.stderr, lines), daemon=True)
    reader.start()
    try:
        while process.poll() is None:
            line = last_line(folder)
            if line is not None:
                progress(stage, line.step, line.steps)
            sleep(_POLL)
    finally:
        _end(process)
        reader.join(_GRACE)
    if process.returncode != 0 or not (folder / RESULT).exists():
        raise _error_of(process.returncode, list(lines), folder)


def _keep(stream: Any, lines: "deque[str]") -> None:
    with stream:
        for line in iter(lambda: stream.readline(_LINE_MOST), b""):
            lines.append(line.decode(errors="replace").rstrip())


def _end(process: "subprocess.Popen[bytes]") -> None:
    if process.poll() is not None:
        return
    process.terminate()
    try:
        process.wait(_GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _error_of(code: int, lines: list[str], folder: Path) -> HardexError:
    """The error that the process told, or a sentence on how it ended."""
    told = [line for line in lines if line.startswith(ERROR_LINE)]
    if told:
        return _as_told(json_of(told[-1].removeprefix(ERROR_LINE)), folder)
    if -code == getattr(signal, "SIGKILL", 9):
        return InterruptedTraining(
            "a training must run to its end; its process was killed, perhaps because the memory "
            "was used up; free some, and type the same again: it goes on from its last epoch."
        )
    last = next((line.strip() for line in reversed(lines) if line.strip()), "nothing was said")
    return InterruptedTraining(
        f"a training must run to its end; its process ended with {code} ({last[:200]}); type the "
        "same again: it goes on from its last epoch."
    )


def _as_told(told: dict[str, Any], folder: Path) -> HardexError:
    kind: Callable[[str], HardexError] | None = getattr(errors, told["kind"], None)
    if isinstance(kind, type) and issubclass(kind, HardexError):
        return kind(told["sentence"])
    if told["kind"] == "MemoryError":
        return TrainingError(
            "a training must fit into memory; it did not; choose a smaller batch_size in the "
            "recipe."
        )
    number = told["errno"]
    reason = os.strerror(number) if isinstance(number, int) else told["sentence"]
    advice = "free disk space" if number == errno.ENOSPC else "check the disk"
    return FullDisk(
        f"a training must be able to write to {folder.parent}; it could not ({reason}); {advice}, "
        "and type the same again: it goes on from its last epoch."
    )
