"""An `Image` as the content of a picture file, and as a data URL: for pages and other tools."""

from base64 import b64encode

from hardex.arrays import Image
from hardex.images.files import LARGE, as_jpeg, as_png, resize

_DOT_FOR_DOT = 128  # pixels of the longer side up to which an image is shown exactly
_PNG = b"\x89PNG"


def small_png(image: Image, most_pixels: int | None = None) -> bytes:
    """An image as a PNG file.

    Args:
        image: (h, w, c).
        most_pixels: it is shrunk if its longer side is more.

    Example:
        >>> import numpy as np
        >>> small_png(np.zeros((2, 2, 1), np.uint8))[1:4]
        b'PNG'
    """
    image = image if most_pixels is None else _shrunk(image, most_pixels)
    return as_png(image, quickly=image.size > LARGE)


def as_shown(image: Image, most_pixels: int) -> bytes:
    """An image for display, as a short file.

    Up to 128 pixels it is a PNG and exact. Larger ones are a JPEG where that is less than half as
    long, as it is of photographs.

    Args:
        image: (h, w, c).
        most_pixels: it is shrunk if its longer side is more.
    """
    image = _shrunk(image, most_pixels)
    exact = small_png(image)
    if max(image.shape[:2]) <= _DOT_FOR_DOT:
        return exact
    photograph = as_jpeg(image)
    return photograph if 2 * len(photograph) < len(exact) else exact


def thumbnail(image: Image, most_pixels: int, most_bytes: int = 12_288) -> bytes:
    """An image as a picture file that is never longer than so many bytes, for pages to send.

    Small images stay exact while they fit; others lose detail, and then size.

    Args:
        image: (h, w, c).
        most_pixels: of the longer side.
        most_bytes: at least 8,192, which noise of 64 pixels does not exceed.

    Example:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).integers(0, 256, (900, 600, 3), np.uint8)
        >>> len(thumbnail(noise, 160)) <= 12_288
        True
    """
    image = _shrunk(image, most_pixels)
    if max(image.shape[:2]) <= _DOT_FOR_DOT:
        exact = small_png(image)
        if len(exact) <= most_bytes:
            return exact
    for side, quality in ((most_pixels, 85), (most_pixels, 60), (96, 60)):
        found = as_jpeg(_shrunk(image, side), quality=quality)
        if len(found) <= most_bytes:
            return found
    return as_jpeg(_shrunk(image, 64), quality=50)


def type_of(picture: bytes) -> str:
    """The media type of a picture that this module made.

    Example:
        >>> import numpy as np
        >>> type_of(small_png(np.zeros((2, 2, 1), np.uint8)))
        'image/png'
    """
    return "image/png" if picture.startswith(_PNG) else "image/jpeg"


def data_url(picture: bytes) -> str:
    """A picture that this module made, as a data URL.

    Example:
        >>> import numpy as np
        >>> data_url(small_png(np.zeros((2, 2, 1), np.uint8)))[:22]
        'data:image/png;base64,'
    """
    return f"data:{type_of(picture)};base64,{b64encode(picture).decode()}"


def png_url(image: Image, most_pixels: int | None = None) -> str:
    """`small_png` as a data URL."""
    return data_url(small_png(image, most_pixels))


def _shrunk(image: Image, most: int) -> Image:
    height, width, channels = image.shape
    factor = most / max(height, width)
    if factor >= 1:
        return image
    size = max(1, round(height * factor)), max(1, round(width * factor))
    return resize(image, (*size, channels))
