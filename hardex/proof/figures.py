"""The answers of models on the same examples -> flips, classes, slices, and both arms."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hardex.comparison.differences import ClassDifference, class_differences
from hardex.data.dataset import Dataset, Meta
from hardex.predict.slices import AT_LEAST, columns_of
from hardex.proof.answers import Answered
from hardex.proof.arms import RemedyAnswer, remedy_answer

_IDS_MOST = 10_000  # repaired and broken examples by name

BEFORE, AFTER = "before", "after"  # names of the two models among all answers
REMEDIED, PLACEBO = "remedied", "placebo"  # the first words of the names of further models
STAGES = {BEFORE: "the model before", AFTER: "the model after"}


def flips(
    before: Answered, after: Answered, dataset: Dataset
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Ids of the examples that are repaired, and of those that are broken; 10,000 at most of each.

    Args:
        before, after: what both models answer.
        dataset: gives the ids.
    """
    repaired, broken = after.right & ~before.right, before.right & ~after.right
    return _ids(before, repaired, dataset), _ids(before, broken, dataset)


def _ids(answers: Answered, rows: NDArray[np.bool_], dataset: Dataset) -> tuple[str, ...]:
    positions = answers.positions[np.flatnonzero(rows)[:_IDS_MOST]]
    return tuple(map(dataset.id, positions.tolist()))


def slice_differences(
    meta: Meta,
    positions: NDArray[np.int64],
    before: NDArray[np.bool_],
    after: NDArray[np.bool_],
    rng: np.random.Generator,
) -> tuple[ClassDifference, ...]:
    """The difference of two models in each value of each further column.

    Values with fewer than ten examples are left out. Holm's correction counts all others.

    Args:
        meta: the further columns of the data.
        positions: (n,) of the examples in the data.
        before, after: (n,) whether each model is right.
        rng: draws the bootstrap.
    """
    columns, _ = columns_of(meta)
    names: list[str] = []
    rows: list[NDArray[np.int64]] = []
    groups: list[NDArray[np.int64]] = []
    for column in columns:
        codes = column.codes[positions]
        for code, value in enumerate(column.values):
            found = np.flatnonzero(codes == code)
            if len(found) >= AT_LEAST:
                rows.append(found)
                groups.append(np.full(len(found), len(names), np.int64))
                names.append(f"{column.name}={value}")
    if not names:
        return ()
    every = np.concatenate(rows)
    return class_differences(names, np.concatenate(groups), before[every], after[every], rng)


def counted_models(answered: Mapping[str, Answered]) -> tuple[list[str], tuple[str, ...]]:
    """The models of both arms that count, and a sentence on each that does not.

    A model that is there twice is no further seed, and the model before was not trained again.

    Args:
        answered: by the name of the model: `BEFORE`, `AFTER`, and names that begin with
            `REMEDIED` or `PLACEBO`.
    """
    notes: list[str] = []
    chosen: list[str] = []
    for name in answered:
        if name == BEFORE:
            continue
        if name.startswith(PLACEBO) and answered[name].same_as(answered[BEFORE]):
            notes.append(
                f"The model {name} gives the same answers as the model before on every example, so "
                "it does not count: a placebo is trained again, without the remedy."
            )
            continue
        same = next((one for one in chosen if answered[name].same_as(answered[one])), "")
        if same:
            notes.append(
                f"The model {name} gives the same answers as {STAGES.get(same, same)} on every "
                "example, so it counts once: train it with another seed."
            )
        else:
            chosen.append(name)
    return chosen, tuple(notes)


def arms(answered: Mapping[str, Answered], chosen: Sequence[str], level: float) -> RemedyAnswer:
    """Whether it is the remedy, by the models that count.

    Args:
        answered: by the name of the model.
        chosen: the names that count, `AFTER` first.
        level: of the intervals.
    """
    remedied = [name for name in chosen if not name.startswith(PLACEBO)]
    placebo = [name for name in chosen if name.startswith(PLACEBO)]
    return remedy_answer(_rights(answered, remedied), _rights(answered, placebo), level)


def _rights(answered: Mapping[str, Answered], names: Sequence[str]) -> NDArray[np.bool_]:
    """(m, n) whether each of these models is right."""
    examples = len(answered[AFTER])
    return np.array([answered[name].right for name in names], bool).reshape(len(names), examples)
