"""Candidates -> a ranking: hard, but not ten times the same mistake."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Scores
from hardex.errors import HardexError
from hardex.ranking.candidates import Candidates, places_in_group
from hardex.ranking.scores import UNSURE_SCORES, WRONG_SCORES

DIVERSITIES = ("none", "class")


@dataclass(frozen=True)
class Rule:
    """How the two lists are made.

    Attributes:
        per_class: how many of each class, when `count` is None.
        count: how many in all.
        diversity: what is taken in turn: `class` (given classes) or `none` (the hardest first).
        unsure: the score of the unsure list.
        wrong: the score of the wrong list.

    Raises:
        HardexError: a value outside its choices.
    """

    per_class: int = 2
    count: int | None = None
    diversity: str = "class"
    unsure: str = "least_confidence"
    wrong: str = "loss"

    def __post_init__(self) -> None:
        _check_choice("--diversity", self.diversity, DIVERSITIES)
        _check_choice("--unsure", self.unsure, UNSURE_SCORES)
        _check_choice("--wrong", self.wrong, WRONG_SCORES)
        _check_positive("--per-class", self.per_class)
        if self.count is not None:
            _check_positive("--count", self.count)

    def total(self, class_count: int) -> int:
        """How many examples each list may hold."""
        return self.count or self.per_class * class_count

    def capacity(self, class_count: int) -> int:
        """How many candidates of each group the ranking may need."""
        by_class = self.diversity == "class" and self.count is None
        return self.per_class if by_class else self.total(class_count)

    def groups(self, given: Labels, predicted: Labels) -> Labels:
        """(n,) what each example stands for under this diversity."""
        return given if self.diversity == "class" else np.zeros_like(given)


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


def ranking(candidates: Candidates, *, count: int) -> Ranking:
    """Take the groups in turn: the hardest of every group before the second of any.

    Within one turn the hardest comes first, ties by position. A shorter ranking begins a longer
    one.

    Example:
        >>> groups, scores = np.array([0, 0, 1]), np.array([0.9, 0.8, 0.1])
        >>> ranking(Candidates.empty(2).update(groups, scores, np.arange(3)), count=3).positions
        array([0, 2, 1])
    """
    turns = places_in_group(candidates.groups)
    order = np.lexsort((candidates.positions, -candidates.scores, turns))[:count]
    return Ranking(candidates.positions[order], candidates.scores[order])


def rank_arrays(
    scores: Scores, groups: Labels, *, count: int, among: NDArray[np.bool_] | None = None
) -> Ranking:
    """Rank examples whose scores are in memory, (n,) each, `among` those marked.

    Example:
        >>> rank_arrays(np.array([0.5, 0.9, 0.7]), np.array([0, 0, 1]), count=2).positions
        array([1, 2])
    """
    positions = np.arange(len(scores)) if among is None else np.flatnonzero(among)
    seen = Candidates.empty(count).update(groups[positions], scores[positions], positions)
    return ranking(seen, count=count)


def _check_choice(option: str, value: str, choices: tuple[str, ...]) -> None:
    if value not in choices:
        raise HardexError(
            f"{option} must be one of {', '.join(choices)}; received {value!r}; choose one of them."
        )


def _check_positive(option: str, value: int) -> None:
    if value < 1:
        raise HardexError(f"{option} must be 1 or more; received {value}; choose a larger number.")
