"""Saved numbers -> probabilities: what is safe is put right and said, all else is named.

Programs save probabilities in percent, with two decimals or with `-1e-9` in place of 0. Each such
form is recognised in all rows or in none: a single row in percent is an error.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import SUM_TOLERANCE, sound_maxima
from hardex.errors import ClassifierError

_BLOCK_BYTES = 2**20
_NEGATIVE = 1e-6  # what rounding leaves below 0
_OFF = 0.01  # how far rounding may move a sum from 1, whatever the decimals
_OFF_MOST = 0.05  # and where all numbers have the same few decimals
_DECIMALS_MOST = 6


class Rows(Protocol):
    """Rows of numbers, in memory or on disk."""

    @property
    def shape(self) -> tuple[int, ...]: ...
    @property
    def dtype(self) -> np.dtype[Any]: ...
    def __len__(self) -> int: ...
    def __getitem__(self, part: slice) -> NDArray[Any]: ...


@dataclass(frozen=True, eq=False)
class Adjusted:
    """Rows that are put right, slice by slice.

    Attributes:
        rows: as they were saved, (n, c).
        scale: what they are multiplied with.
        floor: whether what lies below 0 becomes 0.
        normalised: whether each row is divided by its sum.
        columns: (k,) the column of each class, or None for all in their order.
    """

    rows: Rows
    scale: float = 1.0
    floor: bool = False
    normalised: bool = False
    columns: tuple[int, ...] | None = None

    @property
    def shape(self) -> tuple[int, ...]:
        """(n, k)."""
        return (len(self.rows), len(self.columns or range(self.rows.shape[1])))

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        return self.rows.dtype

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, part: slice) -> NDArray[Any]:
        values = self.rows[part]
        if self.columns is not None:
            values = values[:, list(self.columns)]
        if self.floor:
            values = np.maximum(values, values.dtype.type(0))
        if self.normalised:  # this scales, too
            sums = values.sum(axis=1, keepdims=True, dtype=np.float64)
            return np.asarray((values / sums).astype(values.dtype))
        return values if self.scale == 1 else np.asarray(values * values.dtype.type(self.scale))

    def blocks(self) -> Iterator[tuple[int, NDArray[Any]]]:
        """All rows, about a megabyte at a time, with the index of the first."""
        return blocks_of(self)


def blocks_of(rows: Rows) -> Iterator[tuple[int, NDArray[Any]]]:
    """All rows, about a megabyte at a time, with the index of the first."""
    size = max(1, _BLOCK_BYTES // max(1, rows.shape[1] * rows.dtype.itemsize))
    for start in range(0, len(rows), size):
        yield start, rows[start : start + size]


def put_right(rows: Rows, source: str) -> tuple[Rows, tuple[str, ...]]:
    """Rows of probabilities, and a sentence on each thing that was put right.

    They are read once, in blocks; what is right already comes back as it is.

    Args:
        rows: (n, k) floating-point numbers.
        source: the file, for the error.

    Raises:
        ClassifierError: rows that cannot be read as distributions in one certain way.

    Example:
        >>> rows, said = put_right(np.array([[25.0, 75.0], [50.0, 50.0]]), "p.npy")
        >>> rows[:].tolist(), said
        ([[0.25, 0.75], [0.5, 0.5]], ('p.npy holds percentages: divided by 100.',))
    """
    seen = _Survey(rows.shape[1])
    for start, block in blocks_of(rows):
        seen.update(start, block)
    hard = (
        (
            f"{source} holds hard predictions, a single 1 in each row: there is no confidence to "
            "rank by, so equal examples come in the order of the data.",
        )
        if seen.one_hot
        else ()
    )
    if not seen.unsound:
        return rows, hard
    if seen.endless:
        row, column = seen.first_endless
        raise ClassifierError(
            f"every probability must be a number; row {row} holds NaN or infinity in {source} "
            f"(column {column}, both counted from 0), and {seen.endless} of {len(rows)} rows are "
            "off; the model's output is broken there: check its weights and its input."
        )
    for scale, name in ((1.0, "1"), (100.0, "100")):
        deviation = seen.deviation[name] / scale
        if deviation <= seen.rounding(scale) and seen.lowest >= -_NEGATIVE * scale:
            return _adjusted(rows, seen, scale, deviation, source), (
                *_said(seen, scale, deviation, source),
                *hard,
            )
    raise ClassifierError(_what_is_wrong(seen, len(rows), source))


def _adjusted(rows: Rows, seen: "_Survey", scale: float, deviation: float, source: str) -> Rows:
    rounded = deviation > SUM_TOLERANCE
    if scale == 1 and not rounded and seen.lowest >= 0:
        return rows
    return Adjusted(rows, 1 / scale, seen.lowest < 0, rounded)


def _said(seen: "_Survey", scale: float, deviation: float, source: str) -> Iterator[str]:
    if scale != 1:
        yield f"{source} holds percentages: divided by 100."
    if seen.lowest < 0:
        yield (
            f"{source} holds {seen.negative:,} numbers just below 0 (down to {seen.lowest:.2g}): "
            "set to 0."
        )
    if deviation > SUM_TOLERANCE:
        yield (
            f"the rows of {source} are rounded: each was divided by its sum, which is off by up "
            f"to {deviation:.2%}."
        )


def _what_is_wrong(seen: "_Survey", count: int, source: str) -> str:
    """The sentence on rows that are no distributions: one cause, and what cures it."""
    row, total = seen.first_off
    expected = "every row of probabilities must be non-negative and sum to 1"
    off = f"{seen.off} of {count} rows are off"
    received = f"row {row} of {source} sums to {total:.4g}, and {off}"
    if seen.counting and seen.columns > 2:
        return (
            f"{expected}; the first column of {source} counts the rows from 0 to {count - 1}; save "
            "the probabilities without it, or in a .csv file with a header in which it is `index`."
        )
    if seen.first_negative is not None and seen.lowest < -_NEGATIVE:
        below, lowest = seen.first_negative
        if seen.deviation["log"] <= _OFF and seen.highest <= _NEGATIVE:
            return (
                f"{expected}; row {below} of {source} holds {lowest:.4g} and all numbers are the "
                "logarithms of probabilities; save numpy.exp of them."
            )
        if seen.deviation["1"] <= _OFF:
            return (
                f"{expected}; row {below} of {source} holds {lowest:.4g}, and {seen.negative} "
                f"numbers are negative although all rows sum to 1; save the model's softmax output "
                "without changes."
            )
        if max(seen.highest, -seen.lowest) > 1:
            return (
                f"{received}; these look like logits: put a softmax behind the model, or save "
                "scipy.special.softmax(rows, axis=1)."
            )
        return (
            f"{received}, and row {below} holds {lowest:.4g}; save the probabilities of a softmax, "
            "such as scipy.special.softmax(rows, axis=1)."
        )
    without = np.flatnonzero(seen.deviation_without <= _OFF)
    if len(without) == 1 and seen.columns > 2:
        return (
            f"{expected}; {source} has a column that is no class, column {without[0]} (counted "
            f"from 0), without which all rows sum to 1; save the other {seen.columns - 1} columns."
        )
    low, high = seen.sums
    if low > 0 and high - low <= _OFF * high:
        return (
            f"{expected}; all rows of {source} sum to {(low + high) / 2:.4g}; divide each row by "
            "its sum and save them again."
        )
    if seen.highest <= 1 + SUM_TOLERANCE and high > 1:
        return (
            f"{received}, although each number lies between 0 and 1; these look like one sigmoid "
            "per class: if each image has one class, divide each row by its sum."
        )
    if seen.highest <= 1 + SUM_TOLERANCE:
        return (
            f"{received}; a class may be missing, or the numbers are rounded too much: save all "
            "classes, with all decimals."
        )
    return (
        f"{received}, and no row is negative; if these are votes or counts, divide each row by its "
        "sum."
    )


class _Survey:
    """What all blocks have in common; it is filled block by block.

    A block of sound rows is passed over quickly, but for what decides about one-hot rows.
    """

    def __init__(self, columns: int) -> None:
        self.columns = columns
        self.unsound = False
        self.one_hot = True
        self.counting = True
        self.lowest, self.highest = np.inf, -np.inf
        self.sums = (np.inf, -np.inf)
        self.deviation = {"1": 0.0, "100": 0.0, "log": 0.0}
        self.deviation_without = np.zeros(columns)
        self.decimals = [True] * (_DECIMALS_MOST + 1)
        self.negative = 0
        self.first_negative: tuple[int, float] | None = None
        self.endless = 0
        self.first_endless = (0, 0)
        self.off = 0
        self.first_off = (0, 0.0)

    def rounding(self, scale: float) -> float:
        """How far the decimals of the numbers may have moved the sum of a row."""
        digits = next((d for d, fits in enumerate(self.decimals) if fits), None)
        if digits is None:
            return _OFF
        return max(_OFF, min(_OFF_MOST, 0.5 * self.columns * 0.1**digits / scale + 1e-9))

    def update(self, start: int, block: NDArray[Any]) -> None:
        """With one more block, the first row of which is number `start`."""
        best = sound_maxima(block)
        if best is not None:
            single = self.one_hot and bool((best == 1).all())
            self.one_hot = single and np.count_nonzero(block) == len(block)
            self._sound()
        else:
            self.unsound = True
            self._look(start, block.astype(np.float64))

    def _sound(self) -> None:
        # Other blocks may be off: they are all to be read in the same way.
        self.highest = max(self.highest, 1.0)
        self.lowest = min(self.lowest, 0.0)
        self.sums = (min(self.sums[0], 1.0), max(self.sums[1], 1.0))
        self.deviation["1"] = max(self.deviation["1"], SUM_TOLERANCE / 2)
        self.deviation["100"] = max(self.deviation["100"], 99.0)
        self.deviation["log"] = max(self.deviation["log"], 1.0)
        self.deviation_without[:] = np.inf
        self.counting = False

    def _look(self, start: int, block: NDArray[np.float64]) -> None:
        finite = np.isfinite(block)
        rows = np.flatnonzero(~finite.all(axis=1))
        if len(rows):
            if not self.endless:
                column = int(np.flatnonzero(~finite[rows[0]])[0])
                self.first_endless = (start + int(rows[0]), column)
            self.endless += len(rows)
            return
        with np.errstate(over="ignore", invalid="ignore"):
            self._look_at_sums(start, block, block.sum(axis=1))
        self.counting = self.counting and bool(
            (block[:, 0] == np.arange(start, start + len(block))).all()
        )
        self.lowest = min(self.lowest, float(block.min()))
        self.highest = max(self.highest, float(block.max()))
        negative = np.argwhere(block < 0)
        if len(negative):
            beyond = np.flatnonzero((block < -_NEGATIVE).any(axis=1))
            if self.first_negative is None and len(beyond):
                row = int(beyond[0])
                self.first_negative = (start + row, float(block[row].min()))
            self.negative += len(negative)
        single = ((block == 0) | (block == 1)).all() and (block.sum(axis=1) == 1).all()
        self.one_hot = self.one_hot and bool(single)
        for digits, fits in enumerate(self.decimals):
            if fits:
                scaled = block * 10**digits
                self.decimals[digits] = bool((np.abs(scaled - np.rint(scaled)) < 1e-3).all())

    def _look_at_sums(
        self, start: int, block: NDArray[np.float64], sums: NDArray[np.float64]
    ) -> None:
        self.sums = (min(self.sums[0], float(sums.min())), max(self.sums[1], float(sums.max())))
        for name, wanted in (("1", 1.0), ("100", 100.0)):
            self.deviation[name] = max(self.deviation[name], float(np.abs(sums - wanted).max()))
        logs = np.abs(np.exp(np.minimum(block, 1)).sum(axis=1) - 1).max()
        self.deviation["log"] = max(self.deviation["log"], float(logs))
        without = np.abs(sums[:, None] - block - 1).max(axis=0)
        self.deviation_without = np.maximum(self.deviation_without, without)
        off = np.flatnonzero((np.abs(sums - 1) > SUM_TOLERANCE) | (block.min(axis=1) < 0))
        if len(off) and not self.off:
            self.first_off = (start + int(off[0]), float(sums[off[0]]))
        self.off += len(off)
