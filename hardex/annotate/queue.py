"""Which annotator judges which example next: fewest votes first, then rank, with gold mixed in.

The queue is a pure function of the stored events and of the current leases. Only leases (an example
was given to an annotator who has not answered yet) are kept in memory alone; after a restart,
annotators continue where they stopped. One server uses one queue.

The owner is compared with nobody: an example that the owner judges still goes to as many
annotators, and the owner's answer becomes gold.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from heapq import heappop, heappush
from itertools import chain
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hardex.annotate.gold_places import gold_places, is_gold_place
from hardex.annotate.leases import LEASES_MOST, Leases
from hardex.annotate.plan import Plan, TrueLabels, draw
from hardex.errors import RunError

if TYPE_CHECKING:  # importing it loads SQLAlchemy
    from hardex.people.events import AnnotationEvent


class Events(Protocol):
    """What the queue needs of a store of annotations."""

    def all(self) -> "list[AnnotationEvent]":
        """All events."""

    def of(self, id: str) -> "list[AnnotationEvent]":
        """The events of one example."""


class _Event(NamedTuple):
    """What the queue keeps of an event."""

    annotator: str
    undoes: str
    is_vote: bool


class _Judged(NamedTuple):
    """Who has judged an example.

    Attributes:
        judges: whose verdict was not undone.
        voters: the judges, without the owner, who have a blind verdict that was not undone; only
            they count for the overlap.
    """

    judges: frozenset[str]
    voters: frozenset[str]


_NOBODY: frozenset[str] = frozenset()
_UNJUDGED = _Judged(_NOBODY, _NOBODY)


class Queue:
    """Gives examples to any number of annotators; any number of threads may use it at once.

    An annotator holds an example for ten minutes or until they answer. Meanwhile it counts as a
    vote, so people who work at the same time do not exceed the overlap. A later answer still
    counts: nobody's work is lost.

    Attributes:
        plan: which examples.
        numbers: 0, 1, … by id, in the order of the plan.

    Memory: about 150 bytes an example, and 300 an event.

    Args:
        plan: which examples.
        store: the annotations so far.
        clock: seconds that never go back.

    Raises:
        RunError: the store cannot be read, or the plan names an example twice.

    Example:
        >>> class Nothing:
        ...     all = staticmethod(lambda: [])
        ...     of = staticmethod(lambda id: [])
        >>> queue = Queue(Plan(("a", "b"), overlap=1), Nothing())
        >>> queue.next("ann"), queue.next("bob"), queue.next("cleo")
        ('a', 'b', None)
        >>> queue.progress("ann")
        (0, 2)
    """

    def __init__(
        self, plan: Plan, store: Events, *, clock: Callable[[], float] = monotonic
    ) -> None:
        self.plan = plan
        self._store, self._lock = store, RLock()
        self._leases = Leases(clock)
        self._ids = tuple(plan.ids)
        self.numbers = {id: rank for rank, id in enumerate(self._ids)}
        if len(self.numbers) != len(self._ids):
            raise RunError(
                f"a plan must name each example once; {len(self._ids) - len(self.numbers)} of "
                f"{len(self._ids):,} are repeated; leave them out."
            )
        self._events: dict[str, dict[str, _Event]] = {}  # by example and event id
        self._owner_events: dict[str, list[AnnotationEvent]] = {}  # by example
        self._new_owner_events: list[AnnotationEvent] = []  # whose gold is not known yet
        self._gold = {} if plan.true_labels else dict(plan.gold)
        self._extra_gold = self._gold.keys() - self.numbers.keys()  # not asked otherwise
        self._judged_by: dict[str, _Judged] = {}  # of examples that somebody judged
        self._judged: defaultdict[str, set[str]] = defaultdict(set)  # by annotator
        # A bucket is a heap of the ranks of examples with as many votes, of the same people. An
        # example that has left its bucket stays in the heap until it comes to the top.
        self._buckets: dict[int, dict[frozenset[str], list[int]]] = {0: {}}
        if self._ids:
            self._buckets[0][_NOBODY] = list(range(len(self._ids)))  # in order: a heap already
        self._given: defaultdict[str, set[str]] = defaultdict(set)  # and not judged, by annotator
        self._open = len(self._ids)
        self._open_of: defaultdict[str, int] = defaultdict(int)  # open, but judged by them
        self._gold_order: dict[str, tuple[str, ...]] = {}
        self._add_events(store.all())
        if plan.true_labels:
            self._update_gold(plan.true_labels)

    # ------------------------------------------------------------------ for annotators

    def next(self, annotator: str, have: Collection[str] = ()) -> str | None:
        """The example that this annotator judges next; they hold it for ten minutes.

        Called again before an answer, it returns the same example, so a page continues where it
        stopped.

        Args:
            annotator: who judges it.
            have: examples that they hold already and do not want again.

        Returns:
            An id; None if there is nothing for them now: everything is judged, or held by others.

        Raises:
            RunError: the store cannot be read.
        """
        while True:
            with self._lock:
                for id in self._leases.expire():
                    self._enqueue(id)
                self._leases.renew(annotator, have)
                chosen = self._held_already(annotator, have) or self._new(annotator)
                if chosen is None:
                    return None
                self._lease(annotator, chosen)
            # Browse, an import or another server may have written to the store meanwhile.
            try:
                events = self._store.of(chosen)
            except RunError:
                with self._lock:
                    self._release(annotator, chosen)
                raise
            with self._lock:
                self._add_events(events)
                if annotator not in self._judged_of(chosen).judges:
                    self._given[annotator].add(chosen)
                    return chosen

    def record(self, event: "AnnotationEvent") -> None:
        """Take account of an event that was stored; recording it twice does no harm."""
        with self._lock:
            self._add_events([event])
            undone = self._events[event.id].get(event.undoes)
            if undone is None or undone.annotator != event.annotator:
                return
            if event.annotator not in self._judged_of(event.id).judges:
                self._lease(event.annotator, event.id)  # the page shows it again

    def judged(self, annotator: str, ids: Iterable[str]) -> set[str]:
        """The ones of these examples that an annotator has judged, by the recorded events."""
        with self._lock:
            return {id for id in ids if annotator in self._judged_of(id).judges}

    def progress(self, annotator: str) -> tuple[int, int]:
        """How many examples this annotator has judged, and their total if nobody else judges any.

        The total falls while others judge.
        """
        with self._lock:
            done = len(self._judged[annotator])
            left = self._open - self._open_of[annotator]
            return done, done + left + self._gold_due(annotator, done, left)

    def asks(self, id: str) -> bool:
        """Whether annotators are asked about an example, now or later."""
        with self._lock:
            return id in self.numbers or id in self._gold

    def votes(self) -> tuple[int, int]:
        """How many votes the plan has from all annotators together, and how many it wants."""
        with self._lock:
            overlap = self.plan.overlap
            judged = (one for id, one in self._judged_by.items() if id in self.numbers)
            done = sum(min(len(one.voters), overlap) for one in judged)
            return done, overlap * len(self.numbers)

    def unjudged(self, annotator: str) -> int:
        """How many examples this annotator has to judge, or was given and has not judged.

        They may still answer what they were given long ago and others have judged since. What was
        given before a restart is not known.
        """
        with self._lock:
            done, total = self.progress(annotator)
            return max(total - done, len(self._given[annotator]))

    # ------------------------------------------------------------------ choosing

    def _held_already(self, annotator: str, have: Collection[str]) -> str | None:
        return next((id for id in self._leases.held(annotator) if id not in have), None)

    def _new(self, annotator: str) -> str | None:
        held = len(self._leases.held(annotator))
        if held >= LEASES_MOST:
            return None
        wanted = self._most_wanted(annotator)
        if wanted is None:
            return None
        place = len(self._judged[annotator]) + held
        if self._gold and is_gold_place(self.plan.seed, annotator, place):
            return next(self._gold_left(annotator), wanted)
        return wanted

    def _most_wanted(self, annotator: str) -> str | None:
        """Fewest votes, then rank, of the examples that this annotator neither judged nor holds."""
        for votes in range(self.plan.overlap):
            ranks = [
                top
                for people in tuple(self._buckets.get(votes, ()))
                if annotator not in people and (top := self._top(votes, people)) is not None
            ]
            if ranks:
                return self._ids[min(ranks)]
        return None

    def _top(self, votes: int, people: frozenset[str]) -> int | None:
        buckets = self._buckets[votes]
        heap = buckets[people]
        while heap and self._bucket_of(self._ids[heap[0]]) != (votes, people):
            heappop(heap)
        if heap:
            return heap[0]
        del buckets[people]
        return None

    def _bucket_of(self, id: str) -> tuple[int, frozenset[str]]:
        """The bucket of an example: how many votes it has or awaits, and whose."""
        judges, voters = self._judged_of(id)
        holders = self._leases.holders(id)
        if not judges and not holders:
            return 0, _NOBODY
        people = judges.union(holders)
        return len(voters.union(holders) - {self.plan.owner}), people

    def _enqueue(self, id: str) -> None:
        """Put an example into its present bucket."""
        rank = self.numbers.get(id)
        votes, people = self._bucket_of(id)
        if rank is not None and votes < self.plan.overlap:
            heappush(self._buckets.setdefault(votes, {}).setdefault(people, []), rank)

    def _lease(self, annotator: str, id: str) -> None:
        if self._leases.add(annotator, id):
            self._enqueue(id)

    def _release(self, annotator: str, id: str) -> None:
        if self._leases.release(annotator, id):
            self._enqueue(id)

    def _judged_of(self, id: str) -> _Judged:
        return self._judged_by.get(id, _UNJUDGED)

    # ------------------------------------------------------------------ gold

    def _gold_left(self, annotator: str) -> Iterator[str]:
        if annotator not in self._gold_order:
            self._gold_order[annotator] = tuple(
                sorted(self._gold, key=lambda id: draw(self.plan.seed, annotator, id))
            )
        judged, held = self._judged[annotator], set(self._leases.held(annotator))
        return (id for id in self._gold_order[annotator] if id not in judged and id not in held)

    def _gold_due(self, annotator: str, done: int, left: int) -> int:
        """How many gold examples come on top of the `left` open examples of this annotator.

        Open gold is among those left. Extra gold gets its share of the gold places.
        """
        judged = self._judged[annotator]
        gold = len(self._gold) - sum(id in self._gold for id in judged)
        extra = len(self._extra_gold) - sum(id in self._extra_gold for id in judged)
        if not extra or not left:
            return 0
        places = gold_places(self.plan.seed, annotator, done, left)
        return min(extra, -(-places * extra // gold))

    # ------------------------------------------------------------------ events

    def _add_events(self, events: "Iterable[AnnotationEvent]") -> None:
        """Take account of events, in any order, any number of times."""
        new = {}
        for event in events:
            if event.event_id not in self._events.get(event.id, ()):
                new[event.id, event.event_id] = event
        for event in new.values():
            is_vote = event.is_vote and event.annotator != self.plan.owner
            kept = _Event(event.annotator, event.undoes, is_vote)
            self._events.setdefault(event.id, {})[event.event_id] = kept
        for id in {event.id for event in new.values()}:
            self._set_judged(id, _judged_by(self._events[id]))
        if self.plan.true_labels:
            self._new_owner_events += [
                event for event in new.values() if event.annotator == self.plan.owner
            ]
            # The events count even if the gold is found only with the next ones.
            with suppress(RunError):
                self._update_gold(self.plan.true_labels)

    def _update_gold(self, true_labels: TrueLabels) -> None:
        """Make gold of the owner's verdicts that were not undone.

        Raises:
            RunError: the true labels cannot be read now.
        """
        if not self._new_owner_events:
            return
        by_example = {
            event.id: list(self._owner_events.get(event.id, ())) for event in self._new_owner_events
        }
        for event in self._new_owner_events:
            by_example[event.id].append(event)
        in_order = sorted(
            chain(*by_example.values()), key=lambda event: (event.time, event.event_id)
        )
        found = true_labels(in_order)
        self._owner_events |= by_example
        self._new_owner_events = []
        if found.keys() != self._gold.keys() & by_example.keys():
            self._gold_order.clear()
        for id in by_example:
            self._gold.pop(id, None)
        self._gold |= found
        for id in by_example:
            self._set_extra_gold(id)
            for annotator in self._judged_of(id).judges:
                self._count_judged(annotator, id)

    def _set_extra_gold(self, id: str) -> None:
        """Note whether an example is gold that is not asked otherwise."""
        if id in self._gold and not self._is_open(id):
            self._extra_gold.add(id)
        else:
            self._extra_gold.discard(id)

    def _count_judged(self, annotator: str, id: str) -> None:
        """Note that an annotator judged an example, if it is in the plan or gold."""
        if id in self.numbers or id in self._gold:
            self._judged[annotator].add(id)
        else:
            self._judged[annotator].discard(id)

    def _set_judged(self, id: str, now: _Judged) -> None:
        before = self._judged_of(id)
        if now == before:
            return
        self._judged_by[id] = now
        for annotator in before.judges - now.judges:
            self._judged[annotator].discard(id)
        for annotator in now.judges - before.judges:
            self._count_judged(annotator, id)
            self._given[annotator].discard(id)
        for annotator in now.judges:
            self._release(annotator, id)
        if id in self.numbers:
            self._count_open(before, -1)
            self._count_open(now, 1)
        self._set_extra_gold(id)
        self._enqueue(id)

    def _count_open(self, judged: _Judged, change: int) -> None:
        if len(judged.voters) < self.plan.overlap:
            self._open += change
            for annotator in judged.judges:
                self._open_of[annotator] += change

    def _is_open(self, id: str) -> bool:
        return id in self.numbers and len(self._judged_of(id).voters) < self.plan.overlap


def _judged_by(events: Mapping[str, _Event]) -> _Judged:
    """Who has judged an example, by its events."""
    undone = {(event.annotator, event.undoes) for event in events.values() if event.undoes}
    verdicts = [
        event
        for event_id, event in events.items()
        if not event.undoes and (event.annotator, event_id) not in undone
    ]
    # An annotator who undid a blind verdict and judged again had seen the label by then. That is no
    # vote, and they do not judge the example once more. `first_answers` counts votes the same way.
    return _Judged(
        frozenset(event.annotator for event in verdicts),
        frozenset(event.annotator for event in verdicts if event.is_vote),
    )
