"""The window: the pages put together, and the line that says how far things are."""

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.runs.manifest import Source
from hardex_app import api
from hardex_app.answers import for_visitors
from hardex_app.pages.annotate import page as annotate
from hardex_app.pages.browse import page as browse
from hardex_app.pages.overview import page as overview
from hardex_app.pages.probe import page as probe
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Status, Workspace

_NOTHING_NEW = (gr.skip(), gr.skip(), gr.skip(), gr.skip())
_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def status_html(workspace: Workspace) -> str:
    """What the run found, how far the work is, and what is missing."""
    status = workspace.status
    problem = _text(for_visitors(status.problem, workspace.run))
    if status.stage == "failed":
        return f'<p class="hx-problem" role="alert">{problem}</p>'
    progress = "" if status.over else _progress(status)
    missing = f'<p class="hx-muted" role="status">{problem}</p>' if problem else ""
    return _found(workspace) + progress + missing


def _progress(status: Status) -> str:
    value = f' value="{status.done}" max="{status.total}"' if status.total else ""
    count = f" {status.done:,} of {status.total:,}" if status.total else "…"
    return (
        f'<div class="hx-progress"><span role="status">{_text(status.stage.capitalize())}{count}'
        f'</span><progress{value} aria-label="progress"></progress></div>'
    )


def _found(workspace: Workspace) -> str:
    run = workspace.run
    if run is None:
        return ""
    accuracy, counts = run.metrics["accuracy"], run.manifest.counts
    model, data = _named("model", run.manifest.model), _named("data", run.manifest.data)
    return (
        f'<p class="hx-muted">{counts["examples"]:,} examples, {counts["wrong"]:,} wrong: accuracy '
        f"{accuracy['value']:.2%} ({accuracy['low']:.2%} to {accuracy['high']:.2%})"
        f"{_text(model)}{_text(data)}</p>"
    )


def _named(what: str, source: Source | None) -> str:
    """The last part of a path: visitors need not know the folders of this computer."""
    if source is None:
        return ""
    return f" · {what} {Path(source.name).name if source.path else source.name}"


def _text(value: str) -> str:
    """Text for markup; `$` and braces too, which Gradio's templates would evaluate."""
    return escape(value).replace("$", "&#36;").replace("{", "&#123;").replace("}", "&#125;")


def _facts(page: Any, workspace: Workspace) -> dict[str, Any] | None:
    """What a page must know; or why it will never know it."""
    run, status = workspace.run, workspace.status
    if run is None:
        return {"problem": for_visitors(status.problem)} if status.over else None
    try:
        facts: dict[str, Any] | None = page.facts(workspace)
        return facts
    except HardexError as error:
        return {"problem": for_visitors(error, run)}


def build(workspace: Workspace) -> gr.Blocks:
    """The window, with nothing but wiring in it.

    All pages are on the page at once and the address says which one is seen (`ui/nav.js`), so
    that changing it costs no request and a link opens what its sender saw.
    """
    with gr.Blocks(
        title="hardex", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as blocks:
        gr.HTML(html_template=asset("ui/nav.html"), js_on_load=script("ui/nav.js"), elem_id="nav")
        with gr.Row(elem_id="progress"):
            status = gr.HTML(status_html(workspace), elem_id="status", padding=False)
            cancel = gr.Button(
                "Skip this", visible=False, elem_id="cancel", size="sm", scale=0, min_width=120
            )
        has_run = gr.State(False)
        with gr.Column(elem_id="page-overview", elem_classes="hx-page"):
            overview_page = overview.build(workspace)
        with gr.Column(elem_id="page-browse", elem_classes="hx-page"):
            browse_page = browse.build(workspace)
        with gr.Column(elem_id="page-annotate", elem_classes="hx-page"):
            annotate_page = annotate.build(workspace)
        with gr.Column(elem_id="page-probe", elem_classes="hx-page"):
            probe_page = probe.build(workspace)
        timer = gr.Timer(0.5)
        filled = [overview_page.board, browse_page.board, annotate_page.desk, probe_page.bench]

        def contents() -> tuple[Any, ...]:
            return tuple(_facts(page, workspace) for page in (overview, browse, annotate, probe))

        def progress() -> tuple[Any, ...]:
            return status_html(workspace), gr.Button(visible=workspace.status.cancellable)

        def refresh() -> tuple[Any, ...]:
            workspace.visited()
            return (*progress(), workspace.run is not None, *contents())

        def tick(had_run: bool) -> tuple[Any, ...]:
            # Only once, when the run has just become whole: the pages ask for the rest themselves.
            has = workspace.run is not None  # asked once: it may become whole at any moment
            over = workspace.status.over
            filling = contents() if has != had_run or (over and not has) else _NOTHING_NEW
            again = gr.Timer(active=not over)
            return (*progress(), has, again, *filling)

        # Any number of visitors at once: by default each event waits for all others of its kind.
        many: dict[str, Any] = {**_QUIET, "concurrency_limit": None}
        blocks.load(refresh, None, [status, cancel, has_run, *filled], **many)
        timer.tick(tick, has_run, [status, cancel, has_run, timer, *filled], **many)
        cancel.click(workspace.cancel, **many)
        api.build(workspace)
    window: gr.Blocks = blocks
    return window
