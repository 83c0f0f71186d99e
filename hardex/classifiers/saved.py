"""Files of saved probabilities and labels -> arrays; in the order of the data if they have ids."""

import csv
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Labels, Probabilities, check_probabilities
from hardex.bounded import Unreadable, lines_of
from hardex.data.npy_files import open_npz, read_npy
from hardex.data.parquet_files import COLUMNS_MOST, open_table
from hardex.errors import ClassifierError, DatasetError, HardexError

_KINDS = ".npy, .npz, .csv or .parquet"
_LABEL_KINDS = ".npy or .csv"
# What our own predictions.parquet and others call the column, or array, of whole rows.
_ROWS = ("probabilities", "pred_probs", "probs", "p")
_IDS = ("id", "ids")


@dataclass(frozen=True, eq=False)
class Saved:
    """Probabilities from a file.

    Attributes:
        probabilities: (n, k), rows sum to 1; in the order of the file.
        ids: n names of the examples, or None if the file has none.
        columns: k names of the columns, or None if the file has none.
        source: the file.
    """

    probabilities: Probabilities
    ids: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    source: str = "the array"

    def __post_init__(self) -> None:
        if self.ids is not None:
            _check_count(self.ids, len(self.probabilities), self.source)
            _check_once(self.ids, self.source, ClassifierError)

    def for_ids(self, ids: Sequence[str]) -> Probabilities:
        """(n, k) in the order of these ids; as they are if the file has no ids.

        Raises:
            ClassifierError: the ids are not those of the file, or there are more or fewer rows.

        Example:
            >>> saved = Saved(np.array([[0.1, 0.9], [0.8, 0.2]]), ids=("b", "a"))
            >>> saved.for_ids(["a", "b"]).tolist()
            [[0.8, 0.2], [0.1, 0.9]]
        """
        if self.ids is None:
            self._check_length(len(ids))
            return self.probabilities
        places = _places(self.ids, ids, "row of probabilities", self.source, ClassifierError)
        return self.probabilities[places]

    def for_classes(self, names: Sequence[str]) -> "Saved":
        """The same, its columns in the order of these classes; as it is if they are unknown.

        Names are compared without case, unless two classes differ by nothing else. Columns that
        are only numbered keep their order if the classes have other names, and so do named ones
        if the classes are only numbered.

        Raises:
            ClassifierError: the columns are named after other classes.

        Example:
            >>> saved = Saved(np.array([[0.1, 0.9]]), columns=("dog", "cat"))
            >>> saved.for_classes(["cat", "dog"]).probabilities.tolist()
            [[0.9, 0.1]]
        """
        if self.columns is None or not names:
            return self
        order = _order(self.columns, names)
        if order is None:
            if self.class_names() is None or _counts_up(names):
                return self
            raise ClassifierError(
                f"the columns of probabilities must be named after the classes; {self.source} has "
                f"{_some(self.columns)} and the classes are {_some(names)}; rename the columns, or "
                "save them without names in the order of the classes."
            )
        return Saved(self.probabilities[:, order], self.ids, tuple(names), self.source)

    def class_names(self) -> tuple[str, ...] | None:
        """The names of the columns, or None if there are none or they are only numbers.

        Example:
            >>> Saved(np.array([[0.1, 0.9]]), columns=("dog", "cat")).class_names()
            ('dog', 'cat')
        """
        if self.columns is None or all(_is_number(name) for name in self.columns):
            return None
        return self.columns

    def _check_length(self, count: int) -> None:
        if len(self.probabilities) != count:
            raise ClassifierError(
                f"there must be one row of probabilities per example; {self.source} has "
                f"{len(self.probabilities)} rows and there are {count} examples; save one row for "
                "each, in their order or with their ids."
            )


@dataclass(frozen=True, eq=False)
class SavedLabels:
    """Labels from a file.

    Attributes:
        labels: (n,) class indices, in the order of the file.
        ids: n names of the examples, or None if the file has none.
        source: the file.
        zero_first: whether its first line is a lone `0`, which can be a label or a header.
    """

    labels: Labels
    ids: tuple[str, ...] | None = None
    source: str = "the array"
    zero_first: bool = False

    def for_rows(self, count: int, ids: Sequence[str] | None) -> Labels:
        """(n,) by these ids if both have some, otherwise in the order of the file.

        A lone `0` in the first line, as pandas writes above a series, counts as a header exactly if
        there is one line more than there are rows.

        Raises:
            DatasetError: the ids are not those of the file, or occur twice.

        Example:
            >>> SavedLabels(np.array([5, 3]), ids=("b", "a")).for_rows(2, ["a", "b"]).tolist()
            [3, 5]
        """
        if self.ids is None or ids is None:
            headed = self.zero_first and len(self.labels) == count + 1
            return self.labels[1:] if headed else self.labels
        _check_once(self.ids, self.source, DatasetError)
        return self.labels[_places(self.ids, ids, "label", self.source, DatasetError)]


def read_saved(path: Path) -> Saved:
    """Probabilities, ids and column names from `.npy`, `.npz`, `.csv` or `.parquet`.

    * `.npz`: an array `probabilities` (or the only one of two dimensions), and `ids` if there are.
    * `.csv`: with or without a header line, which may be `0,1,…` above decimals; a column called
      `id` holds the ids.
    * `.parquet`: a column `probabilities` of lists, as in a run's predictions.parquet, or one
      column of floating-point numbers per class; and `id` if there is one.

    Raises:
        ClassifierError: no such file, no numbers, no rows, or rows that are not distributions.
    """
    readers = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
    values, ids, columns = _read(path, readers, "probabilities", _KINDS, ClassifierError)
    rows = as_probabilities(values, str(path))
    named = columns if columns is not None and len(columns) == rows.shape[1] else None
    return Saved(rows, ids, named, str(path))


def as_probabilities(values: Any, source: str) -> Probabilities:
    """Any array-like as checked probabilities, in float32 or float64.

    A single column is the probability of the second of two classes.

    Example:
        >>> as_probabilities([[0.25, 0.75]], "a list").dtype
        dtype('float64')
    """
    array = np.asarray(values)
    if array.size == 0:
        raise ClassifierError(
            f"probabilities must have at least one row; {source} is empty; "
            "save one row per example."
        )
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if array.ndim == 2 and array.shape[1] == 1 and np.issubdtype(array.dtype, np.floating):
        array = np.concatenate([1 - array, array], axis=1)
    check_probabilities(array)
    return array


def read_saved_labels(path: Path) -> SavedLabels:
    """Class indices from `.npy` or `.csv`, and ids from a column `id` of the latter.

    Raises:
        DatasetError: no such file, or not whole numbers.
    """
    readers = {".npy": _npy, ".csv": _csv}
    values, ids, _ = _read(path, readers, "labels", _LABEL_KINDS, DatasetError)
    zero_first = path.suffix == ".csv" and _first_line(path) == ["0"]
    return SavedLabels(as_labels(values, str(path)), ids, str(path), zero_first)


def as_labels(values: Any, source: str) -> Labels:
    """Any array-like as one class index per example.

    Raises:
        DatasetError: fractions, text, or more than one column.

    Example:
        >>> as_labels([[2.0], [0.0]], "a list")
        array([2, 0])
    """
    array = np.asarray(values)
    column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    numeric = np.issubdtype(column.dtype, np.number) and np.isfinite(column).all()
    whole = numeric and (np.abs(column) < 2**62).all() and (column == np.rint(column)).all()
    if column.ndim != 1 or not whole:
        raise DatasetError(
            f"labels must be one class index per example; {source} holds {array.dtype} of shape "
            f"{array.shape}; save whole numbers from 0."
        )
    return column.astype(np.int64)


_Content = tuple[Any, tuple[str, ...] | None, tuple[str, ...] | None]  # values, ids, columns


def _read(
    path: Path, readers: dict[str, Any], what: str, kinds: str, kind: type[HardexError]
) -> _Content:
    reader = readers.get(path.suffix)
    if reader is None:
        raise kind(f"the {what} must be a {kinds} file; received {path}; save it with numpy.save.")
    try:
        content: _Content = reader(path)
        return content
    except FileNotFoundError as error:
        raise kind(
            f"the {what} must be a {kinds} file; there is nothing at {path}; check the path."
        ) from error
    except (ValueError, OSError, EOFError, zlib.error, TypeError, csv.Error) as error:
        raise kind(
            f"the {what} must be a {kinds} file of numbers; reading {path} failed "
            f"({_one_line(error)}); save it again with numpy.save."
        ) from error


def _one_line(error: Exception) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0] if text else type(error).__name__


def _npy(path: Path) -> _Content:
    return read_npy(path), None, None


def _npz(path: Path) -> _Content:
    with open_npz(path) as arrays:
        named = next((name for name in _ROWS if name in arrays.names), None)
        ids = next((_texts(arrays[name]) for name in _IDS if name in arrays.names), None)
        if named is not None:
            return arrays[named], ids, None
        read = {name: arrays[name] for name in arrays.names}
    tables = [array for array in read.values() if array.ndim == 2]
    if len(tables) != 1:
        raise ValueError(
            f"it holds {_some(arrays.names) or 'nothing'}; name the array probabilities"
        )
    return tables[0], ids, None


def _csv(path: Path) -> _Content:
    first = _first_line(path)
    if all(_is_number(cell) for cell in first):
        headed = _counts_up(first) and _holds_decimals(path)
        return _numbers(path, int(headed), None), None, tuple(first) if headed else None
    names = [name.strip() for name in first]
    place = next((i for i, name in enumerate(names) if name.lower() in _IDS), None)
    if place is None:
        # Savetxt writes `# a,b`; those are names, too.
        return _numbers(path, 1, None), None, tuple(name.lstrip("# ") for name in names)
    others = [i for i in range(len(names)) if i != place]
    return _numbers(path, 1, others), _ids_at(path, place), tuple(names[i] for i in others)


def _ids_at(path: Path, place: int) -> tuple[str, ...]:
    """The ids in a column, below the header."""
    rows = csv.reader(lines_of(path))
    next(rows, None)
    ids: list[str] = []
    for row in filter(None, rows):
        if len(row) <= place:
            raise ValueError(f"row {len(ids)}, counted from 0, has no id")
        ids.append(row[place])
    return tuple(ids)


def _first_line(path: Path) -> list[str]:
    cells = next(csv.reader(lines_of(path)), [])
    if len(cells) > COLUMNS_MOST:
        raise Unreadable(f"it has {len(cells):,} columns, and {COLUMNS_MOST:,} is the most")
    return cells


def _counts_up(cells: Sequence[str]) -> bool:
    """Whether these are 0..k-1 for k of 2 or more, as pandas numbers columns without names."""
    return len(cells) > 1 and list(cells) == [str(i) for i in range(len(cells))]


def _holds_decimals(path: Path) -> bool:
    """Whether a line after the first has a number that is not written as a whole one."""
    lines = csv.reader(lines_of(path))
    next(lines, None)
    return any(not cell.strip().isdigit() for line in lines for cell in line)


def _numbers(path: Path, skip: int, columns: list[int] | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, which has its own message
        return np.loadtxt(
            lines_of(path),  # with a path, NumPy would open whatever it is
            delimiter=",",
            skiprows=skip,
            ndmin=2,
            usecols=columns,
            quotechar='"',
            comments=None if skip else "#",
        )


def _parquet(path: Path) -> _Content:
    import pyarrow as pa

    with open_table(path) as table:
        kinds = {column.name: column.type for column in table.file.schema_arrow}
        id_column = next((name for name in kinds if name.lower() in _IDS), None)
        ids = None
        if id_column is not None:
            cells = (batch.column(0).to_pylist() for batch in table.batches([id_column]))
            ids = _texts(chain.from_iterable(cells))
        rows = next((name for name in _ROWS if name in kinds), None)
        if rows is not None and not pa.types.is_floating(kinds[rows]):
            return _stacked(table.read([rows])[rows]), ids, None
        columns = [name for name, kind in kinds.items() if pa.types.is_floating(kind)]
        if not columns:
            raise ValueError(
                f"it has the columns {_some(list(kinds))} and none of floating-point numbers"
            )
        found = table.read(columns)
        return np.stack([found[name].to_numpy() for name in columns], axis=1), ids, tuple(columns)


def _stacked(column: Any) -> Any:
    import pyarrow as pa

    if not (pa.types.is_list(column.type) or pa.types.is_large_list(column.type)):
        raise ValueError(f"its probabilities are {str(column.type)[:40]} and not lists of numbers")
    rows = column.combine_chunks()
    lengths = set(rows.value_lengths().to_pylist())
    if len(lengths) > 1 or rows.null_count:
        raise ValueError("its lists of probabilities have different lengths")
    return rows.flatten().to_numpy(zero_copy_only=False).reshape(len(rows), -1)


def _places(
    have: Sequence[str], wanted: Sequence[str], what: str, source: str, kind: type[HardexError]
) -> list[int]:
    """The index of each wanted id; both must be the same ids, in any order."""
    rows = {name: row for row, name in enumerate(have)}
    missing = [place for place, name in enumerate(wanted) if name not in rows]
    if missing:
        raise kind(
            f"every example must have a {what}; {source} has none for {wanted[missing[0]]!r} "
            f"(example {missing[0]}, counted from 0), and {len(missing)} of {len(wanted)} are "
            "missing; save them with the ids of the data."
        )
    known = set(wanted)
    unknown = [row for row, name in enumerate(have) if name not in known]
    if unknown:
        raise kind(
            f"every {what} must belong to an example; row {unknown[0]} (counted from 0) of "
            f"{source} is {have[unknown[0]]!r}, and {len(unknown)} of {len(have)} are not in the "
            "data; pass the data they were made on."
        )
    return [rows[name] for name in wanted]


def _order(columns: Sequence[str], names: Sequence[str]) -> list[int] | None:
    """Which column each class is, or None if they are not the same names."""
    for key in (str, str.casefold):
        places = {key(column): place for place, column in enumerate(columns)}
        keys = [key(name) for name in names]
        if len(places) == len(columns) and sorted(places) == sorted(keys):
            return [places[name] for name in keys]
    return None


def _some(names: Sequence[str], most: int = 10) -> str:
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def _check_count(ids: Sequence[str], count: int, source: str) -> None:
    if len(ids) != count:
        raise ClassifierError(
            f"there must be one id per row of probabilities; {source} has {len(ids)} ids and "
            f"{count} rows; save both from the same examples."
        )


def _check_once(ids: Sequence[str], source: str, kind: type[HardexError]) -> None:
    if len(set(ids)) < len(ids):
        first = {name: row for row, name in reversed(list(enumerate(ids)))}
        again = [row for row, name in enumerate(ids) if first[name] != row]
        raise kind(
            f"every id must occur once; row {again[0]} (counted from 0) of {source} is "
            f"{ids[again[0]]!r} again, and {len(again)} of {len(ids)} are; save each example once."
        )


def _texts(values: Any) -> tuple[str, ...]:
    return tuple(v.decode() if isinstance(v, bytes) else str(v) for v in values)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
