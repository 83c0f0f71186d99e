"""Without a password, only requests that name this computer are answered.

A page elsewhere can make a browser ask a name of its own that leads to 127.0.0.1 (DNS rebinding);
such a request carries that name as its Host.
"""

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_NAMES = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})
_REFUSAL = (
    "This hardex answers only requests to localhost, 127.0.0.1 or [::1]; start it with --auth "
    "NAME:PASSWORD, --share or --host to be reached by another name.\n"
)


class LocalOnly:
    """ASGI middleware: 403 for every request whose Host is not this computer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on, or refuse it."""
        if scope["type"] == "lifespan" or names_this_computer(scope["headers"]):
            await self._app(scope, receive, send)
        else:
            await PlainTextResponse(_REFUSAL, status_code=403)(scope, receive, send)


def names_this_computer(headers: list[tuple[bytes, bytes]]) -> bool:
    """Whether there is one Host, and it is a name of this computer, with any port.

    Example:
        >>> names_this_computer([(b"host", b"127.0.0.1:7860")])
        True
        >>> names_this_computer([(b"host", b"evil.example")])
        False
    """
    hosts = [value for name, value in headers if name == b"host"]
    if len(hosts) != 1:
        return False
    host = hosts[0].lower()
    name = host[: host.find(b"]") + 1] if host.startswith(b"[") else host.partition(b":")[0]
    return name in _NAMES
