"""What annotators may probe: examples that they have judged, by ticket, and their own drawings.

The Probe page shows the label of an example, which only annotators who have judged it may know.
They use tickets, because an id may contain the label. Somebody could redraw an example to learn the
prediction before they judge it, so drawings wait until all of their examples are judged. The owner
may probe everything, by id, and may let annotators draw at any time (`Assignment.open_probe`).
"""

import re
from typing import Any

from hardex.errors import HardexError, RunError
from hardex.people.access import Visitor
from hardex.runs.run import Run
from hardex_app.annotating import has_example, reading, session_of
from hardex_app.auth.visitors import is_owner
from hardex_app.probing import part
from hardex_app.workspace import Workspace

JUDGED_SHOWN = 30  # the latest
_CLOSED = (
    "Drawing opens once you have labelled all of your examples, so that nobody sees a prediction "
    "before they judge: {left} left."
)
_NOT_YET = "The run is not ready yet; wait for the ranking."


def permitted(request: Any, visitor: Visitor, workspace: Workspace) -> Any:
    """A request that may be answered; a ticket in it is replaced by the id.

    Raises:
        HardexError: this visitor may not probe the picture.
    """
    if is_owner(visitor):
        return request
    source = part(request, "source")
    kind = source.get("kind")
    if kind == "sketch":
        why = drawing_closed(visitor, workspace)
        if why:
            raise HardexError(why)
        return request
    if kind != "example":
        raise HardexError(
            "annotators can probe their own drawings and examples they have judged; this is "
            "neither; draw something."
        )
    return {**request, "source": {**source, "id": judged_id(source.get("id"), visitor, workspace)}}


def drawing_closed(visitor: Visitor, workspace: Workspace) -> str:
    """Why this visitor may not probe drawings yet, as a sentence; "" if they may.

    Raises:
        NotStored: it cannot be read how many examples they have judged.
    """
    if is_owner(visitor) or workspace.assignment.open_probe:
        return ""
    session = session_of(workspace, visitor)
    if session is None:
        return _NOT_YET
    left = session.queue.unjudged(visitor.name)
    return _CLOSED.format(left=f"{left:,}") if left else ""


def error_for(visitor: Visitor, error: HardexError, run: Run, request: Any = None) -> str:
    """An error as a sentence; for an annotator without paths and ids of this run."""
    text = str(error)
    if is_owner(visitor):
        return text
    source = request.get("source") if isinstance(request, dict) else None
    id = str(source.get("id") or "") if isinstance(source, dict) else ""
    data = run.manifest.data
    hidden = [str(run.folder), run.data, data.path if data else ""]
    if any(secret and secret in text for secret in hidden) or _names(text, id):
        return "this does not work right now; try again, or tell the owner."
    return text


def _names(text: str, id: str) -> bool:
    """Whether a text contains an id as a separate word."""
    return bool(id) and re.search(rf"(?<!\w){re.escape(id)}(?!\w)", text) is not None


def judged_id(ticket: Any, visitor: Visitor, workspace: Workspace) -> str:
    """The id of an example that this annotator has judged.

    Raises:
        NotStored: the annotations cannot be read now.
        HardexError: the ticket is not theirs, or they have not judged the example yet.
    """
    session = session_of(workspace, visitor)
    if session is None:
        raise HardexError(_NOT_YET)
    try:
        id = session.tickets.id(visitor.name, str(ticket or ""))
    except RunError as error:
        raise HardexError(
            "you have not judged this example yet; choose one of the examples in the list."
        ) from error
    annotations = reading(visitor, lambda: session.run.annotations.of(id))
    if not any(event.annotator == visitor.name for event in annotations):
        raise HardexError("you have not judged this example yet; judge it first.")
    return id


def ticket_of(id: str, visitor: Visitor, workspace: Workspace) -> str:
    """The name of an example for this visitor: its id, or a ticket."""
    if is_owner(visitor):
        return id
    session = session_of(workspace, visitor)
    return "" if session is None else session.tickets.of(visitor.name, id)


def judged_examples(visitor: Visitor, run: Run) -> list[str]:
    """The examples that an annotator has judged, the latest first, at most `JUDGED_SHOWN`."""
    ids = dict.fromkeys(event.id for event in reversed(run.annotations.by(visitor.name)))
    known = [id for id in list(ids)[: 2 * JUDGED_SHOWN] if has_example(run, id)]
    return known[:JUDGED_SHOWN]
