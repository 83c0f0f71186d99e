"""Limits how often a token may be guessed."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import ceil
from threading import Lock
from time import monotonic

_NAMES_MOST = 10_000  # at once; beyond that, the one whose last failure is oldest is forgotten


class Throttle:
    """At most `most` failures in any `seconds`, counted separately for each name. Thread-safe.

    Successes do not count: fifty people behind one address may enter at once. Callers hold a lock
    from `wait` to `failed`, or many attempts could fail at the same time.

    Example:
        >>> throttle = Throttle(most=2)
        >>> for _ in range(2):
        ...     throttle.failed(["10.0.0.1"])
        >>> throttle.wait(["10.0.0.1"]) > 0, throttle.wait(["10.0.0.2"])
        (True, 0)
    """

    def __init__(
        self, most: int = 10, seconds: float = 60.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()  # the latest failure last
        self._lock = Lock()

    def wait(self, names: Iterable[str]) -> int:
        """How many seconds to wait before the next attempt with one of these names; 0 for none."""
        now = self._clock()
        with self._lock:
            lists = [self._recent(name, now) for name in names]
            full = [failures for failures in lists if len(failures) >= self._most]
            if not full:
                return 0
            return max(1, ceil(max(failures[0] for failures in full) + self._seconds - now))

    def failed(self, names: Iterable[str]) -> None:
        """Count a failure for each name."""
        now = self._clock()
        with self._lock:
            for name in names:
                self._failures[name] = [*self._recent(name, now), now][-self._most :]
                self._failures.move_to_end(name)
            while len(self._failures) > _NAMES_MOST:
                self._failures.popitem(last=False)

    def _recent(self, name: str, now: float) -> list[float]:
        return [at for at in self._failures.get(name, ()) if at > now - self._seconds]
