"""The state of the guard, and a request as it sees it."""

import re
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network
from threading import Lock
from typing import Protocol, TypeVar
from urllib.parse import urlsplit

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.types import Scope

from hardex.people.access import OWNER, Visitor, hashed
from hardex_app.auth.throttle import Throttle

Header = tuple[bytes, bytes]

T = TypeVar("T")

_THREADS = 20  # that look up visitors
_BEARERS_KEPT = 1_000
_LOCAL = frozenset({"localhost", "127.0.0.1", "[::1]"})
# Lists, which a request may send in parts. Any other header may come once.
_MAY_REPEAT = frozenset(
    name.encode()
    for name in (
        "accept accept-charset accept-encoding accept-language cache-control connection forwarded "
        "if-match if-none-match keep-alive pragma te via warning x-forwarded-for"
    ).split()
)
_SESSION = re.compile(r"[A-Za-z0-9_.~-]{16,200}")


class Keys(Protocol):
    """Who may enter; see `hardex_app.auth.keys`."""

    def enter(self, token: str) -> str: ...
    def visitor(self, session: str) -> Visitor | None: ...
    def known(self, session: str) -> Visitor | None: ...
    def leave(self, session: str) -> None: ...


class Bearers:
    """The sessions of programs by their tokens; the tokens themselves are not kept."""

    def __init__(self) -> None:
        self._sessions: OrderedDict[str, str] = OrderedDict()
        self._lock = Lock()

    def session(self, token: str) -> str:
        """The session of a token, or ""."""
        with self._lock:
            return self._sessions.get(hashed(token), "")

    def keep(self, token: str, session: str) -> None:
        """Remember the session of a token; too many, and the oldest is forgotten."""
        with self._lock:
            self._sessions[hashed(token)] = session
            while len(self._sessions) > _BEARERS_KEPT:
                self._sessions.popitem(last=False)


@dataclass
class Gate:
    """The state of the guard.

    Attributes:
        port: of the app; part of the cookie's name, because cookies ignore ports.
        keys: who may enter; None lets in everybody on this computer.
        root_path: the path or address under which a proxy shows the app.
        proxied: whether `X-Forwarded-…` is trusted, because a proxy writes it.
        framed_by: the sites, besides the app itself, that may show it in a frame.
        throttle: counts failed attempts to enter.
        bearers: the sessions of programs.
        threads: limits the threads that look up visitors.
    """

    port: int
    keys: Keys | None = None
    root_path: str = ""
    proxied: bool = False
    framed_by: tuple[str, ...] = ()
    throttle: Throttle = field(default_factory=Throttle)
    bearers: Bearers = field(default_factory=Bearers)
    threads: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_THREADS))

    async def ask(self, call: Callable[[str], T], secret: str) -> T:
        """Call a method of `keys` in a thread.

        These threads do nothing else, so visitors enter at once even if many requests wait for the
        disk.
        """
        return await run_sync(call, secret, limiter=self.threads)

    async def visitor(self, session: str) -> Visitor | None:
        """Whose session it is, now; everybody is the owner where nobody needs a link.

        Raises:
            HardexError: it cannot be read.
        """
        if self.keys is None:
            return OWNER
        if not session:
            return None
        return self.keys.known(session) or await self.ask(self.keys.visitor, session)

    def cookie(self, *, secure: bool) -> str:
        """The name of the cookie; `__Host-` keeps other subdomains from setting it."""
        return f"{'__Host-' if secure else ''}hardex-{self.port}"


@dataclass(frozen=True)
class GuardedRequest:
    """The parts of a request that the guard uses."""

    scope: Scope
    method: str
    path: str
    headers: dict[str, str]
    hosts: tuple[str, ...]
    secure: bool

    @classmethod
    def of(cls, scope: Scope, gate: Gate) -> "GuardedRequest":
        """Read a request; `repeated_header` says whether one may be read in two ways."""
        headers = {
            name.decode("latin-1").lower(): value.decode("latin-1")
            for name, value in scope["headers"]
        }
        hosts = tuple(
            value.decode("latin-1").lower() for name, value in scope["headers"] if name == b"host"
        )
        path = scope["path"]
        inner = urlsplit(gate.root_path).path
        if inner and (path + "/").startswith(inner + "/"):  # the proxy does not strip it
            path = path[len(inner) :] or "/"
        return cls(scope, scope["method"], path, headers, hosts, _is_https(scope, headers, gate))

    @property
    def repeated_header(self) -> str:
        """A header that may come once and comes more often, or "".

        Programs that read the first one and programs that read the last would see two requests.
        """
        counts = Counter(name for name, _ in self.scope["headers"] if name not in _MAY_REPEAT)
        return next((name.decode("latin-1") for name, count in counts.items() if count > 1), "")

    @property
    def navigates(self) -> bool:
        """Whether the browser opens a page, and not a script."""
        mode = self.headers.get("sec-fetch-mode")
        wants_html = "text/html" in self.headers.get("accept", "")
        return mode == "navigate" if mode is not None else wants_html

    @property
    def length(self) -> int:
        """How many bytes the body has, as `Content-Length` says; the guard has checked it."""
        return int(self.headers.get("content-length") or 0)

    @property
    def source(self) -> str:
        """The client's address; for IPv6 its network, as one client has many addresses."""
        client = self.scope.get("client")
        return _network(str(client[0])) if client else "unknown"

    def sessions(self, gate: Gate) -> list[str]:
        """The session in the cookie; none if there are two cookies, as one of them was planted."""
        found = self.cookies(gate)
        return found if len(found) == 1 and _SESSION.fullmatch(found[0]) else []

    def cookies(self, gate: Gate) -> list[str]:
        """The values of all cookies with the name of the app's."""
        wanted = gate.cookie(secure=self.secure)
        found = []
        for name, value in self.scope["headers"]:
            if name == b"cookie":
                for pair in value.decode("latin-1").split(";"):
                    key, _, session = pair.strip().partition("=")
                    if key == wanted:
                        found.append(session)
        return found


def _network(address: str) -> str:
    """An address as throttles count it: one client has many IPv6 addresses, and IPv4 in two ways.

    Example:
        >>> _network("::ffff:10.0.0.1"), _network("2001:db8::1"), _network("10.0.0.1")
        ('10.0.0.1', '2001:db8::/64', '10.0.0.1')
    """
    try:
        found = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, IPv6Address):
        if found.ipv4_mapped is not None:
            return str(found.ipv4_mapped)
        return str(ip_network((found, 64), strict=False))
    return str(found)


def _is_https(scope: Scope, headers: dict[str, str], gate: Gate) -> bool:
    """Whether the visitor's browser uses https; a tunnel may terminate it before the app."""
    forwarded = headers.get("x-forwarded-proto", "").partition(",")[0].strip().lower()
    if scope.get("scheme") == "https" or (gate.proxied and forwarded == "https"):
        return True
    if gate.root_path.startswith("https://") or headers.get("origin", "").startswith("https://"):
        return True
    # Browsers send this header only over https, and to this computer.
    host, _, _ = split_host(headers.get("host", ""))
    return "sec-fetch-site" in headers and host not in _LOCAL


def names_this_computer(headers: list[Header]) -> bool:
    """Whether there is exactly one Host, and it names this computer, with any port.

    Example:
        >>> names_this_computer([(b"host", b"127.0.0.1:7860")])
        True
        >>> names_this_computer([(b"host", b"evil.example")])
        False
    """
    hosts = [value for name, value in headers if name == b"host"]
    return len(hosts) == 1 and split_host(hosts[0].decode("latin-1").lower())[0] in _LOCAL


def split_host(host: str) -> tuple[str, str, str]:
    """Name, colon and port of a host; an IPv6 address keeps its brackets."""
    if host.startswith("["):
        name, bracket, rest = host.partition("]")
        return name + bracket, rest[:1], rest[1:]
    return host.partition(":")
