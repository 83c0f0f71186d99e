"""Who asks. The guard finds it out from the session, and nothing that is sent can change it.

There are two ways to learn it, because Gradio runs work in two ways: a server function and whatever
else answers within its request finds it in a context variable; an event that waits in the queue
runs elsewhere, where that variable holds somebody else's value, and must look into its request.
"""

from contextvars import ContextVar

import gradio as gr

from hardex.errors import HardexError
from hardex.people.access import OWNER, Visitor

VISITOR: ContextVar[Visitor] = ContextVar("hardex_visitor")
# Gradio keeps some 65 kB for each page that is open, and whoever asks may claim to be a new one.
SESSIONS_KEPT = 500
THREADS = 64  # of each window for what it is asked; apart from those that hand out pages
IN_SCOPE = "hardex.visitor"  # the key in the ASGI scope of a request

# Every request passes the guard; without one nobody is let in by mistake.
_NOBODY = "the app does not know who asks; start it with `hardex serve` or `hardex.serve`."


def current() -> Visitor:
    """Who calls a server function. In events of the queue use `visitor_of`.

    Raises:
        HardexError: the request did not come through the guard.
    """
    try:
        return VISITOR.get()
    except LookupError as error:
        raise HardexError(_NOBODY) from error


def visitor_of(request: gr.Request) -> Visitor:
    """Who sent an event or called an endpoint.

    Raises:
        HardexError: the request did not come through the guard.
    """
    scope = getattr(getattr(request, "request", None), "scope", None) or {}
    found = scope.get(IN_SCOPE)
    if not isinstance(found, Visitor):
        raise HardexError(_NOBODY)
    return found


def is_owner(visitor: Visitor) -> bool:
    """Whether all may be seen and done.

    Example:
        >>> is_owner(OWNER), is_owner(Visitor("anna", "annotator"))
        (True, False)
    """
    return visitor.role == OWNER.role


def for_owner(visitor: Visitor) -> None:
    """Refuse everybody but the owner: the last check, behind that of the guard.

    Raises:
        HardexError: it is somebody else.
    """
    if not is_owner(visitor):
        raise HardexError("only the owner of this run may do that; ask for it.")
