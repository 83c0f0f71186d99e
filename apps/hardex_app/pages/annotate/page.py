"""The Annotate page: which class is this? One example at a time, with its label hidden."""

from typing import Any

from hardex.people.access import Visitor
from hardex_app import annotating
from hardex_app.page import EVERYBODY, Page
from hardex_app.workspace import Workspace


def facts(workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    """What the page must know once, as soon as there is a run."""
    return None if workspace.run is None else annotating.facts(workspace.run)


PAGE = Page("annotate", "Annotate", roles=EVERYBODY, facts=facts, elem_id="desk")
