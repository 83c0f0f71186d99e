"""One writer at a time in the folder of a run; one that dies lets go."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Lock

if sys.platform != "win32":
    import fcntl

_ONE_AT_A_TIME = Lock()


@contextmanager
def taking_turns(folder: Path) -> Iterator[None]:
    """Let one thread of one process at a time write to a folder.

    On Windows, and on a disk that cannot lock a folder, only threads of this process take turns.
    """
    with _ONE_AT_A_TIME:
        opened = -1
        with suppress(OSError):
            opened = os.open(folder, os.O_RDONLY)
            if sys.platform != "win32":
                fcntl.flock(opened, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if opened >= 0:
                os.close(opened)
