"""Sliders and a classifier -> the least amount of each transform that changes the prediction."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform, transform
from hardex.probing.amounts import with_amount
from hardex.probing.batches import PART, is_large, labels_after
from hardex.probing.model_input import shape_of
from hardex.probing.narrowing import evenly
from hardex.probing.sliders import Slider, alone, deed_in_words

NEAR = 24  # amounts of a curve, nearest to the start, at which each slider is tried first

Setting = tuple[Slider, int]  # a slider and its place
Hit = tuple[Slider, int, int]  # and the class index predicted there
Plan = Callable[[Slider], Sequence[Sequence[int]]]  # the places to try, one part after the other
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
        rough: names of the sliders whose places are not located yet.
        done, total: parts of the search.
    """

    start: int
    breaking: tuple[Hit, ...]
    restoring: tuple[Hit, ...]
    rough: frozenset[str] = frozenset()
    done: int = 0
    total: int = 0


@dataclass(frozen=True)
class Change:
    """One transform alone.

    Attributes:
        slider, place: which transform, and its amount in steps from 0.
        label: the class index predicted after it.
        difference: of the pixels, in levels of 255, root mean square; None during the search.
        located: whether less is known not to do it; else it is at most this much.
    """

    slider: Slider
    place: int
    label: int
    difference: float | None
    located: bool = True

    @property
    def amount(self) -> float:
        """The amount, in the unit of the slider."""
        return self.slider.amount(self.place)

    @property
    def share(self) -> float:
        """The part of the way from the start to the end of the slider, above 0 and up to 1."""
        slider = self.slider
        end = slider.last if self.place > slider.start else slider.first
        return (self.place - slider.start) / (end - slider.start)


@dataclass(frozen=True)
class SmallestChanges:
    """The least amount of each transform that changes the prediction, smallest share first.

    Attributes:
        start: the class index predicted for the unchanged picture.
        breaking: one for each transform that changes the prediction.
        restoring: one for each transform that leads to the wanted class; none if there is no
            wanted class or it is predicted already.
        unchanged: names of the transforms that change nothing at any amount that was tried.
        done, total: parts of the search; equal at its end.
    """

    start: int
    breaking: tuple[Change, ...]
    restoring: tuple[Change, ...]
    unchanged: tuple[str, ...]
    done: int
    total: int


def smallest_changes(
    image: Image, classifier: Classifier, wanted: int | None = None
) -> SmallestChanges:
    """Search for the smallest changes that break or restore the prediction.

    The last of `changes_in_parts`.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        classifier: whose predictions are wanted.
        wanted: the index of the given or expected class.
    """
    *_, last = search_in_parts(image, classifier, wanted)
    return changes_of(image, last)


def search_in_parts(
    image: Image, classifier: Classifier, wanted: int | None = None
) -> Iterator[Nearest]:
    """The search, first roughly, then surer and surer; each part has all that is known by then.

    Each transform is tried alone, at the amounts of its response curve from the start outwards; the
    first hit is then located to one step of the slider. So no result lies further out than what the
    curve of the unchanged picture shows. Of large pictures, the curve is the rough one.

    Args:
        image, classifier, wanted: as for `smallest_changes`.
    """
    unchanged = Transform()

    def predict(settings: Sequence[Setting]) -> list[int]:
        changes = [with_amount(unchanged, slider, place) for slider, place in settings]
        return labels_after(image, changes, classifier)

    plan = _rough_plan if is_large(shape_of(image)) else _plan
    return nearest_in_parts(alone(shape_of(image)), predict, wanted, plan)


def changes_of(image: Image, nearest: Nearest) -> SmallestChanges:
    """What a search has found by now."""
    breaking = _least(image, nearest, nearest.breaking)
    broken = {change.slider.name for change in breaking}
    return SmallestChanges(
        start=nearest.start,
        breaking=breaking,
        restoring=_least(image, nearest, nearest.restoring),
        unchanged=tuple(one.name for one in alone(shape_of(image)) if one.name not in broken),
        done=nearest.done,
        total=nearest.total,
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
    if found.done < found.total and not found.breaking:
        return f"Nothing tried so far breaks the prediction {start}."
    if found.breaking:
        first = found.breaking[0]
        deed = deed_in_words(first.slider, first.amount)
        text = (
            f"The smallest change{_so_far(found)} that breaks the prediction {start} is "
            f"{_at_most(first)}{deed}: it becomes "
            f"{names[first.label]}."
        )
    if given is None or given == start:
        return text
    if not found.restoring:
        none = "None of them restores" if found.done == found.total else "None so far restores"
        return f"{text} {none} the {label} {given}."
    first = found.restoring[0]
    deed = _at_most(first) + deed_in_words(first.slider, first.amount)
    return f"{text} The smallest that restores the {label} {given} is {deed}."


def _so_far(found: SmallestChanges) -> str:
    return "" if found.done == found.total else " found so far"


def _at_most(change: Change) -> str:
    return "" if change.located else "at most "


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
    *_, last = nearest_in_parts(sliders, predict, wanted)
    return last


def _plan(slider: Slider) -> Sequence[Sequence[int]]:
    """All amounts of the curve, the nearest ones first."""
    return slider.outward()[:NEAR], slider.outward()[NEAR:]


def _rough_plan(slider: Slider) -> Sequence[Sequence[int]]:
    """The amounts of the rough curve."""
    return ([place for place in slider.coarse() if place != slider.start],)


def nearest_in_parts(
    sliders: Sequence[Slider], predict: Predict, wanted: int | None, plan: Plan = _plan
) -> Iterator[Nearest]:
    """What `nearest_changes` finds, after each slider; then after each hit that is located.

    Args:
        sliders, predict, wanted: as for `nearest_changes`.
        plan: where each slider is tried.
    """
    tried: Classes = {slider.name: {} for slider in sliders}
    rough, total = {slider.name for slider in sliders}, 2 * len(sliders)

    def try_at(slider: Slider, places: Sequence[int]) -> None:
        labels = predict([(slider, place) for place in places]) if places else ()
        tried[slider.name].update(zip(places, labels, strict=True))

    try_at(sliders[0], [sliders[0].start])
    start = tried[sliders[0].name].pop(sliders[0].start)
    goals = _goals(start, wanted)

    def now(done: int) -> Nearest:
        found = [_hits(sliders, tried, goal) for goal in goals]
        restoring = found[1] if len(found) > 1 else ()
        return Nearest(start, found[0], restoring, frozenset(rough), done, total)

    for done, slider in enumerate(sliders, 1):
        for places in plan(slider):
            if not _reached(slider, tried, goals):
                try_at(slider, places)
        if not _finer(slider, tried, goals):
            rough.discard(slider.name)
        yield now(done)
    for done, slider in enumerate(sliders, len(sliders) + 1):
        while places := _finer(slider, tried, goals):
            try_at(slider, places)
        rough.discard(slider.name)
        yield now(done)


def _reached(slider: Slider, tried: Classes, goals: Sequence[Goal]) -> bool:
    return all(any(map(goal, tried[slider.name].values())) for goal in goals)


def _goals(start: int, wanted: int | None) -> list[Goal]:
    """Any other class, and the wanted one if it is not predicted already."""
    goals: list[Goal] = [lambda label: label != start]
    if wanted is not None and wanted != start:
        goals.append(lambda label: label == wanted)
    return goals


def _finer(slider: Slider, tried: Classes, goals: Sequence[Goal]) -> list[int]:
    """Places just before the nearest hits of a slider that are worth a try, at most `PART`."""
    places = {
        place
        for goal in goals
        for place in _nearer(slider, tried[slider.name], _nearest(slider, tried, goal))
    }
    return sorted(places)[: 2 * PART]


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


def _nearer(slider: Slider, tried: dict[int, int], found: list[int]) -> list[int]:
    """Places between the nearest hit and the last amounts tried before it, on both sides."""
    if not found:
        return []
    far = abs(found[0] - slider.start)
    offsets = [0, *(place - slider.start for place in tried)]
    places = []
    for side, room in ((-1, slider.start - slider.first), (1, slider.last - slider.start)):
        last = max(side * offset for offset in offsets if 0 <= side * offset < far)
        steps = evenly(last, min(far, room + 1), PART // 2)
        places += [slider.start + side * step for step in steps]
    return places


def _least(image: Image, nearest: Nearest, hits: Sequence[Hit]) -> tuple[Change, ...]:
    """The change of each transform, smallest share first; of two, what changes the pixels less."""
    over = nearest.done == nearest.total  # before that, the pixels would be compared in vain
    changes = [
        Change(
            slider,
            place,
            label,
            _difference(image, slider, place) if over else None,
            slider.name not in nearest.rough,
        )
        for slider, place, label in hits
    ]
    least: dict[str, Change] = {}
    for change in sorted(changes, key=lambda change: change.difference or 0):
        least.setdefault(change.slider.name, change)
    return tuple(sorted(least.values(), key=lambda change: change.share))


def _difference(image: Image, slider: Slider, place: int) -> float:
    """How much one amount changes the pixels, in levels of 255, root mean square."""
    changed = transform(image, with_amount(Transform(), slider, place))
    return float(np.sqrt(np.mean((changed.astype(np.float32) - image) ** 2)))
