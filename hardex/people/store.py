"""The annotations of a run: events that are appended and never changed.

The database itself refuses to change or delete an event. The last event of an annotator on an
example counts, unless it was undone.
"""

from collections import deque
from collections.abc import Collection, Iterable, Sequence
from dataclasses import fields
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Row,
    Select,
    String,
    column,
    func,
    insert,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError
from sqlalchemy.types import TypeEngine

from hardex.data.names import is_storable
from hardex.errors import RunError, StorageError
from hardex.people.database import Database
from hardex.people.events import Annotation, AnnotationEvent, check
from hardex.people.opening import open_database
from hardex.people.tables import ANNOTATIONS
from hardex.people.waiting import Response, Waiting, check_undo, now, unchanged

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

_INTERRUPTED = "an annotation must be stored; this was interrupted; try again."
_STORED_AT_ONCE = 500  # events; databases allow some thousands of parameters in a query
_CLOCKS_DIFFER = timedelta(days=1)  # between computers, at most

_TYPES: dict[str, TypeEngine[Any]] = {"time": DateTime(), "seconds": Float()}
_EVENTS = table(
    "events",
    *(column(field.name, _TYPES.get(field.name, String())) for field in fields(AnnotationEvent)),
)


class Store:
    """The annotations of one run; any number of threads may use it at once.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     store = Store.open(run)
        ...     event = store.add(Annotation("anna", "7", "right"))
        ...     undo = store.add(Annotation("anna", "7", "", undoes=event.event_id))
        ...     len(store.all()), store.latest()
        (2, [])
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._turn, self._waiting = Lock(), deque[Waiting]()

    @classmethod
    def open(cls, place: str | Path, data: "Source | None" = None) -> "Store":
        """The annotations of a run; opening or reading creates nothing.

        Args:
            place: the run folder, or `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`.
                A database is for one data set.
            data: the data set of the run; a database at an address refuses any other.

        Raises:
            RunError: another kind of address.
        """
        return cls(open_database(place, data))

    @property
    def where(self) -> str:
        """The file or the address, without a password."""
        return self._database.where

    def close(self) -> None:
        """Close the open connections; the next call opens new ones."""
        self._database.close()

    def check(self) -> None:
        """Check that the database can be read, to report an error early.

        Raises:
            RunError: it cannot be read, or belongs to another data set.
        """
        self._database.read(ANNOTATIONS, select(_EVENTS.c.event_id).limit(1))

    # ------------------------------------------------------------------ writing

    def add(self, annotation: Annotation) -> AnnotationEvent:
        """Append one annotation; when this returns, it is on disk.

        Args:
            annotation: one that is stored already, by its event id, is not stored again.

        Raises:
            RunError: the database cannot be written, the event id belongs to another event, the
                event to undo is not this annotator's on this example, a comment has control
                characters, or a value may not be stored.
        """
        check(annotation)
        return self.respond(annotation.annotator, annotation.id, lambda earlier: annotation)

    def respond(self, annotator: str, id: str, respond: Response) -> AnnotationEvent:
        """Append the annotation that follows from what this annotator did on an example before.

        What they did is read in the transaction that stores the new event, so nothing comes
        between. Threads that store at the same time share a transaction, because most of its time
        goes into writing it to the disk.

        Args:
            annotator: whose annotation it is.
            id: the example.
            respond: gets the annotator's events on it, in order of time. Returns the annotation, or
                one of these events to leave everything as it is. If it raises, nothing is stored.

        Raises:
            RunError: as in `add`.
        """
        waiting = Waiting(annotator, id, respond)
        self._waiting.append(waiting)
        with self._turn:  # whoever has it stores what all others wait for
            while not waiting.is_over:
                self._store(self._take() or [waiting])  # it may be lost by an interruption
        return waiting.outcome()

    def _take(self) -> "list[Waiting]":
        """Those that wait, in order; an annotator's second answer on an example waits longer."""
        taken: dict[tuple[str, str], Waiting] = {}
        later = []
        for _ in range(len(self._waiting)):
            one = self._waiting.popleft()
            if len(taken) < _STORED_AT_ONCE and (one.annotator, one.id) not in taken:
                taken[one.annotator, one.id] = one
            else:
                later.append(one)
        self._waiting.extendleft(reversed(later))
        return list(taken.values())

    def _store(self, waiting: "Sequence[Waiting]") -> None:
        """Store for all of them; each learns what became of its own."""
        try:
            try:
                self._store_together(waiting)
            except IntegrityError:  # another process stored one of the events at the same moment
                self._store_together(waiting)
        except BaseException as error:
            if len(waiting) > 1 and _is_of_one(error):  # the others are stored without it
                for one in waiting:
                    self._store([one])
                return
            # Anything but an `Exception` interrupts this thread alone.
            why = error if isinstance(error, Exception) else StorageError(_INTERRUPTED)
            for one in waiting:
                one.event, one.error = None, one.error or why
            if why is not error:
                raise
        finally:
            for one in waiting:
                one.is_over = True

    def _store_together(self, waiting: "Sequence[Waiting]") -> None:
        for one in waiting:
            one.event = one.error = None
        with self._database.write(ANNOTATIONS) as connection:
            _lock(connection, waiting)
            before = _by_annotator(connection, {one.id for one in waiting})
            new = [one for one in waiting if one.answer(before.get((one.annotator, one.id), ()))]
            ids = {id for one in new for id in (one.values["event_id"], one.values["undoes"]) if id}
            known = _all_stored(connection, ids)
            latest = _latest_times(connection, {one.annotator for one in new})
            added = []
            for one in new:
                event = one.event_after(known, latest.get(one.annotator))
                if event is not None:
                    known[event.event_id] = event
                    latest[event.annotator] = event.time
                    added.append(vars(event))
            if added:
                connection.execute(insert(_EVENTS), added)

    def keep(self, events: Iterable[AnnotationEvent]) -> int:
        """Store events of another database unchanged: all of them, or none.

        Args:
            events: with event ids and times. Those that are stored already are skipped.

        Returns:
            How many were stored.

        Raises:
            RunError: the database cannot be written, or one of the events may not be stored.
        """
        events = list(events)
        latest = now() + _CLOCKS_DIFFER
        for event in events:
            check(event)
            if not event.event_id or event.time.tzinfo or not datetime.min < event.time < latest:
                raise RunError(
                    "an imported event must have an event id and a time in UTC that is not in the "
                    f"future; received {event.event_id!r} of {event.time}; correct it."
                )
        try:
            return self._keep(events)
        except IntegrityError:
            return self._keep(events)

    def _keep(self, events: Sequence[AnnotationEvent]) -> int:
        in_order = sorted(events, key=lambda event: (event.time, bool(event.undoes)))
        count = 0
        with self._database.write(ANNOTATIONS) as connection:
            for start in range(0, len(in_order), _STORED_AT_ONCE):
                count += _store_some(connection, in_order[start : start + _STORED_AT_ONCE])
        return count

    # ------------------------------------------------------------------ reading

    def of(self, id: str) -> list[AnnotationEvent]:
        """The events of one example, in order of time."""
        return self._events(_EVENTS.c.id == id) if is_storable(id) else []

    def by(self, annotator: str) -> list[AnnotationEvent]:
        """The events of one annotator, in order of time."""
        return self._events(_EVENTS.c.annotator == annotator) if is_storable(annotator) else []

    def all(self) -> list[AnnotationEvent]:
        """All events, in order of time."""
        return self._events()

    def latest(self) -> list[AnnotationEvent]:
        """The last event that was not undone, of each annotator and example, in order of time."""
        ranked = _latest(*(_EVENTS.c[name] for name in _NAMES)).subquery()
        query = select(*(ranked.c[name] for name in _NAMES)).where(ranked.c.place == 1)
        return self._query(query.order_by(ranked.c.time, ranked.c.event_id))

    def verdicts(self, ids: Collection[str]) -> dict[str, list[str]]:
        """The last verdict of each annotator on these examples, in order of time.

        Args:
            ids: up to a thousand.

        Returns:
            Verdicts by id, for the examples that have any.
        """
        columns = (_EVENTS.c[name] for name in ("id", "verdict", "time", "event_id"))
        of_these = _EVENTS.c.id.in_([id for id in ids if is_storable(id)])
        last = _latest(*columns).where(of_these).subquery()
        query = select(last.c.id, last.c.verdict).where(last.c.place == 1)
        found: dict[str, list[str]] = {}
        for row in self._database.read(ANNOTATIONS, query.order_by(last.c.time, last.c.event_id)):
            found.setdefault(row.id, []).append(row.verdict)
        return found

    def judged(self, verdict: str = "") -> list[str]:
        """The examples on which this is the last verdict of an annotator, in no special order.

        Args:
            verdict: one of `VERDICTS`, or "" for any.
        """
        ranked = _latest(_EVENTS.c.id, _EVENTS.c.verdict).subquery()
        query = select(ranked.c.id).where(ranked.c.place == 1).distinct()
        if verdict:
            query = query.where(ranked.c.verdict == verdict)
        return [row[0] for row in self._database.read(ANNOTATIONS, query)]

    def disputed(self) -> list[str]:
        """The examples on which the last answers of two annotators differ, in no special order.

        Who is not sure differs from nobody.
        """
        columns = (_EVENTS.c[name] for name in ("id", "verdict", "new_label"))
        last = _latest(*columns).subquery()
        answer = last.c.verdict + "\n" + last.c.new_label
        query = (
            select(last.c.id)
            .where(last.c.place == 1, last.c.verdict != "not_sure")
            .group_by(last.c.id)
            .having(func.count(answer.distinct()) > 1)
        )
        return [row[0] for row in self._database.read(ANNOTATIONS, query)]

    def _events(self, *conditions: "ColumnElement[bool]") -> list[AnnotationEvent]:
        ordered = select(*_EVENTS.c).order_by(_EVENTS.c.time, _EVENTS.c.event_id)
        return self._query(ordered.where(*conditions))

    def _query(self, query: "Select[Any]") -> list[AnnotationEvent]:
        return [_event(row) for row in self._database.read(ANNOTATIONS, query)]


_NAMES = tuple(field.name for field in fields(AnnotationEvent))
_TEXTS = tuple(name for name in _NAMES if name not in _TYPES)


def _event(row: "Row[Any]") -> AnnotationEvent:
    """A row as an event.

    Raises:
        StorageError: a value is of another type: in an SQLite file it may be any.
    """
    values = row._mapping
    is_whole = (
        all(isinstance(values[name], str) for name in _TEXTS)
        and isinstance(values["time"], datetime)
        and isinstance(values["seconds"], int | float | None)
    )
    if not is_whole:
        raise StorageError(
            "an annotation must be stored as texts and a time; one in the database is not; restore "
            "the database from a backup."
        )
    return AnnotationEvent(**values)


def _latest(*columns: "ColumnElement[Any]") -> "Select[Any]":
    """These columns of the events that were not undone; `place` 1 is an annotator's last one."""
    place = (
        func.row_number()
        .over(
            partition_by=(_EVENTS.c.id, _EVENTS.c.annotator),
            order_by=(_EVENTS.c.time.desc(), _EVENTS.c.event_id.desc()),
        )
        .label("place")
    )
    # One list for the whole query: a subquery for each event would take quadratic time.
    undone = select(_EVENTS.c.undoes, _EVENTS.c.annotator).where(_EVENTS.c.undoes != "")
    event = tuple_(_EVENTS.c.event_id, _EVENTS.c.annotator)
    return select(*columns, place).where(_EVENTS.c.undoes == "", event.not_in(undone))


def _store_some(connection: Connection, events: Sequence[AnnotationEvent]) -> int:
    """Store the events that are new, by one query and one insert, and count them."""
    known = _all_stored(
        connection, {id for event in events for id in (event.event_id, event.undoes) if id}
    )
    new = []
    for event in events:
        if event.event_id in known:
            unchanged(known[event.event_id], vars(event))
            continue
        if event.undoes:
            check_undo(known.get(event.undoes), vars(event))
        known[event.event_id] = event
        new.append(vars(event))
    if new:
        connection.execute(insert(_EVENTS), new)
    return len(new)


def _all_stored(connection: Connection, event_ids: Collection[str]) -> dict[str, AnnotationEvent]:
    """The stored ones of these events, by id."""
    found = connection.execute(select(*_EVENTS.c).where(_EVENTS.c.event_id.in_(event_ids)))
    return {row.event_id: _event(row) for row in found}


def _lock(connection: Connection, waiting: "Sequence[Waiting]") -> None:
    """Let no other server store for the same annotators and examples until the end.

    SQLite has one writer at a time.
    """
    if connection.dialect.name != "postgresql":
        return
    pairs = (f"{len(one.annotator)} {one.annotator} {one.id}".encode() for one in waiting)
    keys = sorted(int.from_bytes(sha256(pair).digest()[:8], signed=True) for pair in pairs)
    query = text("SELECT pg_advisory_xact_lock(k) FROM unnest(CAST(:keys AS bigint[])) AS k")
    connection.execute(query, {"keys": keys})


def _is_of_one(error: BaseException) -> bool:
    """Whether a database refused a value, and is there for others."""
    cause = error.__cause__ if isinstance(error, StorageError) else None
    return (
        isinstance(cause, DBAPIError)
        and not isinstance(cause, OperationalError)
        and not cause.connection_invalidated
    )


def _by_annotator(
    connection: Connection, ids: Collection[str]
) -> dict[tuple[str, str], list[AnnotationEvent]]:
    """The events on these examples, in order of time, by annotator and example."""
    query = select(*_EVENTS.c).where(_EVENTS.c.id.in_([id for id in ids if is_storable(id)]))
    found: dict[tuple[str, str], list[AnnotationEvent]] = {}
    for row in connection.execute(query.order_by(_EVENTS.c.time, _EVENTS.c.event_id)):
        found.setdefault((row.annotator, row.id), []).append(_event(row))
    return found


def _latest_times(connection: Connection, annotators: Collection[str]) -> dict[str, datetime]:
    """When each of these annotators stored their last event."""
    query = (
        select(_EVENTS.c.annotator, func.max(_EVENTS.c.time))
        .where(_EVENTS.c.annotator.in_(annotators))
        .group_by(_EVENTS.c.annotator)
    )
    return {row[0]: row[1] for row in connection.execute(query)}
