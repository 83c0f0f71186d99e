"""predictions.parquet -> what a model answered on every example, as columns, to compare models.

The probabilities of all classes are never loaded: that of the given label follows from the loss.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Positions
from hardex.bounded import Unreadable, why
from hardex.data.parquet_files import open_table
from hardex.errors import RunError
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import check_table

if TYPE_CHECKING:
    import pyarrow as pa

_ROWS = 8_192  # of probabilities, read at a time
_NUMBERS = ("position", "given_index", "predicted_index", "confidence", "loss")


@dataclass(frozen=True, eq=False)
class Ids:
    """Ids of examples, each once; as text in one piece, because objects take five times as much.

    Attributes:
        texts: (n,) a pyarrow array.

    Example:
        >>> Ids.of(["a", "b"]).places_in(Ids.of(["c", "b"])).tolist()
        [-1, 1]
    """

    texts: "pa.Array"

    @classmethod
    def of(cls, ids: Sequence[str]) -> "Ids":
        """From ordinary texts."""
        import pyarrow as pa

        return cls(pa.array(ids, pa.large_string()))

    def __len__(self) -> int:
        return len(self.texts)

    def are_positions(self, positions: Positions) -> bool:
        """Whether each id is only the place of its example, as in arrays."""
        import pyarrow as pa

        return bool(pa.array(positions).cast(pa.large_string()).equals(self.texts))

    def are_distinct(self) -> bool:
        """Whether each occurs once."""
        import pyarrow.compute as pc

        return bool(pc.count_distinct(self.texts).as_py() == len(self))

    def places_in(self, others: "Ids") -> NDArray[np.int64]:
        """(n,) the row of each id among others; -1 where it is not there."""
        import pyarrow.compute as pc

        if self.texts.equals(others.texts):
            return np.arange(len(self), dtype=np.int64)
        found = pc.index_in(self.texts, value_set=others.texts).fill_null(-1)
        return np.asarray(found.to_numpy(zero_copy_only=False), np.int64)

    def at(self, rows: NDArray[np.intp]) -> list[str]:
        """The ids of these rows, in their order."""
        import pyarrow as pa

        found: list[str] = self.texts.take(pa.array(rows)).to_pylist()
        return found

    def only(self, rows: NDArray[np.intp]) -> "Ids":
        """These rows alone."""
        import pyarrow as pa

        return Ids(self.texts.take(pa.array(rows)))

    def row(self, id: str) -> int:
        """The row of an id; -1 if it is not there."""
        return int(Ids.of([id]).places_in(self)[0])


@dataclass(frozen=True, eq=False)
class Answers:
    """What a model answered, and the labels that the examples were given; n examples.

    Attributes:
        ids: of the examples.
        positions: (n,) in the data set.
        given, predicted: (n,) classes by number.
        confidence: (n,) of the predictions, 0..1.
        label_probability: (n,) of the given label, 0..1.
    """

    ids: Ids
    positions: Positions
    given: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    label_probability: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.given)


def answers_of(run: Run) -> Answers:
    """The answers on all examples of a run, in the order of its table.

    Raises:
        RunError: the table cannot be read, or holds what hardex does not write.
    """
    return answers_in(run.folder, len(run.manifest.class_names))


def answers_in(folder: Path, class_count: int) -> Answers:
    """As `answers_of`, of a run folder that may not be complete yet.

    Raises:
        RunError: the table cannot be read, or holds what hardex does not write.
    """
    import pyarrow as pa

    path = folder / RESULTS / TABLE
    with _readable(folder):
        check_table(path)
        with open_table(path) as table:
            parts = [part.cast(pa.string()).cast(pa.large_string()) for part in table.texts("id")]
            numbers = table.read(_NUMBERS)
        if numbers.num_rows != sum(map(len, parts)):
            raise Unreadable("its columns are not equally long")
        columns = [*parts, *(numbers.column(name) for name in _NUMBERS)]
        if any(column.null_count for column in columns):
            raise Unreadable("a cell is empty")
        ids = Ids(pa.concat_arrays(parts) if parts else pa.array([], pa.large_string()))
        arrays = [numbers.column(name).to_numpy() for name in _NUMBERS]
        return _checked(ids, arrays, class_count)


def _checked(ids: Ids, numbers: Sequence[NDArray[np.float64]], class_count: int) -> Answers:
    positions, given, predicted, confidence, loss = numbers
    for labels in (given, predicted):
        if len(labels) and not (labels.min() >= 0 and labels.max() < class_count):
            raise Unreadable("a class is not one of the run's")
    if not (np.isfinite(confidence).all() and np.isfinite(loss).all()):
        raise Unreadable("a number is not finite")
    return Answers(
        ids,
        positions.astype(np.int64),
        given.astype(np.int32),
        predicted.astype(np.int32),
        confidence.astype(np.float32),
        np.exp(-loss).astype(np.float32),
    )


def class_probabilities(folder: Path, index: int) -> NDArray[np.float32]:
    """(n,) the probability of one class on all examples, in the order of the table.

    Raises:
        RunError: the table cannot be read.
    """
    import pyarrow.compute as pc

    with _readable(folder):
        parts = [
            pc.list_element(rows, index).to_numpy(zero_copy_only=False)
            for rows in _probabilities(folder)
        ]
        return np.concatenate(parts or [np.empty(0)]).astype(np.float32)


def probabilities_at(
    folder: Path, rows: NDArray[np.intp], classes: NDArray[np.int32]
) -> NDArray[np.float32]:
    """(m,) the probability of a class of each of these rows of the table.

    Raises:
        RunError: the table cannot be read.
    """
    found = np.empty(len(rows), np.float32)
    start = 0
    with _readable(folder):
        for lists in _probabilities(folder):
            here = np.flatnonzero((rows >= start) & (rows < start + len(lists)))
            if len(here):
                flat = lists.flatten().to_numpy(zero_copy_only=False).reshape(len(lists), -1)
                found[here] = flat[rows[here] - start, classes[here]]
            start += len(lists)
    return found


def _probabilities(folder: Path) -> "Iterator[pa.Array]":
    """The lists of probabilities, some rows at a time."""
    with open_table(folder / RESULTS / TABLE) as table:
        for batch in table.batches(("probabilities",), _ROWS):
            yield batch.column(0)


@contextmanager
def _readable(folder: Path) -> Iterator[None]:
    """Turn an error about an unreadable table into a `RunError`."""
    try:
        yield
    except RunError:
        raise
    except (OSError, ValueError, IndexError, KeyError, TypeError) as error:
        raise RunError(
            f"the predictions of a run must be as hardex wrote them; those of {folder} are not "
            f"({why(error)}); rank again with --force."
        ) from error
