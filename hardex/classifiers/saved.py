"""Files of saved probabilities and labels -> arrays, with the names of their rows and columns.

Only names tell which example a row belongs to and which class a column is. What a file names is
read here; `row_names.py` finds the examples, and `data/orders.py` knows the orders of rows and
columns that have no names.
"""

import csv
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Labels, Probabilities, check_probabilities
from hardex.classifiers.row_names import (
    are_files,
    counts_rows,
    has_twins,
    holds_names,
    is_index,
    is_meant,
    preferred,
)
from hardex.classifiers.saved_files import (
    WHOLE_ROWS,
    ArrayTable,
    CsvTable,
    FrameTable,
    ParquetTable,
    SavedTable,
    is_number,
    read_table,
    texts_of,
)
from hardex.classifiers.saved_values import put_right
from hardex.data.label_forms import as_labels
from hardex.data.manifests import LABEL_COLUMNS
from hardex.data.names import counts_up, labels_by_name, shortened
from hardex.errors import ClassifierError, DatasetError, HardexError

_KINDS = ".npy, .npz, .csv or .parquet"
_LABELS = ("labels", "label", "y", "given_labels", "targets")  # arrays of an .npz file
_TRUE = (*LABEL_COLUMNS, *_LABELS, "y_true", "true_label", "true", "ground_truth", "gt")
# Columns beside those of the classes, if the classes are unknown.
_NO_CLASSES = frozenset(
    (
        *_TRUE,
        *("y_pred", "pred", "predicted", "prediction"),
        *("predicted_label", "predicted_class", "confidence", "max", "max_prob", "score", "loss"),
        *("entropy", "margin", "correct", "split", "fold", "position", "row", "given_index"),
    )
)
_PREFIXES = ("probability_", "proba_", "prob_", "p_", "pred_", "softmax_", "score_", "conf_")
_ENOUGH = 10  # rows that all sum to 1 without one column: no chance


@dataclass(frozen=True, eq=False)
class Saved:
    """Probabilities from a file.

    Attributes:
        probabilities: (n, k), rows sum to 1; in the order of the file.
        names: by column, the n names of the rows; the most telling column first.
        columns: the k names of the columns, or None if the file has none or only numbers them.
        by_name: whether the columns are in the order of the classes, by their names.
        source: the file.
        notes: a sentence on each thing that was left out or put right.
        labels: the n labels beside the rows, as texts, or () if there are none.
        labelled: the column of the labels.
    """

    probabilities: Probabilities
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    columns: tuple[str, ...] | None = None
    by_name: bool = False
    source: str = "the array"
    notes: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    labelled: str = ""

    def __post_init__(self) -> None:
        for ids in self.names.values():
            if len(ids) != len(self.probabilities):
                raise ClassifierError(
                    f"there must be one id per row of probabilities; {self.source} has {len(ids)} "
                    f"ids and {len(self.probabilities)} rows; save both from the same examples."
                )

    @property
    def ids(self) -> tuple[str, ...] | None:
        """The names of the rows where no data names them: those of the first column without twins.

        Raises:
            ClassifierError: every column of names has a name twice.

        Example:
            >>> rows = np.array([[0.1, 0.9], [0.8, 0.2]])
            >>> Saved(rows, {"id": ("b", "a")}).ids
            ('b', 'a')
        """
        return distinct(self.names, self.source, ClassifierError)


@dataclass(frozen=True, eq=False)
class SavedLabels:
    """Labels from a file.

    Attributes:
        labels: (n,) class indices, or the names of classes, in the order of the file.
        names: by column, the n names of the rows; the most telling column first.
        source: the file.
        first: what stands in its first line, if that can be a label or a header.
        notes: a sentence on each thing that was read in another form.
    """

    labels: Labels | tuple[str, ...]
    names: dict[str, tuple[str, ...]] = field(default_factory=dict)
    source: str = "the array"
    first: str = ""
    notes: tuple[str, ...] = ()

    def for_count(self, count: int) -> "SavedLabels":
        """The same labels, where a lone first line is a header exactly if there is one too many.

        Pandas writes `0` above a series, and a list of names may begin with a header.

        Example:
            >>> SavedLabels(np.array([0, 3, 5]), first="0").for_count(2).labels.tolist()
            [3, 5]
        """
        if self.first and not self.names and len(self.labels) == count + 1:
            return SavedLabels(self.labels[1:], {}, self.source, "", self.notes)
        return self


def read_saved(path: Path, class_names: Sequence[str] | None = None) -> Saved:
    """Probabilities and the names of their rows and columns, in the order of the file.

    * `.npy`: rows without names.
    * `.npz`: an array `probabilities` (or the only one of two dimensions), and arrays of names;
      `class_names` names its columns.
    * `.csv`: with or without a header line, which may be `0,1,…` above decimals.
    * `.parquet`: a column `probabilities` of lists, as in a run's predictions.parquet, or one
      column of floating-point numbers per class.

    A column or array with one of the `NAME_COLUMNS` names the rows; so does the index of pandas,
    if it holds texts. If it holds row numbers, it is left out.

    Args:
        path: the file.
        class_names: the classes, if they are known: named columns come in their order, and other
            columns are left out.

    Raises:
        ClassifierError: no such file, no numbers, no rows, rows that are not distributions, or
            columns named after other classes.
    """
    source = str(path)
    with _readable(path, "probabilities", _KINDS, ClassifierError):
        return _saved(read_table(path, WHOLE_ROWS, "probabilities"), class_names, source)


def saved_frame(
    frame: Any, class_names: Sequence[str] | None = None, *, counted: bool = False
) -> Saved:
    """The same from a pandas table, whose index and columns may hold the names.

    Args:
        frame: the table.
        class_names: as for `read_saved`.
        counted: whether its index must count the rows if it holds numbers.

    Raises:
        ClassifierError: as `read_saved`.
    """
    source = "the table"
    try:
        return _saved(FrameTable(frame, counted), class_names, source)
    except HardexError:
        raise
    except (ValueError, TypeError) as error:
        raise ClassifierError(
            f"probabilities must be numbers; reading {source} failed ({_one_line(error)}); pass "
            "one column for each class."
        ) from error


def _saved(table: SavedTable, class_names: Sequence[str] | None, source: str) -> Saved:
    found = _probabilities(table, class_names, source)
    lower = {column.strip().lower(): place for place, column in enumerate(table.columns)}
    places = (lower[name] for name in _TRUE if name in lower)
    for place in places:
        column = table.columns[place]
        if table.kinds[place] in "fitn" and column not in (found.columns or ()):
            return replace(found, labels=table.texts(place), labelled=column)
    return found


def _probabilities(table: SavedTable, class_names: Sequence[str] | None, source: str) -> Saved:
    names, others, notes = _names_in(table, class_names, source, ClassifierError)
    whole = next((name for name in WHOLE_ROWS if name in table.columns), None)
    if isinstance(table, ParquetTable) and whole is not None:
        place = table.columns.index(whole)
        if table.kinds[place] == "l":
            return _finished(table.lists(place), names, None, False, source, ())
        if table.kinds[place] != "f":
            raise ValueError(f"its probabilities are {table.types[whole]} and not lists of numbers")
    numbers = "f" if isinstance(table, ParquetTable | FrameTable) else "fi"
    classes = _Classes(table, [p for p in others if table.kinds[p] in "fi"], source)
    found = classes.choose(class_names, [p for p in others if table.kinds[p] in numbers])
    values, columns, by_name, left_out = found
    return _finished(values, names, columns, by_name, source, (*notes, *left_out))


def _finished(
    values: Any,
    names: dict[str, tuple[str, ...]],
    columns: tuple[str, ...] | None,
    by_name: bool,
    source: str,
    notes: tuple[str, ...],
) -> Saved:
    rows, said = put_right(as_rows(values, source), source)
    checked: Probabilities = rows[:] if not isinstance(rows, np.ndarray) else rows
    fits = columns is not None and len(columns) == checked.shape[1]
    return Saved(checked, names, columns if fits else None, by_name, source, (*notes, *said))


def as_probabilities(values: Any, source: str) -> tuple[Probabilities, tuple[str, ...]]:
    """Any array-like as probabilities in float32 or float64, and what was put right.

    A single column is the probability of the second of two classes.

    Raises:
        ClassifierError: it is none.

    Example:
        >>> as_probabilities([[0.25, 0.75]], "a list")
        (array([[0.25, 0.75]]), ())
    """
    rows, said = put_right(as_rows(values, source), source)
    return (rows if isinstance(rows, np.ndarray) else rows[:]), said


def as_rows(values: Any, source: str) -> Any:
    """Any array-like as (n, k) floating-point numbers, k of 2 or more; their values may be any.

    Raises:
        ClassifierError: it is empty, holds something else than numbers, or has another shape.
    """
    array = np.asarray(values)
    if array.size == 0:
        raise ClassifierError(
            f"probabilities must have at least one row; {source} is empty; "
            "save one row per example."
        )
    if array.ndim == 1 and array.dtype.kind in "iub" and array.size > 1:
        raise ClassifierError(
            "probabilities must have shape (examples, classes) with two classes or more; received "
            f"shape {array.shape} of whole numbers, which look like predicted classes; save the "
            "softmax output, one row per example."
        )
    if array.ndim == 2 and array.dtype.kind in "iub" and array.shape[1] > 1:
        array = array.astype(np.float64)
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    if array.ndim == 2 and array.shape[1] == 1 and np.issubdtype(array.dtype, np.floating):
        array = _two_columns(array, source)
    if array.ndim == 2 and array.shape[1] > 1 and np.issubdtype(array.dtype, np.floating):
        return array
    check_probabilities(array)
    raise AssertionError  # pragma: no cover: what is left has another shape or type


def _two_columns(column: Any, source: str) -> Any:
    off = ~((column[:, 0] >= 0) & (column[:, 0] <= 1))  # also of NaN
    if off.any():
        row = int(off.argmax())
        raise ClassifierError(
            "a single column of probabilities must hold numbers from 0 to 1, those of the second "
            f"class; row {row} of {source} holds {column[row, 0]:.4g}, and {int(off.sum())} of "
            f"{len(off)} rows are off; put a sigmoid behind the model."
        )
    return np.concatenate([1 - column, column], axis=1)


def read_saved_labels(path: Path) -> SavedLabels:
    """Labels and the names of their rows from `.npy`, `.npz`, `.csv` or `.parquet`.

    Labels are class indices, one-hot rows, or names of classes. Of several columns, that called
    `label` or the like counts.

    Raises:
        DatasetError: no such file, or neither whole numbers nor names.
    """
    with _readable(path, "labels", _KINDS, DatasetError):
        return _saved_labels(read_table(path, _LABELS, "labels"), str(path))


def _saved_labels(table: SavedTable, source: str) -> SavedLabels:
    names, others, _ = _names_in(table, (), source, DatasetError)
    chosen = _label_columns(table, others)
    for place in chosen:
        names.pop(_called(table, place), None)
    text_file = isinstance(table, CsvTable)
    if len(chosen) == 1 and table.kinds[chosen[0]] == "t":
        texts = tuple(text.strip() for text in table.texts(chosen[0]))
        column = table.columns[chosen[0]]
        lone = text_file and table.named and len(table.columns) == 1
        first = column if lone and column.lower() not in LABEL_COLUMNS else ""
        return SavedLabels((first, *texts) if first else texts, names, source, first)
    if not chosen and names:
        raise ValueError(
            f"it has the columns {shortened(table.columns)}; call that of the labels `label`"
        )
    values = table.numbers(chosen)
    found, notes = as_labels(values, source)
    if text_file and "f" not in {table.kinds[place] for place in chosen}:
        notes = notes if found.ndim != values.ndim and values.shape[1] > 1 else ()
    zero = text_file and not table.named and found[:1].tolist() == [0]
    return SavedLabels(found, names, source, "0" if zero else "", notes)


def as_given_labels(values: Any, source: str) -> SavedLabels:
    """Labels from Python: numbers, one-hot rows, or names of classes.

    Raises:
        DatasetError: neither whole numbers nor names.
    """
    if hasattr(values, "iloc"):  # of pandas, whose index may name the rows
        frame = values.to_frame("label") if hasattr(values, "to_frame") else values
        try:
            return _saved_labels(FrameTable(frame), source)
        except HardexError:
            raise
        except (ValueError, TypeError) as error:
            raise DatasetError(
                f"labels must be one class per example; reading {source} failed "
                f"({_one_line(error)}); pass a single column, or call it `label`."
            ) from error
    array = np.asarray(values)
    texts = array.dtype.kind in "US" or all(isinstance(value, str) for value in array.flat)
    if array.ndim == 1 and array.size and texts:
        return SavedLabels(texts_of(array), source=source)
    labels, notes = as_labels(array, source)
    return SavedLabels(labels, source=source, notes=notes)


def labels_of_classes(
    labels: Sequence[str], class_names: Sequence[str] | None, source: str
) -> tuple[Labels, tuple[str, ...]]:
    """Names of classes as class indices, and the classes; without classes, those found."""
    return labels_by_name(labels, class_names, source=source)


def distinct(
    names: dict[str, tuple[str, ...]], source: str, kind: type[HardexError]
) -> tuple[str, ...] | None:
    """The first column of names that has none twice, or None where there are no names.

    Raises:
        HardexError: every column has one twice.
    """
    meant = [ids for column, ids in names.items() if is_meant(column)]
    telling = [ids for ids in (*meant, *names.values()) if not counts_rows(ids)]
    for ids in (*(ids for ids in telling if ids in meant or are_files(ids)), *meant):
        if not has_twins(ids):
            return ids
    for ids in meant:
        first = {name: row for row, name in reversed(list(enumerate(ids)))}
        again = [row for row, name in enumerate(ids) if first[name] != row]
        raise kind(
            f"every id must occur once; row {again[0]} (counted from 0) of {source} is "
            f"{ids[again[0]]!r} again, and {len(again)} of {len(ids)} are; save each example once."
        )
    return None


def class_places(columns: Sequence[str], names: Sequence[str]) -> list[int] | None:
    """The column of each class by its name, without case, with one prefix or suffix for all.

    Raises:
        ValueError: two sets of columns are named after the classes.

    Example:
        >>> class_places(["id", "prob_dog", "prob_cat"], ["cat", "dog"])
        [2, 1]
        >>> class_places(["a", "b"], ["cat", "dog"])
    """
    for key in (str, str.casefold):
        places: dict[str, int] = {}
        twice = set()
        for place, column in enumerate(columns):
            if places.setdefault(key(column.strip()), place) != place:
                twice.add(key(column.strip()))
        wanted = [key(name) for name in names]
        if len(set(wanted)) < len(wanted):
            continue
        if all(name in places and name not in twice for name in wanted):
            return [places[name] for name in wanted]
        found = {
            (before, after)
            for column in places
            for before, after in _around(column, wanted[0])
            if all(f"{before}{name}{after}" in places for name in wanted)
        }
        if len(found) > 1:
            first, second = sorted(found)[:2]
            raise ValueError(
                f"two sets of columns are named after the classes, {first[0]}…{first[1]} and "
                f"{second[0]}…{second[1]}; keep that of the probabilities"
            )
        for before, after in found:
            return [places[f"{before}{name}{after}"] for name in wanted]
    return None


def _around(column: str, name: str) -> Iterator[tuple[str, str]]:
    """What stands before and after each occurrence of a name."""
    start = column.find(name) if name else -1
    while start >= 0:
        yield column[:start], column[start + len(name) :]
        start = column.find(name, start + 1)


class _Classes:
    """The columns of a table that may be classes, and the choice among them."""

    def __init__(self, table: SavedTable, places: list[int], source: str) -> None:
        self.table, self.places, self.source = table, places, source

    def choose(
        self, class_names: Sequence[str] | None, default: list[int]
    ) -> tuple[Any, tuple[str, ...] | None, bool, tuple[str, ...]]:
        """The numbers, the names of their columns, whether these chose, and what was left out."""
        columns = [self.table.columns[place] for place in self.places]
        if class_names and not default and self.table.named:
            default = self.places
        if not self.table.columns:
            as_rows((), self.source)  # refuses it
        if not default:
            raise ValueError(
                f"it has the columns {shortened(self.table.columns)} and none of floating-point "
                "numbers"
            )
        if not self.table.named:
            return self._numbers(default), None, False, ()
        if isinstance(self.table, ArrayTable) and not class_names:
            return self._numbers(default), tuple(columns), False, ()
        usual = [self.table.columns[place] for place in default]
        numbered = _numbers_of(usual)
        if class_names and not (numbered and sorted(numbered) == list(range(len(numbered)))):
            places = class_places(columns, class_names)
            if places is not None:
                chosen = [self.places[place] for place in places]
                return self._numbers(chosen), tuple(class_names), True, self._left(chosen, default)
        telling = [place for place in default if not _is_no_class(self.table.columns[place])]
        numbered = _numbers_of([self.table.columns[place] for place in telling])
        if numbered is not None and (class_names or all(map(is_number, usual))):
            order = np.argsort(numbered, kind="stable")
            chosen = [telling[i] for i in order]
            texts = tuple(str(numbered[i]) for i in order)
            named = None if class_names or texts[0] == "0" else texts  # such as 1, 2, 3
            return self._numbers(chosen), named, False, self._left(chosen, default)
        if class_names and not counts_up(class_names):
            self._refuse(usual, class_names)
        return self._by_sums(default, class_names)

    def _by_sums(
        self, places: list[int], class_names: Sequence[str] | None
    ) -> tuple[Any, tuple[str, ...] | None, bool, tuple[str, ...]]:
        """The columns with which rows sum to 1: of all, or without those that are no classes."""
        every = self._numbers(places)
        names = [self.table.columns[place] for place in places]
        telling = [i for i, name in enumerate(names) if not _is_no_class(name)]
        with np.errstate(invalid="ignore", over="ignore"):
            sums = every.sum(axis=1, dtype=np.float64)
            fine = _are_one(sums)
            if not fine and 1 < len(telling) < len(names):
                fine = _are_one(every[:, telling].sum(axis=1, dtype=np.float64))
            else:
                telling = list(range(len(names)))
            if not fine and len(sums) >= _ENOUGH and len(names) > 2:
                off = np.abs(sums[:, None] - every - 1).max(axis=0)
                without = np.flatnonzero(off <= 1e-3)
                if len(without) == 1:
                    telling = [i for i in range(len(names)) if i != without[0]]
        chosen = [places[i] for i in telling]
        columns = tuple(names[i] for i in telling)
        if class_names and len(columns) == len(class_names):
            return every[:, telling], None, False, self._left(chosen, places)
        return every[:, telling], _without_prefix(columns), False, self._left(chosen, places)

    def _numbers(self, places: list[int]) -> Any:
        found = self.table.numbers(places)
        return found if found.size else as_rows(found, self.source)  # refuses it

    def _left(self, chosen: list[int], default: list[int]) -> tuple[str, ...]:
        others = [self.table.columns[place] for place in default if place not in chosen]
        if not others:
            return ()
        what = "column" if len(others) == 1 else "columns"
        verb = "is no class" if len(others) == 1 else "are no classes"
        return (f"{self.source}: left out the {what} {shortened(others)}, which {verb}.",)

    def _refuse(self, columns: Sequence[str], names: Sequence[str]) -> None:
        missing = [name for name in names if class_places(columns, [name]) is None]
        some = 0 < len(missing) < len(names)
        absent = f" (there is none for {shortened(missing)})" if some else ""
        raise ClassifierError(
            f"the columns of probabilities must be named after the classes; {self.source} has "
            f"{shortened(columns)} and the classes are {shortened(names)}{absent}; rename the "
            "columns, or save them without names in the order of the classes."
        )


def _names_in(
    table: SavedTable, class_names: Sequence[str] | None, source: str, kind: type[HardexError]
) -> tuple[dict[str, tuple[str, ...]], list[int], tuple[str, ...]]:
    """The names of the rows by column, the places of the other columns, and what was left out."""
    names: dict[str, tuple[str, ...]] = {}
    others: list[int] = []
    texts_beside: list[int] = []
    counting: dict[str, tuple[str, ...]] = {}
    classes = {name.casefold() for name in class_names or ()}
    for place, column in enumerate(table.columns):
        letter = table.kinds[place]
        may = holds_names(column) or (table.named and is_index(column))
        headless = isinstance(table, CsvTable) and not table.named and letter == "t" and place == 0
        headless = headless and len(table.columns) > 1
        if not (may or headless) or (column.casefold() in classes and letter not in "tbn"):
            if letter != "n":
                others.append(place)
            if letter in "tn":
                texts_beside.append(place)
        elif letter in "tbn":
            names[column or "index"] = table.texts(place)
        elif letter in "fi" and _are_whole(table, place):
            texts = table.texts(place)
            texts = texts_of(np.array(texts, np.float64)) if letter == "f" else texts
            if holds_names(column):
                names[column] = texts
            else:
                counting[column] = texts
        else:
            others.append(place)
    if all(map(counts_rows, names.values())):  # another column may hold the names
        for place in texts_beside:
            names[_called(table, place)] = table.texts(place)
    if all(map(has_twins, names.values())):  # only the order of the rows tells what they belong to
        for texts in counting.values():
            _check_counts(texts, source, kind)
    notes = (
        f"{source}: left out the column {column!r}, which only numbers the rows."
        for column in counting
    )
    order = [*preferred(names), *(name for name in names if not holds_names(name))]
    return {name: names[name] for name in order}, others, tuple(notes)


def _called(table: SavedTable, place: int) -> str:
    return table.columns[place] or f"column {place}"


def _are_whole(table: SavedTable, place: int) -> bool:
    with np.errstate(invalid="ignore"):
        values = np.asarray(table.numbers([place]), np.float64)
    return bool(values.size) and bool((values == np.rint(values)).all())


def _check_counts(texts: Sequence[str], source: str, kind: type[HardexError]) -> None:
    """Refuse an index that does not count the rows: they were sorted, shuffled or picked."""
    off = [row for row, text in enumerate(texts) if text.strip() != str(row)]
    if off:
        raise kind(
            f"the index of pandas must count the rows from 0; row {off[0]} of {source} is "
            f"{texts[off[0]].strip()!r}, and {len(off)} of {len(texts)} are off, so the rows are "
            "not in their first order; sort them by the index, or save the names of the examples "
            "as a column `id`."
        )


def _label_columns(table: SavedTable, places: list[int]) -> list[int]:
    """The column of the labels, or all of them where there may be one-hot rows."""
    if len(places) < 2 or not table.named:
        return places
    lower = {table.columns[place].strip().lower(): place for place in reversed(places)}
    called = next((lower[name] for name in _TRUE if name in lower), None)
    if called is not None:
        return [called]
    if any(table.kinds[place] not in "fi" for place in places):
        raise ValueError(
            f"it has the columns {shortened([table.columns[place] for place in places])}; call "
            "that of the labels `label`"
        )
    return places


def _numbers_of(columns: Sequence[str]) -> list[int] | None:
    """The numbers in the names of columns that are only numbered, perhaps with one prefix."""
    stems = {name.rstrip("0123456789") for name in columns}
    digits = [name[len(name.rstrip("0123456789")) :] for name in columns]
    if len(stems) > 1 or not all(digits):
        return [int(float(name)) for name in columns] if all(map(_is_whole, columns)) else None
    return [int(text) for text in digits]


def _is_no_class(column: str) -> bool:
    return column.strip().lower() in _NO_CLASSES


def _is_whole(text: str) -> bool:
    return is_number(text) and abs(float(text)) < 2**53 and float(text).is_integer()


def _without_prefix(columns: tuple[str, ...]) -> tuple[str, ...]:
    for prefix in _PREFIXES:
        if all(name.lower().startswith(prefix) and len(name) > len(prefix) for name in columns):
            return tuple(name[len(prefix) :] for name in columns)
    return columns


def _are_one(sums: Any) -> bool:
    """Whether sums are 1, or 100, but for rounding."""
    return bool((np.abs(sums - 1) <= 0.05).all() or (np.abs(sums - 100) <= 5).all())


@contextmanager
def _readable(path: Path, what: str, kinds: str, kind: type[HardexError]) -> Iterator[None]:
    """Turn errors of reading a file into one sentence."""
    expected = f"the {what} must be a {kinds} file"
    if path.suffix.lower() not in kinds.replace(",", " ").split():
        raise kind(f"{expected}; received {path}; save it with numpy.save.")
    try:
        yield
    except HardexError:
        raise
    except FileNotFoundError as error:
        raise kind(f"{expected}; there is nothing at {path}; check the path.") from error
    except (ValueError, OSError, EOFError, zlib.error, TypeError, csv.Error) as error:
        raise kind(
            f"{expected} of numbers; reading {path} failed ({_one_line(error)}); save it again "
            "with numpy.save."
        ) from error


def _one_line(error: BaseException) -> str:
    text = getattr(error, "strerror", None) or str(error)
    return str(text).splitlines()[0] if text else type(error).__name__
