"""Limits how often a token may be guessed."""

from math import ceil
from time import time

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

FAILURES_MOST = 10  # a minute, of one source
SOURCES_MOST = 10_000  # that are remembered; `limits` itself forgets none


class Throttle:
    """Counts failures of each source; the right token is looked up before anything is counted.

    So fifty people behind one address may enter at once, and nobody is kept out by the guesses of
    others. Thread-safe.

    Example:
        >>> throttle = Throttle(most=2)
        >>> [throttle.failed("10.0.0.1") > 0 for _ in range(3)], throttle.failed("10.0.0.2")
        ([False, False, True], 0)
    """

    def __init__(self, most: int = FAILURES_MOST) -> None:
        """
        Args:
            most: failures that a source may have in a minute.
        """
        self._limit = RateLimitItemPerMinute(most)
        self._begin()

    def failed(self, source: str) -> int:
        """Count a failure; the seconds to wait if there were too many, else 0."""
        if len(self._storage.events) >= SOURCES_MOST:
            self._begin()
        if self._limiter.hit(self._limit, source):
            return 0
        return max(1, ceil(self._limiter.get_window_stats(self._limit, source).reset_time - time()))

    def _begin(self) -> None:
        self._storage = MemoryStorage()
        self._limiter = MovingWindowRateLimiter(self._storage)
