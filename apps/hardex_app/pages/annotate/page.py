"""The Annotate page: which class is this? One example at a time, without its label in view."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import gradio as gr

from hardex.annotate.session import AnnotationSession
from hardex.errors import HardexError
from hardex.people.access import Visitor
from hardex_app import annotating
from hardex_app.annotation_requests import NotStored
from hardex_app.answers import Answer, not_ready
from hardex_app.auth.visitors import current
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace


def facts(workspace: Workspace) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = workspace.run
    return None if run is None else annotating.facts(run)


def at_the_desk(
    workspace: Workspace,
    who: Callable[[], Visitor],
    ask: Callable[[AnnotationSession, Visitor], Answer],
) -> Answer:
    """The answer, `{"waiting": …}` before there is a run, or `{"error": …, "again": …}`.

    `again` tells the page to keep what it sent and to send it once more.
    """
    try:
        visitor = who()
        desk = annotating.session_of(workspace, visitor)
        return not_ready(workspace, "The run") if desk is None else ask(desk, visitor)
    except HardexError as error:
        return {"error": str(error), "again": isinstance(error, NotStored)}


@dataclass(frozen=True)
class AnnotatePage:
    """What the window needs of this page: `facts` goes into `desk`."""

    desk: gr.HTML


def build(workspace: Workspace) -> AnnotatePage:
    """The page, with nothing but wiring in it."""
    desk = gr.HTML(
        html_template=asset("pages/annotate/page.html"),
        js_on_load=script("pages/annotate/page.js"),
        server_functions=_questions(workspace),
        elem_id="desk",
    )
    return AnnotatePage(desk)


def _questions(workspace: Workspace) -> list[Callable[..., Any]]:
    # Who asks is known by the guard, never by what is sent.
    def next_examples(asked: dict[str, Any]) -> Any:
        return at_the_desk(workspace, current, partial(annotating.next_examples, asked))

    def annotate(said: dict[str, Any]) -> Any:
        return at_the_desk(workspace, current, partial(annotating.annotate, said))

    def undo(said: dict[str, Any]) -> Any:
        return at_the_desk(workspace, current, partial(annotating.undo, said))

    def earlier(asked: dict[str, Any]) -> Any:
        return at_the_desk(workspace, current, partial(annotating.earlier, asked))

    return [next_examples, annotate, undo, earlier]
