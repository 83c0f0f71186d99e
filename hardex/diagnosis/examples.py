"""A run -> the examples that are diagnosed, and those that causes are planted on."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Labels, Positions, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset, Shape
from hardex.diagnosis.cases import Cases, Sources
from hardex.diagnosis.examine import batched
from hardex.diagnosis.keys import places_of
from hardex.diagnosis.reference import readable
from hardex.errors import DatasetError, RunError
from hardex.predict.neighbours import Progress, silent
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import examples_at

STAGE = "reading the examples"
_LOOKED_AT_BYTES, _AT_ONCE = 2**28, 512  # of pictures, and how many at a time
_APART = 0.05  # of a probability: more than another batch or another machine makes
_MOST_APART = 0.05  # of the examples


@dataclass(frozen=True, eq=False)
class Examples:
    """The examples that are diagnosed, hardest first.

    Attributes:
        ids: n names.
        positions: (n,) in the data.
        cases: their pictures and given classes.
        p: (n, k) probabilities of the run.
        unread: how many more were chosen, but cannot be read any more.
    """

    ids: tuple[str, ...]
    positions: Positions
    cases: Cases
    p: Probabilities
    unread: int

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def images(self) -> Images:
        """Their pictures, (n, h, w, c)."""
        return self.cases.images

    @property
    def predicted(self) -> Labels:
        """(n,) predicted classes."""
        found: Labels = self.p.argmax(axis=1)
        return found

    @property
    def others(self) -> Labels:
        """(n,) the predicted class, or the second where that is the given one."""
        ordered = np.argsort(-self.p, axis=1, kind="stable")
        found: Labels = np.where(ordered[:, 0] == self.cases.given, ordered[:, 1], ordered[:, 0])
        return found


def is_whole(dataset: Dataset, shape: Shape) -> bool:
    """Whether all examples are looked at: whether their pictures are few and small enough."""
    return len(dataset) * int(np.prod(shape)) <= _LOOKED_AT_BYTES


def look_at(
    dataset: Dataset, shape: Shape, *some: Positions, progress: Progress = silent
) -> dict[str, list[int]]:
    """By the name of their pixels the positions of all examples, or of some if all are too many.

    Args:
        dataset: of the run.
        shape: (h, w, c) in which pictures are compared.
        some: positions that are looked at in any case.
        progress: called after every batch; it may raise to stop.
    """
    wanted = np.arange(len(dataset))
    if not is_whole(dataset, shape):
        wanted = np.unique(np.concatenate(some))
    found: dict[str, list[int]] = {}
    for start in range(0, len(wanted), _AT_ONCE):
        there, images = readable(dataset, wanted[start : start + _AT_ONCE].tolist(), shape)
        for key, places in places_of(images, there).items():
            found.setdefault(key, []).extend(places)
        progress(STAGE, min(start + _AT_ONCE, len(wanted)), len(wanted))
    return found


def read_examples(run: Run, dataset: Dataset, positions: Positions, shape: Shape) -> Examples:
    """The examples at some positions, with their pictures.

    Raises:
        DatasetError: none of them can be read.
    """
    there, images = readable(dataset, positions.tolist(), shape)
    if not there:
        raise DatasetError(
            f"the images of the run must be readable; none of {len(positions)} hard examples of "
            f"{dataset.source} is; check the path, or pass it with --data."
        )
    rows = examples_at(run.folder / RESULTS / TABLE, np.array(there, np.int64))
    found = [rows[position] for position in there]
    given = np.array([row.given_index for row in found], np.int64)
    return Examples(
        tuple(row.id for row in found),
        np.array(there, np.int64),
        Cases.of(images, given),
        np.stack([row.probabilities for row in found]),
        len(positions) - len(there),
    )


def check_answers(classifier: Classifier | None, examples: Examples) -> None:
    """Raise `RunError` unless the model still says of the examples what the run says.

    A function is known by its name alone, and a run from saved probabilities knows no model.
    """
    if classifier is None:
        return
    p = batched(classifier, examples.images)
    if p.shape != examples.p.shape:
        raise RunError(
            f"the model must have one output per class of the run; {classifier.source} has "
            f"{p.shape[1]} and the run {examples.p.shape[1]} classes; pass the model that the run "
            "was made with."
        )
    apart: NDArray[np.float32] = np.abs(p - examples.p).max(axis=1)
    others = int((apart > _APART).sum())
    if others > _MOST_APART * len(apart):
        raise RunError(
            f"the model must say of the images what the run says; {classifier.source} says "
            f"something else of {others:,} of {len(apart):,} examples; pass the model that the run "
            "was made with, and the same --preprocess."
        )


def read_sources(
    run: Run, dataset: Dataset, right: Positions, shape: Shape, classifier: Classifier | None
) -> Sources:
    """Examples that the model has right, with its own predictions where there is a model."""
    there, images = readable(dataset, right.tolist(), shape)
    rows = examples_at(run.folder / RESULTS / TABLE, np.array(there, np.int64))
    given = np.array([rows[position].given_index for position in there], np.int64)
    if classifier is not None and there:
        p = batched(classifier, images)
    else:
        classes = len(run.manifest.class_names)
        p = np.array([rows[i].probabilities for i in there], np.float32).reshape(-1, classes)
    still = np.flatnonzero(p.argmax(axis=1) == given)  # last bits may decide
    return Sources(images, given, p).at(still)
