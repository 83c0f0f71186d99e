"""The routes: what each address answers. The guard has let the visitor in and checked the request.

| address | answers |
|---|---|
| `ask/PAGE/NAME` | a question of a page, see `hardex_app.questions`; JSON in and out |
| `pictures/STATE/KIND?…` | a large picture, see `hardex_app.pictures` |
| `modules/VERSION/NAME`, `style/HASH.css` | scripts and style, which may be cached for good |
| `here` | 204: the visitor may still be here |
| `/` | the window of annotators and viewers; the owner's is Gradio's |
"""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from typing import Any

from anyio import CapacityLimiter
from anyio.to_thread import run_sync
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex_app.auth.entering import NO_TOKEN, UNREADABLE
from hardex_app.auth.sentences import not_allowed, sentence
from hardex_app.auth.visitors import IN_SCOPE, STILL_HERE, THREADS, is_owner
from hardex_app.front.visitor_window import (
    POLICY,
    ROLES,
    document,
    style_address,
    stylesheet,
)
from hardex_app.pictures import Pictures
from hardex_app.questions import Question, answered, question
from hardex_app.ui.modules import modules
from hardex_app.workspace import Workspace

_FOR_GOOD = {"cache-control": "private, max-age=31536000, immutable"}  # the address names it
_AT_ONCE, _VISITORS_KEPT = 16, 1_000  # questions of a visitor; visitors
_JAVASCRIPT, _CSS = "text/javascript; charset=utf-8", "text/css; charset=utf-8"
_NO_JSON = "The body must be JSON in UTF-8; this one is not; encode it as such."


class Front:
    """The app's own routes as an ASGI app; other paths go to `gradio`, for the owner alone."""

    def __init__(self, workspace: Workspace, gradio: ASGIApp, frames: tuple[str, ...] = ()) -> None:
        """
        Args:
            workspace: what the app has open.
            gradio: the owner's window.
            frames: the sites, besides the app itself, that may show the windows of visitors.
        """
        self._workspace, self._gradio = workspace, gradio
        self._pictures = Pictures(workspace)
        self._threads, self._turns = CapacityLimiter(THREADS), _Turns()
        self._fixed = _fixed()
        policy = POLICY.format(frames=" ".join(["'self'", *frames]))
        headers = {"content-security-policy": policy}
        self._windows = {role: HTMLResponse(document(role), headers=headers) for role in ROLES}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of a visitor whom the guard has let in."""
        if scope["type"] == "lifespan":
            await self._gradio(scope, receive, send)
            return
        visitor: Visitor = scope[IN_SCOPE]
        answer = self._route(scope["method"], scope["path"], visitor)
        if answer is None and is_owner(visitor):
            await self._gradio(scope, receive, send)
            return
        answer = answer or _always(sentence("Not found.", 404))
        response = await answer(visitor, Request(scope, receive))
        await response(scope, receive, send)

    def _route(self, method: str, path: str, visitor: Visitor) -> "_Answer | None":
        kind, _, rest = path[1:].partition("/")
        if kind == "ask":
            asked = question(*rest.split("/", 1)) if "/" in rest else None
            if asked is None or visitor.role not in asked.roles:
                return _always(sentence("Not found.", 404))
            return self._asking(asked) if method == "POST" else _always(not_allowed("POST"))
        found: _Answer | None = None
        if path in self._fixed:
            found = _always(self._fixed[path])
        elif kind == "pictures":
            found = self._pictures
        elif path == "/" and visitor.role in self._windows:
            found = _always(self._windows[visitor.role])
        if found is not None and method not in ("GET", "HEAD"):
            return _always(not_allowed("GET"))
        return found

    def _asking(self, asked: Question) -> "_Answer":
        async def answer(visitor: Visitor, request: Request) -> Response:
            try:
                sent = json.loads(await request.body() or b"{}")
            except (ValueError, RecursionError):
                return sentence(_NO_JSON, 400)
            async with self._turns.of(visitor):
                still_here = request.scope[STILL_HERE]
                return await run_sync(
                    _answer_if_here,
                    lambda: _answer(asked, self._workspace, sent, visitor),
                    still_here,
                    limiter=self._threads,
                )

        return answer


class _Turns:
    """How many questions of one visitor are answered at once, so that nobody takes all threads."""

    def __init__(self) -> None:
        self._limits: OrderedDict[Visitor, CapacityLimiter] = OrderedDict()

    def of(self, visitor: Visitor) -> CapacityLimiter:
        """The limit of a visitor."""
        limit = self._limits.pop(visitor, None) or CapacityLimiter(_AT_ONCE)
        self._limits[visitor] = limit  # the last one used is the last one forgotten
        if len(self._limits) > _VISITORS_KEPT:
            self._limits.popitem(last=False)
        return limit


_Answer = Callable[[Visitor, Request], Awaitable[Response]]


def _answer_if_here(answer: Callable[[], Response], still_here: Callable[[], bool]) -> Response:
    """The answer, unless the session has ended while the request or its answer waited."""
    try:
        if still_here():
            found = answer()
            if still_here():
                return found
    except HardexError:
        return sentence(UNREADABLE, 503)
    return sentence(NO_TOKEN, 401)


def _answer(asked: Question, workspace: Workspace, sent: Any, visitor: Visitor) -> Response:
    """The answer as JSON; made in a thread, as it may hold megabytes of pictures."""
    found = answered(asked, workspace, sent, visitor)
    return Response(
        json.dumps(found, default=_plain, separators=(",", ":"), allow_nan=False),
        media_type="application/json",
    )


def _plain(value: Any) -> Any:
    """A value of NumPy as JSON knows it."""
    if hasattr(value, "tolist"):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _fixed() -> dict[str, Response]:
    """What is the same for every visitor, by its path."""
    style = Response(stylesheet(), 200, _FOR_GOOD, _CSS)
    return {
        "/here": Response(status_code=204),
        f"/{style_address()}": style,
        **{
            path: Response(content, 200, _FOR_GOOD, _JAVASCRIPT)
            for path, content in modules().served.items()
        },
    }


def _always(response: Response) -> "_Answer":
    async def answer(visitor: Visitor, request: Request) -> Response:
        return response

    return answer
