"""Pictures of examples, as the pages draw them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock

from hardex.errors import HardexError
from hardex.images import png_url, shown_url
from hardex.runs.run import Run

THUMBNAIL_PIXELS = 96
_THUMBNAILS_KEPT = 2_048  # about 20 kB each at most
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
    """`shown_url` of an example; "" without an image.

    Those that were asked for last are kept: many look at the same.
    """
    try:
        return _VIEWS.get((run, id, most_pixels), lambda: shown_url(run.image(id), most_pixels))
    except HardexError:
        return ""


def thumbnail_url(run: Run, id: str) -> str:
    """`picture_url` at the size of a card; those that were asked for last are kept."""
    try:
        return _thumbnail(run, id)
    except HardexError:
        return ""


@lru_cache(maxsize=_THUMBNAILS_KEPT)
def _thumbnail(run: Run, id: str) -> str:
    return png_url(run.image(id), THUMBNAIL_PIXELS)
