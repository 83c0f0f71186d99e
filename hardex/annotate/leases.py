"""Which annotator is working on which example right now."""

from collections import defaultdict
from collections.abc import Callable, Collection
from math import inf
from time import monotonic

LEASE_SECONDS = 600.0
LEASES_MOST = 64  # of one annotator at once: examples loaded ahead, and answers being sent


class Leases:
    """Examples that were given to annotators who have not answered yet; in memory only.

    Example:
        >>> leases = Leases()
        >>> leases.add("ann", "a"), leases.add("ann", "a")
        (True, False)
        >>> leases.held("ann"), set(leases.holders("a"))
        (['a'], {'ann'})
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        """
        Args:
            clock: seconds that never go back.
        """
        self._clock = clock
        self._ends: dict[str, dict[str, float]] = {}  # by example and annotator
        self._held: defaultdict[str, dict[str, None]] = defaultdict(dict)  # oldest first
        self._next_end = inf

    def held(self, annotator: str) -> list[str]:
        """The examples that an annotator holds, the oldest first."""
        return list(self._held[annotator])

    def holders(self, id: str) -> Collection[str]:
        """The annotators who hold an example."""
        return self._ends.get(id, {}).keys()

    def add(self, annotator: str, id: str) -> bool:
        """Give an example to an annotator for ten minutes from now; False if they held it."""
        end = self._clock() + LEASE_SECONDS
        self._next_end = min(self._next_end, end)
        ends = self._ends.setdefault(id, {})
        is_new = annotator not in ends
        ends[annotator] = end
        self._held[annotator].setdefault(id)
        return is_new

    def renew(self, annotator: str, ids: Collection[str]) -> None:
        """Extend the leases that an annotator has on these examples."""
        for id in ids:
            if id in self._held[annotator]:
                self.add(annotator, id)

    def release(self, annotator: str, id: str) -> bool:
        """End a lease; False if there is none."""
        ends = self._ends.get(id, {})
        if ends.pop(annotator, None) is None:
            return False
        if not ends:
            del self._ends[id]
        del self._held[annotator][id]
        return True

    def expire(self) -> list[str]:
        """End the leases whose time is over; their examples."""
        now = self._clock()
        if now < self._next_end:
            return []
        leases = [(end, who, id) for id, ends in self._ends.items() for who, end in ends.items()]
        over = [(who, id) for end, who, id in leases if end <= now]
        for annotator, id in over:
            self.release(annotator, id)
        self._next_end = min((end for end, _, _ in leases if end > now), default=inf)
        return [id for _, id in over]
