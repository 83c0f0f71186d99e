"""Every request to the app passes here first.

Without a sharing option only requests that name this computer are answered, and nobody needs
a link. With one, everybody needs a session, which a token opens: the owner gets the owner's window,
annotators get another one on the same port. In both cases the guard refuses requests forged by
other pages, paths that no page needs, and bodies that are too large.

Another page can make the browser send a request to a name of its own that resolves to 127.0.0.1
(DNS rebinding); such a request has that name as its Host.
"""

import logging
import re
from urllib.parse import urlsplit

from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hardex.errors import AccessError, HardexError
from hardex.people.access import OWNER, Visitor
from hardex_app.auth.bodies import Body, again, refusal_of
from hardex_app.auth.entering import (
    TOKEN_BODY,
    UNREADABLE,
    bearer_of,
    body_of,
    by_token,
    enter,
    enter_page,
    leave,
    no_session,
    sentence,
)
from hardex_app.auth.gate import (
    Gate,
    GuardedRequest,
    Header,
    PictureRoute,
    names_this_computer,
    split_host,
)
from hardex_app.auth.visitors import IN_SCOPE, VISITOR, is_owner
from hardex_app.ui.modules import modules

_LOG = logging.getLogger("hardex")

# An uploaded image of `pixels.FILE_MOST` bytes in base64, and the rest of the request.
OWNER_BODY, ANNOTATOR_BODY, OTHER_BODY = 21_000_000, 1_000_000, 65_536
_HEADERS_MOST, _HEADER_BYTES, _PATH_BYTES = 100, 32_768, 8_192

_HOST = re.compile(r"([A-Za-z0-9_.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
_NAME = r"[A-Za-z0-9_.-]{1,100}"

_NOT_LOCAL = (
    "This app answers only requests to localhost, 127.0.0.1 or [::1]; to use another name, start "
    "it with --share, --share-server, --share-ssh, --host or --root-path."
)
_FOREIGN = "This request came from another page; open the app itself and try again."
_TOO_LARGE = "A request may have {most:,} bytes; this one has more; send less."

# What pages and programs request; there is nothing else. Files are neither uploaded as files nor
# read by path: images are part of the JSON.
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
_STARTING = "/gradio_api/startup-events"  # requested by Gradio itself, once
_WITH_LARGE_BODY = re.compile(r"/gradio_api/((run|api|call)/.*|queue/join/?|component_server/?)")

# PictureRoute, by an id or a ticket in the query; both windows get them here, before Gradio.
_PICTURES = re.compile(rf"/pictures/{_NAME}/{_NAME}")

# The pages' scripts, for whoever may open a page; both windows get them here, before Gradio.
_MODULES = modules().served
_JAVASCRIPT = "text/javascript; charset=utf-8"
_KEPT = {"cache-control": "private, max-age=31536000, immutable"}  # the address names the version


class Guard:
    """The outermost ASGI middleware. Its only state is its `Gate`."""

    def __init__(self, app: ASGIApp, gate: Gate) -> None:
        self._app, self._gate = app, gate

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on to the visitor's app, or answer it here."""
        if scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})
        elif scope["type"] != "http":
            await self._app(scope, receive, send)
        else:
            request, body = GuardedRequest.of(scope, self._gate), Body(receive)
            send = _with_headers(send, self._gate, request)
            response = _refusal(request, self._gate) or _with_a_slash(request, self._gate)
            response = response or await self._own_page(request, body)
            if response is not None:
                await _respond(response, request, body, send)
            else:
                await self._pass_on(request, body, send)

    async def _pass_on(self, request: GuardedRequest, receive: Body, send: Send) -> None:
        visitor, response = await self._visitor(request)
        pictures = self._gate.pictures
        if visitor is not None and request.path == "/here" and request.method == "GET":
            response = Response(status_code=204)  # without a session the response is 401, below
        elif visitor is not None and request.method in ("GET", "HEAD") and request.path in _MODULES:
            response = Response(_MODULES[request.path], 200, _KEPT, _JAVASCRIPT)
        elif visitor is not None and pictures and _is_picture(request):
            response = await _picture(pictures, visitor, request)
        elif visitor is not None:
            response = _refusal_to(visitor, request, self._gate)
        if response is not None or visitor is None:
            await _respond(response or no_session(request), request, receive, send)
            return
        body: Receive = receive
        if request.method == "POST":  # `_refusal` has limited its length
            read = await receive.whole()
            if read is None:
                return
            if refusal := refusal_of(read):
                await sentence(refusal, 400)(request.scope, receive, send)
                return
            body = again(read, receive)
        scope = {
            **request.scope,
            "path": request.path,  # answer exactly the path that was checked
            "raw_path": request.path.encode(),
            "headers": _cleaned(request, self._gate),
            IN_SCOPE: visitor,
        }
        app = self._app if is_owner(visitor) else self._gate.annotators
        before = VISITOR.set(visitor)
        try:
            await (app or PlainTextResponse("Not found.", 404))(scope, body, send)
        except Exception as error:
            if is_owner(visitor):
                raise
            # Gradio has answered 500. A visitor must not fill the owner's terminal.
            _LOG.error("%s %s failed: %s", request.method, request.path, type(error).__name__)
        finally:
            VISITOR.reset(before)

    async def _visitor(self, request: GuardedRequest) -> tuple[Visitor | None, Response | None]:
        """The visitor, or the response if that cannot be determined."""
        gate = self._gate
        if gate.keys is None:
            return OWNER, None
        if gate.opening and request.path == _STARTING:
            return OWNER, None
        try:
            token = bearer_of(request)
            if token is not None:
                return await by_token(gate, request, token)
            for session in request.sessions(gate):
                return await gate.ask(gate.keys.visitor, session), None
        except HardexError:
            return None, sentence(UNREADABLE, 503)
        return None, None

    async def _own_page(self, request: GuardedRequest, receive: Receive) -> Response | None:
        """`/enter` and `/leave`, which do not belong to Gradio."""
        keys = self._gate.keys
        if keys is None or request.path not in ("/enter", "/leave"):
            return None
        if request.path == "/enter" and request.method in ("GET", "HEAD"):
            return enter_page(self._gate)
        if request.method != "POST":
            return sentence("Use POST here.", 405)
        try:
            if request.path == "/enter":
                return await enter(self._gate, keys, request, await body_of(receive))
            return await leave(self._gate, keys, request)
        except AccessError as error:
            return sentence(str(error), 401)
        except HardexError:
            return sentence(UNREADABLE, 503)


def _is_picture(request: GuardedRequest) -> bool:
    return request.method in ("GET", "HEAD") and _PICTURES.fullmatch(request.path) is not None


async def _picture(pictures: PictureRoute, visitor: Visitor, request: GuardedRequest) -> Response:
    """The response of the route; a failure is one line in the log, as a visitor can repeat it."""
    try:
        return await pictures(visitor, request)
    except Exception as error:
        _LOG.error("%s %s failed: %s", request.method, request.path, type(error).__name__)
        return sentence("This picture cannot be shown now; try again later.", 500)


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
    short = length.isascii() and length.isdigit() and len(length) < 6 and int(length) <= OTHER_BODY
    while short and not receive.is_over:
        await receive()
    await response(request.scope, receive, send)


# ------------------------------------------------------------------ refused to everybody


def _refusal(request: GuardedRequest, gate: Gate) -> Response | None:
    """Why nobody may send this request; None if it is allowed."""
    raw = request.scope["headers"]
    if len(raw) > _HEADERS_MOST or sum(len(n) + len(v) for n, v in raw) > _HEADER_BYTES:
        return sentence("This request has too many headers; send fewer.", 431)
    if len(request.path) + len(request.scope.get("query_string", b"")) > _PATH_BYTES:
        return sentence("This address is too long; open the app again.", 414)
    if len(request.hosts) != 1 or not _HOST.fullmatch(request.hosts[0]):
        return sentence(_NOT_LOCAL if gate.keys is None else "Name one host.", _no_host(gate))
    if gate.keys is None and not names_this_computer(raw):
        return sentence(_NOT_LOCAL, 403)
    if _is_foreign(request, gate):
        return sentence(_FOREIGN, 403)
    return _refusal_of_body(request)


def _no_host(gate: Gate) -> int:
    return 403 if gate.keys is None else 400


def _refusal_of_body(request: GuardedRequest) -> Response | None:
    """A body must say how long it is, and what the longest is depends on where it goes."""
    if "transfer-encoding" in request.headers:
        return sentence("Say how long the request is: send Content-Length.", 411)
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
        # Other pages may link to the app, and a notebook may show it in a frame.
        return changes or request.headers.get("sec-fetch-mode") != "navigate"
    origin = request.headers.get("origin")
    return changes and origin is not None and not _is_own(origin, request, gate)


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


def _refusal_to(visitor: Visitor, request: GuardedRequest, gate: Gate) -> Response | None:
    """Why this visitor may not send this request; for them, the path does not exist."""
    if gate.opening and request.path == _STARTING:
        return None
    gets, posts = [_ANYBODY_GETS], [_ANYBODY_POSTS]
    if is_owner(visitor):
        gets.append(_OWNER_GETS)
    allowed = {"GET": gets, "HEAD": gets, "POST": posts}.get(request.method, [])
    if not any(path.fullmatch(request.path) for path in allowed):
        exists = any(path.fullmatch(request.path) for path in (*gets, *posts))
        return sentence("Not allowed here.", 405) if exists else sentence("Not found.", 404)
    if b"deep_link" in request.scope.get("query_string", b""):
        return sentence("Not found.", 404)
    if not is_owner(visitor) and int(request.headers.get("content-length", "0")) > ANNOTATOR_BODY:
        return sentence(_TOO_LARGE.format(most=ANNOTATOR_BODY), 413)
    return None


# ------------------------------------------------------------------ headers


def _cleaned(request: GuardedRequest, gate: Gate) -> list[Header]:
    """The headers for the app, without those by which a visitor could change its address."""
    kept = [
        (name, value)
        for name, value in request.scope["headers"]
        if name not in (b"x-gradio-server", b"x-direct-url", b"forwarded", b"x-forwarded-proto")
        and (name != b"x-forwarded-host" or (gate.proxied and _HOST.fullmatch(_first(value))))
    ]
    return [*kept, (b"x-forwarded-proto", b"https")] if request.secure else kept


def _first(value: bytes) -> str:
    return value.decode("latin-1").partition(",")[0].strip()


def _with_headers(send: Send, gate: Gate, request: GuardedRequest) -> Send:
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
    of_gradio = re.match(r"/(assets|static|svelte)/", request.path)
    changes = (b"cache-control", b"no-store")  # the response depends on the visitor

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = request.path in _MODULES or _is_picture(request)
            lasts = of_gradio or (own and message["status"] in (200, 304))
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

    Gradio uses inline scripts and `eval`, so this cannot restrict scripts. It does restrict where
    data is sent and what may be embedded.

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
