"""Examples that the model has right -> parts: to learn from, to test on, to compare with."""

from dataclasses import dataclass

import numpy as np

from hardex.arrays import Positions
from hardex.diagnosis.cases import Sources
from hardex.diagnosis.keys import pixel_key

LEAST = 60  # correct examples, below which nothing is planted
MOST = 8000
_MOST_BYTES = 2**28  # of pixels
_COMPARED = 2000  # examples that say what is usual


@dataclass(frozen=True, eq=False)
class Parts:
    """Correct examples of the data, none of which is diagnosed.

    Attributes:
        learnt: causes are planted on these to learn from.
        tested: causes are planted on these to test what was learnt.
        compared: in place of training data, if there is none; else empty.
    """

    learnt: Sources
    tested: Sources
    compared: Sources


def most_sources(images_shape: tuple[int, ...]) -> int:
    """How many correct examples of this (h, w, c) fit into memory."""
    return int(max(1, min(MOST, _MOST_BYTES // max(1, int(np.prod(images_shape))))))


def distinct(sources: Sources) -> Sources:
    """The last of each group of equal pictures, so that no picture comes into two parts."""
    rows = {pixel_key(image): row for row, image in enumerate(sources.images)}
    return sources.at(np.array(sorted(rows.values()), np.int64))


def split(sources: Sources, *, with_training: bool, rng: np.random.Generator) -> Parts:
    """Cut examples at random, into halves or into thirds without training data."""
    order = rng.permutation(len(sources))
    cuts = np.array_split(order, 2 if with_training else 3)
    compared = np.empty(0, np.int64) if with_training else cuts[2]
    return Parts(sources.at(cuts[0]), sources.at(cuts[1]), sources.at(compared))


def drawn(right: Positions, most: int, rng: np.random.Generator) -> Positions:
    """At most so many of some positions, ascending."""
    return np.sort(rng.choice(right, min(most, len(right)), replace=False))


def some_usual(sources: Sources, rng: np.random.Generator) -> Sources:
    """A few of them that say what is usual."""
    return sources.at(rng.permutation(len(sources))[:_COMPARED])
