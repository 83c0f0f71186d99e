"""Responses that are one sentence."""

from starlette.responses import PlainTextResponse, Response

FAILED = "This cannot be answered now; try again later."


def sentence(text: str, status: int, *, ends: bool = False) -> Response:
    """A plain-text response.

    Args:
        text: what it says.
        status: of HTTP.
        ends: whether the connection ends with it, because the rest of the request is not read.

    Example:
        >>> sentence("not found.", 404).body
        b'Not found.\\n'
    """
    headers = {"connection": "close"} if ends else None
    return PlainTextResponse(f"{text[:1].upper()}{text[1:]}\n", status, headers)


def not_allowed(method: str) -> Response:
    """The response to a method that the address does not answer.

    Args:
        method: that it does answer.
    """
    return sentence(f"Use {method} here.", 405)
