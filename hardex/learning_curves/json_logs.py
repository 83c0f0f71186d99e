"""Logs as JSON -> a raw log: a Keras history, rows of objects, a trainer's state."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from hardex.bounded import Unreadable, json_of, lines_of, read_bytes, why
from hardex.errors import LogError
from hardex.learning_curves.raw_log import RawLog, raw_log
from hardex.sentences import counted

_MOST = 2**28  # bytes
_FORMS = (
    "a history ({'loss': [...], ...}), rows of objects, or a trainer_state.json with log_history"
)


def read_json_log(path: Path, name: str) -> RawLog:
    """Read a log in JSON or in lines of JSON.

    Raises:
        LogError: it cannot be read, or has another form.
    """
    try:
        if path.suffix.lower() in (".jsonl", ".ndjson"):
            return _of_lines(path, name)
        text = read_bytes(path, _MOST).decode("utf-8-sig")
        try:
            value = json_of(text, endless=True)
        except ValueError:
            if not _is_of_lines(text):
                raise
            return _of_lines(path, name)
        return of_value(value, name)
    except (OSError, UnicodeDecodeError, Unreadable, ValueError) as error:
        if isinstance(error, LogError):
            raise
        raise LogError(
            f"a training log must be JSON in UTF-8; {name} cannot be read ({why(error)}); write it "
            "again, or pass another one."
        ) from error


def _is_of_lines(text: str) -> bool:
    """Whether the first line is an object by itself: programs call such files `.json`, too."""
    try:
        return isinstance(json_of(text.lstrip().partition("\n")[0], endless=True), dict)
    except ValueError:
        return False


def _of_lines(path: Path, name: str) -> RawLog:
    """A log in lines of JSON, without those that are none.

    The last one may be cut off, as where a program was killed; others are counted.
    """
    found: list[Any] = []
    broken: list[int] = []
    problem: ValueError | None = None
    last = 0
    for number, line in enumerate(lines_of(path), 1):
        if not line.strip():
            continue
        last = number
        try:
            value = json_of(line, endless=True)
            if not isinstance(value, Mapping):
                raise Unreadable("a line is no object")
            found.append(value)
        except ValueError as error:
            problem = problem or error
            broken.append(number)
    if not found and problem is not None:
        raise problem
    raw = of_value(found, name)
    if found and broken[-1:] == [last]:
        broken.pop()
    if not broken:
        return raw
    note = (
        f"{counted(len(broken), 'line')} could not be read as JSON and "
        f"{'was' if len(broken) == 1 else 'were'} left out, the first of them line {broken[0]:,}."
    )
    return replace(raw, notes=(*raw.notes, note))


def of_value(value: Any, name: str) -> RawLog:
    """A log from plain data.

    Args:
        value: a mapping of names to equally long lists, or rows of mappings.
        name: of the log.

    Raises:
        LogError: it is neither.

    Example:
        >>> of_value({"loss": [2.0, 1.0], "val_loss": [2.1, 1.2]}, "history").header
        ('loss', 'val_loss')
    """
    if isinstance(value, Mapping):
        for key in ("log_history", "history"):
            if key in value and isinstance(value[key], list | Mapping):
                epochs = value.get("epoch") if isinstance(value[key], Mapping) else None
                inner = value[key]
                if isinstance(epochs, list) and "epoch" not in inner:
                    inner = {"epoch": epochs, **inner}
                return of_value(inner, name)
        curves = {key: _listed(curve) for key, curve in _flat(value).items()}
        lists = {key: curve for key, curve in curves.items() if curve}
        if lists:
            return _of_curves(lists, name)
    elif isinstance(value, Sequence) and value and all(isinstance(row, Mapping) for row in value):
        rows = [_flat(row) for row in value]
        header = list(dict.fromkeys(key for row in rows for key in row))
        return raw_log(name, header, [[_plain(row.get(key)) for row in rows] for key in header])
    raise LogError(f"a training log in JSON must hold {_FORMS}; {name} holds none of these.")


def _flat(row: Mapping[Any, Any]) -> dict[str, Any]:
    """{"train": {"loss": 1.5}} -> {"train_loss": 1.5}; one level, as programs write it."""
    found: dict[str, Any] = {}
    for key, value in row.items():
        inside = isinstance(value, Mapping) and not all(str(name).isdigit() for name in value)
        if isinstance(value, Mapping) and inside:
            found |= {f"{key}_{name}": one for name, one in value.items()}
        else:
            found[str(key)] = value
    return found


def _of_curves(lists: Mapping[str, list[Any]], name: str) -> RawLog:
    longest = max(len(curve) for curve in lists.values())
    short = [key for key, curve in lists.items() if len(curve) < longest]
    notes = [
        f"{key} has {len(lists[key])} values and other curves have {longest}; it was taken to "
        "begin with the first epoch."
        for key in short
    ]
    cells = [
        [_plain(cell) for cell in curve] + [None] * (longest - len(curve))
        for curve in lists.values()
    ]
    return raw_log(name, list(lists), cells, (), notes)


def _listed(curve: Any) -> list[Any]:
    """A list of numbers; pandas writes {"0": 1.5, "1": 1.2}."""
    if isinstance(curve, Mapping):
        keys = [str(key) for key in curve]
        if keys and all(key.isdigit() for key in keys):
            return [curve[key] for key in sorted(curve, key=lambda key: int(key))]
        return []
    if isinstance(curve, str | bytes) or not hasattr(curve, "__len__"):
        return []
    values = list(curve)
    return values if all(_plain(one) is not None or one is None for one in values) else []


def _plain(cell: Any) -> Any:
    """A cell that is a number or text; None for anything else."""
    if hasattr(cell, "item"):
        try:
            cell = cell.item()
        except ValueError:
            return None
    return cell if isinstance(cell, int | float | str) else None
