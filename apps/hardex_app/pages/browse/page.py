"""The Browse page: any view of the examples, and one of them large, with all that is known."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.people.access import OWNER, Visitor
from hardex.runs.run import Run
from hardex_app import browsing
from hardex_app.answers import for_visitors, kept_for, of_run, token_of
from hardex_app.auth.visitors import current, for_owner, visitor_of
from hardex_app.ui.files import asset
from hardex_app.ui.modules import script
from hardex_app.workspace import Workspace

_QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}


def facts(workspace: Workspace) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = workspace.run
    return None if run is None else {**browsing.facts(run), "whose": kept_for(run, OWNER.name)}


def on_judge(workspace: Workspace, said: Any, visitor: Visitor = OWNER) -> dict[str, Any]:
    """The owner judged an example."""
    try:
        for_owner(visitor)
        if workspace.run is None:
            raise HardexError("a verdict needs a run; it is not ready yet; wait for the ranking.")
        lines = browsing.judge(workspace.run, visitor.name, said, workspace.heard)
    except HardexError as error:
        return {"id": said.get("id"), "error": for_visitors(error, workspace.run)}
    id = said["id"]
    verdicts = browsing.verdicts_of(workspace.run, [id]).get(id, [])
    return {"id": id, "verdict": said.get("verdict"), "lines": lines, "verdicts": verdicts}


@dataclass(frozen=True)
class BrowsePage:
    """What the window needs of this page: `facts` goes into `board`."""

    board: gr.HTML


def build(workspace: Workspace) -> BrowsePage:
    """The page, with nothing but wiring in it."""
    board = gr.HTML(
        html_template=asset("pages/browse/page.html"),
        js_on_load=script("pages/browse/page.js", "judge"),
        server_functions=_questions(workspace),
        said=None,  # the answer to "judge"
        elem_id="board",
    )

    # Gradio finds `gr.EventData` and `gr.Request` by the signature of a real function.
    def judge(event: gr.EventData, request: gr.Request) -> gr.HTML:
        asked = event._data if isinstance(event._data, dict) else {}
        said = {
            name: asked.get(name, "") for name in ("id", "verdict", "new_label", "comment", "token")
        }
        told = on_judge(workspace, said, visitor_of(request))
        return gr.HTML(said={"token": token_of(said["token"]), **told})

    board.judge(judge, None, board, api_name="judge_on_page", **_QUIET)
    return BrowsePage(board)


def _questions(workspace: Workspace) -> list[Callable[..., Any]]:
    def asked(ask: Callable[[Run], Any]) -> Any:
        def asking(run: Run) -> Any:
            for_owner(current())  # labels, ids and what others said: not for annotators
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

    return [browse, example, image, easier, pictures, neighbours]
