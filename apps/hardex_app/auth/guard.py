"""Every request to the app passes here first.

Without a sharing option only requests that name this computer are answered, and nobody needs
a link. With one, everybody needs a session, which a token opens. In both cases the guard refuses
requests forged by other pages, requests that can be read in two ways, and bodies that are too large
or too slow. What it lets through says who asks.

Another page can make the browser send a request to a name of its own that resolves to 127.0.0.1
(DNS rebinding); such a request has that name as its Host.
"""

import asyncio
import logging
import re
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass
from functools import cache, partial
from typing import Any
from urllib.parse import urlsplit

from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hardex.errors import AccessError, HardexError
from hardex.people.access import Visitor
from hardex_app.auth.bodies import Body, TooSlow, again
from hardex_app.auth.entering import (
    TOKEN_BODY,
    UNREADABLE,
    bearer_of,
    by_token,
    enter,
    enter_page,
    leave,
    no_session,
)
from hardex_app.auth.gate import (
    Gate,
    GuardedRequest,
    Header,
    Keys,
    names_this_computer,
    split_host,
)
from hardex_app.auth.sentences import FAILED, sentence
from hardex_app.auth.visitors import IN_SCOPE, STILL_HERE, is_owner

_LOG = logging.getLogger("hardex")

# An uploaded image of `pixels.FILE_MOST` bytes in base64, and the rest of the request.
OWNER_BODY, ANNOTATOR_BODY, OTHER_BODY = 21_000_000, 1_000_000, 65_536
_HEADERS_MOST, _HEADER_BYTES, _PATH_BYTES = 100, 32_768, 8_192
_WELCOME_SECONDS = 1.0  # how often to check that whoever reads a long answer may still be here
_UNREAD_MOST = 60  # checks in a row that may fail because the session cannot be read

_HOST = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_METHODS = frozenset({"GET", "HEAD", "POST"})
_PAGES = frozenset({"/", "/enter"})  # to which other sites may link
_AHEAD = ("sec-purpose", "purpose", "x-moz")  # browsers that fetch a page before anybody opens it
_WITH_LARGE_BODY = re.compile(r"/(ask|gradio_api)/.*")

_NOT_LOCAL = (
    "This app answers only requests to localhost, 127.0.0.1 or [::1]; to use another name, start "
    "it with --share, --share-server, --share-ssh, --host or --root-path."
)
_FOREIGN = "This request came from another page; open the app itself and try again."
_TOO_LARGE = "A request may have {most:,} bytes; this one has more; send less."
_TOO_SLOW = "The request did not arrive in time; send it again."
_TWICE = "A request must have one {name} header; this one has more; send one."

# What the app behind the guard may read of a request; the guard checks or writes the rest.
_HANDED_ON = frozenset(
    name.encode()
    for name in (
        "accept accept-encoding accept-language host if-none-match origin user-agent "
        "x-forwarded-host"
    ).split()
)
_JSON = b"application/json"


@dataclass(frozen=True)
class _LetIn:
    """Whoever sent a request, with all of its body."""

    visitor: Visitor
    session: str
    body: bytes = b""


class Guard:
    """The outermost ASGI app. Its only state is its `Gate`."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the app, or answer it here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            request, body = GuardedRequest.of(scope, self._gate), Body(receive)
            send = _with_headers(send, self._gate)
            response = _refusal(request, self._gate) or _with_a_slash(request, self._gate)
            response = response or await self._own_page(request, body)
            if response is not None:
                await _respond(response, request, body, send)
            else:
                await self._pass_on(request, body, send)

    async def _pass_on(self, request: GuardedRequest, receive: Body, send: Send) -> None:
        """Pass a request on for its visitor, with nothing that was not checked."""
        try:
            let_in = await self._let_in(request, receive)
        except HardexError:
            let_in = sentence(UNREADABLE, 503)
        if let_in is None:  # the client has gone
            return
        if isinstance(let_in, Response):
            await _respond(let_in, request, receive, send)
            return
        scope = {
            **request.scope,
            "path": request.path,  # answer exactly the path that was checked
            "raw_path": request.path.encode(),
            "headers": _headers(request, self._gate, len(let_in.body)),
            IN_SCOPE: let_in.visitor,
            STILL_HERE: partial(self._is_still_here, let_in.session),
        }
        handled = self._answered(scope, again(let_in.body, receive), send)
        if request.method == "POST" or self._gate.keys is None:
            await handled
        else:
            await self._while_welcome(let_in.session, handled, send)

    async def _let_in(self, request: GuardedRequest, receive: Body) -> "_LetIn | Response | None":
        """Who sent the request, once all of it has arrived; or why it is refused.

        Raises:
            HardexError: it cannot be found out who sent it.
        """
        session = await self._session(request)
        if isinstance(session, Response):
            return session
        visitor = await self._gate.visitor(session)
        if visitor is None:
            return no_session(self._gate, request)
        refusal = _refusal_to(visitor, request)
        if refusal is not None or request.method != "POST":
            return refusal or _LetIn(visitor, session)
        try:
            body = await receive.whole(request.length)
        except TooSlow:
            return sentence(_TOO_SLOW, 408, ends=True)
        # The invitation may have been revoked while the body was on its way.
        visitor = await self._gate.visitor(session)
        if visitor is None:
            return no_session(self._gate, request)
        return None if body is None else _LetIn(visitor, session, body)

    async def _answered(self, scope: Scope, receive: Receive, send: Send) -> None:
        """The answer of the app; a failure is one line in the log, as a visitor can repeat it."""
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except Exception as error:
            what = type(error).__name__
            _LOG.error("%s %s failed: %s", scope["method"], ascii(scope["path"])[1:-1][:200], what)
            _LOG.debug("the failure was", exc_info=error)
            if not started:
                await sentence(FAILED, 500)(scope, receive, send)
            else:
                await _end(send)

    async def _while_welcome(
        self, session: str, answering: Coroutine[Any, Any, None], send: Send
    ) -> None:
        """Let an answer go on for as long as its visitor may be here."""
        task = asyncio.ensure_future(answering)
        unread = 0  # times in a row that the session could not be read
        try:
            while not (await asyncio.wait({task}, timeout=_WELCOME_SECONDS))[0]:
                try:
                    is_welcome, unread = await self._gate.visitor(session) is not None, 0
                except HardexError:  # nothing says that it has ended, for a while
                    unread += 1
                    is_welcome = unread < _UNREAD_MOST
                if not is_welcome:
                    task.cancel()
                    await asyncio.wait({task})
                    await _end(send)
                    return
            await task
        finally:
            task.cancel()

    def _is_still_here(self, session: str) -> bool:
        """Whether a session has not ended, asked where an answer is made.

        Raises:
            HardexError: it cannot be read now.
        """
        return self._gate.keys is None or self._gate.keys.visitor(session) is not None

    async def _session(self, request: GuardedRequest) -> "str | Response":
        """The session of the request, "" without one, or the response if it cannot be found."""
        gate = self._gate
        if gate.keys is None:
            return ""
        token = bearer_of(request)
        try:
            if token is not None:
                return await by_token(gate, gate.keys, request, token)
        except HardexError:
            return sentence(UNREADABLE, 503)
        return next(iter(request.sessions(gate)), "")

    async def _own_page(self, request: GuardedRequest, receive: Body) -> Response | None:
        """`/enter` and `/leave`, for which nobody needs a session."""
        keys = self._gate.keys
        if keys is None or request.path not in ("/enter", "/leave"):
            return None
        if request.path == "/enter" and request.method in ("GET", "HEAD"):
            return enter_page(self._gate)
        if request.method != "POST":
            return sentence("Use POST here.", 405)
        try:
            body = await receive.whole(request.length) or b""
            return await self._entered_or_left(keys, request, body)
        except TooSlow:
            return sentence(_TOO_SLOW, 408, ends=True)
        except AccessError as error:
            return sentence(str(error), 401)
        except HardexError:
            return sentence(UNREADABLE, 503)

    async def _entered_or_left(self, keys: Keys, request: GuardedRequest, body: bytes) -> Response:
        if request.path == "/enter":
            return await enter(self._gate, keys, request, body)
        return await leave(self._gate, keys, request)


async def _end(send: Send) -> None:
    """End an answer that has begun, if that is possible: an answer of a known length is cut off."""
    with suppress(Exception):
        await send({"type": "http.response.body", "body": b""})


def _with_a_slash(request: GuardedRequest, gate: Gate) -> Response | None:
    """Redirect a root path without a final slash: relative addresses would be wrong there."""
    place = urlsplit(gate.root_path).path
    if not place or request.scope["path"] != place or request.method not in ("GET", "HEAD"):
        return None
    query = request.scope.get("query_string", b"").decode("latin-1")
    return RedirectResponse(f"{place}/{'?' if query else ''}{query}", 308)


async def _respond(response: Response, request: GuardedRequest, receive: Body, send: Send) -> None:
    """Respond here; a short body is read first, or the connection would be reset."""
    length = request.headers.get("content-length", "")
    if "transfer-encoding" in request.headers:  # it may have any length
        length = ""
    short = length.isascii() and length.isdigit() and len(length) < 6 and int(length) <= OTHER_BODY
    if short and not receive.is_over:
        with suppress(TooSlow):
            await receive.whole(int(length))
    await response(request.scope, receive, send)


# ------------------------------------------------------------------ refused to everybody


def _refusal(request: GuardedRequest, gate: Gate) -> Response | None:
    """Why nobody may send this request; None if it is allowed."""
    raw = request.scope["headers"]
    if len(raw) > _HEADERS_MOST or sum(len(n) + len(v) for n, v in raw) > _HEADER_BYTES:
        return sentence("This request has too many headers; send fewer.", 431)
    if not request.path.startswith("/"):
        return sentence("An address must begin with a slash.", 400)
    if len(request.path) + len(request.scope.get("query_string", b"")) > _PATH_BYTES:
        return sentence("This address is too long; open the app again.", 414)
    if len(request.hosts) != 1 or not _HOST.fullmatch(request.hosts[0]):
        return sentence(_NOT_LOCAL if gate.keys is None else "Name one host.", _no_host(gate))
    if gate.keys is None and not names_this_computer(raw):
        return sentence(_NOT_LOCAL, 403)
    if request.repeated_header:
        return sentence(_TWICE.format(name=request.repeated_header[:40]), 400)
    if _is_foreign(request, gate):
        return sentence(_FOREIGN, 403)
    return _refusal_of_body(request)


def _no_host(gate: Gate) -> int:
    return 403 if gate.keys is None else 400


def _refusal_of_body(request: GuardedRequest) -> Response | None:
    """A body must say how long it is, and what the longest is depends on where it goes."""
    if "transfer-encoding" in request.headers:
        return sentence("Say how long the request is: send Content-Length.", 411, ends=True)
    if "content-encoding" in request.headers:
        return sentence("The body must not be compressed; leave out Content-Encoding.", 415)
    length = request.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        return sentence("Content-Length must be a number.", 400)
    most = OTHER_BODY
    if request.path in ("/enter", "/leave"):
        most = TOKEN_BODY
    elif _WITH_LARGE_BODY.fullmatch(request.path):
        most = OWNER_BODY
    if len(length) > 12 or int(length) > most:
        return sentence(_TOO_LARGE.format(most=most), 413)
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if request.method == "POST" and int(length) and kind != "application/json":
        return sentence("The body must be JSON (application/json).", 415)
    return None


def _is_foreign(request: GuardedRequest, gate: Gate) -> bool:
    """Whether another page made the browser send this; pages cannot forge the headers that tell.

    A page on another subdomain counts as another page: anybody can have one next to a public link.
    """
    site = request.headers.get("sec-fetch-site", "")
    changes = request.method not in ("GET", "HEAD")
    if site in ("cross-site", "same-site"):
        return changes or not _leads_here(request, gate)
    origin = request.headers.get("origin")
    return changes and origin is not None and not _is_own(origin, request, gate)


def _leads_here(request: GuardedRequest, gate: Gate) -> bool:
    """Whether another page only leads to the app: by a link, or in a frame that it may have."""
    into = request.headers.get("sec-fetch-dest", "document")
    frames = ("iframe", "frame") if gate.framed_by else ()
    return (
        request.headers.get("sec-fetch-mode") == "navigate"
        and into in ("document", *frames)
        and request.path in _PAGES
        and not any(name in request.headers for name in _AHEAD)
    )


def _is_own(origin: str, request: GuardedRequest, gate: Gate) -> bool:
    own = {request.hosts[0], urlsplit(gate.root_path).netloc.lower()}
    if gate.proxied:
        own.add(request.headers.get("x-forwarded-host", "").partition(",")[0].strip().lower())
    scheme, _, host = origin.lower().partition("://")
    return scheme in ("http", "https") and _with_port(host, scheme) in {
        _with_port(one, scheme) for one in own if one
    }


def _with_port(host: str, scheme: str) -> str:
    name, _, port = split_host(host)
    return f"{name}:{port or {'http': '80', 'https': '443'}[scheme]}"


# ------------------------------------------------------------------ refused to some


def _refusal_to(visitor: Visitor, request: GuardedRequest) -> Response | None:
    """Why this visitor may not send this request."""
    if request.method not in _METHODS:
        return sentence("Not allowed here.", 405)
    if not is_owner(visitor) and request.length > ANNOTATOR_BODY:
        return sentence(_TOO_LARGE.format(most=ANNOTATOR_BODY), 413)
    return None


# ------------------------------------------------------------------ headers


def _headers(request: GuardedRequest, gate: Gate, length: int) -> list[Header]:
    """The headers for the app: those that it may read, and what the guard knows of the others."""
    kept = [
        (name, _first(value).encode("latin-1") if name == b"x-forwarded-host" else value)
        for name, value in request.scope["headers"]
        if name in _HANDED_ON
        and (name != b"x-forwarded-host" or (gate.proxied and _HOST.fullmatch(_first(value))))
    ]
    if request.method == "POST":
        kept += [(b"content-type", _JSON), (b"content-length", str(length).encode())]
    return [*kept, (b"x-forwarded-proto", b"https")] if request.secure else kept


def _first(value: bytes) -> str:
    return value.decode("latin-1").partition(",")[0].strip()


def _with_headers(send: Send, gate: Gate) -> Send:
    """Add security headers; remove those that would let other pages read the response."""
    fixed = [
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
        (b"cross-origin-resource-policy", b"same-origin"),
        (b"cross-origin-opener-policy", b"same-origin"),
        (b"permissions-policy", b"camera=(), microphone=(), geolocation=(), usb=(), payment=()"),
        (b"x-robots-tag", b"noindex, nofollow"),
    ]
    if not gate.framed_by:
        fixed.append((b"x-frame-options", b"SAMEORIGIN"))
    names = {name for name, _ in fixed}
    csp = (b"content-security-policy", policy(gate.framed_by).encode())
    changes = (b"cache-control", b"no-store")  # what a response says, unless it says otherwise

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [
                (name, value)
                for name, value in message.get("headers", [])
                if name not in names and not name.startswith(b"access-control-")
            ]
            there = {name for name, _ in headers}
            headers += [one for one in (csp, changes) if one[0] not in there]
            message = {**message, "headers": [*headers, *fixed]}
        await send(message)

    return sending


@cache
def policy(framed_by: tuple[str, ...]) -> str:
    """The Content-Security-Policy of the owner's window.

    Gradio uses inline scripts and `eval`, so this cannot restrict scripts. It does restrict where
    data is sent and what may be embedded. The windows of visitors have a policy of their own.

    Example:
        >>> policy(()).rpartition("; ")[2]
        "frame-ancestors 'self'"
    """
    rules = {
        "default-src": "'self'",
        "script-src": "'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src": "'self' 'unsafe-inline'",
        "connect-src": "'self'",
        "img-src": "'self' data: blob:",
        "font-src": "'self' data:",
        "media-src": "'self' data: blob:",
        "worker-src": "'self' blob:",
        "frame-src": "'none'",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": " ".join(["'self'", *framed_by]),
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())
