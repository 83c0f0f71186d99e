"""What a comparison was made from, and whether that has changed since."""

from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from hardex.bounded import JSON_MOST, Unreadable, read_bytes
from hardex.errors import HardexError, RunError
from hardex.runs.folder import MANIFEST
from hardex.runs.run import Run, load


@dataclass(frozen=True)
class Origin:
    """The state of a run when it was compared.

    Attributes:
        run: what it is called.
        folder: its absolute path.
        manifest: a hash of its manifest, which changes when it is ranked again.
        model, data: their hashes; "" where there is none.
        annotations: how many there are; -1 if they could not be read, which hinders no comparison.
        last_annotation: the time of the last one in UTC, ISO 8601; "" without any.
    """

    run: str
    folder: str
    manifest: str
    model: str
    data: str
    annotations: int
    last_annotation: str

    def as_dict(self) -> dict[str, Any]:
        """Its attributes by name."""
        return asdict(self)


def origin_of(name: str, run: Run) -> Origin:
    """The present state of a run.

    Raises:
        RunError: its manifest cannot be read.
    """
    manifest = run.manifest
    count, last = _annotations(run)
    return Origin(
        name,
        str(run.folder.resolve()),
        _hash_of(run.folder),
        manifest.model.hash if manifest.model else "",
        manifest.data.hash if manifest.data else "",
        count,
        last,
    )


def changes_since(origins: tuple[Origin, ...]) -> tuple[str, ...]:
    """A sentence on each run that is not what it was; () while a comparison is up to date."""
    return tuple(filter(None, map(_change, origins)))


def _change(origin: Origin) -> str:
    try:
        run = load(origin.folder)
        same = _hash_of(run.folder) == origin.manifest
        people = same and _annotations(run) == (origin.annotations, origin.last_annotation)
    except HardexError:
        return f"the run {origin.run} is no longer in {origin.folder}"
    if not same:
        return f"the run {origin.run} was ranked again"
    return "" if people else f"people have annotated {origin.run} since"


def _hash_of(folder: Path) -> str:
    try:
        return sha256(read_bytes(folder / MANIFEST, JSON_MOST)).hexdigest()
    except (OSError, Unreadable) as error:
        raise RunError(
            f"a run is a folder with {MANIFEST}; that of {folder} cannot be read; rank again."
        ) from error


def _annotations(run: Run) -> tuple[int, str]:
    """How many annotations a run has, and the time of the last one."""
    if not run.annotations_url and not (run.folder / "people").exists():
        return 0, ""  # without loading a database
    try:
        events = run.annotations.all()
    except HardexError:
        return -1, ""
    return len(events), max((event.time.isoformat() for event in events), default="")
