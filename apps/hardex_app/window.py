"""The window: the pages put together, and the line that says how far things are."""

from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from hardex.runs.manifest import Source
from hardex_app.inspection import Inspection
from hardex_app.pages import browse, probe

_PROBE_TAB = "probe"


def status_html(inspection: Inspection) -> str:
    """The progress line, or the problem, or what the run found."""
    status = inspection.status
    if status.stage == "failed":
        return f'<p class="hx-problem" role="alert">{_text(status.problem)}</p>'
    if status.over or (inspection.run is not None and not status.total):
        return _found(inspection)
    value = f' value="{status.done}" max="{status.total}"' if status.total else ""
    count = f" {status.done:,} of {status.total:,}" if status.total else "…"
    return (
        f'<div class="hx-progress"><span role="status">{_text(status.stage.capitalize())}{count}'
        f'</span><progress{value} aria-label="progress"></progress></div>'
    )


def _found(inspection: Inspection) -> str:
    run = inspection.run
    if run is None:
        return ""
    accuracy, counts = run.metrics["accuracy"], run.manifest.counts
    model, data = _named("model", run.manifest.model), _named("data", run.manifest.data)
    loading = "" if inspection.status.over else " · the model is loading…"
    return (
        f'<p class="hx-muted">{counts["examples"]:,} examples, {counts["wrong"]:,} wrong: accuracy '
        f"{accuracy['value']:.2%} ({accuracy['low']:.2%} to {accuracy['high']:.2%})"
        f"{_text(model)}{_text(data)}{loading}</p>"
    )


def _named(what: str, source: Source | None) -> str:
    """The last part of a path: visitors need not know the folders of this computer."""
    if source is None:
        return ""
    return f" · {what} {Path(source.name).name if source.path else source.name}"


def _text(value: str) -> str:
    """Text for markup; `$` and braces too, which Gradio's templates would evaluate."""
    return escape(value).replace("$", "&#36;").replace("{", "&#123;").replace("}", "&#125;")


def build(inspection: Inspection) -> gr.Blocks:
    """The window, with nothing but wiring in it."""
    with gr.Blocks(
        title="hardex", analytics_enabled=False, fill_width=True, delete_cache=(3600, 86400)
    ) as blocks:
        gr.HTML(
            '<div class="hx-head"><h1>hardex</h1>'
            "<p>Where does the model fail, and what changes its mind?</p></div>"
        )
        status = gr.HTML(status_html(inspection), elem_id="status")
        has_run = gr.State(False)
        with gr.Tabs() as tabs:
            with gr.Tab("Browse", id="browse"):
                browse_page = browse.build(inspection)
            with gr.Tab("Probe", id=_PROBE_TAB):
                probe_page = probe.build(inspection)
        timer = gr.Timer(0.5)

        def contents() -> tuple[Any, ...]:
            return (probe.facts(inspection), *browse_page.refresh())

        def refresh() -> tuple[Any, ...]:
            inspection.visited()
            has = inspection.run is not None
            return (status_html(inspection), has, *contents())

        def tick(had_run: bool) -> tuple[Any, ...]:
            # Only once, when the run has just become whole: later the visitor has set filters.
            has = inspection.run is not None  # asked once: it may become whole at any moment
            filling = contents() if has and not had_run else tuple(gr.skip() for _ in filled)
            again = gr.Timer(active=not inspection.status.over)
            return (status_html(inspection), has, again, *filling)

        filled = [probe_page.bench, *browse_page.outputs]
        quiet: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}
        blocks.load(refresh, None, [status, has_run, *filled], **quiet)
        timer.tick(tick, has_run, [status, has_run, timer, *filled], **quiet)
        browse_page.probe_this.click(
            lambda id: (gr.Tabs(selected=_PROBE_TAB), probe.asked_for(inspection, id)),
            browse_page.chosen,
            [tabs, probe_page.bench],
            **quiet,
        )
    window: gr.Blocks = blocks
    return window
