"""Pen strokes -> ink on a canvas -> the image that a digit classifier was trained on.

A drawing differs from a training digit in place, size and, above all, stroke weight: a network
that is right on 99 of 100 test digits fails if strokes are twice as thick. So the drawing is
normalized in the way MNIST itself was made from its scans.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.ndimage import distance_transform_edt, maximum_filter

from hardex.arrays import Image
from hardex.errors import DatasetError
from hardex.images.files import check_shape, resize

Ink = NDArray[np.uint8]  # (H, W) of a canvas, 0 no ink .. 255 full ink
Plane = NDArray[np.float32]  # (H, W), coverage 0..1 or a signed distance in pixels
Color = tuple[int, int, int]  # red, green, blue, each 0..255

CANVAS_SIZE = 280  # pixels, both ways
BRUSH_WIDTH = 18.0  # pixels of a canvas of that size

# MNIST's measures, in parts of the image's side: digits fill 20 of 28 pixels, strokes have a half
# width of 1.1. The latter, and the size at which strokes are measured, were chosen for the best
# accuracy of a network trained on MNIST over the odd writers of `benchmarks/sketch.py`.
_BOX = 20 / 28
_HALF_WIDTH = 1.1 / 28
_WORK_SIZE = 100  # pixels of the longer side of the ink

_MARGIN = 8  # pixels at the work size; strokes never grow by more
_BAND = 32  # rows of the canvas that are drawn at once
_FAINTEST = 32  # a canvas with nothing above this is empty


def sketch_to_image(
    ink: Ink, *, shape: tuple[int, int, int] = (28, 28, 1), normalize: bool = True
) -> Image:
    """The input of a classifier for a drawing: 255 is ink, 0 is none.

    Place and size on the canvas and the width of the brush make (nearly) no difference when
    normalized; an empty canvas gives an empty image.

    Args:
        ink: (H, W) uint8, 0 no ink .. 255 full ink; any canvas size.
        shape: (h, w, c) of the classifier's input.
        normalize: True normalizes the drawing like MNIST: fitted into 20/28 of the image,
            stroke weight made equal, centre of mass in the centre. False only shrinks the canvas.

    Returns:
        (h, w, c) uint8.

    Raises:
        DatasetError: the ink is not an (H, W) uint8 array, or no image can have that shape.

    Source:
        LeCun et al., Gradient-based learning applied to document recognition (1998), section
        III.A, for box and centre of mass. The stroke weight is ours: the ink's outline is moved
        in or out, along its distance field, until strokes have the width that MNIST's have.

    Example:
        >>> ink = render_strokes([np.array([[200.0, 40.0], [200.0, 80.0]])])
        >>> image = sketch_to_image(ink)
        >>> rows, columns = np.nonzero(image[:, :, 0] > 127)
        >>> int(rows.max() - rows.min() + 1), int(columns.max() - columns.min() + 1)
        (20, 2)
    """
    _check_ink(ink)
    check_shape(shape)
    if not normalize:
        return resize(ink[:, :, None], shape)
    if ink.max() <= _FAINTEST:
        return np.zeros(shape, np.uint8)
    distance = _signed_distance(_enlarged(ink))
    half_width, thinnest = _half_widths(distance)
    side = _side(distance, half_width)
    wanted = _HALF_WIDTH * side
    # Strokes much thinner than the others (two brushes in one drawing) keep a third of the weight.
    growth = max(wanted - half_width, min(0.0, wanted / 3 - thinnest))
    digit = np.clip(distance + growth + 0.5, 0, 1)
    return _seen_through_window(digit, side, shape)


def render_strokes(
    strokes: Iterable[NDArray[np.floating]],
    *,
    canvas_size: int | tuple[int, int] = CANVAS_SIZE,
    brush_width: float | Sequence[float] = BRUSH_WIDTH,
) -> Ink:
    """Ink of pen strokes drawn with a round brush, edges smooth as in a browser's canvas.

    Args:
        strokes: each (m, 2), x and y in canvas pixels, y down; one point makes a dot.
        canvas_size: pixels of both sides, or (width, height).
        brush_width: pixels, one for all strokes or one for each.

    Returns:
        (height, width) uint8, 0 no ink .. 255 full ink.

    Raises:
        DatasetError: there are more or fewer widths than strokes.

    Example:
        >>> dot = np.array([[2.5, 2.5]])
        >>> render_strokes([dot], canvas_size=5, brush_width=3)[2]
        array([  0, 255, 255, 255,   0], dtype=uint8)
    """
    width, height = _both_sides(canvas_size)
    coverage = np.zeros((height, width), np.float32)
    drawn = list(strokes)
    for stroke, radius in zip(drawn, _brushes(len(drawn), brush_width), strict=True):
        _draw_stroke(coverage, stroke, radius)
    return (coverage * 255 + 0.5).astype(np.uint8)


def render_colors(
    strokes: Iterable[NDArray[np.floating]],
    colors: Sequence[Color],
    *,
    paper: Color = (0, 0, 0),
    canvas_size: int | tuple[int, int] = CANVAS_SIZE,
    brush_width: float | Sequence[float] = BRUSH_WIDTH,
) -> Image:
    """Pen strokes in colours on coloured paper, each painted over the ones before.

    Args:
        strokes: as in `render_strokes`.
        colors: (red, green, blue) of each stroke, 0..255.
        paper: (red, green, blue) of what is not drawn on.
        canvas_size, brush_width: as in `render_strokes`.

    Returns:
        (height, width, 3) uint8; `resize` brings it to a classifier's input.

    Raises:
        DatasetError: there are more or fewer colours or widths than strokes.

    Example:
        >>> dot = np.array([[1.5, 1.5]])
        >>> render_colors([dot], [(255, 0, 0)], paper=(0, 0, 9), canvas_size=3, brush_width=1)[1]
        array([[  0,   0,   9],
               [255,   0,   0],
               [  0,   0,   9]], dtype=uint8)
    """
    width, height = _both_sides(canvas_size)
    drawn = list(strokes)
    picture = np.empty((height, width, 3), np.float32)
    picture[:] = paper
    coverage = np.zeros((height, width), np.float32)
    brushes = _brushes(len(drawn), brush_width)
    _check_count(colors, len(drawn), "colours")
    for stroke, color, radius in zip(drawn, colors, brushes, strict=True):
        _draw_stroke(coverage, stroke, radius)
        rows, columns = _reach(stroke, radius, coverage)
        covered, below = coverage[rows, columns, None], picture[rows, columns]
        below += covered * (np.array(color, np.float32) - below)
        covered[:] = 0
    return (picture + 0.5).astype(np.uint8)


def _both_sides(canvas_size: int | tuple[int, int]) -> tuple[int, int]:
    return (canvas_size, canvas_size) if isinstance(canvas_size, int) else canvas_size


def _brushes(count: int, widths: float | Sequence[float]) -> list[float]:
    """The radius of the brush of each stroke."""
    each = list(widths) if isinstance(widths, Sequence) else [widths] * count
    _check_count(each, count, "brush widths")
    return [width / 2 for width in each]


def _check_count(each: Sequence[object], count: int, name: str) -> None:
    if len(each) != count:
        raise DatasetError(
            f"{name} must be one for each of the {count} strokes; received {len(each)}; pass as "
            "many as there are strokes."
        )


def _draw_stroke(coverage: Plane, stroke: NDArray[np.floating], radius: float) -> None:
    starts, ends = stroke[: max(1, len(stroke) - 1)], stroke[min(1, len(stroke) - 1) :]
    for start, end in zip(starts, ends, strict=True):
        _draw_line(coverage, start, end, radius)


def _draw_line(
    coverage: Plane, start: NDArray[np.floating], end: NDArray[np.floating], radius: float
) -> None:
    """Add a line with round ends: a pixel is covered by its distance from the line's middle."""
    rows, columns = _reach(np.stack([start, end]), radius, coverage)
    along_x, along_y = end - start
    squared = along_x * along_x + along_y * along_y
    # In bands, each as wide as the line there: the box around a long slanting line is mostly
    # empty, and looking at all of it made one stroke cost as much as a hundred.
    for top in range(rows.start, rows.stop, _BAND):
        bottom = min(top + _BAND, rows.stop)
        left, right = _across(start, end, radius, top, bottom, columns)
        x = np.arange(left, right) + 0.5 - start[0]
        y = (np.arange(top, bottom) + 0.5 - start[1])[:, None]
        at = np.clip((x * along_x + y * along_y) / squared, 0, 1) if squared else 0.0
        distance = np.hypot(x - at * along_x, y - at * along_y)
        patch = coverage[top:bottom, left:right]
        np.maximum(patch, np.clip(radius + 0.5 - distance, 0, 1), out=patch)


def _reach(points: NDArray[np.floating], radius: float, coverage: Plane) -> tuple[slice, slice]:
    """The rows and columns of the canvas that a brush along these points can touch."""
    if not len(points):
        return slice(0, 0), slice(0, 0)
    size = coverage.shape[::-1]
    low = np.clip(np.floor(points.min(axis=0) - radius - 1), 0, size).astype(int)
    high = np.clip(np.ceil(points.max(axis=0) + radius + 1), 0, size).astype(int)
    return slice(int(low[1]), int(high[1])), slice(int(low[0]), int(high[0]))


def _across(
    start: NDArray[np.floating],
    end: NDArray[np.floating],
    radius: float,
    top: int,
    bottom: int,
    columns: slice,
) -> tuple[int, int]:
    """The columns that the line can touch between two rows."""
    (x, y), (along_x, along_y) = start, end - start
    ends = [start[0], end[0]]
    if abs(along_y) > 1e-9:
        near = [(edge - y) / along_y for edge in (top - radius - 1, bottom + radius + 1)]
        ends = [x + min(max(part, 0.0), 1.0) * along_x for part in near]
    low, high = np.floor(min(ends) - radius - 1), np.ceil(max(ends) + radius + 1)
    return max(columns.start, int(low)), max(columns.start, min(columns.stop, int(high)))


def _enlarged(ink: Ink) -> Plane:
    """Coverage 0..1 of the inked part of the canvas alone, its longer side `_WORK_SIZE` pixels."""
    top, bottom, left, right = _extent(ink > ink.max() / 2)
    factor = _WORK_SIZE / max(bottom - top, right - left)
    size = max(1, round((right - left) * factor)), max(1, round((bottom - top) * factor))
    picture = Pillow.fromarray(ink).resize(
        size, Pillow.Resampling.BILINEAR, box=(left, top, right, bottom)
    )
    coverage: Plane = np.asarray(picture, np.float32)
    # A brush thinner than a pixel of the work size leaves no full coverage anywhere.
    return np.pad(coverage / coverage.max(), _MARGIN).astype(np.float32, copy=False)


def _signed_distance(coverage: Plane) -> Plane:
    """Pixels from the outline of the ink: + inside, - outside."""
    inside = coverage > 0.5
    depth = distance_transform_edt(inside)
    height = distance_transform_edt(~inside)
    distance: Plane = np.where(inside, depth - 0.5, 0.5 - height).astype(np.float32)
    return distance


def _half_widths(distance: Plane) -> tuple[float, float]:
    """Half the width of the usual and of the thinnest strokes, read off along their middles."""
    middles = (distance > 0) & (distance >= maximum_filter(distance, 3))
    # A stroke's middle is in the middle of a pixel or half a pixel beside it.
    usual, thinnest = np.percentile(distance[middles], [50, 10]) + 0.25
    return float(usual), float(thinnest)


def _side(distance: Plane, half_width: float) -> float:
    """The side of the image in pixels of the work size, so that the digit just fits its box.

    What is fitted is the line that the middle of the brush drew, so that the width of the brush
    plays no part. A dot has no such line: it counts as a line as long as it is wide.
    """
    top, bottom, left, right = _extent(distance > 0)
    line = max(bottom - top, right - left) - 2 * half_width
    return max(line, 2 * half_width) / (_BOX - 2 * _HALF_WIDTH)


def _seen_through_window(digit: Plane, side: float, shape: tuple[int, int, int]) -> Image:
    """The part of the plane that is the image: centre of mass in its centre, all ink inside.

    MNIST moved its digits by whole pixels; the parts of a pixel matter little, and without them
    a drawing looks the same wherever it stands.
    """
    top, bottom, left, right = _extent(digit > 0.5)
    side = max(side, max(bottom - top, right - left) / _BOX)
    height, width = (side * pixels / min(shape[:2]) for pixels in shape[:2])
    y = np.clip(_middle(digit.sum(axis=1)) - height / 2, bottom - height, top)
    x = np.clip(_middle(digit.sum(axis=0)) - width / 2, right - width, left)
    # Pillow crops outside of a picture too, with zeros there, but only at whole pixels.
    corner_x, corner_y = int(np.floor(x)), int(np.floor(y))
    x, y = x - corner_x, y - corner_y
    corners = (corner_x, corner_y, corner_x + int(width) + 2, corner_y + int(height) + 2)
    window = Pillow.fromarray(digit).crop(corners)
    pixels = np.asarray(
        window.resize(shape[1::-1], Pillow.Resampling.BILINEAR, box=(x, y, x + width, y + height))
    )
    grey = (np.clip(pixels, 0, 1) * 255 + 0.5).astype(np.uint8)
    return np.repeat(grey[:, :, None], shape[2], axis=2)


def _extent(inked: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Top, bottom, left and right of the true pixels; bottom and right are one past the last."""
    rows, columns = np.flatnonzero(inked.any(axis=1)), np.flatnonzero(inked.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _middle(weights: NDArray[np.floating]) -> float:
    """The centre of mass of a row of pixels, each weighing at its own middle."""
    return float(weights @ (np.arange(len(weights)) + 0.5) / weights.sum())


def _check_ink(ink: Ink) -> None:
    if ink.ndim != 2 or ink.dtype != np.uint8 or not ink.size:
        raise DatasetError(
            "ink must be (H, W) uint8, 0 no ink .. 255 full ink; received shape "
            f"{ink.shape}, {ink.dtype}; pass one channel of the canvas."
        )
