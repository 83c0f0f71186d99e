"""What a diagnosis works with: the model, the training data, what is usual, and the features."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.diagnosis.cases import Cases, Sources
from hardex.diagnosis.examine import Usual, measure
from hardex.diagnosis.features import FEATURES, Columns, FeatureFunction, features
from hardex.diagnosis.planting import Planted, plant
from hardex.diagnosis.plants import Plant
from hardex.diagnosis.reference import Reference
from hardex.predict.neighbours import Progress, silent

_CHUNK_BYTES = 2**26  # of pictures that are measured at a time
_CHUNK = 256


@dataclass(frozen=True, eq=False)
class Setting:
    """What a diagnosis works with.

    Attributes:
        classifier: the model; None where only its probabilities are known.
        reference: the training data.
        usual: what is usual for examples that the model has right.
        plants: the causes that can be planted.
        functions: the features.
        others: further models.
    """

    classifier: Classifier | None
    reference: Reference
    usual: Usual
    plants: tuple[Plant, ...]
    functions: tuple[FeatureFunction, ...] = FEATURES
    others: tuple[Classifier, ...] = ()

    @property
    def causes(self) -> tuple[str, ...]:
        """The causes that can be planted, each once, in their order."""
        return tuple(dict.fromkeys(one.cause for one in self.plants))

    def columns(self, cases: Cases, p: Probabilities, counted: "Counter") -> Columns:
        """The features of cases, (n,) each."""
        parts = []
        for rows in chunks(cases):
            found = measure(
                self.classifier,
                self.reference,
                self.usual,
                cases.at(rows),
                p[rows],
                others=self.others,
                searched=counted.add,
            )
            parts.append(features(found, self.functions))
        return stacked(parts)


class Counter:
    """Counts cases for a progress display."""

    def __init__(self, stage: str, total: int, progress: Progress = silent) -> None:
        self._stage, self._total, self._progress = stage, total, progress
        self._done = 0

    def add(self, count: int) -> None:
        """So many more are done."""
        self._done += count
        self._progress(self._stage, min(self._done, self._total), self._total)


def chunks(cases: Cases) -> list[slice]:
    """Parts of cases whose changed pictures fit into memory."""
    picture = max(1, int(np.prod(cases.images.shape[1:])))
    size = max(1, min(_CHUNK, _CHUNK_BYTES // picture))
    return [slice(start, start + size) for start in range(0, len(cases), size)]


def stacked(parts: Sequence[Columns]) -> Columns:
    """Columns of several parts, one below the other."""
    names = parts[0] if parts else ()
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


@dataclass(frozen=True, eq=False)
class Learnt:
    """Features of planted causes.

    Attributes:
        columns: (n,) each.
        causes, kinds: (n,) what was planted, and which kind of it.
        amounts, amounts_y: (n,) as in a finding.
    """

    columns: Columns
    causes: NDArray[np.str_]
    kinds: NDArray[np.str_]
    amounts: NDArray[np.float64]
    amounts_y: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.causes)


def measure_plants(
    setting: Setting,
    sources: Sources,
    count: int,
    *,
    rng: np.random.Generator,
    stage: str,
    progress: Progress = silent,
) -> Learnt:
    """Plant every cause and measure the plants, one cause in memory at a time.

    Args:
        setting: what to work with.
        sources: examples that the model has right.
        count: plants of each cause.
        rng: draws them.
        stage: how `progress` calls it.
        progress: it may raise to stop.

    Returns:
        Their features; nothing if no plant counted.
    """
    counted = Counter(stage, count * len(setting.causes), progress)
    planted = plant(setting.classifier, sources, setting.plants, count, rng=rng)
    return measure_planted(setting, planted, counted)


def measure_planted(setting: Setting, planted: Iterable[Planted], counted: Counter) -> Learnt:
    """The features of plants."""
    parts: list[Columns] = []
    causes: list[str] = []
    kinds: list[str] = []
    amounts, amounts_y = [np.empty(0)], [np.empty(0)]
    for some in planted:
        parts.append(setting.columns(some.cases, some.p, counted))
        causes += [some.plant.cause] * len(some)
        kinds += [some.plant.kind or some.plant.cause] * len(some)
        amounts.append(some.amounts)
        amounts_y.append(some.amounts_y)
    return Learnt(
        stacked(parts),
        np.array(causes, np.str_),
        np.array(kinds, np.str_),
        np.concatenate(amounts),
        np.concatenate(amounts_y),
    )
