"""Probabilities and labels -> the candidates of both lists, in one pass."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import (
    Labels,
    Positions,
    Probabilities,
    check_labels,
    check_probabilities,
    row_maxima,
    sound_maxima,
)
from hardex.ranking.adjusted import ClassConfidence, adjusted_by
from hardex.ranking.candidates import Candidates
from hardex.ranking.order import Ranking, Rule, ranking
from hardex.ranking.own import own_score
from hardex.ranking.scores import ADJUSTED, SCORES, ScoreFunction, surprise

_BLOCK_BYTES = 2**25  # of probabilities at a time
_BLOCK_MOST = 16_384  # rows
_NEAR_BYTES = 2**22  # of them that are looked at twice: what stays near the core in between


@dataclass(frozen=True, eq=False)
class Shortlists:
    """The candidates of both lists so far: `unsure` of all examples, `wrong` of the misclassified.

    An accumulator: cut, split and merged in any order, the candidates are the same.

    Attributes:
        rule: how the lists are made.
        class_count: k.
        unsure: the candidates of the unsure list.
        wrong: the candidates of the wrong list; a row that is certain and right never enters.
    """

    rule: Rule
    class_count: int
    unsure: Candidates
    wrong: Candidates
    unsure_score: ScoreFunction
    wrong_score: ScoreFunction

    @classmethod
    def empty(
        cls,
        rule: Rule,
        class_count: int,
        *,
        confidence: ClassConfidence | None = None,
        capacity: int | None = None,
    ) -> Self:
        """Nothing seen yet.

        Args:
            rule: how the lists are made.
            class_count: k.
            confidence: class statistics of the whole set, where the rule needs them.
            capacity: candidates per group, when not the rule's pool.
        """
        nothing = Candidates.empty(capacity or rule.capacity(class_count))
        scores = (score_of(name, confidence) for name in (rule.unsure, rule.wrong))
        return cls(rule, class_count, nothing, nothing, *scores)

    def update(
        self,
        probabilities: Probabilities,
        labels: Labels,
        positions: Positions,
        best: Probabilities | None = None,
    ) -> Self:
        """With some more examples, (n, k) float32 and (n,) int64 each, checked before.

        `best` is the largest value of each row, where it is known already.
        """
        best = row_maxima(probabilities) if best is None else best
        of_label = probabilities.ravel().take(
            np.arange(0, probabilities.size, probabilities.shape[1]) + labels
        )
        return replace(
            self,
            unsure=self._with_unsure(probabilities, labels, positions, best),
            wrong=self._with_wrong(probabilities, labels, positions, best, of_label),
        )

    def merge(self, other: Self) -> Self:
        """Both together."""
        return replace(
            self, unsure=self.unsure.merge(other.unsure), wrong=self.wrong.merge(other.wrong)
        )

    def _with_unsure(
        self, p: Probabilities, labels: Labels, positions: Positions, best: Probabilities
    ) -> Candidates:
        if self.rule.unsure == "least_confidence":  # the maximum is known already
            scores = 1.0 - best.astype(np.float64)
        else:
            scores = self.unsure_score(p, labels)
        return self.unsure.update(self._groups(labels, p, torn_between), scores, positions)

    def _with_wrong(
        self,
        p: Probabilities,
        labels: Labels,
        positions: Positions,
        best: Probabilities,
        of_label: Probabilities,
    ) -> Candidates:
        wrong = of_label < best
        # In a tie the first class is predicted. Ties are at most a half, and rare: look closely.
        ties = np.flatnonzero(~wrong & (of_label <= 0.51))
        wrong[ties] = p[ties].argmax(axis=1) != labels[ties]
        if self.rule.wrong == "loss" and self.rule.diversity != "confusion":
            wrong &= of_label <= self._most_belief()[self._groups(labels, p, mistaken)]
            rows = np.flatnonzero(wrong)  # all that is needed of them is known already
            scores, groups = surprise(of_label[rows]), self._groups(labels[rows], p, mistaken)
        else:
            rows = np.flatnonzero(wrong)
            scores = self.wrong_score(p[rows], labels[rows])
            groups = self._groups(labels[rows], p[rows], mistaken)
        return self.wrong.update(groups, scores, positions[rows])

    def _most_belief(self) -> NDArray[np.float64]:
        """By group, a p(given) above which the loss is too small to enter: spares logarithms."""
        thresholds = self.wrong.thresholds(np.arange(self.class_count))
        return np.exp(-thresholds) * (1 + 1e-6)

    def _groups(self, labels: Labels, p: Probabilities, pairs: "PairsOf") -> Labels:
        if self.rule.diversity == "class":
            return labels
        if self.rule.diversity == "confusion":
            return pairs(p, labels)
        return np.zeros(len(labels), np.int64)


def score_of(name: str, confidence: ClassConfidence | None = None) -> ScoreFunction:
    """The score of this name, or `MODULE:FUNCTION`; some need class statistics of the whole set."""
    if name == ADJUSTED and confidence is not None:
        return adjusted_by(confidence)
    return SCORES[name] if name in SCORES else own_score(name)


def needs_whole_set(rule: Rule) -> bool:
    """Whether the lists can only be made when all class statistics are known."""
    return rule.wrong == ADJUSTED


def mistaken(probabilities: Probabilities, labels: Labels) -> Labels:
    """(n,) the confusion pair of each example as one number: given class * k + predicted class.

    Example:
        >>> mistaken(np.array([[0.1, 0.9]]), np.array([0]))
        array([1])
    """
    return np.asarray(labels * probabilities.shape[1] + probabilities.argmax(axis=1))


def torn_between(probabilities: Probabilities, labels: Labels) -> Labels:
    """(n,) the two most likely classes as one number: smaller index * k + larger. No labels.

    Torn between 4 and 9 is the same as torn between 9 and 4.

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


PairsOf = Callable[[Probabilities, Labels], Labels]
PAIRS: dict[str, PairsOf] = {"unsure": torn_between, "wrong": mistaken}


def rank_probabilities(
    probabilities: Probabilities, labels: Labels, rule: Rule | None = None
) -> dict[str, Ranking]:
    """Both lists from arrays in memory, without a run: as `hardex.rank`, but images play no part.

    The arrays are read block by block and never copied whole.

    Args:
        probabilities: (n, k), rows sum to 1.
        labels: (n,) given labels, 0..k-1.
        rule: how the lists are made; `embedding` needs images and is refused.

    Returns:
        `unsure` and `wrong`.

    Raises:
        HardexError: rows that are no distributions, labels that are no classes.

    Example:
        >>> p = np.array([[0.9, 0.1], [0.4, 0.6], [0.8, 0.2]])
        >>> lists = rank_probabilities(p, np.array([0, 0, 1]), Rule(per_class=1))
        >>> lists["unsure"].positions, lists["wrong"].positions
        (array([1, 2]), array([2, 1]))
    """
    rule = rule or Rule()
    k = probabilities.shape[1] if probabilities.ndim == 2 else 0
    check_labels(labels, class_count=k)
    confidence = ClassConfidence.empty(k)
    if needs_whole_set(rule):
        for p, y, *_ in _blocks(probabilities, labels):
            confidence = confidence.update(p, y)
    empty = Shortlists.empty(rule, k, confidence=confidence, capacity=rule.needed(k))

    def part_from(start: int) -> Shortlists:
        part = empty
        for block in _blocks(probabilities, labels, start, start + half):
            part = part.update(*block)
        return part

    half = max(1, -(-len(labels) // 2))
    with ThreadPoolExecutor(2) as threads:  # NumPy works on both halves at a time
        first, second = threads.map(part_from, (0, half))
    lists = first.merge(second)
    total = rule.total(k)
    return {
        "unsure": ranking(lists.unsure, count=total),
        "wrong": ranking(lists.wrong, count=total),
    }


def _blocks(
    probabilities: Probabilities, labels: Labels, start: int = 0, stop: int | None = None
) -> Iterator[tuple[Probabilities, Labels, Positions, Probabilities | None]]:
    """Checked parts of the arrays, in one precision, with positions and row maxima if known."""
    row_bytes = max(1, probabilities[:1].nbytes)
    size = max(1, min(_BLOCK_MOST, _BLOCK_BYTES // row_bytes))
    stop = len(probabilities) if stop is None else min(stop, len(probabilities))
    for begin in range(start, stop, size):
        part = probabilities[begin : min(begin + size, stop)]
        positions = np.arange(begin, begin + len(part))
        best = _sound_maxima(part, max(1, _NEAR_BYTES // row_bytes))
        if best is None:
            check_probabilities(part, positions=positions)
        single = np.ascontiguousarray(part, np.float32)
        given = labels[begin : begin + len(part)].astype(np.int64, copy=False)
        yield single, given, positions, best if part.dtype == np.float32 else None


def _sound_maxima(probabilities: Probabilities, size: int) -> Probabilities | None:
    """As `sound_maxima`, some rows at a time."""
    parts = []
    for start in range(0, len(probabilities), size):
        best = sound_maxima(probabilities[start : start + size])
        if best is None:
            return None
        parts.append(best)
    return np.concatenate(parts)
