"""Everything that is asked of the app passes here first.

Without a sharing option only requests that name this computer are answered, and nobody is asked
who they are. With one, everybody needs a session, which a token opens: the owner sees the window,
annotators another one on the same port. In both cases requests that another page forged, paths that
no page needs, and bodies that are too large end here.

A page elsewhere can make a browser ask a name of its own that leads to 127.0.0.1 (DNS rebinding);
such a request carries that name as its Host.
"""

import logging
import re
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hardex.errors import AccessError, HardexError
from hardex.people.access import OWNER, Visitor
from hardex_app.auth.bodies import Reading, again, refusal_of
from hardex_app.auth.entering import (
    TOKEN_BODY,
    UNREADABLE,
    bearer_of,
    body_of,
    by_token,
    enter,
    enter_page,
    leave,
    nobody,
    sentence,
)
from hardex_app.auth.gate import Asked, Gate, Header, names_this_computer, split_host
from hardex_app.auth.visitors import IN_SCOPE, VISITOR, is_owner
from hardex_app.ui.modules import modules

_LOG = logging.getLogger("hardex")

# An uploaded picture of `sources.FILE_MOST` bytes in base64, and what goes with it.
OWNER_BODY, ANNOTATOR_BODY, OTHER_BODY = 21_000_000, 1_000_000, 65_536
_HEADERS_MOST, _HEADER_BYTES, _PATH_BYTES = 100, 32_768, 8_192

_HOST = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_NAME = r"[A-Za-z0-9_.-]{1,100}"

_NOT_LOCAL = (
    "This hardex answers only requests to localhost, 127.0.0.1 or [::1]; start it with --share, "
    "--share-server, --share-ssh, --host or --root-path to be reached by another name."
)
_FOREIGN = "This request came from another page; open the app itself and try again."
_TOO_LARGE = "A request here may have {most:,} bytes; this one has more; send less."

# What the pages and programs ask for; there is nothing else. Files are never uploaded as files nor
# read by path: pictures travel inside the questions.
_ANYBODY_GETS = re.compile(
    rf"/|/config/?|/theme\.css|/favicon\.ico|/robots\.txt|/manifest\.json"
    rf"|/(assets|static)/(?!.*\.\.)[A-Za-z0-9_./@+-]+|/svelte/(?!.*\.\.)[A-Za-z0-9_./@+-]+"
    rf"|/gradio_api/(info/?|app_id/?|theme\.css|heartbeat/{_NAME}|queue/data"
    rf"|call/{_NAME}/{_NAME})"
)
_ANYBODY_POSTS = re.compile(
    rf"/gradio_api/((run|api|call)/{_NAME}/?|queue/join/?|component_server/?|cancel/?|reset/?)"
)
_OWNER_GETS = re.compile(r"(/gradio_api)?/openapi\.json")
_STARTING = "/gradio_api/startup-events"  # asked by Gradio itself, once
_WITH_LARGE_BODY = re.compile(r"/gradio_api/((run|api|call)/.*|queue/join/?|component_server/?)")

# The pages' scripts, for whoever may open a page; both windows get them here, before Gradio.
_MODULES = modules().served
_JAVASCRIPT = "text/javascript; charset=utf-8"
_KEPT = {"cache-control": "private, max-age=31536000, immutable"}  # the address names the version


class Guard:
    """ASGI middleware, the outermost one. All that it remembers is in its `Gate`."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the app of the visitor, or answer it here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            asked, body = Asked.of(scope, self._gate), Reading(receive)
            send = _with_headers(send, self._gate, asked)
            answer = _refusal(asked, self._gate) or _with_a_slash(asked, self._gate)
            answer = answer or await self._own_page(asked, body)
            if answer is not None:
                await _answered(answer, asked, body, send)
            else:
                await self._pass_on(asked, body, send)

    async def _pass_on(self, asked: Asked, receive: "Reading", send: Send) -> None:
        visitor, answer = await self._visitor(asked)
        if visitor is not None and asked.path == "/here" and asked.method == "GET":
            answer = Response(status_code=204)  # whoever is in no more is told 401 below
        elif visitor is not None and asked.method in ("GET", "HEAD") and asked.path in _MODULES:
            answer = Response(_MODULES[asked.path], 200, _KEPT, _JAVASCRIPT)
        elif visitor is not None:
            answer = _refusal_to(visitor, asked, self._gate)
        if answer is not None or visitor is None:
            await _answered(answer or nobody(asked), asked, receive, send)
            return
        body: Receive = receive
        if asked.method == "POST":  # no longer than it may be, as was looked at
            read = await receive.whole()
            if read is None:
                return
            if refusal := refusal_of(read):
                await sentence(refusal, 400)(asked.scope, receive, send)
                return
            body = again(read, receive)
        scope = {
            **asked.scope,
            "path": asked.path,  # what was looked at is what is answered
            "raw_path": asked.path.encode(),
            "headers": _cleaned(asked, self._gate),
            IN_SCOPE: visitor,
        }
        app = self._app if is_owner(visitor) else self._gate.annotators
        before = VISITOR.set(visitor)
        try:
            await (app or PlainTextResponse("Not found.", 404))(scope, body, send)
        except Exception as error:
            if is_owner(visitor):
                raise
            # Gradio has answered 500. A stranger should not fill the owner's terminal.
            _LOG.error("%s %s failed: %s", asked.method, asked.path, type(error).__name__)
        finally:
            VISITOR.reset(before)

    async def _visitor(self, asked: Asked) -> tuple[Visitor | None, Response | None]:
        """Who asks, or the answer to somebody who cannot be told."""
        gate = self._gate
        if gate.keys is None:
            return OWNER, None
        if gate.opening and asked.path == _STARTING:
            return OWNER, None
        try:
            token = bearer_of(asked)
            if token is not None:
                return await by_token(gate, asked, token)
            for session in asked.sessions(gate):
                return await gate.ask(gate.keys.visitor, session), None
        except HardexError:
            return None, sentence(UNREADABLE, 503)
        return None, None

    async def _own_page(self, asked: Asked, receive: Receive) -> Response | None:
        """`/enter` and `/leave`, which are no part of Gradio."""
        keys = self._gate.keys
        if keys is None or asked.path not in ("/enter", "/leave"):
            return None
        if asked.path == "/enter" and asked.method in ("GET", "HEAD"):
            return enter_page(self._gate)
        if asked.method != "POST":
            return sentence("Use POST here.", 405)
        try:
            if asked.path == "/enter":
                return await enter(self._gate, keys, asked, await body_of(receive))
            return await leave(self._gate, keys, asked)
        except AccessError as error:
            return sentence(str(error), 401)
        except HardexError:
            return sentence(UNREADABLE, 503)


def _with_a_slash(asked: Asked, gate: Gate) -> Response | None:
    """Behind a proxy the app is a folder: from one without a slash its own addresses lead away."""
    place = urlsplit(gate.root_path).path
    if not place or asked.scope["path"] != place or asked.method not in ("GET", "HEAD"):
        return None
    words = asked.scope.get("query_string", b"").decode("latin-1")
    return RedirectResponse(f"{place}/{'?' if words else ''}{words}", 308)


async def _answered(answer: Response, asked: Asked, receive: Reading, send: Send) -> None:
    """Answer it here; a short body is read first, or the connection would be reset behind it."""
    length = asked.headers.get("content-length", "")
    short = length.isascii() and length.isdigit() and len(length) < 6 and int(length) <= OTHER_BODY
    while short and not receive.is_over:
        await receive()
    await answer(asked.scope, receive, send)


# ------------------------------------------------------------------ what is refused to everybody


def _refusal(asked: Asked, gate: Gate) -> Response | None:
    """Why nobody may ask this, whoever they are."""
    raw = asked.scope["headers"]
    if len(raw) > _HEADERS_MOST or sum(len(n) + len(v) for n, v in raw) > _HEADER_BYTES:
        return sentence("This request has too many headers; send fewer.", 431)
    if len(asked.path) + len(asked.scope.get("query_string", b"")) > _PATH_BYTES:
        return sentence("This address is too long; open the app again.", 414)
    if len(asked.hosts) != 1 or not _HOST.fullmatch(asked.hosts[0]):
        return sentence(_NOT_LOCAL if gate.keys is None else "Name one host.", _no_host(gate))
    if gate.keys is None and not names_this_computer(raw):
        return sentence(_NOT_LOCAL, 403)
    if _is_foreign(asked, gate):
        return sentence(_FOREIGN, 403)
    return _refusal_of_body(asked)


def _no_host(gate: Gate) -> int:
    return 403 if gate.keys is None else 400


def _refusal_of_body(asked: Asked) -> Response | None:
    """A body must say how long it is, and what the longest is depends on where it goes."""
    if "transfer-encoding" in asked.headers:
        return sentence("Say how long the request is: send Content-Length.", 411)
    length = asked.headers.get("content-length", "0")
    if not length.isascii() or not length.isdigit():
        return sentence("Content-Length must be a number.", 400)
    most = OTHER_BODY
    if asked.path in ("/enter", "/leave"):
        most = TOKEN_BODY
    elif _WITH_LARGE_BODY.fullmatch(asked.path):
        most = OWNER_BODY
    if len(length) > 12 or int(length) > most:
        return sentence(_TOO_LARGE.format(most=most), 413)
    kind = asked.headers.get("content-type", "").partition(";")[0].strip().lower()
    if asked.method == "POST" and int(length) and kind != "application/json":
        return sentence("What is sent here must be JSON (application/json).", 415)
    return None


def _is_foreign(asked: Asked, gate: Gate) -> bool:
    """Whether another page made the browser ask; the browser says so, and pages cannot lie for it.

    A page on another subdomain counts as foreign: everybody can have one beside a public link.
    """
    site = asked.headers.get("sec-fetch-site", "")
    changes = asked.method not in ("GET", "HEAD")
    if site in ("cross-site", "same-site"):
        # A link elsewhere may lead here, and a notebook may show us in a frame.
        return changes or asked.headers.get("sec-fetch-mode") != "navigate"
    origin = asked.headers.get("origin")
    return changes and origin is not None and not _is_own(origin, asked, gate)


def _is_own(origin: str, asked: Asked, gate: Gate) -> bool:
    own = {asked.hosts[0], urlsplit(gate.root_path).netloc.lower()}
    if gate.proxied:
        own.add(asked.headers.get("x-forwarded-host", "").partition(",")[0].strip().lower())
    scheme, _, host = origin.lower().partition("://")
    return scheme in ("http", "https") and _with_port(host, scheme) in {
        _with_port(one, scheme) for one in own if one
    }


def _with_port(host: str, scheme: str) -> str:
    name, _, port = split_host(host)
    return f"{name}:{port or {'http': '80', 'https': '443'}[scheme]}"


# ------------------------------------------------------------------ what is refused to some


def _refusal_to(visitor: Visitor, asked: Asked, gate: Gate) -> Response | None:
    """Why this visitor may not ask this: to them, it is not there."""
    if gate.opening and asked.path == _STARTING:
        return None
    gets, posts = [_ANYBODY_GETS], [_ANYBODY_POSTS]
    if is_owner(visitor):
        gets.append(_OWNER_GETS)
    allowed = {"GET": gets, "HEAD": gets, "POST": posts}.get(asked.method, [])
    if not any(path.fullmatch(asked.path) for path in allowed):
        there = any(path.fullmatch(asked.path) for path in (*gets, *posts))
        return sentence("Not allowed here.", 405) if there else sentence("Not found.", 404)
    if b"deep_link" in asked.scope.get("query_string", b""):
        return sentence("Not found.", 404)
    if not is_owner(visitor) and int(asked.headers.get("content-length", "0")) > ANNOTATOR_BODY:
        return sentence(_TOO_LARGE.format(most=ANNOTATOR_BODY), 413)
    return None


# ------------------------------------------------------------------ what goes in and out


def _cleaned(asked: Asked, gate: Gate) -> list[Header]:
    """The headers as the app may see them: nothing by which a visitor moves its address."""
    kept = [
        (name, value)
        for name, value in asked.scope["headers"]
        if name not in (b"x-gradio-server", b"x-direct-url", b"forwarded", b"x-forwarded-proto")
        and (name != b"x-forwarded-host" or (gate.proxied and _HOST.fullmatch(_first(value))))
    ]
    return [*kept, (b"x-forwarded-proto", b"https")] if asked.secure else kept


def _first(value: bytes) -> str:
    return value.decode("latin-1").partition(",")[0].strip()


def _with_headers(send: Send, gate: Gate, asked: Asked) -> Send:
    """Add what browsers keep to; take away what would let other pages read the answer."""
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
    of_gradio = re.match(r"/(assets|static|svelte)/", asked.path)
    changes = (b"cache-control", b"no-store")  # the same address shows others other things

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            lasts = of_gradio or (asked.path in _MODULES and message["status"] == 200)
            added = fixed if lasts else [*fixed, changes]
            names = {name for name, _ in added}
            headers = [
                (name, value)
                for name, value in message.get("headers", [])
                if name.lower() not in names and not name.lower().startswith(b"access-control-")
            ]
            if not any(name.lower() == b"content-security-policy" for name, _ in headers):
                headers.append((b"content-security-policy", policy(gate.framed_by).encode()))
            message = {**message, "headers": [*headers, *added]}
        await send(message)

    return sending


def policy(framed_by: tuple[str, ...]) -> str:
    """The Content-Security-Policy of the app.

    Gradio starts by scripts in its page and makes functions of text, so that scripts cannot be
    held by this; where data goes and what may be shown can.

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
