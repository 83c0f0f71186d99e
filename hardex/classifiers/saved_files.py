"""Saved rows as they are in a file: its columns, the numbers and the texts in them.

What the columns mean is decided elsewhere (`saved.py`): names of the rows, row numbers, classes,
labels, or none of these.
"""

import csv
import warnings
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from os import PathLike
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from hardex.bounded import Unreadable, lines_of
from hardex.classifiers.row_names import holds_names
from hardex.data.names import counts_up
from hardex.data.npy_files import Npz, open_npz, read_npy
from hardex.data.parquet_files import COLUMNS_MOST, open_table

# What our own predictions.parquet and others call the column, or array, of whole rows.
WHOLE_ROWS = ("probabilities", "pred_probs", "probs", "p")
_CLASSES = ("class_names", "classes", "columns")  # arrays of an .npz file that name the columns


class SavedTable(Protocol):
    """The columns of a file.

    Attributes:
        columns: their names; "" for one without a name.
        named: whether the file names its columns.
        kinds: of each column: `f` decimals, `i` whole numbers, `t` texts, `b` bytes, `n` values
            in an array of their own beside the table, `l` lists, `x` anything else.
    """

    columns: tuple[str, ...]
    named: bool
    kinds: str

    def numbers(self, places: Sequence[int]) -> Any:
        """(n, m) the numbers of some columns."""

    def texts(self, place: int) -> tuple[str, ...]:
        """(n,) one column as texts."""


class ArrayTable:
    """An array, and perhaps arrays of names beside it."""

    def __init__(
        self,
        values: Any,
        columns: Sequence[str] | None = None,
        names: dict[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.values = values
        own = values.shape[1] if values.ndim == 2 else 1
        fits = columns is not None and len(columns) == own
        given = tuple(columns) if columns is not None and fits else ("",) * own
        self._names = names or {}
        self.named = fits
        self.columns = (*given, *self._names)
        self.kinds = _kind_of_array(values) * own + "n" * len(self._names)

    def numbers(self, places: Sequence[int]) -> Any:
        """The array, whole or some of its columns."""
        if list(places) == list(range(len(self.columns) - len(self._names))):
            return self.values
        return self.values[:, list(places)]

    def texts(self, place: int) -> tuple[str, ...]:
        """Names, or texts in the array."""
        own = len(self.columns) - len(self._names)
        if place >= own:
            return self._names[self.columns[place]]
        return texts_of(self.values if self.values.ndim == 1 else self.values[:, place])


class FrameTable:
    """A pandas table; its index is a column without a name if it holds texts.

    Args:
        frame: the table.
        counted: whether an index of numbers is one, too; where rows are split at random, it is not
            in order, and nothing depends on it unless there is data with an order of its own.
    """

    def __init__(self, frame: Any, counted: bool = False) -> None:
        index = frame.index.to_numpy()
        self._values = [("", index)] if counted or index.dtype.kind not in "iu" else []
        columns = range(len(frame.columns))
        self._values += [(str(frame.columns[i]), frame.iloc[:, i].to_numpy()) for i in columns]
        self.columns = tuple(name for name, _ in self._values)
        self.named = True
        self.kinds = "".join(_kind_of_array(values) for _, values in self._values)

    def numbers(self, places: Sequence[int]) -> Any:
        """Some columns, side by side."""
        return np.stack([self._values[place][1] for place in places], axis=1)

    def texts(self, place: int) -> tuple[str, ...]:
        """One column."""
        values = self._values[place][1].tolist()
        return texts_of(["" if value != value else value for value in values])  # NaN is none


def _kind_of_array(values: Any) -> str:
    if values.dtype.kind == "O":  # as pandas stores texts
        texts = [isinstance(value, str | PathLike) for value in values]
        empty = [value is None or value != value for value in values]
        return "t" if any(texts) and all(map(any, zip(texts, empty, strict=True))) else "x"
    return {"f": "f", "i": "i", "u": "i", "b": "i", "U": "t", "S": "t"}.get(values.dtype.kind, "x")


class CsvTable:
    """A text file, with a header or without; each column is read when it is taken."""

    def __init__(self, path: Path) -> None:
        self.path = path
        first, second = (*islice(_rows(path), 2), [], [])[:2]
        self.header = _is_header(first, second, path)
        cells = (second or ["f"] * len(first)) if self.header else first
        # A header of another length, as R writes it, names none of the columns for certain.
        self.named = self.header and len(cells) == len(first)
        if len(cells) < len(first) and any(map(holds_names, first)):
            raise ValueError(
                f"row 0, counted from 0, has {len(cells)} cells and the header {len(first)}"
            )
        # `numpy.savetxt` writes `# a,b`; those are names, too.
        names = tuple(cell.strip().lstrip("# ") for cell in first)
        self.columns = names if self.named else ("",) * len(cells)
        # An empty cell is a number that is missing; the reader of numbers says so.
        blank = not second and self.header
        self.kinds = "".join("f" if blank or not cell.strip() else _kind(cell) for cell in cells)

    def numbers(self, places: Sequence[int]) -> Any:
        """Some columns, by a reader that is fast with numbers."""
        every = list(places) == list(range(len(self.columns)))
        skip = int(self.header)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # an empty file has its own message
            return np.loadtxt(
                lines_of(self.path),  # with a path, NumPy would open whatever it is
                delimiter=",",
                skiprows=skip,
                ndmin=2,
                usecols=None if every else list(places),
                quotechar='"',
                comments=None if skip else "#",
            )

    def texts(self, place: int) -> tuple[str, ...]:
        """One column, below the header."""
        rows = _rows(self.path)
        if self.header:
            next(rows, None)
        found: list[str] = []
        for row in rows:
            if len(row) <= place:
                name = "id" if holds_names(self.columns[place]) else "cell"
                raise ValueError(f"row {len(found)}, counted from 0, has no {name}")
            found.append(row[place])
        return tuple(found)


class ParquetTable:
    """A Parquet file."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa

        self.path = path
        with open_table(path) as table:
            fields = {field.name: field.type for field in table.file.schema_arrow}
        self.columns = tuple(fields)
        self.named = True
        tests = (
            ("f", pa.types.is_floating),
            ("i", pa.types.is_integer),
            ("t", lambda kind: pa.types.is_string(kind) or pa.types.is_large_string(kind)),
            ("t", pa.types.is_dictionary),
            ("b", pa.types.is_binary),
            ("l", lambda kind: pa.types.is_list(kind) or pa.types.is_large_list(kind)),
            ("l", pa.types.is_fixed_size_list),
        )
        self.kinds = "".join(
            next((letter for letter, fits in tests if fits(kind)), "x") for kind in fields.values()
        )
        self.types = {name: str(kind)[:40] for name, kind in fields.items()}

    def numbers(self, places: Sequence[int]) -> Any:
        """Some columns, side by side."""
        names = [self.columns[place] for place in places]
        with open_table(self.path) as table:
            found = table.read(names)
        return np.stack([found[name].to_numpy() for name in names], axis=1)

    def texts(self, place: int) -> tuple[str, ...]:
        """One column, some rows at a time."""
        with open_table(self.path) as table:
            batches = table.batches([self.columns[place]])
            return texts_of(chain.from_iterable(batch.column(0).to_pylist() for batch in batches))

    def lists(self, place: int) -> Any:
        """(n, k) a column of lists."""
        with open_table(self.path) as table:
            rows = table.read([self.columns[place]]).column(0).combine_chunks()
        if rows.null_count:
            raise ValueError("its lists of probabilities have different lengths")
        if not hasattr(rows, "value_lengths"):
            return np.asarray(rows.to_pylist())
        if len(set(rows.value_lengths().to_pylist())) > 1:
            raise ValueError("its lists of probabilities have different lengths")
        return rows.flatten().to_numpy(zero_copy_only=False).reshape(len(rows), -1)


def read_table(path: Path, arrays: Sequence[str], what: str) -> SavedTable:
    """The columns of a `.npy`, `.npz`, `.csv` or `.parquet` file.

    Args:
        path: the file.
        arrays: what the array of an `.npz` file may be called.
        what: what to call it, for the error.

    Raises:
        OSError: it cannot be read.
        ValueError: it is no such file, or does not hold one table.
    """
    suffix = path.suffix.lower()
    if suffix == ".npy":
        return ArrayTable(read_npy(path))
    if suffix == ".npz":
        return _npz(path, arrays, what)
    return CsvTable(path) if suffix == ".csv" else ParquetTable(path)


def texts_of(values: Any) -> tuple[str, ...]:
    """Values as texts; whole numbers have no decimals, and an empty value is no text."""
    return tuple(map(_text, values.tolist() if hasattr(values, "tolist") else values))


def _text(value: Any) -> str:
    if isinstance(value, bytes):
        return value.decode()
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def _npz(path: Path, arrays: Sequence[str], what: str) -> SavedTable:
    with open_npz(path) as held:
        named = next((name for name in arrays if name in held.names), None)
        classes = next((name for name in _CLASSES if name in held.names and name != named), None)
        others = [name for name in held.names if name not in (named, classes)]
        if named is None:
            tables = [name for name in others if len(held.header(name).shape) == 2]
            if len(tables) != 1:
                raise ValueError(
                    f"it holds {', '.join(held.names[:10]) or 'nothing'}; name the array {what}"
                )
            named = tables[0]
        values = held[named]
        columns = None if classes is None else texts_of(held[classes].ravel())
        beside = [name for name in others if name != named and _lists(held, name, values.shape[:1])]
        return ArrayTable(values, columns, {name: texts_of(held[name]) for name in beside})


def _lists(held: Npz, name: str, rows: tuple[int, ...]) -> bool:
    """Whether an array may hold something of each row: its name, or its label."""
    header = held.header(name)
    if header.dtype.hasobject and header.shape == rows:
        raise ValueError(
            f"the array {name!r} holds Python objects, which may run code: save its texts as "
            f"np.array({name}, dtype=str), or leave it out"
        )
    if holds_names(name):
        return len(header.shape) == 1 and header.dtype.kind in "USiu"
    return header.shape == rows and header.dtype.kind in "USiub"


def _rows(path: Path) -> Iterator[list[str]]:
    """The rows that hold anything."""
    for row in filter(None, csv.reader(lines_of(path))):
        if len(row) > COLUMNS_MOST:
            raise Unreadable(f"it has {len(row):,} columns, and {COLUMNS_MOST:,} is the most")
        yield row


def _is_header(first: Sequence[str], second: Sequence[str], path: Path) -> bool:
    """Whether the first line names the columns.

    Whole numbers may be a header of pandas, or labels; a line of the same kinds as the next one,
    with decimals in it, is a row.
    """
    if all(is_number(cell) for cell in first):
        return _may_be_names([cell.strip() for cell in first]) and _holds_decimals(path)
    numbers = [cell.strip() for cell in first if is_number(cell)]
    same = [_kind(cell) for cell in first] == [_kind(cell) for cell in second]
    return not (numbers and same) or counts_up(numbers)


def _may_be_names(cells: Sequence[str]) -> bool:
    """Whether whole numbers can be names of columns: as probabilities, they sum to 1 or 100."""
    whole = all(cell.isdigit() and len(cell) < 10 for cell in cells)
    distinct = len(set(cells)) == len(cells) > 1
    return counts_up(cells) or (whole and distinct and sum(map(int, cells)) not in (1, 100))


def _holds_decimals(path: Path) -> bool:
    """Whether a line after the first has a number that is not written as a whole one."""
    rows = _rows(path)
    next(rows, None)
    return any(not cell.strip().isdigit() for row in rows for cell in row)


def _kind(cell: str) -> str:
    if not is_number(cell):
        return "t"
    return "i" if cell.strip().lstrip("+-").isdigit() else "f"


def is_number(text: str) -> bool:
    """Whether a text is a number.

    Example:
        >>> is_number("1e-3"), is_number("cat")
        (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True
