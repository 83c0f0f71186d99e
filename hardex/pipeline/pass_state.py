"""What is kept of a pass: one value that grows batch by batch and merges with another."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from hardex.data.dataset import Meta, Skipped
from hardex.data.names import natural_order
from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.slices import LeftOut, Slices, columns_of
from hardex.ranking.adjusted import ClassConfidence
from hardex.ranking.lists import ListCandidates, Shortlists, needs_whole_set
from hardex.ranking.order import Rule
from hardex.ranking.scored import ScoredPredictions


@dataclass(frozen=True, eq=False)
class PassResult:
    """What a run is made from, besides its table.

    Attributes:
        confusion: given by predicted classes.
        calibration: confidence against accuracy.
        class_confidence: sums for `adjusted_self_confidence`.
        slices: examples and errors by value of the further columns.
        left_out: the further columns that have no slices.
        candidates: of both lists by name; None where the rule needs a second pass.
        skipped: the files that could not be read.
    """

    confusion: Confusion
    calibration: Calibration
    class_confidence: ClassConfidence
    slices: Slices
    left_out: tuple[LeftOut, ...]
    candidates: dict[str, ListCandidates] | None
    skipped: tuple[Skipped, ...]


@dataclass(frozen=True, eq=False)
class PassState:
    """All that a pass has counted and kept so far, in memory that does not grow with the data.

    An accumulator of accumulators. However the examples are cut into batches and dealt to
    workers, and in whatever order the states are merged, the result is the same bit for bit. A
    state can be pickled, so a worker on another machine can send its own back.
    """

    confusion: Confusion
    calibration: Calibration
    class_confidence: ClassConfidence
    slices: Slices
    left_out: tuple[LeftOut, ...]
    lists: Shortlists | None
    skipped: frozenset[Skipped] = frozenset()

    @classmethod
    def empty(cls, rule: Rule, class_count: int, meta: Meta) -> Self:
        """Nothing seen yet."""
        columns, left_out = columns_of(meta)
        return cls(
            Confusion.empty(class_count),
            Calibration.empty(),
            ClassConfidence.empty(class_count),
            Slices.empty(columns),
            left_out,
            None if needs_whole_set(rule) else Shortlists.empty(rule, class_count),
        )

    def update(self, batch: ScoredPredictions) -> Self:
        """With one more batch."""
        seen = batch.predictions
        return replace(
            self,
            confusion=self.confusion.update(seen),
            calibration=self.calibration.update(seen),
            class_confidence=self.class_confidence.update(seen.probabilities, seen.labels),
            slices=self.slices.update(seen),
            lists=None if self.lists is None else self.lists.update(batch),
        )

    def with_skipped(self, skipped: Iterable[Skipped]) -> Self:
        """With files that could not be read; each counts once."""
        return replace(self, skipped=self.skipped.union(skipped))

    def merge(self, other: Self) -> Self:
        """Both together; they must come from the same data and the same rule."""
        lists = other.lists
        return replace(
            self,
            confusion=self.confusion.merge(other.confusion),
            calibration=self.calibration.merge(other.calibration),
            class_confidence=self.class_confidence.merge(other.class_confidence),
            slices=self.slices.merge(other.slices),
            lists=None if self.lists is None or lists is None else self.lists.merge(lists),
            skipped=self.skipped | other.skipped,
        )

    def result(self) -> PassResult:
        """What a run is made from."""
        return PassResult(
            self.confusion,
            self.calibration,
            self.class_confidence,
            self.slices,
            self.left_out,
            None if self.lists is None else self.lists.result(),
            tuple(sorted(self.skipped, key=lambda file: (natural_order(file.id), file.id))),
        )
