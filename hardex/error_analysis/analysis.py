"""What an analysis of errors is: its figures, its decomposition, and what they were made from."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.error_analysis.classes import ClassErrors, Imbalance, OverPredicted
from hardex.error_analysis.decomposition import Decomposition
from hardex.error_analysis.floor import Floor
from hardex.error_analysis.refits import Refits
from hardex.error_analysis.shift import Shift
from hardex.error_analysis.top import TopError
from hardex.runs.positive import PositiveClass

SCHEMA = "hardex.errors/1"


@dataclass(frozen=True, eq=False)
class ErrorAnalysis:
    """The errors of a run.

    Attributes:
        run: its folder.
        class_names: k names.
        counts: (k, k), given class by predicted class, on the test set.
        classes: each class, in order.
        over_predicted: the classes that are predicted too often; None without any.
        imbalance: what unequal classes do to the accuracy.
        decomposition: the error in its parts; without further sets one part holds all.
        top: the wrong examples of the run whose label the model believes least.
        sets: what opens each set again, by its name.
        shifts: how far each set differs from the one before it.
        shared: ids of the examples of a set that an earlier one holds, too, by both names.
        floor: what the annotations of the run say; None without any, or where it was given.
        refits: what stays and what changes when the model is trained again; None if it was not.
        positive: one class against the rest; None without `--positive`.
        notes: sentences on how sets were read and on what they share.
    """

    run: str
    class_names: tuple[str, ...]
    counts: NDArray[np.int64]
    classes: tuple[ClassErrors, ...]
    over_predicted: OverPredicted | None
    imbalance: Imbalance
    decomposition: Decomposition
    top: tuple[TopError, ...]
    sets: Mapping[str, str] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    shared: Mapping[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    floor: Floor | None = None
    refits: Refits | None = None
    positive: PositiveClass | None = None
    notes: tuple[str, ...] = ()

    @property
    def examples(self) -> int:
        """How many the test set has."""
        return int(self.counts.sum())

    @property
    def wrong(self) -> int:
        """How many of them are wrong."""
        return self.examples - int(self.counts.trace())

    def as_dict(self) -> dict[str, Any]:
        """Plain data, as `hardex errors --format json` prints it."""
        over = self.over_predicted
        return {
            "schema": SCHEMA,
            "run": self.run,
            "examples": self.examples,
            "wrong": self.wrong,
            **self.decomposition.as_dict(),
            "classes": [one.as_dict() for one in self.classes],
            "over_predicted": None
            if over is None
            else {
                "classes": list(over.names),
                "given": over.given,
                "predicted": over.predicted,
                "p": over.p,
            },
            "imbalance": self.imbalance.as_dict(),
            "top": [one.as_dict() for one in self.top],
            "sources": dict(self.sets),
            "shifts": [one.as_dict() for one in self.shifts],
            "shared": [
                {"from": before, "in": after, "ids": list(ids)}
                for (before, after), ids in self.shared.items()
            ],
            "floor": None if self.floor is None else asdict(self.floor),
            "refits": None if self.refits is None else self.refits.as_dict(),
            "positive": None if self.positive is None else self.positive.as_dict(),
            "notes": list(self.notes),
        }
