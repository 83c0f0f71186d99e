"""Pictures of examples, as the pages draw them."""

from base64 import b64encode
from functools import lru_cache

from hardex.arrays import Image
from hardex.errors import HardexError
from hardex.images import as_png, resize
from hardex.runs.run import Run

THUMBNAIL_PIXELS = 96
_LARGE = 200_000  # bytes of pixels; packing more of them tightly takes longer than sending them
_THUMBNAILS_KEPT = 2_048  # about 20 kB each at most


def picture_url(run: Run, id: str, most_pixels: int | None = None) -> str:
    """An example's image as a PNG data URL, shrunk if it is larger than asked; "" without one."""
    try:
        image = run.image(id)
    except HardexError:
        return ""
    return png_url(image, most_pixels)


def thumbnail_url(run: Run, id: str) -> str:
    """`picture_url` at the size of a card; those that were asked for last are kept."""
    try:
        return _thumbnail(run, id)
    except HardexError:
        return ""


@lru_cache(maxsize=_THUMBNAILS_KEPT)
def _thumbnail(run: Run, id: str) -> str:
    return png_url(run.image(id), THUMBNAIL_PIXELS)


def png_url(image: Image, most_pixels: int | None = None) -> str:
    """An image as a PNG data URL, shrunk if its longer side is more than asked."""
    image = image if most_pixels is None else _shrunk(image, most_pixels)
    return "data:image/png;base64," + b64encode(as_png(image, quickly=image.size > _LARGE)).decode()


def _shrunk(image: Image, most: int) -> Image:
    height, width, channels = image.shape
    factor = most / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return resize(image, (*size, channels))
