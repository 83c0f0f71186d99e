"""A stream of scores -> the hardest of each group, in bounded memory."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from hardex.arrays import Labels, Positions, Scores


@dataclass(frozen=True, eq=False)
class Candidates:
    """The hardest examples of each group seen so far, hardest first, ties by position.

    An accumulator: however a stream is cut, split and merged, the candidates are the same.

    Attributes:
        capacity: how many are kept of each group.
        groups: (m,) sorted; what an example stands for: its given class, its confusion pair, …
        scores: (m,) falling within a group.
        positions: (m,) rising within equal scores.

    Example:
        >>> stream = np.array([0, 1, 0, 1]), np.array([0.1, 0.2, 0.3, 0.2]), np.arange(4)
        >>> Candidates.empty(1).update(*stream).positions
        array([2, 1])
    """

    capacity: int
    groups: Labels
    scores: Scores
    positions: Positions

    @classmethod
    def empty(cls, capacity: int) -> Self:
        """Nothing seen yet."""
        nothing = np.zeros(0, np.int64)
        return cls(capacity, nothing, np.zeros(0), nothing)

    def update(self, groups: Labels, scores: Scores, positions: Positions) -> Self:
        """With some more examples, (n,) each."""
        may_enter = scores >= self._thresholds(groups)
        return self._with(groups[may_enter], scores[may_enter], positions[may_enter])

    def merge(self, other: Self) -> Self:
        """Both together."""
        return self._with(other.groups, other.scores, other.positions)

    def _with(self, groups: Labels, scores: Scores, positions: Positions) -> Self:
        groups = np.concatenate([self.groups, groups])
        scores = np.concatenate([self.scores, scores])
        positions = np.concatenate([self.positions, positions])
        order = np.lexsort((positions, -scores, groups))
        kept = order[places_in_group(groups[order]) < self.capacity]
        return type(self)(self.capacity, groups[kept], scores[kept], positions[kept])

    def _thresholds(self, groups: Labels) -> Scores:
        """The score each example must reach to have a chance: its group's last, once full."""
        if not len(self.groups) or not len(groups):
            return np.full(len(groups), -np.inf)
        last = np.flatnonzero(places_in_group(self.groups) == self.capacity - 1)
        thresholds = np.full(int(max(groups.max(), self.groups.max())) + 1, -np.inf)
        thresholds[self.groups[last]] = self.scores[last]
        return np.asarray(thresholds[groups])


def places_in_group(groups: Labels) -> Positions:
    """0, 1, 2, … within each run of equal values of a sorted array.

    Example:
        >>> places_in_group(np.array([3, 3, 3, 7, 8, 8]))
        array([0, 1, 2, 0, 0, 1])
    """
    starts = np.flatnonzero(np.r_[True, groups[1:] != groups[:-1]]) if len(groups) else groups
    lengths = np.diff(np.r_[starts, len(groups)])
    return np.asarray(np.arange(len(groups)) - np.repeat(starts, lengths))
