"""`hardex.compare`: runs -> a comparison."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hardex.comparison.comparison import Comparison, OfClass
from hardex.comparison.differences import differences
from hardex.comparison.drift import drift
from hardex.comparison.joining import Joined, Named, join
from hardex.comparison.names import class_numbers, common_classes, run_names
from hardex.comparison.origin import origin_of
from hardex.comparison.table_files import check_target, write_table
from hardex.errors import RunError
from hardex.predict.accumulators import Calibration
from hardex.predict.positive import one_class, threshold_curve
from hardex.runs.answers import Answers, answers_of, class_probabilities, probabilities_at
from hardex.runs.positive import check_positive
from hardex.runs.run import Run, opened
from hardex.sentences import counted

FEWEST, MOST = 2, 20  # runs


def compare(
    *runs: str | Path | Run,
    out: str | Path | None = None,
    positive: str = "",
    sensitivity: float | None = None,
    force: bool = False,
    seed: int = 0,
) -> Comparison:
    """Compare the errors of several models on the same examples.

    Examples are matched by id; where ids are mere positions in arrays and the data differs, by
    their pixels. Compared are the examples that all runs have, with the labels of the first run.

    Args:
        runs: 2 to 20 runs or their folders; the order matters for successive models.
        out: a new `.parquet` or `.csv` file for the table of all examples.
        positive: a class; then its two kinds of error are counted.
        sensitivity: the sensitivity for `positive` whose threshold is wanted, above 0, at most 1.
        force: whether to replace an existing `out`.
        seed: of the bootstraps.

    Returns:
        The comparison; `table` is a data frame with a row per example.

    Raises:
        RunError: the runs cannot be compared, or `out` cannot be written.
        HardexError: there is no threshold of that sensitivity.

    Example:
        >>> compare("runs/cnn")
        Traceback (most recent call last):
        hardex.errors.RunError: a comparison needs 2 to 20 runs; received 1; add the folder of \
another run.
    """
    if out is not None:
        check_target(Path(out), force=force)
    named = _named(runs)
    class_names, notes = common_classes(
        [one.name for one in named], [one.run.manifest.class_names for one in named]
    )
    found = _compared(named, class_names, positive, sensitivity, seed, (*_twins(named), *notes))
    if out is not None:
        write_table(found, Path(out), force=force)
    return found


def _named(runs: Sequence[str | Path | Run]) -> list[Named]:
    """The runs with their names.

    Raises:
        RunError: too few or too many, one of them twice, or one is no run.
    """
    if not FEWEST <= len(runs) <= MOST:
        raise RunError(
            f"a comparison needs {FEWEST} to {MOST} runs; received {len(runs)}; "
            + ("add the folder of another run." if len(runs) < FEWEST else "compare fewer at once.")
        )
    found = [opened(run) for run in runs]
    check_different(found)
    folders = [one.folder.resolve() for one in found]
    return [Named(name, run) for name, run in zip(run_names(folders), found, strict=True)]


def check_different(runs: Sequence[Run]) -> None:
    """Raise `RunError` if a folder is there twice, or if there are more than 20."""
    if len(runs) > MOST:
        raise RunError(
            f"a comparison needs {FEWEST} to {MOST} runs; received {len(runs)}; compare fewer at "
            "once."
        )
    folders = [one.folder.resolve() for one in runs]
    twice = next((one for at, one in enumerate(folders) if one in folders[:at]), None)
    if twice is not None:
        raise RunError(
            f"the runs of a comparison must be different folders; {twice} is there twice; leave "
            "one of them out."
        )


def _twins(named: Sequence[Named]) -> list[str]:
    """A sentence on names that had to be longer, and on each pair of runs of one model."""
    notes = []
    longer = [one.name for one in named if "/" in one.name]
    if longer:
        notes.append(f"Runs with the same folder name are called {', '.join(longer)}.")
    for a, b in combinations(named, 2):
        ours, theirs = _hashes(a.run), _hashes(b.run)
        if ours == theirs and all(ours):
            notes.append(
                f"{a.name} and {b.name} are of the same model and the same data, so they hardly "
                "differ."
            )
    return notes


def _hashes(run: Run) -> tuple[str, str]:
    """Of model and data; "" where there is none."""
    model, data = run.manifest.model, run.manifest.data
    return model.hash if model else "", data.hash if data else ""


def _compared(
    named: Sequence[Named],
    class_names: tuple[str, ...],
    positive: str,
    sensitivity: float | None,
    seed: int,
    notes: tuple[str, ...],
) -> Comparison:
    check_positive(positive, sensitivity, class_names)
    aligned = _align(named, class_names)
    names = tuple(one.name for one in named)
    right = aligned.predicted == aligned.given
    rng = np.random.default_rng(seed)
    return Comparison(
        runs=names,
        origins=tuple(origin_of(one.name, one.run) for one in named),
        class_names=class_names,
        ids=aligned.ids,
        positions=aligned.positions,
        given=aligned.given,
        predicted=aligned.predicted,
        confidence=aligned.confidence,
        label_probability=aligned.label_probability,
        differences=differences(names, right, rng),
        calibration_errors=tuple(
            Calibration.empty().count(confidence, of_run).expected_error()
            for confidence, of_run in zip(aligned.confidence, right, strict=True)
        ),
        drift=drift(aligned.label_probability, right),
        positive=positive,
        of_class=_of_class(named, class_names, aligned, positive, sensitivity),
        notes=(*notes, *aligned.notes, *_empty_classes(class_names, aligned.given)),
        seed=seed,
    )


def narrowed(found: Comparison, runs: Sequence[str]) -> Comparison:
    """Some runs of a comparison, on the same examples: those that all of its runs have.

    Args:
        found: the comparison.
        runs: names of two or more of its runs, each once, in the order wanted.

    Raises:
        RunError: fewer than two, or one that it does not have.
    """
    numbers = [found.number(run) for run in runs]
    if len(set(numbers)) < len(numbers) or len(numbers) < FEWEST:
        raise RunError(
            f"a comparison needs {FEWEST} runs or more, each once; received {', '.join(runs)[:200]}"
            "; choose others."
        )
    if tuple(runs) == found.runs:
        return found
    predicted, probability = found.predicted[numbers], found.label_probability[numbers]
    right = predicted == found.given
    return replace(
        found,
        runs=tuple(runs),
        origins=tuple(found.origins[number] for number in numbers),
        positions=found.positions[numbers],
        predicted=predicted,
        confidence=found.confidence[numbers],
        label_probability=probability,
        differences=differences(tuple(runs), right, np.random.default_rng(found.seed)),
        calibration_errors=tuple(found.calibration_errors[number] for number in numbers),
        drift=drift(probability, right),
        of_class=tuple(found.of_class[number] for number in numbers) if found.of_class else (),
    )


# ------------------------------------------------------------------ the same examples


class _Aligned:
    """The answers of all runs in the order of the first one; filled run by run.

    Attributes:
        places: of each run (n,) the rows of its table.
        Others: as in `Comparison`.
    """

    def __init__(self, first: Named, answers: Answers, numbers: NDArray[np.int32], runs: int):
        n = len(answers)
        self.name, self.ids, self.given = first.name, answers.ids, numbers[answers.given]
        self.predicted = np.zeros((runs, n), np.int32)
        self.confidence = np.zeros((runs, n), np.float32)
        self.label_probability = np.zeros((runs, n), np.float32)
        self.positions = np.zeros((runs, n), np.int32)
        self.places = [np.arange(n, dtype=np.int64)]
        self.sizes = [n]
        self.notes: tuple[str, ...] = ()
        self._put(0, answers, numbers, self.places[0])

    def add(
        self, other: Named, others: Answers, numbers: NDArray[np.int32], joined: Joined
    ) -> None:
        """The answers of one more run; what it does not have stays at zero until `only_common`."""
        number = len(self.places)
        self.places.append(joined.places)
        self.sizes.append(len(others))
        self.notes = (*self.notes, *joined.notes)
        self._put(number, others, numbers, joined.places)
        self._relabel(number, other, others, numbers)

    def is_in_one_order(self) -> bool:
        """Whether each example stands in the same row of all tables."""
        return all(np.array_equal(places, self.places[0]) for places in self.places[1:])

    def _put(
        self, number: int, seen: Answers, numbers: NDArray[np.int32], places: NDArray[np.int64]
    ) -> None:
        self.predicted[number] = numbers[seen.predicted][places]
        self.positions[number] = seen.positions[places]
        self.confidence[number] = seen.confidence[places]
        self.label_probability[number] = seen.label_probability[places]

    def _relabel(
        self, number: int, other: Named, others: Answers, numbers: NDArray[np.int32]
    ) -> None:
        """Where a run has another label, its probability of the first run's label counts."""
        places = self.places[number]
        differ = np.flatnonzero((places >= 0) & (numbers[others.given][places] != self.given))
        if not len(differ):
            return
        self.notes = (
            *self.notes,
            f"{counted(len(differ), 'example')} of {other.name} {_has(len(differ))} another label "
            f"than in {self.name}, whose labels count.",
        )
        own = np.full(max(int(self.given.max()), int(numbers.max())) + 1, -1, np.int32)
        own[numbers] = np.arange(len(numbers), dtype=np.int32)
        wanted = own[self.given[differ]]
        known = wanted >= 0
        self.label_probability[number, differ] = 0.0  # of a class that its model does not know
        self.label_probability[number, differ[known]] = probabilities_at(
            other.run.folder, places[differ[known]], wanted[known]
        )

    def only_common(self, names: Sequence[str]) -> None:
        """Drop the examples that some run does not have.

        Raises:
            RunError: none is left.
        """
        common = np.all([places >= 0 for places in self.places], axis=0)
        kept = np.flatnonzero(common)
        sizes = ", ".join(f"{a} {n:,}" for a, n in zip(names, self.sizes, strict=True))
        if not len(kept):
            raise RunError(
                f"runs can be compared on the examples that all of them have; these have none in "
                f"common ({sizes}); compare runs on the same data."
            )
        if any(size != len(kept) for size in self.sizes):
            self.notes = (
                f"Compared are the {counted(len(kept), 'example')} that all runs have; of all, "
                f"{sizes}.",
                *self.notes,
            )
        if len(kept) < len(common):
            self.ids, self.given = self.ids.only(kept), self.given[kept]
            self.places = [places[kept] for places in self.places]
            self.positions = self.positions[:, kept]
            self.predicted = self.predicted[:, kept]
            self.confidence = self.confidence[:, kept]
            self.label_probability = self.label_probability[:, kept]


def _align(named: Sequence[Named], class_names: tuple[str, ...]) -> _Aligned:
    """Read one run after the other; no more than two tables are in memory at once."""
    numbers = [class_numbers(one.run.manifest.class_names, class_names) for one in named]
    first = answers_of(named[0].run)
    aligned = _Aligned(named[0], first, numbers[0], len(named))
    for one, of_one in zip(named[1:], numbers[1:], strict=True):
        others = answers_of(one.run)
        if not len(others):
            raise RunError(
                f"runs can be compared on the examples that all of them have; {one.name} has none; "
                "compare runs on the same data."
            )
        aligned.add(one, others, of_one, join(named[0], first, one, others))
    # Where all rows stand in the same order, it does not matter, and a million ids take a second.
    if not (aligned.is_in_one_order() or first.ids.are_distinct()):
        raise RunError(
            f"each example of a run must have an id of its own; two of {named[0].name} share one; "
            "rank again."
        )
    aligned.only_common([one.name for one in named])
    return aligned


def _has(count: int) -> str:
    return "has" if count == 1 else "have"


def _empty_classes(class_names: tuple[str, ...], given: NDArray[np.int32]) -> list[str]:
    """A sentence on the classes of which there is no example."""
    counts = np.bincount(given, minlength=len(class_names))
    missing = [name for name, count in zip(class_names, counts.tolist(), strict=True) if not count]
    if not missing:
        return []
    shown = ", ".join(missing if len(missing) <= 6 else (*missing[:5], "…"))
    if len(missing) == 1:
        return [f"No example has the given class {shown}, so nothing is said of it."]
    return [f"No example has one of the given classes {shown}, so nothing is said of these."]


def _of_class(
    named: Sequence[Named],
    class_names: tuple[str, ...],
    aligned: _Aligned,
    positive: str,
    sensitivity: float | None,
) -> tuple[OfClass, ...]:
    """How each run tells one class from the rest; () without such a class."""
    if not positive:
        return ()
    number = class_names.index(positive)
    is_positive = aligned.given == number
    found = []
    for row, one in enumerate(named):
        own = one.run.manifest.class_names
        if positive in own:
            p = class_probabilities(one.run.folder, own.index(positive))[aligned.places[row]]
        else:
            p = np.zeros(len(aligned.given), np.float32)
        curve = threshold_curve(p, is_positive)
        chosen = None if sensitivity is None else curve.at(sensitivity)
        figures = one_class(is_positive, aligned.predicted[row] == number)
        found.append(OfClass(one.name, figures, curve, chosen))
    return tuple(found)
