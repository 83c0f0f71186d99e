"""The addresses of the running apps of a run, so that invitations can be complete links."""

import os
from contextlib import suppress
from pathlib import Path
from platform import node
from uuid import uuid4

_FILE = "address.txt"
_MOST = 20_000  # characters


def keep_address(folder: Path, address: str) -> None:
    """Store the address of this process's app in the run's `people/`, if it can be written."""
    place = folder / "people" / _FILE
    with suppress(OSError):
        place.parent.mkdir(parents=True, exist_ok=True)
        with place.open("a", encoding="utf-8") as file:  # appending keeps what other apps write
            file.write(f"{_line(address)}\n")


def kept_address(folder: Path) -> str:
    """The address of the app that was started last, without a final slash; "" if none runs."""
    return next((line.split("\t")[0] for line in reversed(_kept(folder))), "")


def forget_address(folder: Path, address: str) -> None:
    """Remove the address of an app that has ended; those of other apps are kept."""
    place, kept = folder / "people" / _FILE, _kept(folder)
    others = [line for line in kept if line != _line(address)]
    with suppress(OSError):
        if not others:
            place.unlink(missing_ok=True)
            return
        partial = place.with_name(f".{_FILE}.partial-{uuid4()}")
        try:
            partial.write_text("".join(f"{line}\n" for line in others), encoding="utf-8")
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)


def _line(address: str) -> str:
    return f"{address.rstrip('/')}\t{node()}\t{os.getpid()}"


def _kept(folder: Path) -> list[str]:
    """The lines of running apps, the latest last; a killed app has not removed its line."""
    try:
        lines = (folder / "people" / _FILE).read_text(encoding="utf-8")[:_MOST].splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in lines if line.startswith(("http://", "https://")) and _runs(line)]


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
