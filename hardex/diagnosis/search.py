"""Examples -> which transform, undone, makes them look like which class: a joint search.

That some transform restores a label proves nothing: almost any picture can be turned into almost
any class. So the search asks for the transform and the class together, and a class counts only as
far as the changed picture looks like training images of that class.
"""

from dataclasses import dataclass
from itertools import product
from math import cos, inf, pi, prod, sin

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.data.dataset import Shape
from hardex.diagnosis.undone import sharpened, smoothed, undoing
from hardex.images import Transform, transform_each
from hardex.images.transforms import LIMITS
from hardex.images.warps import warps

NOTHING, JITTER = "nothing", "jitter"
OF_PIXELS = 28  # the side of pictures for which lengths in pixels are given; they grow with it
_ROTATIONS = tuple(float(degrees) for degrees in range(15, 91, 15))
_SHIFT_SHARES = (0.11, 0.2)  # of the shorter side
_SCALES = (0.5, 0.6, 0.7, 0.8, 1.2, 1.35, 1.5, 1.7)
_SHEARS = (0.3, 0.5, 0.75)
_CONTRASTS = (0.2, 0.35, 0.55, 1.6, 2.4)
_BRIGHTNESSES = (-0.4, -0.2, 0.2, 0.4)  # of photographs
_BLUR_SHARES = (0.035, 0.06, 0.09)  # standard deviation, of the shorter side
_STROKES = (-2.0, -1.0, 1.0, 2.0)  # pixels of 28
_LARGE = 96 * 96 * 3  # numbers in a picture
_MOST_PIXELS = 2**23  # of the results of one picture; a matrix of more takes too much memory
_GEOMETRIC = frozenset({JITTER, "rotation", "shift", "scale", "shear", "flip"})


@dataclass(frozen=True)
class Step:
    """One transform that may have been done to a picture; see `hardex.images.Transform`."""

    family: str
    amount: float | None = None
    amount_y: float | None = None


def within(name: str, amount: float) -> float:
    """The amount, or the next one that a transform of this name may have.

    Example:
        >>> within("stroke", 100.0), within("rotation", 100.0)
        (64.0, 100.0)
    """
    low, high = LIMITS.get(name, (-inf, inf))
    return float(min(max(amount, low), high))


def is_drawing(shape: Shape) -> bool:
    """Whether pictures of this shape may be drawings with strokes: grey ones."""
    return shape[2] == 1


def steps(shape: Shape) -> tuple[Step, ...]:
    """What is tried on a picture of this (h, w, c); first nothing at all, then small changes.

    Models of large pictures are slow: about half as much is tried with them.
    """
    side, every = min(shape[:2]), 2 if prod(shape) > _LARGE else 1
    near = side / OF_PIXELS
    found = [Step(NOTHING)]
    found += [
        Step(JITTER, x * near, y * near) for x, y in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0, -1))
    ][::every]
    found += [Step("rotation", sign * amount) for amount in _ROTATIONS[::every] for sign in (1, -1)]
    found += [
        Step(
            "shift",
            side * share * cos(turn * pi / 4),
            side * share * sin(turn * pi / 4),
        )
        for share, turn in product(_SHIFT_SHARES[::every], range(8))
    ]
    found += [Step("scale", amount) for amount in _SCALES[::every]]
    found += [Step("shear", sign * amount) for amount in _SHEARS[::every] for sign in (1, -1)]
    found += [Step("contrast", amount, 0.0) for amount in _CONTRASTS[::every]]
    if not is_drawing(shape):
        found += [Step("contrast", 1.0, amount) for amount in _BRIGHTNESSES[::every]]
    found += [Step("inversion")]
    found += [Step("blur", side * share) for share in _BLUR_SHARES[::every]]
    found += [Step("noise")]  # what takes it away is the same for any amount
    if is_drawing(shape):
        found += [Step("stroke", within("stroke", amount * near)) for amount in _STROKES]
    found += [Step("flip")]
    return tuple(dict.fromkeys(found))  # of very large pictures, strokes have their limit twice


def pictures(images: Images, tried: tuple[Step, ...]) -> Images:
    """Each picture with each step undone.

    Args:
        images: (n, h, w, c).
        tried: m steps.

    Returns:
        (n, m, h, w, c) uint8.
    """
    count, height, width, channels = images.shape
    found = np.empty((count, len(tried), height, width, channels), np.uint8)
    places = [i for i, step in enumerate(tried) if step.family in _GEOMETRIC]
    strokes = [i for i, step in enumerate(tried) if step.family == "stroke"]
    if len(places) * height * width > _MOST_PIXELS:
        strokes, places = strokes + places, []
    if places:
        changes = tuple(_change(tried[place]) for place in places)
        found[:, places] = _bytes(warps(changes, height, width).of(images))
    if strokes:
        changes = tuple(_change(tried[place]) for place in strokes)
        found[:, strokes] = np.stack([transform_each(image, changes) for image in images])
    levels = images.astype(np.float32)
    for place, step in enumerate(tried):
        if place not in places and place not in strokes:
            found[:, place] = _filtered(images, levels, step)
    return found


def _filtered(images: Images, levels: NDArray[np.float32], step: Step) -> Images:
    """The pictures with one step undone that moves nothing; as they are for no step."""
    amount = 1.0 if step.amount is None else step.amount
    if step.family == "inversion":
        return 255 - images
    if step.family == "contrast":
        mean = levels.mean(axis=(1, 2, 3), keepdims=True)
        added = 255 * (step.amount_y or 0.0)
        return _bytes(mean + (levels - mean) / amount - added)
    if step.family == "blur":
        return sharpened(images, amount)
    if step.family == "noise":
        return smoothed(images)
    return images


def _bytes(levels: NDArray[np.float32]) -> Images:
    found: Images = (np.clip(levels, 0, 255) + np.float32(0.5)).astype(np.uint8)
    return found


def _change(step: Step) -> Transform:
    family = "shift" if step.family == JITTER else step.family
    amount = 1.0 if step.amount is None else step.amount
    return undoing(family, amount, 0.0 if step.amount_y is None else step.amount_y)


@dataclass(frozen=True, eq=False)
class Tried:
    """What the classifier and the training images say of each step.

    Attributes:
        steps: m of them.
        log_p: (n, m, k) logarithms of the probabilities.
        density: (n, m, k) squared distance to each class, in units of the usual one.
    """

    steps: tuple[Step, ...]
    log_p: NDArray[np.float32]
    density: NDArray[np.float32]

    def joint(self, weight: float = 0.5) -> NDArray[np.float32]:
        """(n, m, k) how well step and class explain the picture together."""
        joint: NDArray[np.float32] = self.log_p - np.float32(weight) * self.density
        return joint

    def of_family(self, family: str) -> NDArray[np.int64]:
        """The places of the steps of a family."""
        return np.array([i for i, step in enumerate(self.steps) if step.family == family])


def refined(step: Step, shape: Shape) -> tuple[Step, ...]:
    """Steps around one, half as far apart as those of the search, the step itself first."""
    side = min(shape[:2])
    amount = 1.0 if step.amount is None else step.amount
    if step.family == "rotation":
        return (step, *(Step("rotation", amount + near) for near in (-10.0, -5.0, 5.0, 10.0)))
    if step.family == "shift":
        down = step.amount_y or 0.0
        around = [-0.05 * side, 0.0, 0.05 * side]
        return (
            step,
            *(Step("shift", amount + x, down + y) for x, y in product(around, around) if x or y),
        )
    if step.family == "contrast" and step.amount_y:
        added = (step.amount_y + near for near in (-0.1, -0.05, 0.05, 0.1))
        return (step, *(Step("contrast", amount, within("brightness", one)) for one in added))
    if step.family in ("scale", "contrast"):
        factors = (0.86, 0.93, 1.07, 1.15)
        return (step, *(Step(step.family, amount * near, step.amount_y) for near in factors))
    if step.family == "shear":
        return (step, *(Step("shear", amount + near) for near in (-0.14, -0.07, 0.07, 0.14)))
    if step.family == "blur":
        return (step, *(Step("blur", amount * near) for near in (0.7, 0.85, 1.2, 1.4)))
    if step.family == "stroke":
        near = side / OF_PIXELS
        thicker = (amount + by * near for by in (-0.5, -0.25, 0.25, 0.5))
        return (step, *(Step("stroke", within("stroke", one)) for one in thicker))
    return (step,)
