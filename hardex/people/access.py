"""Who may open the app by a link: invitations, and the sessions that they start.

A link contains a token. Each use of it starts a new session with a new secret. Only the SHA-256 of
tokens and secrets is stored, in the annotation database, so links and sessions survive a restart.
Each annotation has the name of its annotator.
"""

import re
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING
from unicodedata import normalize

from sqlalchemy import (
    Connection,
    DateTime,
    String,
    column,
    delete,
    insert,
    select,
    table,
    text,
    update,
)

from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.database import Database, Part
from hardex.people.opening import open_database

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

ROLES = ("owner", "annotator")
NAME_MOST = 80  # characters

EXPIRES = timedelta(days=7)  # the default for an invitation
IDLE = timedelta(hours=12)  # a session that is not used for so long ends
LASTS = timedelta(days=7)  # every session ends after this

_EXPIRES_MOST = timedelta(days=3650)
_SESSIONS_MOST = 50  # of one link at once; one more ends the least recently used one
_SEEN_EVERY = timedelta(minutes=5)  # how often the last use of a session is stored
_CACHE_SECONDS = 1.0  # how long a session is cached
_CACHED_MOST = 10_000  # sessions

_TOKEN = re.compile(r"([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{43})")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Visitor:
    """Who uses the app.

    Attributes:
        name: of the annotator, or `owner`.
        role: `owner` or `annotator`.
    """

    name: str
    role: str


OWNER = Visitor("owner", "owner")


@dataclass(frozen=True)
class Invitation:
    """A link for one person; times are UTC.

    Attributes:
        name: of the person.
        role: `owner` or `annotator`.
        created: when it was created.
        expires: when it expires; None for never.
        revoked: when it was revoked; None if it was not.
        token_id: the public part of its token, which differs between links of the same name.
    """

    name: str
    role: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    token_id: str

    def state(self, now: datetime) -> str:
        """Its state at a time: `open`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        return "expired" if self.expires is not None and self.expires <= now else "open"


_INVITATIONS = table(
    "invitations",
    *(column(name, String()) for name in ("token_id", "secret_hash", "name", "role")),
    *(column(name, DateTime()) for name in ("created", "expires", "revoked")),
)
_SESSIONS = table(
    "sessions",
    *(column(name, String()) for name in ("session_hash", "token_id")),
    *(column(name, DateTime()) for name in ("entered", "seen", "ended")),
)


def _now() -> datetime:
    return datetime.now(UTC).replace(tzinfo=None)


class Access:
    """The invitations and sessions of one run; any number of threads may use it at once.

    A database at an address may serve several runs of one data set. Then a link opens all of them,
    and a revoked link opens none.

    A session ends when it has not been used for 12 hours, after 7 days, when its invitation expires
    or is revoked, when its visitor leaves, or when its link has started 50 newer ones. If it ends
    in another process, it ends here within a second.

    Example:
        >>> from tempfile import TemporaryDirectory
        >>> with TemporaryDirectory() as run:
        ...     access = Access.open(run)
        ...     session = access.enter(access.invite("Anna"))
        ...     before = access.visitor(session)
        ...     access.leave(session)
        ...     before, access.visitor(session)
        (Visitor(name='Anna', role='annotator'), None)
    """

    def __init__(self, database: Database, clock: Callable[[], datetime] = _now) -> None:
        self._database, self._clock = database, clock
        self._cache: OrderedDict[str, tuple[float, Visitor | None]] = OrderedDict()
        self._lock, self._changes = Lock(), 0

    @classmethod
    def open(
        cls,
        place: str | Path,
        data: "Source | None" = None,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> "Access":
        """The access to a run; opening or reading creates nothing.

        Args:
            place: the run folder, or `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`.
            data: the data set of the run; a database at an address refuses any other.
            clock: returns the time, UTC without a zone.

        Raises:
            RunError: another kind of address.
        """
        return cls(open_database(place, data), clock)

    def close(self) -> None:
        """Close the open connections; the next call opens new ones."""
        self._database.close()

    # ------------------------------------------------------------------ inviting

    def invite(
        self, name: str, *, role: str = "annotator", expires: timedelta | None = EXPIRES
    ) -> str:
        """Create a link for a person.

        Args:
            name: of the person, 1..80 printable characters; a person may have several links.
            role: `owner` or `annotator`. Only the owner is called `owner`.
            expires: when it expires, up to ten years from now; None for never.

        Returns:
            The token, `ID.SECRET`. It is not stored and cannot be shown again.

        Raises:
            AccessError: the name, role or time is not allowed.
            RunError: the database cannot be written.
        """
        name = checked_name(name, role)
        if expires is not None and not timedelta(0) < expires <= _EXPIRES_MOST:
            raise AccessError(
                f"an invitation must expire within {_EXPIRES_MOST.days:,} days; received "
                f"{expires}; choose a shorter time."
            )
        now, token_id, secret = self._clock(), token_urlsafe(6), token_urlsafe(32)
        with self._database.write(_PART) as connection:
            connection.execute(
                insert(_INVITATIONS).values(
                    token_id=token_id,
                    secret_hash=hashed(secret),
                    name=name,
                    role=role,
                    created=now,
                    expires=None if expires is None else now + expires,
                )
            )
        return f"{token_id}.{secret}"

    def revoke(self, name: str) -> int:
        """Revoke all links of a person, and end their sessions.

        Args:
            name: the invited name.

        Returns:
            How many links were revoked; 0 if there were none, or all were revoked before.

        Raises:
            RunError: the database cannot be written.
        """
        now = self._clock()
        if not (_is_printable(name) and self.invitations()):
            return 0
        with self._database.write(_PART) as connection:
            revoked = connection.execute(
                update(_INVITATIONS)
                .where(_INVITATIONS.c.name == normalize("NFC", name))
                .where(_INVITATIONS.c.revoked.is_(None))
                .values(revoked=now)
            )
            count = int(revoked.rowcount)
        self._clear_cache()
        return count

    def invitations(self) -> list[Invitation]:
        """All invitations, including expired and revoked ones, in order of time.

        Raises:
            RunError: the database cannot be read.
        """
        names = ("name", "role", "created", "expires", "revoked", "token_id")
        query = select(*(_INVITATIONS.c[name] for name in names)).order_by(
            _INVITATIONS.c.created, _INVITATIONS.c.token_id
        )
        return [Invitation(**row._mapping) for row in self._database.read(_PART, query)]

    # ------------------------------------------------------------------ sessions

    def enter(self, token: str) -> str:
        """Start a session.

        Args:
            token: of a link.

        Returns:
            The secret of the session, 43 characters that are safe in a cookie. It is new each time
            and never one that the visitor sent.

        Raises:
            AccessError: the token is unknown or wrong; the message is the same for both.
            LinkOverError: its link has expired or was revoked.
            RunError: the database cannot be read or written.
        """
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        token_id, secret = found.groups() if found else ("", "")
        query = select(_INVITATIONS).where(_INVITATIONS.c.token_id == token_id)
        rows = self._database.read(_PART, query)
        # An unknown token is compared, too, so that it takes as long as a wrong one.
        is_right = compare_digest(rows[0].secret_hash if rows else hashed(""), hashed(secret))
        if not (is_right and rows and found):
            raise AccessError(
                "a personal link must be complete and valid; this one is not; copy all of it, or "
                "ask for a new one."
            )
        (invitation,) = rows
        now = self._clock()
        if invitation.revoked is not None:
            raise LinkOverError("this link was revoked; ask for a new one.")
        if invitation.expires is not None and invitation.expires <= now:
            raise LinkOverError("this link has expired; ask for a new one.")
        session = token_urlsafe(32)
        with self._database.write(_PART) as connection:
            _make_room(connection, token_id, now)
            connection.execute(
                insert(_SESSIONS).values(
                    session_hash=hashed(session), token_id=token_id, entered=now, seen=now
                )
            )
        return session

    def visitor(self, session: str) -> Visitor | None:
        """The visitor of a session; None if it is unknown or has ended.

        The database is read at most once a second for each session.

        Args:
            session: the secret of the session, from `enter`.

        Raises:
            RunError: the database cannot be read.
        """
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            return None
        key = hashed(session)
        with self._lock:
            cached, changes = self._cache.get(key), self._changes
        if cached and monotonic() - cached[0] < _CACHE_SECONDS:
            return cached[1]
        read_at = monotonic()
        found = self._visitor(key)
        with self._lock:
            if changes == self._changes:  # no session ended while the database was read
                self._cache[key] = (read_at, found)
                self._cache.move_to_end(key)
                if len(self._cache) > _CACHED_MOST:
                    self._cache.popitem(last=False)
        return found

    def _visitor(self, key: str) -> Visitor | None:
        query = (
            select(*_SESSIONS.c, *(_INVITATIONS.c[name] for name in _OF_INVITATION))
            .join_from(_SESSIONS, _INVITATIONS, _SESSIONS.c.token_id == _INVITATIONS.c.token_id)
            .where(_SESSIONS.c.session_hash == key)
        )
        rows = self._database.read(_PART, query)
        if not rows or not compare_digest(rows[0].session_hash, key):
            return None
        (row,) = rows
        now = self._clock()
        has_ended = (
            row.ended is not None
            or row.revoked is not None
            or (row.expires is not None and row.expires <= now)
            or row.seen + IDLE <= now
            or row.entered + LASTS <= now
        )
        if has_ended:
            return None
        if row.seen + _SEEN_EVERY <= now:
            self._touch(key, now)
        return Visitor(row.name, row.role)

    def _touch(self, key: str, now: datetime) -> None:
        """Store that the session is in use; if the database is busy, the next use will do."""
        try:
            with self._database.write(_PART, wait=False) as connection:
                connection.execute(
                    update(_SESSIONS).where(_SESSIONS.c.session_hash == key).values(seen=now)
                )
        except HardexError:
            pass

    def leave(self, session: str) -> None:
        """End a session; does nothing if it is unknown or has ended.

        Raises:
            RunError: the database cannot be written.
        """
        if self.visitor(session) is None:
            return
        with self._database.write(_PART) as connection:
            connection.execute(
                update(_SESSIONS)
                .where(_SESSIONS.c.session_hash == hashed(session))
                .values(ended=self._clock())
            )
        self._clear_cache()

    def _clear_cache(self) -> None:
        with self._lock:
            self._changes += 1
            self._cache.clear()


def _make_room(connection: Connection, token_id: str, now: datetime) -> None:
    """Delete ended sessions, and the oldest ones of this link if there are too many."""
    at = _SESSIONS.c
    has_ended = at.ended.is_not(None) | (at.seen <= now - IDLE) | (at.entered <= now - LASTS)
    connection.execute(delete(_SESSIONS).where(has_ended))
    latest_first = (at.seen.desc(), at.entered.desc(), at.session_hash)
    open_now = connection.execute(
        select(at.session_hash).where(at.token_id == token_id).order_by(*latest_first)
    ).scalars()
    too_many = open_now.all()[_SESSIONS_MOST - 1 :]
    if too_many:
        connection.execute(delete(_SESSIONS).where(at.session_hash.in_(too_many)))


_OF_INVITATION = ("name", "role", "expires", "revoked")


def checked_name(name: str, role: str) -> str:
    """A name in the spelling in which it is stored.

    Raises:
        AccessError: the name or role is not allowed.
    """
    if role not in ROLES:
        raise AccessError(
            f"a role must be one of {', '.join(ROLES)}; received {role!r}; choose one of them."
        )
    if not _is_printable(name):
        raise AccessError(
            f"a name must have 1 to {NAME_MOST} printable characters, without spaces around it; "
            f"received {ascii(name)[:80]}; choose another."
        )
    is_owner = normalize("NFKC", name).casefold() == OWNER.name  # or looks the same
    if is_owner != (role == OWNER.role) or (is_owner and name != OWNER.name):
        raise AccessError(
            f"only the owner is called {OWNER.name!r}; received {name!r} as {role}; choose another."
        )
    return normalize("NFC", name)


def _is_printable(name: object) -> bool:
    return (
        isinstance(name, str)
        and 1 <= len(name) <= NAME_MOST
        and name.isprintable()
        and name == name.strip()
    )


def hashed(secret: str) -> str:
    """The SHA-256 of a secret, in hex: it has 256 random bits, so a fast hash is enough."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _create(connection: Connection) -> None:
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


_PART = Part("invitation", "invitations", 1, _create)
