"""Names for examples that say nothing of them: what annotators are given in place of ids.

The id of an image in a folder is `CLASS/file.png`: whoever saw it would judge no longer blind. A
ticket hides the id, and is good for one annotator and one run only, so that it also proves that the
example was given to them; nothing need be remembered for it, and it outlives a restart.
"""

import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as Base64Error
from dataclasses import dataclass, field
from hashlib import sha256, shake_256
from hmac import compare_digest, digest
from pathlib import Path
from secrets import token_bytes

from hardex.errors import RunError

_KEY_BYTES, _MAC_BYTES, _LENGTH_BYTES = 32, 16, 4
_BLOCK = 64  # the length of an id, too, says something of it
_TICKET_MOST = 8_192
_KEY_FILE = "tickets.key"


@dataclass(frozen=True)
class Tickets:
    """Makes and reads tickets.

    A ticket is the id, padded and covered by a keystream, behind a code that is made of key,
    annotator and id and also starts the keystream (the synthetic initial value of Rogaway and
    Shrimpton, 2006, built of HMAC-SHA-256 and SHAKE-256). The same example gives the same person
    the same ticket.

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
        """The tickets of a run: its key lies in `people/` and is made when there is none.

        Args:
            folder: the run folder.

        Raises:
            RunError: the key cannot be read or written, or is none.
        """
        path = folder / "people" / _KEY_FILE
        try:
            key = path.read_bytes() if path.exists() else _made(path)
        except OSError as error:
            raise RunError(
                f"the key of a run's tickets must be readable and writable; {path} is not "
                f"({error.strerror}); free the disk or correct the permissions."
            ) from error
        if len(key) != _KEY_BYTES:
            raise RunError(
                f"the key of a run's tickets must have {_KEY_BYTES} bytes; {path} has {len(key)}; "
                "delete it, and annotators get new tickets."
            )
        return cls(key)

    def of(self, annotator: str, id: str) -> str:
        """The ticket of an example for an annotator, safe in an address."""
        text = id.encode("utf-8", "surrogatepass")
        plain = len(text).to_bytes(_LENGTH_BYTES, "big") + text
        plain += bytes(-len(plain) % _BLOCK)
        code = self._code(annotator, plain)
        return urlsafe_b64encode(code + self._covered(code, plain)).decode().rstrip("=")

    def id(self, annotator: str, ticket: str) -> str:
        """The example of a ticket.

        Raises:
            RunError: this run never gave it to this annotator.
        """
        try:
            if len(ticket) > _TICKET_MOST:
                raise ValueError
            data = urlsafe_b64decode(ticket.encode("ascii") + b"=" * (-len(ticket) % 4))
            code, covered = data[:_MAC_BYTES], data[_MAC_BYTES:]
            plain = self._covered(code, covered)
            if not compare_digest(code, self._code(annotator, plain)):
                raise ValueError
            length = int.from_bytes(plain[:_LENGTH_BYTES], "big")
            id = plain[_LENGTH_BYTES : _LENGTH_BYTES + length].decode("utf-8", "surrogatepass")
            if self.of(annotator, id) != ticket:  # Base64 reads over strange signs
                raise ValueError
            return id
        except (ValueError, Base64Error) as error:
            raise RunError(
                "an example must be one that you were given; this is none; ask for the next one."
            ) from error

    def _code(self, annotator: str, plain: bytes) -> bytes:
        who = sha256(annotator.encode("utf-8", "surrogatepass")).digest()
        return digest(self.key, who + plain, "sha256")[:_MAC_BYTES]

    def _covered(self, code: bytes, data: bytes) -> bytes:
        stream = shake_256(digest(self.key, b"stream" + code, "sha256")).digest(len(data))
        return bytes(a ^ b for a, b in zip(data, stream, strict=True))


def _made(path: Path) -> bytes:
    """A new key, for the owner's eyes alone; of two who make one at once, one is quicker."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{_KEY_FILE}.{token_bytes(8).hex()}")
    try:
        with open(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(token_bytes(_KEY_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(aside, path)  # whole or not at all, and never over another's
        except OSError:
            if not path.exists():  # a disk without links
                aside.replace(path)
    finally:
        aside.unlink(missing_ok=True)
    return path.read_bytes()
