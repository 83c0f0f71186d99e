"""Coming in by a token and going out again: the pages and answers that are not Gradio's."""

import json
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from html import escape
from urllib.parse import urlsplit

from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.types import Receive

from hardex.errors import AccessError, HardexError, LinkOverError
from hardex.people.access import Visitor
from hardex_app.auth.gate import Asked, Gate, Keys
from hardex_app.ui.files import asset

TOKEN_BODY = 4_096  # bytes
_SESSION_SECONDS = 7 * 24 * 3600  # as long as `Access` lets one last

_NO_TOKEN = "This app opens with a personal link; ask for one whoever sent you here."
_LEFT = "You have left. Your own link opens the app again, and you go on where you were."
_TOO_OFTEN = "Too many tries; wait {seconds} seconds and try again."
# Which database it is, and where, is nobody's business but the owner's.
UNREADABLE = "The list of visitors cannot be read now; try again soon."


def nobody(asked: Asked) -> Response:
    """No token, no page."""
    if not asked.navigates:
        return sentence(_NO_TOKEN, 401)
    if asked.scope.get("query_string") == b"left":  # where `nav.js` leads
        return HTMLResponse(_plain_page("You have left", _LEFT), 401)
    return HTMLResponse(_plain_page("A personal link, please", _NO_TOKEN), 401)


# ------------------------------------------------------------------ tokens and sessions


async def enter(gate: Gate, keys: Keys, asked: Asked, body: bytes) -> Response:
    """A token for a session, always a new one: whoever planted an old one gains nothing."""
    session = await _entered(gate, keys, asked, _token_in(body))
    if isinstance(session, Response):
        return session
    for old in asked.sessions(gate):
        with suppress(HardexError):  # it ends by itself; the new one is what counts
            await gate.ask(keys.leave, old)
    answer = Response(status_code=204)
    answer.headers.append("set-cookie", _cookie(gate, asked, session, _SESSION_SECONDS))
    return answer


async def leave(gate: Gate, keys: Keys, asked: Asked) -> Response:
    for session in asked.sessions(gate):
        await gate.ask(keys.leave, session)
    answer = Response(status_code=204)
    answer.headers.append("set-cookie", _cookie(gate, asked, "", 0))
    return answer


async def by_token(gate: Gate, asked: Asked, token: str) -> tuple[Visitor | None, Response | None]:
    """Who has this token; a program sends it with every request, and gets one session for it."""
    keys = gate.keys
    if keys is None:
        return None, None
    session = gate.bearers.session(token)
    visitor = await gate.ask(keys.visitor, session) if session else None
    if visitor is not None:
        return visitor, None
    try:
        opened = await _entered(gate, keys, asked, token)
    except AccessError as error:
        return None, sentence(str(error), 401)
    if isinstance(opened, Response):
        return None, opened
    gate.bearers.keep(token, opened)
    return await gate.ask(keys.visitor, opened), None


async def _entered(gate: Gate, keys: Keys, asked: Asked, token: str) -> str | Response:
    """A new session for a token, or the answer to whoever failed too often.

    Raises:
        AccessError: the token is wrong, expired or revoked.
    """
    # By what guesses are counted: who asks, and the token whose secret is guessed.
    names = [f"from {asked.source}", f"id {token.partition('.')[0][:40]}"]
    async with gate.entering:  # one after the other, so that each failure counts for the next
        seconds = gate.throttle.wait(names)
        if seconds:
            return _too_often(seconds)
        try:
            return await gate.ask(keys.enter, token)
        except LinkOverError:  # that was no guess
            raise
        except AccessError:
            gate.throttle.failed(names)
            raise


def bearer_of(asked: Asked) -> str | None:
    kind, _, token = asked.headers.get("authorization", "").partition(" ")
    return token.strip() if kind.lower() == "bearer" else None


def _token_in(body: bytes) -> str:
    try:
        found = json.loads(body)["token"]
    except (ValueError, KeyError, TypeError, RecursionError):
        found = ""
    return found if isinstance(found, str) else ""


def _cookie(gate: Gate, asked: Asked, session: str, seconds: int) -> str:
    path = "/" if asked.secure else urlsplit(gate.root_path).path or "/"
    words = [
        f"{gate.cookie(secure=asked.secure)}={session}",
        f"Path={path}",
        f"Max-Age={seconds}",
        "HttpOnly",
        "SameSite=Lax",
    ]
    return "; ".join(words + ["Secure"] * asked.secure)


async def body_of(receive: Receive) -> bytes:
    """The whole body; how long it may be was looked at before."""
    body = b""
    while len(body) <= TOKEN_BODY:
        message = await receive()
        body += message.get("body", b"")
        if message["type"] != "http.request" or not message.get("more_body"):
            break
    return body


def sentence(text: str, status: int) -> Response:
    return PlainTextResponse(f"{text[:1].upper()}{text[1:]}\n", status_code=status)


def _too_often(seconds: int) -> Response:
    answer = sentence(_TOO_OFTEN.format(seconds=seconds), 429)
    answer.headers["retry-after"] = str(seconds)
    return answer


# ------------------------------------------------------------------ pages without Gradio


def enter_page(gate: Gate) -> Response:
    """The page that an invitation leads to; its script sends the token, which no log sees."""
    script, style = asset("auth/enter.js"), asset("auth/enter.css")
    page = asset("auth/enter.html").replace("/*style*/", style).replace("/*script*/", script)
    frames = " ".join(["'self'", *gate.framed_by])
    rules = (
        f"default-src 'none'; script-src {_hash_of(script)}; style-src {_hash_of(style)}; "
        "connect-src 'self'; base-uri 'none'; form-action 'none'; "
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
