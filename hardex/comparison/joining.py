"""Several runs -> the examples that all of them have, and by which evidence they are the same.

A path or a name is evidence that two rows are about one example. A mere position is evidence only
within one data set: row 7 of two arrays may be any two pictures. These are joined by their pixels.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Positions
from hardex.diagnosis.inputs import same_dataset
from hardex.diagnosis.keys import pixel_key
from hardex.errors import HardexError, RunError
from hardex.images import read_image
from hardex.runs.answers import Answers, Ids
from hardex.runs.run import Run
from hardex.sentences import counted

_PICTURES_MOST = 50  # that are looked at, of those that both runs hold


@dataclass(frozen=True)
class Named:
    """A run and what it is called in a comparison."""

    name: str
    run: Run


@dataclass(frozen=True, eq=False)
class Joined:
    """Where the examples of one run are in another.

    Attributes:
        places: (n,) the row in the other run; -1 where it has no such example.
        notes: sentences on the evidence.
    """

    places: NDArray[np.int64]
    notes: tuple[str, ...] = ()


def join(first: Named, answers: Answers, other: Named, others: Answers) -> Joined:
    """Find the examples of the first run in another one.

    Args:
        first, answers: a run and its answers, n of them.
        other, others: another run and its answers.

    Raises:
        RunError: ids are only positions and the data differs, so they say nothing; or the two runs
            hold other pictures under the same names.
    """
    if _same_data(first.run, other.run):
        return Joined(answers.ids.places_in(others.ids))
    if not (_by_position(answers) or _by_position(others)):
        notes = _pictures_agree(first, other)
        return Joined(answers.ids.places_in(others.ids), notes)
    if first.run.manifest.data is None or other.run.manifest.data is None:
        return _by_labels(first, answers, other, others)
    return _by_pixels(first, answers, other, others)


def _same_data(one: Run, other: Run) -> bool:
    a, b = one.manifest.data, other.manifest.data
    return a is not None and b is not None and a.hash == b.hash


def _by_position(answers: Answers) -> bool:
    return answers.ids.are_positions(answers.positions)


def _by_labels(first: Named, answers: Answers, other: Named, others: Answers) -> Joined:
    """By position: one of the runs has no images, and no name of an example either."""
    same_names = first.run.manifest.class_names == other.run.manifest.class_names
    if not (same_names and np.array_equal(answers.given, others.given)):
        raise RunError(
            "runs without images are compared row by row, so they must have the same labels in the "
            f"same order; {first.name} and {other.name} have others; rank with DATA, or with saved "
            "rows that have names."
        )
    return Joined(
        answers.ids.places_in(others.ids),
        (
            f"{first.name} and {other.name} were compared row by row: one of them has no images, "
            "and all labels are the same in the same order.",
        ),
    )


def _by_pixels(first: Named, answers: Answers, other: Named, others: Answers) -> Joined:
    ours, theirs = (
        _pixel_ids(one, seen.positions, of)
        for one, seen, of in ((first, answers, other), (other, others, first))
    )
    places = ours.places_in(theirs)
    moved = int((places != np.arange(len(places)))[places >= 0].sum())
    where = f"{moved:,} of them in another row" if moved else "all in the same row"
    return Joined(
        places,
        (
            f"The data of {first.name} and {other.name} differs and its ids are only positions, so "
            f"examples were matched by their pixels ({where}).",
        ),
    )


def _pixel_ids(one: Named, positions: Positions, other: Named) -> Ids:
    """A name of the pixels of each example; the second of two equal pictures gets another one."""
    try:
        dataset = same_dataset(one.run)  # other pictures may lie there by now
        keys = [pixel_key(dataset.image(position)) for position in positions.tolist()]
    except (HardexError, IndexError) as error:
        raise RunError(
            f"the ids of {one.name} and {other.name} are only positions and their data differs, so "
            f"examples must be matched by their pixels; those of {one.name} cannot be read "
            f"({str(error).rstrip('.')}); put the data back, or rank both on the same data."
        ) from error
    seen: Counter[str] = Counter()
    return Ids.of(list(_numbered(keys, seen)))


def _numbered(keys: list[str], seen: Counter[str]) -> Iterator[str]:
    for key in keys:
        seen[key] += 1
        yield f"{key} {seen[key]}"


def _pictures_agree(first: Named, other: Named) -> tuple[str, ...]:
    """Compare some pictures that both runs hold, because two data sets may use the same names."""
    ours, theirs = first.run.pictures, other.run.pictures
    both = [id for id in ours if id in theirs][:_PICTURES_MOST]
    try:
        differ = sum(
            pixel_key(read_image(ours[id])) != pixel_key(read_image(theirs[id])) for id in both
        )
    except HardexError:
        both, differ = [], 0
    if differ > len(both) / 2:
        raise RunError(
            f"examples with the same id must be the same pictures; {first.name} and {other.name} "
            f"hold {counted(len(both), 'picture')} under the same ids, and {differ:,} differ; "
            "compare runs on the same data."
        )
    note = f"{first.name} and {other.name} are of different data; examples were matched by id"
    if differ:
        note += f", and {differ:,} of {len(both):,} pictures that both hold differ"
    return (f"{note}.",)
