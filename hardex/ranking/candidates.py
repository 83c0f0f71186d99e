"""A stream of scores -> the hardest of each group, in bounded memory."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Scores

_PATIENCE = 32_768  # with fewer rows at a time, sorting them in would take most of the time
_HELD_MOST = 3  # rows held for each that is kept, before those that are not are let go
_GROUP_BITS = 20  # of the packed sort key; the others are the upper bits of the score
_MOST_GROUPS = 2**_GROUP_BITS

Columns = tuple[NDArray[Any], ...]  # (m, …) each: group, score, position, then any others


@dataclass(frozen=True, eq=False)
class Candidates:
    """The hardest examples of each group seen so far, ties by position.

    An accumulator: however a stream is cut, split and merged, the result is the same. Rows that
    may enter wait until there are about as many as are kept; then one sort folds them in, so the
    cost per row stays flat whatever the number of groups and the order of the stream.

    Attributes:
        capacity: how many are kept of each group.
        patience: how many rows wait, at least, before they are sorted in.

    Example:
        >>> stream = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.2]), np.arange(4)
        >>> Candidates.empty(1).update(*stream).result().positions
        array([2, 1])
    """

    capacity: int
    patience: int
    _kept: "Hardest"
    _waiting: tuple[Columns, ...] = field(default=())
    _waiting_count: int = 0

    @classmethod
    def empty(cls, capacity: int, *, patience: int = _PATIENCE, others: Columns = ()) -> Self:
        """Nothing seen yet.

        Args:
            capacity: how many to keep of each group.
            patience: how many rows wait, at least, before they are sorted in.
            others: an empty array, (0, …), for each further column that is kept of an example.
        """
        none = np.zeros(0, np.int64)
        return cls(capacity, patience, Hardest(capacity, none, np.zeros(0), none, (others,), none))

    def update(
        self,
        groups: Labels,
        scores: Scores,
        positions: Positions,
        *others: NDArray[Any],
        at: NDArray[np.intp] | None = None,
    ) -> Self:
        """With some more examples, (n,) each.

        Args:
            groups, scores, positions: of each example.
            others: the further columns, (n, …) or longer.
            at: (n,) the row of each example in the further columns; by default its own.
        """
        may_enter = np.flatnonzero(self._kept.may_enter(groups, scores, positions))
        rows = may_enter if at is None else at[may_enter]
        own = (column[may_enter] for column in (groups, scores, positions))
        return self._with((*own, *(column[rows] for column in others)))

    def merge(self, other: Self) -> Self:
        """Both together."""
        return self._with(other.result().columns)

    def result(self) -> "Hardest":
        """The hardest of each group."""
        return self._kept.fold(self._waiting)

    def _with(self, rows: Columns) -> Self:
        count = self._waiting_count + len(rows[0])
        waiting = (*self._waiting, rows) if len(rows[0]) else self._waiting
        if count < max(self.patience, len(self._kept.groups)):
            return replace(self, _waiting=waiting, _waiting_count=count)
        return type(self)(self.capacity, self.patience, self._kept.fold(waiting))


@dataclass(frozen=True, eq=False)
class Hardest:
    """At most `capacity` rows of each group, sorted by group, falling score, rising position.

    Attributes:
        capacity: how many there may be of each group.
        groups: (m,) what an example belongs to: its given class, its confusion pair, …
        scores: (m,) falling within a group.
        positions: (m,) rising within equal scores.
        parts: further columns of these rows and of some that are no longer kept, as they came:
            whole rows of probabilities are moved rarely.
        rows: (m,) the row of each in the parts, one below the other.
    """

    capacity: int
    groups: Labels
    scores: Scores
    positions: Positions
    parts: tuple[Columns, ...] = ()
    rows: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))

    def __len__(self) -> int:
        return len(self.positions)

    def __getitem__(self, part: slice) -> "Hardest":
        """Some rows that follow one another, without the further columns."""
        columns = (self.groups[part], self.scores[part], self.positions[part])
        return Hardest(self.capacity, *columns)

    @cached_property
    def others(self) -> Columns:
        """Further columns, (m, …) each."""
        return tuple(_gathered(column, self.rows) for column in zip(*self.parts, strict=True))

    @property
    def columns(self) -> Columns:
        """All columns: groups, scores, positions and the others."""
        return (self.groups, self.scores, self.positions, *self.others)

    def fold(self, waiting: tuple[Columns, ...]) -> "Hardest":
        """The hardest rows of each group among these and the waiting ones, hardest first."""
        if not waiting:
            return self
        own = (self.groups, self.scores, self.positions)
        new = [columns[:3] for columns in waiting]
        keys = [np.concatenate(column) for column in zip(own, *new, strict=True)]
        order = hardest_first(*keys)
        kept = order[places_in_group(keys[0][order]) < self.capacity]
        groups, scores, positions = (column[kept] for column in keys)
        found = Hardest(self.capacity, groups, scores, positions)
        if not any(self.parts):
            return found
        parts = (*self.parts, *(columns[3:] for columns in waiting))
        held = sum(len(columns[0]) for columns in parts)
        added = len(keys[0]) - len(self)
        rows = np.concatenate([self.rows, np.arange(held - added, held)])[kept]
        whole = replace(found, parts=parts, rows=rows)
        if held <= _HELD_MOST * len(kept):
            return whole
        return replace(found, parts=(whole.others,), rows=np.arange(len(kept)))

    def may_enter(self, groups: Labels, scores: Scores, positions: Positions) -> NDArray[np.bool_]:
        """(n,) whether each row would be kept if the stream ended with it."""
        thresholds = self._thresholds(groups)
        enters = scores >= thresholds
        ties = np.flatnonzero(scores == thresholds)
        if len(ties):
            enters[ties] = positions[ties] < self._last[1][groups[ties]]
        return np.asarray(enters)

    def _thresholds(self, groups: Labels) -> Scores:
        """(n,) a score that no example below can enter with; -inf where any can."""
        last = self._last[0]
        if len(last) == 0 or len(groups) == 0:
            return np.full(len(groups), -np.inf)
        highest = groups.max()
        if highest == 0 and len(last) == 1 and groups.min() == 0:  # a single group
            return np.full(len(groups), last[0])
        if highest < len(last):
            return np.asarray(last[groups])
        known = groups < len(last)
        return np.where(known, last[np.where(known, groups, 0)], -np.inf)

    @cached_property
    def _last(self) -> tuple[Scores, Positions]:
        """By group, the score and position of the last row of each group that is full."""
        full = np.flatnonzero(places_in_group(self.groups) == self.capacity - 1)
        full = full[self.groups[full] < _MOST_GROUPS]  # beyond, nothing is held back
        size = int(self.groups[full].max()) + 1 if len(full) else 0
        scores, positions = np.full(size, -np.inf), np.zeros(size, np.int64)
        scores[self.groups[full]] = self.scores[full]
        positions[self.groups[full]] = self.positions[full]
        return scores, positions


def _gathered(parts: tuple[NDArray[Any], ...], rows: NDArray[np.intp]) -> NDArray[Any]:
    """These rows of all parts one below the other, without putting the parts together."""
    first = np.concatenate([[0], np.cumsum([len(part) for part in parts])])
    found = np.empty((len(rows), *parts[0].shape[1:]), np.result_type(*parts))
    order = np.argsort(rows)
    ends = np.searchsorted(rows, first, sorter=order)
    for start, low, high, part in zip(first[:-1], ends[:-1], ends[1:], parts, strict=True):
        here = order[low:high]
        found[here] = part[rows[here] - start]
    return found


def hardest_first(groups: Labels, scores: Scores, positions: Positions) -> NDArray[np.intp]:
    """(m,) the order by group, falling score, rising position: a fast form of `np.lexsort`.

    One sort of packed keys (group, upper bits of the score); only rows whose keys are equal are
    then sorted among themselves.

    Example:
        >>> hardest_first(np.array([1, 0, 0]), np.array([0.5, 0.5, 0.5]), np.array([0, 9, 4]))
        array([2, 1, 0])
    """
    if len(groups) == 0 or groups.max() >= _MOST_GROUPS:
        return np.lexsort((positions, -scores, groups))
    keys = groups.astype(np.uint64) << np.uint64(64 - _GROUP_BITS)
    keys |= _falling_bits(scores) >> np.uint64(_GROUP_BITS)
    order = np.argsort(keys)
    keys = keys[order]
    same = keys[1:] == keys[:-1]
    tied = np.flatnonzero(np.r_[False, same] | np.r_[same, False])
    if len(tied):
        rows = order[tied]
        order[tied] = rows[np.lexsort((positions[rows], -scores[rows], keys[tied]))]
    return order


def _falling_bits(scores: Scores) -> NDArray[np.uint64]:
    """Whole numbers that fall as the scores rise: floats order like their bits, signs aside."""
    bits = (scores + 0.0).view(np.uint64)  # -0.0 becomes 0.0: they are equal
    sign = np.uint64(1 << 63)
    return np.where(bits & sign, bits, ~bits & ~sign)


def places_in_group(groups: Labels) -> Positions:
    """0, 1, 2, … within each run of equal values of a sorted array.

    Example:
        >>> places_in_group(np.array([3, 3, 3, 7, 8, 8]))
        array([0, 1, 2, 0, 0, 1])
    """
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else groups
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.asarray(np.arange(len(groups)) - np.repeat(starts, lengths))
