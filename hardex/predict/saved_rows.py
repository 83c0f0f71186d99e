"""A plain .npy file -> its rows, read block by block so that memory stays flat."""

from collections.abc import Iterator
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import (
    Labels,
    bad_row,
    check_labels,
    check_probabilities,
    off_rows,
    remedy,
)
from hardex.bounded import open_plain
from hardex.classifiers.saved_values import Rows, blocks_of
from hardex.data.npy_files import read_header
from hardex.errors import DatasetError

_BLOCK_BYTES = 2**20


@dataclass(frozen=True, eq=False)
class NpyRows:
    """An array on disk that is sliced like one in memory; a slice is read when it is taken.

    Reading into a buffer keeps memory flat; with a memory map, every page read would count.

    Attributes:
        path: the file.
        shape: of the whole array; rows come first.
        dtype: of its numbers.
        offset: where the numbers begin.
    """

    path: Path
    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    offset: int

    @classmethod
    def open(cls, path: Path) -> "NpyRows | None":
        """The rows of a file; None if it is not a plain .npy of numbers and must be read whole."""
        if path.suffix != ".npy":
            return None
        try:
            with open_plain(path) as file:
                header = read_header(file)
                whole = file.seek(0, 2) - header.offset == header.promised
        except (OSError, ValueError):  # the reader of whole files says what is wrong
            return None
        plain = header.dtype.kind in "fiu" and len(header.shape) > 0 and not header.by_columns
        if not (plain and whole and header.promised):
            return None
        return cls(path, header.shape, header.dtype, header.offset)

    def __len__(self) -> int:
        return self.shape[0] if self.shape else 0

    def __getitem__(self, part: slice) -> NDArray[Any]:
        start, stop, _ = part.indices(len(self))
        block = np.empty((max(0, stop - start), *self.shape[1:]), self.dtype)
        with self.path.open("rb", buffering=0) as file:
            file.seek(self.offset + start * self._row_bytes())
            if block.size and file.readinto(block.data.cast("B")) != block.nbytes:
                raise DatasetError(
                    f"{self.path} must stay as it is while it is read; it became shorter; start "
                    "again when it is whole."
                )
        return block

    def blocks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """All rows, about a megabyte at a time, with the index of the first."""
        size = max(1, _BLOCK_BYTES // max(1, self._row_bytes()))
        for start in range(0, len(self), size):
            yield start, self[start : start + size]

    def _row_bytes(self) -> int:
        return prod(self.shape[1:]) * self.dtype.itemsize


def open_probabilities(path: Path) -> NpyRows | None:
    """Saved probabilities that can be read block by block: (n, k) floats, k of 2 or more."""
    rows = NpyRows.open(path)
    fits = rows is not None and rows.dtype.kind == "f" and len(rows.shape) == 2
    return rows if fits and rows is not None and rows.shape[1] > 1 else None


def open_labels(path: Path) -> NpyRows | None:
    """Saved labels that can be read block by block: (n,) whole numbers."""
    rows = NpyRows.open(path)
    return rows if rows is not None and rows.dtype.kind in "iu" and len(rows.shape) == 1 else None


def check_saved_labels(labels: "Labels | NpyRows", *, class_count: int) -> None:
    """As `check_labels`, but block by block.

    Raises:
        DatasetError: labels outside 0..class_count-1.
    """
    if not isinstance(labels, NpyRows):
        check_labels(labels, class_count=class_count)
        return
    for _, block in labels.blocks():
        if len(block) and not (block.min() >= 0 and block.max() < class_count):
            check_labels(labels[:], class_count=class_count)  # counts all that are wrong


def check_saved_probabilities(rows: Rows) -> None:
    """As `check_probabilities`, but block by block.

    Raises:
        ClassifierError: rows that are not distributions; the first is named, all are counted.
    """
    if isinstance(rows, np.ndarray):
        check_probabilities(rows)
        return
    found = [(start, np.flatnonzero(off_rows(block))) for start, block in blocks_of(rows)]
    off = np.concatenate([start + places for start, places in found])
    if len(off):
        first = int(off[0])
        lows = np.array([[np.fmin.reduce(block, axis=None) for _, block in blocks_of(rows)]])
        row = rows[first : first + 1][0]
        raise bad_row(row, first, bad=len(off), count=len(rows), remedy=remedy(lows))
