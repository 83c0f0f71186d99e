"""What the window must know of a page. Each folder of `pages/` defines one `Page`."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gradio as gr

from hardex.people.access import OWNER, Visitor
from hardex_app.workspace import Workspace

OWNER_ONLY = frozenset({OWNER.role})
EVERYBODY = frozenset({OWNER.role, "annotator"})
# For events that a page sends itself: no progress bar, and not an endpoint for programs.
QUIET: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

Facts = Callable[[Workspace, Visitor], dict[str, Any] | None]


def no_facts(workspace: Workspace, visitor: Visitor) -> dict[str, Any] | None:
    """For a page that needs none, as soon as there is a run."""
    return None if workspace.run is None else {}


def no_events(shown: gr.HTML, workspace: Workspace) -> None:
    """For a page that sends no events."""


@dataclass(frozen=True)
class Page:
    """One page: the folder `pages/NAME` with page.html, page.js and page.css.

    Attributes:
        name: of its folder, and in the address.
        title: on its link.
        roles: who gets it.
        facts: what its script must know before it can draw; None until there is a run.
        events: the names of the events that its script sends.
        listen: connects them.
        elem_id: of its element; the name by default.
        properties: further properties that its script reads.
    """

    name: str
    title: str
    roles: frozenset[str] = OWNER_ONLY
    facts: Facts = no_facts
    events: tuple[str, ...] = ()
    listen: Callable[[gr.HTML, Workspace], None] = no_events
    elem_id: str = ""
    properties: tuple[str, ...] = ()
