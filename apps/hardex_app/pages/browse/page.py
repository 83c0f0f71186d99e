"""The Browse page: any view of the examples, and all that is known about one of them."""

from typing import Any

import gradio as gr

from hardex.errors import HardexError
from hardex.people.access import OWNER, Visitor
from hardex_app import browsing
from hardex_app.auth.visitors import for_owner, visitor_of
from hardex_app.page import QUIET, Page
from hardex_app.responses import draft_key, for_visitors, token_of
from hardex_app.workspace import Workspace

_SENT = ("id", "verdict", "new_label", "comment", "token")


def facts(workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = workspace.run
    return None if run is None else {**browsing.facts(run), "whose": draft_key(run, OWNER.name)}


def on_judge(workspace: Workspace, request: Any, visitor: Visitor = OWNER) -> dict[str, Any]:
    """Store the owner's verdict; its annotations and verdicts, or an `error` sentence."""
    try:
        for_owner(visitor)
        if workspace.run is None:
            raise HardexError("a verdict needs a run; it is not ready yet; wait for the ranking.")
        lines = browsing.judge(workspace.run, visitor.name, request, workspace.annotation_stored)
    except HardexError as error:
        return {"id": request.get("id"), "error": for_visitors(error, workspace.run)}
    id = request["id"]
    verdicts = browsing.verdicts_of(workspace.run, [id]).get(id, [])
    return {"id": id, "verdict": request.get("verdict"), "lines": lines, "verdicts": verdicts}


def _listen(board: gr.HTML, workspace: Workspace) -> None:
    # Gradio finds `gr.EventData` and `gr.Request` by the signature of a real function.
    def judge(event: gr.EventData, request: gr.Request) -> gr.HTML:
        sent = event._data if isinstance(event._data, dict) else {}
        verdict = {name: sent.get(name, "") for name in _SENT}
        response = on_judge(workspace, verdict, visitor_of(request))
        return gr.HTML(said={"token": token_of(verdict["token"]), **response})

    board.judge(judge, None, board, api_name="judge_on_page", **QUIET)


PAGE = Page(
    "browse",
    "Browse",
    facts=facts,
    events=("judge",),
    listen=_listen,
    elem_id="board",
    properties=("said",),
)
