"""Where the apps of a run are reached now, so that invitations can be whole links."""

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_FILE = "address.txt"
_MOST = 20_000  # characters
_APPS_MOST = 20  # addresses; those of apps that were killed stay there


def keep_address(folder: Path, address: str) -> None:
    """Note the address in the run's `people/`; a folder that cannot be written is left as it is."""
    address = address.rstrip("/")
    _write(folder, [*(one for one in _kept(folder) if one != address), address][-_APPS_MOST:])


def kept_address(folder: Path) -> str:
    """The address of the app that was opened last, without a slash at its end; "" for none."""
    return next(reversed(_kept(folder)), "")


def forget_address(folder: Path, address: str) -> None:
    """The app at this address has ended; those of other apps of the run are kept."""
    kept, address = _kept(folder), address.rstrip("/")
    if address in kept:
        _write(folder, [one for one in kept if one != address])


def _kept(folder: Path) -> list[str]:
    """The addresses, the latest last."""
    try:
        lines = (folder / "people" / _FILE).read_text(encoding="utf-8")[:_MOST].splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    return [line for line in map(str.strip, lines) if line.startswith(("http://", "https://"))]


def _write(folder: Path, addresses: list[str]) -> None:
    place = folder / "people" / _FILE
    with suppress(OSError):
        if not addresses:
            place.unlink(missing_ok=True)
            return
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{_FILE}.partial-{uuid4()}")
        try:
            partial.write_text("".join(f"{one}\n" for one in addresses), encoding="utf-8")
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
