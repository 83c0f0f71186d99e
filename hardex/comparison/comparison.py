"""What a comparison of several runs is: their answers side by side, and the lists made of them."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hardex.comparison.differences import (
    ClassDifference,
    Difference,
    class_differences,
    shared,
)
from hardex.comparison.drift import Drift
from hardex.comparison.origin import Origin
from hardex.errors import RunError
from hardex.predict.metrics import share
from hardex.predict.positive import OneClass, ThresholdCurve
from hardex.runs.answers import Ids

if TYPE_CHECKING:
    import pandas as pd

Rows = NDArray[np.intp]  # (m,) of the table, rising
_OF_ONE = ("only_wrong", "only_right")
_OF_TWO = ("repaired", "broken", "both_wrong", "disagree")
LISTS = ("wrong_in_all", "suspects", "falling", *_OF_ONE, *_OF_TWO)


@dataclass(frozen=True)
class Flips:
    """What changes from one run to another.

    Attributes:
        before, after: names of the runs.
        repaired: how many only `after` has right.
        broken: how many only `before` has right: the negative flips.
        rate: the negative-flip rate, the share of all examples that are broken.

    Source:
        Yan et al., Positive-Congruent Training (2021).
    """

    before: str
    after: str
    repaired: int
    broken: int
    rate: float


@dataclass(frozen=True, eq=False)
class OfClass:
    """How one run tells one class from the rest.

    Attributes:
        run: its name.
        figures: counts, sensitivity, specificity, precision and F1.
        curve: what happens at each threshold.
        chosen: the threshold for the sensitivity that was asked for, see `ThresholdCurve.at`.
    """

    run: str
    figures: OneClass
    curve: ThresholdCurve
    chosen: dict[str, Any] | None


@dataclass(frozen=True, eq=False)
class Comparison:
    """m runs on the n examples that all of them have.

    Attributes:
        runs: m names, in the order given.
        origins: what each run was when it was compared.
        class_names: k names.
        ids: of the examples, in the order of the first run.
        positions: (m, n) of each example in the data set of each run.
        given: (n,) classes by number, as the first run has them.
        predicted: (m, n) classes by number.
        confidence: (m, n) of the predictions, 0..1.
        label_probability: (m, n) of the given label, 0..1.
        differences: of every pair of runs, the earlier against the later.
        calibration_errors: (m,) expected calibration error of each run.
        drift: what falls from model to model; None of two runs.
        positive: the class of `of_class`; "" without one.
        of_class: how each run tells it from the rest; () without one.
        notes: sentences on how the runs were matched.
        seed: of the bootstraps.
    """

    runs: tuple[str, ...]
    origins: tuple[Origin, ...]
    class_names: tuple[str, ...]
    ids: Ids
    positions: NDArray[np.int32]
    given: NDArray[np.int32]
    predicted: NDArray[np.int32]
    confidence: NDArray[np.float32]
    label_probability: NDArray[np.float32]
    differences: tuple[Difference, ...]
    calibration_errors: tuple[float, ...]
    drift: Drift | None
    positive: str = ""
    of_class: tuple[OfClass, ...] = ()
    notes: tuple[str, ...] = ()
    seed: int = 0

    def __len__(self) -> int:
        return len(self.given)

    @cached_property
    def right(self) -> NDArray[np.bool_]:
        """(m, n) whether each answer is the given label."""
        return np.asarray(self.predicted == self.given)

    @cached_property
    def wrong_counts(self) -> NDArray[np.uint8]:
        """(n,) how many runs have each example wrong."""
        counts = np.zeros(len(self), np.uint8)
        for row in self.right:
            counts += ~row
        return counts

    @cached_property
    def accuracies(self) -> tuple[dict[str, float | None], ...]:
        """Of each run, with its 95 % interval."""
        return tuple(share(int(row.sum()), len(self)) for row in self.right)

    @cached_property
    def agreement(self) -> NDArray[np.float64]:
        """(m, m) the share of examples on which two runs predict the same class."""
        m = len(self.runs)
        found = np.ones((m, m))
        for a, b in combinations(range(m), 2):
            same = (self.predicted[a] == self.predicted[b]).mean()
            found[a, b] = found[b, a] = same
        return found

    @cached_property
    def both_wrong(self) -> NDArray[np.int64]:
        """(m, m) how many examples two runs both have wrong; on the diagonal, the errors of one."""
        return shared(~self.right)

    @cached_property
    def error_overlap(self) -> NDArray[np.float64]:
        """(m, m) the share of the errors of the row's run that the column's has wrong, too."""
        return self.both_wrong / np.maximum(1, self.both_wrong.diagonal())[:, None]

    @cached_property
    def suspects(self) -> Rows:
        """Rows that every run contradicts, and all with one and the same class."""
        same = (self.predicted[0] == self.predicted).all(axis=0)
        return np.flatnonzero(same & ~self.right[0])

    @cached_property
    def flips(self) -> tuple[Flips, ...]:
        """Of every pair of runs, from the earlier to the later."""
        n = len(self)
        return tuple(
            Flips(one.a, one.b, one.repaired, one.broken, one.broken / n)
            for one in self.differences
        )

    def rows(self, name: str, a: str = "", b: str = "") -> Rows:
        """The rows of one list.

        Args:
            name: `wrong_in_all`; `suspects`; `falling`, the largest fall first; of the run `a`
                `only_wrong` and `only_right`; from the run `a` to the run `b` `repaired`
                (a wrong, b right), `broken` (a right, b wrong), `both_wrong` and `disagree`
                (they predict different classes).
            a, b: names of runs, where the list needs them.

        Raises:
            RunError: there is no such list or run.
        """
        if name == "wrong_in_all":
            return np.flatnonzero(self.wrong_counts == len(self.runs))
        if name == "suspects":
            return self.suspects
        if name == "falling":
            return np.empty(0, np.intp) if self.drift is None else self.drift.falling
        if name in _OF_ONE:
            wrong = ~self.right[self.number(a)]
            if name == "only_wrong":
                return np.flatnonzero(wrong & (self.wrong_counts == 1))
            return np.flatnonzero(~wrong & (self.wrong_counts == len(self.runs) - 1))
        if name not in _OF_TWO:
            raise RunError(
                f"a list of a comparison must be one of {', '.join(LISTS)}; received "
                f"{name[:80]!r}; choose one of them."
            )
        before, after = self.number(a), self.number(b)
        if name == "disagree":
            return np.flatnonzero(self.predicted[before] != self.predicted[after])
        was, now = self.right[before], self.right[after]
        found = {"repaired": ~was & now, "broken": was & ~now, "both_wrong": ~was & ~now}
        return np.flatnonzero(found[name])

    def id_list(self, name: str, a: str = "", b: str = "") -> list[str]:
        """The ids of one list, see `rows`."""
        return self.ids.at(self.rows(name, a, b))

    def number(self, run: str) -> int:
        """The place of a run, from 0.

        Raises:
            RunError: there is none of this name.
        """
        if run not in self.runs:
            raise RunError(
                f"a run of a comparison must be one of {', '.join(self.runs)}; received "
                f"{run[:80]!r}; choose one of them."
            )
        return self.runs.index(run)

    def hardest_first(self, rows: Rows) -> Rows:
        """The same rows, those first whose label all runs together believe least."""
        mean = self.label_probability[:, rows].mean(axis=0)
        return rows[np.argsort(mean, kind="stable")]

    def class_counts(self, rows: Rows) -> list[tuple[str, int]]:
        """How many of some rows each given class has, the most first; without zeros."""
        counts = np.bincount(self.given[rows], minlength=len(self.class_names))
        order = np.argsort(-counts, kind="stable")
        return [(self.class_names[one], int(counts[one])) for one in order if counts[one]]

    def pair_counts(self, rows: Rows) -> list[tuple[str, str, int]]:
        """The confusion pairs of some rows: given class, wrong answer and count, most first.

        The wrong answer is the one that most of the runs give which have the example wrong; the
        earlier run decides between equals. Rows that all runs have right have none.
        """
        answers = self.wrong_answers(rows)
        known = answers >= 0
        k = len(self.class_names)
        cells = self.given[rows][known].astype(np.int64) * k + answers[known]
        found, counts = np.unique(cells, return_counts=True)
        order = np.argsort(-counts, kind="stable")
        names = self.class_names
        return [
            (names[cell // k], names[cell % k], int(count))
            for cell, count in zip(found[order].tolist(), counts[order].tolist(), strict=True)
        ]

    def class_differences(self, a: str, b: str) -> tuple[ClassDifference, ...]:
        """The difference of two runs class by class; see `ClassDifference`."""
        first, second = self.number(a), self.number(b)
        if (a, b) not in self._by_class:
            rng = np.random.default_rng([self.seed, first, second])
            before, after = self.right[first], self.right[second]
            found = class_differences(self.class_names, self.given, before, after, rng)
            self._by_class[a, b] = found
        return self._by_class[a, b]

    def missed(self, run: str) -> Rows:
        """Rows of the positive class that a run takes for another one; false negatives."""
        number, positive = self.number(run), self._positive()
        return np.flatnonzero((self.given == positive) & (self.predicted[number] != positive))

    def alarms(self, run: str) -> Rows:
        """Rows of other classes that a run takes for the positive one; false positives."""
        number, positive = self.number(run), self._positive()
        return np.flatnonzero((self.given != positive) & (self.predicted[number] == positive))

    @property
    def table(self) -> "pd.DataFrame":
        """One row per example: `id`, `given_label`, `wrong_runs` (how many runs have it wrong).

        And for each run `predicted_label_RUN`, `confidence_RUN`, `label_probability_RUN`.
        """
        import pandas as pd

        return pd.DataFrame(dict(self.columns()))

    def columns(self) -> Iterator[tuple[str, Any]]:
        """The columns of `table`, one after the other, so that not all are in memory at once."""
        import pandas as pd

        def names_of(numbers: NDArray[np.int32]) -> Any:
            return pd.Categorical.from_codes(numbers, list(self.class_names))

        yield "id", self.ids.texts.to_pandas()
        yield "given_label", names_of(self.given)
        yield "wrong_runs", self.wrong_counts
        for number, run in enumerate(self.runs):
            yield f"predicted_label_{run}", names_of(self.predicted[number])
            yield f"confidence_{run}", self.confidence[number]
            yield f"label_probability_{run}", self.label_probability[number]

    @cached_property
    def _by_class(self) -> dict[tuple[str, str], tuple[ClassDifference, ...]]:
        """What `class_differences` has found so far."""
        return {}

    def _positive(self) -> int:
        return self.class_names.index(self.positive)

    def wrong_answers(self, rows: Rows) -> NDArray[np.int64]:
        """(m,) the wrong answer that most runs give; -1 where none is wrong."""
        predicted, given = self.predicted[:, rows], self.given[rows]
        best = np.full(len(rows), -1, np.int64)
        most = np.zeros(len(rows), np.int64)
        for answer in predicted:
            votes = np.where(answer != given, (predicted == answer).sum(axis=0), 0)
            better = votes > most
            best[better], most[better] = answer[better], votes[better]
        return best
