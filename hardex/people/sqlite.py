"""Annotations in a run folder: an SQLite file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_READONLY, connect
from sqlite3 import Error as SQLiteError
from threading import Lock, Thread
from time import monotonic, sleep
from typing import Any

from sqlalchemy import Connection, Engine, Row, Select, create_engine, event
from sqlalchemy.exc import DisconnectionError, OperationalError
from sqlalchemy.pool import QueuePool

from hardex.people.database import WAIT_SECONDS, Database, Part

_CONNECTIONS_MOST = 8  # open connections to a file
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
        self.where = str(path)
        self._path, self._wait_seconds = path, wait_seconds
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
            connection = connect(
                f"{self._path.as_uri()}?{mode}",
                uri=True,
                timeout=wait_seconds,
                isolation_level=None,
                check_same_thread=False,  # the pool lends it to one thread at a time
            )
            try:
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

    def _file(self) -> tuple[int, int] | None:
        """The identity of the file at this path; None if there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _exists(self) -> bool:
        return self._path.exists()

    def _read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
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
        return self._path.with_name(self._path.name + "-wal").exists()

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        if not self._write_lock.acquire(timeout=self._wait_seconds if wait else 0):
            raise TimeoutError("others are writing")
        try:
            self._path.parent.mkdir(exist_ok=True)
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
