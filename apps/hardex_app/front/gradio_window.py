"""The owner's window as an ASGI app: Gradio, to which only checked requests are handed on."""

import json
import re
from collections.abc import Mapping
from contextlib import nullcontext

from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hardex_app.auth.bodies import again
from hardex_app.auth.sentences import FAILED, not_allowed, sentence
from hardex_app.front.gradio_protocol import (
    TOO_MANY,
    Endpoint,
    Refused,
    check_result,
    checked_call,
    checked_query,
    is_known,
    read_by,
)
from hardex_app.front.opening import with_box
from hardex_app.front.unread import Unread

_KEPT = re.compile(r"/(assets|static|svelte)/")  # the same for everybody, and as old as Gradio
_HOUR, _NEVER = b"private, max-age=3600", b"no-store"


class GradioWindow:
    """Gradio behind a check of each request; see `hardex_app.front.gradio_protocol`."""

    def __init__(
        self, app: ASGIApp, endpoints: Mapping[str, Endpoint], *, lifespan: ASGIApp
    ) -> None:
        """
        Args:
            app: Gradio's.
            endpoints: the named endpoints that programs may call.
            lifespan: starts and ends Gradio's work.
        """
        self._app, self._document = app, with_box(app)
        self._endpoints, self._lifespan = endpoints, lifespan
        self._unread = Unread()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the owner."""
        if scope["type"] == "lifespan":
            await self._lifespan(scope, receive, send)
            return
        method, path = scope["method"], scope["path"]
        if not is_known(method, path):
            other = "GET" if method == "POST" else "POST"
            response = not_allowed(other) if is_known(other, path) else sentence("Not found.", 404)
            await response(scope, receive, send)
            return
        try:
            scope, receive = await self._checked(scope, receive)
        except Refused as refusal:
            await sentence(refusal.sentence, refusal.status)(scope, receive, send)
            return
        refusals = _Refusals(send)
        sending = _with_lifetime(refusals.sending, _HOUR if _KEPT.match(path) else _NEVER)
        session = read_by(path, scope["query_string"]) if method == "GET" else None
        with self._unread.reading(session) if session else nullcontext():
            app = self._document if path == "/" else self._app
            await app(scope, receive, sending)
        if session == "" and refusals.response is None:
            self._unread.take()
        if refusals.response is not None:
            await refusals.response(scope, receive, send)

    async def _checked(self, scope: Scope, receive: Receive) -> tuple[Scope, Receive]:
        path = scope["path"]
        check_result(path, self._endpoints)
        scope = {**scope, "query_string": checked_query(path, scope.get("query_string", b""))}
        if scope["method"] != "POST":
            return scope, receive
        body, session = checked_call(path, (await receive())["body"], self._endpoints)
        if session is not None and not self._unread.add(session):
            raise Refused(TOO_MANY, 429)
        length = (b"content-length", str(len(body)).encode())
        headers = [one for one in scope["headers"] if one[0] != b"content-length"]
        return {**scope, "headers": [*headers, length]}, again(body, receive)


def _with_lifetime(send: Send, lifetime: bytes) -> Send:
    """Say how long browsers may keep the response."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            others = [one for one in message.get("headers", []) if one[0] != b"cache-control"]
            message = {**message, "headers": [*others, (b"cache-control", lifetime)]}
        await send(message)

    return sending


class _Refusals:
    """Holds back what Gradio refuses, and says it as the app does.

    Attributes:
        response: the response instead, once Gradio has refused.
    """

    def __init__(self, send: Send) -> None:
        self._send = send
        self._status, self._said = 0, b""
        self.response: Response | None = None

    async def sending(self, message: Message) -> None:
        """Send this on, unless it is a part of a refusal."""
        if message["type"] == "http.response.start" and message["status"] >= 400:
            self._status = message["status"]
        if not self._status:
            await self._send(message)
        elif message["type"] == "http.response.body":
            self._said += message.get("body", b"")
            if not message.get("more_body", False):
                self.response = _refused(self._status, self._said)


def _refused(status: int, said: bytes) -> Response:
    """The response for what Gradio refuses: it has another form for each, with or without reason.

    Example:
        >>> _refused(500, b'{"error": "there is no run."}').status_code
        422
        >>> _refused(404, b'{"detail": "Not Found"}').body
        b'Not found.\\n'
    """
    try:
        found = json.loads(said)
    except ValueError:
        found = None
    if isinstance(found, dict) and isinstance(found.get("error"), str):  # an endpoint's sentence
        return Response(said, 422, media_type="application/json")
    return sentence(FAILED, 500) if status >= 500 else sentence("Not found.", 404)
