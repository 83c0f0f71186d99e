"""Other programs, which end when the app does, however it ends.

Run as a program itself, this file is what stands between: it starts the other one, and ends it as
soon as there is anything to read, be it the end of its input. The other end is held by the app, and
an app that was killed holds nothing any more.
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
_ENDING_SECONDS = 3.0  # for the program to end by itself; then it is killed
_LINE_MOST = 10_000  # bytes


class Program:
    """A program that runs until it ends, `end` is called, or this process is gone.

    What it says on either output must be read by `lines`, or it waits for that some day.

    Args:
        command: the program and its words.

    Raises:
        OSError: no more processes can be started here.
    """

    def __init__(self, command: Sequence[str]) -> None:
        self._between = subprocess.Popen(
            # Nothing but Python's own library is needed, and nothing of the user's is looked at.
            [sys.executable, "-I", "-S", str(Path(__file__).resolve()), *command],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for us; we end the program
        )

    def lines(self) -> Iterator[str]:
        """What it says, as it says it, without the ends of lines; over when it has ended."""
        if self._between.stdout is not None:
            with self._between.stdout as told:
                while line := told.readline(_LINE_MOST):
                    yield line.decode("utf-8", "replace").strip()

    def end(self) -> None:
        """End it and wait until it has ended; ending twice does no harm."""
        if self._between.stdin is not None:
            with suppress(OSError, ValueError):  # it has ended, or was told already
                self._between.stdin.write(b"end\n")
            with suppress(OSError):
                self._between.stdin.close()
        try:
            self._between.wait(2 * _ENDING_SECONDS)
        except subprocess.TimeoutExpired:
            self._between.kill()
            self._between.wait()


# ------------------------------------------------------------------ what stands between


def keep(command: Sequence[str]) -> int:
    """Run a program until it ends, or until the input of this one closes; gives its exit code."""
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
        # A process that the app has forked holds the other end, too, and keeps it open for longer;
        # so it is looked at, too, who the parent is. Windows has neither.
        while os.name == "posix" and os.getppid() == app and not select([0], [], [], 1.0)[0]:
            pass
        if os.getppid() == app:
            os.read(0, 1)  # not by a file object, which could not be left behind at the end
        end()

    signal.signal(signal.SIGTERM, lambda *_: program.terminate())
    Thread(target=watch, daemon=True).start()
    return program.wait()


def _dying_with_parent(parent: int) -> Callable[[], None] | None:
    """On Linux the program dies, too, when what stands between is killed; elsewhere it stays."""
    if sys.platform != "linux":
        return None
    import ctypes

    library = ctypes.CDLL(None)

    def ask() -> None:  # between fork and exec; there is one thread yet, which lives till the end
        library.prctl(1, int(signal.SIGKILL), 0, 0, 0)  # PR_SET_PDEATHSIG
        if os.getppid() != parent:
            os._exit(1)

    return ask


if __name__ == "__main__":
    sys.exit(keep(sys.argv[1:]))
