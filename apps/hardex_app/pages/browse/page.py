"""The Browse page: any view of the examples, and all that is known about one of them."""

from typing import Any

from hardex.people.access import OWNER, Visitor
from hardex_app import browsing
from hardex_app.page import Page
from hardex_app.responses import draft_key
from hardex_app.workspace import Workspace


def facts(workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    run = workspace.run
    return None if run is None else {**browsing.facts(run), "whose": draft_key(run, OWNER.name)}


PAGE = Page("browse", "Browse", facts=facts, elem_id="board")
