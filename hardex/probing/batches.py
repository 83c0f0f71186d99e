"""One picture under many transforms -> predictions, in batch sizes that are compiled ahead."""

from collections.abc import Sequence
from math import prod

import numpy as np

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Shape
from hardex.images import Transform, transform_each
from hardex.probing.model_input import shape_of
from hardex.probing.sliders import CURVE, FINER

PAIR = 2  # the pictures before and after
_SEARCH = 3 * CURVE  # pictures at once in the search for the smallest changes
# Before and after; a response curve; its two flips, located to one step; the smallest changes.
BATCH_SIZES = (PAIR, CURVE, 2 * FINER, _SEARCH)
_LARGEST_BATCH = 2**24  # bytes of pixels, except for a pair


def batch_sizes(shape: Shape) -> tuple[int, ...]:
    """The `BATCH_SIZES` that are used for pictures of this (h, w, c).

    Example:
        >>> batch_sizes((28, 28, 1)) == BATCH_SIZES, batch_sizes((224, 224, 3))
        (True, (2, 73, 8))
    """
    return tuple(
        size for size in BATCH_SIZES if size == PAIR or size * prod(shape) <= _LARGEST_BATCH
    )


def warmed_up(classifier: Classifier) -> Classifier:
    """The same classifier, compiled for each batch size that probing uses."""
    if classifier.input_shape is not None:
        for size in batch_sizes(classifier.input_shape):
            classifier.probabilities(np.zeros((size, *classifier.input_shape), np.uint8))
    return classifier


def probabilities_after(
    image: Image, transforms: Sequence[Transform], classifier: Classifier
) -> Probabilities:
    """The prediction after each transform of one picture.

    At most one batch of pictures is in memory. Each batch has the smallest compiled size that fits,
    or the largest one.

    Args:
        image: (h, w, c).
        transforms: m of them, at least one.
        classifier: of k classes.

    Returns:
        (m, k).
    """
    sizes = batch_sizes(shape_of(image))
    size = min((size for size in sizes if size >= len(transforms)), default=max(sizes))
    return np.concatenate(
        [
            _padded(transform_each(image, transforms[first : first + size]), size, classifier)
            for first in range(0, len(transforms), size)
        ]
    )


def labels_after(
    image: Image, transforms: Sequence[Transform], classifier: Classifier
) -> list[int]:
    """The predicted class index after each transform, m of them."""
    labels: list[int] = probabilities_after(image, transforms, classifier).argmax(axis=1).tolist()
    return labels


def _padded(pictures: Image, size: int, classifier: Classifier) -> Probabilities:
    """(n, k) of n pictures, in a batch of `size`."""
    count = len(pictures)
    if count < size:
        blank = np.zeros((size - count, *pictures.shape[1:]), np.uint8)
        pictures = np.concatenate([pictures, blank])
    return classifier.probabilities(pictures)[:count]
