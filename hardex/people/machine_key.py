"""The key of this user on this computer: what is sealed with it was made here.

A run folder may come from somebody else, with invitations and sessions that they made. So these
are sealed with a key that no run contains. It is in the folder for the state of programs (on Linux
`~/.local/state/hardex/key`), or in the file that the environment variable `HARDEX_KEY_FILE` names:
for containers that lose the home folder, and for servers that share runs.
"""

import hmac
import logging
import os
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes

from platformdirs import user_state_path

from hardex.errors import RunError
from hardex.people.own_files import create_own, narrow, read_own, state_of
from hardex.text import plain_text

KEY_FILE = "HARDEX_KEY_FILE"  # the environment variable
KEY_BYTES = 32

_OTHERWISE = f"name another file with {KEY_FILE}"
_FOR_THIS_PROCESS = token_bytes(KEY_BYTES)
_WARNED: set[tuple[Path, str]] = set()
_LOG = logging.getLogger("hardex")


def machine_key() -> bytes:
    """The key, 32 secret bytes; it is created if there is none.

    If its file cannot be written, a key for this process takes its place, and a warning is logged.

    Raises:
        RunError: its file exists, but cannot be read, has another length, or, as a
            `MisplacedError`, is a link or not this user's.
    """
    path = key_path()
    try:
        found = state_of(path, _OTHERWISE)
        if found is None:
            _create(path)
        else:
            narrow(path, found, 0o600)
    except OSError as error:
        _warn(path, error.strerror or type(error).__name__)
        return _FOR_THIS_PROCESS
    try:
        key = read_own(path, KEY_BYTES + 1, _OTHERWISE)
    except OSError as error:
        raise RunError(
            f"the key of this computer must be readable; {_shown(path)} is not "
            f"({error.strerror}); correct its permissions or {_OTHERWISE}."
        ) from error
    if len(key) != KEY_BYTES:
        raise RunError(
            f"the key of this computer must have {KEY_BYTES} bytes; {_shown(path)} has "
            f"{'more' if len(key) > KEY_BYTES else len(key)}; delete it, then confirm your "
            "invitations again."
        )
    return key


def key_path() -> Path:
    """The file of the key.

    Example:
        >>> key_path().name
        'key'
    """
    named = os.environ.get(KEY_FILE, "")
    return Path(named).expanduser() if named else user_state_path("hardex", False) / "key"


def sealed(purpose: str, *fields: str | None) -> str:
    """The HMAC-SHA256 of some fields by the key of this computer, in hex.

    Each field is written with its length, so no two lists of fields have the same seal. None
    differs from every text.

    Args:
        purpose: what is sealed, so that no seal serves for something else.
        fields: what the seal binds together.

    Raises:
        RunError: as `machine_key`.

    Example:
        >>> sealed("visit", "Anna", None) == sealed("visit", "Anna", None)
        True
        >>> sealed("visit", "Ann", "a") == sealed("visit", "Anna", "")
        False
    """
    return hmac.new(machine_key(), _encoded(purpose, *fields), sha256).hexdigest()


def _encoded(*fields: str | None) -> bytes:
    parts = []
    for field in fields:
        if field is None:
            parts.append(b"\0")
        else:
            data = field.encode("utf-8", "surrogatepass")
            parts += [b"\1", len(data).to_bytes(8), data]
    return b"".join(parts)


def _create(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    if not os.environ.get(KEY_FILE):  # else the folder is not hardex's own
        narrow(path.parent, path.parent.stat(), 0o700)
    create_own(path, token_bytes(KEY_BYTES))


def _warn(path: Path, why: str) -> None:
    """Say once that the key is for this process only."""
    if (path, why) not in _WARNED:
        _WARNED.add((path, why))
        _LOG.warning(
            f"The key of this computer must be kept in {_shown(path)}; it cannot be written "
            f"({why}), and invitations made now end with this process; make the folder writable "
            f"or {_OTHERWISE}."
        )


def _shown(path: Path) -> str:
    return plain_text(str(path))
