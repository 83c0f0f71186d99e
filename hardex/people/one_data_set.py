"""A database at an address serves the runs of one data set only."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, String, column, insert, select, table, text

from hardex.errors import MisplacedError
from hardex.people.database import Database, Part, Query

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

NAMELESS = ("arrays in memory", "a tf.data.Dataset")  # names that many data sets have

_DATA = table("hardex_data", column("name", String()), column("hash", String()))


def _create(connection: Connection) -> None:
    """A row for each name and hash under which the data set was ranked."""
    connection.execute(
        text("CREATE TABLE hardex_data (name VARCHAR NOT NULL, hash VARCHAR NOT NULL)")
    )


_PART = Part("data set", "hardex_data", 1, _create)


class OneDataSet(Database):
    """A database for the runs of one data set; the first write records which one.

    Many data sets use ids such as `3`, and annotators would see annotations of other images. Runs
    of the same data share a database, whichever model made them and wherever. The data set must
    have the recorded name or the recorded hash: data with fixed labels keeps its name, and data
    that was moved keeps its hash. The first write of each run adds its name and hash.
    """

    def __init__(self, database: Database, data: "Source") -> None:
        self.where, self.run = database.where, database.run
        self._database, self._data = database, data
        self._fits = self._is_recorded = False  # both stay true: the data set never changes

    def read(self, part: Part, query: Query) -> Sequence[Row[Any]]:
        if not self._fits:
            self._check(self._database.read(_PART, select(*_DATA.c)))
        return self._database.read(part, query)

    @contextmanager
    def write(self, part: Part, *, wait: bool = True) -> Iterator[Connection]:
        with self._database.write(part, wait=wait) as connection:
            if not self._is_recorded:
                self._record(connection)
            yield connection

    def _record(self, connection: Connection) -> None:
        self._database._lock_tables(connection)
        self._database._prepare(_PART, connection)
        found = connection.execute(select(*_DATA.c)).all()
        self._check(found)
        if not self._is_recorded:  # set when it is read again: this transaction may still fail
            connection.execute(insert(_DATA).values(name=self._data.name, hash=self._data.hash))

    def _check(self, found: Sequence[Row[Any]]) -> None:
        name, hash = self._data.name, self._data.hash
        named = name not in NAMELESS
        if found and not any(row.hash == hash or (named and row.name == name) for row in found):
            first = found[0]
            raise MisplacedError(
                f"an annotation database must belong to one data set; {self.where} belongs to "
                f"{first.name!r} ({first.hash[:8]}), and this run is of {name!r} ({hash[:8]}); "
                "give this run another database, or, if it is the same data, rank it again with "
                "its original name."
            )
        self._fits = bool(found)
        self._is_recorded = any((row.name, row.hash) == (name, hash) for row in found)

    def close(self) -> None:
        self._database.close()
