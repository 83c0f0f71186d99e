"""Agreement beyond chance: Krippendorff's alpha and Cohen's kappa."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

NO_OVERLAP = (
    "agreement needs an example with two blind, definite answers; there is none; raise --overlap."
)
NO_VARIETY = (
    "Krippendorff's alpha needs two different answers; all overlapping examples got the same one, "
    "which could also be chance; judge more of them."
)

_RESAMPLES = 1_000
_COMMON = 8  # a kind of at least so many examples is drawn as a whole

Codes = NDArray[np.int64]


def alpha_of(
    example: Codes, answer: Codes, rng: np.random.Generator
) -> tuple[float | None, float | None, float | None, str]:
    """Krippendorff's alpha for nominal data, its 95 % interval, and why there is none.

    Alpha allows any number of annotators for each example. The interval is a bootstrap over
    examples. Examples with the same answers are drawn together: how often each kind appears among
    n drawn examples has a multinomial distribution.

    Args:
        example, answer: (v,) of each vote, as numbers from 0. Examples with fewer than two votes
            do not count. Leave out missing answers such as `not_sure`.
        rng: draws the examples.

    Returns:
        Alpha (1 for perfect agreement, 0 for chance), the low and high end of its interval, and
        "" or a sentence that says why alpha is None.

    Source:
        Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D.

    Example:
        >>> example, answer = np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 0, 1, 1])
        >>> round(alpha_of(example, answer, np.random.default_rng(0))[0], 3)
        0.444
    """
    found = _Kinds.of(example, answer)
    if found is None:
        return None, None, None, NO_OVERLAP
    kinds, counts = found
    value = kinds.alpha(counts)
    if np.isnan(value):
        return None, None, None, NO_VARIETY
    if counts.sum() < 2:  # one example drawn again is always the same
        return value, None, None, ""
    drawn = [kinds.alpha(again) for again in _resampled(counts, rng)]
    low, high = np.nanquantile(drawn, [0.025, 0.975]).tolist()
    return value, low, high, ""


def _resampled(counts: Codes, rng: np.random.Generator) -> Iterator[Codes]:
    """How often each kind appears when as many examples are drawn with replacement.

    With many classes, many kinds have few examples. A multinomial draw over all kinds would be
    slower than drawing those examples one by one.
    """
    total, common = counts.sum(), counts >= _COMMON
    rare = np.flatnonzero(~common)
    kind_of = np.repeat(np.arange(len(rare)), counts[rare])  # of each example of a rare kind
    shares = np.append(counts[common], len(kind_of)) / total
    for drawn in rng.multinomial(total, shares, size=_RESAMPLES):
        again = np.empty_like(counts)
        again[common] = drawn[:-1]
        if len(rare):
            chosen = kind_of[rng.integers(len(kind_of), size=drawn[-1])]
            again[rare] = np.bincount(chosen, minlength=len(rare))
        yield again


@dataclass(frozen=True, eq=False)
class _Kinds:
    """Kinds of examples: those of one kind got the same answers.

    Attributes:
        answers: (k, u) how many votes give each answer, within each kind.
        differing: (u,) pairs of votes that differ, over votes - 1.
    """

    answers: csr_array
    differing: NDArray[np.float64]

    @classmethod
    def of(cls, example: Codes, answer: Codes) -> tuple["_Kinds", Codes] | None:
        """The kinds of all examples with two votes or more, and how many examples each has."""
        votes = np.bincount(example)
        kinds, counts = [], []
        for size in np.unique(votes[votes > 1]).tolist():
            chosen = votes[example] == size
            order = np.lexsort((answer[chosen], example[chosen]))
            rows = answer[chosen][order].reshape(-1, size)  # a row for each example
            unique, count = _unique_rows(rows)
            kinds.append(unique)
            counts.append(count)
        return (cls._of_rows(kinds), np.concatenate(counts)) if kinds else None

    @classmethod
    def _of_rows(cls, kinds: Sequence[Codes]) -> "_Kinds":
        """
        Args:
            kinds: arrays (some kinds, votes) of answers.
        """
        votes = np.concatenate([np.full(len(rows), rows.shape[1]) for rows in kinds])
        kind = np.repeat(np.arange(len(votes)), votes)
        answer = np.concatenate([rows.ravel() for rows in kinds])
        # `coo_array` adds up what has the same place.
        answers = coo_array((np.ones(len(kind)), (answer, kind))).tocsr()
        same = np.asarray((answers * answers).sum(axis=0))
        return cls(answers, (votes * votes - same) / (votes - 1))

    def alpha(self, counts: Codes) -> float:
        """Alpha when each kind has so many examples; NaN if all answers are the same."""
        of_answer = self.answers @ counts
        total = float(of_answer.sum())
        by_chance = total * total - float(of_answer @ of_answer)
        if by_chance <= 0:
            return float("nan")
        # Not `@`: each of a thousand short products would wake all BLAS threads.
        differing = float((counts * self.differing).sum())
        return 1 - (total - 1) * differing / by_chance


def _unique_rows(rows: Codes) -> tuple[Codes, Codes]:
    """Each row once, and how often it appears; faster than `np.unique` on rows."""
    code = rows[:, 0]
    for column in rows.T[1:]:
        _, code = np.unique(code * (column.max() + 1) + column, return_inverse=True)
    _, place, counts = np.unique(code, return_index=True, return_counts=True)
    return rows[place], counts


def cohen_kappa(counts: NDArray[np.float64]) -> tuple[float, float] | None:
    """Cohen's kappa of two annotators, and its standard error.

    Args:
        counts: (k, k) how often the first annotator answered i and the second j.

    Returns:
        Kappa and its asymptotic standard error; None if chance alone would always agree.

    Source:
        Cohen, A Coefficient of Agreement for Nominal Scales (1960); the error is equation 13 of
        Fleiss, Cohen and Everitt, Large Sample Standard Errors of Kappa and Weighted Kappa (1969).

    Example:
        >>> value, error = cohen_kappa(np.array([[20.0, 5], [10, 15]]))
        >>> round(value, 3), round(error, 3)
        (0.4, 0.127)
    """
    total = counts.sum()
    p = counts / total
    first, second, same = p.sum(axis=1), p.sum(axis=0), p.diagonal()
    agreed, by_chance = float(same.sum()), float(first @ second)
    if by_chance >= 1:
        return None
    kappa = (agreed - by_chance) / (1 - by_chance)
    slope = (second[:, None] + first[None, :]) * -(1 - agreed)
    np.fill_diagonal(slope, (1 - by_chance) - (first + second) * (1 - agreed))
    spread = float((p * slope**2).sum()) - (agreed * by_chance - 2 * by_chance + agreed) ** 2
    return kappa, sqrt(max(0.0, spread) / total) / (1 - by_chance) ** 2
