"""Errors planted on purpose: pictures spoilt in one of fourteen ways, and labels given wrongly.

The one generator of all benchmarks that plant errors. Ranges can be changed without touching it:
`--plants FILE` is a JSON object such as {"rotation": [30, 60], "blur": [1.0, 2.0]}; ways that it
leaves out keep theirs. Everything random comes from a seed.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from hardex.arrays import Image, Images, Labels, Probabilities
from hardex.images import Transform, transform

SIZES = (160, 90, 60, 40, 28, 20, 14, 10, 8, 6, 5, 4, 3, 3)  # of the hidden modes: about Zipf


@dataclass(frozen=True)
class Plant:
    """One way to spoil a picture.

    Attributes:
        spoil: picture, amount, random numbers -> picture.
        low, high: the amount is drawn evenly between them.
        signed: whether half of the amounts are negative.
    """

    spoil: Callable[[Image, float, np.random.Generator], Image]
    low: float
    high: float
    signed: bool = False

    def __call__(self, image: Image, rng: np.random.Generator) -> Image:
        amount = rng.uniform(self.low, self.high)
        sign = -1.0 if self.signed and rng.random() < 0.5 else 1.0
        return self.spoil(image, sign * amount, rng)


def rotated(image: Image, degrees: float, rng: np.random.Generator) -> Image:
    return transform(image, Transform(rotation=degrees))


def shifted(image: Image, share: float, rng: np.random.Generator) -> Image:
    angle, pixels = rng.uniform(0, 2 * np.pi), share * min(image.shape[:2])
    return transform(
        image, Transform(shift_x=pixels * np.cos(angle), shift_y=pixels * np.sin(angle))
    )


def scaled(image: Image, factor: float, rng: np.random.Generator) -> Image:
    return transform(image, Transform(scale=factor))


def sheared(image: Image, tangent: float, rng: np.random.Generator) -> Image:
    height = image.shape[0]
    matrix = np.array([[1, 0, 0], [tangent, 1, 0], [0, 0, 1]])
    offset = (0, -tangent * (height - 1) / 2, 0)
    moved = ndimage.affine_transform(
        image.astype(np.float64), matrix, offset, order=1, mode="nearest"
    )
    return as_bytes(moved)


def faded(image: Image, factor: float, rng: np.random.Generator) -> Image:
    middle = image.astype(np.float64).mean()
    return as_bytes(middle + factor * (image - middle))


def inverted(image: Image, share: float, rng: np.random.Generator) -> Image:
    return as_bytes((1 - share) * image + share * (255.0 - image))


def blurred(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    return as_bytes(ndimage.gaussian_filter(image.astype(np.float64), (sigma, sigma, 0)))


def noisy(image: Image, sigma: float, rng: np.random.Generator) -> Image:
    return as_bytes(image + rng.normal(0, 255 * sigma, image.shape))


def salted(image: Image, share: float, rng: np.random.Generator) -> Image:
    where = rng.random(image.shape[:2])
    spoilt = image.copy()
    spoilt[where < share / 2] = 0
    spoilt[where > 1 - share / 2] = 255
    return spoilt


def occluded(image: Image, share: float, rng: np.random.Generator) -> Image:
    height, width = image.shape[:2]
    high, wide = round(share * height), round(share * width)
    top, left = rng.integers(0, height - high + 1), rng.integers(0, width - wide + 1)
    spoilt = image.copy()
    spoilt[top : top + high, left : left + wide] = 128
    return spoilt


def striped(image: Image, strength: float, rng: np.random.Generator) -> Image:
    period = max(4, image.shape[0] // 7)
    lines = ((np.arange(image.shape[0]) + rng.integers(period)) % period < period / 3)[:, None]
    return as_bytes(np.where(lines[:, :, None], image + 255 * strength, image))


def pixelated(image: Image, share: float, rng: np.random.Generator) -> Image:
    block = max(2, round(share * min(image.shape[:2])))
    height, width, _ = image.shape
    rows, columns = np.arange(height) // block * block, np.arange(width) // block * block
    sums = np.add.reduceat(np.add.reduceat(image.astype(np.float64), rows[::block], 0),
                           columns[::block], 1)  # fmt: skip
    counts = np.outer(np.bincount(rows // block), np.bincount(columns // block))[:, :, None]
    return as_bytes((sums / counts)[np.ix_(rows // block, columns // block)])


def shaded(image: Image, strength: float, rng: np.random.Generator) -> Image:
    angle = rng.uniform(0, 2 * np.pi)
    y, x = np.mgrid[-1 : 1 : image.shape[0] * 1j, -1 : 1 : image.shape[1] * 1j]
    ramp = (np.cos(angle) * x + np.sin(angle) * y + 1.5) / 3
    return as_bytes(image * (1 - strength) + 255 * strength * ramp[:, :, None])


def as_bytes(values: NDArray[np.float64]) -> Image:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


PLANTS: dict[str, Plant] = {
    "rotation": Plant(rotated, 35, 70, signed=True),
    "shift": Plant(shifted, 0.18, 0.3),
    "shrink": Plant(scaled, 0.35, 0.6),
    "enlarge": Plant(scaled, 1.5, 2.0),
    "shear": Plant(sheared, 0.5, 1.0, signed=True),
    "contrast": Plant(faded, 0.08, 0.3),
    "inversion": Plant(inverted, 0.8, 1.0),
    "blur": Plant(blurred, 1.5, 3.0),
    "noise": Plant(noisy, 0.3, 0.6),
    "salt": Plant(salted, 0.2, 0.4),
    "occlusion": Plant(occluded, 0.4, 0.6),
    "stripes": Plant(striped, 0.5, 1.0),
    "pixels": Plant(pixelated, 0.14, 0.22),
    "shade": Plant(shaded, 0.5, 0.9),
}


def read_plants(path: Path | None) -> dict[str, Plant]:
    """The ways to spoil, with the ranges of a JSON file where it names them."""
    if path is None:
        return PLANTS
    ranges = json.loads(path.read_text(encoding="utf-8"))
    unknown = set(ranges) - set(PLANTS)
    if unknown:
        raise SystemExit(f"{path} names {', '.join(sorted(unknown))}; known: {', '.join(PLANTS)}")
    changed = {
        name: replace(PLANTS[name], low=low, high=high) for name, (low, high) in ranges.items()
    }
    return PLANTS | changed


def spoilt(images: Images, plant: Plant, rng: np.random.Generator) -> Images:
    """Every picture spoilt in one way, by an amount of its own."""
    return np.stack([plant(image, rng) for image in images])


def uniform_noise(
    labels: Labels, probabilities: Probabilities, share: float, rng: np.random.Generator
) -> Labels:
    """Labels of which a share was replaced by any other class."""
    noisy_labels, k = labels.copy(), probabilities.shape[1]
    chosen = rng.permutation(len(labels))[: round(share * len(labels))]
    noisy_labels[chosen] = (labels[chosen] + rng.integers(1, k, len(chosen))) % k
    return noisy_labels


def pair_noise(
    labels: Labels, probabilities: Probabilities, share: float, rng: np.random.Generator
) -> Labels:
    """Labels of which a share was replaced by the class most often confused with theirs."""
    k = probabilities.shape[1]
    belief = np.stack([probabilities[labels == label].mean(axis=0) for label in range(k)])
    np.fill_diagonal(belief, -1)
    noisy_labels = labels.copy()
    chosen = rng.permutation(len(labels))[: round(share * len(labels))]
    noisy_labels[chosen] = belief.argmax(axis=1)[labels[chosen]]
    return noisy_labels


NOISES = {"uniform": uniform_noise, "confusable pairs": pair_noise}
