"""The Compare page: several models on the same examples."""

from typing import Any

from hardex_app import comparing
from hardex_app.answers import for_visitors
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.page import FOR_VIEWERS, Page


def facts(call: Call) -> dict[str, Any]:
    """Which runs there are; viewers learn nothing of the folders of this computer."""
    run = call.run
    found = comparing.facts(run, call.workspace.comparisons)
    if is_owner(call.visitor):
        return found
    return {**found, "command": for_visitors(found["command"], run)}


PAGE = Page("compare", "Compare", FOR_VIEWERS, facts)
