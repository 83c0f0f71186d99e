"""Sources + classifier -> plants that count: right before, wrong after."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.diagnosis.cases import Cases, Sources, joined
from hardex.diagnosis.examine import batched
from hardex.diagnosis.plants import RANGES, Made, Plant, Range

_TRIES = 12  # sources tried for each plant that is wanted
_AT_ONCE = 256
_AT_ONCE_BYTES = 2**26  # of pictures that are planted at a time


@dataclass(frozen=True, eq=False)
class Planted:
    """Cases of one known cause.

    Attributes:
        plant: how they were made.
        cases: n of them.
        amounts, amounts_y: (n,) as in a finding; NaN where there is none.
        p: (n, k) what the model says of them, before anything that is simulated.
    """

    plant: Plant
    cases: Cases
    amounts: NDArray[np.float64]
    amounts_y: NDArray[np.float64]
    p: Probabilities

    def __len__(self) -> int:
        return len(self.cases)


def plant(
    classifier: Classifier | None,
    sources: Sources,
    plants: Sequence[Plant],
    count: int,
    *,
    rng: np.random.Generator,
    ranges: Mapping[str, tuple[Range, ...]] = RANGES,
) -> Iterator[Planted]:
    """Plant each cause until enough of its plants count, or sources run out.

    Args:
        classifier: says which plants are wrong; None for plants that change no pixels.
        sources: examples that it has right.
        plants: what to plant.
        count: plants of each cause; fewer where the model bears them.
        rng: draws everything.
        ranges: how much of each transform.
    """
    totals: dict[str, float] = {}
    for one in plants:
        totals[one.cause] = totals.get(one.cause, 0.0) + one.share
    for one in plants:
        wanted = round(count * one.share / totals[one.cause])
        found = list(_some(classifier, sources, one, wanted, ranges, rng))
        if found:
            yield Planted(
                one,
                joined([made.cases for made, _ in found]),
                np.concatenate([made.amounts for made, _ in found]),
                np.concatenate([made.amounts_y for made, _ in found]),
                np.concatenate([p for _, p in found]),
            )


def _some(
    classifier: Classifier | None,
    sources: Sources,
    one: Plant,
    wanted: int,
    ranges: Mapping[str, tuple[Range, ...]],
    rng: np.random.Generator,
) -> Iterator[tuple[Made, Probabilities]]:
    picture = max(1, int(np.prod(sources.images.shape[1:])))
    at_once = max(1, min(_AT_ONCE, _AT_ONCE_BYTES // picture))
    tries = len(sources) if one.once else min(len(sources), _TRIES * wanted)
    order = rng.permutation(len(sources))[
        :tries
    ]  # a picture serves once, so plants are independent
    have = 0
    for start in range(0, len(order), at_once):
        if have >= wanted:
            return
        some = sources.at(order[start : start + at_once])
        made = one.make(some, rng, ranges)
        p = _predicted(classifier, some, one, made)
        wrong = made.cases.believed(p).argmax(axis=1) != made.cases.given
        kept = np.flatnonzero(wrong | one.keeps_right)[: wanted - have]
        if len(kept):
            amounts, amounts_y = made.amounts[kept], made.amounts_y[kept]
            yield Made(made.cases.at(kept), amounts, amounts_y, made.rows[kept]), p[kept]
        have += len(kept)


def _predicted(
    classifier: Classifier | None, some: Sources, one: Plant, made: Made
) -> Probabilities:
    """(n, k) what the model says of planted examples."""
    if one.by_pixels and classifier is not None:
        return batched(classifier, made.cases.images)
    return some.probabilities[made.rows]
