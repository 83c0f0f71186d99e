"""How often somebody may guess."""

from collections import OrderedDict
from collections.abc import Callable, Iterable
from math import ceil
from threading import Lock
from time import monotonic

_NAMES_MOST = 10_000  # remembered at once; beyond them the one that failed longest ago is forgotten


class Throttle:
    """At most `most` failures in any `seconds`, counted for each name apart. Safe among threads.

    Who gets in is never counted: fifty people behind one address may come at once. Between asking
    `wait` and saying `failed` nobody else may try, or many could fail at the same moment.

    Example:
        >>> door = Throttle(most=2)
        >>> for _ in range(2):
        ...     door.failed(["10.0.0.1"])
        >>> door.wait(["10.0.0.1"]) > 0, door.wait(["10.0.0.2"])
        (True, 0)
    """

    def __init__(
        self, most: int = 10, seconds: float = 60.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._failures: OrderedDict[str, list[float]] = OrderedDict()  # the latest failure last
        self._lock = Lock()

    def wait(self, names: Iterable[str]) -> int:
        """How many seconds whoever has one of these names must wait before trying; 0 for none."""
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
