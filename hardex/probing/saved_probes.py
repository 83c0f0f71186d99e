"""The kept probes of a run, on disk: `people/probes/`.

A probe is two files that open without hardex: `ID.png`, the picture before its transform, pixel for
pixel as the model got it, and `ID.json`, everything else. The JSON is written last and in one step,
so a probe is whole or absent. A PNG alone, which a crash or a power cut left, counts as unwritten.
"""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from hardex.arrays import Image
from hardex.errors import DatasetError, HardexError, RunError, StorageError
from hardex.people.access import OWNER
from hardex.people.own_files import PeopleFolder, flush_names
from hardex.probing.kept_probe import JSON_MOST, KeptProbe, is_probe_id
from hardex.runs.manifest import Manifest
from hardex.runs.taking_turns import taking_turns

if sys.platform != "win32":
    pass

KEPT_MOST = 10_000  # probes of one run
_EVENTS = "events.jsonl"  # what was renamed and deleted


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
    with taking_turns(folder):
        return _keep(folder, probe, picture)


def _keep(folder: Path, probe: KeptProbe, picture: Image) -> KeptProbe:
    from hardex.images import as_png

    _check_fits(probe, picture, Manifest.open(folder).class_names)
    png, text = as_png(picture), probe.as_json()
    probes = _probes(folder)
    place = probes.path
    try:
        probes.make()
        _check_is_new(probes, probe.probe_id)
        _check_room(place)
        _write_both(probes, probe.probe_id, png, text.encode())
        for above in (place, place.parent, folder):
            flush_names(above)
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
    with taking_turns(folder):  # the second request may come before the first is answered
        stored = _same_probe(folder, probe)
        if stored is not None:
            return stored
        if own_most is not None:
            _check_own(folder, probe.annotator, own_most)
        return _keep(folder, probe, picture)


def rename(folder: Path, probe_id: str, name: str, *, by: str = "") -> KeptProbe:
    """Give a kept probe another name.

    Args:
        folder: the run folder.
        probe_id: of the probe.
        name: its new name.
        by: the only annotator whose probe it may be; "" for anybody's.

    Raises:
        RunError: there is no such probe, or not of this annotator; the name is not allowed; as
            `StorageError`, it cannot be written now, and the probe is as before.
    """
    with taking_turns(folder):
        found = replace(_own(folder, probe_id, by), name=name)
        with _writing(folder):
            _probes(folder).replace(f"{probe_id}.json", found.as_json().encode())
            _note(folder, "renamed", found, by)
        return found


def delete(folder: Path, probe_id: str, *, by: str = "") -> KeptProbe:
    """Delete a kept probe: its two files go, and a line in `events.jsonl` says who did it.

    Args:
        folder: the run folder.
        probe_id: of the probe.
        by: the only annotator whose probe it may be; "" for anybody's.

    Raises:
        RunError: there is no such probe, or not of this annotator; as `StorageError`, it cannot be
            deleted now.
    """
    with taking_turns(folder):
        found, place = _own(folder, probe_id, by), _probes(folder).path
        with _writing(folder):
            _note(folder, "deleted", found, by)
            for kind in ("json", "png"):  # a picture alone counts as unwritten
                (place / f"{probe_id}.{kind}").unlink(missing_ok=True)
            flush_names(place)
        return found


def _own(folder: Path, probe_id: str, by: str) -> KeptProbe:
    found = kept_probe(folder, probe_id)
    if found is None or (by and found.annotator != by):
        raise RunError(
            f"a kept probe must be one of this run; there is no {probe_id[:60]!r}; choose one of "
            "the list."
        )
    return found


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StorageError(
            f"the probes in {_probes(folder).path} must be writable; they are not "
            f"({error.strerror or error}); free disk space or check the folder's permissions."
        ) from error


def _note(folder: Path, event: str, probe: KeptProbe, by: str) -> None:
    """A line for each change of a kept probe; what is deleted cannot tell any more."""
    line = {
        "time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        "event": event,
        "probe_id": probe.probe_id,
        "name": probe.name,
        "by": by or OWNER.name,
    }
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
    with os.fdopen(_probes(folder).open(_EVENTS, flags), "a", encoding="utf-8") as file:
        file.write(json.dumps(line) + "\n")
        file.flush()
        os.fsync(file.fileno())


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
    probes = _probes(folder)
    place = probes.path
    try:
        files = sorted(os.listdir(place)) if probes.exists() else []
    except OSError as error:
        raise StorageError(
            f"the folder of probes {place} cannot be read ({error.strerror}); check its "
            "permissions or restore it from a copy."
        ) from error
    names = set(files)
    found, problems = [], []
    for name in files:
        if name.endswith(".json") and not name.startswith("."):
            try:
                probe = _read_light(probes, name) if light else _read(probes, name)
                _check_has_picture(name, names)
                found.append(probe)
            except RunError as error:
                problems.append(f"{place / name} is skipped: {error}")
    return sorted(found, key=_when), problems


def kept_probe(folder: Path, probe_id: str) -> KeptProbe | None:
    """One probe of a run, or None if there is none of this id.

    Raises:
        RunError: it is damaged; as `StorageError`, it cannot be read now.
    """
    if not is_probe_id(probe_id):  # it becomes the name of a file
        return None
    probes, name = _probes(folder), f"{probe_id}.json"
    try:
        return None if probes.state(name) is None else _read(probes, name)
    except OSError as error:  # of a folder that may not be searched
        raise _unreadable(error) from error


def kept_picture(folder: Path, probe: KeptProbe) -> Image:
    """The picture of a probe before its transform, (h, w, c) uint8.

    Raises:
        RunError: it is missing, damaged or of another shape.
    """
    from hardex.images import read_image

    probes, name = _probes(folder), f"{probe.probe_id}.png"
    path = probes.path / name
    try:
        with os.fdopen(probes.open(name, os.O_RDONLY), "rb") as file:
            picture = read_image(file)
    except (DatasetError, OSError) as error:
        raise RunError(f"{path} must be the picture of a probe; {error}") from error
    _check_shape(probe, picture)
    return picture


def _probes(folder: Path) -> PeopleFolder:
    return PeopleFolder(folder, ("probes",))


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


def _read(probes: PeopleFolder, name: str) -> KeptProbe:
    most = 4 * JSON_MOST  # a character has up to four bytes
    try:
        data = probes.read(name, most + 1)
        if len(data) > most:
            raise RunError(f"a probe has at most {JSON_MOST:,} characters; delete this file.")
        probe = KeptProbe.from_json(data.decode())
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    if f"{probe.probe_id}.json" != name:
        raise RunError(
            "a probe is a JSON file and a PNG file with the same name; this one is "
            f"{probe.probe_id}; restore both from a copy."
        )
    return probe


def _read_light(probes: PeopleFolder, name: str) -> KeptProbe:
    try:
        seen = (probes.path / name).lstat()
    except OSError as error:
        raise _unreadable(error) from error
    return _light(probes, name, seen.st_mtime_ns, seen.st_size)


@lru_cache(maxsize=KEPT_MOST)
def _light(probes: PeopleFolder, name: str, changed: int, size: int) -> KeptProbe:
    """A file that was renamed or restored from a copy is read again."""
    return replace(_read(probes, name), source={})


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


def _check_is_new(probes: PeopleFolder, probe_id: str) -> None:
    if probes.state(f"{probe_id}.json") is not None:
        raise RunError(
            f"a probe with this id exists already; {probes.path} holds {probe_id}; save it under "
            "a new id."
        )


def _check_room(place: Path) -> None:
    kept = sum(name.endswith(".json") for name in os.listdir(place))
    if kept >= KEPT_MOST:
        raise RunError(
            f"a run keeps at most {KEPT_MOST:,} probes; this one has {kept:,}; delete some of the "
            "files in its folder people/probes."
        )


def _write_both(probes: PeopleFolder, probe_id: str, pixels: bytes, text: bytes) -> None:
    """The picture, in place of one that was left alone, then the text: all or nothing."""
    written = [probes.path / f"{probe_id}.{kind}" for kind in ("png", "json")]
    try:
        for path, content in zip(written, (pixels, text), strict=True):
            probes.replace(path.name, content, aside=f".{path.name}.partial")
    except BaseException:
        for path in written:
            with suppress(OSError):
                path.unlink(missing_ok=True)
        raise


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
