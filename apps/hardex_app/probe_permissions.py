"""What an annotator may probe: own drawings, and examples judged already, by their tickets.

Only who has said what an example is may know its label, which the bench shows. Tickets stand for
ids, which may hold the label. The owner may probe everything, by id.
"""

import re
from typing import Any

from hardex.errors import HardexError, RunError
from hardex.people.access import Visitor
from hardex.runs.run import Run
from hardex_app.annotating import desk_of
from hardex_app.auth.visitors import is_owner
from hardex_app.probing import part
from hardex_app.workspace import Workspace

JUDGED_SHOWN = 30  # of the examples judged last


def permitted(request: Any, visitor: Visitor, workspace: Workspace) -> Any:
    """The request as it may be answered, a ticket replaced by the id it stands for.

    Raises:
        HardexError: it is about a picture that this visitor may not probe.
    """
    if is_owner(visitor):
        return request
    source = part(request, "source")
    kind = source.get("kind")
    if kind == "sketch":
        return request
    if kind != "example":
        raise HardexError(
            "annotators probe what they draw and examples they have judged; this is neither; draw "
            "something."
        )
    return {**request, "source": {**source, "id": judged_id(source.get("id"), visitor, workspace)}}


def told_to(visitor: Visitor, error: HardexError, run: Run, request: Any = None) -> str:
    """What went wrong, as a sentence; to an annotator without paths and ids of this run."""
    text = str(error)
    if is_owner(visitor):
        return text
    source = request.get("source") if isinstance(request, dict) else None
    id = str(source.get("id") or "") if isinstance(source, dict) else ""
    data = run.manifest.data
    hidden = [str(run.folder), run.data, data.path if data else ""]
    if any(word and word in text for word in hidden) or _names(text, id):
        return "this cannot be answered now; try again, and if it stays so, tell the owner."
    return text


def _names(text: str, id: str) -> bool:
    """Whether an id stands in a text, as a word of its own."""
    return bool(id) and re.search(rf"(?<!\w){re.escape(id)}(?!\w)", text) is not None


def judged_id(ticket: Any, visitor: Visitor, workspace: Workspace) -> str:
    """The id of an example that this annotator has judged.

    Raises:
        HardexError: it is none of theirs, or they have said nothing of it yet.
    """
    desk = desk_of(workspace, visitor)
    if desk is None:
        raise HardexError("the run is not ready yet; wait for the ranking.")
    try:
        id = desk.tickets.id(visitor.name, str(ticket or ""))
    except RunError as error:
        raise HardexError(
            "an example to probe must be one that you have judged; this is none of yours; choose "
            "one of those under Example."
        ) from error
    if not any(event.annotator == visitor.name for event in desk.run.annotations.of(id)):
        raise HardexError(
            "an example can be probed once you have said which class it is; this one is still to "
            "be judged; judge it first."
        )
    return id


def ticket_of(id: str, visitor: Visitor, workspace: Workspace) -> str:
    """What this visitor calls an example: its id, or a ticket for it."""
    if is_owner(visitor):
        return id
    desk = desk_of(workspace, visitor)
    return "" if desk is None else desk.tickets.of(visitor.name, id)


def judged_of(visitor: Visitor, run: Run) -> list[str]:
    """The ids that an annotator has judged, the last one first, at most `JUDGED_SHOWN`."""
    said = dict.fromkeys(event.id for event in reversed(run.annotations.by(visitor.name)))
    known = [id for id in list(said)[: 2 * JUDGED_SHOWN] if _is_there(id, run)]
    return known[:JUDGED_SHOWN]


def _is_there(id: str, run: Run) -> bool:
    try:
        run.position(id)
    except HardexError:
        return False
    return True
