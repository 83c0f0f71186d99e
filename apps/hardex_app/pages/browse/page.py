"""The Browse page: any view of the examples, and all that is known about one of them."""

from typing import Any

from hardex.people.address import kept_address
from hardex_app import browsing
from hardex_app.answers import draft_key
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call
from hardex_app.causes import open_training
from hardex_app.page import FOR_VIEWERS, Page


def facts(call: Call) -> dict[str, Any]:
    """What can be filtered and sorted by, and what the page must know of run and visitor.

    Returns:
        As `browsing.facts`; and `whose`, the key of what a browser keeps; `training`, whether
        there are training images to compare with; `open_training`, the command that opens those
        of the diagnosis ("" for viewers); `models`, whether other models answer, too; `images`,
        whether the run has any; `address`,
        where others reach the app ("" where they do not, or for viewers, who are there).
    """
    run = call.run
    return {
        **browsing.facts(run),
        "whose": draft_key(run, call.visitor.name),
        "training": call.workspace.has_training,
        "open_training": open_training(run) if is_owner(call.visitor) else "",
        "models": bool(call.workspace.comparisons),
        "images": run.manifest.data is not None,
        "address": kept_address(run.folder) if is_owner(call.visitor) else "",
        "shared": not is_owner(call.visitor),
    }


PAGE = Page("browse", "Browse", FOR_VIEWERS, facts)
