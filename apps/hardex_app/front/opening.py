"""What the owner sees until their window is there: Gradio takes seconds to load and to draw.

The server answers at once. Until the window is built, its address answers a small page that waits
for it; the window's own document begins with the same box, which goes once the pages are drawn.
"""

import asyncio
from concurrent.futures import Future
from functools import cache
from typing import Any

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from hardex_app.ui.files import asset
from hardex_app.ui.modules import modules

OPENED = "/opened"  # answered once the window is there
_AT_ONCE_SECONDS = 0.3  # a window that is nearly there needs no page that waits for it
_BODY = b"<body"


@cache
def _box() -> str:
    """The box, with its style and script, for the head and the body of a document."""
    script = f'<script type="module" src="{modules().address("ui/opening.js")}"></script>'
    return f"<style>{asset('front/opening.css')}</style>{script}{asset('front/opening.html')}"


@cache
def waiting_page() -> str:
    """The page that waits for the window.

    Example:
        >>> "Gradio" in waiting_page(), 'id="hx-opening"' in waiting_page()
        (False, True)
    """
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>hardex</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<link rel="icon" href="data:,"></head>'
        f'<body data-hx-waits style="margin: 0">{_box()}</body></html>'
    )


class Opening:
    """The owner's window as an ASGI app, from before it is built."""

    def __init__(self) -> None:
        self._window: ASGIApp | None = None
        self._given, self._opened = asyncio.Event(), asyncio.Event()
        self._shown: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None

    def show(self, window: ASGIApp) -> None:
        """Answer with this window from now on; called once, from another thread than the server's.

        Raises:
            RuntimeError: the server has not started, or the window does not start.
        """
        if self._loop is None:
            raise RuntimeError("the server has not started")
        self._window = window
        self._loop.call_soon_threadsafe(self._given.set)
        self._shown.result()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of the owner."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if scope["path"] == "/" and not await self._opens_within(_AT_ONCE_SECONDS):
            page = HTMLResponse(waiting_page(), headers={"cache-control": "no-store"})
            await page(scope, receive, send)
            return
        await self._opened.wait()
        if scope["path"] == OPENED:
            await Response(status_code=204)(scope, receive, send)
        elif self._window is not None:
            await self._window(scope, receive, send)

    async def _opens_within(self, seconds: float) -> bool:
        try:
            await asyncio.wait_for(self._opened.wait(), seconds)
        except TimeoutError:
            return False
        return True

    async def _live(self, receive: Receive, send: Send) -> None:
        """Start with the server, start the window once it is built, and end both together."""
        self._loop = asyncio.get_running_loop()
        await receive()
        await send({"type": "lifespan.startup.complete"})
        ends = asyncio.ensure_future(receive())
        given = asyncio.ensure_future(self._given.wait())
        await asyncio.wait({ends, given}, return_when=asyncio.FIRST_COMPLETED)
        if given.done() and self._window is not None:
            await self._live_with(self._window, ends)
        given.cancel()
        await ends
        await send({"type": "lifespan.shutdown.complete"})

    async def _live_with(self, window: ASGIApp, ends: "asyncio.Future[Message]") -> None:
        messages: asyncio.Queue[Message] = asyncio.Queue()

        async def sending(message: Message) -> None:
            if message["type"] == "lifespan.startup.complete":
                self._opened.set()
                self._shown.set_result(None)
            elif message["type"] == "lifespan.startup.failed" and not self._shown.done():
                self._shown.set_exception(RuntimeError(message.get("message", "")))

        messages.put_nowait({"type": "lifespan.startup"})
        scope = {"type": "lifespan", "asgi": {"version": "3.0"}, "state": {}}
        living = asyncio.ensure_future(window(scope, messages.get, sending))
        both: set[asyncio.Future[Any]] = {ends, living}
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
        if living.done() and not self._shown.done():
            why = living.exception() or RuntimeError("the window ended at its start")
            self._shown.set_exception(why)
            return
        messages.put_nowait({"type": "lifespan.shutdown"})
        await living


def with_box(app: ASGIApp) -> ASGIApp:
    """The window's document, which then begins with the box.

    Args:
        app: answers the document.
    """

    async def answering(scope: Scope, receive: Receive, send: Send) -> None:
        start: Message = {}
        document = b""

        async def sending(message: Message) -> None:
            nonlocal start, document
            if message["type"] == "http.response.start":
                start = message
                return
            document += message.get("body", b"")
            if message.get("more_body", False):
                return
            document = _with_box(document)
            length = (b"content-length", str(len(document)).encode())
            kept = [one for one in start["headers"] if one[0].lower() != b"content-length"]
            await send({**start, "headers": [*kept, length]})
            await send({"type": "http.response.body", "body": document})

        plain = [one for one in scope["headers"] if one[0] != b"accept-encoding"]
        await app({**scope, "headers": plain}, receive, sending)

    return GZipMiddleware(answering)


def _with_box(document: bytes) -> bytes:
    """The document with the box at the beginning of its body.

    Example:
        >>> _with_box(b"<body class='x'><p>").startswith(b"<body class='x'><style>")
        True
        >>> _with_box(b"Not found.")
        b'Not found.'
    """
    before, body, after = document.partition(_BODY)
    attributes, end, rest = after.partition(b">")
    if not end:
        return document
    return before + body + attributes + end + _box().encode() + rest
