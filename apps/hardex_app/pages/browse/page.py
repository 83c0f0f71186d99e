"""The Browse page: any view of the examples, and one of them large, with all that is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex.errors import HardexError, MisplacedError, StorageError
from hardex.people.access import OWNER, Visitor
from hardex.runs.run import Run
from hardex_app import browsing
from hardex_app.answers import Answer, for_visitors, kept_for, not_ready, of_run
from hardex_app.auth.visitors import current, for_owner
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace


def facts(workspace: Workspace) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = workspace.run
    return None if run is None else {**browsing.facts(run), "whose": kept_for(run, OWNER.name)}


def store_verdict(workspace: Workspace, request: Any, visitor: Visitor) -> Answer:
    """Store the owner's verdict on an example; when this returns, it is on disk.

    Args:
        workspace: the run that is shown.
        request: `id`, `verdict`, `new_label`, `comment`, and `event_id`: a UUID made by the page,
            so that what is sent twice is stored once.
        visitor: who asks.

    Returns:
        `id`, `verdict`, `lines` (all annotations of the example) and its `verdicts`;
        `{"waiting": …}` before there is a run; or `{"error": …, "again": …}`, where `again` tells
        the page to send it once more.
    """
    try:
        for_owner(visitor)
        run = workspace.run
        if run is None:
            return not_ready(workspace, "The run")
        if not isinstance(request, Mapping):
            raise HardexError("Invalid request; reload the page.")
        lines = browsing.judge(run, visitor.name, request, workspace.heard)
    except HardexError as error:
        again = isinstance(error, StorageError | MisplacedError)
        return {"error": for_visitors(error, workspace.run), "again": again}
    id = str(request["id"])
    verdicts = browsing.verdicts_of(run, [id]).get(id, [])
    return {"id": id, "verdict": request["verdict"], "lines": lines, "verdicts": verdicts}


@dataclass(frozen=True)
class BrowsePage:
    """What the window needs of this page: `facts` goes into `board`."""

    board: gr.HTML


def build(workspace: Workspace) -> BrowsePage:
    """The page, with nothing but wiring in it."""
    board = gr.HTML(
        html_template=asset("pages/browse/page.html"),
        js_on_load=script("pages/browse/page.js"),
        server_functions=_questions(workspace),
        elem_id="board",
    )
    return BrowsePage(board)


def _questions(workspace: Workspace) -> list[Callable[..., Any]]:
    def asked(ask: Callable[[Run], Any]) -> Any:
        def asking(run: Run) -> Any:
            for_owner(current())  # labels, ids and annotations of others: not for annotators
            return ask(run)

        return of_run(workspace, asking)

    def browse(words: dict[str, Any]) -> Any:
        return asked(lambda run: browsing.browse(words, run))

    def example(id: str) -> Any:
        return asked(lambda run: browsing.example(id, run))

    def image(id: str) -> Any:
        return asked(lambda run: browsing.image(id, run))

    def easier(id: str) -> Any:
        return asked(lambda run: browsing.easier(id, run))

    def pictures(ids: list[str]) -> Any:
        return asked(lambda run: browsing.pictures(ids, run))

    def neighbours(id: str) -> Any:
        return asked(lambda run: browsing.neighbours(id, run, workspace))

    def judge(request: Any) -> Any:
        return store_verdict(workspace, request, current())

    return [browse, example, image, easier, pictures, neighbours, judge]
