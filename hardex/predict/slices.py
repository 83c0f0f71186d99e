"""Further columns of the data -> the slices in which the classifier fails more often.

A slice is a value of one column (`light` is `night`), or two values of two columns together.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hardex.data.dataset import Meta
from hardex.data.names import natural_order
from hardex.predict.metrics import share
from hardex.predict.predictions import Predictions

SCHEMA = "hardex.slices/1"
MOST_VALUES = 50  # of one column; with more, numbers are binned and texts left out
MOST_PAIRED = 20  # columns that are combined in pairs
AT_LEAST = 10  # examples a slice needs before it is tested
ALPHA = 0.05  # family-wise error rate: the chance of any false alarm
_BINS = 4


@dataclass(frozen=True, eq=False)
class Column:
    """One column with few values.

    Attributes:
        name: its name.
        values: v values in natural order, or ranges of a number from low to high.
        codes: (n,) which value each example has.
    """

    name: str
    values: tuple[str, ...]
    codes: NDArray[np.int32]


@dataclass(frozen=True)
class LeftOut:
    """A column that cannot be cut into slices, and why."""

    column: str
    reason: str


def columns_of(meta: Meta) -> tuple[tuple[Column, ...], tuple[LeftOut, ...]]:
    """The columns that can be cut into slices, and those that cannot.

    A column of numbers with more than 50 values is cut at its quartiles; one of texts with more
    is left out, and so is one with a single value. An empty cell is a value: `(empty)`.

    Example:
        >>> light = np.array(["day", "night", "day"], object)
        >>> (column,), _ = columns_of({"light": light})
        >>> column.values, column.codes.tolist()
        (('day', 'night'), [0, 1, 0])
    """
    columns: list[Column] = []
    left_out: list[LeftOut] = []
    for name, texts in meta.items():
        found = _column(name, texts)
        if isinstance(found, Column):
            columns.append(found)
        else:
            left_out.append(found)
    return tuple(columns), tuple(left_out)


def _column(name: str, texts: NDArray[np.object_]) -> Column | LeftOut:
    numbers = _numbers(texts)
    values = set(texts.tolist())
    distinct = sorted(values, key=natural_order if numbers is None else _as_number)
    if len(distinct) < 2:
        return LeftOut(name, "it has only one value")
    if len(distinct) <= MOST_VALUES:
        place = {text: code for code, text in enumerate(distinct)}
        codes = np.array([place[text] for text in texts], np.int32)
        return Column(name, tuple(text or "(empty)" for text in distinct), codes)
    if numbers is None:
        return LeftOut(name, f"it has {len(distinct):,} values that are not numbers")
    return _binned(name, numbers)


def _numbers(texts: NDArray[np.object_]) -> NDArray[np.float64] | None:
    """The column as numbers, gaps as NaN; None when some value is neither."""
    try:
        numbers = np.array([float(text) if text else np.nan for text in texts])
    except ValueError:
        return None
    return None if np.isinf(numbers).any() else numbers


def _as_number(text: str) -> tuple[float, str]:
    number = float(text or "nan")
    return (np.inf if np.isnan(number) else number), text  # gaps come last


def _binned(name: str, numbers: NDArray[np.float64]) -> Column | LeftOut:
    gaps = np.isnan(numbers)
    inside = np.arange(1, _BINS) / _BINS
    cuts = np.unique(np.quantile(numbers[~gaps], inside, method="lower"))
    codes = np.searchsorted(cuts, numbers, side="left")  # a cut belongs to the range below it
    marks = [f"{cut:.6g}" for cut in cuts]
    if len(set(marks)) < len(marks):
        return LeftOut(name, "its numbers are too close together")
    ranges = [f"up to {marks[0]}"]
    ranges += [f"over {low} to {high}" for low, high in pairwise(marks)]
    ranges += [f"over {marks[-1]}"]
    if gaps.any():
        codes[gaps] = len(ranges)
        ranges.append("(empty)")
    return Column(name, tuple(ranges), codes.astype(np.int32))


@dataclass(frozen=True, eq=False)
class Slices:
    """How many examples and errors each value, and each pair of values, has.

    An accumulator: however a pass is cut and merged, the counts are the same.

    Attributes:
        columns: what is counted.
        singles: per column, (v, 2): examples and wrong ones of each value.
        pairs: per pair of columns in the order of `combinations`, (v1, v2, 2).
    """

    columns: tuple[Column, ...]
    singles: tuple[NDArray[np.int64], ...]
    pairs: tuple[NDArray[np.int64], ...]

    @classmethod
    def empty(cls, columns: tuple[Column, ...]) -> Self:
        """Nothing seen yet."""
        singles = tuple(np.zeros((len(c.values), 2), np.int64) for c in columns)
        pairs = tuple(
            np.zeros((len(a.values), len(b.values), 2), np.int64) for a, b in _paired(columns)
        )
        return cls(columns, singles, pairs)

    def update(self, predictions: Predictions) -> Self:
        """With one more batch."""
        where = predictions.positions
        wrong = predictions.predicted != predictions.labels
        seen = Slices(
            self.columns,
            tuple(_count(c.codes[where], wrong, len(c.values)) for c in self.columns),
            tuple(
                _count(
                    a.codes[where] * len(b.values) + b.codes[where],
                    wrong,
                    len(a.values) * len(b.values),
                ).reshape(len(a.values), len(b.values), 2)
                for a, b in _paired(self.columns)
            ),
        )
        return self.merge(seen)

    def merge(self, other: "Slices") -> Self:
        """Both together."""
        return type(self)(
            self.columns,
            tuple(a + b for a, b in zip(self.singles, other.singles, strict=True)),
            tuple(a + b for a, b in zip(self.pairs, other.pairs, strict=True)),
        )


def _paired(columns: Sequence[Column]) -> Iterator[tuple[Column, Column]]:
    return combinations(columns[:MOST_PAIRED], 2)


def _count(
    codes: NDArray[np.integer[Any]], wrong: NDArray[np.bool_], values: int
) -> NDArray[np.int64]:
    every = np.bincount(codes, minlength=values)
    return np.stack([every, np.bincount(codes[wrong], minlength=values)], axis=1)


@dataclass(frozen=True)
class Slice:
    """Some examples that share one value, or two.

    Attributes:
        values: (column, value), once or twice.
        examples, wrong: how many, and how many of them are wrong.
        p: the p-value of so many errors here if all slices were alike; exact.
        p_adjusted: the same after Holm's correction for all tested slices.
    """

    values: tuple[tuple[str, str], ...]
    examples: int
    wrong: int
    p: float
    p_adjusted: float = 1.0


def worst_slices(slices: Slices) -> tuple[tuple[Slice, ...], int]:
    """The slices with more errors than the rest, the worst first, and how many were tested.

    Every slice of ten examples or more is tested against all others by Fisher's exact test, one
    side. A pair must also have more errors than the rest of either of its two values, so that a
    bad value does not flag all its pairs; its p is the largest of the three. Holm's correction
    keeps the chance of any false alarm at 5 % or less. The worst slice has the highest lower bound
    of the 95 % interval of its error rate.

    Returns:
        The slices with an adjusted p of 0.05 or less, and the number of slices tested.

    Source:
        Fisher, The Logic of Inductive Inference (1935); Holm, A Simple Sequentially Rejective
        Multiple Test Procedure (1979).
    """
    tested = list(_tested(slices))
    adjusted = holm(np.array([found.p for found in tested])).tolist()
    corrected = [replace(found, p_adjusted=p) for found, p in zip(tested, adjusted, strict=True)]
    found = [slice for slice in corrected if slice.p_adjusted <= ALPHA]
    found.sort(key=lambda s: (-_low(s), s.p, s.values))
    return tuple(found), len(tested)


def _low(found: Slice) -> float:
    return share(found.wrong, found.examples)["low"] or 0.0


def _tested(slices: Slices) -> Iterator[Slice]:
    """Every tested slice, with its uncorrected p."""
    counted = dict(zip((c.name for c in slices.columns), slices.singles, strict=True))
    for column, counts in zip(slices.columns, slices.singles, strict=True):
        yield from _tested_values(column, counts)
    for (a, b), counts in zip(_paired(slices.columns), slices.pairs, strict=True):
        yield from _tested_pairs(a, b, counts, counted[a.name], counted[b.name])


def _tested_values(column: Column, counts: NDArray[np.int64]) -> Iterator[Slice]:
    total = counts.sum(axis=0)
    chosen = np.flatnonzero((counts[:, 0] >= AT_LEAST) & (counts[:, 0] < total[0]))
    for i, p in zip(chosen.tolist(), fisher_greater(counts[chosen], total), strict=True):
        yield _slice(((column.name, column.values[i]),), counts[i], p)


def _tested_pairs(
    a: Column,
    b: Column,
    counts: NDArray[np.int64],
    of_a: NDArray[np.int64],
    of_b: NDArray[np.int64],
) -> Iterator[Slice]:
    # A pair that equals one of its values would be tested twice.
    own = (counts[..., 0] < of_a[:, None, 0]) & (counts[..., 0] < of_b[None, :, 0])
    rows, columns = np.nonzero((counts[..., 0] >= AT_LEAST) & own)
    wholes = (counts.sum(axis=(0, 1)), of_a[rows], of_b[columns])
    p = np.max([fisher_greater(counts[rows, columns], whole) for whole in wholes], axis=0)
    for row, column, largest in zip(rows.tolist(), columns.tolist(), p, strict=True):
        both = ((a.name, a.values[row]), (b.name, b.values[column]))
        yield _slice(both, counts[row, column], largest)


def _slice(values: tuple[tuple[str, str], ...], counts: NDArray[np.int64], p: float) -> Slice:
    return Slice(values, int(counts[0]), int(counts[1]), float(p))


def fisher_greater(parts: NDArray[np.int64], wholes: NDArray[np.int64]) -> NDArray[np.float64]:
    """The chance of as many errors in a part, or more, if parts and rest were alike.

    Args:
        parts, wholes: (m, 2) examples and wrong ones; each part lies in its whole.

    Returns:
        (m,) one-sided p-values.

    Example:
        >>> fisher_greater(np.array([[2, 2]]), np.array([[4, 2]])).round(4)  # 1 of 6 ways
        array([0.1667])
    """
    from scipy.stats import hypergeom

    return np.asarray(
        hypergeom.sf(parts[..., 1] - 1, wholes[..., 0], wholes[..., 1], parts[..., 0])
    )


def holm(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """p-values corrected for their number: the chance of any false alarm stays below each.

    Example:
        >>> holm(np.array([0.01, 0.04, 0.03])).round(4).tolist()
        [0.03, 0.06, 0.06]
    """
    order = np.argsort(p, kind="stable")
    scaled = p[order] * np.arange(len(p), 0, -1)
    adjusted = np.empty(len(p))
    adjusted[order] = np.minimum(np.maximum.accumulate(scaled), 1.0) if len(p) else scaled
    return adjusted


def slice_metrics(slices: Slices, left_out: Sequence[LeftOut]) -> dict[str, Any]:
    """What metrics.json holds under `slices`: every value's error rate, and the worst slices."""
    worst, looked_at = worst_slices(slices)
    return {
        "schema": SCHEMA,
        "columns": [
            {
                "column": column.name,
                "values": [
                    _rate(int(examples), int(wrong)) | {"value": value}
                    for value, (examples, wrong) in zip(column.values, counts, strict=True)
                    if examples
                ],
            }
            for column, counts in zip(slices.columns, slices.singles, strict=True)
        ],
        "worst": [
            _rate(found.examples, found.wrong)
            | {"slice": dict(found.values), "p": found.p, "p_adjusted": found.p_adjusted}
            for found in worst
        ],
        "paired": [column.name for column in slices.columns[:MOST_PAIRED]],
        "looked_at": looked_at,
        "at_least": AT_LEAST,
        "alpha": ALPHA,
        "test": "Fisher's exact test, one side, against the rest",
        "correction": "Holm",
        "left_out": [{"column": out.column, "reason": out.reason} for out in left_out],
    }


def _rate(examples: int, wrong: int) -> dict[str, Any]:
    return {"examples": examples, "wrong": wrong, "error": share(wrong, examples)}
