"""Cases and verdicts -> what is shown for them: the transform undone, neighbours, distances."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.diagnosis.cases import Cases
from hardex.diagnosis.causes import TRANSFORMS
from hardex.diagnosis.examine import batched, embedded
from hardex.diagnosis.reference import Reference
from hardex.diagnosis.search import Step, refined, steps
from hardex.diagnosis.setting import Setting, chunks
from hardex.diagnosis.undone import noise_in, undone

NEIGHBOURS, TYPICAL = 8, 3
_DENSITY = 0.5  # weight of the squared distance, as in the search
_AT_ONCE_BYTES = 2**25  # of changed pictures


@dataclass(frozen=True)
class Undone:
    """The transform that explains an example best, given its label.

    Attributes:
        step: what was done to the picture.
        label: the prediction once it is undone, 0..k-1.
        confidence: of that prediction.
    """

    step: Step
    label: int
    confidence: float


def undo(setting: Setting, cases: Cases, families: Sequence[str]) -> list[Undone | None]:
    """For each case the best amount of its transform: first on the grid of the search, then finer.

    Args:
        setting: what to work with.
        cases: n of them.
        families: n causes; None is given for those that are no transform.
    """
    found: list[Undone | None] = [None] * len(cases)
    classifier, grid = setting.classifier, steps(setting.reference.shape)
    if classifier is None:
        return found
    for family in TRANSFORMS:
        rows = [row for row, name in enumerate(families) if name == family]
        tried = tuple(step for step in grid if step.family == family)
        if not rows or not tried:
            continue
        size = max(1, _AT_ONCE_BYTES // (len(tried) * int(np.prod(setting.reference.shape))))
        for start in range(0, len(rows), size):
            part = rows[start : start + size]
            some = cases.at(np.array(part))
            coarse = _best(classifier, setting, some, [tried] * len(part))
            around = [refined(one.step, setting.reference.shape) for one in coarse]
            for row, fine in zip(part, _best(classifier, setting, some, around), strict=True):
                found[row] = fine
                if family == "noise":  # what takes it away is the same for any amount
                    seen = Step("noise", noise_in(cases.images[row]))
                    found[row] = replace(fine, step=seen)
    return found


def _best(
    classifier: Classifier, setting: Setting, cases: Cases, tried: Sequence[Sequence[Step]]
) -> list[Undone]:
    """For each case the step under which its given class is likeliest and near."""
    reference = setting.reference
    changed = np.concatenate(
        [
            np.stack([undone(image, one.family, one.amount, one.amount_y) for one in some])
            for image, some in zip(cases.images, tried, strict=True)
        ]
    )
    p = batched(classifier, changed)
    near = reference.prototypes.nearest(reference.directions.places(changed))
    near = near / setting.usual.nearest
    found, start = [], 0
    for row, some in enumerate(tried):
        part = slice(start, start + len(some))
        given = int(cases.given[row])
        joint = np.log(np.maximum(p[part, given], 1e-12)) - _DENSITY * near[part, given] ** 2
        best = start + int(joint.argmax())
        label = int(p[best].argmax())
        found.append(Undone(some[best - start], label, float(p[best, label])))
        start += len(some)
    return found


@dataclass(frozen=True, eq=False)
class Near:
    """Training images near one example.

    Attributes:
        positions, distances: of the nearest of all, nearest first.
        of_given, of_other: positions of the nearest of two classes.
    """

    positions: NDArray[np.int64]
    distances: NDArray[np.float64]
    of_given: NDArray[np.int64]
    of_other: NDArray[np.int64]


def near_to(reference: Reference, cases: Cases, others: Labels) -> list[Near]:
    """The training images near each case, in the space of the reference.

    Args:
        reference: the training data.
        cases: n of them.
        others: (n,) another class to show images of.
    """
    found: list[Near] = []
    vectors = reference.vectors
    for part in chunks(cases):
        some = cases.at(part)
        places = embedded(reference, some.images)
        nearest = vectors.nearest_rows(places, NEIGHBOURS)
        given = vectors.nearest_of(places, some.given, TYPICAL)
        other = vectors.nearest_of(places, others[part], TYPICAL)
        for row, place in enumerate(places):
            far = np.linalg.norm(vectors.rows[nearest[row]] - place, axis=1)
            found.append(
                Near(
                    _positions(reference, nearest[row]),
                    far.astype(np.float64).round(6),
                    _positions(reference, given[row]),
                    _positions(reference, other[row]),
                )
            )
    return found


def _positions(reference: Reference, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Positions in the training data of sorted rows."""
    found: NDArray[np.int64] = reference.positions[reference.vectors.order[rows]]
    return found


def corrected(p: Probabilities, reference: Reference) -> Labels:
    """(n,) predictions as if all classes had equally many training images.

    Source: Menon et al., Long-Tail Learning via Logit Adjustment (2021).
    """
    shares = (reference.counts + 0.5) / (reference.counts + 0.5).sum()
    adjusted = np.log(np.maximum(p, 1e-30)) - np.log(shares)
    found: Labels = adjusted.argmax(axis=1)
    return found
