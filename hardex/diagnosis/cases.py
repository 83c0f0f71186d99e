"""Examples as the diagnosis sees them: sources to plant causes on, and cases to explain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Labels, Probabilities
from hardex.data.dataset import Shape
from hardex.diagnosis.keys import pixel_key


@dataclass(frozen=True, eq=False)
class Sources:
    """Examples that the model has right, to plant causes on.

    Attributes:
        images: (n, h, w, c), in the shape of the classifier's input.
        labels: (n,) their given, and predicted, classes.
        probabilities: (n, k).
    """

    images: Images
    labels: Labels
    probabilities: Probabilities

    def __len__(self) -> int:
        return len(self.labels)

    @property
    def shape(self) -> Shape:
        """(h, w, c) of each."""
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    def without(self, images: Images) -> "Sources":
        """Those that have not the pixels of any of these."""
        hidden = {pixel_key(image) for image in images}
        stays = [row for row, one in enumerate(self.images) if pixel_key(one) not in hidden]
        return self.at(np.array(stays, np.int64))

    def at(self, rows: Any) -> "Sources":
        """These rows."""
        return Sources(self.images[rows], self.labels[rows], self.probabilities[rows])


@dataclass(frozen=True, eq=False)
class Cases:
    """Examples to diagnose.

    `confused`, `missing` and `left` simulate a lack of training data: the model takes the given
    class for another, training images of it are missing around the example, or everywhere.

    Attributes:
        images: (n, h, w, c) uint8, in the shape of the classifier's input.
        given: (n,) given classes.
        confused: (n,) the class whose probabilities and place in the embedding are exchanged with
            those of the given class; the given class for none.
        missing: (n,) the share of the given class that is missing next to the example, 0..1.
        left: (n,) the share of the given class that is left everywhere, 0..1; 1 for all.
        softened: (n,) the temperature by which logits are divided.
    """

    images: Images
    given: Labels
    confused: Labels
    missing: NDArray[np.float64]
    left: NDArray[np.float64]
    softened: NDArray[np.float64]

    @classmethod
    def of(cls, images: Images, given: Labels) -> "Cases":
        """Examples as they are."""
        count = len(given)
        none, all = np.zeros(count), np.ones(count)
        return cls(images, given, given, none, all, all)

    def __len__(self) -> int:
        return len(self.given)

    def at(self, rows: Any) -> "Cases":
        """These rows."""
        return Cases(
            self.images[rows],
            self.given[rows],
            self.confused[rows],
            self.missing[rows],
            self.left[rows],
            self.softened[rows],
        )

    def believed(self, probabilities: Probabilities) -> Probabilities:
        """(n, ..., k) probabilities of the model -> those of the simulated one.

        Example:
            >>> from dataclasses import replace
            >>> images, class_1 = np.zeros((1, 2, 2, 1), np.uint8), np.array([1])
            >>> one_ninth_left = replace(Cases.of(images, class_1), left=np.array([1 / 9]))
            >>> one_ninth_left.believed(np.array([[0.1, 0.9]])).round(2)
            array([[0.5, 0.5]])
        """
        given, confused, left, softened = self.given, self.confused, self.left, self.softened
        if (given == confused).all() and (left == 1).all() and (softened == 1).all():
            return probabilities
        shape = (-1, *(1 for _ in probabilities.shape[1:]))
        logits = np.log(np.maximum(probabilities, 1e-30)) / softened.reshape(shape)
        first = np.arange(len(given))
        logits[first, ..., given] += np.log(left).reshape(shape[:-1])
        logits -= logits.max(axis=-1, keepdims=True)
        found = np.exp(logits)
        found /= found.sum(axis=-1, keepdims=True)
        return exchanged(found, given, confused)


def exchanged(values: NDArray[Any], one: Labels, other: Labels) -> NDArray[Any]:
    """(n, ..., k) values with two columns exchanged in each row."""
    if (one == other).all():
        return values
    found, rows = values.copy(), np.arange(len(one))
    found[rows, ..., one] = values[rows, ..., other]
    found[rows, ..., other] = values[rows, ..., one]
    return found


def joined(parts: Sequence[Cases]) -> Cases:
    """Several as one."""
    return Cases(
        *(
            np.concatenate([getattr(part, name) for part in parts])
            for name in ("images", "given", "confused", "missing", "left", "softened")
        )
    )
