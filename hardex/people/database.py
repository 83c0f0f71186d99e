"""A database of what people do in a run: what is common to SQLite and PostgreSQL.

A `Database` acknowledges a write only when it is on disk, however many write at once. Each module
that stores tables here describes them in a `Part`; the first write creates them.
"""

import atexit
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias
from weakref import WeakSet

from sqlalchemy import (
    Column,
    Connection,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.schema import CreateTable

from hardex.errors import HardexError, MisplacedError, StorageError

WAIT_SECONDS = 30.0  # for other writers, or for a server that does not answer

VERSIONS = Table(
    "hardex_versions",
    MetaData(),
    Column("part", String, primary_key=True),
    Column("version", Integer, nullable=False),
)
_OPEN: "WeakSet[Database]" = WeakSet()


@atexit.register
def _close_all() -> None:
    """Leave no files next to a database, and no connection to a server."""
    for database in tuple(_OPEN):
        database.close()


@dataclass(frozen=True)
class Part:
    """The tables of one module.

    Attributes:
        noun: what one row is called in an error message; also the name under which the version is
            stored.
        table: the main table; it exists if any of them do.
        version: the version of the tables that this hardex reads and writes.
        create: creates all tables of the part in an empty database.
        oldest: the oldest version that `upgrade` accepts; None if it accepts none.
        upgrade: changes tables of the version it gets into those of this one. The first write does
            this. A read leaves older tables as they are, so its query must suit them.
    """

    noun: str
    table: str
    version: int
    create: Callable[[Connection], None]
    oldest: int | None = None
    upgrade: Callable[[Connection, int], None] = lambda connection, version: None


# A query, or a function from the version of the tables in the database to one.
Query: TypeAlias = "Select[Any] | Callable[[int], Select[Any]]"


class Database:
    """A database that any number of threads and processes may use at once.

    Use `open_database`.
    """

    where: str  # for error messages; without a password
    run: str = ""  # the run folder that it is part of, which may come from somebody else
    _read_advice: str
    _write_advice: str

    def read(self, part: Part, query: Query) -> Sequence[Row[Any]]:
        """The rows of a query; () if nothing was written yet. Reading creates nothing.

        Args:
            part: whose tables are read.
            query: a query, or a function from the version of the tables to one.

        Raises:
            StorageError: the database cannot be read now.
            MisplacedError: it is of another version, or belongs to something else.
        """
        try:
            if not self._exists():
                return ()
            return self._read(part, query)
        except HardexError:
            raise
        # A file may hold any value in any column.
        except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
            raise StorageError(
                f"{self.where} must be an annotation database; it cannot be read "
                f"({_cause(error)}); {self._read_advice}."
            ) from error

    @contextmanager
    def write(self, part: Part, *, wait: bool = True) -> Iterator[Connection]:
        """A transaction; when the `with` block ends without an error, its writes are on disk.

        Args:
            part: whose tables are written; they are created first if there are none.
            wait: whether to wait for other writers; False gives up at once.

        Raises:
            StorageError: the database cannot be written now.
            MisplacedError: it is of another version, or belongs to something else.
            IntegrityError: a row with this key exists; nothing was stored.
        """
        outcome = "nothing was stored"
        try:
            with self._writing(wait) as connection:
                self._prepare(part, connection)
                yield connection
                try:
                    connection.commit()
                except SQLAlchemyError as error:
                    if getattr(error, "connection_invalidated", False):
                        outcome = "it is not known whether it was stored"
                    raise
        except HardexError:
            raise
        except IntegrityError as error:
            if "never rewritten" not in str(error.orig):
                raise
            raise self._not_written(part, error, outcome) from error
        except (SQLAlchemyError, OSError, ValueError, TypeError) as error:
            raise self._not_written(part, error, outcome) from error

    def close(self) -> None:
        """Close the open connections; the next call opens new ones."""
        raise NotImplementedError

    def _not_written(self, part: Part, error: Exception, outcome: str) -> StorageError:
        return StorageError(
            f"the {part.noun} must be written to {self.where}; it could not be "
            f"({_cause(error)}), and {outcome}; {self._write_advice}."
        )

    # ------------------------------------------------------------------ tables and versions

    def _prepare(self, part: Part, connection: Connection) -> None:
        """Create the tables of a part if there are none; upgrade older ones.

        Raises:
            MisplacedError: they are of a version that cannot be upgraded, or not ours.
        """
        if self._version(part, connection) == part.version:
            return
        self._lock_tables(connection)
        version = self._version(part, connection)  # another process may have written meanwhile
        if version == part.version:
            return
        if version is not None:
            part.upgrade(connection, version)
            of_part = VERSIONS.c.part == part.noun
            connection.execute(update(VERSIONS).where(of_part).values(version=part.version))
            return
        part.create(connection)
        create_versions(connection)
        connection.execute(insert(VERSIONS).values(part=part.noun, version=part.version))

    def _version(self, part: Part, connection: Connection) -> int | None:
        """The version of the tables of a part; None if there are none.

        Raises:
            MisplacedError: they are of a version that cannot be upgraded, or not ours.
        """
        # A connection always leads to the same database, so one check is enough.
        checked: set[Part] = connection.info.setdefault("checked parts", set())
        if part in checked:
            return part.version
        # The table first: whoever creates it commits its version with it.
        if not inspect(connection).has_table(part.table):
            return None
        version = self._checked_version(part, connection)
        if version == part.version:
            checked.add(part)
        return version

    def _checked_version(self, part: Part, connection: Connection) -> int:
        version = _version(part, connection)
        if version is None:
            raise MisplacedError(
                f"{self.where} must be an annotation database; its table {part.table} was not "
                "created by hardex, and nothing was stored; give the annotations a database of "
                "their own."
            )
        if not self._suits(part, version):
            raise self._of_another_version(part, version)
        return version

    def _suits(self, part: Part, version: object) -> bool:
        """Whether this hardex can work with tables of a version, or upgrade them."""
        return isinstance(version, int) and (part.oldest or part.version) <= version <= part.version

    def _of_another_version(self, part: Part, version: object) -> MisplacedError:
        age, advice = (
            ("a newer hardex", "upgrade hardex")
            if isinstance(version, int) and version > part.version
            else ("an older hardex", "open it with that one, or start with an empty database")
        )
        return MisplacedError(
            f"the {part.noun}s in {self.where} must be of version {part.version}; they are of "
            f"version {ascii(version)[:20]}, which {age} wrote, and nothing was stored; {advice}."
        )

    def _read_with(self, connection: Connection, part: Part, query: Query) -> Sequence[Row[Any]]:
        version = self._version(part, connection)
        if version is None:
            return ()
        return connection.execute(query(version) if callable(query) else query).all()

    # ------------------------------------------------------------------ for each kind of database

    def _exists(self) -> bool:
        raise NotImplementedError

    def _read(self, part: Part, query: Query) -> Sequence[Row[Any]]:
        raise NotImplementedError

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        raise NotImplementedError
        yield

    def _lock_tables(self, connection: Connection) -> None:
        """Let nobody else create tables until the end of the transaction."""

    def _close_at_exit(self) -> None:
        _OPEN.add(self)


def create_versions(connection: Connection) -> None:
    """Create the table of versions if there is none."""
    connection.execute(CreateTable(VERSIONS, if_not_exists=True))


def _version(part: Part, connection: Connection) -> int | None:
    """The version of the tables in a database; None if it is not recorded."""
    if not inspect(connection).has_table(VERSIONS.name):
        return None
    query = select(VERSIONS.c.version).where(VERSIONS.c.part == part.noun)
    version = connection.execute(query).scalar()
    return version if isinstance(version, int) else None


def _cause(error: Exception) -> str:
    """The cause of an error in one line, without the values that were being written."""
    original = getattr(error, "orig", None) or error
    message = server_error(original).get("M") or str(original)
    return (message.splitlines() or [type(original).__name__])[0].rstrip(".")


def server_error(error: object) -> dict[str, str]:
    """The fields of an error of a PostgreSQL server: `M` is the message, `C` the code."""
    arguments = getattr(error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], dict) else {}
