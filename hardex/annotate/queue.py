"""Who judges which example next: fewest votes first, then rank, with gold examples mixed in.

The queue is a pure function of the stored events and of who holds what at this moment. Only the
leases (an example was given to somebody who has not answered yet) live in memory alone: after a
restart everybody goes on where they left off. One server works off one queue.

The owner is compared with nobody, so whatever the owner judges is still asked of as many
annotators; it becomes gold instead.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import suppress
from heapq import heappop, heappush
from itertools import chain
from math import inf
from threading import RLock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple, Protocol

from hardex.annotate.plan import Plan, TrueLabels, draw
from hardex.errors import RunError

if TYPE_CHECKING:  # what reads them loads SQLAlchemy, when it is first asked for
    from hardex.people.events import AnnotationEvent

GOLD_EVERY = 10  # one example in ten is gold, while there is any
LEASE_SECONDS = 600.0
LEASES_MOST = 64  # of one annotator at once: those ahead, and answers still on their way


class Events(Protocol):
    """What the queue must know of a store of annotations."""

    def all(self) -> "list[AnnotationEvent]":
        """Everything that was said."""

    def of(self, id: str) -> "list[AnnotationEvent]":
        """What was said of one example."""


class _Mark(NamedTuple):
    """What the queue keeps of an event."""

    annotator: str
    undoes: str
    is_vote: bool


class _Standing(NamedTuple):
    """Where an example stands.

    Attributes:
        judges: who said something of it and did not take it back.
        voters: those of them, but the owner, whose word from before the label stands: only they
            count for the overlap.
    """

    judges: frozenset[str]
    voters: frozenset[str]


_NOBODY: frozenset[str] = frozenset()
_UNTOUCHED = _Standing(_NOBODY, _NOBODY)


class Queue:
    """Gives examples to any number of annotators at once; to be asked by any number of threads.

    An example that is given stays with the annotator for ten minutes or until they answer, and
    counts as a vote meanwhile: people who work at the same moment do not exceed the overlap. An
    answer that comes later than that still counts, so that nobody's work is lost.

    Memory: about 150 bytes an example, and 300 an event.

    Args:
        plan: which examples.
        store: what was said so far.
        clock: seconds that never go back.

    Raises:
        RunError: the store cannot be read, or the plan names an example twice.

    Example:
        >>> from collections import namedtuple
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
        self._store, self._clock, self._lock = store, clock, RLock()
        self._ids = tuple(plan.ids)
        self._ranks = {id: rank for rank, id in enumerate(self._ids)}
        if len(self._ranks) != len(self._ids):
            raise RunError(
                f"a plan must name each example once; {len(self._ids) - len(self._ranks)} of "
                f"{len(self._ids):,} stand there again; leave them out."
            )
        self._marks: dict[str, dict[str, _Mark]] = {}
        self._owners: dict[str, list[AnnotationEvent]] = {}  # the owner's words, by example
        self._late: list[AnnotationEvent] = []  # of them, those whose gold is not found yet
        self._gold = {} if plan.true_labels else dict(plan.gold)
        self._gold_beside = self._gold.keys() - self._ranks.keys()
        self._standings: dict[str, _Standing] = {}  # of examples that somebody judged
        self._leases: dict[str, dict[str, float]] = {}  # when they end, by example and annotator
        self._held: defaultdict[str, dict[str, None]] = defaultdict(dict)  # oldest first
        self._judged: defaultdict[str, set[str]] = defaultdict(set)
        # Buckets: those with as many votes, of the same people, as a heap of ranks. What has left
        # its bucket stays in the heap until it comes to the top.
        self._buckets: dict[int, dict[frozenset[str], list[int]]] = {0: {}}
        if self._ids:
            self._buckets[0][_NOBODY] = list(range(len(self._ids)))  # in order: a heap already
        self._open = len(self._ids)
        self._open_of: defaultdict[str, int] = defaultdict(int)  # open, but judged by them
        self._gold_order: dict[str, tuple[str, ...]] = {}
        self._next_end = inf
        self._learn(store.all())
        if plan.true_labels:
            self._learn_gold(plan.true_labels)

    # ------------------------------------------------------------------ what annotators ask

    def next(self, annotator: str, have: Collection[str] = ()) -> str | None:
        """The example that this annotator judges next; theirs for ten minutes.

        Asked again before an answer it gives the same one: that is how a page goes on where it
        left off.

        Args:
            annotator: who asks.
            have: examples they hold already, beside which another one is wanted.

        Returns:
            An id; None where there is none for them now: all is judged, or held by others.

        Raises:
            RunError: the store cannot be read.
        """
        while True:
            with self._lock:
                self._let_go()
                self._renew(annotator, have)
                id = self._held_already(annotator, have) or self._new(annotator)
                if id is None:
                    return None
                self._lease(annotator, id)
            # Others may write to the store: Browse, an import, another server.
            try:
                events = self._store.of(id)
            except RunError:
                self.give_back(annotator, id)
                raise
            with self._lock:
                self._learn(events)
                if annotator not in self._standing(id).judges:
                    return id

    def heard(self, event: "AnnotationEvent") -> None:
        """Told of an event that is stored; twice does no harm."""
        with self._lock:
            self._learn([event])
            undone = self._marks[event.id].get(event.undoes)
            if undone is None or undone.annotator != event.annotator:
                return
            if event.annotator not in self._standing(event.id).judges:
                self._lease(event.annotator, event.id)  # they are looking at it

    @property
    def gold(self) -> Mapping[str, str]:
        """True labels by id, as they are now."""
        with self._lock:
            return dict(self._gold)

    def judged(self, annotator: str, ids: Iterable[str]) -> set[str]:
        """Those of these examples that an annotator has judged, as far as it was heard of here."""
        with self._lock:
            return {id for id in ids if annotator in self._standing(id).judges}

    def give_back(self, annotator: str, id: str) -> None:
        """End a lease before its time."""
        with self._lock:
            self._release(annotator, id)

    def progress(self, annotator: str) -> tuple[int, int]:
        """How many examples this annotator has judged, and how many it will be if nobody helps.

        The second number falls while others judge.
        """
        with self._lock:
            done = self._done(annotator)
            left = self._open - self._open_of[annotator]
            return done, done + left + self._gold_due(annotator, done, left)

    # ------------------------------------------------------------------ choosing

    def _held_already(self, annotator: str, have: Collection[str]) -> str | None:
        return next((id for id in self._held[annotator] if id not in have), None)

    def _new(self, annotator: str) -> str | None:
        held = len(self._held[annotator])
        if held >= LEASES_MOST:
            return None
        wanted = self._most_wanted(annotator)
        if wanted is None:
            return None
        if self._is_gold_place(annotator, self._done(annotator) + held):
            return next(self._gold_left(annotator), wanted)
        return wanted

    def _most_wanted(self, annotator: str) -> str | None:
        """Fewest votes, then rank, of what this annotator has neither judged nor in hand."""
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
        while heap and self._key(self._ids[heap[0]]) != (votes, people):
            heappop(heap)
        if heap:
            return heap[0]
        del buckets[people]
        return None

    def _key(self, id: str) -> tuple[int, frozenset[str]]:
        """The bucket of an example: how many votes it has or awaits, and of whom."""
        judges, voters = self._standing(id)
        holders = self._leases.get(id, ())
        if not judges and not holders:
            return 0, _NOBODY
        people = judges.union(holders)
        return len(voters.union(holders) - {self.plan.owner}), people

    def _standing(self, id: str) -> _Standing:
        return self._standings.get(id, _UNTOUCHED)

    # ------------------------------------------------------------------ gold

    def _done(self, annotator: str) -> int:
        return len(self._judged[annotator])

    def _gold_left(self, annotator: str) -> Iterator[str]:
        if annotator not in self._gold_order:
            self._gold_order[annotator] = tuple(
                sorted(self._gold, key=lambda id: draw(self.plan.seed, annotator, id))
            )
        judged, held = self._judged[annotator], self._held[annotator]
        return (id for id in self._gold_order[annotator] if id not in judged and id not in held)

    def _is_gold_place(self, annotator: str, place: int) -> bool:
        block, within = divmod(place, GOLD_EVERY)
        return bool(self._gold) and within == self._gold_place(annotator, block)

    def _gold_place(self, annotator: str, block: int) -> int:
        return draw(self.plan.seed, annotator, str(block)) % GOLD_EVERY

    def _gold_due(self, annotator: str, done: int, left: int) -> int:
        """How many gold examples come to what is `left` for this annotator.

        Gold that is open is among what is left. Of gold places as many get what is not.
        """
        judged = self._judged[annotator]
        golds = len(self._gold) - sum(id in self._gold for id in judged)
        beside = len(self._gold_beside) - sum(id in self._gold_beside for id in judged)
        if not beside or not left:
            return 0
        places = self._gold_places(annotator, done, left)
        return min(beside, -(-places * beside // golds))

    def _gold_places(self, annotator: str, done: int, left: int) -> int:
        """How many gold places stand between this annotator and their last other example."""
        block, within = divmod(done, GOLD_EVERY)
        place = self._gold_place(annotator, block)
        in_block = GOLD_EVERY - within - (place >= within)  # others that this block has room for
        if left <= in_block:
            return int(place >= within and left > place - within)
        blocks, rest = divmod(left - in_block - 1, GOLD_EVERY - 1)
        last = rest + 1 > self._gold_place(annotator, block + 1 + blocks)
        return int(place >= within) + blocks + int(last)

    # ------------------------------------------------------------------ learning

    def _learn(self, events: "Iterable[AnnotationEvent]") -> None:
        """Take in events, in any order, any number of times."""
        new = {}
        for event in events:
            if event.event_id not in self._marks.get(event.id, ()):
                new[event.id, event.event_id] = event
        for event in new.values():
            is_vote = event.is_vote and event.annotator != self.plan.owner
            mark = _Mark(event.annotator, event.undoes, is_vote)
            self._marks.setdefault(event.id, {})[event.event_id] = mark
        for id in {event.id for event in new.values()}:
            self._stand(id, _standing(self._marks[id]))
        if self.plan.true_labels:
            self._late += [event for event in new.values() if event.annotator == self.plan.owner]
            # What is stored counts, also where its gold is found only with what comes next.
            with suppress(RunError):
                self._learn_gold(self.plan.true_labels)

    def _learn_gold(self, true_labels: TrueLabels) -> None:
        """What the owner says is gold until it is taken back.

        Raises:
            RunError: that cannot be found now.
        """
        if not self._late:
            return
        words = {event.id: list(self._owners.get(event.id, ())) for event in self._late}
        for event in self._late:
            words[event.id].append(event)
        in_order = sorted(chain(*words.values()), key=lambda event: (event.time, event.event_id))
        found = true_labels(in_order)
        self._owners |= words
        self._late = []
        if found.keys() != self._gold.keys() & words.keys():
            self._gold_order.clear()
        for id in words:
            self._gold.pop(id, None)
        self._gold |= found
        for id in words:
            self._set_beside(id)
            for annotator in self._standing(id).judges:
                self._count_judged(annotator, id)

    def _set_beside(self, id: str) -> None:
        """Note whether an example is gold that is not asked anyway."""
        if id in self._gold and not self._is_open(id):
            self._gold_beside.add(id)
        else:
            self._gold_beside.discard(id)

    def _count_judged(self, annotator: str, id: str) -> None:
        """Note that somebody judged an example, if it is one of those that are asked."""
        if id in self._ranks or id in self._gold:
            self._judged[annotator].add(id)
        else:
            self._judged[annotator].discard(id)

    def _stand(self, id: str, now: _Standing) -> None:
        before = self._standing(id)
        if now == before:
            return
        self._standings[id] = now
        for annotator in before.judges - now.judges:
            self._judged[annotator].discard(id)
        for annotator in now.judges - before.judges:
            self._count_judged(annotator, id)
        for annotator in now.judges:
            self._release(annotator, id)
        if id in self._ranks:
            for standing, sign in ((before, -1), (now, 1)):
                if len(standing.voters) < self.plan.overlap:
                    self._open += sign
                    for annotator in standing.judges:
                        self._open_of[annotator] += sign
        self._set_beside(id)
        self._file(id)

    def _is_open(self, id: str) -> bool:
        return id in self._ranks and len(self._standing(id).voters) < self.plan.overlap

    def _file(self, id: str) -> None:
        """Put an example into the bucket where it belongs now."""
        rank = self._ranks.get(id)
        votes, people = self._key(id)
        if rank is not None and votes < self.plan.overlap:
            heappush(self._buckets.setdefault(votes, {}).setdefault(people, []), rank)

    # ------------------------------------------------------------------ leases

    def _lease(self, annotator: str, id: str) -> None:
        end = self._clock() + LEASE_SECONDS
        self._next_end = min(self._next_end, end)
        holders = self._leases.setdefault(id, {})
        new = annotator not in holders
        holders[annotator] = end
        self._held[annotator].setdefault(id)
        if new:
            self._file(id)

    def _renew(self, annotator: str, ids: Collection[str]) -> None:
        """Whoever asks for more is still there."""
        for id in ids:
            if id in self._held[annotator]:
                self._lease(annotator, id)

    def _release(self, annotator: str, id: str) -> None:
        holders = self._leases.get(id, {})
        if holders.pop(annotator, None) is None:
            return
        if not holders:
            del self._leases[id]
        del self._held[annotator][id]
        self._file(id)

    def _let_go(self) -> None:
        """End what has run out."""
        now = self._clock()
        if now < self._next_end:
            return
        ends = [(end, who, id) for id, all in self._leases.items() for who, end in all.items()]
        for end, annotator, id in ends:
            if end <= now:
                self._release(annotator, id)
        self._next_end = min((end for end, _, _ in ends if end > now), default=inf)


def _standing(marks: Mapping[str, _Mark]) -> _Standing:
    """What the events of one example come to."""
    undone = {(mark.annotator, mark.undoes) for mark in marks.values() if mark.undoes}
    standing = [
        mark
        for event_id, mark in marks.items()
        if not mark.undoes and (mark.annotator, event_id) not in undone
    ]
    # Who took a blind word back and judged again had seen the label by then: that is no vote, and
    # the example is not theirs to judge once more. What is a vote is the same as in `first_words`.
    return _Standing(
        frozenset(mark.annotator for mark in standing),
        frozenset(mark.annotator for mark in standing if mark.is_vote),
    )
