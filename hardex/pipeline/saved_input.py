"""Saved probabilities, labels and data -> rows, each with its example; nothing is guessed.

Names decide where there are any. Rows and columns without names have a place in an order, and
where programs list the same files or classes in different orders, the user says which it was.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Probabilities
from hardex.classifiers.row_names import (
    NAME_COLUMNS,
    Examples,
    column_of_names,
    counts_rows,
    has_twins,
    match,
    placed,
)
from hardex.classifiers.saved import (
    Saved,
    SavedLabels,
    as_given_labels,
    as_probabilities,
    distinct,
    labels_of_classes,
    read_saved,
    read_saved_labels,
    saved_frame,
)
from hardex.classifiers.saved_values import Adjusted, Rows, put_right
from hardex.data.dataset import Dataset
from hardex.data.names import as_class_names, natural_order, number_names, shortened
from hardex.data.orders import (
    ORDERS,
    Places,
    check_order,
    class_orders,
    file_orders,
    lists_files,
    settled,
    sorts_classes,
)
from hardex.errors import ClassifierError, DatasetError, HardexError
from hardex.predict.saved_rows import NpyRows, open_labels, open_probabilities

_NAME_THEM = "save the file names beside the rows (a column `path`, or an array `paths`)"


BY_NAME = "by their names"
_SPLITS = ("train", "training", "val", "valid", "validation", "test", "testing")
_MAY_BE_PREDICTED = ("label", "labels", "class", "class_name", "category")


@dataclass(frozen=True, eq=False)
class SavedInput:
    """Rows that fit together.

    Attributes:
        rows: (m, k) probabilities, in the order of their examples.
        labels: (m,) given labels.
        positions: (m,) places of the examples in the data, or None for all of them.
        ids: m names of the rows where there is no data, or None.
        class_names: k names.
        pairing: how rows, columns and labels were assigned: `rows`, `columns`, `labels`.
        notes: a sentence on each thing that was left out or put right.
    """

    rows: Rows
    labels: Labels | NpyRows
    positions: Positions | None
    ids: Sequence[str] | None
    class_names: tuple[str, ...]
    pairing: Mapping[str, str]
    notes: tuple[str, ...]


def saved_input(
    probabilities: str | Path | Probabilities,
    labels: str | Path | Labels | None,
    dataset: Dataset | None,
    *,
    class_names: Sequence[str] | None = None,
    order: str = "",
    subset: bool = False,
) -> SavedInput:
    """Read what was saved and assign every row, column and label.

    Args:
        probabilities: (n, k), or their file.
        labels: (n,), or their file; None for those of the data.
        dataset: the images, or None.
        class_names: the classes in the order of the columns, if they are known.
        order: in which the rows and columns without names came: a word of `ORDERS`.
        subset: whether rows and examples without partner are left out.

    Raises:
        HardexError: something does not fit together, or can be understood in two ways.
    """
    check_order(order)
    names = (
        dataset.class_names
        if dataset is not None
        else None
        if class_names is None
        else as_class_names(class_names)
    )
    _check_order_counts(order, dataset, names)
    saved = _saved_rows(probabilities, names, counted=dataset is not None)
    made = _Pairing(dataset, order, subset)
    given = _given(labels, dataset, saved)
    names, saved, given = _classes(saved, given, names, made)
    rows, where = made.rows(saved)
    if given is None:
        made.check_by_labels(saved, where)
    found, rows, where = made.labels(given, saved, rows, where)
    ids: Sequence[str] | None = saved.ids if dataset is None else None
    if ids is not None and where is not None:
        ids = [ids[i] for i in where.tolist()]
    whole = where is None or dataset is None or len(where) == len(dataset)
    positions = None if whole else where
    notes = (*saved.notes, *made.notes, *(given.notes if given is not None else ()))
    return SavedInput(rows, found, positions, ids, names, made.said, notes)


@dataclass(frozen=True, eq=False)
class _Read:
    """Saved probabilities whose rows may be on disk; see `Saved`."""

    rows: Rows
    names: dict[str, tuple[str, ...]]
    columns: tuple[str, ...] | None
    by_name: bool
    source: str
    notes: tuple[str, ...]
    labels: tuple[str, ...] = ()
    labelled: str = ""

    @property
    def ids(self) -> tuple[str, ...] | None:
        return distinct(self.names, self.source, ClassifierError)


def _saved_rows(
    probabilities: str | Path | Probabilities, names: Sequence[str] | None, *, counted: bool
) -> "_Read":
    """Saved probabilities, read block by block if their file allows it."""
    if hasattr(probabilities, "iloc"):
        return _read(saved_frame(probabilities, names, counted=counted))
    if not isinstance(probabilities, str | Path):
        rows, notes = as_probabilities(probabilities, "the array")
        return _Read(rows, {}, None, False, "the array", notes)
    path = Path(probabilities)
    if (streamed := open_probabilities(path)) is not None:
        right, notes = put_right(streamed, str(path))
        return _Read(right, {}, None, False, str(path), notes)
    return _read(read_saved(path, names))


def _read(saved: Saved) -> "_Read":
    return _Read(
        saved.probabilities,
        saved.names,
        saved.columns,
        saved.by_name,
        saved.source,
        saved.notes,
        saved.labels,
        saved.labelled,
    )


def _given(
    labels: str | Path | Labels | None, dataset: Dataset | None, saved: "_Read"
) -> SavedLabels | None:
    """The labels that were given beside the data, or None."""
    if isinstance(labels, str | Path):
        path = Path(labels)
        streamed = open_labels(path)
        if streamed is not None:
            return SavedLabels(streamed, source=str(path))  # type: ignore[arg-type]
        return read_saved_labels(path)
    if labels is not None:
        return as_given_labels(labels, "the array")
    if dataset is None:
        own = f" ({saved.source}, if its column {saved.labelled!r} holds them)" * bool(saved.labels)
        raise DatasetError(
            "saved probabilities need the given labels; received none; pass --labels FILE"
            f"{own} or DATA."
        )
    return None


def _classes(
    saved: _Read, given: SavedLabels | None, names: Sequence[str] | None, made: "_Pairing"
) -> tuple[tuple[str, ...], _Read, SavedLabels | None]:
    """The names of the classes, the columns in their order, and labels that are their indices."""
    k = saved.rows.shape[1]
    if given is not None:
        given = given.for_count(len(saved.rows) if made.dataset is None else made.total(0))
    texts = given is not None and isinstance(given.labels, tuple)
    if names is None and texts and saved.columns is None:
        saved, names = made.columns_by_labels(saved, given)
    if names is None:
        names = saved.columns or number_names(np.array([k - 1]))
    names = tuple(names)
    _check_columns(saved, names, made.dataset)
    saved = made.columns(saved, names)
    if given is not None:
        given = made.indices(given, names)
    return names, saved, given


class _Pairing:
    """How rows, columns and labels are assigned, with the notes on it."""

    def __init__(self, dataset: Dataset | None, order: str, subset: bool) -> None:
        self.dataset, self.order, self.subset = dataset, order, subset
        self.said: dict[str, str] = {}
        self._examples = None if dataset is None else _examples(dataset)
        self._row_of: NDArray[np.int64] = np.zeros(0, np.int64)  # of each example that has one
        self._by_name = False
        self.notes: list[str] = []

    def total(self, count: int) -> int:
        """How many examples there are; `count` where there is no data."""
        return count if self.dataset is None else len(self.dataset)

    def columns(self, saved: _Read, names: Sequence[str]) -> _Read:
        """The columns in the order of the classes."""
        if saved.by_name:
            self.said["columns"] = BY_NAME
            return saved
        if self.dataset is None or not sorts_classes(self.dataset):
            self.said.setdefault("columns", "in the order of the classes")
            return saved
        word, order = self._class_order(
            f"columns of probabilities without names ({saved.source})",
            "name the columns after the classes, or pass --classes in the order of the columns",
        )
        self.said["columns"] = _told(word, "classes")
        return _with_columns(saved, order)

    def columns_by_labels(
        self, saved: _Read, given: SavedLabels | None
    ) -> tuple[_Read, tuple[str, ...]]:
        """The classes that the labels name, for columns without names."""
        k = saved.rows.shape[1]
        texts: Sequence[str] = () if given is None else list(map(str, given.labels))
        _, found = labels_of_classes(texts, None, "" if given is None else given.source)
        if len(found) != k:
            raise DatasetError(
                f"labels that are names need the names of all {k} columns; the labels name "
                f"{len(found)} classes, {shortened(found)}; pass --classes in the order of the "
                "columns."
            )
        text = sorted(range(k), key=found.__getitem__)
        ways = {"natural": list(range(k)), "text": text, "path": text}
        word, order = settled(
            ways,
            self.order,
            what="columns without names",
            name=found.__getitem__,
            advice="pass --classes in the order of the columns",
            kind=ClassifierError,
        )
        self.said["columns"] = _told(word, "classes")
        return _with_columns(saved, order), tuple(sorted(found, key=natural_order))

    def indices(self, given: SavedLabels, names: Sequence[str]) -> SavedLabels:
        """The labels as indices of these classes."""
        if isinstance(given.labels, tuple):
            found, _ = labels_of_classes(given.labels, names, given.source)
            self.said["labels"] = "by the names of their classes"
            return SavedLabels(found, given.names, given.source, "", given.notes)
        if _are_names(given, names):
            texts = tuple(map(str, np.asarray(given.labels[:]).tolist()))
            return self.indices(replace(given, labels=texts), names)
        if self.dataset is None or not sorts_classes(self.dataset):
            return given
        word, order = self._class_order(
            f"classes that the numbers in {given.source} count",
            "save the labels as names of classes",
        )
        if word == "same":
            return given
        self.said["labels"] = f"numbers of {_told(word, 'classes')}"
        labels = np.asarray(given.labels[:])
        inside = (labels >= 0) & (labels < len(order))
        right = np.where(inside, np.asarray(order)[np.where(inside, labels, 0)], labels)
        return SavedLabels(right, given.names, given.source, "", given.notes)

    def rows(self, saved: _Read) -> tuple[Rows, NDArray[np.int64] | None]:
        """The rows in the order of their examples, and the places of these; None for all."""
        if self._examples is None or self.dataset is None:
            self.said["rows"] = "in the order of the file"
            return saved.rows, None
        chosen = column_of_names(saved.names, self._examples)
        if chosen is not None:
            places = placed(
                saved.names[chosen],
                self._examples,
                what="row of probabilities",
                source=f"{saved.source} (column {chosen})",
                kind=ClassifierError,
                subset=self.subset,
            )
            self.said["rows"] = f"by the names in the column {chosen!r}"
            where = np.flatnonzero(places >= 0)
            self._row_of, self._by_name = places[where], True
            first = int(where[0])
            name = saved.names[chosen][int(places[first])]
            if split := _other_split(name, self._examples.ids[first], self.dataset):
                self.notes.append(
                    f"{saved.source} names files in a folder {split!r}, and the data are in "
                    f"{self.dataset.source}: the names fit, but these may be other pictures."
                )
            return _picked(saved.rows, places[where]), where
        if self.subset:
            raise ClassifierError(
                f"--subset needs the names of the rows; {saved.source} has none; {_NAME_THEM}."
            )
        _check_images(len(saved.rows), self.dataset)
        word, places = self._file_order(f"rows without names ({saved.source})")
        self._row_of = places
        self.said["rows"] = (
            _told(word, "files") if lists_files(self.dataset) else "in the order of the data"
        )
        return _picked(saved.rows, places), None

    def check_by_labels(self, saved: _Read, where: NDArray[np.int64] | None) -> None:
        """Compare the labels beside the rows, if there are any, with those of the data.

        Raises:
            ClassifierError: rows without names belong to other examples.
        """
        if self.dataset is None or not saved.labels:
            return
        if saved.labelled.strip().lower() in _MAY_BE_PREDICTED:
            predicted = saved.rows[:].argmax(axis=1)
            if not len(_differences(saved.labels, predicted, self.dataset)):
                return
        own = [saved.labels[row] for row in self._row_of.tolist()]
        labels = np.asarray(self.dataset.labels)
        labels = labels if where is None else labels[where]
        off = _differences(own, labels, self.dataset)
        if not len(off):
            return
        column, count = f"{saved.source} (column {saved.labelled})", f"{len(off)} of {len(own)}"
        if self._by_name:
            self.notes.append(f"{count} labels in {column} differ from those of the data.")
            return
        first = int(off[0])
        name = self.dataset.class_names[int(labels[first])]
        raise ClassifierError(
            f"rows without names must come in the order of the data; {column} has the label "
            f"{own[first]!r} in row {int(self._row_of[first])} (counted from 0), where "
            f"{self.dataset.id(first)} has {name!r}, and {count} differ; {_NAME_THEM}, or leave "
            "that column out if the labels of the data are newer."
        )

    def labels(
        self,
        given: SavedLabels | None,
        saved: _Read,
        rows: Rows,
        where: NDArray[np.int64] | None,
    ) -> tuple[Labels | NpyRows, Rows, NDArray[np.int64] | None]:
        """The label of each row, and the rows that have one."""
        if given is None:
            none = np.zeros(0, np.int64)
            labels: Labels = none if self.dataset is None else np.asarray(self.dataset.labels)
            return labels if where is None else labels[where], rows, where
        if not given.names:
            return self._labels_by_order(given, saved, rows, where)
        examples = self._examples
        if examples is None:
            examples = _named_alike(saved, given)
        if examples is None:  # names of nothing
            return _counted(given.labels, len(rows)), rows, where
        chosen = column_of_names(given.names, examples)
        if chosen is None:
            return self._labels_by_order(given, saved, rows, where)
        places = placed(
            given.names[chosen],
            examples,
            what="label",
            source=f"{given.source} (column {chosen})",
            kind=DatasetError,
            subset=self.subset,
        )
        self.said["labels"] = f"by the names in the column {chosen!r}"
        kept = np.arange(len(places)) if where is None else where
        both = np.flatnonzero(places[kept] >= 0)
        if len(both) < len(kept):
            rows, where = _picked(rows, both), kept[both]
        return np.asarray(given.labels[:])[places[kept[both]]], rows, where

    def _labels_by_order(
        self,
        given: SavedLabels,
        saved: _Read,
        rows: Rows,
        where: NDArray[np.int64] | None,
    ) -> tuple[Labels | NpyRows, Rows, NDArray[np.int64] | None]:
        labels: Any = given.labels
        if self.dataset is None or self._examples is None:
            return _counted(labels, len(rows)), rows, where
        _counted(labels, len(saved.rows))
        _check_images(len(labels), self.dataset)
        word, order = self._file_order(f"labels without names ({given.source})")
        if where is not None and not self.order and len(where) == len(labels):
            chosen = column_of_names(saved.names, self._examples)
            seen = () if chosen is None else match(saved.names[chosen], self._examples).found
            if list(seen) != list(order):
                raise DatasetError(
                    "labels must have names where the rows of probabilities have some and come in "
                    f"another order than the data; {given.source} has none; save them with "
                    "names (a column `path`), or leave --labels out."
                )
        if lists_files(self.dataset):
            self.said["labels"] = _told(word, "files")
        by_example = _picked(labels, order)
        return by_example if where is None else np.asarray(by_example[:])[where], rows, where

    def _file_order(self, what: str) -> tuple[str, Any]:
        dataset = self.dataset
        if dataset is None or not lists_files(dataset):
            return "same", np.arange(self.total(0))
        word, order = settled(
            file_orders(dataset),
            self.order,
            what=what,
            name=dataset.id,
            advice=_NAME_THEM,
            kind=ClassifierError,
        )
        places = np.empty(len(order), np.int64)
        places[np.asarray(order, np.int64)] = np.arange(len(order))
        return word, places

    def _class_order(self, what: str, advice: str) -> tuple[str, Any]:
        dataset = self.dataset
        if dataset is None:
            return "same", ()
        names = dataset.class_names
        return settled(
            class_orders(dataset),
            self.order,
            what=what,
            name=names.__getitem__,
            advice=advice,
            kind=ClassifierError,
        )


def _other_split(name: str, id: str, dataset: Dataset) -> str:
    """The folder in which a row's name puts its file, if that is another split than the data's."""
    root = getattr(dataset, "root", None)
    above = name.replace("\\", "/").rstrip("/").split("/")[: -1 - id.count("/")]
    if root is None or not above or above[-1].lower() not in _SPLITS:
        return ""
    here = Path(root).resolve().name.lower()
    return above[-1] if here in _SPLITS and here[:3] != above[-1].lower()[:3] else ""


def _differences(own: Sequence[str], labels: Labels, dataset: Dataset) -> NDArray[np.intp]:
    """Which labels beside the rows are others than these; none where they cannot be compared.

    They are names of classes, or numbers that count them in one of the usual orders.
    """
    names = {name: place for place, name in enumerate(dataset.class_names)}
    found = []
    if all(text in names for text in own):
        found.append(np.array([names[text] for text in own]))
    if all(text.isdecimal() and int(text) < len(names) for text in own):
        numbers = np.array(own).astype(np.int64)
        found += [np.asarray(order)[numbers] for order in class_orders(dataset).values()]
    differences = [np.flatnonzero(one != labels) for one in found]
    return min(differences, key=len, default=np.zeros(0, np.intp))


def _named_alike(saved: _Read, given: SavedLabels) -> Examples | None:
    """The rows as examples, by the column whose names the labels have, too."""
    for ids in saved.names.values():
        if not has_twins(ids) and not counts_rows(ids):
            examples = Examples(ids)
            if any(not match(names, examples).misses for names in given.names.values()):
                return examples
    return None if saved.ids is None else Examples(saved.ids)


def _are_names(given: SavedLabels, names: Sequence[str]) -> bool:
    """Whether labels that are numbers are the names of classes, such as 1, 2, 3.

    Raises:
        DatasetError: they may be names as well as places in the order of the classes.
    """
    numbers = {name: place for place, name in enumerate(names) if name.isdecimal()}
    if len(numbers) < len(names) or list(names) == [str(i) for i in range(len(names))]:
        return False
    found = np.unique(np.asarray(given.labels[:])).tolist()
    if not found or any(str(label) not in numbers for label in found):
        return False
    if all(0 <= label < len(names) for label in found):
        label = found[0]
        raise DatasetError(
            f"labels that are numbers must either count the classes from 0 or name them; in "
            f"{given.source} they can be both: {label} is the name of a class, and class number "
            f"{label} is {names[label]}; save the names of the classes as texts."
        )
    return True


def _examples(dataset: Dataset) -> Examples:
    ids = [dataset.id(i) for i in range(len(dataset))]
    return Examples(ids, dataset.files, heads_differ=not lists_files(dataset))


def _picked(rows: Any, places: Any) -> Any:
    """Rows in another order; as they are, perhaps on disk, where it is their own."""
    own = len(places) == len(rows) and bool((np.asarray(places) == np.arange(len(rows))).all())
    return rows if own else rows[:][np.asarray(places, np.int64)]


def _with_columns(saved: _Read, order: Places) -> _Read:
    """The column of each class, where `order` gives the class of each column."""
    places = [0] * len(order)
    for column, label in enumerate(order):
        places[int(label)] = column
    if places == list(range(len(places))):
        return saved
    rows = Adjusted(saved.rows, columns=tuple(places))
    kept: Rows = rows if isinstance(saved.rows, NpyRows | Adjusted) else rows[:]
    return replace(saved, rows=kept, columns=None, by_name=False)


def _told(word: str, what: str) -> str:
    if word == "same":
        return f"in the order of the {what}, the same naturally and as text"
    return f"{what} in {word} order ({ORDERS[word]})"


def _counted(labels: Any, count: int) -> Any:
    if len(labels) != count:
        raise DatasetError(
            f"there must be one label per row of probabilities; received {len(labels)} labels and "
            f"{count} rows; pass the labels of these rows in their order."
        )
    return labels


def _check_images(count: int, dataset: Dataset) -> None:
    if len(dataset) != count:
        raise DatasetError(
            f"there must be one image per row of probabilities; {dataset.source} holds "
            f"{len(dataset)} images and there are {count} rows; pass the images of these rows "
            "in their order, or save the names of the examples beside the rows and pass --subset."
        )


def _check_columns(saved: _Read, names: Sequence[str], dataset: Dataset | None) -> None:
    k = saved.rows.shape[1]
    if len(names) == k:
        return
    advice = (
        "name all classes with --classes."
        if dataset is None
        else f"save one column for each of {shortened(names)}, or name the columns after them."
    )
    raise ClassifierError(
        f"probabilities must have one column per class; received {k} columns for "
        f"{len(names)} classes; {advice}"
    )


def _check_order_counts(order: str, dataset: Dataset | None, names: Sequence[str] | None) -> None:
    """Refuse an order that would be silently ignored."""
    if order and dataset is not None and not (lists_files(dataset) or sorts_classes(dataset)):
        raise HardexError(
            f"--order belongs to files and classes found by their names; {dataset.source} gives "
            f"both an order of its own; received {order}; leave it out."
        )
    if order and dataset is None and names is not None:
        raise HardexError(
            f"--order belongs to files and classes without a given order; received {order} and "
            "the names of the classes; leave it out."
        )


__all__ = ["NAME_COLUMNS", "SavedInput", "saved_input"]
