"""Candidates -> a ranking of hard examples that are not all the same mistake."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import islice, pairwise

import numpy as np

from hardex.arrays import Labels, Positions, Scores
from hardex.errors import HardexError
from hardex.ranking.candidates import Hardest, places_in_group
from hardex.ranking.scores import FORMULAS, UNSURE_SCORES, WRONG_SCORES

CAUSE = "cause"
DIVERSITIES = ("none", "class", "confusion", "embedding", CAUSE)
POOL = 2000
_ALL = 2**62  # candidates of a group

Refuse = Callable[[int], bool]  # a position -> whether it must not be chosen (after those before)


@dataclass(frozen=True)
class Rule:
    """How the two lists are made.

    Attributes:
        per_class: how many of each class, when `count` is None.
        count: how many in all.
        diversity: what is taken in turn: `class` (given classes), `confusion` (pairs of classes)
            or `none` (the hardest first); `embedding` takes the example farthest from those chosen;
            `cause` takes given groups of examples (diagnosed causes) in turn, within them the pairs
            of classes, and no other examples.
        unsure: the score of the unsure list, or `MODULE:FUNCTION`.
        wrong: the score of the wrong list, or `MODULE:FUNCTION`.
        pool: how many of the hardest examples of each group to choose from; `cause` chooses from
            all that have a group.
        allow_duplicates: whether near-duplicates of an earlier picture may be chosen.

    Raises:
        HardexError: a value outside its choices.
    """

    per_class: int = 2
    count: int | None = None
    diversity: str = "class"
    unsure: str = "least_confidence"
    wrong: str = "loss"
    pool: int = POOL
    allow_duplicates: bool = False

    def __post_init__(self) -> None:
        _check_choice("--diversity", self.diversity, DIVERSITIES)
        _check_score("--unsure", self.unsure, UNSURE_SCORES)
        _check_score("--wrong", self.wrong, WRONG_SCORES)
        _check_positive("--per-class", self.per_class)
        _check_positive("--pool", self.pool)
        if self.count is not None:
            _check_positive("--count", self.count)

    @property
    def needs_groups(self) -> bool:
        """Whether the groups that take turns are given, besides probabilities and labels."""
        return self.diversity == CAUSE

    def total(self, class_count: int) -> int:
        """How many examples each list may hold."""
        return self.count or self.per_class * class_count

    def needed(self, class_count: int) -> int:
        """How many of each group the ranking may take."""
        by_class = self.diversity == "class" and self.count is None
        return self.per_class if by_class else self.total(class_count)

    def capacity(self, class_count: int) -> int:
        """How many candidates of each group are kept: the pool, or more if more are requested.

        The choice goes through the whole pool before it takes what lies beyond, so a shorter
        ranking begins a longer one. Where the groups are given, all of their examples are kept.
        """
        return _ALL if self.needs_groups else max(self.pool, self.needed(class_count))

    def formulas(self) -> dict[str, str]:
        """The formula of every score, including the user's own."""
        own = {name: name for name in (self.unsure, self.wrong) if name not in FORMULAS}
        return FORMULAS | own


@dataclass(frozen=True, eq=False)
class Ranking:
    """The chosen examples of one list, in order.

    Attributes:
        positions: (m,) places in the data set.
        scores: (m,) difficulty, higher is harder.
    """

    positions: Positions
    scores: Scores

    def __len__(self) -> int:
        return len(self.positions)


def in_turn(candidates: Hardest, *, pool: int, turns: int, refuse: Refuse | None) -> Iterator[int]:
    """Take the groups in turn: the hardest of every group before the second of any.

    Within a turn the hardest comes first, ties by position. The first `pool` of every group come
    before all others; of these, a refused example is replaced by the next of its group in the same
    turn. Beyond the pool it is not replaced: how many candidates are kept there depends on how many
    were requested, and a shorter ranking begins a longer one.

    Args:
        candidates: the hardest of each group.
        pool: how many of each group come first.
        turns: how many of each group may be taken.
        refuse: called once for each example that is about to be chosen; None to refuse none.

    Returns:
        Rows of the candidates, in the order of choice.

    Example:
        >>> groups, scores = np.array([0, 0, 1]), np.array([0.9, 0.8, 0.1])
        >>> from hardex.ranking.candidates import Candidates
        >>> seen = Candidates.empty(2).update(groups, scores, np.arange(3)).result()
        >>> rows = in_turn(seen, pool=9, turns=9, refuse=lambda position: position == 0)
        >>> seen.positions[list(rows)].tolist()
        [1, 2]
    """
    places = places_in_group(candidates.groups)
    if refuse is None:  # then every turn is known, and one sort gives them all
        rows = np.flatnonzero(places < turns)
        keys = (candidates.positions[rows], -candidates.scores[rows], places[rows])
        return iter(rows[np.lexsort(keys)].tolist())
    return _one_by_one(candidates, places, pool, turns, refuse)


def _one_by_one(
    candidates: Hardest, places: Positions, pool: int, turns: int, refuse: Refuse
) -> Iterator[int]:
    """The same, where a refused example moves all that follow it in its group."""
    scores, positions = candidates.scores, candidates.positions
    last = np.r_[places[1:] == 0, True]  # whether a row is the last of its group

    def offer(row: int, turn: int) -> tuple[bool, int, float, int, int, int]:
        place = int(places[row])
        order = turn if place < pool else place
        return place >= pool, order, -float(scores[row]), int(positions[row]), row, turn

    heap = [offer(row, 0) for row in np.flatnonzero(places == 0).tolist()]
    heapify(heap)
    while heap:
        *_, position, row, turn = heappop(heap)
        refused = refuse(position)
        next_turn = turn if refused else turn + 1
        if not last[row] and next_turn < turns:
            heappush(heap, offer(row + 1, next_turn))
        if not refused:
            yield row


def in_turns_of_turns(
    candidates: Hardest, groups: Labels, *, refuse: Refuse | None
) -> Iterator[int]:
    """Take large groups in turn, and within each of them the groups of its candidates in turn.

    The large groups follow one another in the order of their hardest examples, ties by position.
    Each gives the first of its own order, which is that of `in_turn`, then each its second; one
    that has no more is passed over.

    Args:
        candidates: all examples of each group; the groups of a large one stand together.
        groups: (m,) the large group of each candidate, sorted.
        refuse: called once for each example that is about to be chosen; None to refuse none.

    Returns:
        Rows of the candidates, in the order of choice.

    Example:
        >>> pairs, scores = np.array([0, 0, 1, 2]), np.array([0.4, 0.3, 0.1, 0.9])
        >>> from hardex.ranking.candidates import Candidates
        >>> seen = Candidates.empty(9).update(pairs, scores, np.arange(4)).result()
        >>> list(in_turns_of_turns(seen, np.array([0, 0, 0, 1]), refuse=None))
        [3, 0, 2, 1]
    """
    ends = np.r_[np.flatnonzero(places_in_group(groups) == 0), len(groups)]
    parts = [slice(start, end) for start, end in pairwise(ends.tolist())]

    def hardest(part: slice) -> tuple[float, int]:
        return min(zip(-candidates.scores[part], candidates.positions[part], strict=True))

    def order_of(part: slice) -> Iterator[int]:
        rows = in_turn(candidates[part], pool=_ALL, turns=_ALL, refuse=refuse)
        return (part.start + row for row in rows)

    return _one_of_each([order_of(part) for part in sorted(parts, key=hardest)])


def _one_of_each(orders: list[Iterator[int]]) -> Iterator[int]:
    """The first of each order, then the second of each, …, until all are empty."""
    while orders:
        left = []
        for order in orders:
            for row in islice(order, 1):
                left.append(order)
                yield row
        orders = left


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise HardexError(
            f"{option} must be one of {', '.join(choices)}; received {value!r}; choose one of them."
        )


def _check_score(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices and ":" not in value:
        raise HardexError(
            f"{option} must be one of {', '.join(choices)} or MODULE:FUNCTION; received "
            f"{value!r}; choose one of them."
        )


def _check_positive(option: str, value: int) -> None:
    if value < 1:
        raise HardexError(f"{option} must be 1 or more; received {value}; choose a larger number.")
