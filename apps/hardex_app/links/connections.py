"""The open connections of the server: how many there may be, and how long each may be silent.

Uvicorn has no limits of its own for a connection that sends nothing, sends its headers letter by
letter, or does not read its answer. Anybody can open such connections without a token, and too many
would lock everybody out: a process may only have so many open files.
"""

import asyncio
import logging
from collections.abc import Callable, Collection
from time import monotonic
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

_LOG = logging.getLogger("hardex")

HEADER_SECONDS = 10.0  # from the first byte of a request, or from the opening, to its last header
IDLE_SECONDS = 60  # between two requests
STALLED_SECONDS = 30.0  # without reading anything of an answer
_MOST, _FILES_UNKNOWN = 1_000, 500
_RESERVED = 128  # open files for everything else: databases, images, the model, a tunnel


def connections_most() -> int:
    """How many connections there may be, so that files can still be opened.

    Example:
        >>> 1 <= connections_most() <= 1_000
        True
    """
    try:
        from resource import RLIMIT_NOFILE, getrlimit
    except ImportError:  # Windows
        return _FILES_UNKNOWN
    files = getrlimit(RLIMIT_NOFILE)[0]
    return max(1, min(_MOST, max(files - _RESERVED, files // 2)))


class Connections:
    """Limits for all connections of one server.

    When there are too many, the one whose client has let it wait for longest is closed for the new
    one: first those that never sent a request, last those with a request in work. So clients that
    are silent or slow cannot keep out somebody who asks. One source may have half of them, unless
    it is a proxy, which speaks for many.

    Attributes:
        most: how many there may be.
    """

    def __init__(
        self,
        most: int,
        *,
        proxies: Collection[str] = (),
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """
        Args:
            most: how many there may be.
            proxies: sources that speak for many visitors.
            clock: seconds that never go back.
        """
        self.most = most
        self._proxies, self._clock = frozenset(proxies), clock
        self._open: dict[Connection, None] = {}  # in order of their opening

    def now(self) -> float:
        """The time, in seconds."""
        return self._clock()

    def add(self, new: "Connection") -> bool:
        """Count a new connection, and close a slow one for it; False if there is no room."""
        own = [one for one in self._open if one.source == new.source]
        crowd: Collection[Connection] = tuple(self._open) if len(self._open) >= self.most else ()
        if new.source not in self._proxies and len(own) >= max(1, self.most // 2):
            crowd = own
        if crowd:
            slow = [one for one in crowd if one.waits_for_client]
            if not slow:
                return False
            oldest = min(slow, key=lambda one: (not one.is_idle, one.has_asked, one.since))
            self.remove(oldest)
            oldest.drop()
        self._open[new] = None
        return True

    def remove(self, one: "Connection") -> None:
        """A connection was closed."""
        self._open.pop(one, None)

    def sweep(self) -> None:
        """Close the connections that are too slow."""
        for one in tuple(self._open):
            if one.is_too_slow():
                self.remove(one)
                one.drop()


class Connection(H11Protocol):
    """One connection of uvicorn with a deadline for whatever its client has to do.

    Attributes:
        source: the address of its client, as the operating system sees it.
        since: when it last began to wait for a request, or when the one in work began.
        has_asked: whether it ever sent a whole request.
    """

    def __init__(self, *, limits: Connections, **options: Any) -> None:
        super().__init__(**options)
        self._limits = limits
        self.source, self.since, self.has_asked = "", limits.now(), False
        self._began: float | None = None  # when the headers of a request began to arrive
        self._unread, self._unread_since = 0, 0.0

    @property
    def is_idle(self) -> bool:
        """Whether there is no request in work, nor an answer on its way."""
        return (self.cycle is None or self.cycle.response_complete) and not self._buffered()

    @property
    def waits_for_client(self) -> bool:
        """Whether nothing goes on before its client sends or reads something."""
        return self.is_idle or self._buffered() > 0 or self.cycle.more_body

    def is_too_slow(self) -> bool:
        """Whether its client has let a deadline pass."""
        now, unread = self._limits.now(), self._buffered()
        if unread != self._unread or not unread:
            self._unread, self._unread_since = unread, now
        if unread:
            return now - self._unread_since > STALLED_SECONDS
        if not self.is_idle:
            return False
        if self._began is not None:
            return now - self._began > HEADER_SECONDS
        return now - self.since > (IDLE_SECONDS if self.has_asked else HEADER_SECONDS)

    def drop(self) -> None:
        """Close it at once, with whatever it has not read."""
        self.transport.abort()

    # ------------------------------------------------------------------ called by asyncio

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A client has connected."""
        super().connection_made(transport)  # type: ignore[arg-type]  # uvicorn narrows it, too
        self.source = self.client[0] if self.client else ""
        self.since = self._limits.now()
        if not self._limits.add(self):
            _LOG.warning("a connection was refused, because %d are in use", self._limits.most)
            self.drop()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is closed."""
        self._limits.remove(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Some bytes have arrived."""
        if self._began is None and self.is_idle:
            self._began = self._limits.now()
        before = self.cycle
        super().data_received(data)
        if self.cycle is not before:
            self._began, self.has_asked, self.since = None, True, self._limits.now()

    def on_response_complete(self) -> None:
        """An answer was written."""
        self.since, self._began = self._limits.now(), None
        super().on_response_complete()

    def _buffered(self) -> int:
        """How many bytes of an answer wait for the client to read them."""
        if self.transport is None or self.transport.is_closing():
            return 0
        return self.transport.get_write_buffer_size()
