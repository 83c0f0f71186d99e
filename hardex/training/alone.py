"""One process at a time in a folder; one that dies lets go."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

if sys.platform != "win32":
    import fcntl


@contextmanager
def alone(folder: Path, *, wait: bool) -> Iterator[bool]:
    """Whether this process has the folder for itself while the block runs.

    On Windows, and on a disk that cannot lock a folder, the answer is always yes.

    Args:
        folder: that is there.
        wait: whether to wait until another process lets go; else the answer may be no.

    Example:
        >>> with alone(Path("."), wait=False) as first, alone(Path("."), wait=False) as second:
        ...     first, second
        (True, False)
    """
    opened, mine = -1, True
    try:
        if sys.platform != "win32":
            with suppress(OSError):
                opened = os.open(folder, os.O_RDONLY)
            if opened >= 0:
                mine = _locked(opened, wait)
        yield mine
    finally:
        if opened >= 0:
            os.close(opened)


def _locked(opened: int, wait: bool) -> bool:
    if sys.platform == "win32":
        return True
    try:
        fcntl.flock(opened, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError:
        return False
    except OSError:  # this disk has no locks
        return True
    return True
