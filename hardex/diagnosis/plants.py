"""Correct examples -> the same examples made hard by a known cause: what the diagnosis learns from.

A plant counts if the model was right before and is wrong after. What changes the pixels or the
label is really done and really predicted. A lack of training data cannot be planted without
training again: it is simulated in what the neighbours and the model say, see `Cases`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from hardex.arrays import Image, Images, Labels, Probabilities
from hardex.data.dataset import Shape
from hardex.diagnosis.causes import (
    AMBIGUOUS,
    IMBALANCE,
    JUNK,
    MISLABELLED,
    RARE,
    UNEXPLAINED,
)
from hardex.diagnosis.search import is_drawing
from hardex.images import Transform, transform

Range = tuple[float, float]

# How much of each transform is planted; lengths in pixels of 28, and they grow with the picture.
RANGES: Mapping[str, tuple[Range, ...]] = {
    "rotation": ((15.0, 60.0), (-60.0, -15.0)),
    "shift": ((2.0, 4.0),),
    "scale": ((0.6, 0.8), (1.2, 1.4)),
    "shear": ((0.3, 0.6), (-0.6, -0.3)),
    "contrast": ((0.15, 0.5), (1.6, 2.5)),
    "brightness": ((0.2, 0.45), (-0.45, -0.2)),
    "blur": ((1.2, 2.2),),
    "noise": ((0.15, 0.4),),
    "stroke": ((1.0, 2.5), (-1.5, -0.7)),
    AMBIGUOUS: ((0.4, 0.6),),
}
_RARE_LEFT = (0.03, 0.15)  # share of a class around an example that is taken away
_SMALL_CLASS = (0.04, 0.15)  # what is left of a class
_CLOSE = 0.6  # margin between two probabilities
UNTOUCHED = "untouched"


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

    def at(self, rows: NDArray[np.int64]) -> "Sources":
        """These rows."""
        return Sources(self.images[rows], self.labels[rows], self.probabilities[rows])


@dataclass(frozen=True, eq=False)
class Cases:
    """Examples to diagnose.

    The last three simulate a lack of training data: the model takes the given class for another,
    training images of the given class are missing around the example, or everywhere.

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

    def believed(self, probabilities: Probabilities, rows: Any = slice(None)) -> Probabilities:
        """(n, ..., k) probabilities of the model -> those of the simulated one."""
        given, confused = self.given[rows], self.confused[rows]
        left, softened = self.left[rows], self.softened[rows]
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


@dataclass(frozen=True, eq=False)
class Made:
    """Planted examples and how much of the cause is in each.

    Attributes:
        cases: the examples.
        amounts, amounts_y: (n,) as in a finding; NaN where there is none.
        rows: (n,) the source of each.
    """

    cases: Cases
    amounts: NDArray[np.float64]
    amounts_y: NDArray[np.float64]
    rows: NDArray[np.int64]


PlantFunction = Callable[[Sources, np.random.Generator, Mapping[str, tuple[Range, ...]]], Made]


@dataclass(frozen=True)
class Plant:
    """One way to make examples hard.

    Attributes:
        cause: what it plants.
        make: sources, a generator and ranges -> planted examples, at most as many.
        only: `grey` or `colour`, for pictures of that kind only; "" for all.
        share: of the plants of its cause, relative to others of the same cause.
        kind: its name among those of the same cause.
        by_pixels: whether it changes pixels, so that a model is needed.
        chooses: whether it chooses among all sources, each once, instead of getting some of them.
        keeps_right: whether its plants count although the model is right.
    """

    cause: str
    make: PlantFunction
    only: str = ""
    share: float = 1.0
    kind: str = ""
    by_pixels: bool = True
    chooses: bool = False
    keeps_right: bool = False


def _amounts(ranges: Sequence[Range], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform within ranges, each of which is equally likely."""
    low, high = np.array(ranges)[rng.integers(len(ranges), size=count)].T
    amounts: NDArray[np.float64] = low + (high - low) * rng.random(count)
    return amounts


def _side(sources: Sources) -> float:
    return float(min(sources.images.shape[1:3])) / 28


def _changed(
    sources: Sources,
    change: Callable[[int], Transform],
    amounts: NDArray[np.float64],
    amounts_y: NDArray[np.float64] | None = None,
    rng: np.random.Generator | None = None,
) -> Made:
    images = np.stack(
        [transform(image, change(row), rng=rng) for row, image in enumerate(sources.images)]
    )
    nothing = np.full(len(sources), np.nan)
    cases = Cases.of(images, sources.labels)
    found = nothing if amounts_y is None else amounts_y
    return Made(cases, amounts, found, np.arange(len(sources)))


def _simple(name: str, *, grows: bool = False, cause: str = "") -> PlantFunction:
    """A transform with one amount, under its name in `Transform`."""

    def make(
        sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
    ) -> Made:
        amounts = _amounts(ranges[cause or name], len(sources), rng)
        amounts = amounts * _side(sources) if grows else amounts
        return _changed(sources, lambda row: Transform(**{name: amounts[row]}), amounts, rng=rng)

    return make


def _shift(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    far = _amounts(ranges["shift"], len(sources), rng) * _side(sources)
    angle = rng.uniform(0, 2 * np.pi, len(sources))
    right, down = far * np.cos(angle), far * np.sin(angle)
    return _changed(
        sources, lambda row: Transform(shift_x=right[row], shift_y=down[row]), right, down
    )


def _brightness(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    added = _amounts(ranges["brightness"], len(sources), rng)
    ones = np.ones(len(sources))
    return _changed(sources, lambda row: Transform(brightness=added[row]), ones, added)


def _switch(name: str) -> PlantFunction:
    def make(
        sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
    ) -> Made:
        nothing = np.full(len(sources), np.nan)
        return _changed(sources, lambda row: Transform(**{name: True}), nothing)

    return make


def _unchanged(cases: Cases, rows: NDArray[np.int64] | None = None) -> Made:
    nothing = np.full(len(cases), np.nan)
    return Made(cases, nothing, nothing, np.arange(len(cases)) if rows is None else rows)


def _mislabelled(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Half of the labels drawn from all other classes, half the likeliest other class."""
    classes = sources.probabilities.shape[1]
    others = (sources.labels + rng.integers(1, classes, len(sources))) % classes
    likely = runner_up(sources.probabilities, sources.labels, rng)
    given = np.where(rng.random(len(sources)) < 0.5, others, likely)
    return _unchanged(Cases.of(sources.images, given))


def runner_up(p: Probabilities, labels: Labels, rng: np.random.Generator) -> Labels:
    """(n,) another class for each, drawn by its probability; those nearly certain are softened."""
    logits = np.log(np.maximum(p, 1e-12)) / 2
    logits[np.arange(len(labels)), labels] = -np.inf
    noise = rng.gumbel(size=p.shape)
    return np.asarray((logits + noise).argmax(axis=1))


def _blended(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Two examples of two classes laid over each other, labelled as one of both."""
    partner = _of_another_class(sources, rng)
    share = _amounts(ranges[AMBIGUOUS], len(sources), rng)[:, None, None, None]
    mixed = share * sources.images + (1 - share) * sources.images[partner]
    return _unchanged(Cases.of((mixed + 0.5).astype(np.uint8), sources.labels))


def _of_another_class(sources: Sources, rng: np.random.Generator) -> NDArray[np.int64]:
    """(n,) for each row another one of another class, where there is one."""
    partner = rng.permutation(len(sources))
    for _ in range(20):
        same = sources.labels[partner] == sources.labels
        if not same.any():
            break
        partner[same] = rng.integers(len(sources), size=int(same.sum()))
    return partner


def _undecided(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Examples between two classes as they are, labelled as the less likely one.

    Each is taken once, in any order.
    """
    top = np.sort(sources.probabilities, axis=1)
    rows = rng.permutation(np.flatnonzero(top[:, -1] - top[:, -2] < _CLOSE))
    second = np.argsort(-sources.probabilities[rows], axis=1, kind="stable")[:, 1]
    return _unchanged(Cases.of(sources.images[rows], second), rows)


def _rare(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """As if training images like this one were missing, and the model took it for another class."""
    cases = Cases.of(sources.images, sources.labels)
    return _unchanged(
        replace(
            cases,
            confused=runner_up(sources.probabilities, sources.labels, rng),
            missing=rng.uniform(*_RARE_LEFT, len(sources)),
            softened=rng.uniform(1.0, 3.0, len(sources)),
        )
    )


def _imbalance(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """As if most training images of the class were missing: its probability shrinks with it."""
    cases = Cases.of(sources.images, sources.labels)
    low, high = np.log(_SMALL_CLASS).tolist()
    left = np.exp(rng.uniform(low, high, len(sources)))
    return _unchanged(replace(cases, left=left, softened=rng.uniform(1.0, 4.0, len(sources))))


def _junk(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Pictures of no class, made of the levels of the sources."""
    makers = (_shuffled, _textured, _stripes, _scribbled, _flat, _smooth)
    kinds = rng.integers(len(makers), size=len(sources))
    images = np.stack(
        [
            makers[kind](image, rng)
            for kind, image in zip(kinds.tolist(), sources.images, strict=True)
        ]
    )
    return _unchanged(Cases.of(images, sources.labels))


def _shuffled(image: Image, rng: np.random.Generator) -> Image:
    """Every pixel somewhere else."""
    flat = image.reshape(-1, image.shape[2])
    return np.ascontiguousarray(rng.permutation(flat).reshape(image.shape))


def _textured(image: Image, rng: np.random.Generator) -> Image:
    """Soft noise with the brightness and contrast of the picture, thresholded half of the time."""
    height, width, channels = image.shape
    sigma = rng.uniform(0.02, 0.15) * min(height, width)
    noise = gaussian_filter(rng.standard_normal((height, width, channels)), (sigma, sigma, 0))
    noise = (noise - noise.mean()) / (noise.std() + 1e-9)
    levels = image.mean() + max(image.std(), 30.0) * noise
    if rng.random() < 0.5:
        levels = np.where(noise > rng.uniform(0, 1.2), 255.0, 0.0)
    return _bytes(levels)


def _stripes(image: Image, rng: np.random.Generator) -> Image:
    """Parallel stripes, or a chequerboard."""
    height, width, channels = image.shape
    y, x = np.mgrid[:height, :width]
    period = rng.uniform(0.1, 0.5) * min(height, width)
    angle = rng.uniform(0, np.pi)
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    if rng.random() < 0.5:
        wave = wave * np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / period)
    colours = rng.uniform(0, 255, (2, channels))
    share = (wave[..., None] > 0).astype(float)
    return _bytes(colours[0] * share + colours[1] * (1 - share))


def _scribbled(image: Image, rng: np.random.Generator) -> Image:
    """A few soft random curves on the background of the picture."""
    height, width, channels = image.shape
    ink = np.zeros((height, width))
    for _ in range(int(rng.integers(2, 6))):
        points = rng.uniform(0, 1, (4, 2))
        t = np.linspace(0, 1, 60)[:, None]
        bezier = (
            (1 - t) ** 3 * points[0]
            + 3 * t * (1 - t) ** 2 * points[1]
            + 3 * t**2 * (1 - t) * points[2]
            + t**3 * points[3]
        )
        rows = np.clip((bezier[:, 0] * height).astype(int), 0, height - 1)
        columns = np.clip((bezier[:, 1] * width).astype(int), 0, width - 1)
        ink[rows, columns] = 1
    soft = gaussian_filter(ink, max(0.7, 0.025 * min(height, width)))
    soft = np.minimum(soft / (np.quantile(soft[soft > 0.05], 0.7) if (soft > 0.05).any() else 1), 1)
    background = np.median(np.concatenate([image[0], image[-1]]), axis=0)
    colour = 255.0 - background if rng.random() < 0.7 else rng.uniform(0, 255, channels)
    return _bytes(background + soft[..., None] * (colour - background))


def _flat(image: Image, rng: np.random.Generator) -> Image:
    """One level, nearly."""
    levels = rng.uniform(0, 255, image.shape[2]) + rng.normal(0, rng.uniform(0, 12), image.shape)
    return _bytes(levels)


def _smooth(image: Image, rng: np.random.Generator) -> Image:
    """Nothing but a large soft blob of the picture's colours."""
    sigma = rng.uniform(0.2, 0.4) * min(image.shape[:2])
    soft = gaussian_filter(image.astype(float), (sigma, sigma, 0))
    rolled = np.roll(soft, tuple(rng.integers(0, side) for side in image.shape[:2]), axis=(0, 1))
    span = max(1.0, float(np.ptp(rolled)))
    return _bytes((rolled - rolled.min()) * (rng.uniform(80, 255) / span))


def _untouched(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Correct examples as they are: nothing is to be explained."""
    return _unchanged(Cases.of(sources.images, sources.labels))


def _mistaken(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """As if the model took ordinary examples for another class."""
    cases = Cases.of(sources.images, sources.labels)
    return _unchanged(
        replace(
            cases,
            confused=runner_up(sources.probabilities, sources.labels, rng),
            softened=rng.uniform(1.0, 4.0, len(sources)),
        )
    )


def _distorted(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Distortions that have no name here: their cause is to be left unexplained.

    Source: to show a classifier what it does not know makes it abstain elsewhere, too
    (Hendrycks, Mazeika and Dietterich, Deep Anomaly Detection with Outlier Exposure, 2019).
    """
    makers = (_warped, _swirled, _pixelated, _crossed, _stretched, _bent)
    kinds = rng.integers(len(makers), size=len(sources))
    images = np.stack(
        [
            makers[kind](image, rng)
            for kind, image in zip(kinds.tolist(), sources.images, strict=True)
        ]
    )
    return _unchanged(Cases.of(images, sources.labels))


def _moved(image: Image, y: NDArray[np.float64], x: NDArray[np.float64]) -> Image:
    """The picture with each pixel looked up at (y, x)."""
    planes = [
        map_coordinates(plane.astype(np.float32), [y, x], order=1, mode="nearest")
        for plane in np.moveaxis(image, 2, 0)
    ]
    return _bytes(np.stack(planes, axis=2))


def _grid(image: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(float)
    return y, x


def _warped(image: Image, rng: np.random.Generator) -> Image:
    """An elastic distortion."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    sigma, far = rng.uniform(0.1, 0.2) * side, rng.uniform(0.08, 0.2) * side
    moves = [gaussian_filter(rng.standard_normal(y.shape), sigma) for _ in range(2)]
    down, right = (move / (np.abs(move).max() + 1e-9) * far for move in moves)
    return _moved(image, y + down, x + right)


def _swirled(image: Image, rng: np.random.Generator) -> Image:
    """Turned more in the middle than outside."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    middle_y, middle_x = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2
    far = np.hypot(y - middle_y, x - middle_x) / side
    angle = rng.choice([-1, 1]) * rng.uniform(1.2, 3.0) * np.exp(-((far / 0.3) ** 2))
    down, right = y - middle_y, x - middle_x
    return _moved(
        image,
        middle_y + np.cos(angle) * down - np.sin(angle) * right,
        middle_x + np.sin(angle) * down + np.cos(angle) * right,
    )


def _pixelated(image: Image, rng: np.random.Generator) -> Image:
    """Large squares of one level."""
    y, x = _grid(image)
    block = max(2.0, rng.uniform(0.12, 0.25) * min(image.shape[:2]))
    return _moved(
        image,
        np.minimum((y // block + 0.5) * block, image.shape[0] - 1),
        np.minimum((x // block + 0.5) * block, image.shape[1] - 1),
    )


def _crossed(image: Image, rng: np.random.Generator) -> Image:
    """Crossed out by thin straight lines."""
    y, x = _grid(image)
    levels = image.astype(float)
    side = min(image.shape[:2])
    for _ in range(int(rng.integers(1, 4))):
        angle, off = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25) * side
        far = (y - image.shape[0] / 2) * np.cos(angle) - (x - image.shape[1] / 2) * np.sin(angle)
        line = np.abs(far - off) < rng.uniform(0.02, 0.05) * side
        levels[line] = rng.choice([0.0, 255.0]) if image.mean() > 100 else 255.0
    return _bytes(levels)


def _stretched(image: Image, rng: np.random.Generator) -> Image:
    """Stretched or squeezed in one direction only."""
    y, x = _grid(image)
    factor = rng.choice([rng.uniform(0.45, 0.65), rng.uniform(1.5, 2.0)])
    middle_y, middle_x = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2
    if rng.random() < 0.5:
        return _moved(image, middle_y + (y - middle_y) / factor, x)
    return _moved(image, y, middle_x + (x - middle_x) / factor)


def _bent(image: Image, rng: np.random.Generator) -> Image:
    """A wave across the picture."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    far, period = rng.uniform(0.06, 0.15) * side, rng.uniform(0.3, 0.8) * side
    phase = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        return _moved(image, y, x + far * np.sin(2 * np.pi * y / period + phase))
    return _moved(image, y + far * np.sin(2 * np.pi * x / period + phase), x)


def _bytes(levels: NDArray[Any]) -> Image:
    return np.asarray(np.clip(levels, 0, 255) + 0.5).astype(np.uint8)


PLANTS: tuple[Plant, ...] = (
    Plant("rotation", _simple("rotation")),
    Plant("shift", _shift),
    Plant("scale", _simple("scale")),
    Plant("shear", _simple("shear")),
    Plant("contrast", _simple("contrast")),
    Plant("contrast", _brightness, only="colour", kind="brightness"),
    Plant("inversion", _switch("invert")),
    Plant("blur", _simple("blur", grows=True)),
    Plant("noise", _simple("noise")),
    Plant("stroke", _simple("stroke", grows=True), only="grey"),
    Plant("flip", _switch("flip")),
    Plant(MISLABELLED, _mislabelled, by_pixels=False),
    Plant(AMBIGUOUS, _blended, share=0.6, kind="blend"),
    Plant(AMBIGUOUS, _undecided, share=0.4, kind="undecided", by_pixels=False, chooses=True),
    Plant(RARE, _rare, by_pixels=False),
    Plant(IMBALANCE, _imbalance, by_pixels=False),
    Plant(JUNK, _junk),
    Plant(UNEXPLAINED, _untouched, share=0.35, kind=UNTOUCHED, by_pixels=False, keeps_right=True),
    Plant(UNEXPLAINED, _mistaken, share=0.25, kind="mistaken", by_pixels=False),
    Plant(UNEXPLAINED, _distorted, share=0.4, kind="distorted"),
)


def plants_for(shape: Shape, *, with_model: bool = True) -> tuple[Plant, ...]:
    """The plants for pictures of this (h, w, c); without a model those that change no pixels."""
    kind = "grey" if is_drawing(shape) else "colour"
    return tuple(
        one for one in PLANTS if one.only in ("", kind) and (with_model or not one.by_pixels)
    )
