"""Where a run keeps what people do: SQLite in its folder, or PostgreSQL at an address.

What a `Database` acknowledges is on disk, however many write at once. Each part of hardex that
keeps tables here names them in a `Part`; they are made by the first word that is written and
brought up to date when an older database is opened.
"""

import atexit
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from logging import CRITICAL, getLogger
from pathlib import Path
from sqlite3 import SQLITE_BUSY, SQLITE_CANTOPEN, SQLITE_IOERR, SQLITE_READONLY, connect
from sqlite3 import Error as SQLiteError
from ssl import CERT_NONE, SSLContext, SSLError, create_default_context
from threading import Lock, Thread
from time import monotonic, sleep
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from sqlalchemy import (
    URL,
    Column,
    Connection,
    Engine,
    ExceptionContext,
    Integer,
    MetaData,
    Row,
    Select,
    String,
    Table,
    column,
    create_engine,
    delete,
    event,
    insert,
    inspect,
    make_url,
    select,
    table,
    text,
)
from sqlalchemy.exc import (
    ArgumentError,
    DisconnectionError,
    IntegrityError,
    OperationalError,
    SQLAlchemyError,
)
from sqlalchemy.pool import QueuePool
from sqlalchemy.schema import CreateTable

from hardex.errors import HardexError, MisplacedError, RunError, StorageError

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

WAIT_SECONDS = 30.0  # for others who write at the same moment, or for a server that is silent

_KEPT_MOST = 8  # connections to a file
_KEPT_SECONDS = 1.0  # after the last use of it
_CONNECTIONS_MOST = 20  # to one PostgreSQL server, of one process
_RENEWED_AFTER_SECONDS = 1800
_ONE_AT_A_TIME = 4_207_849_484  # a number for PostgreSQL's advisory lock; any will do
_SSL_MODES = ("disable", "require", "verify-full")
_WORDS_OF_ADDRESS = ("sslmode", "sslrootcert", "unix_sock")

_VERSIONS = Table(
    "hardex_versions",
    MetaData(),
    Column("part", String, primary_key=True),
    Column("version", Integer, nullable=False),
)


class NotOurs(Exception):
    """A table has the name of one of hardex, but is none: said by a step, after a semicolon."""


@dataclass(frozen=True)
class Part:
    """The tables of one part of hardex.

    Attributes:
        noun: what one row of it is called in a sentence.
        table: the table that is there as soon as any of them is.
        steps: each brings the tables from one version to the next. The first finds either
            nothing or version 1, which some databases have without saying so.
    """

    noun: str
    table: str
    steps: tuple[Callable[[Connection], None], ...]

    @property
    def version(self) -> int:
        """The version that this hardex reads and writes."""
        return len(self.steps)


class Database:
    """A database, to be used by any number of threads and processes at once.

    Use `open_database`.
    """

    where: str  # for sentences; without a password
    _advice: str

    def read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
        """The answer to a query; () where nothing was written yet, and then nothing is made.

        Raises:
            StorageError: it cannot be read now.
            MisplacedError: a newer hardex made it, or it is of something else.
        """
        try:
            if not self._is_there():
                return ()
            return self._read(part, query)
        except HardexError:
            raise
        except (SQLAlchemyError, OSError, ValueError) as error:
            raise StorageError(
                f"{self.where} must be an annotation database; it cannot be read "
                f"({_cause(error)}); {self._advice}."
            ) from error

    @contextmanager
    def write(self, part: Part, *, wait: bool = True) -> Iterator[Connection]:
        """A transaction: when the `with` ends well, what was written in it is on disk.

        Args:
            part: whose tables; they are made or brought up to date first.
            wait: False gives up at once when somebody else is writing.

        Raises:
            StorageError: it cannot be written now.
            MisplacedError: a newer hardex made it, or it is of something else.
            IntegrityError: a row with that key is there already; nothing was stored.
        """
        lost = "nothing was stored"
        try:
            with self._writing(wait) as connection:
                self._bring_up_to_date(part, connection)
                yield connection
                try:
                    connection.commit()
                except SQLAlchemyError as error:
                    if getattr(error, "connection_invalidated", False):
                        lost = "whether it was stored is not known"
                    raise
        except IntegrityError as error:
            if "never rewritten" not in str(error.orig):
                raise
            raise self._not_written(part, error, lost) from error
        except (SQLAlchemyError, OSError) as error:
            raise self._not_written(part, error, lost) from error

    def _not_written(self, part: Part, error: Exception, lost: str) -> StorageError:
        return StorageError(
            f"the {part.noun} must be written to {self.where}; it could not be "
            f"({_cause(error)}), and {lost}; {self._advice_to_write}."
        )

    def _bring_up_to_date(self, part: Part, connection: Connection) -> None:
        # A connection is to one and the same database, so it is looked at once.
        looked_at: set[Part] = connection.info.setdefault("up to date", set())
        if part in looked_at:
            return
        version = self._version(part, connection)
        if version == part.version:
            looked_at.add(part)
            return
        if version > part.version:
            raise MisplacedError(
                f"the {part.noun}s in {self.where} must be of version {part.version} or older; "
                f"they are of version {version}, which a newer hardex wrote; upgrade hardex."
            )
        self._let_nobody_else_in(connection)
        try:
            for step in part.steps[self._version(part, connection) :]:
                step(connection)
        except NotOurs as error:
            raise MisplacedError(
                f"{self.where} must be an annotation database; {error}, and nothing was stored; "
                "give the annotations a database of their own."
            ) from error
        connection.execute(CreateTable(_VERSIONS, if_not_exists=True))
        connection.execute(delete(_VERSIONS).where(_VERSIONS.c.part == part.noun))
        connection.execute(insert(_VERSIONS).values(part=part.noun, version=part.version))

    def _version(self, part: Part, connection: Connection) -> int:
        """0 where this was not written: there is nothing yet, or a version 1 of old."""
        if not inspect(connection).has_table(_VERSIONS.name):
            return 0
        said = select(_VERSIONS.c.version).where(_VERSIONS.c.part == part.noun)
        return connection.execute(said).scalar() or 0

    def close(self) -> None:
        """End the connections that are kept; who asks again opens new ones."""
        raise NotImplementedError

    # ------------------------------------------------------------------ what each kind does

    _advice_to_write: str

    def _is_there(self) -> bool:
        raise NotImplementedError

    def _read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
        raise NotImplementedError

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        raise NotImplementedError
        yield

    def _let_nobody_else_in(self, connection: Connection) -> None:
        """Until the end of the transaction, nobody else changes the tables."""

    def _read_with(
        self, connection: Connection, part: Part, query: "Select[Any]"
    ) -> Sequence[Row[Any]] | None:
        """The answer; None where the tables are older than this hardex."""
        if part in connection.info.get("up to date", ()):
            return connection.execute(query).all()
        version = self._version(part, connection)
        if version == 0 and not inspect(connection).has_table(part.table):
            return ()
        if version < part.version:
            return None
        self._bring_up_to_date(part, connection)  # refuses what is newer
        return connection.execute(query).all()


def _make_belonging(connection: Connection) -> None:
    """Version 1: a row for each name and hash under which the one data set was ranked."""
    connection.execute(
        text("CREATE TABLE hardex_data (name VARCHAR NOT NULL, hash VARCHAR NOT NULL)")
    )


_BELONGING = Part("data set", "hardex_data", (_make_belonging,))
_DATA = table("hardex_data", column("name", String()), column("hash", String()))


# As arrays and tf.data are called, whatever they hold: by these names nothing is known again.
_NAMELESS = ("arrays in memory", "a tf.data.Dataset")


class _OfData(Database):
    """A database that serves the runs of one data set; the first word says of which.

    Ids such as `3` are those of many data sets: people would be told what others said of other
    images. Runs of the same data by any model, made again or elsewhere, share it. The hash is of
    the labels, too, so either will do: data whose labels were mended has the name it had, and data
    that was moved has the hash it had. The first word of each adds what is new.
    """

    def __init__(self, database: Database, data: "Source") -> None:
        self.where = database.where
        self._database, self._data = database, data
        self._fits = self._is_claimed = False  # a database does not change hands

    def read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
        if not self._fits:
            self._check(self._database.read(_BELONGING, select(*_DATA.c)))
        return self._database.read(part, query)

    @contextmanager
    def write(self, part: Part, *, wait: bool = True) -> Iterator[Connection]:
        with self._database.write(part, wait=wait) as connection:
            if not self._is_claimed:
                self._claim(connection)
            yield connection

    def _claim(self, connection: Connection) -> None:
        self._database._let_nobody_else_in(connection)
        self._database._bring_up_to_date(_BELONGING, connection)
        found = connection.execute(select(*_DATA.c)).all()
        self._check(found)
        if not self._is_claimed:  # so only when it is read again: this transaction may still fail
            connection.execute(insert(_DATA).values(name=self._data.name, hash=self._data.hash))

    def _check(self, found: Sequence[Row[Any]]) -> None:
        name, hash = self._data.name, self._data.hash
        named = name not in _NAMELESS
        if found and not any(row.hash == hash or (named and row.name == name) for row in found):
            first = found[0]
            raise MisplacedError(
                f"a database of annotations must belong to one data set; {self.where} belongs to "
                f"{first.name!r} ({first.hash[:8]}), and this run is of {name!r} ({hash[:8]}); "
                "give this run another database, or, if it is the same data, rank it again under "
                "its former name."
            )
        self._fits = bool(found)
        self._is_claimed = any((row.name, row.hash) == (name, hash) for row in found)

    def close(self) -> None:
        self._database.close()


_OPEN: "WeakSet[Database]" = WeakSet()


@atexit.register
def _close_all() -> None:
    """Leave no files next to a database, and no connection to a server."""
    for database in tuple(_OPEN):
        database.close()


class _SQLite(Database):
    """A file, in WAL mode, with every commit flushed to disk.

    Connections are kept for a moment, because opening costs more than writing. A file that was
    moved, deleted or replaced is opened anew, so nothing is written to one that nobody finds;
    and while nobody does anything it is closed, so a copy of the file is a copy of everything.
    """

    _advice = "restore it from a copy"
    _advice_to_write = "free the disk or the file and try again"

    def __init__(self, path: Path, wait_seconds: float = WAIT_SECONDS) -> None:
        self.where = str(path)
        self._path, self._wait_seconds = path, wait_seconds
        self._turn = Lock()  # fair to threads, which SQLite's own waiting is not
        self._reader = self._engine("mode=rw", wait_seconds)
        self._writer = self._engine("mode=rwc", wait_seconds, prepare=self._switch_to_wal)
        self._hasty_writer = self._engine("mode=rw", 0)
        self._moment = Lock()  # for what follows
        self._busy, self._last_used = 0, 0.0
        self._closer: Thread | None = None
        _OPEN.add(self)

    def _engine(
        self,
        words: str,
        wait_seconds: float,
        prepare: Callable[[Any], object] = lambda connection: None,
    ) -> Engine:
        def open_file() -> Any:
            connection = connect(
                f"{self._path.as_uri()}?{words}",
                uri=True,
                timeout=wait_seconds,
                isolation_level=None,
                check_same_thread=False,  # by one thread at a time, says the pool
            )
            try:
                prepare(connection)
                connection.execute("PRAGMA synchronous=FULL")
                connection.execute("PRAGMA fullfsync=ON")  # macOS: as far as the disk itself
            except BaseException:
                connection.close()
                raise
            return connection

        engine = create_engine(
            "sqlite://",
            creator=open_file,
            poolclass=QueuePool,
            pool_size=_KEPT_MOST,
            max_overflow=-1,
            hide_parameters=True,
        )

        @event.listens_for(engine, "connect")
        def note_the_file(connection: object, record: Any) -> None:
            record.info["file"] = self._file()

        @event.listens_for(engine, "checkout")
        def open_what_is_there_now(connection: object, record: Any, proxy: object) -> None:
            if record.info["file"] != self._file():
                raise DisconnectionError("the file is another one now")

        @event.listens_for(engine, "begin")
        def begin(connection: Connection) -> None:
            # Who will write says so at once: between a look and a write nobody else comes in.
            writes = connection.get_execution_options().get("writes")
            connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

        return engine

    def _file(self) -> tuple[int, int] | None:
        """What tells the file that is there from any other; None where there is none."""
        try:
            found = self._path.stat()
        except FileNotFoundError:
            return None
        return found.st_dev, found.st_ino

    def _is_there(self) -> bool:
        return self._path.exists()

    def _read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
        with self._kept_open():
            try:
                with self._reader.connect() as connection:
                    found = self._read_with(connection, part, query)
            except OperationalError as error:
                code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF  # without its details
                if code not in (SQLITE_CANTOPEN, SQLITE_READONLY, SQLITE_IOERR):
                    raise
                if self._is_in_use():
                    raise
                # WAL wants to make files next to the database, even to read it; here it cannot:
                # the folder is for reading only or its disk is full.
                still = self._engine("mode=ro&immutable=1", self._wait_seconds)
                with _closed_in_the_end(still), still.connect() as connection:
                    found = self._read_with(connection, part, query)
            if found is None:
                with self.write(part):
                    pass
                with self._reader.connect() as connection:
                    found = self._read_with(connection, part, query)
        return found or ()

    def _is_in_use(self) -> bool:
        return self._path.with_name(self._path.name + "-wal").exists()

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        if not self._turn.acquire(timeout=self._wait_seconds if wait else 0):
            raise TimeoutError("others are writing")
        try:
            self._path.parent.mkdir(exist_ok=True)
            engine = self._writer if wait else self._hasty_writer
            with self._kept_open(), engine.connect() as connection:
                connection = connection.execution_options(writes=True)
                with connection.begin():
                    yield connection
        finally:
            self._turn.release()

    def _switch_to_wal(self, connection: Any) -> None:
        """Let people read while one writes. SQLite does not wait for its turn here: this does."""
        until = monotonic() + self._wait_seconds
        while True:
            try:
                connection.execute("PRAGMA journal_mode=WAL").fetchall()
                return
            except SQLiteError as error:
                if getattr(error, "sqlite_errorcode", 0) != SQLITE_BUSY or monotonic() > until:
                    raise
                sleep(0.01)

    # ------------------------------------------------------------------ closed when nobody is there

    @contextmanager
    def _kept_open(self) -> Iterator[None]:
        with self._moment:
            self._busy += 1
        try:
            yield
        finally:
            with self._moment:
                self._busy -= 1
                self._last_used = monotonic()
                if self._closer is None:
                    self._closer = Thread(target=self._close_when_idle, daemon=True)
                    self._closer.start()

    def _close_when_idle(self) -> None:
        while True:
            sleep(_KEPT_SECONDS)
            with self._moment:
                if not self._busy and monotonic() - self._last_used >= _KEPT_SECONDS:
                    self._dispose()
                    self._closer = None
                    return

    def close(self) -> None:
        with self._moment:
            self._dispose()

    def _dispose(self) -> None:
        for engine in (self._reader, self._writer, self._hasty_writer):
            engine.dispose()


@contextmanager
def _closed_in_the_end(engine: Engine) -> Iterator[None]:
    try:
        yield
    finally:
        engine.dispose()


class _PostgreSQL(Database):
    """A server. Connections are kept, and renewed when the server was restarted."""

    _advice = "see that the server runs, can be reached and lets you in, and try again"
    _advice_to_write = _advice

    def __init__(self, url: URL, wait_seconds: float = WAIT_SECONDS) -> None:
        self.where = url.set(query={}).render_as_string(hide_password=True)
        ssl_context = _ssl_context(url)
        try:
            self._engine = create_engine(
                url.difference_update_query(["sslmode", "sslrootcert"]),
                connect_args={
                    "timeout": wait_seconds,
                    "application_name": "hardex",
                    "ssl_context": ssl_context,
                },
                pool_size=_CONNECTIONS_MOST,
                max_overflow=0,
                pool_timeout=wait_seconds,
                pool_pre_ping=True,
                pool_recycle=_RENEWED_AFTER_SECONDS,
                hide_parameters=True,
                pool_logging_name="hardex",
            )
        except ImportError as error:
            raise RunError(
                "annotations in PostgreSQL need the package pg8000; it is not installed; run "
                "`pip install 'hardex[postgres]'`."
            ) from error
        _OPEN.add(self)
        # After a restart of the server each old connection fails once more when it is let go, with
        # a page of lines on the terminal; what that means for an answer is told with the answer.
        getLogger("sqlalchemy.pool.impl.QueuePool.hardex").setLevel(CRITICAL)

        @event.listens_for(self._engine, "connect")
        def flush_every_commit(connection: Any, record: object) -> None:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
            connection.commit()

        @event.listens_for(self._engine, "handle_error")
        def know_a_shutdown(context: ExceptionContext) -> None:
            # Class 57P: the server shuts down, crashed or is not up yet.
            if _postgresql_words(context.original_exception).get("C", "").startswith("57P"):
                context.is_disconnect = True

    def _is_there(self) -> bool:
        return True

    def _read(self, part: Part, query: "Select[Any]") -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            found = self._read_with(connection, part, query)
        if found is None:
            with self.write(part):
                pass
            with self._engine.connect() as connection:
                found = self._read_with(connection, part, query)
        return found or ()

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            if not wait:
                connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def _let_nobody_else_in(self, connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ONE_AT_A_TIME})"))


def open_database(place: str | Path, data: "Source | None" = None) -> Database:
    """The database of a run; nothing is read or made yet.

    Args:
        place: the run folder (then it is `people/annotations.sqlite` in there), or
            `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`, one database for one data set.
            An address may end in `?sslmode=disable`, `require` (encrypted, to whoever answers) or
            `verify-full` (to that host alone, by the certificates that this computer knows, or
            those in `&sslrootcert=FILE`); without, it is encrypted where the server offers that.
        data: what the run is of. A database at an address then refuses another data set (one of
            another name and another hash), by a `MisplacedError` when it is read or written. None
            asks nothing.

    Raises:
        RunError: another kind of address, or the package pg8000 is not installed.
    """
    if isinstance(place, str) and "://" in place:
        database = _postgresql(_checked(place))
        return database if data is None else _OfData(database, data)
    return _sqlite(Path(place).resolve() / "people" / "annotations.sqlite")


_sqlite = lru_cache(maxsize=64)(_SQLite)
_postgresql = lru_cache(maxsize=16)(_PostgreSQL)


def _checked(address: str) -> URL:
    """The address as SQLAlchemy reads it. Sentences never show it: it may hold a password."""
    scheme = address.partition("://")[0]
    if scheme not in ("postgresql+pg8000", "postgresql", "postgres"):
        raise RunError(
            "annotations are kept in the run folder or at postgresql+pg8000://USER:PASSWORD@HOST/"
            f"DATABASE; received an address that begins with {scheme!r}; give one of the two."
        )
    try:
        url = make_url(address).set(drivername="postgresql+pg8000")
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database or "@" in f"{url.host}{url.database}":
        raise RunError(
            "an address of PostgreSQL is postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE; "
            "the one received cannot be read so; write signs such as @ and / in a password as "
            "%40 and %2F."
        ) from None
    strange = sorted(set(url.query) - set(_WORDS_OF_ADDRESS))
    if strange:
        raise RunError(
            f"after the ? of an address of PostgreSQL stand {', '.join(_WORDS_OF_ADDRESS)} or "
            f"nothing; received {strange[0][:40]!r}; leave it out."
        )
    return url


def _ssl_context(url: URL) -> SSLContext | bool | None:
    """How a connection to this address is encrypted, as pg8000 takes it.

    False is not at all; None, without a mode, as the server likes, to whoever answers.

    Raises:
        RunError: another mode, or a file of certificates that cannot be read or is not asked for.
    """
    mode, file = (url.query.get(name, "") for name in ("sslmode", "sslrootcert"))
    if (mode or "disable") not in _SSL_MODES:
        raise RunError(
            f"sslmode must be one of {', '.join(_SSL_MODES)}; received {str(mode)[:40]!r}; choose "
            "one of them."
        )
    if file and mode != "verify-full":
        raise RunError(
            "sslrootcert says whom to believe, which only sslmode=verify-full asks; received it "
            f"with {f'sslmode={mode}' if mode else 'no sslmode'}; add sslmode=verify-full."
        )
    if mode in ("", "disable"):
        return False if mode else None
    try:
        context = create_default_context(cafile=str(file) if file else None)
    except (OSError, SSLError) as error:
        raise RunError(
            f"sslrootcert must be a file of certificates in PEM format; {str(file)!r} could not be "
            f"read as one ({error.strerror or type(error).__name__}); give another."
        ) from error
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = CERT_NONE
    return context


def _cause(error: Exception) -> str:
    """What went wrong, in one line and without what was being written."""
    original = getattr(error, "orig", None) or error
    told = _postgresql_words(original).get("M") or str(original)
    return (told.splitlines() or [type(original).__name__])[0].rstrip(".")


def _postgresql_words(error: object) -> dict[str, str]:
    """What a PostgreSQL server says of an error: `M` in words, `C` as a code."""
    arguments = getattr(error, "args", ())
    return arguments[0] if arguments and isinstance(arguments[0], dict) else {}
