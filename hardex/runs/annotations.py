"""What people said: events that are appended and never rewritten. Only this file knows SQLAlchemy.

The events live in `people/annotations.sqlite` of the run. The database itself refuses to change
or delete an event; what came last counts.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from sqlite3 import SQLITE_BUSY
from time import monotonic, sleep
from typing import Any
from uuid import uuid4

from sqlalchemy import (
    URL,
    Column,
    DateTime,
    Engine,
    Float,
    MetaData,
    Row,
    Select,
    String,
    Table,
    create_engine,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool
from sqlalchemy.schema import CreateIndex, CreateTable

from hardex.errors import RunError

VERDICTS = ("right", "wrong", "ambiguous", "bad_image", "not_sure")

_WAIT_SECONDS = 30.0  # for others who write at the same moment

_EVENTS = Table(
    "events",
    MetaData(),
    Column("event_id", String, primary_key=True),
    Column("time", DateTime, nullable=False, index=True),  # UTC
    Column("annotator", String, nullable=False),
    Column("id", String, nullable=False, index=True),
    Column("verdict", String, nullable=False),
    Column("new_label", String, nullable=False),
    Column("comment", String, nullable=False),
    Column("seconds", Float),
)

_REFUSED = {
    "no_update": "UPDATE ON events",
    "no_delete": "DELETE ON events",
    # INSERT OR REPLACE would delete without asking the trigger above.
    "no_replace": (
        "INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)"
    ),
}


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

    Raises:
        RunError: another verdict, or no annotator or example named.
    """

    annotator: str
    id: str
    verdict: str
    new_label: str = ""
    comment: str = ""
    seconds: float | None = None

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise RunError(
                f"a verdict must be one of {', '.join(VERDICTS)}; received {self.verdict!r}; "
                "choose one of them."
            )
        if not self.annotator or not self.id:
            raise RunError(
                "an annotation needs an annotator and an example; one of them is empty; name both."
            )


@dataclass(frozen=True)
class AnnotationEvent(Annotation):
    """An annotation as it is stored.

    Attributes:
        event_id: a random UUID.
        time: when it was stored, UTC.
    """

    event_id: str = ""
    time: datetime = datetime.min


def annotate(folder: Path, annotation: Annotation) -> AnnotationEvent:
    """Append one annotation to a run; when this returns, it is on disk.

    Args:
        folder: the run folder.
        annotation: what was said.

    Raises:
        RunError: the database cannot be written.
    """
    stored = AnnotationEvent(
        **vars(annotation), event_id=str(uuid4()), time=datetime.now(UTC).replace(tzinfo=None)
    )
    try:
        with _engine(_database(folder)).begin() as connection:
            connection.execute(insert(_EVENTS).values(**vars(stored)))
    except (SQLAlchemyError, OSError) as error:
        raise RunError(
            f"the annotation must be written to {_database(folder)}; it could not be "
            f"({_cause(error)}), and nothing was stored; free the disk or the file and try again."
        ) from error
    return stored


def annotations_of(folder: Path, id: str) -> list[AnnotationEvent]:
    """What was said of one example, in order of time."""
    return _read(folder, select(_EVENTS).where(_EVENTS.c.id == id))


def all_annotations(folder: Path) -> list[AnnotationEvent]:
    """Everything that was said, in order of time."""
    return _read(folder, select(_EVENTS))


def judged(folder: Path, verdict: str = "") -> list[str]:
    """The examples of which at least one annotator says this last; with "", all that were judged.

    Args:
        folder: the run folder.
        verdict: one of `VERDICTS`, or "" for any.
    """
    latest = (
        func.row_number()
        .over(
            partition_by=(_EVENTS.c.id, _EVENTS.c.annotator),
            order_by=(_EVENTS.c.time.desc(), _EVENTS.c.event_id.desc()),
        )
        .label("latest")
    )
    said = select(_EVENTS.c.id, _EVENTS.c.verdict, latest).subquery()
    query = select(said.c.id).where(said.c.latest == 1).distinct()
    if verdict:
        query = query.where(said.c.verdict == verdict)
    return [row[0] for row in _rows(folder, query)]


def _read(folder: Path, query: "Select[tuple[object, ...]]") -> list[AnnotationEvent]:
    ordered = query.order_by(_EVENTS.c.time, _EVENTS.c.event_id)
    return [AnnotationEvent(**row._mapping) for row in _rows(folder, ordered)]


def _rows(folder: Path, query: "Select[Any]") -> Sequence[Row[Any]]:
    if not _database(folder).exists():
        return []
    try:
        with _engine(_database(folder)).connect() as connection:
            return connection.execute(query).all()
    except SQLAlchemyError as error:
        raise RunError(
            f"{_database(folder)} must be an annotation database; it cannot be read "
            f"({_cause(error)}); restore it from a copy."
        ) from error


def _database(folder: Path) -> Path:
    return folder.resolve() / "people" / "annotations.sqlite"


@lru_cache(maxsize=16)
def _engine(path: Path) -> Engine:
    """One engine a database; SQLite in WAL mode with every commit flushed to disk."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # Every transaction opens the file anew: nothing is written to one that was moved or deleted.
    engine = create_engine(
        URL.create("sqlite", database=str(path)),  # a path may hold `?`, which ends one in a text
        connect_args={"timeout": _WAIT_SECONDS},
        poolclass=NullPool,
    )

    @event.listens_for(engine, "connect")
    def set_up(connection: "object", record: object) -> None:
        cursor = connection.cursor()  # type: ignore[attr-defined]
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    _switch_to_wal(engine)
    with engine.begin() as connection:
        # IF NOT EXISTS: two visitors or processes may write the very first event at once.
        connection.execute(CreateTable(_EVENTS, if_not_exists=True))
        for index in _EVENTS.indexes:
            connection.execute(CreateIndex(index, if_not_exists=True))
        for name, change in _REFUSED.items():
            connection.execute(
                text(
                    f"CREATE TRIGGER IF NOT EXISTS {name} BEFORE {change} "
                    "BEGIN SELECT RAISE(ABORT, 'annotations are appended, never rewritten'); END"
                )
            )
    return engine


def _switch_to_wal(engine: Engine) -> None:
    """Let people read while one writes. SQLite does not wait for its turn here, so this does."""
    until = monotonic() + _WAIT_SECONDS
    while True:
        try:
            with engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA journal_mode=WAL")
            return
        except OperationalError as error:
            if getattr(error.orig, "sqlite_errorcode", 0) != SQLITE_BUSY or monotonic() > until:
                raise
            sleep(0.01)


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", error)).splitlines()[0]
