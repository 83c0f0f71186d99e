"""Responses that are one sentence."""

from starlette.responses import PlainTextResponse, Response

FAILED = "This cannot be answered now; try again later."


def sentence(text: str, status: int) -> Response:
    """A plain-text response.

    Example:
        >>> sentence("not found.", 404).body
        b'Not found.\\n'
    """
    return PlainTextResponse(f"{text[:1].upper()}{text[1:]}\n", status_code=status)


def not_allowed(method: str) -> Response:
    """The response to another method than the one that the address answers."""
    return sentence(f"Use {method} here.", 405)
