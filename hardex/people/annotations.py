"""What people said: events that are appended and never rewritten.

The database itself refuses to change or delete an event; what came last counts, and what was
undone does not.
"""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from pathlib import Path
from sys import float_info
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Float,
    Select,
    String,
    column,
    func,
    insert,
    inspect,
    select,
    table,
    text,
    tuple_,
)
from sqlalchemy.exc import IntegrityError
from sqlalchemy.types import TypeEngine

from hardex.data.names import NAME_MOST, is_storable
from hardex.errors import AccessError, RunError
from hardex.people.access import OWNER, checked_name
from hardex.people.database import Database, NotOurs, Part, open_database

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

VERDICTS = ("right", "wrong", "ambiguous", "bad_image", "not_sure")
SHOWN = ("", "blind", "label")

COMMENT_MOST = 10_000  # characters
_SECONDS_MOST = float_info.max  # what a column holds
_CONTROL_SIGN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")

_TICK = timedelta(microseconds=1)  # the smallest step of the times that are stored
_KEPT_AT_ONCE = 500  # events: databases take some thousands of values in one question
_CLOCKS_DIFFER = timedelta(days=1)  # between computers, at most


@dataclass(frozen=True)
class Annotation:
    """One judgement of one annotator on one example.

    Attributes:
        annotator: who said it.
        id: the example.
        verdict: `right`, `wrong`, `ambiguous`, `bad_image` or `not_sure`: is the given label right?
        new_label: the class it is instead, when the verdict is `wrong` and the annotator knows.
        comment: free text.
        seconds: how long it took, if measured.
        said: what the annotator said without knowing the label: a class, `ambiguous`, `bad_image`
            or `not_sure`; "" when the label was in view.
        shown: what was in view: `blind` (the image alone) or `label`; "" if that is not known.
        undoes: the event that this takes back; then the verdict is "" and nothing else counts.
        event_id: a UUID that names this event, so that it is stored once however often it is sent;
            "" for a new one.

    Raises:
        RunError: another verdict, or no annotator or example named.
    """

    annotator: str
    id: str
    verdict: str
    new_label: str = ""
    comment: str = ""
    seconds: float | None = None
    said: str = ""
    shown: str = ""
    undoes: str = ""
    event_id: str = ""

    def __post_init__(self) -> None:
        if self.undoes and self.verdict:
            raise RunError(
                f"an annotation that undoes another has no verdict; received {self.verdict!r}; "
                "leave it empty."
            )
        if not self.undoes and self.verdict not in VERDICTS:
            raise RunError(
                f"a verdict must be one of {', '.join(VERDICTS)}; received {self.verdict!r}; "
                "choose one of them."
            )
        if not self.annotator or not self.id:
            raise RunError(
                "an annotation needs an annotator and an example; one of them is empty; name both."
            )

    @property
    def is_vote(self) -> bool:
        """Whether it counts as said before the given label was in view.

        Where that is not known, as of an import, people are given the benefit of the doubt.
        """
        return not self.undoes and self.shown != "label"


@dataclass(frozen=True)
class AnnotationEvent(Annotation):
    """An annotation as it is stored.

    Attributes:
        time: when it was stored, UTC; later than all that the same annotator said before.
    """

    time: datetime = datetime.min


_TYPES: dict[str, TypeEngine[Any]] = {"time": DateTime(), "seconds": Float()}
_EVENTS = table(
    "events",
    *(column(field.name, _TYPES.get(field.name, String())) for field in fields(AnnotationEvent)),
)


class Store:
    """What people said of the examples of one run, to be used by any number of threads at once.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     store = Store.open(run)
        ...     said = store.add(Annotation("anna", "7", "right"))
        ...     taken_back = store.add(Annotation("anna", "7", "", undoes=said.event_id))
        ...     len(store.all()), store.latest()
        (2, [])
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    @classmethod
    def open(cls, place: str | Path, data: "Source | None" = None) -> "Store":
        """The annotations of a run; nothing is made by opening or reading.

        Args:
            place: the run folder, or `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`.
                A database holds the annotations of one data set.
            data: what the run is of, so that a database at an address refuses another data set.

        Raises:
            RunError: another kind of address.
        """
        return cls(open_database(place, data))

    @property
    def where(self) -> str:
        """The file or the address, without a password."""
        return self._database.where

    def close(self) -> None:
        """End the connections that are kept; who asks again opens new ones."""
        self._database.close()

    def check(self) -> None:
        """Look whether it can be used, so that it is said before anybody comes.

        Raises:
            RunError: it cannot be read, or is of another data set.
        """
        self._database.read(_PART, select(_EVENTS.c.event_id).limit(1))

    # ------------------------------------------------------------------ saying

    def add(self, annotation: Annotation) -> AnnotationEvent:
        """Append one annotation; when this returns, it is on disk.

        Args:
            annotation: what was said. One that is stored already is not stored again.

        Raises:
            RunError: the database cannot be written, the event id belongs to something else,
                what is to be undone is no event of this annotator on this example, a comment has
                control signs, or nobody may be invited under such a name.
        """
        _check(annotation)
        _check_name(annotation.annotator)
        _check_signs(annotation.comment)
        said = {name: getattr(annotation, name) for name in _SAID}
        said["event_id"] = annotation.event_id or str(uuid4())
        try:
            return self._add(said)
        except IntegrityError:  # the same was stored at the same moment
            return self._add(said)

    def _add(self, said: dict[str, Any]) -> AnnotationEvent:
        with self._database.write(_PART) as connection:
            stored = _stored(connection, said["event_id"])
            if stored is not None:
                return _the_same(stored, said)
            if said["undoes"]:
                _check_undone(_stored(connection, said["undoes"]), said)
            event = AnnotationEvent(**said, time=_time_after(connection, said["annotator"]))
            connection.execute(insert(_EVENTS).values(**vars(event)))
        return event

    def keep(self, events: Iterable[AnnotationEvent]) -> int:
        """Take over events of another database as they are: all of them, or none.

        Args:
            events: with event ids and times. Those that are stored already are left out.

        Returns:
            How many were stored.

        Raises:
            RunError: the database cannot be written, or one of the events is not as it should be.
        """
        events = list(events)
        latest = _now() + _CLOCKS_DIFFER
        for event in events:
            _check(event)
            if not event.event_id or event.time.tzinfo or not datetime.min < event.time < latest:
                raise RunError(
                    "an event that is taken over must have an event id and a time in UTC that is "
                    f"not yet to come; received {event.event_id!r} of {event.time}; correct it."
                )
        try:
            return self._keep(events)
        except IntegrityError:
            return self._keep(events)

    def _keep(self, events: Sequence[AnnotationEvent]) -> int:
        in_order = sorted(events, key=lambda event: (event.time, bool(event.undoes)))
        count = 0
        with self._database.write(_PART) as connection:
            for start in range(0, len(in_order), _KEPT_AT_ONCE):
                count += _keep_some(connection, in_order[start : start + _KEPT_AT_ONCE])
        return count

    # ------------------------------------------------------------------ asking

    def of(self, id: str) -> list[AnnotationEvent]:
        """What was said of one example, in order of time."""
        return self._events(_EVENTS.c.id == id) if is_storable(id) else []

    def by(self, annotator: str) -> list[AnnotationEvent]:
        """What one annotator said, in order of time."""
        return self._events(_EVENTS.c.annotator == annotator) if is_storable(annotator) else []

    def all(self) -> list[AnnotationEvent]:
        """Everything that was said, in order of time."""
        return self._events()

    def latest(self) -> list[AnnotationEvent]:
        """What each annotator says last of each example and did not undo, in order of time."""
        said = _latest(*(_EVENTS.c[name] for name in _NAMES)).subquery()
        query = select(*(said.c[name] for name in _NAMES)).where(said.c.place == 1)
        return self._ask(query.order_by(said.c.time, said.c.event_id))

    def verdicts(self, ids: Collection[str]) -> dict[str, list[str]]:
        """What stands of these examples: the last verdict of each annotator, in order of time.

        Args:
            ids: up to a thousand.

        Returns:
            Verdicts by id; without those of which nobody says anything.
        """
        said = _latest(*(_EVENTS.c[name] for name in ("id", "verdict", "time", "event_id"))).where(
            _EVENTS.c.id.in_([id for id in ids if is_storable(id)])
        )
        last = said.subquery()
        query = select(last.c.id, last.c.verdict).where(last.c.place == 1)
        found: dict[str, list[str]] = {}
        for row in self._database.read(_PART, query.order_by(last.c.time, last.c.event_id)):
            found.setdefault(row.id, []).append(row.verdict)
        return found

    def judged(self, verdict: str = "") -> list[str]:
        """The examples of which at least one annotator says this last, in no special order.

        Args:
            verdict: one of `VERDICTS`, or "" for any.
        """
        said = _latest(_EVENTS.c.id, _EVENTS.c.verdict).subquery()
        query = select(said.c.id).where(said.c.place == 1).distinct()
        if verdict:
            query = query.where(said.c.verdict == verdict)
        return [row[0] for row in self._database.read(_PART, query)]

    def _events(self, *conditions: "ColumnElement[bool]") -> list[AnnotationEvent]:
        ordered = select(*_EVENTS.c).order_by(_EVENTS.c.time, _EVENTS.c.event_id)
        return self._ask(ordered.where(*conditions))

    def _ask(self, query: "Select[Any]") -> list[AnnotationEvent]:
        return [AnnotationEvent(**row._mapping) for row in self._database.read(_PART, query)]


_NAMES = tuple(field.name for field in fields(AnnotationEvent))
_SAID = tuple(field.name for field in fields(Annotation))


def _latest(*columns: "ColumnElement[Any]") -> "Select[Any]":
    """These columns of all that was not undone; `place` 1 is the last word on an example."""
    place = (
        func.row_number()
        .over(
            partition_by=(_EVENTS.c.id, _EVENTS.c.annotator),
            order_by=(_EVENTS.c.time.desc(), _EVENTS.c.event_id.desc()),
        )
        .label("place")
    )
    # One list for the whole query: asked for event by event, it would take the square of the time.
    undone = select(_EVENTS.c.undoes, _EVENTS.c.annotator).where(_EVENTS.c.undoes != "")
    said = tuple_(_EVENTS.c.event_id, _EVENTS.c.annotator)
    return select(*columns, place).where(_EVENTS.c.undoes == "", said.not_in(undone))


def _keep_some(connection: Connection, events: Sequence[AnnotationEvent]) -> int:
    """Store those that are not stored yet, by one question and one command; how many they were."""
    known = _all_stored(
        connection, {id for event in events for id in (event.event_id, event.undoes) if id}
    )
    new = []
    for event in events:
        if event.event_id in known:
            _the_same(known[event.event_id], vars(event))
            continue
        if event.undoes:
            _check_undone(known.get(event.undoes), vars(event))
        known[event.event_id] = event
        new.append(vars(event))
    if new:
        connection.execute(insert(_EVENTS), new)
    return len(new)


def _all_stored(connection: Connection, event_ids: Collection[str]) -> dict[str, AnnotationEvent]:
    """Those of these events that are stored, by id."""
    found = connection.execute(select(*_EVENTS.c).where(_EVENTS.c.event_id.in_(event_ids)))
    return {row.event_id: AnnotationEvent(**row._mapping) for row in found}


def _stored(connection: Connection, event_id: str) -> AnnotationEvent | None:
    return _all_stored(connection, [event_id]).get(event_id)


def _the_same(stored: AnnotationEvent, said: dict[str, Any]) -> AnnotationEvent:
    """The stored event, if it is what was said."""
    if any(getattr(stored, name) != value for name, value in said.items()):
        raise RunError(
            f"an event id names one event; {said['event_id']} was used for another one already; "
            "make a new id for what is new."
        )
    return stored


def _check_undone(undone: AnnotationEvent | None, said: dict[str, Any]) -> None:
    """Only what the same annotator said of the same example can be undone, and no undoing."""
    own = undone is not None and (
        (undone.annotator, undone.id, undone.undoes) == (said["annotator"], said["id"], "")
    )
    if not own:
        raise RunError(
            "only a verdict that the same annotator gave on the same example can be undone; "
            f"{said['undoes']!r} is none; take the event id of one that is."
        )


def _time_after(connection: Connection, annotator: str) -> datetime:
    """Now, but later than what the annotator said before, also when the clock was set back."""
    before = connection.execute(
        select(func.max(_EVENTS.c.time)).where(_EVENTS.c.annotator == annotator)
    ).scalar()
    return _now() if before is None else max(_now(), before + _TICK)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


# ---------------------------------------------------------------------- what may be stored


def _check(annotation: Annotation) -> None:
    """Refuse what a database could not give back as it was."""
    for name in _SAID:
        value = getattr(annotation, name)
        if name == "seconds":
            continue
        most = COMMENT_MOST if name == "comment" else NAME_MOST
        if not isinstance(value, str) or len(value) > most or not is_storable(value):
            raise RunError(
                f"the {name} of an annotation must be a text of up to {most:,} characters, and "
                f"none of them zero or half of one; received {_shortly(value)}; correct it."
            )
    seconds = annotation.seconds
    if seconds is not None and not (_is_number(seconds) and 0 <= seconds <= _SECONDS_MOST):
        raise RunError(
            "the seconds of an annotation must be a number from 0 on; received "
            f"{_shortly(seconds)}; leave them out."
        )
    if annotation.shown not in SHOWN:
        raise RunError(
            f"what was shown must be one of {', '.join(SHOWN[1:])}; received "
            f"{_shortly(annotation.shown)}; choose one of them."
        )
    if annotation.event_id and not is_uuid(annotation.event_id):
        raise RunError(
            "an event id must be a UUID in small letters, such as "
            f"'0b8f7d0e-8f64-4f0b-9a3f-1d2f5f0f7a10'; received {_shortly(annotation.event_id)}; "
            "leave it out."
        )


def _check_name(annotator: str) -> None:
    """Refuse a name under which nobody may be invited; not in `_check`, for older events have some.

    Only the owner is called `owner`.
    """
    try:
        checked_name(annotator, OWNER.role if annotator == OWNER.name else "annotator")
    except AccessError as error:
        raise RunError(str(error)) from error


def _check_signs(comment: str) -> None:
    """Refuse what would act on a screen; not in `_check`, for older events have such signs."""
    if has_control_signs(comment):
        raise RunError(
            "the comment of an annotation must have no control signs but the end of a line and "
            f"the tab; received {_shortly(comment)}; leave them out."
        )


def has_control_signs(text: str) -> bool:
    r"""Whether a text has signs that act on a screen: C0 except newline and tab, DEL, C1.

    Example:
        >>> has_control_signs("two\nlines\tand 🧦"), has_control_signs("\x1b[31m")
        (False, True)
    """
    return _CONTROL_SIGN.search(text) is not None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def is_uuid(value: object) -> bool:
    """Whether it is the text of a UUID in small letters."""
    try:
        return isinstance(value, str) and str(UUID(value)) == value
    except ValueError:
        return False


def _shortly(value: object) -> str:
    told = ascii(value)
    return told if len(told) <= 80 else f"{told[:76]} ..."


# ---------------------------------------------------------------------- the table, step by step

_FIRST_COLUMNS = (
    "event_id", "time", "annotator", "id", "verdict", "new_label", "comment", "seconds",
)  # fmt: skip


def _make_events(connection: Connection) -> None:
    """Version 1."""
    on_sqlite = connection.dialect.name == "sqlite"
    # IF NOT EXISTS: databases of old are of this version and do not say so.
    connection.execute(
        text(
            "CREATE TABLE IF NOT EXISTS events (event_id VARCHAR NOT NULL PRIMARY KEY, "
            f"time {'DATETIME' if on_sqlite else 'TIMESTAMP'} NOT NULL, annotator VARCHAR NOT NULL,"
            " id VARCHAR NOT NULL, verdict VARCHAR NOT NULL, new_label VARCHAR NOT NULL, "
            "comment VARCHAR NOT NULL, seconds DOUBLE PRECISION)"
        )
    )
    found = {one["name"] for one in inspect(connection).get_columns("events")}
    if found != set(_FIRST_COLUMNS):
        raise NotOurs(f"its table events has the columns {', '.join(sorted(found))}")
    for command in (
        "CREATE INDEX IF NOT EXISTS ix_events_time ON events (time)",
        "CREATE INDEX IF NOT EXISTS ix_events_id ON events (id)",
        *(_REFUSALS_OF_SQLITE if on_sqlite else _REFUSALS_OF_POSTGRESQL),
    ):
        connection.execute(text(command))


def _add_what_was_shown(connection: Connection) -> None:
    """Version 2: what was said blind, what was shown, and what was undone."""
    for name in ("said", "shown", "undoes"):
        connection.execute(
            text(f"ALTER TABLE events ADD COLUMN {name} VARCHAR NOT NULL DEFAULT ''")
        )
    for command in (
        "CREATE INDEX events_undone ON events (undoes, annotator) WHERE undoes <> ''",
        "CREATE INDEX events_by_annotator ON events (annotator, time)",
        "CREATE INDEX events_by_example ON events (id, annotator, time DESC, event_id DESC)",
        "DROP INDEX IF EXISTS ix_events_id",  # the last one does its work
    ):
        connection.execute(text(command))


_NEVER = "annotations are appended, never rewritten"

_REFUSALS_OF_SQLITE = tuple(
    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); "
    "END"
    for name, change in (
        ("no_update", "UPDATE ON events"),
        ("no_delete", "DELETE ON events"),
        # INSERT OR REPLACE would delete without asking the trigger above.
        (
            "no_replace",
            "INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)",
        ),
    )
)
_REFUSALS_OF_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION hardex_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_NEVER}'; END $$",
    "CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
    "FOR EACH STATEMENT EXECUTE FUNCTION hardex_never_rewritten()",
)

_PART = Part("annotation", "events", (_make_events, _add_what_was_shown))
