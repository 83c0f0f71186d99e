"""The window of annotators: Annotate and Probe, and nothing else.

It is a second app on the same port, to which the guard sends them. What it does not hold, no
request of theirs can reach: their endpoints, events and server functions are those of this window.
"""

import logging
from asyncio import Lock
from typing import Any

import gradio as gr
from gradio.routes import App
from starlette.types import Receive, Scope, Send

from hardex_app import api
from hardex_app.auth.visitors import SESSIONS_KEPT, THREADS, current, visitor_of
from hardex_app.pages.annotate import page as annotate
from hardex_app.pages.probe import page as probe
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

# Any number of visitors at once: by default each event waits for all others of its kind.
_QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_limit": None,
}
_LOG = logging.getLogger("hardex")
_PAGES = ("annotate", "probe")
_TICK_SECONDS = 1.0

Json = dict[str, Any]


class Annotators:
    """The window of annotators as an ASGI app, made ready by its first request."""

    def __init__(self, workspace: Workspace, root_path: str, looks: dict[str, Any]) -> None:
        """
        Args:
            workspace: what the owner looks at, too.
            root_path: where a proxy shows the app.
            looks: `theme` and `css`.
        """
        self.window: Any = build(workspace)
        self._app = _served(self.window, root_path, looks)
        self._ready, self._lock = False, Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request of an annotator."""
        if not self._ready:
            async with self._lock:
                if not self._ready:  # without this no event of the queue is ever answered
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
    # Gradio's own app, without the one around it: that would call itself at another path.
    found: list[Any] = [getattr(route, "app", None) for route in outer.routes]
    return next(app for app in found if isinstance(app, App))


class _Window(gr.Blocks):
    """A window in which an event that fails is one line for the owner, and no page of them.

    Gradio prints where each went wrong; a stranger could fill the owner's terminal with that.
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
    """The window, with nothing but wiring in it."""

    def who(request: Json) -> Json:
        return {"name": current().name}

    with _Window(title="hardex", analytics_enabled=False, fill_width=True) as blocks:
        gr.HTML(
            html_template=asset("ui/nav.html"),
            js_on_load=script("ui/nav.js"),
            server_functions=[who],
            pages=list(_PAGES),
            elem_id="nav",
        )
        status = gr.HTML(_status(workspace), elem_id="status", padding=False)
        has_run = gr.State(False)
        with gr.Column(elem_id="page-annotate", elem_classes="hx-page"):
            desk = annotate.build(workspace).desk
        with gr.Column(elem_id="page-probe", elem_classes="hx-page"):
            bench = probe.build(workspace).bench
        timer = gr.Timer(_TICK_SECONDS)

        def contents(request: gr.Request) -> tuple[Any, ...]:
            visitor = visitor_of(request)
            # What they have judged is asked for by the Probe page, when it is opened.
            return annotate.facts(workspace), probe.facts(workspace, visitor, listed=False)

        def refresh(request: gr.Request) -> tuple[Any, ...]:
            workspace.visited()
            return _status(workspace), workspace.run is not None, *contents(request)

        def tick(had_run: bool, request: gr.Request) -> tuple[Any, ...]:
            has = workspace.run is not None
            filling = contents(request) if has and not had_run else (gr.skip(), gr.skip())
            again = gr.Timer(active=not workspace.status.over)
            return _status(workspace), has, again, *filling

        blocks.load(refresh, None, [status, has_run, desk, bench], **_QUIET)
        timer.tick(tick, has_run, [status, has_run, timer, desk, bench], **_QUIET)
        api.build_for_annotators(workspace)
    window: gr.Blocks = blocks
    return window


def _status(workspace: Workspace) -> str:
    """Only whether there is something to wait for: what was found is the owner's."""
    status = workspace.status
    if workspace.run is not None:
        return ""
    if status.stage == "failed":
        return '<p class="hx-problem" role="alert">The app did not start; tell the owner.</p>'
    return '<p class="hx-muted" role="status">Almost ready…</p>'
