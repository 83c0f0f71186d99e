"""All images turned or mirrored -> the orientation that gives far better accuracy."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.classifiers.doctor.examination import (
    Cause,
    Examination,
    Finding,
    few_examples,
    first_examples,
)
from hardex.classifiers.doctor.statistics import is_far_better


@dataclass(frozen=True)
class _Way:
    words: str
    array: str  # the line for images (n, h, w, c)
    pillow: str  # the same for a file, of `PIL.Image.Transpose`
    turn: Callable[[Images], Images]
    turns_the_sides: bool = True  # only squares stay what they were


WAYS: tuple[_Way, ...] = (
    _Way(
        "transposed",
        "images.transpose(0, 2, 1, 3)",
        "TRANSPOSE",
        lambda images: images.transpose(0, 2, 1, 3),
    ),
    _Way(
        "rotated by 90 degrees to the left",
        "np.rot90(images, 1, axes=(1, 2))",
        "ROTATE_90",
        lambda images: np.rot90(images, 1, axes=(1, 2)),
    ),
    _Way(
        "rotated by 180 degrees",
        "np.rot90(images, 2, axes=(1, 2))",
        "ROTATE_180",
        lambda images: np.rot90(images, 2, axes=(1, 2)),
        turns_the_sides=False,
    ),
    _Way(
        "rotated by 90 degrees to the right",
        "np.rot90(images, 3, axes=(1, 2))",
        "ROTATE_270",
        lambda images: np.rot90(images, 3, axes=(1, 2)),
    ),
    _Way(
        "mirrored left to right",
        "images[:, :, ::-1]",
        "FLIP_LEFT_RIGHT",
        lambda images: images[:, :, ::-1],
        turns_the_sides=False,
    ),
    _Way(
        "mirrored top to bottom",
        "images[:, ::-1]",
        "FLIP_TOP_BOTTOM",
        lambda images: images[:, ::-1],
        turns_the_sides=False,
    ),
    _Way(
        "transposed along the other diagonal",
        "images.transpose(0, 2, 1, 3)[:, ::-1, ::-1]",
        "TRANSVERSE",
        lambda images: images.transpose(0, 2, 1, 3)[:, ::-1, ::-1],
    ),
)


def other_orientations(examination: Examination) -> Iterator[Cause]:
    """All images turned or mirrored, as EMNIST stores them, if that is far better."""
    examination = first_examples(examination, examination.try_count)
    height, width = examination.images.shape[1:3]
    ways = [way for way in WAYS if height == width or not way.turns_the_sides]
    examination.tried.append(f"the images turned and mirrored in {len(ways)} ways")
    few = few_examples(examination)
    found = {way: _right(few or examination, way) for way in ways}
    best = max(found, key=lambda way: int(found[way].sum()))
    right = found[best] if few is None else _right(examination, best)
    if not is_far_better(right, examination.right, alternatives=len(WAYS)):
        return
    after = float(right.mean())
    seen = (
        f"accuracy on {len(examination.labels)} examples is {examination.right.mean():.1%}; with "
        f"all images {best.words} it is {after:.1%}"
    )
    if examination.labelled_by_name:
        advice = (
            f"save every image {best.words} (image.transpose(Image.Transpose.{best.pillow}) in "
            "Pillow), or train with the images as they are"
        )
    else:
        advice = f"turn the images before you pass them: images = {best.array}"
    yield Cause(after, (Finding("orientation", "error", seen, advice),))


def _right(examination: Examination, way: _Way) -> NDArray[np.bool_]:
    """(n,) whether each prediction is the given label if the images are turned."""
    turned = np.ascontiguousarray(way.turn(examination.images))
    right: NDArray[np.bool_] = (
        examination.probabilities_of(turned).argmax(axis=1) == examination.labels
    )
    return right
