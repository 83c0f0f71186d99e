"""Requests about large pictures wait for each other, so that they do not fill the memory."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import BoundedSemaphore

from hardex.errors import HardexError

CURVES, PROBES = BoundedSemaphore(1), BoundedSemaphore(4)  # requests at a time
LARGE = 2**22  # bytes of pixels in one response, from which requests wait
PATIENCE = 60  # seconds that a request waits


@contextmanager
def in_turn(turns: BoundedSemaphore, size: int) -> Iterator[None]:
    """Wait for a turn if the pictures of a response are large.

    Args:
        turns: of this kind of request.
        size: bytes of pixels in the response.

    Raises:
        HardexError: it takes too long.
    """
    if size <= LARGE:
        yield
        return
    if not turns.acquire(timeout=PATIENCE):
        raise HardexError(
            "large pictures are processed a few at a time, to save memory; other requests took "
            f"{PATIENCE} seconds; try again."
        )
    try:
        yield
    finally:
        turns.release()
