"""Child programs that end when the app ends, even if it is killed.

This file also runs as a program between the two: it starts the child, and ends it as soon as its
own standard input has anything to read or is closed. The app holds the other end of that pipe,
which closes when the app is gone.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from select import select
from threading import Thread

CANNOT_START = "cannot be started"
_ENDING_SECONDS = 3.0  # for the program to end; then it is killed
_LINE_MOST = 10_000  # bytes


class Program:
    """A program that runs until it ends, `end` is called, or this process is gone.

    Its output must be read with `lines`, or the program blocks when the pipe is full.

    Args:
        command: the program and its arguments.

    Raises:
        OSError: no more processes can be started.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._between = subprocess.Popen(
            # It needs the standard library only, and must not load anything of the user's.
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C goes to the app, which ends the program
        )

    def lines(self) -> Iterator[str]:
        """The lines of its output as they come, without line ends, until it has ended."""
        if self._between.stdout is not None:
            with self._between.stdout as output:
                while line := output.readline(_LINE_MOST):
                    yield line.decode("utf-8", "replace").strip()

    def end(self) -> None:
        """End it and wait for its end; ending twice does no harm."""
        if self._between.stdin is not None:
            with suppress(OSError, ValueError):  # it has ended, or is ending
                self._between.stdin.write(b"end\n")
            with suppress(OSError):
                self._between.stdin.close()
        try:
            self._between.wait(2 * _ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._between.kill()
            self._between.wait()


# ------------------------------------------------------------------ the process between


def keep(command: Sequence[str]) -> int:
    """Run a program until it ends or this process's input closes; returns its exit code."""
    app = os.getppid()
    try:
        program = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, preexec_fn=_dying_with_parent(os.getpid())
        )
    except OSError as error:
        sys.stderr.write(f"{Path(command[0]).name} {CANNOT_START} ({error.strerror})\n")
        return 127

    def end() -> None:
        program.terminate()
        try:
            program.wait(_ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            program.kill()

    def watch() -> None:
        # A process forked by the app also holds the other end of the pipe, and may keep it open. So
        # watch the parent, too. Windows has neither.
        while os.name == "posix" and os.getppid() == app and not select([0], [], [], 1.0)[0]:
            pass
        if os.getppid() == app:
            os.read(0, 1)  # a file object would block the exit of this process
        end()

    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    Thread(target=watch, daemon=True).start()
    return program.wait()


def _dying_with_parent(parent: int) -> Callable[[], None] | None:
    """On Linux, kill the program if this process is killed; elsewhere it continues."""
    if sys.platform != "linux":
        return None
    import ctypes

    library = ctypes.CDLL(None)

    def ask() -> None:  # runs between fork and exec, in the only thread
        library.prctl(1, int(signal.SIGKILL), 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
