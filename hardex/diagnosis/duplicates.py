"""Examples -> the images with another label that they are copies of."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardex.arrays import Image, Images, Labels, Positions, Probabilities
from hardex.data.dataset import Dataset
from hardex.diagnosis.keys import pixel_key
from hardex.diagnosis.reference import Reference, readable
from hardex.runs.tables import stream_predictions

TRAIN, TEST = "train", "test"
_NEARLY = 0.08  # of the deviation of the pixels; saving as JPEG changes less
_LOOKED_AT = 32  # images with the same prediction
_SAME = 1e-5  # of projected probabilities


@dataclass(frozen=True)
class Copy:
    """An image that an example is a copy of.

    Attributes:
        where: `train` or `test`.
        position: in that data.
        label: its class, 0..k-1.
        exact: whether all pixels are the same.
    """

    where: str
    position: int
    label: int
    exact: bool


def is_copy(one: Image, other: Image) -> bool:
    """Whether two pictures are the same but for compression.

    Example:
        >>> noise = np.random.default_rng(0).integers(0, 255, (8, 8, 1)).astype(np.uint8)
        >>> is_copy(noise, noise), is_copy(noise, 255 - noise)
        (True, False)
    """
    if one.shape != other.shape:
        return False
    apart = one.astype(np.float64) - other
    return bool(np.sqrt((apart**2).mean()) <= _NEARLY * max(1.0, float(one.std())))


def in_training(
    images: Images, reference: Reference, train: Dataset, labels: Labels
) -> list[list[Copy]]:
    """For each image the training images that it is a copy of, exact ones first.

    Args:
        images: (n, h, w, c), in the shape of the classifier's input.
        reference: read from the training data.
        train: the training data.
        labels: its labels as classes of the model.
    """
    found: list[list[Copy]] = []
    if not len(images):
        return found
    for image, near in zip(images, _nearest(images, reference), strict=True):
        exact = reference.copies.get(pixel_key(image), ())
        copies = [Copy(TRAIN, position, int(labels[position]), True) for position in exact]
        there, others = readable(train, near, reference.shape)
        copies += [
            Copy(TRAIN, position, int(labels[position]), bool((other == image).all()))
            for position, other in zip(there, others, strict=True)
            if is_copy(image, other)
        ]
        found.append(copies)
    return found


def _nearest(images: Images, reference: Reference) -> list[list[int]]:
    """For each image the positions of the two nearest training images, by pixels."""
    found = []
    places = reference.pixels.nearest_rows(reference.directions.places(images), 2)
    for rows in places.tolist():
        found.append([int(reference.positions[reference.pixels.order[row]]) for row in rows])
    return found


def among(
    looked_at: Mapping[str, Sequence[int]], labels: Labels, positions: Positions, images: Images
) -> list[list[Copy]]:
    """For each example the others of the run with exactly its pixels.

    Args:
        looked_at: by the name of their pixels the positions of all examples of the run.
        labels: (m,) of the run.
        positions, images: (n,), (n, h, w, c) of the examples.
    """
    return [
        [
            Copy(TEST, other, int(labels[other]), True)
            for other in looked_at.get(pixel_key(image), ())
            if other != position
        ]
        for position, image in zip(positions.tolist(), images, strict=True)
    ]


def in_run(
    table: Path,
    positions: Positions,
    given: Labels,
    probabilities: Probabilities,
    images: Images,
    image_at: Callable[[int], Image | None],
) -> list[list[Copy]]:
    """For each example the others of the run with exactly its pixels and another label.

    Equal pictures get equal probabilities, so only examples with the same row are looked at.

    Args:
        table: predictions.parquet, read once.
        positions, given, probabilities: (n,), (n,), (n, k) of the examples.
        images: (n, h, w, c).
        image_at: gives the image at a position in the same shape; None if it cannot be read.
    """
    weights = np.random.default_rng(0).standard_normal(probabilities.shape[1])
    own = probabilities.astype(np.float64) @ weights
    candidates: list[list[tuple[float, int, int]]] = [[] for _ in own]  # how far, where, which
    for batch in stream_predictions(table):
        rows = batch.probabilities.astype(np.float64) @ weights
        order = np.argsort(rows)
        low = np.searchsorted(rows[order], own - _SAME)
        high = np.searchsorted(rows[order], own + _SAME)
        for place in np.flatnonzero(high > low).tolist():
            same = order[low[place] : high[place]]
            same = same[batch.labels[same] != given[place]]
            apart = np.abs(rows[same] - own[place])
            nearest = np.argsort(apart, kind="stable")[:_LOOKED_AT]
            others = same[nearest]
            found_here = zip(
                apart[nearest], batch.positions[others], batch.labels[others], strict=True
            )
            candidates[place] = sorted([*candidates[place], *found_here])[:_LOOKED_AT]
    found: list[list[Copy]] = []
    for place, some in enumerate(candidates):
        copies = []
        for position, label in sorted((int(where), int(label)) for _, where, label in some):
            other_image = image_at(position) if position != positions[place] else None
            if other_image is not None and np.array_equal(other_image, images[place]):
                copies.append(Copy(TEST, position, label, True))
        found.append(copies)
    return found


def with_another_label(
    copies: Sequence[Copy], given: int, *, only_exact: bool = False
) -> Copy | None:
    """The first copy that has another label, if there is one.

    Args:
        copies: of one example.
        given: its label.
        only_exact: whether all pixels must be the same.
    """
    others = (copy for copy in copies if copy.label != given)
    return next((copy for copy in others if copy.exact or not only_exact), None)
