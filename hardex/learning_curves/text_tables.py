"""Tables as text (CSV, TSV) -> a raw log."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from hardex.bounded import Unreadable, lines_of, why
from hardex.errors import LogError
from hardex.learning_curves.raw_log import RawLog, raw_log

MOST_ROWS = 5_000_000
_MOST_COLUMNS = 1000
_DELIMITERS = (",", ";", "\t", "|")


def read_table(path: Path, name: str) -> RawLog:
    """Read a table with a header.

    Args:
        path: the file.
        name: how the user calls it.

    Raises:
        LogError: it cannot be read, is empty, or has no header.
    """
    try:
        header, rows, repeated, notes = _rows(_lines(path), name)
    except (OSError, UnicodeDecodeError, Unreadable, csv.Error) as error:
        raise LogError(
            f"a training log must be a text file in UTF-8; {name} cannot be read ({why(error)}); "
            "write it again, or pass another one."
        ) from error
    width = len(header)
    cells = list(zip(*rows, strict=True)) if rows else [()] * width
    return raw_log(name, header, cells, repeated, notes)


def _lines(path: Path) -> Iterator[str]:
    return (line for line in lines_of(path) if line and not line.isspace() and line[0] != "#")


def _rows(
    lines: Iterator[str], name: str
) -> tuple[list[str], list[Sequence[str]], list[int], list[str]]:
    first = next(lines, None)
    if first is None:
        raise LogError(
            f"a training log must have a header and at least one row; {name} is empty; pass "
            "another one."
        )
    delimiter = max(_DELIMITERS, key=first.count)
    blanks = not first.count(delimiter) and len(first.split()) > 1
    decimal_comma = blanks or delimiter != ","
    header = next(_cells(iter([first]), delimiter, blanks=blanks))
    header = [cell.strip() for cell in header]
    if len(header) > _MOST_COLUMNS:
        raise Unreadable(f"it has {len(header):,} columns, and {_MOST_COLUMNS:,} is the most")
    if all(_is_number(cell) for cell in header):
        raise LogError(
            f"the first line of a training log must name its columns; {name} begins with "
            f"{first.strip()[:60]!r}; add a line such as epoch,loss,val_loss."
        )
    rows: list[Sequence[str]] = []
    repeated: list[int] = []
    notes: list[str] = []
    short = extra = 0
    named_rows = False
    for row in _cells(lines, delimiter, blanks=blanks):
        if row and row[0].strip() == header[0] and [cell.strip() for cell in row] == header:
            repeated.append(len(rows))
            continue
        if len(row) == len(header) + 1 and not rows:
            named_rows = True  # R writes names of rows without a name for their column
        if named_rows and len(row) == len(header) + 1:
            row = row[1:]
        if len(row) != len(header):
            if len(row) > len(header):
                extra += 1
            else:
                short += 1
            row = [*row, *[""] * len(header)][: len(header)]
        if decimal_comma:
            row = [cell.replace(",", ".") for cell in row]
        rows.append(row)
        if len(rows) >= MOST_ROWS:
            notes.append(f"Only the first {MOST_ROWS:,} rows were read.")
            break
    if short:
        notes.append(_ragged(short, "fewer", len(header)))
    if extra:
        notes.append(_ragged(extra, "more", len(header)))
    return header, rows, [place for place in repeated if place], notes


def _cells(lines: Iterator[str], delimiter: str, *, blanks: bool) -> Iterator[list[str]]:
    """The cells of each line; columns may also be set apart by any number of blanks."""
    if blanks:
        return (line.split() for line in lines)
    return csv.reader(lines, delimiter=delimiter)


def _ragged(count: int, word: str, width: int) -> str:
    rows = "1 row has" if count == 1 else f"{count:,} rows have"
    return f"{rows} {word} than {width} cells; what is there was read."


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
