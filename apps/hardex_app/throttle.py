"""How often somebody may guess."""

from collections.abc import Callable, Iterable
from math import ceil
from threading import Lock
from time import monotonic

_NAMES_MOST = 10_000  # remembered at once; whoever comes beyond them shares one account
_OTHERS = "others"


class Throttle:
    """At most `most` tries in any `seconds`, counted for each name apart. Safe among threads.

    A try is counted before it is known to be wrong, so that a hundred at the same moment count as
    a hundred; `forgive` takes back the one that was right.

    Example:
        >>> door = Throttle(most=2)
        >>> [door.wait(["10.0.0.1"]) > 0 for _ in range(3)]
        [False, False, True]
    """

    def __init__(
        self, most: int = 10, seconds: float = 60.0, clock: Callable[[], float] = monotonic
    ) -> None:
        self._most, self._seconds, self._clock = most, seconds, clock
        self._tries: dict[str, list[float]] = {}
        self._lock = Lock()

    def wait(self, names: Iterable[str]) -> int:
        """Count a try for each name; or how many seconds to wait, and then nothing is counted."""
        now = self._clock()
        with self._lock:
            lists = [self._recent(name, now) for name in names]
            full = [tries for tries in lists if len(tries) >= self._most]
            if full:
                return max(1, ceil(max(tries[0] for tries in full) + self._seconds - now))
            for tries in lists:
                tries.append(now)
        return 0

    def forgive(self, names: Iterable[str]) -> None:
        """Take back the last try: it was right."""
        with self._lock:
            for name in names:
                tries = self._tries.get(name) or self._tries.get(_OTHERS)
                if tries:
                    tries.pop()

    def _recent(self, name: str, now: float) -> list[float]:
        if name not in self._tries and len(self._tries) >= _NAMES_MOST:
            self._tries = {
                one: tries
                for one, tries in self._tries.items()
                if tries and tries[-1] > now - self._seconds
            }
            if len(self._tries) >= _NAMES_MOST:
                name = _OTHERS
        tries = self._tries.setdefault(name, [])
        tries[:] = [at for at in tries if at > now - self._seconds]
        return tries
