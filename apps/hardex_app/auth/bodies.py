"""Reading the body of a request: whole, in time, and without Gradio's files.

Before it calls a function, Gradio looks for file objects anywhere in a request, downloads their
URLs and stores the result. Nobody needs that, so a request with one is refused.
"""

import asyncio
from typing import Any

from starlette.types import Message, Receive

NO_FILES = "Files are not accepted; send the image inside the JSON, as the page does."
SECONDS_MOST = 30.0  # for a body of a megabyte or less; 2 Mbit/s on top of that
_BYTES_PER_SECOND = 250_000


class TooSlow(Exception):
    """The body did not arrive in time."""


class Body:
    """The body of a request, which knows whether all of it was read."""

    def __init__(self, receive: Receive) -> None:
        self._receive, self.is_over = receive, False

    async def __call__(self) -> Message:
        """The next part."""
        message = await self._receive()
        self.is_over = not message.get("more_body", False)
        return message

    async def whole(self, length: int, seconds: float = SECONDS_MOST) -> bytes | None:
        """The whole body; None if the client has disconnected.

        Args:
            length: what the request says it has, in bytes; the server lets no more through.
            seconds: how long a short one may take.

        Raises:
            TooSlow: it did not arrive in time.
        """
        try:
            async with asyncio.timeout(seconds + length / _BYTES_PER_SECOND):
                return await self._whole()
        except TimeoutError as error:
            self.is_over = True  # nobody waits for the rest
            raise TooSlow from error

    async def _whole(self) -> bytes | None:
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


def holds_file(sent: Any) -> bool:
    """Whether a request holds one of Gradio's file objects, at any depth.

    Example:
        >>> holds_file([{"path": "x", "meta": {"_type": "gradio.FileData"}}])
        True
        >>> holds_file({"path": "x"})
        False
    """
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
