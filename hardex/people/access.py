"""Who may open the app by a link: invitations, and the sessions they begin.

A link holds a token. Who shows it once gets a session of their own, with a new secret. Of both
secrets only their SHA-256 is stored, in the database of the annotations, so that links and
sessions outlive the server. The names of annotators stand in everything they say.
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

EXPIRES = timedelta(days=7)  # of an invitation, unless it is said otherwise
IDLE = timedelta(hours=12)  # a session that nobody uses for so long ends
LASTS = timedelta(days=7)  # a session ends then in any case

_EXPIRES_MOST = timedelta(days=3650)
_SESSIONS_MOST = 50  # of one link at once; one more ends the one that was used longest ago
_SEEN_EVERY = timedelta(minutes=5)  # how often the last use of a session is written down
_TRUSTED_SECONDS = 1.0  # for so long what was read of a session holds
_TRUSTED_MOST = 10_000  # sessions

_TOKEN = re.compile(r"([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{43})")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Visitor:
    """Who asks.

    Attributes:
        name: of the annotator, or `owner`.
        role: `owner` or `annotator`.
    """

    name: str
    role: str


OWNER = Visitor("owner", "owner")


@dataclass(frozen=True)
class Invitation:
    """A link that was made for somebody; times are UTC.

    Attributes:
        name: who is let in.
        role: as what: `owner` or `annotator`.
        created: when it was made.
        expires: until when it lets somebody in; None for ever.
        revoked: when it was taken back; None while it was not.
        token_id: the public part of its token, which tells it from others of the same name.
    """

    name: str
    role: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    token_id: str

    def state(self, now: datetime) -> str:
        """`open`, `expired` or `revoked`: whether it lets somebody in at this time."""
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
    """The invitations and sessions of one run, to be used by any number of threads at once.

    A database at an address may serve several runs of one data set: then they hold for all of
    them, and a link that is taken back opens none of them any more.

    A session ends after 12 hours in which nobody used it, after 7 days, with its invitation, when
    its visitor leaves, or when its link opens the fiftieth after it. What ended in another process
    is seen here within a second.

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
        self._trusted: OrderedDict[str, tuple[float, Visitor | None]] = OrderedDict()
        self._lock, self._changes = Lock(), 0

    @classmethod
    def open(
        cls,
        place: str | Path,
        data: "Source | None" = None,
        *,
        clock: Callable[[], datetime] = _now,
    ) -> "Access":
        """Who may open a run; nothing is made by opening or reading.

        Args:
            place: the run folder, or `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`.
            data: what the run is of, so that a database at an address refuses another data set.
            clock: tells the time, UTC without a zone.

        Raises:
            RunError: another kind of address.
        """
        return cls(open_database(place, data), clock)

    def close(self) -> None:
        """End the connections that are kept; who asks again opens new ones."""
        self._database.close()

    # ------------------------------------------------------------------ inviting

    def invite(
        self, name: str, *, role: str = "annotator", expires: timedelta | None = EXPIRES
    ) -> str:
        """Make a link for somebody.

        Args:
            name: who is let in, 1..80 printable characters; somebody may have several links.
            role: as what: `owner` or `annotator`. Only the owner is called `owner`.
            expires: for how long it lets somebody in, up to ten years; None for ever.

        Returns:
            The token, `ID.SECRET`. It is not stored and cannot be shown again.

        Raises:
            AccessError: another role, time or kind of name.
            RunError: the database cannot be written.
        """
        name = checked_name(name, role)
        if expires is not None and not timedelta(0) < expires <= _EXPIRES_MOST:
            raise AccessError(
                f"an invitation lasts up to {_EXPIRES_MOST.days:,} days; received {expires}; "
                "choose a time within them."
            )
        now, token_id, secret = self._clock(), token_urlsafe(6), token_urlsafe(32)
        with self._database.write(_PART) as connection:
            connection.execute(
                insert(_INVITATIONS).values(
                    token_id=token_id,
                    secret_hash=_hashed(secret),
                    name=name,
                    role=role,
                    created=now,
                    expires=None if expires is None else now + expires,
                )
            )
        return f"{token_id}.{secret}"

    def revoke(self, name: str) -> int:
        """Take back all links of somebody, and end their sessions.

        Args:
            name: as it was invited.

        Returns:
            How many links were taken back: 0 if there were none, or none any more.

        Raises:
            RunError: the database cannot be written.
        """
        now = self._clock()
        if not (_is_printable(name) and self.invitations()):
            return 0
        with self._database.write(_PART) as connection:
            taken_back = connection.execute(
                update(_INVITATIONS)
                .where(_INVITATIONS.c.name == normalize("NFC", name))
                .where(_INVITATIONS.c.revoked.is_(None))
                .values(revoked=now)
            )
            count = int(taken_back.rowcount)
        self._forget()
        return count

    def invitations(self) -> list[Invitation]:
        """All links that were made, also those that are over, in order of time.

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
        """Begin a session.

        Args:
            token: of a link.

        Returns:
            The secret of the session, 43 characters that stand well in a cookie. It is a new one
            each time, and nothing that a visitor brings along becomes one.

        Raises:
            AccessError: the token is of no link (the same words whether it is unknown or wrong).
            LinkOverError: it is of one that expired or was revoked.
            RunError: the database cannot be read or written.
        """
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        token_id, secret = found.groups() if found else ("", "")
        query = select(_INVITATIONS).where(_INVITATIONS.c.token_id == token_id)
        rows = self._database.read(_PART, query)
        # Unknown or wrong, it is compared all the same, and takes as long.
        right = compare_digest(rows[0].secret_hash if rows else _hashed(""), _hashed(secret))
        if not (right and rows and found):
            raise AccessError(
                "a link must be whole to let you in, and this one is of no invitation; copy all of "
                "it, or ask for a new one."
            )
        (invitation,) = rows
        now = self._clock()
        if invitation.revoked is not None:
            raise LinkOverError("this link was taken back and lets nobody in; ask for a new one.")
        if invitation.expires is not None and invitation.expires <= now:
            raise LinkOverError("this link has expired and lets nobody in; ask for a new one.")
        session = token_urlsafe(32)
        with self._database.write(_PART) as connection:
            _make_room(connection, token_id, now)
            connection.execute(
                insert(_SESSIONS).values(
                    session_hash=_hashed(session), token_id=token_id, entered=now, seen=now
                )
            )
        return session

    def visitor(self, session: str) -> Visitor | None:
        """Whose session it is; None when it is unknown or over.

        The database is asked at most once a second and session.

        Args:
            session: the secret of the session, as `enter` gave it.

        Raises:
            RunError: the database cannot be read.
        """
        if not isinstance(session, str) or not _SESSION.fullmatch(session):
            return None
        key = _hashed(session)
        with self._lock:
            trusted, changes = self._trusted.get(key), self._changes
        if trusted and monotonic() - trusted[0] < _TRUSTED_SECONDS:
            return trusted[1]
        asked = monotonic()
        found = self._visitor(key)
        with self._lock:
            if changes == self._changes:  # nothing ended while the database was asked
                self._trusted[key] = (asked, found)
                self._trusted.move_to_end(key)
                if len(self._trusted) > _TRUSTED_MOST:
                    self._trusted.popitem(last=False)
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
        over = (
            row.ended is not None
            or row.revoked is not None
            or (row.expires is not None and row.expires <= now)
            or row.seen + IDLE <= now
            or row.entered + LASTS <= now
        )
        if over:
            return None
        if row.seen + _SEEN_EVERY <= now:
            self._see(key, now)
        return Visitor(row.name, row.role)

    def _see(self, key: str, now: datetime) -> None:
        """Write down that the session is used. Nobody waits for that: there is a next time."""
        try:
            with self._database.write(_PART, wait=False) as connection:
                connection.execute(
                    update(_SESSIONS).where(_SESSIONS.c.session_hash == key).values(seen=now)
                )
        except HardexError:
            pass

    def leave(self, session: str) -> None:
        """End a session; one that is unknown or over stays so.

        Raises:
            RunError: the database cannot be written.
        """
        if self.visitor(session) is None:
            return
        with self._database.write(_PART) as connection:
            connection.execute(
                update(_SESSIONS)
                .where(_SESSIONS.c.session_hash == _hashed(session))
                .values(ended=self._clock())
            )
        self._forget()

    def _forget(self) -> None:
        with self._lock:
            self._changes += 1
            self._trusted.clear()


def _make_room(connection: Connection, token_id: str, now: datetime) -> None:
    """Delete the sessions that are over, and of this link those that are too many."""
    at = _SESSIONS.c
    over = at.ended.is_not(None) | (at.seen <= now - IDLE) | (at.entered <= now - LASTS)
    connection.execute(delete(_SESSIONS).where(over))
    latest_first = (at.seen.desc(), at.entered.desc(), at.session_hash)
    open_now = connection.execute(
        select(at.session_hash).where(at.token_id == token_id).order_by(*latest_first)
    ).scalars()
    too_many = open_now.all()[_SESSIONS_MOST - 1 :]
    if too_many:
        connection.execute(delete(_SESSIONS).where(at.session_hash.in_(too_many)))


_OF_INVITATION = ("name", "role", "expires", "revoked")


def checked_name(name: str, role: str) -> str:
    """The name, in the one spelling in which it is stored.

    Raises:
        AccessError: another role or kind of name.
    """
    if role not in ROLES:
        raise AccessError(
            f"a role must be one of {', '.join(ROLES)}; received {role!r}; choose one of them."
        )
    if not _is_printable(name):
        raise AccessError(
            f"a name must have 1 to {NAME_MOST} printable characters, none of them a space at its "
            f"ends; received {ascii(name)[:80]}; choose another."
        )
    named_so = normalize("NFKC", name).casefold() == OWNER.name  # or so that it looks the same
    if named_so != (role == OWNER.role) or (named_so and name != OWNER.name):
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


def _hashed(secret: str) -> str:
    """256 random bits need no slow hash."""
    return sha256(secret.encode()).hexdigest()


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
