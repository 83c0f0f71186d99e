"""Where the annotations of a run are stored: SQLite in its folder, or PostgreSQL at an address."""

from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

from hardex.people.database import Database
from hardex.people.one_data_set import OneDataSet
from hardex.people.own_files import PEOPLE
from hardex.people.postgresql import PostgreSQL, url_of
from hardex.people.sqlite import FILE, SQLite

if TYPE_CHECKING:
    from hardex.runs.manifest import Source


def open_database(place: str | Path, data: "Source | None" = None) -> Database:
    """The database of a run; nothing is read or created yet.

    Args:
        place: the run folder, whose database is `people/annotations.sqlite`, or
            `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`, one database for one data set.
            An address may end in `?sslmode=disable`, `require` (encrypted, any certificate) or
            `verify-full` (encrypted, and the certificate must be valid for the host, by the
            authorities that this computer trusts or those in `&sslrootcert=FILE`). Without a mode
            the connection is encrypted if the server offers it.
        data: the data set of the run. Reading or writing a database at an address that belongs to
            another data set (with another name and another hash) raises a `MisplacedError`. None
            does not check.

    Raises:
        RunError: another kind of address, or the package pg8000 is not installed.
    """
    if isinstance(place, str) and "://" in place:
        database = _postgresql(url_of(place))
        return database if data is None else OneDataSet(database, data)
    return _sqlite(Path(place).resolve() / PEOPLE / FILE)


_sqlite = lru_cache(maxsize=64)(SQLite)
_postgresql = lru_cache(maxsize=16)(PostgreSQL)
