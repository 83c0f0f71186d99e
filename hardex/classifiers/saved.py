"""Files of saved probabilities and labels -> arrays; in the order of the data if they have ids."""

import csv
import warnings
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import numpy as np

from hardex.arrays import Labels, Probabilities, check_probabilities
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
            _check_ids(self.ids, len(self.probabilities), self.source)

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
        rows = {name: row for row, name in enumerate(self.ids)}
        missing = [place for place, name in enumerate(ids) if name not in rows]
        if missing:
            raise ClassifierError(
                f"every example must have a row of probabilities; {self.source} has none for "
                f"{ids[missing[0]]!r} (example {missing[0]}, counted from 0), and {len(missing)} "
                f"of {len(ids)} are missing; save them with the ids of the data."
            )
        known = set(ids)
        unknown = [row for row, name in enumerate(self.ids) if name not in known]
        if unknown:
            raise ClassifierError(
                f"every row of probabilities must belong to an example; row {unknown[0]} (counted "
                f"from 0) of {self.source} is {self.ids[unknown[0]]!r}, and {len(unknown)} of "
                f"{len(self.ids)} are not in the data; pass the data they were made on."
            )
        return self.probabilities[[rows[name] for name in ids]]

    def for_classes(self, names: Sequence[str]) -> "Saved":
        """The same, its columns in the order of these classes where it names all of them.

        Example:
            >>> saved = Saved(np.array([[0.1, 0.9]]), columns=("dog", "cat"))
            >>> saved.for_classes(["cat", "dog"]).probabilities.tolist()
            [[0.9, 0.1]]
        """
        if self.columns is None or set(self.columns) != set(names):
            return self
        order = [self.columns.index(name) for name in names]
        return Saved(self.probabilities[:, order], self.ids, tuple(names), self.source)

    def _check_length(self, count: int) -> None:
        if len(self.probabilities) != count:
            raise ClassifierError(
                f"there must be one row of probabilities per example; {self.source} has "
                f"{len(self.probabilities)} rows and there are {count} examples; save one row for "
                "each, in their order or with their ids."
            )


def read_saved(path: Path) -> Saved:
    """Probabilities, ids and column names from `.npy`, `.npz`, `.csv` or `.parquet`.

    * `.npz`: an array `probabilities` (or the only one of two dimensions), and `ids` if there are.
    * `.csv`: with or without a header line; a column called `id` holds the ids.
    * `.parquet`: a column `probabilities` of lists, as in a run's predictions.parquet, or one
      column of floating-point numbers per class; and `id` if there is one.

    Raises:
        ClassifierError: no such file, no numbers, no rows, or rows that are no distributions.
    """
    readers = {".npy": _npy, ".npz": _npz, ".csv": _csv, ".parquet": _parquet}
    values, ids, columns = _read(path, readers, "probabilities", _KINDS, ClassifierError)
    return Saved(as_probabilities(values, str(path)), ids, columns, str(path))


def read_probabilities(path: Path) -> Probabilities:
    """(n, k) probabilities in the order of the file; see `read_saved`.

    Raises:
        ClassifierError: no such file, no numbers, no rows, or rows that are no distributions.
    """
    return read_saved(path).probabilities


def as_probabilities(values: Any, source: str) -> Probabilities:
    """Any array-like as checked probabilities, in float32 or float64.

    One column is taken for the probability of the second of two classes.

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


def read_labels(path: Path) -> Labels:
    """(n,) class indices from `.npy` or `.csv`.

    Raises:
        DatasetError: no such file, or not whole numbers.
    """
    readers = {".npy": _npy, ".csv": _csv}
    values, _, _ = _read(path, readers, "labels", _LABEL_KINDS, DatasetError)
    return as_labels(values, str(path))


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
    except (ValueError, OSError, EOFError, BadZipFile, zlib.error, TypeError) as error:
        raise kind(
            f"the {what} must be a {kinds} file of numbers; reading {path} failed "
            f"({_one_line(error)}); save it again with numpy.save."
        ) from error


def _one_line(error: Exception) -> str:
    return str(error).splitlines()[0] if str(error) else type(error).__name__


def _npy(path: Path) -> _Content:
    with path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    return array, None, None


def _npz(path: Path) -> _Content:
    with path.open("rb") as file:
        loaded = np.load(file, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            raise ValueError("it holds one array without a name")
        arrays = {name: loaded[name] for name in loaded.files}
    tables = [name for name, array in arrays.items() if array.ndim == 2]
    named = next((name for name in _ROWS if name in arrays), None)
    if named is None and len(tables) != 1:
        raise ValueError(f"it holds {', '.join(arrays) or 'nothing'}; name the array probabilities")
    ids = next((arrays[name] for name in _IDS if name in arrays), None)
    return arrays[named or tables[0]], None if ids is None else _texts(ids), None


def _csv(path: Path) -> _Content:
    with path.open(encoding="utf-8-sig", newline="") as file:
        first = next(csv.reader(file), [])
    if not any(not _is_number(cell) for cell in first):
        return _numbers(path, 0, None), None, None
    names = [name.strip() for name in first]
    place = next((i for i, name in enumerate(names) if name.lower() in _IDS), None)
    if place is None:
        # Savetxt writes `# a,b`; those are names, too.
        return _numbers(path, 1, None), None, tuple(name.lstrip("# ") for name in names)
    with path.open(encoding="utf-8-sig", newline="") as file:
        ids = tuple(row[place] for row in list(csv.reader(file))[1:] if row)
    others = [i for i in range(len(names)) if i != place]
    return _numbers(path, 1, others), ids, tuple(names[i] for i in others)


def _numbers(path: Path, skip: int, columns: list[int] | None) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, which gets its own words
        return np.loadtxt(
            path,
            delimiter=",",
            skiprows=skip,
            ndmin=2,
            usecols=columns,
            encoding="utf-8-sig",
            quotechar='"',
            comments=None if skip else "#",
        )


def _parquet(path: Path) -> _Content:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = pq.read_table(path)
    names = [str(name) for name in table.column_names]
    ids = next((_texts(table[name].to_pylist()) for name in names if name.lower() in _IDS), None)
    rows = next((name for name in _ROWS if name in names), None)
    if rows is not None and not pa.types.is_floating(table[rows].type):
        return _stacked(table[rows]), ids, None
    columns = [name for name in names if pa.types.is_floating(table[name].type)]
    if not columns:
        raise ValueError(
            f"it has the columns {', '.join(names)} and none of floating-point numbers"
        )
    return np.stack([table[name].to_numpy() for name in columns], axis=1), ids, tuple(columns)


def _stacked(column: Any) -> Any:
    rows = column.combine_chunks()
    lengths = set(rows.value_lengths().to_pylist())
    if len(lengths) > 1 or rows.null_count:
        raise ValueError("its lists of probabilities have different lengths")
    return rows.flatten().to_numpy(zero_copy_only=False).reshape(len(rows), -1)


def _check_ids(ids: Sequence[str], count: int, source: str) -> None:
    if len(ids) != count:
        raise ClassifierError(
            f"there must be one id per row of probabilities; {source} has {len(ids)} ids and "
            f"{count} rows; save both from the same examples."
        )
    if len(set(ids)) < len(ids):
        first = {name: row for row, name in reversed(list(enumerate(ids)))}
        again = [row for row, name in enumerate(ids) if first[name] != row]
        raise ClassifierError(
            f"every id must stand once; row {again[0]} (counted from 0) of {source} is "
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
