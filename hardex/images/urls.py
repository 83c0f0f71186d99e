"""An `Image` as a data URL: text that pages and other tools show as a picture."""

from base64 import b64encode

from hardex.arrays import Image
from hardex.images.files import as_jpeg, as_png, resize

_LARGE = 200_000  # bytes of pixels; compressing more of them well takes longer than sending them
_DOT_FOR_DOT = 128  # pixels of the longer side up to which an image is shown exactly


def png_url(image: Image, most_pixels: int | None = None) -> str:
    """An image as a PNG data URL.

    Args:
        image: (h, w, c).
        most_pixels: it is shrunk if its longer side is more.

    Example:
        >>> import numpy as np
        >>> png_url(np.zeros((2, 2, 1), np.uint8))[:22]
        'data:image/png;base64,'
    """
    image = image if most_pixels is None else _shrunk(image, most_pixels)
    return "data:image/png;base64," + b64encode(as_png(image, quickly=image.size > _LARGE)).decode()


def shown_url(image: Image, most_pixels: int) -> str:
    """An image for display, as a short data URL.

    Up to 128 pixels it is a PNG and exact. Larger ones are a JPEG where that is less than half as
    long, as it is of photographs.

    Args:
        image: (h, w, c).
        most_pixels: it is shrunk if its longer side is more.
    """
    image = _shrunk(image, most_pixels)
    exact = png_url(image)
    if max(image.shape[:2]) <= _DOT_FOR_DOT:
        return exact
    photograph = "data:image/jpeg;base64," + b64encode(as_jpeg(image)).decode()
    return photograph if 2 * len(photograph) < len(exact) else exact


def _shrunk(image: Image, most: int) -> Image:
    height, width, channels = image.shape
    factor = most / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return resize(image, (*size, channels))
