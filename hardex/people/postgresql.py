"""Annotations on a PostgreSQL server."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from logging import CRITICAL, getLogger
from ssl import CERT_NONE, SSLContext, SSLError, create_default_context
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    ExceptionContext,
    Row,
    create_engine,
    event,
    make_url,
    text,
)
from sqlalchemy.exc import ArgumentError

from hardex.errors import MisplacedError, RunError
from hardex.people.database import WAIT_SECONDS, Database, Part, Query, server_error

_CONNECTIONS_MOST = 20  # from one process to one server
_RECYCLE_SECONDS = 1800
_LOCK_NUMBER = 4_207_849_484  # for PostgreSQL's advisory lock; any number will do
_SSL_MODES = ("disable", "require", "verify-full")
_QUERY_NAMES = ("sslmode", "sslrootcert", "unix_sock")


class PostgreSQL(Database):
    """A server. Connections are pooled, and renewed when the server was restarted."""

    _read_advice = "check that the server runs, can be reached and accepts you, and try again"
    _write_advice = _read_advice

    def __init__(self, url: URL, wait_seconds: float = WAIT_SECONDS) -> None:
        self.where = url.set(query={}).render_as_string(hide_password=True)
        ssl_context = ssl_context_of(url)
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
                pool_recycle=_RECYCLE_SECONDS,
                hide_parameters=True,
                pool_logging_name="hardex",
            )
        except ImportError as error:
            raise RunError(
                "annotations in PostgreSQL need the package pg8000; it is not installed; run "
                "`pip install 'hardex[postgres]'`."
            ) from error
        self._close_at_exit()
        # After a restart of the server, each broken connection fails again when it is discarded,
        # and SQLAlchemy logs a traceback. The caller gets an error anyway.
        getLogger("sqlalchemy.pool.impl.QueuePool.hardex").setLevel(CRITICAL)

        @event.listens_for(self._engine, "connect")
        def flush_every_commit(connection: Any, record: object) -> None:
            cursor = connection.cursor()
            cursor.execute(
                "SELECT set_config('synchronous_commit', 'on', false) "
                "WHERE current_setting('synchronous_commit') = 'off'"
            )
            cursor.execute("SHOW server_encoding")
            (encoding,) = cursor.fetchone()
            connection.commit()
            if encoding != "UTF8":
                raise MisplacedError(
                    f"an annotation database must have the encoding UTF8; {self.where} has "
                    f"{encoding}, which lacks most characters; create another database."
                )

        @event.listens_for(self._engine, "handle_error")
        def recognise_shutdown(context: ExceptionContext) -> None:
            # Class 57P: the server is shutting down, has crashed, or is starting.
            if server_error(context.original_exception).get("C", "").startswith("57P"):
                context.is_disconnect = True

    def _exists(self) -> bool:
        return True

    def _read(self, part: Part, query: Query) -> Sequence[Row[Any]]:
        with self._engine.connect() as connection:
            return self._read_with(connection, part, query)

    @contextmanager
    def _writing(self, wait: bool) -> Iterator[Connection]:
        with self._engine.connect() as connection, connection.begin():
            if not wait:
                connection.execute(text("SET LOCAL lock_timeout = '100ms'"))
            yield connection

    def close(self) -> None:
        self._engine.dispose()

    def _lock_tables(self, connection: Connection) -> None:
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK_NUMBER})"))


def url_of(address: str) -> URL:
    """The address as SQLAlchemy reads it.

    Raises:
        RunError: it is malformed. The message never shows it, as it may hold a password.
    """
    scheme = address.partition("://")[0]
    if scheme not in ("postgresql+pg8000", "postgresql", "postgres"):
        raise RunError(
            "annotations are stored in the run folder or at postgresql+pg8000://USER:PASSWORD@HOST/"
            f"DATABASE; received an address that begins with {scheme!r}; use one of the two."
        )
    try:
        url = make_url(address).set(drivername="postgresql+pg8000")
    except (ArgumentError, ValueError):
        url = None
    if url is None or not url.database or "@" in f"{url.host}{url.database}":
        raise RunError(
            "a PostgreSQL address must be postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE; "
            "the one received is not; write characters such as @ and / in a password as %40 and "
            "%2F."
        ) from None
    unknown = sorted(set(url.query) - set(_QUERY_NAMES))
    if unknown:
        raise RunError(
            f"the query of a PostgreSQL address may have {', '.join(_QUERY_NAMES)}; received "
            f"{unknown[0][:40]!r}; leave it out."
        )
    return url


def ssl_context_of(url: URL) -> SSLContext | bool | None:
    """How a connection to this address is encrypted, as an argument of pg8000.

    False does not encrypt. None, without a mode, encrypts if the server offers it, and checks no
    certificate.

    Raises:
        RunError: an unknown mode, or a certificate file that cannot be read or is not needed.
    """
    mode, file = (url.query.get(name, "") for name in ("sslmode", "sslrootcert"))
    if (mode or "disable") not in _SSL_MODES:
        raise RunError(
            f"sslmode must be one of {', '.join(_SSL_MODES)}; received {str(mode)[:40]!r}; choose "
            "one of them."
        )
    if file and mode != "verify-full":
        raise RunError(
            "sslrootcert names trusted certificates, which only sslmode=verify-full uses; received "
            f"it with {f'sslmode={mode}' if mode else 'no sslmode'}; add sslmode=verify-full."
        )
    if mode in ("", "disable"):
        return False if mode else None
    try:
        context = create_default_context(cafile=str(file) if file else None)
    except (OSError, SSLError) as error:
        raise RunError(
            f"sslrootcert must be a certificate file in PEM format; {str(file)!r} could not be "
            f"read as one ({error.strerror or type(error).__name__}); choose another."
        ) from error
    if mode == "require":
        context.check_hostname = False
        context.verify_mode = CERT_NONE
    return context
