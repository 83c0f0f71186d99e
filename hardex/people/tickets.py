"""Tickets: names for examples that reveal nothing about them, given to annotators instead of ids.

The id of an image in a folder is `CLASS/file.png`, so whoever sees it no longer judges blind. A
ticket is the encrypted id. It works for one annotator and one run only, so it also proves that this
annotator was given the example. Tickets are not stored, and survive a restart.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.padding import PKCS7

from hardex.errors import RunError

_KEY_BYTES = 32
TICKET_MOST = 8_192  # characters
_KEY_FILE = "tickets.key"
_PADDING = PKCS7(512)  # bits: the length of an id would reveal something about it


@dataclass(frozen=True)
class Tickets:
    """Makes and reads tickets.

    A ticket is the padded id under AES-SIV (RFC 5297) with the annotator as associated data. The
    cipher is deterministic: an annotator always gets the same ticket for the same example.

    Attributes:
        key: 32 secret bytes.

    Example:
        >>> tickets = Tickets(bytes(32))
        >>> ticket = tickets.of("ann", "seven/0001.png")
        >>> tickets.id("ann", ticket)
        'seven/0001.png'
    """

    key: bytes = field(repr=False)

    @classmethod
    def open(cls, folder: Path) -> "Tickets":
        """The tickets of a run; the key is created in the run's `people/` if it does not exist.

        Args:
            folder: the run folder.

        Raises:
            RunError: the key cannot be read or written, or has the wrong length.
        """
        path = folder / "people" / _KEY_FILE
        try:
            key = path.read_bytes() if path.exists() else _new_key(path)
        except OSError as error:
            raise RunError(
                f"the ticket key of a run must be readable and writable; {path} is not "
                f"({error.strerror}); free disk space or correct the permissions."
            ) from error
        if len(key) != _KEY_BYTES:
            raise RunError(
                f"the ticket key of a run must have {_KEY_BYTES} bytes; {path} has {len(key)}; "
                "delete it, and annotators get new tickets."
            )
        return cls(key)

    def of(self, annotator: str, id: str) -> str:
        """The ticket of an example for an annotator, safe to use in a URL."""
        padder = _PADDING.padder()
        padded = padder.update(_encoded(id)) + padder.finalize()
        return _as_text(AESSIV(self.key).encrypt(padded, [_encoded(annotator)]))

    def id(self, annotator: str, ticket: str) -> str:
        """The example of a ticket.

        Raises:
            RunError: this run never gave this ticket to this annotator.
        """
        try:
            encrypted = _as_bytes(ticket)
            unpadder = _PADDING.unpadder()
            padded = AESSIV(self.key).decrypt(encrypted, [_encoded(annotator)])
            id = unpadder.update(padded) + unpadder.finalize()
            return id.decode("utf-8", "surrogatepass")
        except (ValueError, Base64Error, InvalidTag) as error:
            raise RunError(
                "a ticket must be one that you were given; the one received is not; reload the "
                "page."
            ) from error


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "surrogatepass")


def _as_text(encrypted: bytes) -> str:
    return urlsafe_b64encode(encrypted).decode().rstrip("=")


def _as_bytes(ticket: str) -> bytes:
    """Decode a ticket.

    Raises:
        ValueError: it is too long, or not spelled as `_as_text` spells it.
    """
    if len(ticket) > TICKET_MOST:
        raise ValueError("too long")
    encrypted = urlsafe_b64decode(ticket.encode("ascii") + b"=" * (-len(ticket) % 4))
    if _as_text(encrypted) != ticket:  # Base64 ignores characters outside its alphabet
        raise ValueError("another spelling")
    return encrypted


def _new_key(path: Path) -> bytes:
    """A new key that only this user can read; when several are made at once, the first one wins."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{_KEY_FILE}.{token_bytes(8).hex()}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)  # atomic, and never replaces a key
        except OSError:
            if not path.exists():  # a file system without hard links
                aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path.read_bytes()
