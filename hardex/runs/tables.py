"""predictions.parquet: one row per example, written as the pass goes and read back in parts."""

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Probabilities
from hardex.data.dataset import Meta
from hardex.predict.predictions import Predictions
from hardex.ranking.scores import SCORES, ScoreFunction

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

# Arrow's own pools keep tens of megabytes that nobody uses; it asks when it is first imported.
os.environ.setdefault("ARROW_DEFAULT_MEMORY_POOL", "system")

_GROUP_BYTES = 2**20  # of probabilities and scores a row group holds, about
_GROUP_MOST = 8_192  # rows
_ARRAY_COLUMNS = ["position", "given_index", "probabilities"]
_NO_META: Meta = MappingProxyType({})


class PredictionsWriter:
    """Writes predictions as they come; row groups keep memory flat.

    Use it as a context manager.

    Args:
        path: the file to write.
        class_names: k names.
        files: path of each example of the data set; () where they are no files.
        meta: what else is known of each example; written as `meta_NAME`.
    """

    def __init__(
        self,
        path: Path,
        *,
        class_names: Sequence[str],
        files: Sequence[str] = (),
        meta: Meta = _NO_META,
    ) -> None:
        import pyarrow.parquet as pq

        self._names = np.array(class_names, dtype=object)
        self._files = np.array(files, dtype=object)
        self._meta = meta
        self._waiting: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(  # dictionaries would take most of the memory
            path,
            schema(tuple(meta)),
            compression="zstd",
            use_dictionary=False,
            write_statistics=["position"],
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._flush()
        self._writer.close()

    def write(self, predictions: Predictions) -> None:
        """Append one batch."""
        self._waiting.append(as_rows(predictions, self._names, self._files, self._meta))
        row_bytes = 4 * predictions.probabilities.shape[1] + 100
        enough = min(_GROUP_MOST, _GROUP_BYTES // row_bytes)
        if sum(len(rows) for rows in self._waiting) >= enough:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting).combine_chunks())
            self._waiting = []


def schema(meta_names: Sequence[str] = ()) -> "pa.Schema":
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
            *((name, pa.float64()) for name in SCORES),
            ("probabilities", pa.list_(pa.float32())),
            *((f"meta_{name}", pa.string()) for name in meta_names),
        ]
    )


def as_rows(
    predictions: Predictions,
    names: NDArray[np.object_],
    files: NDArray[np.object_],
    meta: Meta,
) -> "pa.RecordBatch":
    """One batch of predictions as table rows."""
    import pyarrow as pa

    p = predictions.probabilities.astype(np.float32, copy=False)
    predicted = p.argmax(axis=1)
    where = predictions.positions
    offsets = np.arange(0, p.size + 1, p.shape[1], dtype=np.int32)
    columns = [
        pa.array(predictions.ids, pa.string()),
        pa.array(predictions.positions),
        pa.array(files[where], pa.string()) if len(files) else pa.nulls(len(p), pa.string()),
        pa.array(names[predictions.labels], pa.string()),
        pa.array(names[predicted], pa.string()),
        pa.array(predictions.labels.astype(np.int32)),
        pa.array(predicted.astype(np.int32)),
        pa.array(p.max(axis=1)),
        *(pa.array(score(p, predictions.labels)) for score in SCORES.values()),
        pa.ListArray.from_arrays(offsets, p.ravel()),
        *(pa.array(values[where], pa.string()) for values in meta.values()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema(tuple(meta)))


def read_predictions(path: Path, positions: Positions | None = None) -> "pd.DataFrame":
    """The whole table, or the rows at these positions in the order asked for."""
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
    """Whether any of the positions lies within a row group, by what the file says of itself."""
    column = file.schema_arrow.get_field_index("position")
    known = file.metadata.row_group(group).column(column).statistics
    if known is None or not known.has_min_max:
        return True
    first = int(np.searchsorted(ordered, known.min))
    return first < len(ordered) and bool(ordered[first] <= known.max)


def add_scores(path: Path, scores: Mapping[str, ScoreFunction]) -> None:
    """Add one column per score that the table does not have, behind the other scores."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        names = file.schema_arrow.names
        missing = {name: score for name, score in scores.items() if name not in names}
        if not missing:
            return
        partial = path.with_name(f".{path.name}.partial")
        at = names.index("probabilities")
        fields = list(file.schema_arrow)
        new = [pa.field(name, pa.float64()) for name in missing]
        schema = pa.schema([*fields[:at], *new, *fields[at:]])
        with pq.ParquetWriter(partial, schema, compression="zstd") as writer:
            for group in range(file.num_row_groups):
                table = file.read_row_group(group)
                rows, columns = _as_arrays(table), table.columns
                found = [
                    pa.array(score(rows.probabilities, rows.labels)) for score in missing.values()
                ]
                columns = [*columns[:at], *found, *columns[at:]]
                writer.write_table(pa.Table.from_arrays(columns, schema=schema))
    partial.replace(path)


@dataclass(frozen=True, eq=False)
class TableRows:
    """Some rows of predictions.parquet as arrays.

    Attributes:
        positions: (m,).
        labels: (m,) given classes, 0..k-1.
        probabilities: (m, k).
    """

    positions: Positions
    labels: Labels
    probabilities: Probabilities


def stream_predictions(path: Path) -> Iterator[TableRows]:
    """All rows in order of position, one row group in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            yield _as_arrays(file.read_row_group(group, _ARRAY_COLUMNS, use_threads=False))


def rows_at(path: Path, positions: Positions) -> TableRows:
    """The rows at these positions, in the order asked for; the others are read but not kept."""
    found: TableRows | None = None
    for rows in stream_predictions(path):
        if found is None:  # made whole at once: small pieces would keep the large ones in memory
            shape = len(positions), rows.probabilities.shape[1]
            found = TableRows(positions, np.empty_like(positions), np.empty(shape, np.float32))
        at = np.minimum(np.searchsorted(rows.positions, positions), len(rows.positions) - 1)
        here = rows.positions[at] == positions
        found.labels[here] = rows.labels[at[here]]
        found.probabilities[here] = rows.probabilities[at[here]]
    return found or TableRows(positions, positions, np.zeros((0, 2), np.float32))


def _as_arrays(table: "pa.Table") -> TableRows:
    positions, labels, lists = (table.column(name).combine_chunks() for name in _ARRAY_COLUMNS)
    flat = lists.flatten().to_numpy(zero_copy_only=False)
    return TableRows(
        positions.to_numpy(),
        labels.to_numpy().astype(np.int64),
        flat.reshape(len(table), -1) if len(table) else np.zeros((0, 2), np.float32),
    )


@dataclass(frozen=True, eq=False)
class Predicted:
    """One row of predictions.parquet: what hard/metadata.csv says again."""

    id: str
    position: int
    given_label: str
    predicted_label: str
    given_index: int
    confidence: float
    probabilities: NDArray[np.float32]


def examples_at(path: Path, positions: Positions) -> list[Predicted]:
    """The rows at these positions, in the order asked for, without a data frame."""
    import pyarrow.parquet as pq

    columns = [field.name for field in fields(Predicted)]
    found: dict[int, Predicted] = {}
    with pq.ParquetFile(path) as file:
        for part in _parts_at(file, positions, columns):
            for row in part.to_pylist():
                row["probabilities"] = np.array(row["probabilities"], np.float32)
                found[row["position"]] = Predicted(**row)
    return [found[position] for position in positions.tolist()]


def stream_columns(path: Path, names: Sequence[str]) -> Iterator[dict[str, Labels]]:
    """Some columns, one row group in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(names))
            yield {name: table.column(name).to_numpy() for name in names}
