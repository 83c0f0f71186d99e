"""Scored predictions -> the candidates of both lists, in one pass."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Positions, Probabilities, Scores
from hardex.ranking.adjusted import ClassConfidence, adjusted_by
from hardex.ranking.candidates import Candidates, Hardest
from hardex.ranking.order import Rule
from hardex.ranking.own import own_score
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import ADJUSTED, SCORES, ScoreFunction


@dataclass(frozen=True, eq=False)
class Pool:
    """The hardest examples of all, hardest first, with what the choice among them needs.

    Attributes:
        positions: (m,) places in the data set.
        labels: (m,) given classes.
        probabilities: (m, k).
    """

    positions: Positions
    labels: Labels
    probabilities: Probabilities


@dataclass(frozen=True, eq=False)
class ListCandidates:
    """What one list is chosen from.

    Attributes:
        hardest: the hardest examples of each group.
        pool: the hardest of them all, as many as the rule's pool.
    """

    hardest: Hardest
    pool: Pool


@dataclass(frozen=True, eq=False)
class Shortlist:
    """The candidates of one list so far.

    An accumulator. Probabilities are kept of the pool alone, so memory does not grow with the
    number of groups times the number of classes.
    """

    candidates: Candidates
    pool: Candidates

    @classmethod
    def empty(cls, rule: Rule, class_count: int) -> Self:
        """Nothing seen yet."""
        others = np.zeros(0, np.int64), np.zeros((0, class_count), np.float32)
        return cls(
            Candidates.empty(rule.capacity(class_count)),
            Candidates.empty(rule.pool, patience=rule.pool, others=others),
        )

    def update(
        self,
        groups: Labels,
        scores: Scores,
        positions: Positions,
        labels: Labels,
        probabilities: Probabilities,
        at: NDArray[np.intp] | None = None,
    ) -> Self:
        """With some more examples.

        Args:
            groups, scores, positions: (n,) of each example.
            labels: given classes of all that were seen, (m,).
            probabilities: of all that were seen, (m, k).
            at: (n,) the row of each example among these; by default its own.
        """
        everyone = np.zeros(len(groups), np.int64)
        return type(self)(
            self.candidates.update(groups, scores, positions),
            self.pool.update(everyone, scores, positions, labels, probabilities, at=at),
        )

    def merge(self, other: Self) -> Self:
        """Both together."""
        return type(self)(self.candidates.merge(other.candidates), self.pool.merge(other.pool))

    def result(self) -> ListCandidates:
        """What the list is chosen from."""
        pool = self.pool.result()
        return ListCandidates(self.candidates.result(), Pool(pool.positions, *pool.others))


@dataclass(frozen=True, eq=False)
class Shortlists:
    """The candidates of both lists so far: `unsure` of all examples, `wrong` of the misclassified.

    An accumulator: cut, split and merged in any order, the result is the same.

    Attributes:
        rule: how the lists are made.
        unsure: the candidates of the unsure list.
        wrong: the candidates of the wrong list; an example that is predicted as labelled never
            enters.
    """

    rule: Rule
    unsure: Shortlist
    wrong: Shortlist

    @classmethod
    def empty(cls, rule: Rule, class_count: int) -> Self:
        """Nothing seen yet."""
        nothing = Shortlist.empty(rule, class_count)
        return cls(rule, nothing, nothing)

    def update(self, batch: ScoredPredictions, groups: Labels | None = None) -> Self:
        """With one more batch, which must bring the scores that the rule names.

        Args:
            batch: n examples.
            groups: (n,) the group of each, 0 or more, if the rule needs groups.
        """
        seen = batch.predictions
        p, labels, positions = seen.probabilities, seen.labels, seen.positions
        rows = np.flatnonzero(seen.predicted != labels)
        unsure = self.unsure.update(
            self._groups(labels, groups, lambda: torn_between(p, labels), p.shape[1]),
            batch.scores[self.rule.unsure],
            positions,
            labels,
            p,
        )
        # Their probabilities are not gathered: few of them may enter.
        wrong = self.wrong.update(
            self._groups(
                labels[rows],
                None if groups is None else groups[rows],
                lambda: mistaken(p[rows], labels[rows]),
                p.shape[1],
            ),
            batch.scores[self.rule.wrong][rows],
            positions[rows],
            labels,
            p,
            at=rows,
        )
        return replace(self, unsure=unsure, wrong=wrong)

    def merge(self, other: Self) -> Self:
        """Both together."""
        return replace(
            self, unsure=self.unsure.merge(other.unsure), wrong=self.wrong.merge(other.wrong)
        )

    def result(self) -> dict[str, ListCandidates]:
        """What each list is chosen from, by the list's name."""
        return {"unsure": self.unsure.result(), "wrong": self.wrong.result()}

    def _groups(
        self,
        labels: Labels,
        groups: Labels | None,
        pairs: Callable[[], Labels],
        class_count: int,
    ) -> Labels:
        if self.rule.needs_groups:
            if groups is None:
                raise ValueError(
                    f"the rule {self.rule.diversity!r} needs the group of each example"
                )
            return pairs_within(groups, pairs(), class_count)
        if self.rule.diversity == "class":
            return labels
        if self.rule.diversity == "confusion":
            return pairs()
        return np.zeros(len(labels), np.int64)


def score_of(name: str, confidence: ClassConfidence | None = None) -> ScoreFunction:
    """The score of this name, or `MODULE:FUNCTION`; one needs class statistics of the whole set."""
    if name == ADJUSTED and confidence is not None:
        return adjusted_by(confidence)
    return SCORES[name] if name in SCORES else own_score(name)


def scores_of(rule: Rule, confidence: ClassConfidence | None = None) -> dict[str, ScoreFunction]:
    """The scores that a rule names, by name; without class statistics, those that need none."""
    names = [rule.unsure, rule.wrong]
    known = [name for name in names if name != ADJUSTED or confidence is not None]
    return {name: score_of(name, confidence) for name in sorted(known)}


def needs_whole_set(rule: Rule) -> bool:
    """Whether the lists can be made only when the class statistics of all examples are known."""
    return rule.wrong == ADJUSTED


def mistaken(probabilities: Probabilities, labels: Labels) -> Labels:
    """(n,) the confusion pair of each example as one number: given class * k + predicted class.

    Example:
        >>> mistaken(np.array([[0.1, 0.9]]), np.array([0]))
        array([1])
    """
    return np.asarray(labels * probabilities.shape[1] + probabilities.argmax(axis=1))


def torn_between(probabilities: Probabilities, labels: Labels) -> Labels:
    """(n,) the two most likely classes as one number: smaller index * k + larger index.

    Labels play no part, and 4 or 9 is the same as 9 or 4.

    Example:
        >>> torn_between(np.array([[0.0, 0.6, 0.4], [0.0, 0.4, 0.6]]), np.array([0, 0]))
        array([5, 5])
    """
    rows = np.arange(len(probabilities))
    first = probabilities.argmax(axis=1)
    others = probabilities.copy()
    others[rows, first] = -1
    second = others.argmax(axis=1)
    return np.asarray(
        np.minimum(first, second) * probabilities.shape[1] + np.maximum(first, second)
    )


def pairs_within(groups: Labels, pairs: Labels, class_count: int) -> Labels:
    """(n,) group and pair of classes as one number: group * k * k + pair.

    Example:
        >>> pairs_within(np.array([0, 2]), np.array([5, 5]), 3)
        array([ 5, 23])
    """
    return np.asarray(groups.astype(np.int64) * class_count**2 + pairs)


def groups_of(pairs_within_groups: Labels, class_count: int) -> Labels:
    """(n,) the groups in what `pairs_within` gave.

    Example:
        >>> groups_of(np.array([5, 23]), 3)
        array([0, 2])
    """
    return np.asarray(pairs_within_groups // class_count**2)


PairsOf = Callable[[Probabilities, Labels], Labels]
PAIRS: dict[str, PairsOf] = {"unsure": torn_between, "wrong": mistaken}
