"""Correct examples -> the same examples made hard by a known cause: what the diagnosis learns from.

A plant counts if the model was right before and is wrong after. What changes the pixels or the
label is really done and really predicted. A lack of training data cannot be planted without
training again: it is simulated in what the neighbours and the model say, see `Cases`.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities
from hardex.data.dataset import Shape
from hardex.diagnosis.cases import Cases, Sources
from hardex.diagnosis.causes import (
    AMBIGUOUS,
    IMBALANCE,
    JUNK,
    MISLABELLED,
    RARE,
    UNEXPLAINED,
)
from hardex.diagnosis.distortions import DISTORTIONS, as_bytes, made_by
from hardex.diagnosis.junk import JUNK_MAKERS
from hardex.diagnosis.search import OF_PIXELS, is_drawing, within
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
# Share of the sources, the least sure ones, that a lack of training data is simulated on; with
# these, simulated examples resemble those of models that were really trained on less.
_SHARE_RARE, _SHARE_IMBALANCE = 0.2, 0.4
_INSIDE_ANOTHER = 0.15  # share of the examples of a small class
_LESS_SURE = 3.0  # temperature at most, under which examples come between two classes
_CLOSE = 0.6  # margin between two probabilities
UNTOUCHED = "untouched"


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
        once: whether it makes the same of a source each time, so that each serves once.
        keeps_right: whether its plants count although the model is right.
    """

    cause: str
    make: PlantFunction
    only: str = ""
    share: float = 1.0
    kind: str = ""
    by_pixels: bool = True
    once: bool = False
    keeps_right: bool = False


def _amounts(ranges: Sequence[Range], count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Uniform within ranges, each of which is equally likely."""
    low, high = np.array(ranges)[rng.integers(len(ranges), size=count)].T
    amounts: NDArray[np.float64] = low + (high - low) * rng.random(count)
    return amounts


def _side(sources: Sources) -> float:
    return float(min(sources.images.shape[1:3])) / OF_PIXELS


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


def _simple(name: str, *, grows: bool = False) -> PlantFunction:
    """A transform with one amount, under its name in `Transform`."""

    def make(
        sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
    ) -> Made:
        amounts = _amounts(ranges[name], len(sources), rng)
        if grows:
            amounts = np.array([within(name, one) for one in amounts * _side(sources)])
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
    shares = _amounts(ranges[AMBIGUOUS], len(sources), rng)
    mixed = [  # one by one: of large pictures, decimals take eight times the memory
        as_bytes(share * sources.images[row] + (1 - share) * sources.images[other])
        for row, (other, share) in enumerate(zip(partner.tolist(), shares, strict=True))
    ]
    return _unchanged(Cases.of(np.stack(mixed), sources.labels))


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
    """Those examples that lie between two classes as they are, labelled as the less likely one."""
    cases, rows = _between(sources, rng)
    second = np.argsort(-sources.probabilities[rows], axis=1, kind="stable")[:, 1]
    return _unchanged(replace(cases, given=second, confused=second), rows)


def _hesitant(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Those that lie between two classes with their own label, which the model has right."""
    cases, rows = _between(sources, rng)
    return _unchanged(cases, rows)


def _between(sources: Sources, rng: np.random.Generator) -> tuple[Cases, NDArray[np.int64]]:
    """The examples with a small margin, as a model sees them that is less sure of everything.

    The least sure ones of all are diagnosed and no sources, so those that are left are softened.
    """
    softened = rng.uniform(1.0, _LESS_SURE, len(sources))
    cases = replace(Cases.of(sources.images, sources.labels), softened=softened)
    top = np.sort(cases.believed(sources.probabilities), axis=1)
    rows = np.flatnonzero(top[:, -1] - top[:, -2] < _CLOSE)
    return cases.at(rows), rows


def _rare(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """As if training images like this one were missing, and the model took it for another class."""
    rows = _least_sure(sources, _SHARE_RARE)
    some = sources.at(rows)
    lacking = replace(
        Cases.of(some.images, some.labels),
        confused=runner_up(some.probabilities, some.labels, rng),
        missing=rng.uniform(*_RARE_LEFT, len(some)),
        softened=rng.uniform(1.0, 1.5, len(some)),
    )
    return _unchanged(lacking, rows)


def _imbalance(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """As if most training images of the class were missing: its probability shrinks with them.

    A few examples lie inside another class, too, where no correction of the shares would help:
    what is seldom seen is learnt less well.
    """
    rows = _least_sure(sources, _SHARE_IMBALANCE)
    some = sources.at(rows)
    low, high = np.log(_SMALL_CLASS).tolist()
    likely = runner_up(some.probabilities, some.labels, rng)
    lacking = replace(
        Cases.of(some.images, some.labels),
        left=np.exp(rng.uniform(low, high, len(some))),
        confused=np.where(rng.random(len(some)) < _INSIDE_ANOTHER, likely, some.labels),
        softened=rng.uniform(1.0, 2.0, len(some)),
    )
    return _unchanged(lacking, rows)


def _least_sure(sources: Sources, share: float) -> NDArray[np.int64]:
    """The sources nearest to a border: what is lost for a lack of data was never far inside."""
    order = np.argsort(sources.probabilities.max(axis=1), kind="stable")
    return np.sort(order[: math.ceil(share * len(sources))])


def _junk(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Pictures of no class, made of the levels of the sources."""
    return _unchanged(Cases.of(made_by(JUNK_MAKERS, sources.images, rng), sources.labels))


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


def _nudged(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Examples at a border, made wrong by changes that nobody would call a cause.

    Almost anything turns them right again, as it does with natural errors: that proves nothing.
    """
    side = _side(sources)
    near = rng.uniform(-1, 1, (len(sources), 6))

    def change(row: int) -> Transform:
        turn, right, down, size, slant, levels = near[row]
        return Transform(
            rotation=6 * turn,
            shift_x=0.8 * side * right,
            shift_y=0.8 * side * down,
            scale=1 + 0.06 * size,
            shear=0.08 * slant,
            contrast=1 + 0.15 * levels,
            noise=0.02,
        )

    return _changed(sources, change, np.full(len(sources), np.nan), rng=rng)


def _distorted(
    sources: Sources, rng: np.random.Generator, ranges: Mapping[str, tuple[Range, ...]]
) -> Made:
    """Distortions that have no name here: their cause is to be left unexplained.

    Source: to show a classifier what it does not know makes it abstain elsewhere, too
    (Hendrycks, Mazeika and Dietterich, Deep Anomaly Detection with Outlier Exposure, 2019).
    """
    return _unchanged(Cases.of(made_by(DISTORTIONS, sources.images, rng), sources.labels))


PLANTS: tuple[Plant, ...] = (
    Plant("rotation", _simple("rotation")),
    Plant("shift", _shift),
    Plant("scale", _simple("scale")),
    Plant("shear", _simple("shear")),
    Plant("contrast", _simple("contrast")),
    Plant("contrast", _brightness, only="colour", kind="brightness"),
    Plant("inversion", _switch("invert"), once=True),
    Plant("blur", _simple("blur", grows=True)),
    Plant("noise", _simple("noise")),
    Plant("stroke", _simple("stroke", grows=True), only="grey"),
    Plant("flip", _switch("flip"), once=True),
    Plant(MISLABELLED, _mislabelled, by_pixels=False),
    Plant(AMBIGUOUS, _blended, share=0.5, kind="blend"),
    Plant(AMBIGUOUS, _undecided, share=0.25, kind="undecided", by_pixels=False, once=True),
    Plant(
        AMBIGUOUS,
        _hesitant,
        share=0.25,
        kind="hesitant",
        by_pixels=False,
        once=True,
        keeps_right=True,
    ),
    Plant(RARE, _rare, by_pixels=False),
    Plant(IMBALANCE, _imbalance, by_pixels=False),
    Plant(JUNK, _junk),
    Plant(
        UNEXPLAINED,
        _untouched,
        share=0.3,
        kind=UNTOUCHED,
        by_pixels=False,
        once=True,
        keeps_right=True,
    ),
    Plant(UNEXPLAINED, _mistaken, share=0.2, kind="mistaken", by_pixels=False),
    Plant(UNEXPLAINED, _nudged, share=0.2, kind="nudged"),
    Plant(UNEXPLAINED, _distorted, share=0.3, kind="distorted"),
)


def plants_for(shape: Shape, *, with_model: bool = True) -> tuple[Plant, ...]:
    """The plants for pictures of this (h, w, c); without a model those that change no pixels."""
    kind = "grey" if is_drawing(shape) else "colour"
    return tuple(
        one for one in PLANTS if one.only in ("", kind) and (with_model or not one.by_pixels)
    )
