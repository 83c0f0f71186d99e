"""Pictures of examples, as the pages draw them."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from functools import lru_cache
from threading import Lock
from typing import Any

from hardex.errors import HardexError
from hardex.images import as_shown, data_url, png_url
from hardex.overview.figures import overview
from hardex.runs.run import Run

THUMBNAIL_PIXELS = 96
_HEAD_PIXELS = 64  # ten of the noisiest pictures stay below 170 kB
_THUMBNAILS_KEPT = 2_048  # about 20 kB each at most
_VIEW_PIXELS = 1_024  # the longer side
_VIEWS_BYTES = 64_000_000


def picture_url(run: Run, id: str, most_pixels: int | None = None) -> str:
    """An example's image as a PNG data URL, at most so large; "" without one."""
    try:
        image = run.image(id)
    except HardexError:
        return ""
    return png_url(image, most_pixels)


def overview_with_pictures(run: Run) -> dict[str, Any]:
    """`hardex.overview.figures.overview`, with an `image` for each example of the list heads."""
    figures = overview(run)
    for head in figures["heads"].values():
        for example in head["examples"]:
            # Without a file there is no picture, and looking for one takes long.
            has_picture = example.pop("file_name")
            example["image"] = picture_url(run, example["id"], _HEAD_PIXELS) if has_picture else ""
    return figures


class FileCache:
    """The files requested last, up to a total length; for any number of threads.

    Args:
        most: bytes in total; a longer file is not cached.

    Example:
        >>> cache = FileCache(5)
        >>> [cache.get(key, lambda: key * 3) for key in (b"a", b"b", b"a")]
        [b'aaa', b'bbb', b'aaa']
        >>> cache.get(b"a", lambda: b"another")
        b'aaa'
    """

    def __init__(self, most: int) -> None:
        self._most, self._size, self._lock = most, 0, Lock()
        self._files: OrderedDict[Hashable, bytes] = OrderedDict()  # oldest first

    def get(self, key: Hashable, make: Callable[[], bytes]) -> bytes:
        """The file of this key, made if it is not cached; errors of `make` are not cached."""
        with self._lock:
            if key in self._files:
                self._files.move_to_end(key)
                return self._files[key]
        file = make()  # without the lock, so that others can go on
        with self._lock:
            if key not in self._files and len(file) <= self._most:
                self._files[key] = file
                self._size += len(file)
            while self._size > self._most:
                self._size -= len(self._files.popitem(last=False)[1])
        return file


_VIEWS = FileCache(_VIEWS_BYTES)


def view(run: Run, id: str) -> bytes:
    """An example as annotators see it: a file of at most 1,024 pixels a side, see `as_shown`.

    Cached, as annotators share examples.

    Raises:
        HardexError: no such example, or its image is missing.
    """
    return _VIEWS.get((run, id), lambda: as_shown(run.image(id), _VIEW_PIXELS))


def view_url(run: Run, id: str) -> str:
    """`view` as a data URL; "" without an image."""
    try:
        return data_url(view(run, id))
    except HardexError:
        return ""


def thumbnail_url(run: Run, id: str) -> str:
    """`picture_url` at the size of a card, cached."""
    try:
        return _thumbnail(run, id)
    except HardexError:
        return ""


@lru_cache(maxsize=_THUMBNAILS_KEPT)
def _thumbnail(run: Run, id: str) -> str:
    return png_url(run.image(id), THUMBNAIL_PIXELS)
