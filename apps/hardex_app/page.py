"""What the window must know of a page. Each folder of `pages/` defines one `Page`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from hardex.people.access import OWNER
from hardex_app.call import Call

OWNER_ONLY = frozenset({OWNER.role})
FOR_ANNOTATORS = frozenset({OWNER.role, "annotator"})
FOR_VIEWERS = frozenset({OWNER.role, "viewer"})

Facts = Callable[[Call], dict[str, Any]]


def no_facts(call: Call) -> dict[str, Any]:
    """For a page that needs none."""
    return {}


@dataclass(frozen=True)
class Page:
    """One page: the folder `pages/NAME` with page.html, page.js and page.css.

    Attributes:
        name: of its folder, and in the address.
        title: on its link.
        roles: who gets it.
        facts: what its script must know before it can draw; it requests them as `server.facts({})`
            when the page is first opened.
    """

    name: str
    title: str
    roles: frozenset[str] = OWNER_ONLY
    facts: Facts = no_facts
