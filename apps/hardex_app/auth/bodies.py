"""What a request body may contain: plain JSON, and none of Gradio's files.

Before it calls a function, Gradio looks for file objects anywhere in a request, downloads their
URLs and stores the result. The pages send none, so a request with one is refused.
"""

import json
from typing import Any

from starlette.types import Message, Receive

NO_JSON = "The body must be JSON in UTF-8; this one is not; encode it as such."
NO_FILES = "Files are not accepted; send the image inside the JSON, as the page does."

# The key of a file object, plain or possibly escaped.
_MAY_NAME_A_FILE = (b"_type", b"\\u")


class Body:
    """The body of a request, which knows whether all of it was read."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self.is_over = receive, False

    async def __call__(self) -> Message:
        """The next part."""
        message = await self._receive()
        self.is_over = not message.get("more_body", False)
        return message

    async def whole(self) -> bytes | None:
        """The whole body; None if the client has disconnected."""
        parts = []
        while not self.is_over:
            message = await self()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
        return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read already, to be read again; then the following messages."""
    parts = [body]

    async def reading() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return reading


def refusal_of(body: bytes) -> str:
    """Why a body is refused, as a sentence; "" if it is not.

    Example:
        >>> refusal_of(b'{"path": "x", "meta": {"_type": "gradio.FileData"}}') == NO_FILES
        True
        >>> refusal_of(b'{"path": "x"}')
        ''
    """
    if b"\0" in body:  # UTF-16 and UTF-32, which `json` reads, too
        return NO_JSON
    if not any(mark in body for mark in _MAY_NAME_A_FILE):
        return ""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return NO_JSON
    return NO_FILES if _holds_file(sent) else ""


def _holds_file(sent: Any) -> bool:
    """Whether it contains a file object, at any depth."""
    rest = [sent]
    while rest:
        part = rest.pop()
        if isinstance(part, dict):
            if "_type" in part:
                return True
            rest.extend(part.values())
        elif isinstance(part, list):
            rest.extend(part)
    return False
