"""The tables that hardex creates in an annotation database, and whether it holds others.

A database in a run folder may come from somebody else, and SQLite runs the triggers and views that
it finds there. So hardex opens only databases that hold nothing else than what it creates.
"""

import re
import sqlite3
from functools import cache
from typing import Any

from sqlalchemy import Connection, create_engine, text
from sqlalchemy.pool import StaticPool

from hardex.people.database import VERSIONS, Part, create_versions

# ---------------------------------------------------------------------- annotations


def _create_events(connection: Connection) -> None:
    on_sqlite = connection.dialect.name == "sqlite"
    for command in (
        "CREATE TABLE events (event_id VARCHAR NOT NULL PRIMARY KEY, "
        f"time {'DATETIME' if on_sqlite else 'TIMESTAMP'} NOT NULL, annotator VARCHAR NOT NULL, "
        "id VARCHAR NOT NULL, verdict VARCHAR NOT NULL, new_label VARCHAR NOT NULL, "
        "comment VARCHAR NOT NULL, seconds DOUBLE PRECISION, said VARCHAR NOT NULL, "
        "shown VARCHAR NOT NULL, undoes VARCHAR NOT NULL)",
        "CREATE INDEX events_by_time ON events (time)",
        "CREATE INDEX events_undone ON events (undoes, annotator) WHERE undoes <> ''",
        "CREATE INDEX events_by_annotator ON events (annotator, time)",
        "CREATE INDEX events_by_example ON events (id, annotator, time DESC, event_id DESC)",
        *(_TRIGGERS_OF_SQLITE if on_sqlite else _TRIGGERS_OF_POSTGRESQL),
    ):
        connection.execute(text(command))


_NEVER = "annotations are appended, never rewritten"

_TRIGGERS_OF_SQLITE = tuple(
    f"CREATE TRIGGER {name} BEFORE {change} BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END"
    for name, change in (
        ("no_update", "UPDATE ON events"),
        ("no_delete", "DELETE ON events"),
        # INSERT OR REPLACE would delete without firing the trigger above.
        (
            "no_replace",
            "INSERT ON events WHEN EXISTS (SELECT 1 FROM events WHERE event_id = NEW.event_id)",
        ),
    )
)
_TRIGGERS_OF_POSTGRESQL = (
    "CREATE OR REPLACE FUNCTION hardex_never_rewritten() RETURNS trigger LANGUAGE plpgsql AS "
    f"$$ BEGIN RAISE EXCEPTION '{_NEVER}'; END $$",
    "CREATE TRIGGER no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events "
    "FOR EACH STATEMENT EXECUTE FUNCTION hardex_never_rewritten()",
)

ANNOTATIONS = Part("annotation", "events", 2, _create_events)


# ---------------------------------------------------------------------- invitations


def _create_invitations_1(connection: Connection) -> None:
    time = "DATETIME" if connection.dialect.name == "sqlite" else "TIMESTAMP"
    for command in (
        "CREATE TABLE invitations (token_id VARCHAR NOT NULL PRIMARY KEY, "
        "secret_hash VARCHAR NOT NULL, name VARCHAR NOT NULL, role VARCHAR NOT NULL, "
        f"created {time} NOT NULL, expires {time}, revoked {time})",
        "CREATE TABLE sessions (session_hash VARCHAR NOT NULL PRIMARY KEY, token_id VARCHAR "
        f"NOT NULL REFERENCES invitations, entered {time} NOT NULL, seen {time} NOT NULL, "
        f"ended {time})",
    ):
        connection.execute(text(command))


def _create_invitations(connection: Connection) -> None:
    _create_invitations_1(connection)
    _seal_invitations(connection, 1)


def _seal_invitations(connection: Connection, version: int) -> None:
    """Version 2: a seal for each invitation; those from before have none."""
    connection.execute(text("ALTER TABLE invitations ADD COLUMN seal VARCHAR"))


INVITATIONS = Part(
    "invitation", "invitations", 2, _create_invitations, oldest=1, upgrade=_seal_invitations
)


# ---------------------------------------------------------------------- what a file may hold

Entry = tuple[str, str, str, str]  # kind, name, table and definition, as in SQLite's schema


def foreign_entries(connection: sqlite3.Connection) -> list[Entry]:
    """The tables, indexes, triggers and views of an SQLite file that hardex does not create."""
    return [entry for entry in _entries(connection) if entry not in _own_entries()]


def versions(connection: sqlite3.Connection) -> list[tuple[Part, object]]:
    """The versions of the parts in an SQLite file, if hardex recorded them."""
    own = [entry for entry in _entries(connection) if entry[1] == VERSIONS.name]
    if not own or not _own_entries().issuperset(own):
        return []
    recorded = dict(connection.execute("SELECT part, version FROM hardex_versions").fetchall())
    parts = (ANNOTATIONS, INVITATIONS)
    return [(part, recorded[part.noun]) for part in parts if part.noun in recorded]


@cache
def _own_entries() -> frozenset[Entry]:
    """What hardex creates, in this version and in those that it upgrades."""
    found: set[Entry] = set()
    memory = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    engine = create_engine("sqlite://", creator=lambda: memory, poolclass=StaticPool)
    with engine.connect() as connection:
        create_versions(connection)
        ANNOTATIONS.create(connection)
        _create_invitations_1(connection)
        found |= set(_entries(memory))
        _seal_invitations(connection, 1)
        found |= set(_entries(memory))
    engine.dispose()
    return frozenset(found)


def _entries(connection: sqlite3.Connection) -> list[Entry]:
    rows = connection.execute("SELECT type, name, tbl_name, sql FROM sqlite_master").fetchall()
    return [(str(kind), str(name), str(of), _definition(sql)) for kind, name, of, sql in rows]


def _definition(sql: Any) -> str:
    """A definition without the spaces and ends of lines that SQLAlchemy may choose."""
    return re.sub(r" ?([(),]) ?", r"\1", re.sub(r"\s+", " ", str(sql))).strip()
