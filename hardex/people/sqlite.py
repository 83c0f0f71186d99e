"""Annotations in a run folder: an SQLite file.

The file may come from somebody else, so it is opened only if it and the files that SQLite keeps
next to it are real files of this user, and if it holds nothing else than what hardex creates.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from sqlite3 import (
    SQLITE_BUSY,
    SQLITE_CANTOPEN,
    SQLITE_IOERR,
    SQLITE_READONLY,
    connect,
)
from sqlite3 import (
    Connection as FileConnection,
)
from sqlite3 import Error as SQLiteError
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, Row, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import QueuePool

from hardex.errors import MisplacedError
from hardex.people.database import WAIT_SECONDS, Database, Part, Query
from hardex.people.own_files import PeopleFolder
from hardex.people.tables import foreign_entries, versions
from hardex.text import plain_text

_CONNECTIONS_MOST = 8  # open connections to a file
FILE = "annotations.sqlite"
_WAL, _SHM, _JOURNAL = (f"{FILE}-{kind}" for kind in ("wal", "shm", "journal"))
_JOURNAL_END = bytes.fromhex("d9d505f920a163d7")
_IDLE_SECONDS = 1.0  # after which an unused file is closed


class SQLite(Database):
    """A file in WAL mode; every commit is flushed to disk.

    Connections stay open for a moment, because opening costs more than writing. A file that was
    moved, deleted or replaced is opened again, so nothing is written to a file that nobody can
    find. An idle file is closed, so that a copy of it is complete.
    """

    _read_advice = "restore it from a backup"
    _write_advice = "free disk space or unlock the file, and try again"

    def __init__(self, path: Path, wait_seconds: float = WAIT_SECONDS) -> None:
        """`path` is `people/annotations.sqlite` in a run folder."""
        self._folder, self._wait_seconds = PeopleFolder(path.parent.parent), wait_seconds
        self._path, self.run = path, str(path.parent.parent)
        self.where = plain_text(str(self._path))
        self._write_lock = Lock()  # fair to threads, unlike SQLite's own waiting
        self._reader = self._engine("mode=rw", wait_seconds)
        self._writer = self._engine("mode=rwc", wait_seconds, prepare=self._switch_to_wal)
        self._impatient_writer = self._engine("mode=rw", 0)
        self._use_lock = Lock()  # guards the next three
        self._busy, self._last_used = 0, 0.0
        self._closer: Thread | None = None
        self._close_at_exit()

    def _engine(
        self,
        mode: str,
        wait_seconds: float,
        prepare: Callable[[Any], object] = lambda connection: None,
    ) -> Engine:
        def open_file() -> Any:
            self._check_files()  # SQLite itself follows links
            connection = connect(
                f"{self._path.as_uri()}?{mode}",
                uri=True,
                timeout=wait_seconds,
                isolation_level=None,
                check_same_thread=False,  # the pool lends it to one thread at a time
            )
            try:
                # Definitions in the file may not call functions that do more than calculate.
                connection.execute("PRAGMA trusted_schema=OFF")
                connection.execute("PRAGMA cell_size_check=ON")
                self._check_entries(connection)
                prepare(connection)
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA fullfsync=ON")  # macOS: flush the disk's own cache, too
            except BaseException:
                connection.close()
                raise
            return connection

        engine = create_engine(
            "sqlite://",
            creator=open_file,
            poolclass=QueuePool,
            pool_size=_CONNECTIONS_MOST,
            max_overflow=-1,
            hide_parameters=True,
        )

        @event.listens_for(engine, "connect")
        def remember_file(connection: object, record: Any) -> None:
            record.info["file"] = self._file()

        @event.listens_for(engine, "checkout")
        def refuse_another_file(connection: object, record: Any, proxy: object) -> None:
            if record.info["file"] != self._file():
                raise DisconnectionError("the file was replaced")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # A writer takes the lock at once, so nobody writes between its reads and its writes.
            writes = connection.get_execution_options().get("writes")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _check_files(self) -> None:
        """Refuse files that SQLite should not touch.

        Raises:
            MisplacedError: one of them is no real file of this user, or the journal names another
                file.
        """
        for name in (FILE, _WAL, _SHM, _JOURNAL):
            self._folder.state(name)
        # What a crash left in a journal, SQLite writes back. If the journal says that it is part of
        # a larger transaction, SQLite deletes the file that it names, wherever that is.
        with suppress(FileNotFoundError):
            with os.fdopen(self._folder.open(_JOURNAL, os.O_RDONLY), "rb") as journal:
                journal.seek(max(0, os.fstat(journal.fileno()).st_size - len(_JOURNAL_END)))
                ends_in_name = journal.read() == _JOURNAL_END
            if ends_in_name:
                raise MisplacedError(
                    f"the journal of {self.where} must be of this database alone; {_JOURNAL} names "
                    "another file, which SQLite would delete, and nothing was stored; delete the "
                    "journal."
                )

    def _check_entries(self, connection: FileConnection) -> None:
        """Refuse a database with other tables, triggers or views than hardex creates.

        Raises:
            MisplacedError: it has one.
        """
        found = foreign_entries(connection)
        if not found:
            return
        for part, version in versions(connection):
            if not self._suits(part, version):
                raise self._of_another_version(part, version)
        kind, name, _, _ = found[0]
        raise MisplacedError(
            f"{self.where} must be an annotation database; it holds the {kind} {ascii(name)[:60]}, "
            "which hardex did not create, and nothing was stored; remove that with the program "
            "sqlite3, or start with an empty database."
        )

    def _file(self) -> tuple[int, int] | None:
        """The identity of the file at this path; None if there is none."""
        found = self._folder.state(FILE)
        return None if found is None else (found.st_dev, found.st_ino)

    def _exists(self) -> bool:
        return self._folder.state(FILE) is not None

    def _read(self, part: Part, query: Query) -> Sequence[Row[Any]]:
        with self._in_use():
            try:
                with self._reader.connect() as connection:
                    return self._read_with(connection, part, query)
            except OperationalError as error:
                code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # the primary result code
                if code not in (SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_IOERR):
                    raise
                if self._has_wal():
                    raise
                # WAL creates files next to the database, even to read it. Here it cannot: the
                # folder is read-only, or its disk is full.
                read_only = self._engine("mode=ro&immutable=1", self._wait_seconds)
                with _disposed(read_only), read_only.connect() as connection:
                    return self._read_with(connection, part, query)

    def _has_wal(self) -> bool:
        return self._folder.state(_WAL) is not None

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        if not self._write_lock.acquire(timeout=self._wait_seconds if wait else 0):
            raise TimeoutError("others are writing")
        try:
            # SQLite gives the files next to a database the access of the database.
            self._folder.create(FILE, b"")
            for name in (FILE, _WAL, _SHM):
                self._folder.narrow(name)
            engine = self._writer if wait else self._impatient_writer
            with self._in_use(), engine.connect() as connection:
                connection = connection.execution_options(writes=True)
                with connection.begin():
                    yield connection
        finally:
            self._write_lock.release()

    def _switch_to_wal(self, connection: Any) -> None:
        """Allow reads during a write. SQLite does not wait for a lock here, so this does."""
        until = monotonic() + self._wait_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchall()
                return
            except SQLiteError as error:
                if getattr(error, "sqlite_errorcode", 0) != SQLITE_BUSY or monotonic() > until:
                    raise
                sleep(0.01)

    # ------------------------------------------------------------------ closed when idle

    @contextmanager
    def _in_use(self) -> Iterator[None]:
        with self._use_lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._use_lock:
                self._busy -= 1
                self._last_used = monotonic()
                if self._closer is None:
                    self._closer = Thread(target=self._close_when_idle, daemon=True)
                    self._closer.start()

    def _close_when_idle(self) -> None:
        while True:
            sleep(_IDLE_SECONDS)
            with self._use_lock:
                if not self._busy and monotonic() - self._last_used >= _IDLE_SECONDS:
                    self._dispose()
                    self._closer = None
                    return

    def close(self) -> None:
        with self._use_lock:
            self._dispose()

    def _dispose(self) -> None:
        for engine in (self._reader, self._writer, self._impatient_writer):
            engine.dispose()


@contextmanager
def _disposed(engine: Engine) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()
