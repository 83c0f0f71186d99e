"""Requests byte for byte, as no client would send them."""

import socket
from contextlib import suppress
from typing import NamedTuple

SECONDS = 30.0  # longer than any answer takes; no test waits for it to pass


class Told(NamedTuple):
    """An answer."""

    status: int
    headers: str
    text: str


def connected(port: int) -> socket.socket:
    """A connection to the app; close it in the end."""
    return socket.create_connection(("127.0.0.1", port), timeout=SECONDS)


def sent(port: int, request: bytes) -> bytes:
    """All that is answered to these bytes until the server closes the connection."""
    with connected(port) as connection:
        with suppress(OSError):  # it may close the connection before all is sent
            connection.sendall(request)
        return received(connection)


def received(connection: socket.socket) -> bytes:
    """All that still comes before the server closes the connection."""
    told = b""
    with suppress(ConnectionError):
        while part := connection.recv(65_536):
            told += part
    return told


def asked(port: int, method: str, path: str, *lines: str, body: bytes = b"") -> Told:
    """The answer to a request of these header lines; the connection is closed after it."""
    return told_by(sent(port, request_of(method, path, *lines, body=body)))


def request_of(method: str, path: str, *lines: str, body: bytes = b"") -> bytes:
    """The bytes of a request of these header lines; a `Host` is added where there is none."""
    host = [] if any(one.lower().startswith("host") for one in lines) else ["Host: 127.0.0.1"]
    head = [f"{method} {path} HTTP/1.1", *host, "Connection: close", *lines]
    if body and not any(one.lower().startswith("content-length") for one in lines):
        head.append(f"Content-Length: {len(body)}")
    return "\r\n".join([*head, "", ""]).encode("latin-1") + body


def told_by(answer: bytes) -> Told:
    """An answer, which must be a single one."""
    head, _, text = answer.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 "), answer[:200]
    assert b"HTTP/1.1 " not in text, "two answers"
    return Told(int(head.split(b" ", 2)[1]), head.decode("latin-1").lower(), _whole(head, text))


def _whole(head: bytes, text: bytes) -> str:
    """The text, without the lengths of its chunks."""
    if b"transfer-encoding: chunked" in head.lower():
        parts = []
        while text:
            length, _, text = text.partition(b"\r\n")
            size = int(length, 16)
            parts.append(text[:size])
            text = text[size + 2 :]
        text = b"".join(parts)
    return text.decode()


def is_sentence(text: str) -> bool:
    """Whether a refusal is one short sentence."""
    line = text.removesuffix("\n")
    return "\n" not in line and line.endswith(".") and 5 < len(line) < 300
