"""A sketch, as a page or a kept probe describes it -> the picture that a classifier gets."""

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image
from hardex.data.dataset import Shape
from hardex.errors import HardexError
from hardex.images import (
    BRUSH_WIDTH,
    CANVAS_SIZE,
    render_colors,
    render_strokes,
    resize,
    sketch_to_image,
)
from hardex.probing.values import number, short, switch

Strokes = list[NDArray[np.float64]]
Color = tuple[int, int, int]

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
_STROKES_MOST, _POINTS_MOST = 500, 3_000  # bounds the cost of one request
_BRUSH_LEAST, _BRUSH_MOST = 2, 60
_CANVAS_MOST = 560  # pixels of either side
_POINT_FARTHEST = 1e6  # canvas pixels; a pen may leave the canvas
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")


def draw(sketch: Mapping[str, Any], shape: Shape) -> Image:
    """The picture of a sketch. Ink without colours is processed as a digit of MNIST was.

    Args:
        sketch: `strokes`, each a list of [x, y]; optional: `brush`, or `widths` with one for each
            stroke; `canvas`, [width, height]; `normalize`, whether to centre and scale the ink;
            `paper` and `colors`, "#rrggbb", one colour for each stroke.
        shape: (h, w, c) of the picture.

    Returns:
        (h, w, c) uint8.

    Raises:
        HardexError: a value is of the wrong kind or out of range. All values are checked, also
            those that this sketch does not need, because it may be kept as it is.

    Example:
        >>> draw({"strokes": [[[40, 40], [200, 200]]]}, (28, 28, 1)).shape
        (28, 28, 1)
    """
    strokes = _strokes(sketch)
    normalize = switch("normalize", sketch.get("normalize", True))
    paper = _color(sketch.get("paper", "#000000"), "paper")
    colors = _colors(sketch, len(strokes), paper)
    canvas, widths = _canvas(sketch), _widths(sketch, len(strokes))
    if colors is not None:
        painted = render_colors(
            strokes, colors, paper=paper, canvas_size=canvas, brush_width=widths
        )
        return resize(painted, shape)
    ink = render_strokes(strokes, canvas_size=canvas, brush_width=widths)
    image = sketch_to_image(ink, shape=shape, normalize=normalize)
    return 255 - image if paper == WHITE else image


def _strokes(sketch: Mapping[str, Any]) -> Strokes:
    try:
        strokes = [_points(np.array(stroke)) for stroke in sketch["strokes"]]
    except (KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        raise HardexError(
            "a sketch is a list of strokes, each a list of [x, y]; received something else; "
            "draw again."
        ) from error
    _check_size(strokes)
    return strokes


def _check_size(strokes: Strokes) -> None:
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


def _points(stroke: NDArray[Any]) -> NDArray[np.float64]:
    """(m, 2) points; (0, 2) for an empty stroke."""
    if not stroke.size and stroke.ndim:
        return np.empty((0, 2))
    if stroke.ndim != 2 or stroke.shape[1] != 2 or stroke.dtype.kind not in "iuf":
        raise ValueError
    return stroke.astype(np.float64)


def _canvas(sketch: Mapping[str, Any]) -> tuple[int, int]:
    canvas = sketch.get("canvas", [CANVAS_SIZE, CANVAS_SIZE])
    if (
        not isinstance(canvas, list)
        or len(canvas) != 2
        or any(type(side) is not int or not 1 <= side <= _CANVAS_MOST for side in canvas)
    ):
        raise HardexError(
            f"the canvas of a sketch must be [width, height] of 1 to {_CANVAS_MOST} pixels; "
            f"received {short(canvas)}; leave it out for {CANVAS_SIZE} x {CANVAS_SIZE}."
        )
    return canvas[0], canvas[1]


def _widths(sketch: Mapping[str, Any], count: int) -> list[float]:
    """The width of each stroke, clipped to what a brush can have."""
    brush, widths = sketch.get("brush", BRUSH_WIDTH), sketch.get("widths")
    if widths is None:
        widths = [brush] * count
    elif not isinstance(widths, list) or len(widths) != count:
        raise _one_each("widths", count, widths)
    _, *found = [number("brush", width, least=-1e9, most=1e9) for width in (brush, *widths)]
    return [float(np.clip(width, _BRUSH_LEAST, _BRUSH_MOST)) for width in found]


def _colors(sketch: Mapping[str, Any], count: int, paper: Color) -> list[Color] | None:
    """The colour of each stroke; None for ink on black or white paper."""
    colors = sketch.get("colors")
    if colors is None:
        return None if paper in (BLACK, WHITE) else [_contrasting(paper)] * count
    if not isinstance(colors, list) or len(colors) != count:
        raise _one_each("colors", count, colors)
    return [_color(color, "colour") for color in colors]


def _contrasting(paper: Color) -> Color:
    red, green, blue = paper
    is_light = 0.299 * red + 0.587 * green + 0.114 * blue > 127  # ITU-R 601
    return BLACK if is_light else WHITE


def _one_each(name: str, count: int, received: Any) -> HardexError:
    found = len(received) if isinstance(received, list) else short(received)
    return HardexError(
        f"the {name} of a sketch must be a list with one for each of the {count} strokes; "
        f"received {found}; leave them out."
    )


def _color(value: Any, name: str) -> Color:
    if not isinstance(value, str) or not _COLOR.fullmatch(value):
        raise HardexError(
            f"the {name} of a sketch must be written #rrggbb; received {short(value)}; leave it "
            "out."
        )
    red, green, blue = bytes.fromhex(value[1:])
    return red, green, blue
