"""The kept probes of a run, on disk: `people/probes/`.

A probe is two files that open without hardex: `ID.png`, the picture before its transform, pixel for
pixel as the model got it, and `ID.json`, everything else. The JSON is written last and in one step,
so a probe is whole or absent. A PNG alone, which a crash or a power cut left, counts as unwritten.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from threading import Lock
from typing import Any

from hardex.arrays import Image
from hardex.bounded import Unreadable, is_inside, read_bytes
from hardex.errors import DatasetError, HardexError, RunError, StorageError
from hardex.probing.kept_probe import JSON_MOST, KeptProbe, is_probe_id
from hardex.runs.manifest import Manifest

if sys.platform != "win32":
    import fcntl

KEPT_MOST = 10_000  # probes of one run
_ONE_AT_A_TIME = Lock()


def keep(folder: Path, probe: KeptProbe, picture: Image) -> KeptProbe:
    """Keep a probe with a run; it is on disk when this returns. Safe for concurrent use.

    Args:
        folder: the run folder.
        probe: all but the picture.
        picture: (h, w, c) uint8, before the transform, as the model got it.

    Returns:
        The probe, as `kept_probes` returns it.

    Raises:
        RunError: the probe does not fit the run or its picture, is kept already, or the run has
            `KEPT_MOST` of them; as `StorageError`, it cannot be written now. Nothing is left on
            disk then.
    """
    with _alone(folder):
        return _keep(folder, probe, picture)


def _keep(folder: Path, probe: KeptProbe, picture: Image) -> KeptProbe:
    from hardex.images import as_png

    _check_fits(probe, picture, Manifest.open(folder).class_names)
    png, text = as_png(picture), probe.as_json()
    place = folder / "people" / "probes"
    try:
        place.mkdir(parents=True, exist_ok=True)
        _check_is_new(place, probe.probe_id)
        _check_room(place)
        _write_both(place / f"{probe.probe_id}.png", png, text.encode())
        for above in (place, place.parent, folder):
            _flush_names(above)
    except OSError as error:
        raise StorageError(
            f"the probe must be written to {place}; it could not be ({error.strerror or error}), "
            "and nothing was stored; free disk space or check the folder's permissions."
        ) from error
    return probe


def keep_once(
    folder: Path, probe: KeptProbe, picture: Image, *, own_most: int | None = None
) -> KeptProbe:
    """Keep a probe, unless the same one is kept already: a request may be sent twice.

    Args:
        folder, probe, picture: as in `keep`.
        own_most: how many probes of this run its annotator may keep; None for no limit.

    Returns:
        The probe as it is stored.

    Raises:
        HardexError: as `keep`, or the annotator has `own_most` already.
    """
    with _alone(folder):  # the second request may come before the first is answered
        stored = _same_probe(folder, probe)
        if stored is not None:
            return stored
        if own_most is not None:
            _check_own(folder, probe.annotator, own_most)
        return _keep(folder, probe, picture)


def kept_probes(folder: Path, *, light: bool = False) -> tuple[list[KeptProbe], list[str]]:
    """All probes of a run in order of time, and why some cannot be read.

    Args:
        folder: the run folder.
        light: leave out their `source`. Files read this way before are cached, so that a list
            that is requested often is quick.

    Returns:
        The probes, and one sentence for each damaged file.

    Raises:
        StorageError: the folder of probes cannot be read at all.
    """
    place = folder / "people" / "probes"
    try:
        files = sorted(os.listdir(place)) if place.exists() else []
    except OSError as error:
        raise StorageError(
            f"the folder of probes {place} cannot be read ({error.strerror}); check its "
            "permissions or restore it from a copy."
        ) from error
    names = set(files)
    probes, problems = [], []
    for name in files:
        if name.endswith(".json") and not name.startswith("."):
            try:
                probe = _read_light(place / name) if light else _read(place / name)
                _check_has_picture(name, names)
                probes.append(probe)
            except RunError as error:
                problems.append(f"{place / name} is skipped: {error}")
    return sorted(probes, key=_when), problems


def kept_probe(folder: Path, probe_id: str) -> KeptProbe | None:
    """One probe of a run, or None if there is none of this id.

    Raises:
        RunError: it is damaged; as `StorageError`, it cannot be read now.
    """
    if not is_probe_id(probe_id):  # it becomes the name of a file
        return None
    path = folder / "people" / "probes" / f"{probe_id}.json"
    try:
        return _read(path) if path.is_file() else None
    except OSError as error:  # of a folder that may not be searched
        raise _unreadable(error) from error


def kept_picture(folder: Path, probe: KeptProbe) -> Image:
    """The picture of a probe before its transform, (h, w, c) uint8.

    Raises:
        RunError: it is missing, damaged or of another shape.
    """
    from hardex.images import read_image

    path = folder / "people" / "probes" / f"{probe.probe_id}.png"
    try:
        if not is_inside(path, folder):
            raise DatasetError("it is a link that leads out of the run; restore it from a copy.")
        picture = read_image(path)
    except DatasetError as error:
        raise RunError(f"{path} must be the picture of a probe; {error}") from error
    _check_shape(probe, picture)
    return picture


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one thread of one process at a time write probes; a process that dies lets go.

    On Windows, and on a disk that cannot lock a folder, only threads of this process take turns.
    """
    with _ONE_AT_A_TIME:
        opened = -1
        with suppress(OSError):
            opened = os.open(folder, os.O_RDONLY)
            if sys.platform != "win32":
                fcntl.flock(opened, fcntl.LOCK_EX)
        try:
            yield
        finally:
            if opened >= 0:
                os.close(opened)


def _same_probe(folder: Path, probe: KeptProbe) -> KeptProbe | None:
    """The same probe, if it is kept already; the prediction and the time may differ."""
    found = kept_probe(folder, probe.probe_id)
    if found is None:
        return None
    varying = {name: getattr(probe, name) for name in ("predicted", "confidence", "model", "time")}
    return found if replace(found, **varying) == probe else None


def _check_own(folder: Path, annotator: str, most: int) -> None:
    """One annotator alone must not fill the run."""
    probes, _ = kept_probes(folder, light=True)
    own = sum(one.annotator == annotator for one in probes)
    if own >= most:
        raise HardexError(
            f"an annotator keeps at most {most:,} probes in a run; you have {own:,}; ask the owner "
            "to delete some."
        )


def _when(probe: KeptProbe) -> tuple[datetime, str]:
    return datetime.fromisoformat(probe.time), probe.probe_id


def _read(path: Path) -> KeptProbe:
    try:
        content = read_bytes(path, 4 * JSON_MOST)  # a character has up to four bytes
        probe = KeptProbe.from_json(content.decode())
    except Unreadable as error:
        raise RunError(
            f"a probe has at most {JSON_MOST:,} characters; {error}; delete this file."
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    if probe.probe_id != path.stem:
        raise RunError(
            "a probe is a JSON file and a PNG file with the same name; this one is "
            f"{probe.probe_id}; restore both from a copy."
        )
    return probe


def _read_light(path: Path) -> KeptProbe:
    try:
        seen = path.stat()
    except OSError as error:
        raise _unreadable(error) from error
    return _light(path, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=KEPT_MOST)
def _light(path: Path, changed: int, size: int) -> KeptProbe:
    """A probe never changes, but a file that was restored from a copy is read again."""
    return replace(_read(path), source={})


def _unreadable(error: OSError | UnicodeDecodeError) -> RunError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    kind = StorageError if isinstance(error, OSError) else RunError
    return kind(
        f"a probe must be a file of text that can be read; this one cannot ({reason}); restore it "
        "from a copy."
    )


def _check_has_picture(name: str, names: set[str]) -> None:
    if name.removesuffix(".json") + ".png" not in names:
        raise RunError(
            "a probe is a JSON file and a PNG file with the same name; this one has no picture; "
            "restore both from a copy."
        )


def _check_is_new(place: Path, probe_id: str) -> None:
    if (place / f"{probe_id}.json").is_file():
        raise RunError(
            f"a probe with this id exists already; {place} holds {probe_id}; save it under a new "
            "id."
        )


def _check_room(place: Path) -> None:
    kept = sum(name.endswith(".json") for name in os.listdir(place))
    if kept >= KEPT_MOST:
        raise RunError(
            f"a run keeps at most {KEPT_MOST:,} probes; this one has {kept:,}; delete some of the "
            "files in its folder people/probes."
        )


def _write_both(png: Path, pixels: bytes, text: bytes) -> None:
    """The picture, in place of one that was left alone, then the text: all or nothing."""
    _put(png, pixels)
    try:
        _put(png.with_suffix(".json"), text)
    except BaseException:
        with suppress(OSError):
            png.unlink()
        raise


def _put(path: Path, content: bytes) -> None:
    """Write a temporary file and rename it."""
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            _flush(file, content)
        partial.replace(path)
    except BaseException:
        for written in (path, partial):
            with suppress(OSError):
                written.unlink(missing_ok=True)
        raise


def _flush(file: Any, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _flush_names(folder: Path) -> None:
    """Make new names survive a power cut; not every system can open a folder for that."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _check_fits(probe: KeptProbe, picture: Image, names: tuple[str, ...]) -> None:
    for what, label in (("expected", probe.expected), ("predicted", probe.predicted)):
        if label not in names and (label or what == "predicted"):
            raise RunError(
                f"the {what} class of a probe must be one of the {len(names)} of the run; received "
                f"{label[:60]!r}; choose one of them."
            )
    _check_shape(probe, picture)


def _check_shape(probe: KeptProbe, picture: Image) -> None:
    if picture.shape != tuple(probe.shape):
        raise RunError(
            f"the picture of a probe must have its shape {tuple(probe.shape)}; received "
            f"{picture.shape}; pass the picture that the model got."
        )
