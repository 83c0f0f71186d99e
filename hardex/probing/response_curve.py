"""A picture and one transform -> how the prediction changes with its amount, and where it flips."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform
from hardex.probing.amounts import with_amount
from hardex.probing.batches import labels_after, probabilities_after
from hardex.probing.sliders import (
    CURVE,
    Slider,
    deed_in_words,
    place_in_words,
    plural,
    start_in_words,
)

_LINES_MOST = 8  # without that of the given label


@dataclass(frozen=True)
class Flip:
    """Where the prediction changes.

    Attributes:
        amount: of the transform.
        label: the class index predicted from there on.
    """

    amount: float
    label: int


@dataclass(frozen=True, eq=False)
class ResponseCurve:
    """The predictions over the amounts of one transform.

    Attributes:
        slider: the transform that varies.
        amounts: m of them, ascending; one of them does nothing.
        probabilities: (m, k).
        start: the class index predicted where nothing is done.
        flips: the nearest one on each side of the start, if there is one.
    """

    slider: Slider
    amounts: tuple[float, ...]
    probabilities: Probabilities
    start: int
    flips: tuple[Flip, ...]

    @property
    def leaders(self) -> list[int]:
        """The class index predicted at each amount."""
        labels: list[int] = self.probabilities.argmax(axis=1).tolist()
        return labels

    def line(self, label: int) -> list[float]:
        """The probability of one class at each amount, 0..1."""
        return [float(value) for value in self.probabilities[:, label]]

    def lines(self, given: int | None = None) -> list[int]:
        """The classes worth a line: at most eight that lead at some amount, and the given one.

        The most frequent leaders come first. The start and the flips are always among the eight,
        even a class that leads only between two amounts.
        """
        counts = np.bincount(self.leaders, minlength=self.probabilities.shape[1])
        by_count: list[int] = np.argsort(-counts, kind="stable").tolist()
        named = [self.start, *(flip.label for flip in self.flips)]
        leading = [label for label in by_count if counts[label]]
        chosen = list(dict.fromkeys([*named, *leading]))[:_LINES_MOST]
        lines = sorted(chosen, key=by_count.index)
        return lines if given is None or given in lines else [*lines, given]


def response_curve(
    image: Image, slider: Slider, base: Transform, classifier: Classifier
) -> ResponseCurve:
    """Vary one transform over its range, with the other amounts as they are.

    The prediction is computed at the amounts of the curve; a flip between two of them is then
    located to one step of the slider. A class that leads only between two amounts may be missed.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        slider: the transform that varies; see `sliders_of`.
        base: all other amounts.
        classifier: whose predictions are wanted.
    """
    places = slider.curve()
    changes = [with_amount(base, slider, place) for place in places]
    probabilities = probabilities_after(image, changes, classifier)
    leaders = probabilities.argmax(axis=1).tolist()
    flips = _flips(image, base, slider, leaders, classifier)
    return ResponseCurve(
        slider=slider,
        amounts=tuple(slider.amount(place) for place in places),
        probabilities=probabilities,
        start=leaders[places.index(slider.start)],
        flips=tuple(Flip(slider.amount(place), label) for place, label in flips),
    )


def curve_sentence(
    curve: ResponseCurve, names: Sequence[str], given: str | None, label: str = "given label"
) -> str:
    """What a curve shows, as a sentence.

    Args:
        curve: the curve.
        names: k class names.
        given: the given or expected label, if there is one.
        label: what to call it.
    """
    slider, start = curve.slider, names[curve.start]
    if not curve.flips:
        return _no_flip(slider, start)
    flips = [(flip.amount, names[flip.label]) for flip in curve.flips]
    text = _flips_in_words(slider, start, flips)
    restoring = [amount for amount, name in flips if name == given != start]
    if restoring:
        deed = deed_in_words(slider, restoring[0])
        text += f" {deed[0].upper()}{deed[1:]} restores the {label} {given}."
    return text


def _no_flip(slider: Slider, start: str) -> str:
    if slider.switch:
        changed = place_in_words(slider, 1)
        return f"The model says {start}, both as it is and {changed}."
    return f"The model says {start} at each of the {CURVE} {plural(slider)}."


def _flips_in_words(slider: Slider, start: str, flips: Sequence[tuple[float, str]]) -> str:
    if slider.switch:
        changed = place_in_words(slider, 1)
        return f"As it is, the model says {start}; {changed}, it becomes {flips[0][1]}."
    places = " and ".join(
        f"at {place_in_words(slider, amount)} it becomes {name}" for amount, name in flips
    )
    return f"At {start_in_words(slider)} the model says {start}; {places}."


def _flips(
    image: Image,
    base: Transform,
    slider: Slider,
    leaders: Sequence[int],
    classifier: Classifier,
) -> list[tuple[int, int]]:
    """The nearest place below and above the start where another class leads, and that class."""
    places = slider.curve()
    start = leaders[places.index(slider.start)]
    intervals = _intervals(slider, leaders)
    between = [place for inner, _ in intervals for place in inner]
    changes = [with_amount(base, slider, place) for place in between]
    labels = labels_after(image, changes, classifier) if changes else []
    found = dict(zip(between, labels, strict=True))
    return [
        next(
            ((place, found[place]) for place in inner if found[place] != start),
            (places[at], leaders[at]),
        )
        for inner, at in intervals
    ]


def _intervals(slider: Slider, leaders: Sequence[int]) -> list[tuple[list[int], int]]:
    """For each side of the start: the places just before the first change, and its index."""
    places = slider.curve()
    start = places.index(slider.start)
    found = []
    for outward in (range(start, -1, -1), range(start, len(places))):
        changed = next((at for at in outward if leaders[at] != leaders[start]), None)
        if changed is not None:
            last = changed - outward.step
            found.append((list(range(places[last], places[changed], outward.step))[1:], changed))
    return found
