"""Parquet files that may come from somebody else: what they unpack to is checked first.

A value that repeats takes a few bytes in the file and its full size in memory, so a file of a few
kilobytes can hold more rows than any computer. The size of what is read is therefore compared with
the size of the file, before it is read where the file says it, and as it is read for texts.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from hardex.bounded import CELL_MOST, Unreadable, check_fits, check_unpacked, open_plain

if TYPE_CHECKING:
    import pyarrow as pa
    import pyarrow.parquet as pq

COLUMNS_MOST = 100_010  # one for each class, and some beside them
_VALUE_BYTES = 4  # of a probability; texts are measured as they are read
_BATCH_ROWS = 1_024


@dataclass(frozen=True, eq=False)
class Table:
    """An open Parquet file.

    Attributes:
        file: for queries about its structure.
        size: in bytes.
    """

    file: "pq.ParquetFile"
    size: int

    @property
    def names(self) -> list[str]:
        """Of the columns; each occurs once."""
        return [str(name) for name in self.file.schema_arrow.names]

    def __len__(self) -> int:
        return int(self.file.metadata.num_rows)

    def pictures(self) -> str:
        """The column that holds encoded pictures; "" if none.

        Hugging Face writes them with their path; others write only the bytes.
        """
        fields = list(self.file.schema_arrow)
        found = [f.name for f in fields if _holds_pictures(f.type)]
        return next(iter(found or [f.name for f in fields if _is_binary(f.type)]), "")

    def plain_columns(self) -> list[str]:
        """The columns of single values: numbers, texts and the like."""
        fields = self.file.schema_arrow
        return [str(f.name) for f in fields if not f.type.num_fields and not _is_binary(f.type)]

    def note(self, key: str) -> str:
        """A text that another program wrote into the file; "" if there is none."""
        notes = self.file.schema_arrow.metadata or {}
        return str(notes.get(key.encode(), b"").decode(errors="replace"))

    def batches(
        self, columns: Sequence[str] | None = None, rows: int = _BATCH_ROWS
    ) -> "Iterator[pa.RecordBatch]":
        """Some rows at a time, of all columns or of these.

        Raises:
            Unreadable: a text is too long, or all are far longer than the file.
        """
        unpacked = 0
        for batch in self.file.iter_batches(rows, columns=columns):
            unpacked += sum(map(_text_size, batch.columns))
            check_unpacked(unpacked, self.size)
            yield batch

    def texts(self, column: str) -> "Iterator[pa.Array]":
        """A column of texts in parts, each by its own dictionary.

        `batches` joins the dictionaries of all parts so far, which takes ten times as long where
        all texts differ.

        Raises:
            Unreadable: as in `batches`.
        """
        unpacked = 0
        for group in range(self.file.num_row_groups):
            part = self.file.read_row_group(group, [column], use_threads=False)
            for chunk in part.column(0).chunks:
                unpacked += _text_size(chunk)
                check_unpacked(unpacked, self.size)
                yield chunk

    def read(self, columns: Sequence[str]) -> "pa.Table":
        """Columns of numbers, whole."""
        return self.file.read(list(columns))


@contextmanager
def open_table(path: Path) -> Iterator[Table]:
    """Open a Parquet file.

    Raises:
        OSError: it cannot be read, or is no plain file.
        ValueError: as `Unreadable`, it is no Parquet file, is damaged, or would unpack to far more
            than it is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with open_plain(path) as opened:
            size = os.fstat(opened.fileno()).st_size
        texts = _texts_of(pq.read_schema(path))
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            _check(file, size)
            yield Table(file, size)
    # What cannot be read ends in one of these, also deep within PyArrow.
    except (pa.ArrowException, KeyError, OverflowError, TypeError) as error:
        raise Unreadable(str(error).partition("\n")[0] or type(error).__name__) from error


def _texts_of(schema: "pa.Schema") -> list[str]:
    """The columns of texts, which are read without repeating what is equal."""
    import pyarrow as pa

    kinds = (pa.types.is_string, pa.types.is_large_string)
    return [column.name for column in schema if any(kind(column.type) for kind in kinds)]


def _holds_pictures(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    if not pa.types.is_struct(kind) or kind.get_field_index("bytes") < 0:
        return False
    return _is_binary(kind.field("bytes").type)


def _is_binary(kind: "pa.DataType") -> bool:
    import pyarrow as pa

    return bool(pa.types.is_binary(kind) or pa.types.is_large_binary(kind))


def _check(file: "pq.ParquetFile", size: int) -> None:
    names = file.schema_arrow.names
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise Unreadable(f"two columns are called {twice[:80]!r}")
    if file.metadata.num_columns > COLUMNS_MOST:
        raise Unreadable(
            f"it has {file.metadata.num_columns:,} columns, and {COLUMNS_MOST:,} is the most"
        )
    groups = [file.metadata.row_group(i) for i in range(file.metadata.num_row_groups)]
    check_unpacked(sum(group.total_byte_size for group in groups), size)
    values = sum(group.column(i).num_values for group in groups for i in range(group.num_columns))
    check_unpacked(_VALUE_BYTES * max(values, file.metadata.num_rows), size)
    check_fits(_VALUE_BYTES * values)


def _text_size(column: "pa.Array") -> int:
    """Characters of the texts in a column, about; each has at most as many as in a CSV file."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not pa.types.is_dictionary(column.type):
        return 0
    lengths = pc.binary_length(column.dictionary)
    longest = pc.max(lengths).as_py() or 0
    if longest > CELL_MOST:
        raise Unreadable(f"a cell has {longest:,} bytes, and {CELL_MOST:,} is the most")
    return pc.sum(lengths.take(column.indices)).as_py() or 0
