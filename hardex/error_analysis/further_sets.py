"""A model + further sets -> what a pass over each leaves, what they share, how they differ."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import combinations, pairwise

import numpy as np

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.opening import Model
from hardex.data.sources import Data
from hardex.diagnosis.inputs import input_shape, model_of, same_dataset
from hardex.error_analysis.data_sets import (
    TITLES,
    Matched,
    Seen,
    look_through,
    matched,
    open_set,
    own_test_set,
)
from hardex.error_analysis.decomposition import SETS
from hardex.error_analysis.refits import Refits, TrainFunction, refit
from hardex.error_analysis.shift import Shift, shift_between
from hardex.errors import RunError
from hardex.predict.neighbours import Progress
from hardex.runs.run import Run
from hardex.sentences import counted

_SHOWN = 5  # ids in a sentence


@dataclass(frozen=True, eq=False)
class Looked:
    """What passes over several sets leave.

    Attributes:
        seen: what each pass left, by the name of the set.
        opened: the sets that were given.
        shifts: how far each set differs from the one before it.
        refits: what changes when the model is trained again; None if it was not.
    """

    seen: Mapping[str, Seen] = field(default_factory=dict)
    opened: Mapping[str, Matched] = field(default_factory=dict)
    shifts: tuple[Shift, ...] = ()
    refits: Refits | None = None

    @property
    def sources(self) -> dict[str, str]:
        """What opens each set again, in order."""
        return {name: self.seen[name].source for name in SETS if name in self.seen}

    @cached_property
    def shared(self) -> dict[tuple[str, str], tuple[str, ...]]:
        """Ids of the examples of a later set that an earlier one holds, too, by both names."""
        return dict(_shared(self.seen))

    @property
    def notes(self) -> tuple[str, ...]:
        """Sentences on how the sets were read and on what they share."""
        of_sets = (note for one in self.seen.values() for note in one.notes)
        return (*of_sets, *_shared_notes(self.shared))

    @property
    def test_image(self) -> Callable[[int], Image] | None:
        """Gives the pictures of another test set by position; None without one."""
        test = self.opened.get("test")
        return None if test is None else test.image


NOTHING = Looked()


def model_for_sets(
    run: Run, model: Model | None, preprocess: str | None, *, logits: bool, trust_model: bool
) -> Classifier:
    """The model of the run, which further sets need.

    Raises:
        RunError: the run has none, or another one was given.
    """
    found = model_of(
        run,
        model,
        preprocess,
        logits=logits,
        trust_model=trust_model,
        what="an analysis of further sets",
    )
    if found is None:
        raise RunError(
            "further sets need the model of the run; this run was made from saved probabilities; "
            "pass --model, or leave the sets out."
        )
    return found


def look_at_sets(
    run: Run,
    sets: Mapping[str, Data],
    classifier: Classifier,
    top: int,
    rng: np.random.Generator,
    progress: Progress,
) -> Looked:
    """One pass over each set; the run's own data is the test set if no other is given.

    Args:
        run: the run.
        sets: by name, see `hardex.error_analysis.decomposition.SETS`.
        classifier: the model of the run.
        top: how many top errors of another test set are kept.
        rng: draws the samples.
        progress: called after every batch.

    Raises:
        HardexError: a set cannot be read, or does not fit the model.
    """
    opened = {name: open_set(name, one, run, classifier, rng) for name, one in sets.items()}
    size = run.manifest.batch_size
    seen = {
        name: look_through(
            name, dataset, classifier, size, progress, top=top if name == "test" else 0
        )
        for name, dataset in opened.items()
    }
    if "test" not in seen:
        seen["test"] = own_test_set(run, classifier, rng, progress)
    return Looked(seen, opened, tuple(_shifts(seen, classifier, rng)))


def with_refits(
    looked: Looked,
    function: str | TrainFunction,
    count: int,
    run: Run,
    classifier: Classifier,
    *,
    seed: int,
    progress: Progress,
) -> Looked:
    """The same, with the model trained again and tested on the test set.

    Raises:
        HardexError: the function does not train a classifier, or the run's pictures are gone.
    """
    test = looked.opened.get("test")
    if test is None:
        dataset = same_dataset(run)
        names, shape = run.manifest.class_names, input_shape(classifier, dataset)
        rng = np.random.default_rng(seed)
        test = matched(dataset, names, TITLES["test"], run, shape, rng)
    shape = input_shape(classifier, test)
    training = looked.opened["train"]
    again = refit(function, count, training, test, shape, progress, seed=seed)
    return replace(looked, refits=again)


def _shifts(
    seen: Mapping[str, Seen], classifier: Classifier, rng: np.random.Generator
) -> Iterator[Shift]:
    for before, after in pairwise(name for name in SETS if name in seen):
        yield shift_between(seen[before], seen[after], classifier, rng)


def _shared(seen: Mapping[str, Seen]) -> Iterator[tuple[tuple[str, str], tuple[str, ...]]]:
    """The examples of a later set that an earlier one holds, too."""
    for before, after in combinations([name for name in SETS if name in seen], 2):
        one, other = seen[before].keys, seen[after].keys
        if one is None or other is None:
            continue
        positions = other.shared_with(one).tolist()
        if positions:
            yield (before, after), tuple(map(other.id, positions))


def _shared_notes(shared: Mapping[tuple[str, str], Sequence[str]]) -> Iterator[str]:
    for (before, after), ids in shared.items():
        more = f" and {len(ids) - _SHOWN:,} more" if len(ids) > _SHOWN else ""
        verb = "is" if len(ids) == 1 else "are"
        yield (
            f"{counted(len(ids), 'example')} of {TITLES[after]} {verb} in {TITLES[before]}, too, "
            f"pixel for pixel: {', '.join(ids[:_SHOWN])}{more}. So the part between these sets is "
            "too small."
        )
