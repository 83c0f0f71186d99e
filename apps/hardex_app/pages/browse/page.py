"""The Browse page: any view of the examples, and all that is known about one of them."""

from typing import Any

from hardex_app import browsing
from hardex_app.answers import draft_key
from hardex_app.call import Call
from hardex_app.page import FOR_VIEWERS, Page


def facts(call: Call) -> dict[str, Any]:
    """What can be filtered and sorted by, and the key of what a browser keeps."""
    run = call.run
    return {**browsing.facts(run), "whose": draft_key(run, call.visitor.name)}


PAGE = Page("browse", "Browse", FOR_VIEWERS, facts)
