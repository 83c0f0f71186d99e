"""A stream of scores -> the hardest of each group, in bounded memory."""

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Scores

_PATIENCE = 32_768  # with fewer rows at a time, sorting them in would take most of the time
_GROUP_BITS = 20  # of the packed sort key; the others are the upper bits of the score
_MOST_GROUPS = 2**_GROUP_BITS

Rows = tuple[Labels, Scores, Positions]  # (m,) each: group, score, position


@dataclass(frozen=True, eq=False)
class Candidates:
    """The hardest examples of each group seen so far, hardest first, ties by position.

    An accumulator: however a stream is cut, split and merged, the candidates are the same. Rows
    that may enter wait until there are about as many as are kept; then one sort folds them in, so
    the cost per row stays flat whatever the number of groups and the order of the stream.

    Attributes:
        capacity: how many are kept of each group.
        patience: how many rows wait, at least, before they are sorted in.
        groups: (m,) sorted; what an example stands for: its given class, its confusion pair, …
        scores: (m,) falling within a group.
        positions: (m,) rising within equal scores.

    Example:
        >>> stream = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.2]), np.arange(4)
        >>> Candidates.empty(1).update(*stream).positions
        array([2, 1])
    """

    capacity: int
    patience: int
    _kept: "_Kept"
    _waiting: tuple[Rows, ...] = field(default=())
    _waiting_count: int = 0

    @classmethod
    def empty(cls, capacity: int, *, patience: int = _PATIENCE) -> Self:
        """Nothing seen yet."""
        return cls(capacity, patience, _Kept(capacity, *_NO_ROWS))

    @property
    def groups(self) -> Labels:
        return self._folded.groups

    @property
    def scores(self) -> Scores:
        return self._folded.scores

    @property
    def positions(self) -> Positions:
        return self._folded.positions

    def update(self, groups: Labels, scores: Scores, positions: Positions) -> Self:
        """With some more examples, (n,) each."""
        may_enter = np.flatnonzero(self._kept.may_enter(groups, scores, positions))
        return self._with((groups[may_enter], scores[may_enter], positions[may_enter]))

    def merge(self, other: Self) -> Self:
        """Both together."""
        return self._with((other.groups, other.scores, other.positions))

    def thresholds(self, groups: Labels) -> Scores:
        """(n,) a score that no example below can enter with; -inf where any can."""
        return self._kept.thresholds(groups)

    def _with(self, rows: Rows) -> Self:
        count = self._waiting_count + len(rows[0])
        waiting = (*self._waiting, rows) if len(rows[0]) else self._waiting
        if count < max(self.patience, len(self._kept.groups)):
            return replace(self, _waiting=waiting, _waiting_count=count)
        return type(self)(self.capacity, self.patience, self._kept.fold(waiting))

    @cached_property
    def _folded(self) -> "_Kept":
        return self._kept.fold(self._waiting)


@dataclass(frozen=True, eq=False)
class _Kept:
    """At most `capacity` rows of each group, sorted by group, falling score, rising position."""

    capacity: int
    groups: Labels
    scores: Scores
    positions: Positions

    def fold(self, waiting: tuple[Rows, ...]) -> "_Kept":
        if not waiting:
            return self
        columns = zip((self.groups, self.scores, self.positions), *waiting, strict=True)
        groups, scores, positions = (np.concatenate(column) for column in columns)
        order = hardest_first(groups, scores, positions)
        kept = order[places_in_group(groups[order]) < self.capacity]
        return _Kept(self.capacity, groups[kept], scores[kept], positions[kept])

    def may_enter(self, groups: Labels, scores: Scores, positions: Positions) -> NDArray[np.bool_]:
        """Whether each row would be kept if the stream ended with it."""
        thresholds = self.thresholds(groups)
        enters = scores >= thresholds
        ties = np.flatnonzero(scores == thresholds)
        if len(ties):
            enters[ties] = positions[ties] < self._last[1][groups[ties]]
        return np.asarray(enters)

    def thresholds(self, groups: Labels) -> Scores:
        last = self._last[0]
        if len(last) == 0 or len(groups) == 0:
            return np.full(len(groups), -np.inf)
        if groups.max() < len(last):
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


_NO_ROWS: Rows = (np.zeros(0, np.int64), np.zeros(0), np.zeros(0, np.int64))


def hardest_first(groups: Labels, scores: Scores, positions: Positions) -> NDArray[np.intp]:
    """The order by group, falling score, rising position: a fast form of `np.lexsort`.

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
