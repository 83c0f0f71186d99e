"""Errors on several sets -> the error of the test set as a sum of floor, bias, variance and so on.

Each set adds one reason to err: with examples that the model was trained on, people and the model
still disagree; examples that it has not seen show what it learnt by heart; those from elsewhere,
that the world differs from the training data; those that nobody selected a model on, that the
selection has fitted the validation set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from hardex.predict.metrics import Share, combined

TERMS = ("floor", "bias", "variance", "shift", "overfitting")
SETS = ("floor", "train", "validation", "test_validation", "test")  # whose error ends each term
_NAMED_AFTER = ("bias", "variance", "shift", "overfitting", "floor")  # the first gives its name


@dataclass(frozen=True)
class Term:
    """One part of the error.

    Attributes:
        name: one of `TERMS`.
        contains: further terms that cannot be told from it.
        value: the part, as a difference of shares; the values of all terms add up to the total.
        low, high: its 95 % interval.
    """

    name: str
    contains: tuple[str, ...]
    value: float
    low: float
    high: float

    @property
    def names(self) -> tuple[str, ...]:
        """All terms that it is made of, in order."""
        return tuple(name for name in TERMS if name == self.name or name in self.contains)

    @property
    def is_certain(self) -> bool:
        """Whether its interval leaves out 0."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Decomposition:
    """The error of the test set in its parts.

    Attributes:
        total: the error on the test set.
        terms: its parts, in order; their values add up to the total.
        errors: the error on each set that is known, by its name in `SETS`.
    """

    total: Share
    terms: tuple[Term, ...]
    errors: Mapping[str, Share]

    @property
    def merged(self) -> dict[str, str]:
        """For each term that cannot be told apart, the one that contains it."""
        return {part: one.name for one in self.terms for part in one.contains}

    @property
    def largest(self) -> Term | None:
        """The largest of the terms that are above 0 beyond chance; None if none is."""
        above = [one for one in self.terms if one.low > 0]
        return max(above, key=lambda one: one.value, default=None)

    def as_dict(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "total": self.total["value"],
            "total_interval": dict(self.total),
            "terms": {
                one.name: {"value": one.value, "low": one.low, "high": one.high}
                for one in self.terms
            },
            "merged": self.merged,
            "sets": {name: dict(error) for name, error in self.errors.items()},
        }


def decomposition(errors: Mapping[str, Share]) -> Decomposition:
    """Split the error on the test set.

    Neighbouring terms between which no error is known are one term: it has the name of the first
    of bias, variance, shift and overfitting in it.

    Args:
        errors: the error on each known set, by its name in `SETS`; `test` must be there. The sets
            are independent of each other.

    Source:
        Ng, Machine Learning Yearning (2018), chapters 40 to 43; intervals by Newcombe's method,
        see `hardex.predict.metrics.combined`.

    Example:
        >>> from hardex.predict.metrics import share
        >>> found = decomposition({"train": share(2, 100), "test": share(10, 100)})
        >>> [(one.name, one.contains, round(one.value, 2)) for one in found.terms]
        [('bias', ('floor',), 0.02), ('variance', ('shift', 'overfitting'), 0.08)]
    """
    known = [place for place, name in enumerate(SETS) if name in errors]
    terms = []
    for before, after in pairwise([-1, *known]):
        names = TERMS[before + 1 : after + 1]
        name = next(one for one in _NAMED_AFTER if one in names)
        contains = tuple(one for one in names if one != name)
        above = errors[SETS[after]]
        if before < 0:
            found = combined((1,), (above,))
        else:
            found = combined((1, -1), (above, errors[SETS[before]]))
        terms.append(Term(name, contains, **found))
    return Decomposition(errors["test"], tuple(terms), dict(errors))
