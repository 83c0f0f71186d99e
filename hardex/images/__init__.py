"""Pixels: read, write, the family of transforms, how a sketch becomes a model input.

* files       an image file -> an `Image` and back; resizing for a classifier
* urls        an `Image` as text for pages
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
from hardex.images.urls import png_url, shown_url

__all__ = [
    "BRUSH_WIDTH",
    "CANVAS_SIZE",
    "LIMITS",
    "ORDER",
    "Transform",
    "as_jpeg",
    "as_png",
    "png_url",
    "read_image",
    "render_colors",
    "render_strokes",
    "resize",
    "rotations",
    "shown_url",
    "sketch_to_image",
    "transform",
    "transform_each",
    "write_png",
]
