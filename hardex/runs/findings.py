"""findings.parquet: one cause per diagnosed example, with the evidence for it."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hardex.bounded import CELL_MOST, Unreadable
from hardex.data.parquet_files import open_table

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

FINDINGS = "findings.parquet"
UNEXPLAINED = "unexplained"  # the cause of examples that no cause explains
_GROUP_ROWS = 8_192  # findings in a row group, which is the least that is read of the table
_ALWAYS = ("id", "cause", "confidence")  # columns that are always read
_LIST_MOST = 64  # entries of a list
_PROBABILITY = "p_"  # before the name of a cause


@dataclass(frozen=True, kw_only=True)
class Finding:
    """Why one example is hard.

    Attributes:
        id: of the example.
        cause: one of `hardex.diagnosis.causes.CAUSES`, or one that a plug-in added.
        confidence: probability of the cause, 0..1; of `unexplained` one minus that of the
            likeliest cause.
        second_cause: the next likeliest cause that may be named; None if there is none.
        suggested_label: the class that the example seems to be of, of mislabelled ones.
        amount: what was done to the picture, in the units of `hardex.images.Transform`; None for
            causes without an amount.
        amount_y: pixels down, of a shift; of a contrast, the share of the levels that was added.
        position: of the example in the data set.
        given_label, predicted_label: class names.
        why: the evidence in one sentence.
        label_after, confidence_after: the prediction once the transform is undone.
        other_label: the other class of an ambiguous example, or the prediction after the
            correction for the shares of the classes.
        class_share: of the given class in the training data, 0..1.
        own_distance: mean distance to the nearest training images of the given class.
        usual_distance: the median of that for examples of this class that are right.
        nearest_distance: the same for the class that is nearest.
        neighbour_ids, neighbour_labels, neighbour_distances: the nearest training images.
        given_ids: the nearest training images of the given class, or for ambiguous examples the
            most typical ones.
        other_ids: those of the suggested, other or predicted class.
        copy_id, copy_label: the image that this one is a copy of, of duplicates.
        copy_in: `train` or `test`, where that copy is.
        others, others_wrong: how many other models were asked, and how many are wrong, too.
        probabilities: of every cause that was judged, by name; they sum to 1.
    """

    id: str
    cause: str
    confidence: float
    second_cause: str | None = None
    suggested_label: str | None = None
    amount: float | None = None
    amount_y: float | None = None
    position: int = 0
    given_label: str = ""
    predicted_label: str = ""
    why: str = ""
    label_after: str | None = None
    confidence_after: float | None = None
    other_label: str | None = None
    class_share: float | None = None
    own_distance: float | None = None
    usual_distance: float | None = None
    nearest_distance: float | None = None
    neighbour_ids: tuple[str, ...] = ()
    neighbour_labels: tuple[str, ...] = ()
    neighbour_distances: tuple[float, ...] = ()
    given_ids: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    copy_id: str | None = None
    copy_label: str | None = None
    copy_in: str | None = None
    others: int | None = None
    others_wrong: int | None = None
    probabilities: dict[str, float] = field(default_factory=dict)


_TYPES: dict[Any, str] = {
    str: "text",
    str | None: "text",
    float: "number",
    float | None: "number",
    int: "whole",
    int | None: "whole",
    tuple[str, ...]: "texts",
    tuple[float, ...]: "numbers",
}


def schema(causes: Sequence[str]) -> "pa.Schema":
    """Columns of findings.parquet: those of `Finding`, and `p_CAUSE` for every judged cause."""
    import pyarrow as pa

    kinds = {
        "text": pa.string(),
        "number": pa.float64(),
        "whole": pa.int64(),
        "texts": pa.list_(pa.string()),
        "numbers": pa.list_(pa.float64()),
    }
    own = [
        (one.name, kinds[_TYPES[one.type]])
        for one in fields(Finding)
        if one.name != "probabilities"
    ]
    return pa.schema([*own, *((f"{_PROBABILITY}{cause}", pa.float64()) for cause in causes)])


def write_findings(path: Path, findings: Sequence[Finding], causes: Sequence[str]) -> None:
    """Write the table, complete or not at all.

    Args:
        path: of the file; one that is there is replaced.
        findings: one per example.
        causes: the causes that were judged, in the order of their columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [
        {
            **{one.name: getattr(finding, one.name) for one in fields(Finding)},
            **{f"{_PROBABILITY}{cause}": finding.probabilities.get(cause, 0.0) for cause in causes},
        }
        for finding in findings
    ]
    for row in rows:
        del row["probabilities"]
    partial = path.with_name(f".{path.name}.partial")
    table = pa.Table.from_pylist(rows, schema(causes))
    pq.write_table(table, partial, compression="zstd", row_group_size=_GROUP_ROWS)
    partial.replace(path)


def read_findings(path: Path) -> "pd.DataFrame":
    """The table as a data frame, in the order of the examples' loss, hardest first.

    Raises:
        OSError, ValueError: there is no such table, or it is another one.
    """
    import pyarrow.parquet as pq

    with open_table(path) as table:
        _check_lists(table.file)
        names = set(table.file.schema_arrow.names)
    missing = [one.name for one in fields(Finding) if one.name not in names | {"probabilities"}]
    if missing:
        raise Unreadable(f"its column {missing[0]!r} is missing")
    return pq.read_table(path).to_pandas()


def find_findings(
    path: Path, ids: Collection[str], names: Sequence[str] | None = None
) -> dict[str, Finding]:
    """The findings about some examples, by id; those without one are left out.

    Only the ids of the table are read, and the row groups of the examples that are found.

    Args:
        path: of the table.
        ids: of the examples.
        names: which attributes are needed besides those of every finding (`id`, `cause`,
            `confidence`); the others keep their defaults. By default all, and `probabilities`.

    Raises:
        OSError, ValueError: there is no such table, or it is another one.
    """
    found: dict[str, Finding] = {}
    with _open(path) as file:
        columns = _columns(file, names)
        for group in range(file.num_row_groups):
            if len(found) == len(set(ids)):
                break
            rows = _rows_with(file, group, "id", ids)
            found.update((one.id, one) for one in _findings(file, group, columns, rows))
    return found


def first_of_each(path: Path, causes: Sequence[str], count: int) -> dict[str, list[Finding]]:
    """The first findings of each cause, in the order of the table: the hardest examples first.

    Args:
        path: of the table.
        causes: which.
        count: how many of each at most.

    Returns:
        By cause; with `id`, `cause`, `confidence`, `given_label` and `predicted_label` alone.

    Raises:
        OSError, ValueError: there is no such table, or it is another one.
    """
    found: dict[str, list[Finding]] = {cause: [] for cause in causes}
    with _open(path) as file:
        columns = _columns(file, ["given_label", "predicted_label"])
        for group in range(file.num_row_groups):
            missing = {c: count - len(some) for c, some in found.items() if len(some) < count}
            if not missing:
                break
            rows = _first_rows(file, group, missing)
            for one in _findings(file, group, columns, rows):
                found[one.cause].append(one)
    return found


@contextmanager
def _open(path: Path) -> "Iterator[pq.ParquetFile]":
    """The table, checked, with texts that repeat kept once in memory, also those in lists.

    Raises:
        OSError: it cannot be read, or is no plain file.
        Unreadable: it is no table of findings, or damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with open_table(path) as checked:
        _check_lists(checked.file)
        columns = [checked.file.schema.column(i) for i in range(len(checked.file.schema))]
    texts = [column.path for column in columns if column.physical_type == "BYTE_ARRAY"]
    try:
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            yield file
    except (pa.ArrowException, KeyError, OverflowError, TypeError) as error:
        raise Unreadable(str(error).partition("\n")[0] or type(error).__name__) from error


def _check_lists(file: "pq.ParquetFile") -> None:
    """Raise `Unreadable` if lists are far longer than any finding's: a short file may hold them."""
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group)
        for place in range(rows.num_columns):
            column = rows.column(place)
            if column.num_values > _LIST_MOST * rows.num_rows:
                raise Unreadable(
                    f"its column {column.path_in_schema[:80]!r} holds {column.num_values:,} values "
                    f"in {rows.num_rows:,} rows, and {_LIST_MOST} a row are the most"
                )


def _columns(file: "pq.ParquetFile", names: Sequence[str] | None) -> list[str]:
    """The columns that hold these attributes, or all.

    Raises:
        Unreadable: one is missing or of another type.
    """
    import pyarrow as pa

    there = {column.name: _plain(column.type) for column in file.schema_arrow}
    expected = {column.name: column.type for column in schema(())}
    wanted = expected if names is None else dict.fromkeys((*_ALWAYS, *names))
    wrong = [name for name in wanted if there.get(name) != _plain(expected[name])]
    if wrong:
        raise Unreadable(f"its column {wrong[0]!r} is missing or of another type")
    if names is not None:
        return list(wanted)
    number = pa.float64()
    shares = [n for n, kind in there.items() if n.startswith(_PROBABILITY) and kind == number]
    return [*wanted, *shares]


def _plain(kind: "pa.DataType") -> "pa.DataType":
    """A type without how its texts are stored, and without the name of the parts of a list."""
    import pyarrow as pa

    if pa.types.is_dictionary(kind):
        return _plain(kind.value_type)
    if pa.types.is_large_string(kind):
        return pa.string()
    return pa.list_(_plain(kind.value_type)) if pa.types.is_list(kind) else kind


def _rows_with(file: "pq.ParquetFile", group: int, name: str, values: Collection[str]) -> list[int]:
    """Which rows of a row group have one of these texts in a column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = file.read_row_group(group, [name]).column(0).unify_dictionaries().combine_chunks()
    wanted = pa.array(list(values), pa.string())
    # A text that repeats stays where it is once: it may be long.
    among = pc.is_in(column.dictionary.cast(pa.string()), value_set=wanted)
    rows: list[int] = pc.indices_nonzero(among.take(column.indices)).to_pylist()
    return rows


def _first_rows(file: "pq.ParquetFile", group: int, missing: Mapping[str, int]) -> list[int]:
    """The first rows of a row group with each of some causes, as many of each as are missing."""
    rows = np.array(_rows_with(file, group, "cause", list(missing)), np.int64)
    if not len(rows):
        return []
    column = file.read_row_group(group, ["cause"]).column(0).take(rows)
    left, found = dict(missing), []
    for row, cause in zip(rows.tolist(), column.to_pylist(), strict=True):
        if left[cause] > 0:
            left[cause] -= 1
            found.append(row)
    return found


def _findings(
    file: "pq.ParquetFile", group: int, columns: list[str], rows: Sequence[int]
) -> list[Finding]:
    """The findings in some rows of a row group; without rows nothing is read."""
    if not rows:
        return []
    table = file.read_row_group(group, columns).take(rows)
    return [_finding(row) for row in table.to_pylist()]


def _finding(row: dict[str, Any]) -> Finding:
    names = {one.name for one in fields(Finding)}
    given = {name: _value(value) for name, value in row.items() if value is not None}
    missing = [name for name in _ALWAYS if name not in given]
    if missing:
        raise Unreadable(f"a finding has no {missing[0]}")
    shares = {name.removeprefix(_PROBABILITY): p for name, p in given.items() if name not in names}
    return Finding(
        **{name: it for name, it in given.items() if name in names}, probabilities=shares
    )


def _value(value: Any) -> Any:
    """A cell as an attribute; a text is as long as in a CSV file at most."""
    if isinstance(value, list):
        if len(value) > _LIST_MOST:
            raise Unreadable(f"a list has {len(value):,} entries, and {_LIST_MOST} is the most")
        return tuple(_value(one) for one in value if one is not None)
    if isinstance(value, str) and len(value) > CELL_MOST:
        raise Unreadable(f"a cell has {len(value):,} characters, and {CELL_MOST:,} is the most")
    return value
