"""Sliders and who is asked -> the least amount of each that changes the answer."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from hardex.probing.sliders import Slider

NEAR = 24  # of a curve's amounts, nearest to the start, at which each slider is tried first

Setting = tuple[Slider, int]  # a slider and its place
Hit = tuple[Slider, int, int]  # and the class that is said there
Ask = Callable[[Sequence[Setting]], Sequence[int]]  # the class that is said at each setting
Classes = dict[str, dict[int, int]]  # by the slider's name and the place, the class
Goal = Callable[[int], bool]  # whether a class is what is looked for


@dataclass(frozen=True)
class Nearest:
    """What was found along each slider.

    Attributes:
        start: the class that is said where nothing is done.
        breaking: for each slider along which another class is said, the nearest place, or two of
            them that are equally near, and the class.
        restoring: the same for the class that was wanted.
    """

    start: int
    breaking: tuple[Hit, ...]
    restoring: tuple[Hit, ...]


def nearest_changes(sliders: Sequence[Slider], ask: Ask, wanted: int | None) -> Nearest:
    """Try each slider alone, at the amounts of its curve from the start outwards.

    Each is tried at its `NEAR` nearest amounts; one that has not changed the answer then, or not
    to the class that is wanted, at all others of its curve. What is found is at last brought down
    to one step of the slider. So nothing is further away than where the curve shows it; what
    happens only in between two of the curve's amounts may go unseen, as in the curve.

    Args:
        sliders: at least one.
        ask: says the class at each of some settings.
        wanted: a class to look for, too.

    Example:
        >>> from hardex.probing.sliders import slider_of
        >>> turn = slider_of("rotation", (28, 28, 1))
        >>> found = nearest_changes([turn], lambda all: [int(at >= 38) for _, at in all], None)
        >>> [(slider.name, place, label) for slider, place, label in found.breaking]
        [('rotation', 38, 1)]
    """
    said: Classes = {slider.name: {} for slider in sliders}

    def try_at(settings: Sequence[Setting]) -> None:
        for (slider, place), label in zip(settings, ask(settings) if settings else (), strict=True):
            said[slider.name][place] = label

    near = [(slider, place) for slider in sliders for place in slider.outward()[:NEAR]]
    try_at([(sliders[0], sliders[0].start), *near])
    start = said[sliders[0].name].pop(sliders[0].start)
    goals: list[Goal] = [lambda label: label != start]
    if wanted is not None and wanted != start:
        goals.append(lambda label: label == wanted)

    try_at(
        [
            (slider, place)
            for slider in sliders
            if not all(any(map(goal, said[slider.name].values())) for goal in goals)
            for place in slider.outward()[NEAR:]
        ]
    )
    try_at(
        [
            (slider, place)
            for slider in sliders
            for place in sorted(
                {place for goal in goals for place in _nearer(slider, _nearest(slider, said, goal))}
            )
        ]
    )
    found = [
        tuple(
            (slider, place, said[slider.name][place])
            for slider in sliders
            for place in _nearest(slider, said, goal)
        )
        for goal in goals
    ]
    return Nearest(start, found[0], found[1] if len(found) > 1 else ())


def _nearest(slider: Slider, said: Classes, goal: Goal) -> list[int]:
    """The nearest place that was tried and is as wished, or the two that are equally near."""
    there = [place for place, label in said[slider.name].items() if goal(label)]
    least = min((abs(place - slider.start) for place in there), default=0)
    return [place for place in there if abs(place - slider.start) == least]


def _nearer(slider: Slider, found: list[int]) -> list[int]:
    """The places in front of what was found that lie beyond the last amounts of the curve."""
    if not found:
        return []
    far = abs(found[0] - slider.start)
    tried = [place - slider.start for place in slider.curve()]
    places = []
    for side, room in ((-1, slider.start - slider.first), (1, slider.last - slider.start)):
        last = max(side * place for place in tried if 0 <= side * place < far)
        places += [slider.start + side * step for step in range(last + 1, min(far, room + 1))]
    return places
