"""Who may open the app by a link: invitations, and the sessions that they start.

A link contains a token. Each use of it starts a new session with a new secret. Only hashes of
tokens and secrets are stored, in the annotation database, so links and sessions survive a restart.
Each annotation has the name of its annotator.

A run folder may come from somebody else, and what comes with it gives nobody rights. So each
invitation in a run folder is sealed with the key of this user on this computer, for this folder,
and so is each session. Without its seal, an invitation is off until the owner confirms it. A
database at an address needs no seals: whoever gives the address and its password trusts it.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from secrets import token_urlsafe
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, Any
from unicodedata import normalize

from sqlalchemy import (
    ColumnElement,
    Connection,
    DateTime,
    Row,
    RowMapping,
    Select,
    String,
    column,
    delete,
    insert,
    null,
    select,
    table,
    update,
)

from hardex.data.names import is_storable
from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.database import Database
from hardex.people.machine_key import sealed
from hardex.people.names import (
    NAME_MOST,
    is_readable,
    look_alike,
    looks_like_owner,
    mixed_scripts,
)
from hardex.people.opening import open_database
from hardex.people.tables import INVITATIONS

if TYPE_CHECKING:
    from hardex.runs.manifest import Source

ROLES = ("owner", "annotator", "viewer")
OF_RUNS = ("annotator", "viewer")  # the roles that invitations of a run may have

EXPIRES = timedelta(days=7)  # the default for an invitation
IDLE = timedelta(hours=12)  # a session that is not used for so long ends
LASTS = timedelta(days=7)  # every session ends after this

_EXPIRES_MOST = timedelta(days=3650)
_SESSIONS_MOST = 50  # of one link at once; one more ends the least recently used one
_SEEN_EVERY = timedelta(minutes=5)  # how often the last use of a session is stored
_CLOCKS_DIFFER = timedelta(hours=1)  # of servers, or of one before and after it was set
_CACHE_SECONDS = 1.0  # how long a session is cached
_CACHED_MOST = 10_000  # sessions

_TOKEN = re.compile(r"([A-Za-z0-9_-]{8})\.([A-Za-z0-9_-]{43})")
_SESSION = re.compile(r"[A-Za-z0-9_-]{43}")


@dataclass(frozen=True)
class Visitor:
    """Who uses the app.

    Attributes:
        name: of the person, or `owner`.
        role: `owner`; `annotator`, who judges examples; or `viewer`, who only reads.
    """

    name: str
    role: str


OWNER = Visitor("owner", "owner")


@dataclass(frozen=True)
class Invitation:
    """A link for one person; times are UTC.

    Attributes:
        name: of the person.
        role: `owner`, `annotator` or `viewer`.
        created: when it was created.
        expires: when it expires; None for never.
        revoked: when it was revoked; None if it was not.
        token_id: the public part of its token, which differs between links of the same name.
        confirmed: whether it was made, or confirmed, by this user on this computer for this run.
    """

    name: str
    role: str
    created: datetime
    expires: datetime | None
    revoked: datetime | None
    token_id: str
    confirmed: bool = True

    def state(self, now: datetime) -> str:
        """Its state at a time: `open`, `unconfirmed`, `expired` or `revoked`."""
        if self.revoked is not None:
            return "revoked"
        if self.expires is not None and self.expires <= now:
            return "expired"
        return "open" if self.confirmed else "unconfirmed"


_INVITATIONS = table(
    "invitations",
    *(column(name, String()) for name in ("token_id", "secret_hash", "name", "role")),
    *(column(name, DateTime()) for name in ("created", "expires", "revoked")),
    column("seal", String()),
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

    def __init__(
        self,
        database: Database,
        *,
        roles: Collection[str] = OF_RUNS,
        clock: Callable[[], datetime] = _now,
    ) -> None:
        self._database, self._clock = database, clock
        self._roles = frozenset(roles)
        self._cache: OrderedDict[str, tuple[float, Visitor | None]] = OrderedDict()
        self._lock, self._changes = Lock(), 0

    @classmethod
    def open(
        cls,
        place: str | Path,
        data: "Source | None" = None,
        *,
        roles: Collection[str] = OF_RUNS,
        clock: Callable[[], datetime] = _now,
    ) -> "Access":
        """The access to a run; opening or reading creates nothing.

        Args:
            place: the run folder, or `postgresql+pg8000://USER:PASSWORD@HOST:PORT/DATABASE`.
            data: the data set of the run; a database at an address refuses any other.
            roles: the roles that it gives to anybody, whatever the database says. An app gives the
                owner's by a database of its own, which is in no run.
            clock: returns the time, UTC without a zone.

        Raises:
            RunError: another kind of address.
        """
        return cls(open_database(place, data), roles=roles, clock=clock)

    def close(self) -> None:
        """Close the open connections; the next call opens new ones."""
        self._database.close()

    # ------------------------------------------------------------------ inviting

    def invite(
        self, name: str, *, role: str = "annotator", expires: timedelta | None = EXPIRES
    ) -> str:
        """Create a link for a person.

        Args:
            name: of the person, 1..80 printable characters, each word in one script; a person may
                have several links. Names that look alike are for one person only.
            role: one of the roles that this access gives. Only the owner is called `owner`.
            expires: when it expires, up to ten years from now; None for never.

        Returns:
            The token, `ID.SECRET`. It is not stored and cannot be shown again.

        Raises:
            AccessError: the name, role or time is not allowed.
            RunError: the database cannot be written.
        """
        name = checked_name(name, role)
        if role not in self._roles:
            raise AccessError(
                f"a link to a run is for an annotator or a viewer; received the role {role!r}; the "
                "app itself prints the link of its owner."
            )
        if expires is not None and not timedelta(0) < expires <= _EXPIRES_MOST:
            raise AccessError(
                f"an invitation must expire within {_EXPIRES_MOST.days:,} days; received "
                f"{expires}; choose a shorter time."
            )
        now, token_id, secret = self._clock(), token_urlsafe(6), token_urlsafe(32)
        values = {
            "token_id": token_id,
            "secret_hash": hashed(secret),
            "name": name,
            "role": role,
            "created": now,
            "expires": None if expires is None else now + expires,
        }
        seal = self._seal_of(values)  # before the transaction: it may create the key
        with self._database.write(INVITATIONS) as connection:
            _check_differs(name, connection)
            connection.execute(insert(_INVITATIONS).values(**values, seal=seal))
        return f"{token_id}.{secret}"

    def confirm(self, name: str) -> int:
        """Confirm all open invitations of a person that are off.

        Whoever made them has their links, so confirm only what you made yourself, elsewhere.

        Args:
            name: the invited name.

        Returns:
            How many were confirmed.

        Raises:
            AccessError: nobody may be invited by this name.
            RunError: the database cannot be written.
        """
        name, now = checked_name(name, "annotator"), self._clock()
        if not self.invitations():
            return 0
        at, count = _INVITATIONS.c, 0
        with self._database.write(INVITATIONS) as connection:
            found = connection.execute(
                select(*at).where(at.name == name, at.role.in_(OF_RUNS), at.revoked.is_(None))
            ).all()
            for row in found:
                is_over = row.expires is not None and row.expires <= now
                if not is_over and _is_whole(row) and not self._is_sealed(row):
                    seal = self._seal_of(row._mapping)
                    of_row = at.token_id == row.token_id
                    connection.execute(update(_INVITATIONS).where(of_row).values(seal=seal))
                    count += 1
            if count:
                _check_differs(name, connection)
        self._clear_cache()
        return count

    def revoke(self, name: str) -> int:
        """Revoke all links of a person, also those that are off, and end their sessions.

        Args:
            name: the invited name.

        Returns:
            How many links were revoked; 0 if there were none, or all were revoked before.

        Raises:
            RunError: the database cannot be written.
        """
        now = self._clock()
        is_text = isinstance(name, str) and is_storable(name)
        if not (is_text and self.invitations()):
            return 0
        with self._database.write(INVITATIONS) as connection:
            revoked = connection.execute(
                update(_INVITATIONS)
                .where(_INVITATIONS.c.name.in_({name, normalize("NFC", name)}))
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
        at = _INVITATIONS.c
        rows = self._rows(lambda query: query.order_by(at.created, at.token_id))
        return [
            Invitation(
                name=_as_text(row.name),
                role=_as_text(row.role),
                created=row.created or datetime.min,
                expires=row.expires,
                revoked=row.revoked,
                token_id=_as_text(row.token_id),
                confirmed=self._is_valid(row),
            )
            for row in rows
        ]

    def _rows(self, chosen: "Callable[[Select[Any]], Select[Any]]") -> "list[Row[Any]]":
        """Some of the invitations; those of version 1 have no seals."""

        def query(version: int) -> "Select[Any]":
            return chosen(select(*_columns(version)))

        return list(self._database.read(INVITATIONS, query))

    # ------------------------------------------------------------------ seals

    def _seal_of(self, values: "Mapping[str, Any] | RowMapping") -> str | None:
        """The seal of an invitation with these values; None if the database needs none."""
        if not self._database.run:
            return None
        times = (values[name] for name in ("created", "expires"))
        return sealed(
            "invitation",
            self._database.run,
            *(values[name] for name in ("token_id", "secret_hash", "name", "role")),
            *(None if time is None else time.isoformat() for time in times),
        )

    def _is_sealed(self, row: "Row[Any]") -> bool:
        return not self._database.run or _is_same(row.seal, self._seal_of(row._mapping))

    def _is_valid(self, row: "Row[Any]") -> bool:
        """Whether an invitation gives its role: it is whole, sealed, and nobody else's."""
        if not (_is_whole(row) and row.role in self._roles and self._is_sealed(row)):
            return False
        try:
            return checked_name(row.name, row.role) == str(row.name)
        except AccessError:
            return False

    def _session_key(self, session: str) -> str:
        """How what is stored of a session begins."""
        if not self._database.run:
            return hashed(session)
        return sealed("session", self._database.run, session)

    def _stored_session(self, session: str, token_id: str, entered: datetime) -> str:
        """What is stored of a session, so that it belongs to one invitation and one beginning."""
        key = self._session_key(session)
        if not self._database.run:
            return key
        began = entered.isoformat(timespec="microseconds")
        return f"{key}.{sealed('entered', self._database.run, session, token_id, began)}"

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
            LinkOverError: its link has expired, was revoked, or must be confirmed.
            RunError: the database cannot be read or written.
        """
        found = _TOKEN.fullmatch(token) if isinstance(token, str) else None
        token_id, secret = found.groups() if found else ("", "")
        rows = self._rows(lambda query: query.where(_INVITATIONS.c.token_id == token_id).limit(1))
        # An unknown token is compared, too, so that it takes as long as a wrong one.
        is_right = _is_same(rows[0].secret_hash if rows else hashed(""), hashed(secret))
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
        if not self._is_valid(invitation):
            raise LinkOverError(
                "this link must be confirmed by the owner, as it was made elsewhere; ask for that "
                "or for a new one."
            )
        session = token_urlsafe(32)
        stored = self._stored_session(session, token_id, now)
        with self._database.write(INVITATIONS) as connection:
            _make_room(connection, token_id, now)
            connection.execute(
                insert(_SESSIONS).values(
                    session_hash=stored, token_id=token_id, entered=now, seen=now
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
            cached, changes = self._cached(key), self._changes
        if cached is not None:
            return cached[1]
        read_at = monotonic()
        found = self._visitor(session)
        with self._lock:
            if changes == self._changes:  # no session ended while the database was read
                self._cache[key] = (read_at, found)
                self._cache.move_to_end(key)
                if len(self._cache) > _CACHED_MOST:
                    self._cache.popitem(last=False)
        return found

    def known(self, session: str) -> Visitor | None:
        """The visitor of a session that was read within the last second; reads nothing.

        None if there is none, or if it is not known: then `visitor` tells.
        """
        with self._lock:
            cached = self._cached(hashed(session))
        return None if cached is None else cached[1]

    def _cached(self, key: str) -> tuple[float, Visitor | None] | None:
        found = self._cache.get(key)
        return found if found and monotonic() - found[0] < _CACHE_SECONDS else None

    def _visitor(self, session: str) -> Visitor | None:
        def query(version: int) -> "Select[Any]":
            of_session = (one for one in _SESSIONS.c if one.name != "token_id")
            return (
                select(*of_session, *_columns(version))
                .join_from(_SESSIONS, _INVITATIONS, _SESSIONS.c.token_id == _INVITATIONS.c.token_id)
                .where(self._is_session(session))
                .limit(1)
            )

        rows = self._database.read(INVITATIONS, query)
        if not rows or not (_is_whole(rows[0]) and isinstance(rows[0].entered, datetime)):
            return None
        (row,) = rows
        stored = self._stored_session(session, row.token_id, row.entered)
        now = self._clock()
        has_ended = (
            not _is_same(row.session_hash, stored)
            or row.ended is not None
            or row.revoked is not None
            or (row.expires is not None and row.expires <= now)
            or None in (row.entered, row.seen)
            or not now - IDLE < row.seen < now + _CLOCKS_DIFFER
            or not now - LASTS < row.entered < now + _CLOCKS_DIFFER
            or not self._is_valid(row)
        )
        if has_ended:
            return None
        if row.seen + _SEEN_EVERY <= now:
            self._touch(stored, now)
        return Visitor(row.name, row.role)

    def _is_session(self, session: str) -> "ColumnElement[bool]":
        """The condition for the row of a session."""
        return _SESSIONS.c.session_hash.startswith(self._session_key(session), autoescape=True)

    def _touch(self, stored: str, now: datetime) -> None:
        """Store that the session is in use; if the database is busy, the next use will do."""
        try:
            with self._database.write(INVITATIONS, wait=False) as connection:
                connection.execute(
                    update(_SESSIONS).where(_SESSIONS.c.session_hash == stored).values(seen=now)
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
        with self._database.write(INVITATIONS) as connection:
            connection.execute(delete(_SESSIONS).where(self._is_session(session)))
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


def _columns(version: int) -> "list[ColumnElement[Any]]":
    """The columns of an invitation; those of version 1 have no seal."""
    *others, seal = _INVITATIONS.c
    return [*others, seal if version > 1 else null().label(seal.name)]


def _is_whole(row: "Row[Any]") -> bool:
    """Whether each value of an invitation has its type: in an SQLite file it may be any."""
    return (
        all(isinstance(getattr(row, name), str) for name in _TEXTS)
        and isinstance(row.created, datetime)
        and isinstance(row.expires, datetime | None)
    )


_TEXTS = ("token_id", "secret_hash", "name", "role")


def _is_same(stored: object, expected: str | None) -> bool:
    """Whether a stored hash is the expected one, in constant time."""
    return (
        isinstance(stored, str)
        and stored.isascii()
        and expected is not None
        and compare_digest(stored, expected)
    )


def _as_text(value: object) -> str:
    return value if isinstance(value, str) else ascii(value)


def _check_differs(name: str, connection: Connection) -> None:
    """Refuse a name that could be taken for one that was invited before, or written as no name is.

    Raises:
        AccessError: it could.
    """
    scripts = mixed_scripts(name)
    if scripts:
        raise AccessError(
            f"each word of a name must be written in one script; {name!a} mixes "
            f"{' and '.join(scripts)}, so it could look like another name; choose another."
        )
    at = _INVITATIONS.c
    names = connection.execute(select(at.name).where(at.revoked.is_(None)).distinct()).scalars()
    for other in names:
        if isinstance(other, str) and other != name and look_alike(name, other):
            raise AccessError(
                f"a name must not look like another one; {name!a} looks like {other!a}, "
                "who was invited before; choose another, or revoke that one first."
            )


def checked_name(name: str, role: str) -> str:
    """A name in the spelling in which it is stored.

    Raises:
        AccessError: the name or role is not allowed.
    """
    if role not in ROLES:
        raise AccessError(
            f"a role must be one of {', '.join(ROLES)}; received {role!r}; choose one of them."
        )
    if not is_readable(name):
        raise AccessError(
            f"a name must have 1 to {NAME_MOST} printable characters, without spaces around it; "
            f"received {ascii(name)[:80]}; choose another."
        )
    is_owner = looks_like_owner(name)
    if is_owner != (role == OWNER.role) or (is_owner and name != OWNER.name):
        raise AccessError(
            f"only the owner is called {OWNER.name!r}; received {name!r} as {role}; choose another."
        )
    return normalize("NFC", name)


def hashed(secret: str) -> str:
    """The SHA-256 of a secret, in hex: it has 256 random bits, so a fast hash is enough."""
    return sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
