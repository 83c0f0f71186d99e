"""One event <-> its values in a file."""

import json
from datetime import UTC, datetime
from math import isfinite
from pathlib import Path
from typing import Any

from hardex.errors import RunError
from hardex.people.events import AnnotationEvent, check_annotator
from hardex.text import plain_json

COLUMNS = (
    *("event_id", "time", "annotator", "id", "verdict", "new_label", "comment", "seconds"),
    *("said", "shown", "undoes"),
)
NEEDED = COLUMNS[:5]

# Control characters that end no line are kept as they are.
_KEPT = "".join(chr(code) for code in range(0x7F, 0xA0) if code != 0x85)

Placed = tuple[str, AnnotationEvent]  # an event and its place in a file, such as `line 2`


def row_of(event: AnnotationEvent) -> dict[str, Any]:
    """The values of an event by the names in `COLUMNS`; the time as text."""
    values = {name: getattr(event, name) for name in COLUMNS}
    return values | {"time": time_as_text(event.time)}


def one_line(value: Any) -> str:
    r"""A value as JSON that no program splits and that reads in the order in which it is written.

    JSON itself leaves some ends of lines and all format characters unescaped.

    Example:
        >>> one_line("é \u2028 \u202e"), json.loads(one_line("\u2028\u202e")) == "\u2028\u202e"
        ('"é \\u2028 \\u202e"', True)
    """
    return plain_json(json.dumps(value, ensure_ascii=False), keep=_KEPT)


def time_as_text(time: datetime) -> str:
    """A time in UTC as ISO 8601, to the microsecond.

    Example:
        >>> time_as_text(datetime(2026, 1, 2, 3, 4, 5))
        '2026-01-02T03:04:05.000000Z'
    """
    return _without_zone(time).isoformat(timespec="microseconds") + "Z"


def _without_zone(time: datetime) -> datetime:
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)


def event_of(place: str, path: Path, values: Any) -> AnnotationEvent:
    """One event of a file; the values are not trusted.

    Args:
        place: its place in the file.
        path: the file.
        values: the values at that place.

    Raises:
        ValueError: they are not an object, or a value is missing or has another type.
        RunError: the event may not be stored.
    """
    if not isinstance(values, dict):
        raise ValueError(f"{place} is not an object")
    row = {name: values[name] for name in COLUMNS if values.get(name) is not None}
    missing = [name for name in NEEDED if name not in row or not (row[name] or name == "verdict")]
    if missing:
        raise ValueError(f"{place} has no {missing[0]}")
    seconds = row.pop("seconds", None)
    not_text = [name for name, value in row.items() if not isinstance(value, str)]
    if not_text:
        raise ValueError(f"{place}: {not_text[0]} is not text")
    try:
        time = time_of_text(row.pop("time"))
        measured = _measured(seconds)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{place}: {error}") from None
    try:
        event = AnnotationEvent(**row, time=time, seconds=measured)
        check_annotator(event.annotator)
    except RunError as error:
        raise RunError(f"{place} of {path} is not an annotation: {error}") from error
    return event


def _measured(seconds: Any) -> float | None:
    if seconds is None:
        return None
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise ValueError("seconds is not a number")
    try:
        found = float(seconds)
    except OverflowError:
        raise ValueError("seconds is too large") from None
    if not isfinite(found):
        raise ValueError(f"seconds is {found}")
    return found


def time_of_text(text: str) -> datetime:
    """A time as it is stored; without a time zone it is read as UTC."""
    return _without_zone(datetime.fromisoformat(text))
