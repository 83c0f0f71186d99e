"""Votes -> Cohen's kappa of every two annotators."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from hardex.annotate.coefficients import Codes, cohen_kappa
from hardex.annotate.votes import Votes

_Z = 1.959963984540054  # of a 95 % interval
_INTERVAL_LEAST = 10  # examples in common; for fewer, the interval is not reported
_PAIRS_AT_ONCE = 2**21  # pairs of votes counted at once: about 100 MB


@dataclass(frozen=True)
class Kappa:
    """How far two annotators agree beyond chance.

    Attributes:
        first, second: the annotators, in order of name.
        examples: how many examples both judged and were sure of.
        agreed: on how many of them they gave the same answer.
        value: Cohen's kappa, -1..1; None if both always gave one and the same answer.
        low, high: its asymptotic 95 % interval; None if `value` is None, and for fewer than 10
            examples.
    """

    first: str
    second: str
    examples: int
    agreed: int
    value: float | None
    low: float | None
    high: float | None


def kappas(sure: Votes) -> Iterator[Kappa]:
    """Kappa of every two annotators who judged an example in common."""
    names = sure.names
    keys, counts = _pair_counts(sure)
    k = max(1, len(sure.answers))
    pair, cell = np.divmod(keys, k * k)
    bounds = np.flatnonzero(np.diff(pair, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(bounds):
        answers = np.array(np.divmod(cell[start:stop], k))
        used, small = np.unique(answers, return_inverse=True)  # of 1,000 classes, a pair uses few
        table = np.zeros((len(used), len(used)))
        table[tuple(small.reshape(2, -1))] = counts[start:stop]
        first, second = divmod(int(pair[start]), len(names))
        yield _kappa(names[first], names[second], table)


def _kappa(first: str, second: str, table: NDArray[np.float64]) -> Kappa:
    examples, agreed = int(table.sum()), int(table.trace())
    found = cohen_kappa(table)
    if found is None:
        return Kappa(first, second, examples, agreed, None, None, None)
    value, error = found
    if examples < _INTERVAL_LEAST:
        return Kappa(first, second, examples, agreed, value, None, None)
    low, high = max(-1.0, value - _Z * error), min(1.0, value + _Z * error)
    return Kappa(first, second, examples, agreed, value, low, high)


def _pair_counts(sure: Votes) -> tuple[Codes, Codes]:
    """How often each two annotators gave each two answers to one example.

    Returns:
        Sorted keys ((first * names + second) * answers + one) * answers + other, and counts.
    """
    order = np.lexsort((sure.annotator, sure.id))
    votes = np.bincount(sure.id)
    starts = np.cumsum(votes) - votes
    keys = counts = np.empty(0, dtype=np.int64)
    for size in np.unique(votes[votes > 1]).tolist():
        group = order[starts[votes == size][:, None] + np.arange(size)]  # a row for each example
        one, other = np.triu_indices(size, 1)
        at_once = max(1, _PAIRS_AT_ONCE // len(one))
        for start in range(0, len(group), at_once):
            some = group[start : start + at_once]
            who, what = sure.annotator[some], sure.answer[some]
            pair = who[:, one] * len(sure.names) + who[:, other]
            found = (pair * len(sure.answers) + what[:, one]) * len(sure.answers) + what[:, other]
            keys, counts = _added(keys, counts, found.ravel())
    return keys, counts


def _added(keys: Codes, counts: Codes, found: Codes) -> tuple[Codes, Codes]:
    new, often = np.unique(found, return_counts=True)
    merged, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
    return merged, np.bincount(place, np.concatenate([counts, often])).astype(np.int64)
