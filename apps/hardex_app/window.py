"""The owner's window: every page, and the line that reports progress.

What both windows share, the bar of links and the pages, is here too.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from hardex.people.access import OWNER
from hardex.runs.manifest import Source
from hardex_app import api
from hardex_app.background import Status
from hardex_app.page import Page
from hardex_app.pages import PAGES
from hardex_app.questions import server_functions
from hardex_app.responses import for_visitors
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

# For the events of a window: no progress bar, not an endpoint for programs, and any number of
# visitors at once, as by default each event waits for all others of its kind.
QUIET: dict[str, Any] = {
    "show_progress": "hidden",
    "api_visibility": "private",
    "concurrency_limit": None,
}
_TICK_SECONDS = 0.5


def pages_of(role: str) -> list[Page]:
    """The pages of this role, in order."""
    return [page for page in PAGES if role in page.roles]


def place_bar(pages: Sequence[Page], **options: Any) -> None:
    """Put the bar of links to these pages on the window that is being built."""
    gr.HTML(
        html_template=asset("ui/nav.html"),
        js_on_load=script("ui/nav.js"),
        pages=[{"name": page.name, "title": page.title} for page in pages],
        elem_id="nav",
        **options,
    )


def place(pages: Sequence[Page], workspace: Workspace) -> None:
    """Put the pages on the window that is being built."""
    for page in pages:
        with gr.Column(elem_id=f"page-{page.name}", elem_classes="hx-page"):
            place_one(page, workspace)


def place_one(page: Page, workspace: Workspace) -> None:
    """One page: its markup, its script and its questions."""
    gr.HTML(
        html_template=asset(f"pages/{page.name}/page.html"),
        js_on_load=script(f"pages/{page.name}/page.js"),
        server_functions=server_functions(page.name, workspace),
        elem_id=page.elem_id or page.name,
    )


def build(workspace: Workspace) -> gr.Blocks:
    """The owner's window.

    All pages are in the document at once and the address says which one is shown (`ui/nav.js`):
    changing pages costs no request, and a link opens what its sender saw.
    """
    pages = pages_of(OWNER.role)
    with gr.Blocks(
        title="hardex", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as blocks:
        place_bar(pages)
        with gr.Row(elem_id="progress"):
            status = gr.HTML(status_html(workspace), elem_id="status", padding=False)
            cancel = gr.Button(
                "Skip this", visible=False, elem_id="cancel", size="sm", scale=0, min_width=120
            )
        place(pages, workspace)
        _report(blocks, workspace, status, cancel)
        cancel.click(workspace.cancel, **QUIET)
        api.build(workspace, OWNER.role)
    window: gr.Blocks = blocks
    return window


def _report(blocks: Any, workspace: Workspace, status: gr.HTML, cancel: gr.Button) -> None:
    """Show the progress, when a window is loaded and as the work goes on."""
    timer = gr.Timer(_TICK_SECONDS)

    def progress() -> tuple[Any, ...]:
        return status_html(workspace), gr.Button(visible=workspace.status.cancellable)

    def refresh() -> tuple[Any, ...]:
        workspace.visited()
        return progress()

    def tick() -> tuple[Any, ...]:
        over = workspace.status.over  # read first: the last tick must show how it ended
        return *progress(), gr.Timer(active=not over)

    blocks.load(refresh, None, [status, cancel], **QUIET)
    timer.tick(tick, None, [status, cancel, timer], **QUIET)


def status_html(workspace: Workspace) -> str:
    """The figures of the run, the progress of the work, and what is missing."""
    status = workspace.status
    problem = _text(for_visitors(status.problem, workspace.run))
    if status.stage == "failed":
        return f'<p class="hx-problem" role="alert">{problem}</p>'
    progress = "" if status.over else _progress(status)
    missing = f'<p class="hx-muted" role="status">{problem}</p>' if problem else ""
    return _run_line(workspace) + progress + missing


def _progress(status: Status) -> str:
    value = f' value="{status.done}" max="{status.total}"' if status.total else ""
    count = f" {status.done:,} of {status.total:,}" if status.total else "…"
    return (
        f'<div class="hx-progress"><span role="status">{_text(status.stage.capitalize())}{count}'
        f'</span><progress{value} aria-label="progress"></progress></div>'
    )


def _run_line(workspace: Workspace) -> str:
    run = workspace.run
    if run is None:
        return ""
    accuracy, counts = run.metrics["accuracy"], run.manifest.counts
    model, data = _named("model", run.manifest.model), _named("data", run.manifest.data)
    return (
        f'<p class="hx-muted">{counts["examples"]:,} examples, {counts["wrong"]:,} errors, '
        f"accuracy {accuracy['value']:.2%} ({accuracy['low']:.2%} to {accuracy['high']:.2%})"
        f"{_text(model)}{_text(data)}</p>"
    )


def _named(what: str, source: Source | None) -> str:
    """The last part of a path: visitors need not know the folders of this computer."""
    if source is None:
        return ""
    return f" · {what} {Path(source.name).name if source.path else source.name}"


def _text(value: str) -> str:
    """Text for markup; `$` and braces are escaped too, as Gradio's templates evaluate them."""
    return escape(value).replace("$", "&#36;").replace("{", "&#123;").replace("}", "&#125;")
