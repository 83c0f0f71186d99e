"""Entering with a token and leaving: the pages and responses that are not Gradio's."""

import json
import re
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, Response

from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.access import LASTS
from hardex_app.auth.gate import Gate, GuardedRequest, Keys, split_host
from hardex_app.auth.sentences import sentence
from hardex_app.ui.files import asset

TOKEN_BODY = 4_096  # bytes
_COOKIE_SECONDS = int(LASTS.total_seconds())
_PATHS_MOST, _DOMAINS_MOST = 6, 5  # longer ones than the app has
_PLAIN = re.compile(r"[A-Za-z0-9_.-]{1,100}")

NO_TOKEN = "You need a personal link to open this app; ask the person who sent you here for one."
_LEFT = "You have left. Your personal link opens the app again, and you continue where you stopped."
_TOO_OFTEN = "Too many attempts; wait {seconds} seconds and try again."
# Only the owner may learn which database it is, and where.
UNREADABLE = "Invitations cannot be read right now; try again soon."


def no_session(gate: Gate, request: GuardedRequest) -> Response:
    """The response without a session."""
    if not request.navigates:
        response = sentence(NO_TOKEN, 401)
    elif request.scope.get("query_string") == b"left":  # where `nav.js` leads
        response = HTMLResponse(_plain_page("You have left", _LEFT), 401)
    else:
        response = HTMLResponse(_plain_page("Personal link needed", NO_TOKEN), 401)
    if len(request.cookies(gate)) > 1:
        _delete_planted(gate, request, response)
    return response


# ------------------------------------------------------------------ tokens and sessions


async def enter(gate: Gate, keys: Keys, request: GuardedRequest, body: bytes) -> Response:
    """Exchange a token for a session; always a new one, so a planted cookie is useless."""
    session = await _entered(gate, keys, request, _token_in(body))
    if isinstance(session, Response):
        return session
    for old in request.sessions(gate):
        with suppress(HardexError):  # it expires anyway; only the new one matters
            await gate.ask(keys.leave, old)
    response = Response(status_code=204)
    response.headers.append("set-cookie", _cookie(gate, request, session, _COOKIE_SECONDS))
    if request.cookies(gate):
        _delete_planted(gate, request, response)
    return response


async def leave(gate: Gate, keys: Keys, request: GuardedRequest) -> Response:
    """End the visitor's sessions and delete the cookie."""
    for session in request.sessions(gate):
        await gate.ask(keys.leave, session)
    response = Response(status_code=204)
    response.headers.append("set-cookie", _cookie(gate, request, "", 0))
    return response


async def by_token(gate: Gate, keys: Keys, request: GuardedRequest, token: str) -> str | Response:
    """The session of a program, which sends its token with each request and has one session."""
    session = gate.bearers.session(token)
    if await gate.visitor(session):
        return session
    try:
        opened = await _entered(gate, keys, request, token)
    except AccessError as error:
        return sentence(str(error), 401)
    if isinstance(opened, str):
        gate.bearers.keep(token, opened)
    return opened


async def _entered(gate: Gate, keys: Keys, request: GuardedRequest, token: str) -> str | Response:
    """A new session for a token, or the response after too many failures.

    The token is looked up before failures are counted: whoever has the right one gets in, however
    many wrong ones came from their address.

    Raises:
        AccessError: the token is wrong, expired or revoked.
    """
    try:
        return await gate.ask(keys.enter, token)
    except LinkOverError:  # the token is right, so this is not a guess
        raise
    except AccessError:
        seconds = gate.throttle.failed(request.source)
        if seconds:
            return _too_often(seconds)
        raise


def bearer_of(request: GuardedRequest) -> str | None:
    """The token in the `Authorization` header."""
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _token_in(body: bytes) -> str:
    try:
        found = json.loads(body)["token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = ""
    return found if isinstance(found, str) else ""


def _cookie(gate: Gate, request: GuardedRequest, session: str, seconds: int) -> str:
    parts = [
        f"{gate.cookie(secure=request.secure)}={session}",
        f"Path={_own_path(gate, request)}",
        f"Max-Age={seconds}",
        "HttpOnly",
        "SameSite=Lax",
    ]
    return "; ".join(parts + ["Secure"] * request.secure)


def _own_path(gate: Gate, request: GuardedRequest) -> str:
    return "/" if request.secure else urlsplit(gate.root_path).path or "/"


def _delete_planted(gate: Gate, request: GuardedRequest, response: Response) -> None:
    """Delete the cookies of this name that others can have set, or a visitor would be locked out.

    Over http another subdomain or another app on this host can set one, for a domain above this
    host or for a longer path; a browser sends it beside the app's own. Over https none can.
    """
    if request.secure:
        return
    name, own = gate.cookie(secure=False), _own_path(gate, request)
    for path in _paths_above(urlsplit(gate.root_path).path + request.path):
        places = [f"Domain={domain}; " for domain in _domains_above(request.hosts[0])]
        for place in places if path == own else ["", *places]:
            response.headers.append("set-cookie", f"{name}=; {place}Path={path}; Max-Age=0")


def _paths_above(path: str) -> list[str]:
    """The paths whose cookies a browser sends to this one.

    Example:
        >>> _paths_above("/ask/probe")
        ['/', '/ask', '/ask/', '/ask/probe']
    """
    parts = path.split("/")[1 : _PATHS_MOST + 1]
    found = ["/"]
    for n, part in enumerate(parts, 1):
        if not _PLAIN.fullmatch(part):
            break
        whole = "/" + "/".join(parts[:n])
        found += [whole, f"{whole}/"] if n < len(parts) else [whole]
    return found


def _domains_above(host: str) -> list[str]:
    """The domains whose cookies a browser sends to this host; none for a number.

    Example:
        >>> _domains_above("a.example.org:7860"), _domains_above("127.0.0.1")
        (['a.example.org', 'example.org', 'org'], [])
    """
    name, _, _ = split_host(host)
    labels = name.split(".")
    if name.startswith("[") or labels[-1].isdigit():
        return []
    return [".".join(labels[n:]) for n in range(len(labels))][-_DOMAINS_MOST:]


def _too_often(seconds: int) -> Response:
    response = sentence(_TOO_OFTEN.format(seconds=seconds), 429)
    response.headers["retry-after"] = str(seconds)
    return response


# ------------------------------------------------------------------ pages without Gradio


def enter_page(gate: Gate) -> Response:
    """The page that a personal link opens; its script sends the token, so no log contains it."""
    script, style = asset("auth/enter.js"), asset("auth/enter.css")
    page = asset("auth/enter.html").replace("/*style*/", style).replace("/*script*/", script)
    frames = " ".join(["'self'", *gate.framed_by])
    rules = (
        f"default-src 'none'; script-src {_hash_of(script)}; style-src {_hash_of(style)}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; "
        f"frame-ancestors {frames}"
    )
    return HTMLResponse(page, headers={"content-security-policy": rules})


def _plain_page(title: str, text: str) -> str:
    page = asset("auth/enter.html").replace("/*style*/", asset("auth/enter.css"))
    without_script = page.replace("<script>/*script*/</script>", "")
    return without_script.replace("Opening…", escape(text)).replace(
        "<title>hardex</title>", f"<title>{escape(title)}</title>"
    )


def _hash_of(text: str) -> str:
    return f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
