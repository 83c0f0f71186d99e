"""A picture, a transform and a classifier -> what the Probe page shows. Plain data in and out."""

from base64 import b64encode
from dataclasses import asdict, dataclass, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import BGR, preprocess
from hardex.data.dataset import Shape as Shape
from hardex.errors import HardexError
from hardex.images import LIMITS, ORDER, Transform, transform, transform_each
from hardex.runs.run import Run
from hardex_app.sliders import (
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
from hardex_app.sliders import sliders as sliders
from hardex_app.sources import FILE_MOST as FILE_MOST
from hardex_app.sources import given_label as given_label
from hardex_app.sources import number, part
from hardex_app.sources import source_image as source_image
from hardex_app.sources import taken as taken

_TRIED = 1 + sum(len(slider.around()) for slider in sliders_of((28, 28, 1)))
# Before and after; the response curve; its two flips, found to one step; the smallest changes.
BATCH_SIZES = (2, CURVE, 2 * FINER, _TRIED)
_LARGEST_BATCH = 2**24  # bytes of pixels; beyond, the smallest changes go in batches of a curve
_BARS_MOST = 12  # with more classes only the likeliest are shown
_FARTHEST = {  # of what a request may ask for, where neither slider nor `LIMITS` says
    "rotation": (-36_000.0, 36_000.0),
    "scale": (0.001, 1000.0),
    "shift_x": (-10_000.0, 10_000.0),
    "shift_y": (-10_000.0, 10_000.0),
}


def batch_sizes(shape: Shape) -> tuple[int, ...]:
    """Which of `BATCH_SIZES` a classifier of pictures of this (h, w, c) is asked for.

    Example:
        >>> batch_sizes((28, 28, 1)) == BATCH_SIZES, len(batch_sizes((224, 224, 3)))
        (True, 3)
    """
    large = _TRIED * prod(shape) > _LARGEST_BATCH
    return BATCH_SIZES[:-1] if large else BATCH_SIZES


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
    after = transform(before, _transform(part(request, "transform"), _shape(before)))
    probabilities = _asked(np.stack([before, after]), classifier, 2)
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
        switch), `lines` (probability over the amounts of the classes that ever lead, and of the
        given label), `leaders` (as many as amounts), `flips` (the nearest amount on each side of
        where nothing is done at which the prediction changes, seen from amount to amount and then
        found to one step of the slider), `sentence`.

    Raises:
        HardexError: an unknown example or transform, or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    base = _transform(part(request, "transform"), _shape(image))
    slider = slider_of(_along(request), _shape(image))
    names = run.manifest.class_names
    given = given_label(source, run)
    places = slider.curve()
    pictures = _varied(image, base, slider, places)
    probabilities = _asked(pictures, classifier, 2 if slider.switch else CURVE)
    leaders = probabilities.argmax(axis=1)
    start = names[int(leaders[places.index(slider.start)])]
    flips = [
        {"amount": slider.amount(place), "class": names[label]}
        for place, label in _flips(image, base, slider, leaders, classifier)
    ]
    return {
        "along": slider.name,
        "amounts": [slider.amount(place) for place in places],
        "lines": [
            {"class": names[label], "probabilities": _rounded(probabilities[:, label])}
            for label in _leading_classes(probabilities, names, given)
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

    Each transform alone, at about 16 amounts on either side of where nothing is done, closer to
    each other near to it; all in one batch, unless the pictures are large.

    Args:
        request: `source`, as for `probe`.
        run, classifier: as for `probe`.

    Returns:
        `breaking` and `restoring`: for each transform that does it, its least amount, as
        `transform`, `amount`, `class` (what the model says then) and `change` (of the pixels, in
        levels of 255, root mean square), smallest change first. Nothing is restored where there
        is no given or expected label, or where it is what the model says. `unchanged`: the
        transforms that never change the prediction. `sentence`.

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    names = run.manifest.class_names
    given = given_label(source, run)
    tried = [(slider, place) for slider in sliders_of(_shape(image)) for place in slider.around()]
    changed = [_with_amount(Transform(), slider, place) for slider, place in tried]
    pictures = transform_each(image, [Transform(), *changed])
    size = _TRIED if _TRIED in batch_sizes(_shape(image)) else CURVE
    leaders = _asked(pictures, classifier, size).argmax(axis=1)
    start = names[int(leaders[0])]
    found = [
        Change(slider, place, names[label], change)
        for (slider, place), label, change in zip(
            tried, leaders[1:], _changes(pictures[1:], image), strict=True
        )
    ]
    breaking = _least([change for change in found if change.label != start])
    restoring = _least([change for change in found if change.label == given != start])
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


def _asked(images: Images, classifier: Classifier, size: int) -> Probabilities:
    """What the classifier says, asked in batches of a size that was compiled ahead."""
    short = -len(images) % size
    if short:
        images = np.concatenate([images, np.zeros((short, *images.shape[1:]), np.uint8)])
    parts = [classifier.probabilities(batch) for batch in np.split(images, len(images) // size)]
    return np.concatenate(parts)[: len(images) - short]


def _with_amount(base: Transform, slider: Slider, place: int) -> Transform:
    amounts: dict[str, Any] = {slider.name: slider.amount(place)}
    if slider.switch:
        amounts = {slider.name: place == 1}
    return replace(base, **amounts)


def _varied(image: Image, base: Transform, slider: Slider, places: list[int]) -> Images:
    return transform_each(image, [_with_amount(base, slider, place) for place in places])


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
        pictures = _varied(image, base, slider, between)
        labels = _asked(pictures, classifier, 2 * FINER).argmax(axis=1)
        finer = dict(zip(between, labels.tolist(), strict=True))
    return [
        next(
            ((place, finer[place]) for place in nearer if finer[place] != leaders[start]),
            (places[changed], int(leaders[changed])),
        )
        for nearer, changed in found
    ]


def _changes(pictures: Images, image: Image) -> list[float]:
    """(m, h, w, c) -> m changes in levels of 255, root mean square."""
    return [
        float(np.sqrt(np.mean((picture.astype(np.float32) - image) ** 2))) for picture in pictures
    ]


def _least(changes: list[Change]) -> list[Change]:
    """The one of each transform that is nearest to its start, smallest change of pixels first."""
    nearest: dict[str, Change] = {}
    for change in sorted(changes, key=lambda one: (_distance(one), one.change)):
        nearest.setdefault(change.slider.name, change)
    return sorted(nearest.values(), key=lambda change: change.change)


def _distance(change: Change) -> int:
    return abs(change.place - change.slider.start)


def _leading_classes(
    probabilities: Probabilities, names: tuple[str, ...], given: str | None
) -> list[int]:
    """Classes that lead at some amount, in order of how often, and the given label."""
    counts = np.bincount(probabilities.argmax(axis=1), minlength=len(names))
    leading = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]][:8]
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


def _shape(image: Image) -> Shape:
    height, width, channels = image.shape
    return height, width, channels


def _along(request: dict[str, Any]) -> str:
    along = request.get("along", "rotation")
    if along not in ORDER:
        raise HardexError(
            f"a curve goes along one of {', '.join(ORDER)}; received {str(along)[:40]!r}; choose "
            "one of them."
        )
    return str(along)


def _transform(numbers: dict[str, Any], shape: Shape) -> Transform:
    known = asdict(Transform())
    unknown = sorted(str(name) for name in numbers if name not in known)
    if unknown:
        raise HardexError(
            f"a transform knows {', '.join(known)}; received {unknown[0][:40]!r}; leave it out."
        )
    return Transform(**{name: _amount(name, value, shape) for name, value in numbers.items()})


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
