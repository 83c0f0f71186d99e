"""What a question may hold: plain JSON, and no file of Gradio's.

Gradio looks for files in whatever it is sent, wherever they stand, before any of our functions is
called: it fetches their addresses and keeps what it got. Our pages send none, so whoever sends one
wants something else.
"""

import json
from typing import Any

from starlette.types import Message, Receive

NO_JSON = "What is sent here must be JSON in UTF-8; this is not; send it so."
NO_FILES = "Files are not taken here; send a picture inside the question, as the page does."

# As a key is written plainly, or with signs that may stand for it.
_MAY_NAME_A_FILE = (b"_type", b"\\u")


class Reading:
    """The body of a request, which knows whether it was read to its end."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self.is_over = receive, False

    async def __call__(self) -> Message:
        """The next part."""
        message = await self._receive()
        self.is_over = not message.get("more_body", False)
        return message

    async def whole(self) -> bytes | None:
        """All of it; None when the sender has gone."""
        parts = []
        while not self.is_over:
            message = await self()
            if message["type"] == "http.disconnect":
                return None
            parts.append(message.get("body", b""))
        return b"".join(parts)


def again(body: bytes, receive: Receive) -> Receive:
    """A body that was read, for somebody else to read; then what comes after it."""
    parts = [body]

    async def reading() -> Message:
        if parts:
            return {"type": "http.request", "body": parts.pop(), "more_body": False}
        return await receive()

    return reading


def refusal_of(body: bytes) -> str:
    """Why a body is not passed on, as a sentence; "" for one that is.

    Example:
        >>> refusal_of(b'{"path": "x", "meta": {"_type": "gradio.FileData"}}') == NO_FILES
        True
        >>> refusal_of(b'{"path": "x"}')
        ''
    """
    if b"\0" in body:  # UTF-16 and UTF-32, which are read as JSON as well
        return NO_JSON
    if not any(signs in body for signs in _MAY_NAME_A_FILE):
        return ""
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        return NO_JSON
    return NO_FILES if _holds_file(sent) else ""


def _holds_file(sent: Any) -> bool:
    """Whether a part of it is marked as a file, at any depth."""
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
