"""Pictures in the order of choice -> which of them are near-duplicates of an earlier one."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image

_SIDE = 16  # pixels of a thumbnail
_MOST_APART = 6.0  # levels of 255, root mean square, between thumbnails of near-duplicates


class Lookalikes:
    """Remembers the pictures that passed, and refuses near-duplicates of them.

    Two pictures look alike when their thumbnails (16 x 16, averaged) differ by at most 6 levels
    of 255, root mean square: equal pixels, or the same picture saved again, scaled or slightly
    brightened. Of 10,000 different digits 4 look like another, of 12,000 photographs none. Each is
    compared with all that passed before it, so later pictures never change an answer.

    Args:
        image: gives the picture at a position.

    Attributes:
        refused: positions of the refused pictures, in order.

    Example:
        >>> pictures = np.random.default_rng(0).integers(0, 255, (3, 8, 8, 1), dtype=np.uint8)
        >>> pictures[2] = pictures[0] + 1
        >>> refuse = Lookalikes(lambda position: pictures[position])
        >>> [refuse(0), refuse(1), refuse(2)], refuse.refused
        ([False, False, True], [2])
    """

    def __init__(self, image: Callable[[int], Image]) -> None:
        self._image = image
        self._passed: list[NDArray[np.float32]] = []
        self.refused: list[int] = []

    def __call__(self, position: int) -> bool:
        """Whether the picture at this position looks like one that passed; else it passes."""
        own = thumbnail(self._image(position))
        if any(looks_like(own, earlier) for earlier in self._passed):
            self.refused.append(position)
            return True
        self._passed.append(own)
        return False


def looks_like(first: NDArray[np.float32], second: NDArray[np.float32]) -> bool:
    """Whether two thumbnails belong to near-duplicates."""
    return float(np.square(first - second).mean()) <= _MOST_APART**2


def thumbnail(image: Image) -> NDArray[np.float32]:
    """(16, 16, 3): means over equal parts of the picture; grey counts as equal colours.

    Example:
        >>> thumbnail(np.full((5, 40, 1), 9, np.uint8)).mean()
        np.float32(9.0)
    """
    means = _averaged(_averaged(image.astype(np.float32), 0), 1)
    return np.broadcast_to(means, (_SIDE, _SIDE, 3)) if image.shape[2] == 1 else means


def _averaged(pixels: NDArray[np.float32], axis: int) -> NDArray[np.float32]:
    """Cut one axis into 16 equal parts, pixels on a border shared, and take the mean of each."""
    length = pixels.shape[axis]
    borders = np.linspace(0, length, _SIDE + 1)
    starts, stops = borders[:-1, None], borders[1:, None]
    at = np.arange(length)
    weights = np.clip(np.minimum(stops, at + 1) - np.maximum(starts, at), 0, None)
    weights /= weights.sum(axis=1, keepdims=True)
    means = np.tensordot(weights.astype(np.float32), pixels, axes=(1, axis))
    return np.moveaxis(means, 0, axis)
