"""How far people agree beyond chance: Krippendorff's alpha and Cohen's kappa."""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

import numpy as np
from numpy.typing import NDArray

NO_OVERLAP = (
    "Krippendorff's alpha needs an example that two annotators were sure of before its label was "
    "shown; there is none; let their examples overlap."
)
NO_VARIETY = (
    "Krippendorff's alpha needs two different answers; everybody who judged the same examples gave "
    "the same one, which agreement by chance would look like too; judge more of them."
)

_RESAMPLES = 1_000

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
    return alpha_of({str(i): unit for i, unit in enumerate(units)}, None)[0]


def alpha_of(
    answers: Mapping[str, Sequence[Hashable]], rng: np.random.Generator | None
) -> tuple[float | None, float | None, float | None, str]:
    """Alpha, its interval (only with `rng`), and why there is none."""
    patterns = Counter(tuple(sorted(said, key=repr)) for said in answers.values() if len(said) > 1)
    if not patterns:
        return None, None, None, NO_OVERLAP
    units = _Units.of(patterns)
    often = np.array(list(patterns.values()), dtype=np.int64)
    value = units.alpha(often)
    if np.isnan(value):
        return None, None, None, NO_VARIETY
    if rng is None or often.sum() < 2:  # one example drawn again is always the same
        return value, None, None, ""
    owner = np.repeat(np.arange(len(often)), often)
    drawn = [
        units.alpha(np.bincount(owner[rng.integers(len(owner), size=len(owner))], None, len(often)))
        for _ in range(_RESAMPLES)
    ]
    low, high = np.nanquantile(drawn, [0.025, 0.975]).tolist()
    return value, low, high, ""


@dataclass(frozen=True, eq=False)
class _Units:
    """Kinds of examples, alike in the answers they got.

    Attributes:
        unit, answer: (n,) one for each answer within each kind.
        count: (n,) how many gave it.
        votes: (u,) how many votes each kind has, 2 or more.
        differing: (u,) pairs of votes that differ, over votes - 1.
    """

    unit: Codes
    answer: Codes
    count: Codes
    votes: Codes
    differing: NDArray[np.float64]

    @classmethod
    def of(cls, patterns: Iterable[Sequence[Hashable]]) -> "_Units":
        codes: dict[Hashable, int] = {}
        cells = np.array(
            [
                (unit, codes.setdefault(answer, len(codes)), count)
                for unit, pattern in enumerate(patterns)
                for answer, count in Counter(pattern).items()
            ],
            dtype=np.int64,
        )
        unit, answer, count = cells.T
        votes = np.bincount(unit, count).astype(np.int64)
        same = np.bincount(unit, count * count)
        return cls(unit, answer, count, votes, (votes * votes - same) / (votes - 1))

    def alpha(self, often: Codes) -> float:
        """Alpha when each kind of example comes so often; NaN where all answers are the same."""
        total = float(often @ self.votes)
        of_answer = np.bincount(self.answer, self.count * often[self.unit])
        by_chance = total * total - float(of_answer @ of_answer)
        if by_chance <= 0:
            return float("nan")
        return 1 - (total - 1) * float(often @ self.differing) / by_chance


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
