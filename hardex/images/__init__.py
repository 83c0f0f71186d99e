"""Pixels: read, write, the family of transforms, how a sketch becomes a model input.

* files       an image file -> an `Image` and back; resizing for a classifier
* urls        an `Image` as a short file or a data URL, for pages
* transforms  an `Image` -> the same picture mirrored, rotated, blurred, ...; response curves
* sketch      pen strokes -> ink on a canvas -> the `Image` a digit classifier was trained on

Everywhere an `Image` is (h, w, c) uint8, 0..255, c = 1 (grey) or 3 (RGB).
"""

from hardex.images.files import as_jpeg, as_png, read_image, resize, write_png
from hardex.images.sketch import (
    BRUSH_WIDTH,
    CANVAS_SIZE,
    render_colors,
    render_strokes,
    sketch_to_image,
)
from hardex.images.transforms import LIMITS, ORDER, Transform, rotations, transform, transform_each
from hardex.images.urls import as_shown, data_url, png_url, small_png, thumbnail, type_of

__all__ = [
    "BRUSH_WIDTH",
    "CANVAS_SIZE",
    "LIMITS",
    "ORDER",
    "Transform",
    "as_jpeg",
    "as_png",
    "as_shown",
    "data_url",
    "png_url",
    "read_image",
    "render_colors",
    "render_strokes",
    "resize",
    "rotations",
    "sketch_to_image",
    "small_png",
    "thumbnail",
    "transform",
    "transform_each",
    "type_of",
    "write_png",
]
