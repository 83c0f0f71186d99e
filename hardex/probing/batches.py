"""One picture under many transforms -> predictions, in batch sizes that are compiled ahead."""

from collections.abc import Sequence
from math import prod

import numpy as np

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Shape
from hardex.images import Transform, transform_each
from hardex.probing.known import known_of, picture_key
from hardex.probing.model_input import shape_of
from hardex.probing.sliders import CURVE

PAIR = 2  # the pictures before and after
PART = 8  # a part of a search in a slow model
BATCH_SIZES = (PAIR, PART, CURVE)
_LARGEST_BATCH = 2**22  # bytes of pixels, except for a pair and a part
_LARGEST_PART = 2**24


def batch_sizes(shape: Shape) -> tuple[int, ...]:
    """The `BATCH_SIZES` that are used for pictures of this (h, w, c).

    Example:
        >>> batch_sizes((28, 28, 1)) == BATCH_SIZES, batch_sizes((224, 224, 3))
        (True, (2, 8))
    """
    most = {PART: _LARGEST_PART, CURVE: _LARGEST_BATCH}
    return tuple(size for size in BATCH_SIZES if size == PAIR or size * prod(shape) <= most[size])


def is_large(shape: Shape) -> bool:
    """Whether pictures of this (h, w, c) are too large for all amounts of a curve at once.

    Models of such pictures are slow, too: searches try fewer amounts.
    """
    return CURVE not in batch_sizes(shape)


def warmed_up(classifier: Classifier) -> Classifier:
    """The same classifier, compiled for each batch size that probing uses."""
    if classifier.input_shape is not None:
        for size in batch_sizes(classifier.input_shape):
            classifier.probabilities(np.zeros((size, *classifier.input_shape), np.uint8))
    return classifier


def probabilities_after(
    image: Image, transforms: Sequence[Transform], classifier: Classifier
) -> Probabilities:
    """The prediction after each transform of one picture; what is known is not computed again.

    At most one batch of pictures is in memory. Batches have the compiled sizes that leave the
    least room unused.

    Args:
        image: (h, w, c).
        transforms: m of them, at least one.
        classifier: of k classes.

    Returns:
        (m, k).
    """
    known, key = known_of(classifier), picture_key(image)
    rows = {change: known.row(key, change) for change in transforms}
    new = [change for change, row in rows.items() if row is None]
    size = _best_size(len(new), batch_sizes(shape_of(image)))
    for first in range(0, len(new), size):
        some = new[first : first + size]
        found = _padded(transform_each(image, some), size, classifier)
        known.remember(key, some, found)
        rows.update(zip(some, found, strict=True))
    return np.stack([row for change in transforms if (row := rows[change]) is not None])


def is_known(image: Image, transforms: Sequence[Transform], classifier: Classifier) -> bool:
    """Whether all of these predictions were made before."""
    known, key = known_of(classifier), picture_key(image)
    return all(known.row(key, change) is not None for change in transforms)


def _best_size(count: int, sizes: Sequence[int]) -> int:
    """The size whose batches hold the least; of small pictures many at once, as calls cost more."""
    if CURVE in sizes and count > 2 * PART:
        return CURVE
    fitting = [size for size in sizes if size != PAIR or count <= PAIR] or [PAIR]
    return min(fitting, key=lambda size: (-(-count // size) * size, -size))


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
