"""The Fix page: remedies, their training, and the proof that they helped; for the owner alone."""

from typing import Any

from hardex_app import fixing
from hardex_app.answers import draft_key
from hardex_app.call import Call
from hardex_app.page import Page


def facts(call: Call) -> dict[str, Any]:
    """What the findings suggest, and the key of what a browser keeps of a recipe."""
    found = fixing.facts(call.run, call.workspace)
    return {**found, "whose": draft_key(call.run, call.visitor.name)}


PAGE = Page("fix", "Fix", facts=facts)
