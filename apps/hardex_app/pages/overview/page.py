"""The Overview page: how good the model is, class by class, and links to where it fails."""

from typing import Any

from hardex.people.access import Visitor
from hardex_app.cards import overview_with_pictures
from hardex_app.page import Page
from hardex_app.workspace import Workspace


def facts(workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    """The figures that the page draws, as soon as there is a run."""
    return None if workspace.run is None else overview_with_pictures(workspace.run)


PAGE = Page("overview", "Overview", facts=facts)
