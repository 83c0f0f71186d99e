"""The owner's window: every page, and the line that reports progress.

What both windows share, placing pages and filling in their facts, is here too.
"""

from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.people.access import OWNER, Visitor
from hardex.runs.manifest import Source
from hardex_app import api
from hardex_app.auth.visitors import is_owner
from hardex_app.background import Status
from hardex_app.page import QUIET, Page
from hardex_app.pages import PAGES
from hardex_app.questions import server_functions
from hardex_app.responses import for_visitors
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

# Any number of visitors at once: by default each event waits for all others of its kind.
UNLIMITED: dict[str, Any] = {**QUIET, "concurrency_limit": None}
_FOR_ANNOTATORS = "This page cannot be shown now; try again later, or tell the owner."


def pages_of(role: str) -> list[Page]:
    """The pages of this role, in order."""
    return [page for page in PAGES if role in page.roles]


def place(pages: Sequence[Page], workspace: Workspace) -> list[gr.HTML]:
    """Put the pages on the window that is being built; gives the elements that take their facts."""
    shown = []
    for page in pages:
        with gr.Column(elem_id=f"page-{page.name}", elem_classes="hx-page"):
            shown.append(place_one(page, workspace))
    return shown


def place_one(page: Page, workspace: Workspace) -> gr.HTML:
    """One page: its markup, its script, its questions and its events."""
    properties: dict[str, Any] = dict.fromkeys(page.properties)
    shown = gr.HTML(
        html_template=asset(f"pages/{page.name}/page.html"),
        js_on_load=script(f"pages/{page.name}/page.js", *page.events),
        server_functions=server_functions(page.name, workspace) or None,
        elem_id=page.elem_id or page.name,
        **properties,
    )
    page.listen(shown, workspace)
    return shown


def facts_of(
    pages: Sequence[Page], workspace: Workspace, visitor: Visitor
) -> tuple[dict[str, Any] | None, ...]:
    """For each page what it must know; None until there is a run, or `problem` if it fails."""
    return tuple(_facts(page, workspace, visitor) for page in pages)


def titles(pages: Sequence[Page]) -> dict[str, str]:
    """The title of each page by name, for the bar of links."""
    return {page.name: page.title for page in pages}


def _facts(page: Page, workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    run, status = workspace.run, workspace.status
    if run is None:
        failed = status.over and is_owner(visitor)
        return {"problem": for_visitors(status.problem)} if failed else None
    try:
        return page.facts(workspace, visitor)
    except HardexError as error:
        problem = for_visitors(error, run) if is_owner(visitor) else _FOR_ANNOTATORS
        return {"problem": problem}


def build(workspace: Workspace) -> gr.Blocks:
    """The owner's window.

    All pages are in the document at once and the address says which one is shown (`ui/nav.js`):
    changing pages costs no request, and a link opens what its sender saw.
    """
    pages = pages_of(OWNER.role)
    with gr.Blocks(
        title="hardex", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as blocks:
        gr.HTML(
            html_template=asset("ui/nav.html"),
            js_on_load=script("ui/nav.js"),
            titles=titles(pages),
            elem_id="nav",
        )
        with gr.Row(elem_id="progress"):
            status = gr.HTML(status_html(workspace), elem_id="status", padding=False)
            cancel = gr.Button(
                "Skip this", visible=False, elem_id="cancel", size="sm", scale=0, min_width=120
            )
        shown = place(pages, workspace)
        _fill(blocks, workspace, pages, status, cancel, shown)
        cancel.click(workspace.cancel, **UNLIMITED)
        api.build(workspace, OWNER.role)
    window: gr.Blocks = blocks
    return window


def _fill(
    blocks: Any,
    workspace: Workspace,
    pages: Sequence[Page],
    status: gr.HTML,
    cancel: gr.Button,
    shown: Sequence[gr.HTML],
) -> None:
    """Fill in the progress and the facts, when a page is loaded and as the work goes on."""
    has_run, timer = gr.State(False), gr.Timer(0.5)

    def progress() -> tuple[Any, ...]:
        return status_html(workspace), gr.Button(visible=workspace.status.cancellable)

    def refresh() -> tuple[Any, ...]:
        workspace.visited()
        facts = facts_of(pages, workspace, OWNER)
        return (*progress(), workspace.run is not None, *facts)

    def tick(had_run: bool) -> tuple[Any, ...]:
        # Facts only once, when the run has just been completed: the pages request the rest.
        has = workspace.run is not None  # read once: it may be completed at any moment
        over = workspace.status.over
        is_news = has != had_run or (over and not has)
        facts = facts_of(pages, workspace, OWNER) if is_news else [gr.skip()] * len(shown)
        return (*progress(), has, gr.Timer(active=not over), *facts)

    outputs: list[Any] = [status, cancel, has_run]
    blocks.load(refresh, None, [*outputs, *shown], **UNLIMITED)
    timer.tick(tick, has_run, [*outputs, timer, *shown], **UNLIMITED)


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
    """Text for markup; `$` and braces are escaped too, as Gradio's templates evaluate them."""
    return escape(value).replace("$", "&#36;").replace("{", "&#123;").replace("}", "&#125;")
