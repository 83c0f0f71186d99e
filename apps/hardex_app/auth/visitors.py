"""Who the visitor is. The guard gets it from the session; nothing in a request can change it."""

from collections.abc import Collection
from typing import TYPE_CHECKING

from hardex.errors import HardexError
from hardex.people.access import OWNER, Visitor

if TYPE_CHECKING:  # Gradio takes seconds to load
    import gradio as gr

# Gradio keeps about 65 kB for each open page, and any request may claim to be a new page.
SESSIONS_KEPT = 500
THREADS = 64  # for functions; pages have their own
IN_SCOPE = "hardex.visitor"  # the key in the ASGI scope of a request
# Another key: a function that tells whether the visitor may still be here. Ask it in a thread.
STILL_HERE = "hardex.still_here"

# Every request passes the guard, so this is the error if there is none.
_NOBODY = "the app cannot identify the visitor; start it with `hardex serve` or `hardex.serve`."


def visitor_of(request: "gr.Request") -> Visitor:
    """The visitor who called an endpoint.

    Raises:
        HardexError: the request did not come through the guard.
    """
    scope = getattr(getattr(request, "request", None), "scope", None) or {}
    found = scope.get(IN_SCOPE)
    if not isinstance(found, Visitor):
        raise HardexError(_NOBODY)
    return found


def is_owner(visitor: Visitor) -> bool:
    """Whether the visitor may see and do everything.

    Example:
        >>> is_owner(OWNER), is_owner(Visitor("anna", "annotator"))
        (True, False)
    """
    return visitor.role == OWNER.role


def for_owner(visitor: Visitor) -> None:
    """Refuse everybody but the owner; a second check, after that of the guard.

    Raises:
        HardexError: the visitor is an annotator.
    """
    check_role(visitor, {OWNER.role})


def check_role(visitor: Visitor, roles: Collection[str]) -> None:
    """Refuse a visitor who has none of these roles; a second check, after that of the guard.

    Raises:
        HardexError: the visitor has another role.
    """
    if visitor.role in roles:
        return
    if OWNER.role in roles:
        raise HardexError("only the owner of this run may do that; ask the owner.")
    raise HardexError("only annotators may do that; open the link of an annotator.")
