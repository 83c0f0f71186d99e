"""predictions.parquet: one row per example, written as the pass goes and read back in parts."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Positions
from hardex.bounded import Unreadable
from hardex.data.dataset import Meta
from hardex.data.parquet_files import open_table
from hardex.predict.predictions import Predictions
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import SCORES, ScoreFunction

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

# Arrow's own pools keep tens of megabytes unused; it reads this when it is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

_GROUP_BYTES = 2**20  # of probabilities and scores in a row group, about
_GROUP_MOST = 8_192  # rows
_ARRAY_COLUMNS = ["position", "given_index", "probabilities"]
_NO_META: Meta = MappingProxyType({})


class _RowGroupWriter:
    """Writes rows as they come, cut into row groups of one size whatever the batches were.

    So the bytes of a file depend on its rows alone. Use it as a context manager.
    """

    def __init__(self, path: Path, schema: "pa.Schema", group_rows: int) -> None:
        import pyarrow.parquet as pq

        self._schema, self._group_rows = schema, group_rows
        self._waiting: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(  # dictionaries would take most of the memory
            path, schema, compression="zstd", use_dictionary=False, write_statistics=["position"]
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None and self._waiting:
            self._write_group()
        self._writer.close()

    def add(self, rows: "pa.RecordBatch") -> None:
        """Append some rows."""
        self._waiting.append(rows)
        while sum(map(len, self._waiting)) >= self._group_rows:
            self._write_group()

    def _write_group(self) -> None:
        """Write one row group, and let the rows beyond it wait."""
        import pyarrow as pa

        table = pa.Table.from_batches(self._waiting, self._schema)
        self._writer.write_table(table.slice(0, self._group_rows).combine_chunks())
        self._waiting = [rows for rows in table.slice(self._group_rows).to_batches() if len(rows)]


class PredictionsWriter:
    """Writes predictions as they come; row groups keep memory flat.

    Use it as a context manager. However the rows are cut into batches, the file is the same.

    Args:
        path: the file to write.
        class_names: k names.
        files: path of each example of the data set; () where they are no files.
        meta: the further columns of the data; written as `meta_NAME`.
        own_scores: names of scores beside those of hardex, which every batch brings.
    """

    def __init__(
        self,
        path: Path,
        *,
        class_names: Sequence[str],
        files: Sequence[str] = (),
        meta: Meta = _NO_META,
        own_scores: Sequence[str] = (),
    ) -> None:
        self._names = np.array(class_names, dtype=object)
        self._files = np.array(files, dtype=object)
        self._meta = meta
        self._schema = schema(tuple(meta), own_scores)
        self._scores = (*SCORES, *own_scores)
        self._writer = _RowGroupWriter(path, self._schema, _group_rows(len(class_names)))

    def __enter__(self) -> Self:
        self._writer.__enter__()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._writer.__exit__(kind, error, trace)

    def write(self, batch: ScoredPredictions) -> None:
        """Append one batch."""
        self._writer.add(self._as_rows(batch))

    def _as_rows(self, batch: ScoredPredictions) -> "pa.RecordBatch":
        import pyarrow as pa

        seen, files = batch.predictions, self._files
        p, where = seen.probabilities, seen.positions
        offsets = np.arange(0, p.size + 1, p.shape[1], dtype=np.int32)
        columns = [
            pa.array(seen.ids, pa.string()),
            pa.array(where),
            pa.array(files[where], pa.string()) if len(files) else pa.nulls(len(p), pa.string()),
            pa.array(self._names[seen.labels], pa.string()),
            pa.array(self._names[seen.predicted], pa.string()),
            pa.array(seen.labels.astype(np.int32)),
            pa.array(seen.predicted.astype(np.int32)),
            pa.array(seen.confidence),
            *(pa.array(batch.scores[name]) for name in self._scores),
            pa.ListArray.from_arrays(offsets, p.ravel()),
            *(pa.array(values[where], pa.string()) for values in self._meta.values()),
        ]
        return pa.RecordBatch.from_arrays(columns, schema=self._schema)


def _group_rows(class_count: int) -> int:
    """How many rows a row group has."""
    return max(1, min(_GROUP_MOST, _GROUP_BYTES // (4 * class_count + 100)))


def schema(meta_names: Sequence[str] = (), own_scores: Sequence[str] = ()) -> "pa.Schema":
    """Column names and types of predictions.parquet."""
    import pyarrow as pa

    return pa.schema(
        [
            ("id", pa.string()),
            ("position", pa.int64()),
            ("file_name", pa.string()),
            ("given_label", pa.string()),
            ("predicted_label", pa.string()),
            ("given_index", pa.int32()),
            ("predicted_index", pa.int32()),
            ("confidence", pa.float32()),
            *((name, pa.float64()) for name in (*SCORES, *own_scores)),
            ("probabilities", pa.list_(pa.float32())),
            *((f"meta_{name}", pa.string()) for name in meta_names),
        ]
    )


def join_tables(parts: Sequence[Path], path: Path, *, class_count: int) -> None:
    """Write one table from the tables of several ranges of positions, given in their order.

    The file is the one that a single writer would have made of all the rows.
    """
    import pyarrow.parquet as pq

    columns = _written_schema(pq.read_schema(parts[0]).names)
    with _RowGroupWriter(path, columns, _group_rows(class_count)) as joined:
        for part in parts:
            with pq.ParquetFile(part) as file:
                for group in range(file.num_row_groups):
                    table = file.read_row_group(group, use_threads=False).cast(columns)
                    for rows in table.to_batches():
                        joined.add(rows)


def _written_schema(names: list[str]) -> "pa.Schema":
    """The schema that a table with these columns was written with; a file returns another one."""
    at = names.index("probabilities")
    first_own = names.index(next(reversed(SCORES))) + 1
    return schema([name.removeprefix("meta_") for name in names[at + 1 :]], names[first_own:at])


def check_table(path: Path) -> None:
    """Raise an error unless a file is a table of predictions that can be read.

    Raises:
        OSError: there is no such file.
        ValueError: it is no Parquet file, would unpack to far more than it is, or has other columns
            than hardex writes.

    Example:
        >>> check_table(Path("runs/nothing-here"))
        Traceback (most recent call last):
        FileNotFoundError: [Errno 2] No such file or directory: 'runs/nothing-here'
    """
    import pyarrow as pa

    with open_table(path) as table:
        found = {column.name: column.type for column in table.file.schema_arrow}
    kinds = {column.name: _kind_of(column.type) for column in schema()}
    own = dict.fromkeys(found.keys() - kinds.keys(), "")
    for name in own:
        own[name] = _kind_of(pa.string() if name.startswith("meta_") else pa.float64())
    wrong = [name for name, kind in {**kinds, **own}.items() if _kind_of(found.get(name)) != kind]
    if wrong:
        raise Unreadable(f"its column {wrong[0][:80]!r} is missing or of another type")


def _kind_of(kind: "pa.DataType | None") -> str:
    """Types that differ by their width alone, or by the name of their parts, are of one kind."""
    import pyarrow as pa

    is_a = pa.types
    if kind is None:
        return ""
    if is_a.is_dictionary(kind):  # how texts are read
        return _kind_of(kind.value_type)
    if is_a.is_list(kind) or is_a.is_large_list(kind):
        return f"list of {_kind_of(kind.value_type)}"
    tests = {"text": is_a.is_string, "whole": is_a.is_integer, "number": is_a.is_floating}
    if is_a.is_large_string(kind):
        return "text"
    return next((name for name, test in tests.items() if test(kind)), str(kind))


def read_predictions(path: Path, positions: Positions | None = None) -> "pd.DataFrame":
    """The whole table, or the rows at these positions in their order."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if positions is None:
        return pq.read_table(path).to_pandas()
    with pq.ParquetFile(path) as file:
        parts = list(_parts_at(file, positions, None)) or [file.schema_arrow.empty_table()]
    found = pa.concat_tables(parts).to_pandas()
    return found.set_index("position", drop=False).loc[positions.tolist()].reset_index(drop=True)


def _parts_at(
    file: "pq.ParquetFile", positions: Positions, columns: Sequence[str] | None
) -> "Iterator[pa.Table]":
    """The rows at some positions, in their own order, one row group in memory at a time."""
    import pyarrow as pa

    ordered = np.sort(positions)
    for group in range(file.num_row_groups):
        if not _may_hold(file, group, ordered):
            continue
        here = file.read_row_group(group, ["position"], use_threads=False).column(0).to_numpy()
        kept = np.flatnonzero(np.isin(here, positions))
        if len(kept):
            yield file.read_row_group(group, columns, use_threads=False).take(pa.array(kept))


def _may_hold(file: "pq.ParquetFile", group: int, ordered: Positions) -> bool:
    """Whether any of the positions lies within a row group, by the statistics of the file."""
    column = file.schema_arrow.get_field_index("position")
    known = file.metadata.row_group(group).column(column).statistics
    if known is None or not known.has_min_max:
        return True
    first = int(np.searchsorted(ordered, known.min))
    return first < len(ordered) and bool(ordered[first] <= known.max)


def stream_predictions(path: Path) -> Iterator[Predictions]:
    """All rows in order of position, without their ids, one row group in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield _as_predictions(file.read_row_group(group, _ARRAY_COLUMNS, use_threads=False))


def stream_scored(
    path: Path, functions: Mapping[str, ScoreFunction]
) -> Iterator[ScoredPredictions]:
    """All rows in order of position with some of their scores, one row group at a time.

    A score that is no column yet is computed and becomes one, behind the other scores; the table
    is replaced when its last row has been given.
    """
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        stored = [name for name in functions if name in file.schema_arrow.names]
        missing = {name: score for name, score in functions.items() if name not in stored}
        if missing:
            yield from _with_columns(path, file, stored, missing)
            return
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, [*_ARRAY_COLUMNS, *stored], use_threads=False)
            yield _as_scored(table, stored, {})


def _with_columns(
    path: Path, file: "pq.ParquetFile", stored: list[str], missing: Mapping[str, ScoreFunction]
) -> Iterator[ScoredPredictions]:
    import pyarrow as pa

    partial = path.with_name(f".{path.name}.partial")
    fields = list(file.schema_arrow)
    at = file.schema_arrow.names.index("probabilities")
    columns = pa.schema(
        [*fields[:at], *(pa.field(name, pa.float64()) for name in missing), *fields[at:]]
    )
    with _RowGroupWriter(partial, columns, file.metadata.row_group(0).num_rows) as writer:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group)
            scored = _as_scored(table, stored, missing)
            yield scored
            for name in missing:
                table = table.append_column(name, pa.array(scored.scores[name]))
            for rows in table.select(columns.names).to_batches():
                writer.add(rows)
    partial.replace(path)


def _as_scored(
    table: "pa.Table", stored: list[str], missing: Mapping[str, ScoreFunction]
) -> ScoredPredictions:
    rows = ScoredPredictions.of(_as_predictions(table), missing)
    known = {name: table.column(name).to_numpy() for name in stored}
    return ScoredPredictions(rows.predictions, {**known, **rows.scores})


def _as_predictions(table: "pa.Table") -> Predictions:
    positions, labels, lists = (table.column(name).combine_chunks() for name in _ARRAY_COLUMNS)
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    return Predictions(positions.to_numpy(), (), labels.to_numpy(), flat.reshape(len(table), -1))


@dataclass(frozen=True, eq=False)
class Labelled:
    """Examples with their labels.

    Attributes:
        positions: (n,) in the data set.
        ids: n ids; () where they were not asked for.
        given, predicted: (n,) classes by number.
        confidence: (n,) of the predictions, 0..1.
    """

    positions: Positions
    ids: tuple[str, ...]
    given: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]

    def at(self, rows: NDArray[np.intp]) -> "Labelled":
        """These rows, in this order."""
        ids = tuple(self.ids[row] for row in rows.tolist()) if self.ids else ()
        given, predicted = self.given[rows], self.predicted[rows]
        return Labelled(self.positions[rows], ids, given, predicted, self.confidence[rows])


def labels_of(path: Path) -> Labelled:
    """The labels of all examples, in order of position, without their ids: 20 bytes each."""
    import pyarrow.parquet as pq

    names = ["position", "given_index", "predicted_index", "confidence"]
    table = pq.read_table(path, columns=names)
    positions, *others = (table.column(name).to_numpy() for name in names)
    return Labelled(positions, (), *others)


def numbers_of(path: Path, names: Sequence[str]) -> dict[str, NDArray[np.float64]]:
    """Some columns of numbers, (n,) each, in order of position."""
    import pyarrow.parquet as pq

    table = pq.read_table(path, columns=list(names))
    return {name: table.column(name).to_numpy() for name in names}


@dataclass(frozen=True, eq=False)
class Predicted:
    """One row of predictions.parquet: what a list shows of an example."""

    id: str
    position: int
    given_label: str
    predicted_label: str
    given_index: int
    confidence: float
    probabilities: NDArray[np.float32]


def examples_at(path: Path, positions: Positions) -> dict[int, Predicted]:
    """The rows at these positions, by position; row groups without any of them are not read."""
    import pyarrow.parquet as pq

    columns = [field.name for field in fields(Predicted)]
    found: dict[int, Predicted] = {}
    with pq.ParquetFile(path) as file:
        for part in _parts_at(file, positions, columns):
            for row in part.to_pylist():
                row["probabilities"] = np.array(row["probabilities"], np.float32)
                found[row["position"]] = Predicted(**row)
    return found
