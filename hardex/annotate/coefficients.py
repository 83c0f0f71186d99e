"""How far people agree beyond chance: Krippendorff's alpha and Cohen's kappa."""

from collections.abc import Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array

NO_OVERLAP = (
    "Krippendorff's alpha needs an example that two annotators were sure of before its label was "
    "shown; there is none; let their examples overlap."
)
NO_VARIETY = (
    "Krippendorff's alpha needs two different answers; everybody who judged the same examples gave "
    "the same one, which agreement by chance would look like too; judge more of them."
)

_RESAMPLES = 1_000
_OFTEN = 8  # examples of a kind from which on they are drawn together

Codes = NDArray[np.int64]


def krippendorff_alpha(units: Iterable[Sequence[Hashable]]) -> float | None:
    """Krippendorff's alpha for nominal data, whoever judged and however many each time.

    Args:
        units: the answers for each example; those with fewer than two count nowhere. Every answer
            is a category: leave out what stands for a missing one, such as `not_sure`.

    Returns:
        1 for perfect agreement, 0 for what chance would give, less for less; None where nothing
        overlaps or all answers are the same.

    Source:
        Krippendorff, Computing Krippendorff's Alpha-Reliability (2011), section D.

    Example:
        >>> round(krippendorff_alpha(["ab", "aa", "bb", "a"]), 3)
        0.444
    """
    codes: dict[Hashable, int] = {}
    votes = [
        (example, codes.setdefault(answer, len(codes)))
        for example, unit in enumerate(units)
        for answer in unit
    ]
    example, answer = np.array(votes, dtype=np.int64).reshape(-1, 2).T
    return alpha_of(example, answer, None)[0]


def alpha_of(
    example: Codes, answer: Codes, rng: np.random.Generator | None
) -> tuple[float | None, float | None, float | None, str]:
    """Alpha, its interval (only with `rng`), and why there is none.

    The interval is that of a bootstrap over examples. Alike examples need not be drawn one by one:
    how often each kind comes among n drawn ones has a multinomial distribution.

    Args:
        example, answer: (v,) of each vote, as numbers from 0 on.
        rng: draws the examples.
    """
    found = _Units.of(example, answer)
    if found is None:
        return None, None, None, NO_OVERLAP
    units, often = found
    value = units.alpha(often)
    if np.isnan(value):
        return None, None, None, NO_VARIETY
    if rng is None or often.sum() < 2:  # one example drawn again is always the same
        return value, None, None, ""
    drawn = [units.alpha(again) for again in _drawn_again(often, rng)]
    low, high = np.nanquantile(drawn, [0.025, 0.975]).tolist()
    return value, low, high, ""


def _drawn_again(often: Codes, rng: np.random.Generator) -> Iterator[Codes]:
    """How often each kind comes when as many examples are drawn, with replacement.

    Kinds of few examples are many where there are many classes; a multinomial draw of all of them
    would take longer than drawing their examples.
    """
    total, common = often.sum(), often >= _OFTEN
    few = np.flatnonzero(~common)
    rare = np.repeat(np.arange(len(few)), often[few])  # the kind of each example of a rare one
    shares = np.append(often[common], len(rare)) / total
    for counts in rng.multinomial(total, shares, size=_RESAMPLES):
        again = np.empty_like(often)
        again[common] = counts[:-1]
        if len(few):
            chosen = rare[rng.integers(len(rare), size=counts[-1])]
            again[few] = np.bincount(chosen, minlength=len(few))
        yield again


@dataclass(frozen=True, eq=False)
class _Units:
    """Kinds of examples, alike in the answers they got.

    Attributes:
        answers: (k, u) how many gave each answer, within each kind.
        differing: (u,) pairs of votes that differ, over votes - 1.
    """

    answers: csr_array
    differing: NDArray[np.float64]

    @classmethod
    def of(cls, example: Codes, answer: Codes) -> tuple["_Units", Codes] | None:
        """The kinds of all examples with two votes or more, and how many are of each, if any."""
        votes = np.bincount(example)
        kinds, often = [], []
        # One row for each example, equal for those that are alike.
        for size in np.unique(votes[votes > 1]).tolist():
            chosen = votes[example] == size
            order = np.lexsort((answer[chosen], example[chosen]))
            rows = answer[chosen][order].reshape(-1, size)
            some, counts = _unique_rows(rows)
            kinds.append(some)
            often.append(counts)
        return (cls._of_kinds(kinds), np.concatenate(often)) if kinds else None

    @classmethod
    def _of_kinds(cls, kinds: Sequence[Codes]) -> "_Units":
        """
        Args:
            kinds: arrays (some kinds, votes) of answers.
        """
        votes = np.concatenate([np.full(len(rows), rows.shape[1]) for rows in kinds])
        unit = np.repeat(np.arange(len(votes)), votes)
        answer = np.concatenate([rows.ravel() for rows in kinds])
        # What is in one place twice is added up.
        answers = coo_array((np.ones(len(unit)), (answer, unit))).tocsr()
        alike = np.asarray((answers * answers).sum(axis=0))
        return cls(answers, (votes * votes - alike) / (votes - 1))

    def alpha(self, often: Codes) -> float:
        """Alpha when each kind of example comes so often; NaN where all answers are the same."""
        of_answer = self.answers @ often
        total = float(of_answer.sum())
        by_chance = total * total - float(of_answer @ of_answer)
        if by_chance <= 0:
            return float("nan")
        # Not `@`: of a thousand short products, each would wake all threads of the BLAS.
        differing = float((often * self.differing).sum())
        return 1 - (total - 1) * differing / by_chance


def _unique_rows(rows: Codes) -> tuple[Codes, Codes]:
    """Each row once, and how often it comes; faster than sorting rows as such."""
    code = rows[:, 0]
    for column in rows.T[1:]:
        _, code = np.unique(code * (column.max() + 1) + column, return_inverse=True)
    _, place, counts = np.unique(code, return_index=True, return_counts=True)
    return rows[place], counts


def cohen_kappa(counts: NDArray[np.float64]) -> tuple[float, float] | None:
    """Cohen's kappa of two annotators, and its standard error.

    Args:
        counts: (k, k) how often the first said i and the second j.

    Returns:
        Kappa and its asymptotic standard error; None where chance alone would agree always.

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
