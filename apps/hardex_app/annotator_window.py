"""The annotators' window: the pages of their role, and nothing else.

It is a second app on the same port, to which the guard routes their requests. These can reach only
the endpoints, events and server functions of this window.
"""

import logging
from asyncio import Lock
from typing import Any

import gradio as gr
from gradio.routes import App
from starlette.types import Receive, Scope, Send

from hardex_app import api
from hardex_app.auth.visitors import SESSIONS_KEPT, THREADS
from hardex_app.questions import NAV, server_functions
from hardex_app.window import QUIET, pages_of, place, place_bar
from hardex_app.workspace import Workspace

_LOG = logging.getLogger("hardex")
_ROLE = "annotator"
_TICK_SECONDS = 1.0


class Annotators:
    """The annotators' window as an ASGI app, started by its first request."""

    def __init__(self, workspace: Workspace, root_path: str, looks: dict[str, Any]) -> None:
        """
        Args:
            workspace: the same as the owner's.
            root_path: the path under which a proxy serves the app.
            looks: `theme` and `css`.
        """
        self.window: Any = build(workspace)
        self._app = _served(self.window, root_path, looks)
        self._ready, self._lock = False, Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of an annotator."""
        if not self._ready:
            async with self._lock:
                if not self._ready:  # without these no event of the queue is ever answered
                    self.window.run_startup_events()
                    await self.window.run_extra_startup_events()
                    self._ready = True
        await self._app(scope, receive, send)


def _served(window: gr.Blocks, root_path: str, looks: dict[str, Any]) -> App:
    from fastapi import FastAPI

    window.state_session_capacity = SESSIONS_KEPT
    window.max_threads = THREADS
    outer = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    gr.mount_gradio_app(
        outer,
        window,
        path="/",
        root_path=root_path or None,
        footer_links=[],
        show_error=False,
        allowed_paths=[],
        enable_monitoring=False,
        run_history=False,
        max_file_size="1mb",
        **looks,
    )
    # Gradio's own app without the outer one, which would add its own path.
    found: list[Any] = [getattr(route, "app", None) for route in outer.routes]
    return next(app for app in found if isinstance(app, App))


class _Window(gr.Blocks):
    """A window in which a failed event is one line in the log.

    Gradio prints the traceback of each; a stranger could fill the owner's terminal with that.
    """

    async def process_api(self, *args: Any, **options: Any) -> dict[str, Any]:
        """Answer an event."""
        try:
            answer: dict[str, Any] = await super().process_api(*args, **options)
        except gr.Error:
            raise
        except Exception as error:
            _LOG.error("an event of an annotator failed: %s", type(error).__name__)
            raise gr.Error("This cannot be answered.", print_exception=False) from error
        return answer


def build(workspace: Workspace) -> gr.Blocks:
    """The window of annotators."""
    pages = pages_of(_ROLE)
    with _Window(title="hardex", analytics_enabled=False, fill_width=True) as blocks:
        place_bar(pages, server_functions=server_functions(NAV, workspace))
        status = gr.HTML(_status(workspace), elem_id="status", padding=False)
        place(pages, workspace)
        _report(blocks, workspace, status)
        api.build(workspace, _ROLE)
    window: gr.Blocks = blocks
    return window


def _report(blocks: Any, workspace: Workspace, status: gr.HTML) -> None:
    """Show the status, when a window is loaded and until the run is completed."""
    timer = gr.Timer(_TICK_SECONDS)

    def refresh() -> str:
        workspace.visited()
        return _status(workspace)

    def tick() -> tuple[Any, ...]:
        over = workspace.status.over
        return _status(workspace), gr.Timer(active=not over)

    blocks.load(refresh, None, status, **QUIET)
    timer.tick(tick, None, [status, timer], **QUIET)


def _status(workspace: Workspace) -> str:
    """Only whether there is something to wait for: figures are for the owner."""
    status = workspace.status
    if workspace.run is not None:
        return ""
    if status.stage == "failed":
        return '<p class="hx-problem" role="alert">The app did not start; tell the owner.</p>'
    return '<p class="hx-muted" role="status">Almost ready…</p>'
