"""Requests of the Probe page -> calls of `hardex.probing` -> plain data."""

from collections.abc import Iterator
from time import monotonic
from typing import Any, TypeVar

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.preprocess import swaps_channels
from hardex.errors import HardexError
from hardex.images import Transform
from hardex.probing.amounts import slider_named, transform_of
from hardex.probing.before_after import BeforeAfter, before_after
from hardex.probing.minimal_change import (
    Change,
    changes_of,
    search_in_parts,
    smallest_sentence,
)
from hardex.probing.model_input import (
    SIDE_MOST,
    example_input,
    fitted,
    input_shape,
    preprocess_table,
    shape_of,
    sketch_shape,
)
from hardex.probing.occlusion_map import occlusion_in_parts
from hardex.probing.response_curve import ResponseCurve, curve_in_parts, curve_sentence
from hardex.probing.sketches import draw
from hardex.probing.sliders import CURVE
from hardex.probing.values import short
from hardex.runs.run import Run
from hardex_app.pixels import as_text, image_of, image_of_file
from hardex_app.turns import CURVES, PROBES, in_turn

Json = dict[str, Any]
Found = TypeVar("Found")
PART_SECONDS = 0.3  # after which a request for a part is answered with what is known
_WHOLE = float("inf")


def probe(request: Json, run: Run, classifier: Classifier) -> Json:
    """What the model predicts for a picture before and after a transform.

    Args:
        request: `source` (see `source_image`) and `transform` (amounts by name; a switch is true
            or false, or 1 or 0).
        run: where examples come from.
        classifier: whose predictions are wanted.

    Returns:
        `before` and `after` (pixels, prediction), `classes` (a bar each, with both probabilities),
        `given` (the given or expected label, if there is one).

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    change = _transform(request, image)
    with in_turn(PROBES, 2 * image.size):
        found = before_after(image, change, classifier)
    given, names = given_label(source, run), run.manifest.class_names
    return {
        "before": _picture(found, 0, found.before, names),
        "after": _picture(found, 1, found.after, names),
        "classes": _bars(found, names, given),
        "given": given,
    }


def curve_part(request: Json, run: Run, classifier: Classifier) -> Json:
    """What is known of a curve after a moment; asked again, it is surer, until it is `finished`.

    So a page may show each part, and stop asking; nothing is computed that nobody waits for.
    """
    return curve(request, run, classifier, seconds=PART_SECONDS)


def curve(request: Json, run: Run, classifier: Classifier, *, seconds: float = _WHOLE) -> Json:
    """How the prediction changes with one transform, with the other amounts as they are.

    Args:
        request: `source` and `transform` as for `probe`, and `along`, the name of a transform
            ("rotation" by default).
        run, classifier: as for `probe`.
        seconds: after which a curve that is not finished is returned.

    Returns:
        `along`, `amounts` (up to 73, ascending; 0 and 1 for a switch), `lines` (for some classes,
        see `ResponseCurve.lines`, the probability at each amount), `leaders` (the class predicted
        at each amount), `flips` (`amount` and `class`, and `after` while it is only known to lie
        between the two), `finished`, `given`, `sentence`, `preprocess`, `preprocess_table` (of each
        channel), `preprocess_swaps_channels`.

    Raises:
        HardexError: an unknown example or transform, or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    base = _transform(request, image)
    slider = slider_named(request.get("along", "rotation"), shape_of(image))
    given, names = given_label(source, run), run.manifest.class_names
    with in_turn(CURVES, len(slider.curve()) * image.size):
        found = _after(seconds, curve_in_parts(image, slider, base, classifier))
    return {
        "along": slider.name,
        "amounts": list(found.amounts),
        "lines": _lines(found, names, given),
        "leaders": [names[label] for label in found.leaders],
        "flips": [
            {"amount": flip.amount, "class": names[flip.label]}
            | ({} if flip.located else {"after": flip.after})
            for flip in found.flips
        ],
        "finished": found.finished,
        "given": given,
        "sentence": curve_sentence(found, names, given, _kind_of_label(source)),
        "preprocess": classifier.preprocess,
        "preprocess_table": preprocess_table(classifier.preprocess),
        "preprocess_swaps_channels": swaps_channels(classifier.preprocess),
    }


def occlusion_part(request: Json, run: Run, classifier: Classifier) -> Json:
    """Which part of the picture carries the answer, as far as it is known after a moment.

    Args:
        request: `source` and `transform`, as for `probe`.
        run, classifier: as for `probe`.

    Returns:
        `class` and `p` of the prediction; `drops`, rows of how much that probability falls while
        each place is hidden (None where it is not known yet), and `others`, the classes predicted
        then; `done` of `total` places.

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    base = transform_of(part(request, "transform"), shape_of(image))
    names = run.manifest.class_names
    with in_turn(CURVES, CURVE * image.size):
        found = _after(PART_SECONDS, occlusion_in_parts(image, base, classifier))
    return {
        "class": names[found.label],
        "p": round(found.probability, 4),
        "drops": found.known_drops(),
        "others": [["" if one < 0 else names[one] for one in row] for row in found.others],
        "done": found.done,
        "total": found.total,
    }


def smallest_part(request: Json, run: Run, classifier: Classifier) -> Json:
    """What is known of the smallest changes after a moment; see `curve_part`."""
    return smallest(request, run, classifier, seconds=PART_SECONDS)


def smallest(request: Json, run: Run, classifier: Classifier, *, seconds: float = _WHOLE) -> Json:
    """The smallest changes of an unchanged picture that break or restore the prediction.

    Args:
        request: `source`, as for `probe`.
        run, classifier: as for `probe`.
        seconds: after which a search that is not finished is returned.

    Returns:
        `breaking` and `restoring`: for each transform that does it `transform`, `amount`, `class`,
        `share` (of the range of the slider, by which they are sorted) and `change` (of the pixels,
        in levels of 255, root mean square), or `rough` while less may do it; `unchanged`, `done`
        and `total` (parts of the search), `given`, `sentence`; see `smallest_changes`.

    Raises:
        HardexError: an unknown example or a value out of range.
    """
    source = part(request, "source")
    image = source_image(source, run, classifier)
    given, names = given_label(source, run), run.manifest.class_names
    with in_turn(CURVES, CURVE * image.size):
        search = search_in_parts(image, classifier, _index(names, given))
        found = changes_of(image, _after(seconds, search))
    return {
        "breaking": [_change(change, names) for change in found.breaking],
        "restoring": [_change(change, names) for change in found.restoring],
        "unchanged": list(found.unchanged),
        "done": found.done,
        "total": found.total,
        "given": given,
        "sentence": smallest_sentence(found, names, given, _kind_of_label(source)),
    }


def taken(request: Json, run: Run, classifier: Classifier) -> Json:
    """An uploaded or pasted file, as a source of kind "image" that fits the classifier.

    Args:
        request: `file`, see `hardex_app.pixels.image_of_file`.
        run, classifier: for whose input it is resized.

    Returns:
        `pixels` (raw bytes in base64) and `shape` [h, w, c] of the resized image, and `was`, the
        shape of the file.

    Raises:
        HardexError: the file is too large, or not an image that can be read.
    """
    image = image_of_file(request.get("file") if isinstance(request, dict) else None)
    resized = fitted(image, run, classifier)
    return {"pixels": as_text(resized), "shape": list(resized.shape), "was": list(image.shape)}


def source_image(source: Json, run: Run, classifier: Classifier) -> Image:
    """The picture that a request is about, in the shape that the classifier takes.

    Args:
        source: one of
            `{"kind": "example", "id"}`;
            `{"kind": "image", "pixels", "shape"}`, as `taken` gave them;
            `{"kind": "sketch", "strokes", …}`, see `hardex.probing.sketches.draw`.
        run: where examples come from.
        classifier: whose input it becomes.

    Raises:
        HardexError: an unknown example, or a value of the wrong kind.
    """
    kind = source.get("kind")
    if kind == "example":
        return example_input(str(source.get("id")), run, classifier)
    if kind == "image":
        wanted = input_shape(run, classifier) or (SIDE_MOST, SIDE_MOST, 0)
        image = image_of(source.get("pixels"), source.get("shape"), sides_most=wanted[:2])
        return fitted(image, run, classifier)
    if kind == "sketch":
        return draw(source, sketch_shape(run, classifier))
    raise HardexError(
        f"a probe needs an example, an image or a sketch; received {short(kind)}; pass one of them."
    )


def given_label(source: Json, run: Run) -> str | None:
    """The given label of an example; the `expected` one of a drawn or uploaded picture.

    Raises:
        HardexError: an unknown example, or a label that is no class of the run.
    """
    if source.get("kind") == "example":
        return run.given_label(str(source.get("id")))
    expected = source.get("expected")
    if expected is None or expected == "":
        return None
    if expected not in run.manifest.class_names:
        raise HardexError(
            f"the expected label must be a class of the run; received {short(expected)}; choose "
            "one of its classes, or none."
        )
    return str(expected)


def part(request: Any, name: str) -> Json:
    """A part of a request that has values by name; {} if it is missing.

    Raises:
        HardexError: it is something else.
    """
    found = request.get(name, {}) if isinstance(request, dict) else None
    if not isinstance(found, dict):
        raise HardexError(
            f"a probe needs a source and a transform, each with named values; the {name} is "
            "something else; reload the page."
        )
    return found


def _transform(request: Json, image: Image) -> Transform:
    return transform_of(part(request, "transform"), shape_of(image))


def _picture(found: BeforeAfter, at: int, image: Image, names: tuple[str, ...]) -> Json:
    """One of the two pictures, and its prediction."""
    return {
        "pixels": as_text(image),
        "shape": list(image.shape),
        "predicted": names[found.labels[at]],
        "confidence": found.confidences[at],
    }


def _bars(found: BeforeAfter, names: tuple[str, ...], given: str | None) -> list[Json]:
    return [
        {"class": names[label], "before": before, "after": after}
        for label, before, after in found.likeliest(_index(names, given))
    ]


def _lines(found: ResponseCurve, names: tuple[str, ...], given: str | None) -> list[Json]:
    return [
        {
            "class": names[label],
            "probabilities": [round(value, 4) for value in found.line(label)],
        }
        for label in found.lines(_index(names, given))
    ]


def _change(change: Change, names: tuple[str, ...]) -> Json:
    return {
        "transform": change.slider.name,
        "amount": change.amount,
        "class": names[change.label],
        "share": round(change.share, 4),
        **({} if change.difference is None else {"change": round(change.difference, 3)}),
        **({} if change.located else {"rough": True}),
    }


def _after(seconds: float, parts: Iterator[Found]) -> Found:
    """The first part after some time, or the last one."""
    end = monotonic() + seconds
    found = next(parts)
    while monotonic() < end:
        later = next(parts, None)
        if later is None:
            break
        found = later
    return found


def _index(names: tuple[str, ...], label: str | None) -> int | None:
    return None if label is None else names.index(label)


def _kind_of_label(source: Json) -> str:
    return "given label" if source.get("kind") == "example" else "expected label"
