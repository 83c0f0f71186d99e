"""What somebody drew, turned or loaded and found worth keeping: `people/probes/` of a run.

One probe is two files that open without hardex: `ID.png`, the picture before its transform, pixel
for pixel as the model got it, and `ID.json`, all the rest. The JSON comes last and at once, so a
probe is whole or absent; a PNG alone is what a power cut left, and no probe.
"""

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field, fields, replace
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from hardex.arrays import Image
from hardex.data.dataset import Shape
from hardex.errors import DatasetError, HardexError, RunError
from hardex.runs.manifest import Manifest

if TYPE_CHECKING:
    from hardex.images import Transform

PROBE_SCHEMA = 1
KINDS = ("example", "sketch", "image")
NAME_MOST, NOTE_MOST = 200, 2_000  # characters
KEPT_MOST = 10_000  # probes of one run

_TEXT_MOST = {"name": NAME_MOST, "note": NOTE_MOST, "annotator": NAME_MOST}
_TEXTS = ("probe_id", "time", "annotator", "name", "expected", "note", "kind", "example")
_JSON_MOST = 2**22  # characters; a sketch of 3,000 points has some 60,000


def _now() -> str:
    """Finer than a second: probes that follow each other keep their order."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class KeptProbe:
    """A picture, what was done to it, what the model said, and what it should have said.

    Attributes:
        kind: where the picture came from: `example`, `sketch` or `image`.
        shape: (h, w, c) of the picture.
        predicted, confidence: what the model said of the picture after its transform, 0..1.
        model: the hash of the classifier that said it.
        transform: what was done to the picture, the numbers that differ from doing nothing, by
            name; see `changes`.
        source: how the page drew it: the strokes of a sketch, for instance; anything JSON holds.
        example: the id of the example, or "".
        name, note: free text, at most 200 and 2,000 characters.
        expected: the class it should be, or "".
        annotator: who kept it.
        probe_id: a random UUID.
        time: when it was kept, UTC, ISO 8601.

    Raises:
        RunError: a value is missing, too long or out of range, or JSON cannot hold it.

    Example:
        >>> KeptProbe(
        ...     kind="example", example="7", shape=(28, 28, 1), predicted="1", confidence=0.5,
        ...     model="a hash", transform={"rotation": 30.0},
        ... ).as_transform().rotation
        30.0
    """

    kind: str
    shape: Shape
    predicted: str
    confidence: float
    model: str
    transform: Mapping[str, Any] = field(default_factory=dict)
    source: Mapping[str, Any] = field(default_factory=dict)
    example: str = ""
    name: str = ""
    expected: str = ""
    note: str = ""
    annotator: str = ""
    probe_id: str = field(default_factory=lambda: str(uuid4()))
    time: str = field(default_factory=_now)

    def __post_init__(self) -> None:
        for name in (*_TEXTS, "predicted", "model"):
            _check_text(name, getattr(self, name))
        _check_id_and_time(self.probe_id, self.time)
        if self.kind not in KINDS:
            raise RunError(
                f"the kind of a probe must be one of {', '.join(KINDS)}; received {self.kind!r}; "
                "choose one of them."
            )
        if self.kind == "example" and not self.example:
            raise RunError(
                "a probe of an example must name it; received no id; pass the example's id."
            )
        _check_numbers(self.shape, self.confidence)
        self.as_transform()
        _as_json(self.source, "source")

    def as_transform(self) -> "Transform":
        """What was done to the picture.

        Raises:
            RunError: a name that no transform has, or a value out of range.
        """
        from hardex.images import Transform  # Pillow is loaded only where there are pictures

        known = [one.name for one in fields(Transform)]
        unknown = sorted(set(map(str, self.transform)) - set(known))
        if unknown:
            raise RunError(
                f"a transform knows {', '.join(known)}; received {unknown[0]!r}; leave it out or "
                "install a newer hardex."
            )
        try:
            return Transform(**self.transform)
        except (HardexError, TypeError, OverflowError) as error:
            raise RunError(
                f"the transform of a probe must hold numbers that can be done to a picture "
                f"({str(error).rstrip('.')}); received others; leave them out."
            ) from error

    def as_json(self) -> str:
        """The text of `ID.json`; `from_json` gives an equal probe back."""
        values = {"schema": PROBE_SCHEMA} | vars(self) | {"confidence": float(self.confidence)}
        lines = [f'  "{name}": {_as_json(value, name)}' for name, value in values.items()]
        return "{\n" + ",\n".join(lines) + "\n}\n"

    @classmethod
    def from_json(cls, text: str) -> "KeptProbe":
        """Read what `as_json` wrote.

        Raises:
            RunError: it is no probe that this version can read.
        """
        try:
            found = json.loads(text)
            schema = found.pop("schema")
            if not isinstance(schema, int) or schema > PROBE_SCHEMA:
                raise RunError(
                    f"a probe must have schema {PROBE_SCHEMA} or older; received {schema!r}; "
                    "install a newer hardex."
                )
            return cls(**(found | {"shape": tuple(found["shape"])}))
        except RunError:
            raise
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise RunError(
                f"a probe must be JSON written by hardex; it cannot be read "
                f"({type(error).__name__}); restore it from a copy."
            ) from error


def changes(transform: "Transform") -> dict[str, Any]:
    """The values of a transform that differ from doing nothing, by name.

    Example:
        >>> from hardex.images import Transform
        >>> changes(Transform(rotation=30.0, scale=1.0))
        {'rotation': 30.0}
    """
    nothing = asdict(type(transform)())
    return {  # plain numbers, whatever NumPy made of them
        name: type(nothing[name])(value)
        for name, value in asdict(transform).items()
        if value != nothing[name]
    }


def keep(folder: Path, probe: KeptProbe, picture: Image) -> KeptProbe:
    """Keep a probe with a run; when this returns, it is on disk. Any number may do so at once.

    Args:
        folder: the run folder.
        probe: what is known of it.
        picture: (h, w, c) uint8, before the transform, as the model got it.

    Returns:
        The probe, as `kept_probes` gives it back.

    Raises:
        RunError: the probe does not fit the run or its picture, is kept already, or cannot be
            written, or the run has `KEPT_MOST` of them; then nothing of it is left.
    """
    from hardex.images import as_png

    _check_fits(probe, picture, Manifest.open(folder).class_names)
    png, text = as_png(picture), probe.as_json()
    place = folder / "people" / "probes"
    try:
        place.mkdir(parents=True, exist_ok=True)
        _check_room(place)
        _write_both(place / f"{probe.probe_id}.png", png, text.encode())
        for above in (place, place.parent, folder):
            _flush_names(above)
    except FileExistsError as error:
        raise RunError(
            f"a probe is kept once and never rewritten; {place} holds {probe.probe_id} or is no "
            "folder; keep what is new as another probe."
        ) from error
    except OSError as error:
        raise RunError(
            f"the probe must be written to {place}; it could not be ({error.strerror or error}), "
            "and nothing was stored; free the disk or the folder and try again."
        ) from error
    return probe


def kept_probes(folder: Path, *, light: bool = False) -> tuple[list[KeptProbe], list[str]]:
    """All probes of a run in order of time, and what is wrong with those that cannot be read.

    Args:
        folder: the run folder.
        light: leave their `source` out. A file that was read so before is not read again, which
            makes a list that is asked for often a quick one.

    Returns:
        The whole ones, and one sentence for each damaged one.

    Raises:
        RunError: the folder of probes cannot be read at all.
    """
    place = folder / "people" / "probes"
    try:
        files = sorted(os.listdir(place)) if place.exists() else []
    except OSError as error:
        raise RunError(
            f"the probes of a run are in a folder that can be read; {place} cannot "
            f"({error.strerror}); change its rights or restore it from a copy."
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
                problems.append(f"{place / name} is passed over: {error}")
    return sorted(probes, key=_when), problems


def kept_probe(folder: Path, probe_id: str) -> KeptProbe | None:
    """One probe of a run, or None if there is none of this id.

    Raises:
        RunError: it cannot be read.
    """
    if not _is_id(probe_id):  # it becomes the name of a file
        return None
    path = folder / "people" / "probes" / f"{probe_id}.json"
    return _read(path) if path.is_file() else None


def kept_picture(folder: Path, probe: KeptProbe) -> Image:
    """The picture of a probe before its transform, (h, w, c) uint8.

    Raises:
        RunError: it is missing, damaged or another one.
    """
    from hardex.images import read_image

    path = folder / "people" / "probes" / f"{probe.probe_id}.png"
    try:
        picture = read_image(path)
    except DatasetError as error:
        raise RunError(f"{path} must be the picture of a probe; {error}") from error
    _check_shape(probe, picture)
    return picture


def _when(probe: KeptProbe) -> tuple[datetime, str]:
    return datetime.fromisoformat(probe.time), probe.probe_id


def _read(path: Path) -> KeptProbe:
    try:
        if path.stat().st_size > 4 * _JSON_MOST:  # a character has up to four bytes
            raise RunError(f"a probe has at most {_JSON_MOST:,} characters; delete this file.")
        probe = KeptProbe.from_json(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise _unreadable(error) from error
    if probe.probe_id != path.stem:
        raise RunError(
            f"a probe is ID.json and ID.png of one name; this one is {probe.probe_id}; restore "
            "both from a copy."
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
    """A probe never changes, but a file may be restored from a copy: then it is read again."""
    return replace(_read(path), source={})


def _unreadable(error: OSError | UnicodeDecodeError) -> RunError:
    reason = getattr(error, "strerror", None) or type(error).__name__
    return RunError(
        f"a probe must be a file of text that can be read; this one cannot ({reason}); restore it "
        "from a copy."
    )


def _check_has_picture(name: str, names: set[str]) -> None:
    if name.removesuffix(".json") + ".png" not in names:
        raise RunError(
            "a probe is ID.json and ID.png of one name; this one has no picture; restore both from "
            "a copy."
        )


def _check_room(place: Path) -> None:
    kept = sum(name.endswith(".json") for name in os.listdir(place))
    if kept >= KEPT_MOST:
        raise RunError(
            f"a run keeps at most {KEPT_MOST:,} probes; this one has {kept:,}; delete some of the "
            "files in its folder people/probes."
        )


def _write_both(png: Path, pixels: bytes, text: bytes) -> None:
    """The picture, then the text under another name, then that name changed: all or nothing."""
    with png.open("xb") as file:  # the name is taken from here on, for all others
        try:
            _flush(file, pixels)
            _put(png.with_suffix(".json"), text)
        except BaseException:
            with suppress(OSError):
                png.unlink()
            raise


def _put(path: Path, text: bytes) -> None:
    partial = path.with_name(f".{path.name}.partial")
    try:
        with partial.open("wb") as file:
            _flush(file, text)
        partial.rename(path)
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
    """Let the new names survive a power cut; not every system opens a folder for that."""
    with suppress(OSError):
        opened = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(opened)
        finally:
            os.close(opened)


def _as_json(value: object, what: str) -> str:
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        text.encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise RunError(
            f"the {what} of a probe must be what JSON holds: texts, finite numbers, lists and "
            f"named values; received others ({type(error).__name__}); leave them out."
        ) from error
    if len(text) > _JSON_MOST:
        raise RunError(
            f"the {what} of a probe may have {_JSON_MOST:,} characters; received {len(text):,}; "
            "draw less."
        )
    return text


def _check_text(name: str, value: object) -> None:
    most = _TEXT_MOST.get(name)
    if not isinstance(value, str):
        raise RunError(
            f"the {name} of a probe must be text; received {type(value).__name__}; pass a text."
        )
    if most is not None and len(value) > most:
        raise RunError(
            f"the {name} of a probe may have {most:,} characters; received {len(value):,}; "
            "shorten it."
        )
    try:
        value.encode()
    except UnicodeEncodeError as error:  # half of an emoji, where a page cut a text short
        raise RunError(
            f"the {name} of a probe must be whole characters; number {error.start + 1} is half of "
            "one; type it again."
        ) from error


def _is_id(probe_id: str) -> bool:
    try:
        return str(UUID(probe_id)) == probe_id
    except ValueError:
        return False


def _check_id_and_time(probe_id: str, time: str) -> None:
    try:
        whole = _is_id(probe_id) and datetime.fromisoformat(time).utcoffset() == timedelta(0)
    except ValueError:
        whole = False
    if not whole:
        raise RunError(
            "a probe needs a UUID and a time in UTC (ISO 8601); received "
            f"{probe_id[:40]!r} and {time[:40]!r}; leave both out."
        )


def _check_numbers(shape: Shape, confidence: float) -> None:
    from hardex.images.files import check_shape

    try:
        check_shape(shape)
        whole = all(type(pixels) is int for pixels in shape)
        fine = whole and isfinite(confidence) and 0 <= confidence <= 1 + 1e-2  # half precision
    except (TypeError, ValueError, OverflowError):
        fine = False
    if not fine:
        raise RunError(
            "a probe needs the (h, w, c) of its picture and a confidence from 0 to 1; received "
            f"{shape!r:.60} and {confidence!r:.60}; pass what the model got and gave."
        )


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
            f"{picture.shape}; keep the picture that the model got."
        )
