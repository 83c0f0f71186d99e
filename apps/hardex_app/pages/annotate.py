"""The Annotate page: which class is this? One example at a time, without its label in view."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.runs.access import Visitor
from hardex_app import annotating
from hardex_app.answers import Answer, not_ready
from hardex_app.assets import asset, script
from hardex_app.door.visitors import current
from hardex_app.inspection import Desk, Inspection
from hardex_app.said import NotStored


def facts(inspection: Inspection) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = inspection.run
    return None if run is None else annotating.facts(run)


def at_the_desk(
    inspection: Inspection,
    who: Callable[[], Visitor],
    ask: Callable[[Desk, Visitor], Answer],
) -> Answer:
    """The answer, `{"waiting": …}` before there is a run, or `{"error": …, "again": …}`.

    `again` tells the page to keep what it sent and to send it once more.
    """
    try:
        visitor = who()
        desk = annotating.desk_of(inspection, visitor)
        return not_ready(inspection, "The run") if desk is None else ask(desk, visitor)
    except HardexError as error:
        return {"error": str(error), "again": isinstance(error, NotStored)}


@dataclass(frozen=True)
class AnnotatePage:
    """What the window needs of this page: `facts` goes into `desk`."""

    desk: gr.HTML


def build(inspection: Inspection) -> AnnotatePage:
    """The page, with nothing but wiring in it."""
    desk = gr.HTML(
        html_template=asset("annotate.html"),
        js_on_load=script("annotate.js"),
        server_functions=_questions(inspection),
        elem_id="desk",
    )
    return AnnotatePage(desk)


def _questions(inspection: Inspection) -> list[Callable[..., Any]]:
    # Who asks is known by the guard, never by what is sent.
    def next_examples(asked: dict[str, Any]) -> Any:
        return at_the_desk(inspection, current, partial(annotating.ask, asked))

    def annotate(said: dict[str, Any]) -> Any:
        return at_the_desk(inspection, current, partial(annotating.annotate, said))

    def undo(said: dict[str, Any]) -> Any:
        return at_the_desk(inspection, current, partial(annotating.undo, said))

    def earlier(asked: dict[str, Any]) -> Any:
        return at_the_desk(inspection, current, partial(annotating.earlier, asked))

    return [next_examples, annotate, undo, earlier]
