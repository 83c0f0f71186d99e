"""Sliders and a classifier -> the least amount of each transform that changes the prediction."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.images import ORDER, Transform, transform
from hardex.probing.amounts import with_amount
from hardex.probing.batches import labels_after
from hardex.probing.model_input import shape_of
from hardex.probing.sliders import Slider, deed_in_words, sliders_of

NEAR = 24  # amounts of a curve, nearest to the start, at which each slider is tried first

Setting = tuple[Slider, int]  # a slider and its place
Hit = tuple[Slider, int, int]  # and the class index predicted there
Predict = Callable[[Sequence[Setting]], Sequence[int]]  # the class index at each setting
Classes = dict[str, dict[int, int]]  # the class index by slider name and place
Goal = Callable[[int], bool]  # whether a class index is looked for


@dataclass(frozen=True)
class Nearest:
    """What was found along each slider.

    Attributes:
        start: the class index predicted where nothing is done.
        breaking: for each slider that changes the prediction, the nearest place, or two that are
            equally near, and the class index there.
        restoring: the same for the wanted class.
    """

    start: int
    breaking: tuple[Hit, ...]
    restoring: tuple[Hit, ...]


@dataclass(frozen=True)
class Change:
    """One transform alone.

    Attributes:
        slider, place: which transform, and its amount in steps from 0.
        label: the class index predicted after it.
        difference: of the pixels, in levels of 255, root mean square.
    """

    slider: Slider
    place: int
    label: int
    difference: float

    @property
    def amount(self) -> float:
        """The amount, in the unit of the slider."""
        return self.slider.amount(self.place)


@dataclass(frozen=True)
class SmallestChanges:
    """The least amount of each transform that changes the prediction, smallest difference first.

    Attributes:
        start: the class index predicted for the unchanged picture.
        breaking: one for each transform that changes the prediction.
        restoring: one for each transform that leads to the wanted class; none if there is no
            wanted class or it is predicted already.
        unchanged: names of the transforms that change nothing at any amount that was tried.
    """

    start: int
    breaking: tuple[Change, ...]
    restoring: tuple[Change, ...]
    unchanged: tuple[str, ...]


def smallest_changes(
    image: Image, classifier: Classifier, wanted: int | None = None
) -> SmallestChanges:
    """Search for the smallest changes that break or restore the prediction.

    Each transform is tried alone, at the amounts of its response curve from the start outwards; the
    first hit is then located to one step of the slider. So no result lies further out than what the
    curve of the unchanged picture shows.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        classifier: whose predictions are wanted.
        wanted: the index of the given or expected class.
    """
    unchanged = Transform()

    def predict(settings: Sequence[Setting]) -> list[int]:
        changes = [with_amount(unchanged, slider, place) for slider, place in settings]
        return labels_after(image, changes, classifier)

    nearest = nearest_changes(sliders_of(shape_of(image)), predict, wanted)
    breaking = _least(image, nearest.breaking)
    broken = {change.slider.name for change in breaking}
    return SmallestChanges(
        start=nearest.start,
        breaking=breaking,
        restoring=_least(image, nearest.restoring),
        unchanged=tuple(name for name in ORDER if name not in broken),
    )


def smallest_sentence(
    found: SmallestChanges, names: Sequence[str], given: str | None, label: str = "given label"
) -> str:
    """What was found, as a sentence.

    Args:
        found: the smallest changes.
        names: k class names.
        given: the given or expected label, if there is one.
        label: what to call it.
    """
    start = names[found.start]
    text = f"None of the changes tried breaks the prediction {start}."
    if found.breaking:
        first = found.breaking[0]
        deed = deed_in_words(first.slider, first.amount)
        text = (
            f"The smallest change that breaks the prediction {start} is {deed}: it becomes "
            f"{names[first.label]}."
        )
    if given is None or given == start:
        return text
    if not found.restoring:
        return f"{text} None of them restores the {label} {given}."
    deed = deed_in_words(found.restoring[0].slider, found.restoring[0].amount)
    return f"{text} The smallest that restores the {label} {given} is {deed}."


def nearest_changes(sliders: Sequence[Slider], predict: Predict, wanted: int | None) -> Nearest:
    """Try each slider alone, at the amounts of its curve from the start outwards.

    Each is tried at its `NEAR` nearest amounts first, and at the rest of its curve if these do not
    change the prediction, or do not lead to the wanted class. Hits are then located to one step of
    the slider. A change that happens only between two amounts of the curve may be missed.

    Args:
        sliders: at least one.
        predict: the class index at each of some settings.
        wanted: a class index to look for as well.

    Example:
        >>> from hardex.probing.sliders import slider_of
        >>> turn = slider_of("rotation", (28, 28, 1))
        >>> found = nearest_changes([turn], lambda all: [int(at >= 38) for _, at in all], None)
        >>> [(slider.name, place, label) for slider, place, label in found.breaking]
        [('rotation', 38, 1)]
    """
    tried: Classes = {slider.name: {} for slider in sliders}

    def try_at(settings: Sequence[Setting]) -> None:
        labels = predict(settings) if settings else ()
        for (slider, place), label in zip(settings, labels, strict=True):
            tried[slider.name][place] = label

    near = [(slider, place) for slider in sliders for place in slider.outward()[:NEAR]]
    try_at([(sliders[0], sliders[0].start), *near])
    start = tried[sliders[0].name].pop(sliders[0].start)
    goals = _goals(start, wanted)
    try_at(_far_settings(sliders, tried, goals))
    try_at(_finer_settings(sliders, tried, goals))
    found = [_hits(sliders, tried, goal) for goal in goals]
    return Nearest(start, found[0], found[1] if len(found) > 1 else ())


def _goals(start: int, wanted: int | None) -> list[Goal]:
    """Any other class, and the wanted one if it is not predicted already."""
    goals: list[Goal] = [lambda label: label != start]
    if wanted is not None and wanted != start:
        goals.append(lambda label: label == wanted)
    return goals


def _far_settings(
    sliders: Sequence[Slider], tried: Classes, goals: Sequence[Goal]
) -> list[Setting]:
    """The rest of the curve of each slider that has not reached every goal."""
    return [
        (slider, place)
        for slider in sliders
        if not all(any(map(goal, tried[slider.name].values())) for goal in goals)
        for place in slider.outward()[NEAR:]
    ]


def _finer_settings(
    sliders: Sequence[Slider], tried: Classes, goals: Sequence[Goal]
) -> list[Setting]:
    """The steps of each slider just before its nearest hits."""
    return [
        (slider, place)
        for slider in sliders
        for place in sorted(
            {place for goal in goals for place in _nearer(slider, _nearest(slider, tried, goal))}
        )
    ]


def _hits(sliders: Sequence[Slider], tried: Classes, goal: Goal) -> tuple[Hit, ...]:
    return tuple(
        (slider, place, tried[slider.name][place])
        for slider in sliders
        for place in _nearest(slider, tried, goal)
    )


def _nearest(slider: Slider, tried: Classes, goal: Goal) -> list[int]:
    """The nearest place that reaches a goal, or the two that are equally near."""
    hits = [place for place, label in tried[slider.name].items() if goal(label)]
    least = min((abs(place - slider.start) for place in hits), default=0)
    return [place for place in hits if abs(place - slider.start) == least]


def _nearer(slider: Slider, found: list[int]) -> list[int]:
    """The places between the nearest hit and the last amount of the curve before it."""
    if not found:
        return []
    far = abs(found[0] - slider.start)
    tried = [place - slider.start for place in slider.curve()]
    places = []
    for side, room in ((-1, slider.start - slider.first), (1, slider.last - slider.start)):
        last = max(side * place for place in tried if 0 <= side * place < far)
        places += [slider.start + side * step for step in range(last + 1, min(far, room + 1))]
    return places


def _least(image: Image, hits: Sequence[Hit]) -> tuple[Change, ...]:
    """The smaller change of each transform, smallest difference first."""
    changes = [
        Change(slider, place, label, _difference(image, slider, place))
        for slider, place, label in hits
    ]
    least: dict[str, Change] = {}
    for change in sorted(changes, key=lambda change: change.difference):
        least.setdefault(change.slider.name, change)
    return tuple(least.values())


def _difference(image: Image, slider: Slider, place: int) -> float:
    """How much one amount changes the pixels, in levels of 255, root mean square."""
    changed = transform(image, with_amount(Transform(), slider, place))
    return float(np.sqrt(np.mean((changed.astype(np.float32) - image) ** 2)))
