"""A log as it was read, before anything is put in order."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from hardex.learning_curves.training_run import Numbers

MISSING = frozenset({"", "-", "--", "none", "null", "n/a", "na", "<na>", "nil"})
_MOST_WORDS = 10_000  # of a column; one with more names neither runs nor kinds of rows


@dataclass(frozen=True, eq=False)
class Words:
    """A column of few words.

    Attributes:
        names: the w different words.
        codes: (n,) which of them each cell holds; -1 where it is empty.
    """

    names: tuple[str, ...]
    codes: NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class RawLog:
    """The rows of a log.

    Attributes:
        name: of the file or folder.
        header: names of the columns.
        columns: one (n,) array each; NaN where a cell is empty.
        failed: (n, columns) whether a cell says NaN or infinity, in so many words.
        repeated: rows before which the header is repeated.
        notes: sentences about what was read, or left out.
        words: the columns that hold few words in place of numbers, by their places.
        with_sign: the columns whose numbers are written with %, which were divided by 100.
    """

    name: str
    header: tuple[str, ...]
    columns: tuple[Numbers, ...]
    failed: NDArray[np.bool_]
    repeated: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()
    words: Mapping[int, Words] = field(default_factory=dict)
    with_sign: frozenset[str] = frozenset()


def raw_log(
    name: str,
    header: Sequence[str],
    cells: Sequence[Sequence[object]],
    repeated: Sequence[int] = (),
    notes: Sequence[str] = (),
) -> RawLog:
    """A log from the cells of its columns.

    Args:
        name: of the log.
        header: of c columns.
        cells: c columns of n cells: text, numbers or None.
        repeated: as in `RawLog`.
        notes: as in `RawLog`.

    Example:
        >>> raw_log("a.csv", ["loss"], [["1.5", "nan", ""]]).columns[0]
        array([1.5, nan, nan])
    """
    columns, failed = [], []
    said = list(notes)
    words: dict[int, Words] = {}
    with_sign = set()
    for place, (title, column) in enumerate(zip(header, cells, strict=True)):
        values, wrong = numbers(column)
        columns.append(values)
        failed.append(wrong)
        unread = sum(
            1
            for cell, none in zip(column, ~np.isfinite(values) & ~wrong, strict=True)
            if none and cell is not None and str(cell).strip().lower() not in MISSING
        )
        percents = sum(1 for cell in column if isinstance(cell, str) and cell.rstrip()[-1:] == "%")
        if percents:
            with_sign.add(title)
            said.append(f"{title} is written with %; it was divided by 100.")
        mostly_words = unread > np.isfinite(values).sum()  # a number may be misspelt
        if mostly_words and (found := _words_of(column)):
            words[place] = found
        if unread and np.isfinite(values).any():
            said.append(f"{unread:,} of {len(values):,} cells of {title} hold no number.")
    count = len(columns[0]) if columns else 0
    marks = np.stack(failed, axis=1) if failed else np.zeros((count, 0), np.bool_)
    return RawLog(
        name,
        tuple(header),
        tuple(columns),
        marks,
        tuple(repeated),
        tuple(said),
        words,
        frozenset(with_sign),
    )


def _words_of(cells: Sequence[object]) -> Words | None:
    """None if there are too many different ones."""
    codes = np.full(len(cells), -1, np.int64)
    names: dict[str, int] = {}
    for place, cell in enumerate(cells):
        word = "" if cell is None else str(cell).strip()[:100]
        if word.lower() in MISSING:
            continue
        codes[place] = names.setdefault(word, len(names))
        if len(names) > _MOST_WORDS:
            return None
    return Words(tuple(names), codes)


def numbers(cells: Sequence[object]) -> tuple[Numbers, NDArray[np.bool_]]:
    """(n,) values, NaN where there is none, and whether a cell says NaN or infinity."""
    try:  # fast, if every cell is a number
        values = np.array(cells, dtype=np.float64)
        if all(cell is not None for cell in cells):
            return np.where(np.isfinite(values), values, np.nan), ~np.isfinite(values)
    except (TypeError, ValueError):
        pass
    found = np.full(len(cells), np.nan)
    failed = np.zeros(len(cells), np.bool_)
    for place, cell in enumerate(cells):
        value = _number(cell)
        if value is None:
            continue
        if np.isfinite(value):
            found[place] = value
        else:
            failed[place] = True
    return found, failed


def _number(cell: object) -> float | None:
    """A number; None for what is empty or is none."""
    if cell is None or isinstance(cell, bool):
        return None
    if isinstance(cell, int | float | np.number):
        return float(cell)
    text = str(cell).strip().lower()
    if text in MISSING:
        return None
    if text.startswith("tensor(") or text.startswith("["):
        text = text.removeprefix("tensor").strip("()[] ").split(",")[0]
    share = text.endswith("%")
    try:
        value = float(text.rstrip("% "))
    except ValueError:
        return None
    return value / 100 if share else value
