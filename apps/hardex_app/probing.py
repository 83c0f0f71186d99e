"""A picture, a transform and a classifier -> what the Probe page shows. Plain data in and out."""

from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from math import prod
from threading import BoundedSemaphore
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import BGR, preprocess
from hardex.data.dataset import Shape as Shape
from hardex.errors import HardexError
from hardex.images import LIMITS, ORDER, Transform, transform, transform_each
from hardex.probing.minimal_change import Hit, Setting, nearest_changes
from hardex.probing.sliders import (
    CURVE,
    FINER,
    Slider,
    deed_in_words,
    place_in_words,
    plural,
    slider_of,
    sliders_of,
    start_in_words,
)
from hardex.probing.sliders import sliders as sliders
from hardex.runs.run import Run
from hardex_app.sources import FILE_MOST as FILE_MOST
from hardex_app.sources import given_label as given_label
from hardex_app.sources import number, part, shape_of
from hardex_app.sources import source_image as source_image
from hardex_app.sources import taken as taken

_SEARCH = 3 * CURVE  # pictures at once while the smallest changes are looked for
# Before and after; the response curve; its two flips, found to one step; the smallest changes.
BATCH_SIZES = (2, CURVE, 2 * FINER, _SEARCH)
_LARGEST_BATCH = 2**24  # bytes of pixels, but for one before and after
_LARGE = 2**22  # bytes of pixels in one answer, from which such answers wait for each other
# Large pictures take much memory on their way through transform and model.
_CURVES_AT_ONCE, _PROBES_AT_ONCE = BoundedSemaphore(1), BoundedSemaphore(4)
_PATIENCE = 60  # seconds that an answer about large pictures waits for its turn
_BARS_MOST = 12  # with more classes only the likeliest are shown
_LINES_MOST = 8  # of a curve, without the given label's
_FARTHEST = {  # of what a request may ask for, where neither slider nor `LIMITS` says
    "rotation": (-36_000.0, 36_000.0),
    "scale": (0.001, 1000.0),
    "shift_x": (-10_000.0, 10_000.0),
    "shift_y": (-10_000.0, 10_000.0),
}


def batch_sizes(shape: Shape) -> tuple[int, ...]:
    """Which of `BATCH_SIZES` a classifier of pictures of this (h, w, c) is asked for.

    Example:
        >>> batch_sizes((28, 28, 1)) == BATCH_SIZES, batch_sizes((224, 224, 3))
        (True, (2, 73, 8))
    """
    return tuple(size for size in BATCH_SIZES if size == 2 or _fits(size, shape))


def probe(request: dict[str, Any], run: Run, classifier: Classifier) -> dict[str, Any]:
    """What the model says about a picture before and after a transform.

    Args:
        request: `source` (see `hardex_app.sources.source_image`) and `transform` (amounts by
            name; a switch is true or false, or 1 or 0).
        run: where examples come from.
        classifier: who answers.

    Returns:
        `before` and `after` (pixels, prediction), `classes` (what the bars show, with both
        probabilities), `given` (the given or expected label, if there is one).

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    before = source_image(source, run, classifier)
    done = transform_of(request, shape_of(before))
    with _in_turn(_PROBES_AT_ONCE, 2 * before.size):
        after = transform(before, done)
        probabilities = classifier.probabilities(np.stack([before, after]))
    names = run.manifest.class_names
    given = given_label(source, run)
    return {
        "before": picture(before, probabilities[0], names),
        "after": picture(after, probabilities[1], names),
        "classes": bars(probabilities, names, given),
        "given": given,
    }


def curve(request: dict[str, Any], run: Run, classifier: Classifier) -> dict[str, Any]:
    """How the prediction answers to one transform, at the other settings of the rest.

    Args:
        request: `source` and `transform` as for `probe`, and `along`, the name of a transform
            ("rotation" if it is left out).
        run, classifier: as for `probe`.

    Returns:
        `along`, `amounts` (73, ascending, one of them where nothing is done; 0 and 1 for a
        switch), `lines` (probability over the amounts of at most eight classes that ever lead,
        those that the sentence names among them, and of the given label), `leaders` (as many as
        amounts), `flips` (the nearest amount on each side of where nothing is done at which the
        prediction changes, seen from amount to amount and then found to one step of the slider),
        `sentence`.

    Raises:
        HardexError: an unknown example or transform, or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    base = transform_of(request, shape_of(image))
    slider = slider_of(_along(request), shape_of(image))
    names = run.manifest.class_names
    given = given_label(source, run)
    places = slider.curve()
    with _in_turn(_CURVES_AT_ONCE, len(places) * image.size):
        probabilities = _said(image, _varied(base, slider, places), classifier)
        leaders = probabilities.argmax(axis=1)
        flipped = _flips(image, base, slider, leaders, classifier)
    start = names[int(leaders[places.index(slider.start)])]
    said = [int(leaders[places.index(slider.start)]), *(label for _, label in flipped)]
    flips = [{"amount": slider.amount(place), "class": names[label]} for place, label in flipped]
    return {
        "along": slider.name,
        "amounts": [slider.amount(place) for place in places],
        "lines": [
            {"class": names[label], "probabilities": _rounded(probabilities[:, label])}
            for label in _leading_classes(probabilities, names, given, said)
        ],
        "leaders": [names[label] for label in leaders],
        "flips": flips,
        "given": given,
        "sentence": _sentence(slider, start, flips, given, _kind_of_label(source)),
        "preprocess": classifier.preprocess,
        "preprocess_table": preprocess_table(classifier.preprocess),
    }


def smallest(request: dict[str, Any], run: Run, classifier: Classifier) -> dict[str, Any]:
    """The smallest changes of an untouched picture that break or restore the prediction.

    Each transform alone, at the amounts of its curve from where nothing is done outwards, until
    something is found; that is then brought down to one step of the slider. So it is never more
    than what the curve of an untouched picture shows.

    Args:
        request: `source`, as for `probe`.
        run, classifier: as for `probe`.

    Returns:
        `breaking` and `restoring`: for each transform that does it, its least amount, as
        `transform`, `amount`, `class` (what the model says then) and `change` (of the pixels, in
        levels of 255, root mean square), smallest change first. Nothing is restored where there
        is no given or expected label, or where it is what the model says. `unchanged`: the
        transforms that change the prediction at none of the amounts tried. `sentence`.

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    names = run.manifest.class_names
    given = given_label(source, run)
    wanted = None if given is None else names.index(given)
    alone = Transform()

    def labels_at(settings: Sequence[Setting]) -> list[int]:
        done = [_with_amount(alone, slider, place) for slider, place in settings]
        return [int(label) for label in _said(image, done, classifier).argmax(axis=1)]

    with _in_turn(_CURVES_AT_ONCE, CURVE * image.size):
        nearest = nearest_changes(sliders_of(shape_of(image)), labels_at, wanted)
        breaking = _least(image, nearest.breaking, names)
        restoring = _least(image, nearest.restoring, names)
    start = names[nearest.start]
    broken = {change.slider.name for change in breaking}
    return {
        "breaking": [change.as_dict() for change in breaking],
        "restoring": [change.as_dict() for change in restoring],
        "unchanged": [name for name in ORDER if name not in broken],
        "given": given,
        "sentence": _smallest_sentence(start, breaking, restoring, given, _kind_of_label(source)),
    }


@dataclass(frozen=True)
class Change:
    """One transform that was tried.

    Attributes:
        slider, place: which, and how much, in steps from 0.
        label: what the model says then.
        change: of the pixels, in levels of 255, root mean square.
    """

    slider: Slider
    place: int
    label: str
    change: float

    @property
    def amount(self) -> float:
        return self.slider.amount(self.place)

    def as_dict(self) -> dict[str, Any]:
        """As the page gets it."""
        return {
            "transform": self.slider.name,
            "amount": self.amount,
            "class": self.label,
            "change": round(self.change, 3),
        }


def transform_of(request: dict[str, Any], shape: Shape) -> Transform:
    """What a request says is to be done to a picture of this (h, w, c).

    Raises:
        HardexError: an unknown name, or an amount that is out of range.

    Example:
        >>> transform_of({"transform": {"flip": 1}}, (28, 28, 1)).flip
        True
    """
    numbers = part(request, "transform")
    known = asdict(Transform())
    unknown = sorted(str(name) for name in numbers if name not in known)
    if unknown:
        raise HardexError(
            f"a transform knows {', '.join(known)}; received {unknown[0][:40]!r}; leave it out."
        )
    return Transform(**{name: _amount(name, value, shape) for name, value in numbers.items()})


def picture(image: Image, probabilities: Probabilities, names: tuple[str, ...]) -> dict[str, Any]:
    """One picture as the page draws it: raw pixels, and what the model says."""
    best = int(probabilities.argmax())
    return {
        "pixels": b64encode(np.ascontiguousarray(image).tobytes()).decode(),
        "shape": list(image.shape),
        "predicted": names[best],
        "confidence": float(probabilities[best]),
    }


def bars(
    probabilities: Probabilities, names: tuple[str, ...], given: str | None
) -> list[dict[str, Any]]:
    """The classes worth a bar, (2, k) before and after: all of a few, the likeliest of many."""
    k = len(names)
    shown = np.arange(k)
    if k > _BARS_MOST:
        shown = np.argsort(-probabilities.max(axis=0), kind="stable")[:_BARS_MOST]
        if given is not None and names.index(given) not in shown:
            shown = np.r_[shown[:-1], names.index(given)]
    return [
        {
            "class": names[label],
            "before": float(probabilities[0, label]),
            "after": float(probabilities[1, label]),
        }
        for label in shown.tolist()
    ]


def preprocess_table(name: str) -> list[float] | None:
    """What each pixel value 0..255 becomes, so that the page can show the exact tensor.

    None when that cannot be said for one pixel alone: a function of the whole image, or channels
    that change places.
    """
    if names_function(name) or BGR in name.split(","):
        return None
    levels = np.arange(256, dtype=np.uint8).reshape(1, 256, 1, 1)
    return [float(value) for value in preprocess(levels, name).ravel()]


@contextmanager
def _in_turn(turns: BoundedSemaphore, size: int) -> Iterator[None]:
    """Wait for a turn where the pictures of an answer have many bytes together.

    Raises:
        HardexError: it takes too long.
    """
    if size <= _LARGE:
        yield
        return
    if not turns.acquire(timeout=_PATIENCE):
        raise HardexError(
            "pictures of this size are worked on a few at a time, to spare the memory; others "
            f"have been before you for {_PATIENCE} seconds; try again."
        )
    try:
        yield
    finally:
        turns.release()


def _said(image: Image, done: Sequence[Transform], classifier: Classifier) -> Probabilities:
    """(m, k): what the classifier says after each of m transforms.

    No more pictures are held than one batch has, and each batch has a size that was compiled
    ahead: the smallest that holds them all, or the largest that there is.
    """
    sizes = batch_sizes(shape_of(image))
    size = min((size for size in sizes if size >= len(done)), default=max(sizes))
    parts = []
    for first in range(0, len(done), size):
        pictures = transform_each(image, done[first : first + size])
        short = size - len(pictures)
        blank = np.zeros((short, *image.shape), np.uint8)
        batch = np.concatenate([pictures, blank]) if short else pictures
        parts.append(classifier.probabilities(batch)[: size - short])
    return np.concatenate(parts)


def _fits(size: int, shape: Shape) -> bool:
    return size * prod(shape) <= _LARGEST_BATCH


def _with_amount(base: Transform, slider: Slider, place: int) -> Transform:
    amounts: dict[str, Any] = {slider.name: slider.amount(place)}
    if slider.switch:
        amounts = {slider.name: place == 1}
    return replace(base, **amounts)


def _varied(base: Transform, slider: Slider, places: list[int]) -> list[Transform]:
    return [_with_amount(base, slider, place) for place in places]


def _flips(
    image: Image,
    base: Transform,
    slider: Slider,
    leaders: NDArray[np.integer[Any]],
    classifier: Classifier,
) -> list[tuple[int, int]]:
    """The nearest place below and above the start at which another class leads, and which.

    A class that leads only in between two of the curve's amounts goes unseen, as in the curve.
    """
    places = slider.curve()
    start = places.index(slider.start)
    found: list[tuple[list[int], int]] = []  # the places in between, and the one of the curve
    for outward in (range(start, -1, -1), range(start, len(places))):
        changed = next((at for at in outward if leaders[at] != leaders[start]), None)
        if changed is not None:
            last = changed - outward.step
            between = list(range(places[last], places[changed], outward.step))[1:]
            found.append((between, changed))
    between = [place for places_between, _ in found for place in places_between]
    finer: dict[int, int] = {}
    if between:
        labels = _said(image, _varied(base, slider, between), classifier).argmax(axis=1)
        finer = dict(zip(between, labels.tolist(), strict=True))
    return [
        next(
            ((place, finer[place]) for place in nearer if finer[place] != leaders[start]),
            (places[changed], int(leaders[changed])),
        )
        for nearer, changed in found
    ]


def _least(image: Image, hits: Sequence[Hit], names: tuple[str, ...]) -> list[Change]:
    """The one of each transform, smallest change of the pixels first."""
    changes = [
        Change(slider, place, names[label], _difference(image, slider, place))
        for slider, place, label in hits
    ]
    least: dict[str, Change] = {}
    for change in sorted(changes, key=lambda change: change.change):
        least.setdefault(change.slider.name, change)
    return list(least.values())


def _difference(image: Image, slider: Slider, place: int) -> float:
    """What one amount does to the pixels, in levels of 255, root mean square."""
    changed = transform(image, _with_amount(Transform(), slider, place))
    return float(np.sqrt(np.mean((changed.astype(np.float32) - image) ** 2)))


def _leading_classes(
    probabilities: Probabilities, names: tuple[str, ...], given: str | None, said: Sequence[int]
) -> list[int]:
    """At most eight classes that lead at some amount, and the given label.

    Those that the sentence names come before others, and all stand in order of how often they lead:
    a class found in between two amounts leads at none of them.
    """
    counts = np.bincount(probabilities.argmax(axis=1), minlength=len(names))
    often = [int(label) for label in np.argsort(-counts, kind="stable")]
    chosen = list(dict.fromkeys([*said, *(label for label in often if counts[label])]))[
        :_LINES_MOST
    ]
    leading = sorted(chosen, key=often.index)
    if given is not None and names.index(given) not in leading:
        leading.append(names.index(given))
    return leading


def _sentence(
    slider: Slider, start: str, flips: list[dict[str, Any]], given: str | None, label: str
) -> str:
    if slider.switch:
        changed = place_in_words(slider, 1)
        if not flips:
            return f"The model says {start}, as it is and {changed}."
        text = f"As it is, the model says {start}; {changed}, it becomes {flips[0]['class']}."
    elif not flips:
        return f"The model says {start} at each of the {CURVE} {plural(slider)}."
    else:
        places = " and ".join(
            f"at {place_in_words(slider, flip['amount'])} it becomes {flip['class']}"
            for flip in flips
        )
        text = f"At {start_in_words(slider)} the model says {start}; {places}."
    restoring = [flip for flip in flips if flip["class"] == given != start]
    if restoring:
        deed = deed_in_words(slider, restoring[0]["amount"])
        text += f" {deed[0].upper()}{deed[1:]} restores the {label} {given}."
    return text


def _smallest_sentence(
    start: str, breaking: list[Change], restoring: list[Change], given: str | None, label: str
) -> str:
    text = f"None of the changes that were tried breaks the prediction {start}."
    if breaking:
        deed = deed_in_words(breaking[0].slider, breaking[0].amount)
        text = (
            f"The smallest change that breaks the prediction {start} is {deed}: it becomes "
            f"{breaking[0].label}."
        )
    if given is None or given == start:
        return text
    if not restoring:
        return f"{text} None of them restores the {label} {given}."
    deed = deed_in_words(restoring[0].slider, restoring[0].amount)
    return f"{text} The smallest that restores the {label} {given} is {deed}."


def _kind_of_label(source: dict[str, Any]) -> str:
    return "given label" if source.get("kind") == "example" else "expected label"


def _rounded(values: Probabilities) -> list[float]:
    return [round(float(value), 4) for value in values]


def _along(request: dict[str, Any]) -> str:
    along = request.get("along", "rotation")
    if along not in ORDER:
        raise HardexError(
            f"a curve goes along one of {', '.join(ORDER)}; received {str(along)[:40]!r}; choose "
            "one of them."
        )
    return str(along)


def _amount(name: str, value: Any, shape: Shape) -> Any:
    """An amount of a request; how much work it is to thicken or blur is bounded by the sliders."""
    slider = slider_of(name, shape)
    if slider.switch:
        return value if isinstance(value, bool) else _on_or_off(name, value)
    least, most = _FARTHEST.get(name) or LIMITS[name]
    if name in ("stroke", "blur"):
        least, most = slider.amount(slider.first), slider.amount(slider.last)
    return number(name, value, least=least, most=most)


def _on_or_off(name: str, value: Any) -> bool:
    found = number(name, value, least=0, most=1)
    if found not in (0, 1):
        raise HardexError(f"{name} must be 0 or 1; received {found:g}; leave it out for 0.")
    return found == 1
