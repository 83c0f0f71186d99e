"""Tickets: names for examples that reveal nothing about them, given to annotators instead of ids.

The id of an image in a folder is `CLASS/file.png`, so whoever sees it no longer judges blind. A
ticket is the encrypted id. It works for one annotator and one run only, so it also proves that this
annotator was given the example. Tickets are not stored, and survive a restart.

The key of a run's tickets is derived from a file in the run and the key of this user on this
computer. So whoever made or copied the run cannot make or read its tickets.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_bytes

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.padding import PKCS7

from hardex.errors import RunError
from hardex.people.machine_key import machine_key
from hardex.people.own_files import PeopleFolder

_KEY_BYTES = 32
TICKET_MOST = 8_192  # characters
_KEY_FILE = "tickets.key"
_PADDING = PKCS7(2040)  # bits, the most there is: the length of an id would reveal its class


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
        """The tickets of a run on this computer; the run's part of the key is created in `people/`.

        Args:
            folder: the run folder.

        Raises:
            RunError: a key cannot be read or written, has the wrong length, or, as a
                `MisplacedError`, is no real file of this user.
        """
        people = PeopleFolder(folder)
        path = people.path / _KEY_FILE
        try:
            if people.state(_KEY_FILE) is None:
                people.create(_KEY_FILE, token_bytes(_KEY_BYTES))
            of_run = people.read(_KEY_FILE, most=_KEY_BYTES + 1)
            people.narrow(_KEY_FILE)
        except OSError as error:
            raise RunError(
                f"the ticket key of a run must be readable and writable; {path} is not "
                f"({error.strerror}); free disk space or correct the permissions."
            ) from error
        if len(of_run) != _KEY_BYTES:
            has = "more" if len(of_run) > _KEY_BYTES else len(of_run)
            raise RunError(
                f"the ticket key of a run must have {_KEY_BYTES} bytes; {path} has {has}; "
                "delete it, and annotators get new tickets."
            )
        return cls(HKDF(SHA256(), _KEY_BYTES, of_run, b"hardex tickets").derive(machine_key()))

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
