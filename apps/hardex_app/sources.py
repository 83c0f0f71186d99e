"""What a request speaks of -> the picture the classifier gets, and the label that goes with it.

Everything here comes from outside: each value is checked once, and what does not fit is said in
one sentence.
"""

import io
import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from math import isfinite
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Shape
from hardex.errors import HardexError
from hardex.images import (
    BRUSH_WIDTH,
    CANVAS_SIZE,
    read_image,
    render_colors,
    render_strokes,
    resize,
    sketch_to_image,
)
from hardex.runs.run import Run

Source = dict[str, Any]
Strokes = list[NDArray[np.float64]]
Color = tuple[int, int, int]

FILE_MOST = 15_000_000  # bytes of an uploaded file
_STROKES_MOST, _POINTS_MOST = 500, 3_000  # what one request may cost
_BRUSH_LEAST, _BRUSH_MOST = 2, 60
_CANVAS_MOST = 560  # pixels of either side
_POINT_FARTHEST = 1e6  # canvas pixels; a pen may leave the canvas
_SIDE_MOST = 1024  # pixels of a picture for a classifier that takes any
_USUAL_SIDES = (28, 28)  # of a drawing for a classifier that takes any size
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)


def source_image(source: Source, run: Run, classifier: Classifier) -> Image:
    """The picture a request speaks of, in the shape the classifier wants.

    Args:
        source: one of
            `{"kind": "example", "id"}`;
            `{"kind": "image", "pixels", "shape"}`, raw bytes in base64, as `taken` gave them;
            `{"kind": "sketch", "strokes"}`, each a list of [x, y], with, if wished, `brush` or
            `widths` (one for each stroke), `canvas` [width, height], `normalize`, `paper` and
            `colors` ("#rrggbb", one for each stroke).
        run: where examples come from.
        classifier: whose input it becomes.

    Raises:
        HardexError: an unknown example, or a value that does not fit.
    """
    kind = source.get("kind")
    if kind == "example":
        image = run.image(str(source.get("id")))
        return resize(image, shape_of_input(run, classifier) or _bounded(image, classifier))
    if kind == "image":
        return _uploaded(source, run, classifier)
    if kind == "sketch":
        usual = (*_USUAL_SIDES, _channels(classifier) or 1)
        return _drawn(source, shape_of_input(run, classifier) or usual)
    raise HardexError(
        f"a probe needs an example, an image or a sketch; received {_short(kind)}; pass one of "
        "them."
    )


def taken(request: dict[str, Any], run: Run, classifier: Classifier) -> dict[str, Any]:
    """An uploaded or pasted file, as a source of kind "image" that fits the classifier.

    Args:
        request: `file`, the bytes of a PNG, JPEG, GIF, BMP, PPM, WebP or TIFF file, in base64.
        run, classifier: what it is fitted to.

    Returns:
        `pixels` (raw bytes in base64) and `shape` [h, w, c] of the fitted picture, and the shape
        that the file `was`.

    Raises:
        HardexError: the file is too large, or not an image that can be read.
    """
    file = request.get("file") if isinstance(request, dict) else None
    most = -(-FILE_MOST // 3) * 4
    if not isinstance(file, str) or not file or len(file) > most:
        size = f"about {len(file) * 3 // 4:,} bytes" if isinstance(file, str) else "no file"
        raise HardexError(
            f"an image file may have 1 to {FILE_MOST:,} bytes; received {size}; choose another "
            "or shrink it."
        )
    opened = io.BytesIO(_bytes(file, "file"))
    opened.name = "that was chosen"
    image = read_image(opened)
    fitted = resize(image, shape_of_input(run, classifier) or _bounded(image, classifier))
    return {"pixels": _as_text(fitted), "shape": list(fitted.shape), "was": list(image.shape)}


def given_label(source: Source, run: Run) -> str | None:
    """The label an example was given; for what was drawn or uploaded, the one `expected`.

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
            f"the expected label must be a class of the run; received {_short(expected)}; choose "
            "one of its classes, or none."
        )
    return str(expected)


def shape_of_input(run: Run, classifier: Classifier) -> Shape | None:
    """The (h, w, c) of every picture the classifier is asked for; None where any will do.

    Where it takes any size, that of the run's own pass, so that page and tables say the same.
    """
    wanted, passed = classifier.input_shape, run.manifest.image_shape
    if wanted is not None or passed is None:
        return wanted
    return passed[0], passed[1], _channels(classifier) or passed[2]


def shape_of(image: Image) -> Shape:
    """Its (h, w, c)."""
    height, width, channels = image.shape
    return height, width, channels


def part(request: Any, name: str) -> dict[str, Any]:
    """A part of a request that has named values; {} if it is left out.

    Raises:
        HardexError: it is something else.
    """
    found = request.get(name, {}) if isinstance(request, dict) else None
    if not isinstance(found, dict):
        raise HardexError(
            f"a probe needs a source and a transform, each with named values; the {name} is "
            "something else; load the page again."
        )
    return found


def number(name: str, value: Any, *, least: float, most: float) -> float:
    """A number of a request.

    Raises:
        HardexError: it is no number, or out of its range.
    """
    try:
        found = float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    except OverflowError:
        found = None
    if found is None or not isfinite(found):
        raise HardexError(
            f"the {name} must be a finite number; received {_short(value)}; leave it out."
        )
    if not least <= found <= most:
        raise HardexError(
            f"the {name} of a probe must be from {least:g} to {most:g}; received {found:g}; leave "
            "it out."
        )
    return found


def _bounded(image: Image, classifier: Classifier) -> Shape:
    """The picture's own shape, unless it is huge, in the colours that the classifier takes."""
    height, width, channels = image.shape
    factor = min(1.0, _SIDE_MOST / max(height, width))
    sides = (max(1, round(side * factor)) for side in (height, width))
    return *sides, _channels(classifier) or channels


def _channels(classifier: Classifier) -> int | None:
    """1 or 3 where that is known of a classifier of any size."""
    channels: int | None = getattr(classifier, "channels", None)
    return channels


def _as_text(image: Image) -> str:
    return b64encode(np.ascontiguousarray(image).tobytes()).decode()


def _short(value: Any) -> str:
    """What came, short enough for a sentence and in one line."""
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits; a deep list
        text = f"a {type(value).__name__}"
    return text if len(text) <= 60 else text[:57] + "..."


# ------------------------------------------------------------------ pictures from outside


def _uploaded(source: Source, run: Run, classifier: Classifier) -> Image:
    shape, most = source.get("shape"), shape_of_input(run, classifier)
    if (
        not isinstance(shape, list)
        or len(shape) != 3
        or any(type(side) is not int or side < 1 for side in shape)
        or shape[2] not in (1, 3)
    ):
        raise HardexError(
            "the shape of an image must be [height, width, channels] with 1 or 3 channels; "
            f"received {_short(shape)}; choose the file again."
        )
    height_most, width_most = most[:2] if most else (_SIDE_MOST, _SIDE_MOST)
    if shape[0] > height_most or shape[1] > width_most:
        raise HardexError(
            f"an image for this model has at most {height_most} x {width_most} pixels; received "
            f"{_short(shape[0])} x {_short(shape[1])}; choose the file again."
        )
    size, pixels = shape[0] * shape[1] * shape[2], source.get("pixels")
    if not isinstance(pixels, str) or len(pixels) != -(-size // 3) * 4:
        raise _wrong_size(size)
    raw = _bytes(pixels, "pixels")
    if len(raw) != size:
        raise _wrong_size(size)
    image = np.frombuffer(raw, np.uint8).reshape(shape)
    return resize(image, most or _bounded(image, classifier))


def _wrong_size(size: int) -> HardexError:
    return HardexError(
        f"the pixels of an image must be {size:,} bytes in base64, as its shape says; received "
        "something else; choose the file again."
    )


def _bytes(text: str, name: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise HardexError(
            f"the {name} must be bytes in base64; received something else; choose the file again."
        ) from error


# ------------------------------------------------------------------ drawings


def _drawn(source: Source, shape: Shape) -> Image:
    """Uncoloured ink goes the way of a digit, colours are painted as they were drawn.

    All is checked, also what this drawing does without: it may be kept as it came.
    """
    strokes, normalize = _strokes(source), _switch(source, "normalize", True)
    paper = _color(source.get("paper", "#000000"), "paper")
    colors = _colors(source, len(strokes), paper)
    canvas, widths = _canvas(source), _widths(source, len(strokes))
    if colors is not None:
        painted = render_colors(
            strokes, colors, paper=paper, canvas_size=canvas, brush_width=widths
        )
        return resize(painted, shape)
    ink = render_strokes(strokes, canvas_size=canvas, brush_width=widths)
    image = sketch_to_image(ink, shape=shape, normalize=normalize)
    return 255 - image if paper == WHITE else image


def _strokes(source: Source) -> Strokes:
    try:
        found = [np.array(stroke) for stroke in source["strokes"]]
        strokes = [_points(stroke) for stroke in found]
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
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


def _points(stroke: NDArray[Any]) -> NDArray[np.float64]:
    if not stroke.size and stroke.ndim:
        return np.empty((0, 2))
    if stroke.ndim != 2 or stroke.shape[1] != 2 or stroke.dtype.kind not in "iuf":
        raise ValueError
    return stroke.astype(np.float64)


def _canvas(source: Source) -> tuple[int, int]:
    canvas = source.get("canvas", [CANVAS_SIZE, CANVAS_SIZE])
    if (
        not isinstance(canvas, list)
        or len(canvas) != 2
        or any(type(side) is not int or not 1 <= side <= _CANVAS_MOST for side in canvas)
    ):
        raise HardexError(
            f"the canvas of a sketch must be [width, height] of 1 to {_CANVAS_MOST} pixels; "
            f"received {_short(canvas)}; leave it out for {CANVAS_SIZE} x {CANVAS_SIZE}."
        )
    return canvas[0], canvas[1]


def _widths(source: Source, count: int) -> list[float]:
    """The brush of each stroke; a brush that is too thin or thick becomes one that is not."""
    brush, widths = source.get("brush", BRUSH_WIDTH), source.get("widths")
    if widths is None:
        widths = [brush] * count
    elif not isinstance(widths, list) or len(widths) != count:
        raise _one_each("widths", count, widths)
    _, *found = [number("brush", width, least=-1e9, most=1e9) for width in (brush, *widths)]
    return [float(np.clip(width, _BRUSH_LEAST, _BRUSH_MOST)) for width in found]


def _colors(source: Source, count: int, paper: Color) -> list[Color] | None:
    """The colour of each stroke; None for ink on black or white paper, which needs none."""
    colors = source.get("colors")
    if colors is None:
        if paper in (BLACK, WHITE):
            return None
        light = 0.299 * paper[0] + 0.587 * paper[1] + 0.114 * paper[2] > 127  # ITU-R 601
        return [BLACK if light else WHITE] * count
    if not isinstance(colors, list) or len(colors) != count:
        raise _one_each("colors", count, colors)
    return [_color(color, "colour") for color in colors]


def _one_each(name: str, count: int, received: Any) -> HardexError:
    found = len(received) if isinstance(received, list) else _short(received)
    return HardexError(
        f"the {name} of a sketch must be a list with one for each of the {count} strokes; "
        f"received {found}; leave them out."
    )


def _color(value: Any, name: str) -> Color:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise HardexError(
            f"the {name} of a sketch must be written #rrggbb; received {_short(value)}; leave it "
            "out."
        )
    red, green, blue = bytes.fromhex(value[1:])
    return red, green, blue


def _switch(source: Source, name: str, usual: bool) -> bool:
    value = source.get(name, usual)
    if not isinstance(value, bool):
        raise HardexError(f"{name} must be true or false; received {_short(value)}; leave it out.")
    return value
