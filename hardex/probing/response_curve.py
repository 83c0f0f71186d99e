"""A picture and one transform -> how the prediction changes with its amount, and where it flips."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.images import Transform
from hardex.probing.amounts import with_amount
from hardex.probing.batches import PART, is_large, probabilities_after
from hardex.probing.model_input import shape_of
from hardex.probing.narrowing import evenly, middle
from hardex.probing.sliders import (
    Slider,
    deed_in_words,
    place_in_words,
    plural,
    start_in_words,
)

_LINES_MOST = 8  # without that of the given label
_BEND = 0.05  # of a probability, from which a line is not straight

Rows = dict[int, Probabilities]  # (k,) by the place of the slider


@dataclass(frozen=True)
class Flip:
    """Where the prediction changes.

    Attributes:
        amount: of the transform.
        label: the class index predicted from there on.
        after: the last amount before it that is known to leave the prediction as it is; one step
            nearer to the start once the flip is located.
        located: whether it is.
    """

    amount: float
    label: int
    after: float
    located: bool


@dataclass(frozen=True, eq=False)
class ResponseCurve:
    """The predictions over the amounts of one transform.

    Attributes:
        slider: the transform that varies.
        amounts: m of them, ascending; one of them does nothing.
        probabilities: (m, k).
        start: the class index predicted where nothing is done.
        flips: the nearest one on each side of the start, if there is one.
        finished: whether nothing more will be tried.
    """

    slider: Slider
    amounts: tuple[float, ...]
    probabilities: Probabilities
    start: int
    flips: tuple[Flip, ...]
    finished: bool

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

    The last of `curve_in_parts`.

    Args:
        image: (h, w, c), in the shape that the classifier takes.
        slider: the transform that varies; see `sliders_of`.
        base: all other amounts.
        classifier: whose predictions are wanted.
    """
    *_, last = curve_in_parts(image, slider, base, classifier)
    return last


def curve_in_parts(
    image: Image, slider: Slider, base: Transform, classifier: Classifier
) -> Iterator[ResponseCurve]:
    """The curve, first roughly, then surer and surer; each with all that is known by then.

    First nine amounts; then all 73 where pictures are small, and where they are large those at
    which a line bends or the prediction changes. Flips are located to one step of the slider. A
    class that leads only between two amounts may be missed.

    Args:
        image, slider, base, classifier: as for `response_curve`.
    """
    rows: Rows = {}

    wanted = slider.coarse()
    while wanted:
        changes = [with_amount(base, slider, place) for place in wanted]
        rows.update(zip(wanted, probabilities_after(image, changes, classifier), strict=True))
        wanted = _next_places(slider, rows, is_large(shape_of(image)))
        yield _curve(slider, rows, finished=not wanted)


def _next_places(slider: Slider, rows: Rows, large: bool) -> list[int]:
    """The places to try next: none if all is known."""
    if not large:
        rest = [place for place in slider.curve() if place not in rows]
        if rest:
            return rest
    gaps = [flip for flip in _flips(slider, rows) if abs(flip[0] - flip[1]) > 1]
    nearer = [place for place, last, _ in gaps for place in evenly(last, place, PART // len(gaps))]
    if nearer or not large:
        return nearer
    return _bends(slider, rows)


def _bends(slider: Slider, rows: Rows) -> list[int]:
    """The middles of the gaps in which a line may bend, the worst first, at most `PART`."""
    grid = slider.curve()
    at = [index for index, place in enumerate(grid) if place in rows]
    levels = np.stack([rows[grid[index]] for index in at])
    leads = levels.argmax(axis=1)
    error = np.zeros(len(at))
    for here in range(1, len(at) - 1):
        part = (at[here] - at[here - 1]) / (at[here + 1] - at[here - 1])
        straight = levels[here - 1] + part * (levels[here + 1] - levels[here - 1])
        error[here] = np.abs(levels[here] - straight).max()
    worst = [
        (max(error[left], error[left + 1], float(leads[left] != leads[left + 1])), left)
        for left in range(len(at) - 1)
        if at[left + 1] - at[left] > 1
    ]
    chosen = sorted((one for one in worst if one[0] > _BEND), key=lambda one: -one[0])[:PART]
    return sorted(grid[middle(at[left], at[left + 1])] for _, left in chosen)


def _curve(slider: Slider, rows: Rows, *, finished: bool) -> ResponseCurve:
    places = [place for place in slider.curve() if place in rows]
    return ResponseCurve(
        slider=slider,
        amounts=tuple(slider.amount(place) for place in places),
        probabilities=np.stack([rows[place] for place in places]),
        start=int(rows[slider.start].argmax()),
        flips=tuple(
            Flip(slider.amount(place), label, slider.amount(last), abs(place - last) == 1)
            for place, last, label in _flips(slider, rows)
        ),
        finished=finished,
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
        return _no_flip(curve, start)
    text = _flips_in_words(slider, start, [(flip, names[flip.label]) for flip in curve.flips])
    restoring = [
        flip.amount for flip in curve.flips if flip.located and names[flip.label] == given != start
    ]
    if restoring:
        deed = deed_in_words(slider, restoring[0])
        text += f" {deed[0].upper()}{deed[1:]} restores the {label} {given}."
    return text


def _no_flip(curve: ResponseCurve, start: str) -> str:
    slider = curve.slider
    if slider.switch:
        changed = place_in_words(slider, 1)
        return f"The model says {start}, both as it is and {changed}."
    so_far = "" if curve.finished else " tried so far"
    return f"The model says {start} at each of the {len(curve.amounts)} {plural(slider)}{so_far}."


def _flips_in_words(slider: Slider, start: str, flips: Sequence[tuple[Flip, str]]) -> str:
    if slider.switch:
        changed = place_in_words(slider, 1)
        return f"As it is, the model says {start}; {changed}, it becomes {flips[0][1]}."
    places = " and ".join(f"{_where(slider, flip)} it becomes {name}" for flip, name in flips)
    return f"At {start_in_words(slider)} the model says {start}; {places}."


def _where(slider: Slider, flip: Flip) -> str:
    amount = place_in_words(slider, flip.amount)
    if flip.located:
        return f"at {amount}"
    return f"between {place_in_words(slider, flip.after)} and {amount}"


def _flips(slider: Slider, rows: Rows) -> list[tuple[int, int, int]]:
    """On each side of the start: the nearest place of another class, the one before, the class."""
    places = sorted(rows)
    start, leads = places.index(slider.start), {at: int(rows[at].argmax()) for at in places}
    found = []
    for outward in (places[start::-1], places[start:]):
        changed = next((i for i, at in enumerate(outward) if leads[at] != leads[slider.start]), 0)
        if changed:
            place = outward[changed]
            found.append((place, outward[changed - 1], leads[place]))
    return found
