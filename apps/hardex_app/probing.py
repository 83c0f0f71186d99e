"""A picture, a transform and a classifier -> what the Probe page shows. Plain data in and out."""

from base64 import b64encode
from dataclasses import asdict
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.functions import names_function
from hardex.classifiers.preprocess import BGR, preprocess
from hardex.errors import HardexError
from hardex.images import (
    BRUSH_WIDTH,
    Transform,
    render_strokes,
    resize,
    sketch_to_image,
    transform,
    transform_each,
)
from hardex.runs.run import Run

Shape = tuple[int, int, int]
ANGLES = np.linspace(-180, 180, 73)
_STEP = 5  # degrees from one of them to the next
BATCH_SIZES = (2, len(ANGLES), _STEP - 1)  # before and after; the response curve; each flip
_BARS_MOST = 12  # with more classes only the likeliest are shown
_SCALE_LEAST, _SCALE_MOST = 0.001, 1000.0
_STROKES_MOST, _POINTS_MOST, _BRUSH_MOST = 500, 3_000, 60  # what one request may cost
_POINT_FARTHEST = 1e6  # canvas pixels; a pen may leave the canvas


def probe(request: dict[str, Any], run: Run, classifier: Classifier) -> dict[str, Any]:
    """What the model says about a picture before and after a transform.

    Args:
        request: `source` (an example's id, or strokes) and `transform` (numbers by name).
        run: where examples come from.
        classifier: who answers.

    Returns:
        `before` and `after` (pixels, prediction), `classes` (what the bars show, with both
        probabilities), `given` (the given label, if the picture has one).

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = _part(request, "source")
    before = source_image(source, run, classifier)
    after = transform(before, _transform(_part(request, "transform")))
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
    """How the prediction answers to the angle, at the other settings of the transform.

    Returns:
        `angles` (73), `lines` (probability over the angle of the classes that ever lead, and of
        the given label), `leaders` (73), `flips` (the nearest angle on each side where the
        prediction changes, seen in steps of 5 degrees and then found to one), `sentence`.

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = _part(request, "source")
    image = source_image(source, run, classifier)
    base = _transform(_part(request, "transform"))
    names = run.manifest.class_names
    probabilities = classifier.probabilities(_turned(image, base, ANGLES))
    given = given_label(source, run)
    shown = _leading_classes(probabilities, names, given)
    flips = _flips(image, base, probabilities.argmax(axis=1), classifier)
    start = int(probabilities[len(ANGLES) // 2].argmax())
    found = [{"angle": angle, "class": names[label]} for angle, label in flips]
    return {
        "angles": ANGLES.tolist(),
        "lines": [
            {"class": names[label], "probabilities": _rounded(probabilities[:, label])}
            for label in shown
        ],
        "leaders": [names[label] for label in probabilities.argmax(axis=1)],
        "flips": found,
        "given": given,
        "sentence": _sentence(names[start], found, given),
        "preprocess": classifier.preprocess,
        "preprocess_table": preprocess_table(classifier.preprocess),
    }


def source_image(source: dict[str, Any], run: Run, classifier: Classifier) -> Image:
    """The picture a request speaks of, in the shape the classifier wants."""
    if source.get("kind") == "example":
        image = run.image(str(source.get("id")))
        return resize(image, classifier.input_shape or _shape(image))
    if source.get("kind") == "sketch":
        shape = classifier.input_shape or run.manifest.image_shape or (28, 28, 1)
        ink = render_strokes(_strokes(source), brush_width=_brush(source))
        return sketch_to_image(ink, shape=shape, normalize=bool(source.get("normalize", True)))
    raise HardexError(
        f"a probe needs an example or a sketch; received {source.get('kind')!r}; pass one of them."
    )


def _shape(image: Image) -> Shape:
    height, width, channels = image.shape
    return height, width, channels


def given_label(source: dict[str, Any], run: Run) -> str | None:
    """The label an example was given; a sketch has none."""
    if source.get("kind") != "example":
        return None
    return run.given_label(str(source.get("id")))


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


def _turned(image: Image, base: Transform, angles: NDArray[np.floating[Any]]) -> Images:
    others = asdict(base) | {"rotation": 0.0}
    return transform_each(
        image, [Transform(**(others | {"rotation": float(angle)})) for angle in angles]
    )


def _flips(
    image: Image, base: Transform, leaders: NDArray[np.integer[Any]], classifier: Classifier
) -> list[tuple[int, int]]:
    """The nearest angle below and above 0 at which another class leads, to one degree.

    A class that leads only in between two of the curve's angles goes unseen, as in the curve.
    """
    middle = len(ANGLES) // 2
    found = []
    for side in (-1, 1):
        outward = leaders[middle::side]
        changed = np.flatnonzero(outward != outward[0])
        if not len(changed):
            continue
        first = int(changed[0])
        degrees = side * ((first - 1) * _STEP + np.arange(1.0, _STEP + 1))
        between = classifier.probabilities(_turned(image, base, degrees[:-1])).argmax(axis=1)
        finer = np.append(between, outward[first])
        at = int(np.flatnonzero(finer != outward[0])[0])
        found.append((int(degrees[at]), int(finer[at])))
    return found


def _leading_classes(
    probabilities: Probabilities, names: tuple[str, ...], given: str | None
) -> list[int]:
    """Classes that lead at some angle, in order of how often, and the given label."""
    counts = np.bincount(probabilities.argmax(axis=1), minlength=len(names))
    leading = [int(i) for i in np.argsort(-counts, kind="stable") if counts[i]][:8]
    if given is not None and names.index(given) not in leading:
        leading.append(names.index(given))
    return leading


def _sentence(start: str, flips: list[dict[str, Any]], given: str | None) -> str:
    if not flips:
        return f"The model says {start} at each of the {len(ANGLES)} angles."
    places = " and ".join(
        f"at {_signed(flip['angle'])} it becomes {flip['class']}" for flip in flips
    )
    text = f"At 0° the model says {start}; {places}."
    if given is not None and start != given:
        restoring = [flip for flip in flips if flip["class"] == given]
        if restoring:
            text += f" A turn of {_signed(restoring[0]['angle'])} restores the given label {given}."
    return text


def _signed(angle: int) -> str:
    return f"{angle:+d}°".replace("-", "\N{MINUS SIGN}")


def _rounded(values: Probabilities) -> list[float]:
    return [round(float(value), 4) for value in values]


def _part(request: dict[str, Any], name: str) -> dict[str, Any]:
    part = request.get(name, {}) if isinstance(request, dict) else None
    if not isinstance(part, dict):
        raise HardexError(
            f"a probe needs a source and a transform, each with named values; the {name} is "
            "something else; load the page again."
        )
    return part


def _transform(numbers: dict[str, Any]) -> Transform:
    known = asdict(Transform())
    unknown = sorted(set(numbers) - set(known))
    if unknown:
        raise HardexError(
            f"a transform knows {', '.join(known)}; received {unknown[0]!r}; leave it out."
        )
    asked = Transform(**{name: _number(name, value) for name, value in numbers.items()})
    if not _SCALE_LEAST <= asked.scale <= _SCALE_MOST:
        raise HardexError(
            f"the scale of a probe must be from {_SCALE_LEAST} to {_SCALE_MOST:g}; received "
            f"{asked.scale}; leave it out for 1."
        )
    return asked


def _number(name: str, value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        number = float("nan")
    if not isfinite(number):
        raise HardexError(f"the {name} must be a finite number; received {value!r}; leave it out.")
    return number


def _brush(source: dict[str, Any]) -> float:
    width = _number("brush", source.get("brush", BRUSH_WIDTH))
    return float(np.clip(width, 2, _BRUSH_MOST))


def _strokes(source: dict[str, Any]) -> list[NDArray[np.float64]]:
    try:
        strokes = [np.array(stroke, dtype=float).reshape(-1, 2) for stroke in source["strokes"]]
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise HardexError(
            "a sketch is a list of strokes, each a list of [x, y]; received something else; "
            "draw again."
        ) from error
    points = sum(map(len, strokes))
    if len(strokes) > _STROKES_MOST or points > _POINTS_MOST:
        raise HardexError(
            f"a sketch may have {_STROKES_MOST} strokes and {_POINTS_MOST:,} points; received "
            f"{len(strokes)} and {points:,}; clear the pad and draw less."
        )
    if not all((np.abs(stroke) <= _POINT_FARTHEST).all() for stroke in strokes):
        raise HardexError(
            "the points of a sketch must be finite and not far from the canvas; received others; "
            "draw again."
        )
    return strokes
