"""Where the app of a run is reached now, so that invitations can be whole links."""

from contextlib import suppress
from pathlib import Path
from uuid import uuid4

_FILE = "address.txt"
_MOST = 2_000  # characters


def keep_address(folder: Path, address: str) -> None:
    """Note the address in the run's `people/`; a folder that cannot be written is left as it is."""
    with suppress(OSError):
        place = folder / "people" / _FILE
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{_FILE}.partial-{uuid4()}")
        try:
            partial.write_text(address.rstrip("/") + "\n", encoding="utf-8")
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)


def kept_address(folder: Path) -> str:
    """The address, without a slash at its end; "" while no app is open to others."""
    try:
        found = (folder / "people" / _FILE).read_text(encoding="utf-8")[:_MOST].strip()
    except (OSError, UnicodeDecodeError):
        return ""
    return found if found.startswith(("http://", "https://")) else ""


def forget_address(folder: Path, address: str) -> None:
    """The app at this address has ended; that of another app of the run is kept."""
    if kept_address(folder) == address.rstrip("/"):
        with suppress(OSError):
            (folder / "people" / _FILE).unlink(missing_ok=True)
