"""The fix that the app carries out: one at a time, in a process of its own.

Pages come and go meanwhile. When the app ends, so does the process, and the order stays in its
file: the next app on the run offers to go on.
"""

import json
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock, Thread
from typing import Any

from hardex.bounded import json_of
from hardex.errors import HardexError, RunError
from hardex_app.fix_order import Order, kept_order

IDLE, RUNNING, DONE, FAILED, CANCELLED, LEFT = (
    "idle", "running", "done", "failed", "cancelled", "left",
)  # fmt: skip
_COMMAND = (sys.executable, "-m", "hardex_app.fix_process")
_ENDING_SECONDS = 15.0  # a step of a training cannot be interrupted
_LINE_MOST = 1_000_000  # characters
_LINES = 20  # of stderr that are kept
Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Standing:
    """Where the work on an order is.

    Attributes:
        state: `idle`, `running`, `done`, `failed`, `cancelled`, or `left` by an app that ended.
        order: what was ordered; None without one.
        stage, done, total: how far it is.
        problem: why it failed, a sentence.
        can_go_on: whether the same order would go on where it was.
        changes: training examples that must be confirmed first, and how many they are.
        change_count: how many.
        proof: the file of the proof; "" without one.
    """

    state: str = IDLE
    order: Order | None = None
    stage: str = ""
    done: int = 0
    total: int = 0
    problem: str = ""
    can_go_on: bool = False
    changes: Sequence[Json] = field(default=())
    change_count: int = 0
    proof: str = ""


class Fixes:
    """What was ordered last, and the process that carries it out; for any number of threads.

    Args:
        command: starts the process; see `hardex_app.fix_process`.
    """

    def __init__(self, command: Sequence[str] = _COMMAND) -> None:
        self._command = tuple(command)
        self._lock = Lock()
        self._standing = Standing()
        self._process: subprocess.Popen[str] | None = None
        self._watcher: Thread | None = None

    def standing(self, run: Path) -> Standing:
        """Where the work is; what a killed app has left is found again.

        Args:
            run: the folder of the run that is open.
        """
        with self._lock:
            if self._standing.state == IDLE:
                left = kept_order(run)
                if left is not None:
                    return Standing(state=LEFT, order=left, can_go_on=True)
            return self._standing

    def start(self, order: Order) -> None:
        """Begin to carry out an order.

        Raises:
            RunError: another one is not done yet, or the process cannot be started.
        """
        with self._lock:
            if self._standing.state == RUNNING:
                raise RunError(
                    "one fix of a run is made at a time; another one runs now; wait until it has "
                    "ended, or cancel it."
                )
            order.keep()
            try:
                process = subprocess.Popen(
                    self._command,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.PIPE,
                    text=True,
                    encoding="utf-8",
                    errors="replace",
                    env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2"},
                    start_new_session=True,  # Ctrl-C reaches the app alone, which ends it
                )
            except OSError as error:
                order.forget()
                raise RunError(
                    "a fix needs a process of its own; none could be started "
                    f"({error.strerror}); end other programs, and try again."
                ) from error
            self._process = process
            self._standing = Standing(state=RUNNING, order=order, stage="starting")
            self._watcher = Thread(
                target=self._watch, args=(process, order), name="hardex-fix", daemon=True
            )
            self._watcher.start()
        _write(process, json.dumps(order.as_json()))

    def go_on(self, run: Path, *, trust_model: bool, yes: bool = False) -> None:
        """Go on with what was left, or do again what failed.

        Args:
            run: the folder of the run that is open.
            trust_model: whether the model may run code of its own; a file does not decide that.
            yes: whether the changes that were listed are confirmed.

        Raises:
            RunError: there is nothing to go on with.
        """
        found = self.standing(run)
        if found.order is None or found.state in (RUNNING, DONE):
            raise RunError(
                "a fix can go on if one was left undone; there is none; start a new one."
            )
        self.start(replace(found.order, trust_model=trust_model, yes=yes or found.order.yes))

    def cancel(self) -> None:
        """End the process; it leaves nothing half done."""
        process = self._process
        if process is not None:
            _write(process, "cancel")

    def clear(self, run: Path) -> None:
        """Put away what has ended; of what was left, everything half done is removed.

        Raises:
            RunError: it is going on.
        """
        found = self.standing(run)
        if found.state == RUNNING:
            raise RunError("a fix is put away once it has ended; this one runs; cancel it first.")
        if found.order is not None and found.state != DONE:
            found.order.discard()
        with self._lock:
            self._standing = Standing()

    def stop(self) -> None:
        """End the process because the app ends; its order stays, and can go on."""
        with self._lock:
            process, watcher = self._process, self._watcher
        if process is None or process.poll() is not None:
            return
        with suppress(OSError):
            if process.stdin is not None:
                process.stdin.close()
        try:
            process.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if watcher is not None:
            watcher.join(_ENDING_SECONDS)

    def wait(self, seconds: float) -> None:
        """Wait until the process has ended, so long at most."""
        if self._watcher is not None:
            self._watcher.join(seconds)

    def _watch(self, process: "subprocess.Popen[str]", order: Order) -> None:
        """Follow the lines of the process until it has ended."""
        errors: deque[str] = deque(maxlen=_LINES)
        reader = Thread(target=_keep, args=(process.stderr, errors), daemon=True)
        reader.start()
        last: Mapping[str, Any] = {}
        for line in _lines(process):
            last = line
            if "stage" in line:
                self._set(
                    Standing(
                        state=RUNNING,
                        order=order,
                        stage=str(line["stage"]),
                        done=int(line["done"]),
                        total=int(line["total"]),
                    )
                )
        code = process.wait()
        reader.join(1)
        found = _ended(order, last, code, list(errors))
        if not found.can_go_on:
            with suppress(HardexError, OSError):
                order.discard()
        self._set(found)
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()

    def _set(self, standing: Standing) -> None:
        with self._lock:
            self._standing = standing


def _ended(order: Order, last: Mapping[str, Any], code: int, errors: Sequence[str]) -> Standing:
    """What the last line of the process says, or how it ended without one."""
    if last.get("cancelled"):
        return Standing(state=CANCELLED, order=order)
    if "fixed" in last:
        return Standing(state=DONE, order=order, proof=str(last["proof"]))
    if "error" in last:
        return Standing(
            state=FAILED,
            order=order,
            problem=str(last["error"]),
            can_go_on=bool(last.get("can_go_on")),
            changes=list(last.get("changes", ())),
            change_count=int(last.get("change_count", 0)),
        )
    said = next((line.strip() for line in reversed(errors) if line.strip()), "nothing was said")
    return Standing(
        state=FAILED,
        order=order,
        problem=f"The process of the fix ended with {code} ({said[:200]}).",
        can_go_on=True,
    )


def _lines(process: "subprocess.Popen[str]") -> Iterator[Json]:
    """What the process writes, line by line; what is no JSON is passed over."""
    output = process.stdout
    if output is None:
        return
    with output:
        while text := output.readline(_LINE_MOST):
            with suppress(ValueError):
                found = json_of(text)
                if isinstance(found, dict):
                    yield found


def _keep(stream: Any, lines: "deque[str]") -> None:
    with stream:
        while line := stream.readline(_LINE_MOST):
            lines.append(line)


def _write(process: "subprocess.Popen[str]", line: str) -> None:
    with suppress(OSError, ValueError):  # it has ended, which its watcher tells
        if process.stdin is not None:
            process.stdin.write(line + "\n")
            process.stdin.flush()
