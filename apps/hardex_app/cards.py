"""Pictures of examples, as the pages draw them."""

from base64 import b64encode
from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock

from hardex.arrays import Image
from hardex.errors import HardexError
from hardex.images import as_jpeg, as_png, resize
from hardex.runs.run import Run

THUMBNAIL_PIXELS = 96
_LARGE = 200_000  # bytes of pixels; packing more of them tightly takes longer than sending them
_THUMBNAILS_KEPT = 2_048  # about 20 kB each at most
_DOT_FOR_DOT = 128  # pixels of the longer side up to which an image is shown exactly
_VIEWS_BYTES = 64_000_000


def picture_url(run: Run, id: str, most_pixels: int | None = None) -> str:
    """An example's image as a PNG data URL, shrunk if it is larger than asked; "" without one."""
    try:
        image = run.image(id)
    except HardexError:
        return ""
    return png_url(image, most_pixels)


class Kept:
    """What was asked for last, up to so many characters in all; for any number of threads.

    Args:
        most: characters; a text that is longer is not kept.

    Example:
        >>> kept = Kept(5)
        >>> [kept.get(key, lambda: key * 3) for key in "aba"]
        ['aaa', 'bbb', 'aaa']
        >>> kept.get("a", lambda: "another")
        'aaa'
    """

    def __init__(self, most: int) -> None:
        self._most, self._size, self._lock = most, 0, Lock()
        self._texts: OrderedDict[Hashable, str] = OrderedDict()  # oldest first

    def get(self, key: Hashable, make: Callable[[], str]) -> str:
        """The text of this key, made if it is not there; what `make` raises is not kept."""
        with self._lock:
            if key in self._texts:
                self._texts.move_to_end(key)
                return self._texts[key]
        text = make()  # others go on meanwhile
        with self._lock:
            if key not in self._texts and len(text) <= self._most:
                self._texts[key] = text
                self._size += len(text)
            while self._size > self._most:
                self._size -= len(self._texts.popitem(last=False)[1])
        return text


_VIEWS = Kept(_VIEWS_BYTES)


def view_url(run: Run, id: str, most_pixels: int) -> str:
    """An example's image to be looked at, shrunk if it is larger than asked; "" without one.

    Up to 128 pixels it is a PNG and exact. Larger ones are a JPEG where that is less than half as
    long, as it is of photographs. Those that were asked for last are kept: many look at the same.
    """
    try:
        return _VIEWS.get((run, id, most_pixels), lambda: _view(run.image(id), most_pixels))
    except HardexError:
        return ""


def _view(image: Image, most_pixels: int) -> str:
    image = _shrunk(image, most_pixels)
    exact = png_url(image)
    if max(image.shape[:2]) <= _DOT_FOR_DOT:
        return exact
    photograph = "data:image/jpeg;base64," + b64encode(as_jpeg(image)).decode()
    return photograph if 2 * len(photograph) < len(exact) else exact


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
