"""predictions.parquet: one row per example, written as the pass goes and read back in parts."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions
from hardex.predict.predictions import Predictions
from hardex.ranking.scores import SCORES

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

_ROWS_PER_GROUP = 65_536


class PredictionsWriter:
    """Writes predictions as they come; row groups keep memory flat.

    Use it as a context manager. `file_name` is the id where examples are files, else null.
    """

    def __init__(self, path: Path, *, class_names: Sequence[str], files: bool) -> None:
        import pyarrow.parquet as pq

        self._names = np.array(class_names, dtype=object)
        self._files = files
        self._waiting: list[pa.RecordBatch] = []
        self._writer = pq.ParquetWriter(path, schema(), compression="zstd")

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
        self._waiting.append(as_rows(predictions, self._names, files=self._files))
        if sum(len(rows) for rows in self._waiting) >= _ROWS_PER_GROUP:
            self._flush()

    def _flush(self) -> None:
        import pyarrow as pa

        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting).combine_chunks())
            self._waiting = []


def schema() -> "pa.Schema":
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
        ]
    )


def as_rows(
    predictions: Predictions, names: NDArray[np.object_], *, files: bool
) -> "pa.RecordBatch":
    """One batch of predictions as table rows."""
    import pyarrow as pa

    p = predictions.probabilities.astype(np.float32, copy=False)
    predicted = p.argmax(axis=1)
    offsets = np.arange(0, p.size + 1, p.shape[1], dtype=np.int32)
    columns = [
        pa.array(predictions.ids, pa.string()),
        pa.array(predictions.positions),
        pa.array(predictions.ids, pa.string()) if files else pa.nulls(len(p), pa.string()),
        pa.array(names[predictions.labels], pa.string()),
        pa.array(names[predicted], pa.string()),
        pa.array(predictions.labels.astype(np.int32)),
        pa.array(predicted.astype(np.int32)),
        pa.array(p.max(axis=1)),
        *(pa.array(score(p, predictions.labels)) for score in SCORES.values()),
        pa.ListArray.from_arrays(offsets, p.ravel()),
    ]
    return pa.RecordBatch.from_arrays(columns, schema=schema())


def read_predictions(path: Path, positions: Positions | None = None) -> "pd.DataFrame":
    """The whole table, or the rows at these positions in the order asked for."""
    import pyarrow.parquet as pq

    if positions is None:
        return pq.read_table(path).to_pandas()
    filters = [("position", "in", positions.tolist())]
    found = pq.read_table(path, filters=filters if len(positions) else None).to_pandas()
    return found.set_index("position", drop=False).loc[positions.tolist()].reset_index(drop=True)


def stream_columns(path: Path, names: Sequence[str]) -> Iterator[dict[str, Labels]]:
    """Some columns, one row group in memory at a time."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for group in range(file.num_row_groups):
            table = file.read_row_group(group, columns=list(names))
            yield {name: table.column(name).to_numpy() for name in names}
