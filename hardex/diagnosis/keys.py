"""A picture -> a name for its exact pixels."""

from collections.abc import Iterable
from hashlib import blake2b

import numpy as np

from hardex.arrays import Image


def pixel_key(image: Image) -> str:
    """A name for the exact pixels of an image, (h, w, c).

    Example:
        >>> one, other = np.zeros((2, 2, 1), np.uint8), np.zeros((4, 1, 1), np.uint8)
        >>> pixel_key(one) == pixel_key(one.copy()), pixel_key(one) == pixel_key(other)
        (True, False)
    """
    head = f"{image.shape}".encode()
    return blake2b(head + np.ascontiguousarray(image).tobytes(), digest_size=16).hexdigest()


def places_of(images: Iterable[Image], positions: Iterable[int]) -> dict[str, list[int]]:
    """By the name of their pixels the positions of images."""
    found: dict[str, list[int]] = {}
    for image, position in zip(images, positions, strict=True):
        found.setdefault(pixel_key(image), []).append(position)
    return found
