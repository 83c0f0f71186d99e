"""A picture and a classifier -> which part of the picture carries the answer."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform
from hardex.probing.batches import PART, probabilities_after

GRIDS = (5, 10)  # places across and down: roughly first, then finer
_OVERLAP = 1.5  # sides of the square in places: each part is hidden by several squares


@dataclass(frozen=True, eq=False)
class OcclusionMap:
    """How the prediction falls when parts of a picture are hidden.

    Attributes:
        label: the class index predicted for the whole picture.
        probability: of that class, 0..1.
        drops: (n, n) how much it falls while a square around each place is hidden, -1..1; NaN where
            it was not tried yet.
        others: (n, n) the class index predicted then; -1 where it was not tried yet.
        done, total: squares tried, and in all.
    """

    label: int
    probability: float
    drops: NDArray[np.float32]
    others: NDArray[np.int32]
    done: int
    total: int

    def known_drops(self) -> list[list[float | None]]:
        """The drops as plain data, of four digits; None where it was not tried yet."""
        return [
            [None if np.isnan(one) else round(one, 4) for one in row] for row in self.drops.tolist()
        ]


def occlusion_in_parts(
    image: Image, base: Transform, classifier: Classifier
) -> Iterator[OcclusionMap]:
    """The map, part after part: of 25 places, then of 100.

    A square is hidden under the mean colour of the picture, see `Transform.occlusion`.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        base: what is done to it before.
        classifier: whose prediction is examined.

    Source:
        Zeiler and Fergus, Visualizing and Understanding Convolutional Networks (2014).
    """
    whole = probabilities_after(image, [replace(base, occlusion=0.0)], classifier)[0]
    label, total, done = int(whole.argmax()), sum(n * n for n in GRIDS), 0
    for n in GRIDS:
        drops = np.full((n, n), np.nan, np.float32)
        others = np.full((n, n), -1, np.int32)
        places = [(row, column) for row in range(n) for column in range(n)]
        for first in range(0, len(places), PART):
            some = places[first : first + PART]
            changes = [_hidden(base, row, column, n) for row, column in some]
            rows = probabilities_after(image, changes, classifier)
            _fill(drops, others, some, rows, whole[label] - rows[:, label])
            done += len(some)
            yield OcclusionMap(label, float(whole[label]), drops.copy(), others.copy(), done, total)


def _hidden(base: Transform, row: int, column: int, n: int) -> Transform:
    return replace(
        base,
        occlusion=_OVERLAP / n,
        occlusion_x=(column + 0.5) / n - 0.5,
        occlusion_y=(row + 0.5) / n - 0.5,
    )


def _fill(
    drops: NDArray[np.float32],
    others: NDArray[np.int32],
    places: list[tuple[int, int]],
    rows: Probabilities,
    falls: Probabilities,
) -> None:
    for place, row, fall in zip(places, rows, falls, strict=True):
        drops[place], others[place] = fall, int(row.argmax())
