"""The addresses of the running apps of a run, so that invitations can be complete links.

Each line is sealed with the key of this user on this computer. Otherwise a run from somebody else
could name an address of theirs, and the next link would take its token there.
"""

import hmac
import os
from contextlib import suppress
from pathlib import Path
from platform import node

from hardex.errors import HardexError
from hardex.people.machine_key import sealed
from hardex.people.own_files import PeopleFolder

_FILE = "address.txt"
_MOST = 20_000  # bytes


def keep_address(folder: Path, address: str) -> None:
    """Store the address of this process's app in the run's `people/`, if it can be written.

    Raises:
        MisplacedError: `people/` or the file in it is not real, or not this user's.
    """
    people, line = PeopleFolder(folder), _line(folder, address)
    with suppress(OSError):
        people.make()
        state = people.state(_FILE)
        if state is not None and state.st_size > _MOST // 2:  # lines of killed apps, or of others
            kept = [*_kept(folder), line]
            people.replace(_FILE, "".join(f"{one}\n" for one in kept).encode())
            return
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
        with os.fdopen(people.open(_FILE, flags), "a", encoding="utf-8") as file:
            file.write(f"{line}\n")  # appending keeps what other apps write


def kept_address(folder: Path) -> str:
    """The address of the app that was started last, without a final slash; "" if none runs.

    Raises:
        MisplacedError: as `keep_address`.
    """
    return next((line.split("\t")[0] for line in reversed(_kept(folder))), "")


def forget_address(folder: Path, address: str) -> None:
    """Remove the address of an app that has ended; those of other apps are kept."""
    people = PeopleFolder(folder)
    with suppress(OSError, HardexError):
        own = _line(folder, address)
        others = [line for line in _kept(folder) if line != own]
        if others:
            people.replace(_FILE, "".join(f"{line}\n" for line in others).encode())
        elif people.state(_FILE) is not None:
            (people.path / _FILE).unlink(missing_ok=True)


def _line(folder: Path, address: str) -> str:
    fields = (address.rstrip("/"), node(), str(os.getpid()))
    return "\t".join((*fields, _seal(folder, fields)))


def _seal(folder: Path, fields: tuple[str, ...]) -> str:
    return sealed("address", str(folder.resolve()), *fields)


def _kept(folder: Path) -> list[str]:
    """The lines of running apps, the latest last; a killed app has not removed its line."""
    try:
        lines = PeopleFolder(folder).read(_FILE, most=_MOST).decode().splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if _is_own(folder, line) and _runs(line)]


def _is_own(folder: Path, line: str) -> bool:
    """Whether an app of this user wrote a line."""
    *fields, seal = line.split("\t")
    return (
        line.startswith(("http://", "https://"))
        and seal.isascii()
        and hmac.compare_digest(seal, _seal(folder, tuple(fields)))
    )


def _runs(line: str) -> bool:
    """Whether the app that wrote a line is running, as far as this computer can tell."""
    _, host, process, *_ = (*line.split("\t"), "", "")
    if host != node() or not process.isdecimal() or os.name == "nt":
        return bool(host)  # on another computer; on Windows, `os.kill` would end the process
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return False
    except (OSError, OverflowError):
        pass  # another user's process
    return True
