"""The input of a model -> images: with or without an axis of channels, or flattened."""

from collections.abc import Sequence
from math import isqrt

import numpy as np

from hardex.classifiers.preprocess import Values
from hardex.data.dataset import Shape

Dimensions = Sequence[int | str | None]  # of an input, the number of images first

IMAGE_INPUTS = "(n, h, w, 1 or 3), (n, 1 or 3, h, w), (n, h, w) or flattened square images"
_FLAT_LEAST = 64  # numbers: 8 x 8 grey; fewer are features, not pixels


def channels_first(into: Dimensions) -> bool:
    """Whether an input is (n, c, h, w), as in PyTorch.

    Example:
        >>> channels_first((None, 3, 32, 32)), channels_first((None, 32, 32, 3))
        (True, False)
    """
    return len(into) == 4 and into[1] in (1, 3) and into[3] not in (1, 3)


def channels_last(into: Dimensions) -> Dimensions:
    """The dimensions of an input, the channels last.

    Example:
        >>> channels_last((None, 3, 32, 24))
        (None, 32, 24, 3)
    """
    return (into[0], into[2], into[3], into[1]) if channels_first(into) else into


def takes_images(into: Dimensions) -> bool:
    """Whether an input can be images.

    (n, h, w, 1 or 3), (n, 1 or 3, h, w), (n, h, w) for grey, or (n, s * s) or (n, s * s * 3) for
    flattened squares.

    Example:
        >>> takes_images((None, 28, 28)), takes_images((None, 784)), takes_images((None, 9))
        (True, True, False)
    """
    if len(into) == 4:
        return channels_last(into)[3] in (1, 3)
    return len(into) == 3 or (len(into) == 2 and _square(into[1]) is not None)


def image_shape(into: Dimensions) -> Shape | None:
    """The (h, w, c) of images for such an input; None if it takes any size.

    Example:
        >>> image_shape((None, 28, 28)), image_shape((None, 784)), image_shape((None, 3072))
        ((28, 28, 1), (28, 28, 1), (32, 32, 3))
    """
    if len(into) == 2:
        return _square(into[1])
    height, width = channels_last(into)[1:3]
    if not isinstance(height, int) or not isinstance(width, int):
        return None
    return height, width, channel_count(into)


def channel_count(into: Dimensions) -> int:
    """1 for grey or 3 for RGB."""
    if len(into) == 2:
        return (_square(into[1]) or (0, 0, 1))[2]
    return 1 if len(into) == 3 else int(channels_last(into)[3] or 1)


def laid_out(values: Values, into: Dimensions) -> Values:
    """(n, h, w, c) in the form of the input: with the channels last, first, or none; or flat."""
    if channels_first(into):
        return np.ascontiguousarray(values.transpose(0, 3, 1, 2))
    if len(into) == 4:
        return values
    return values[..., 0] if len(into) == 3 else values.reshape(len(values), -1)


def layout_note(into: Dimensions, shape: Shape | None) -> tuple[str, ...]:
    """What `laid_out` does, a clause, or nothing if nothing is done.

    Example:
        >>> layout_note((None, 784), (28, 28, 1))
        ('the model takes 784 numbers: each image of 28 x 28 x 1 is flattened row by row',)
    """
    if len(into) == 4:
        return ()
    if len(into) == 3:
        return ("the model takes images without an axis of channels: it is left out",)
    by = " x ".join(map(str, shape or ()))
    return (f"the model takes {into[1]} numbers: each image of {by} is flattened row by row",)


def _square(size: int | str | None) -> Shape | None:
    """The square image of so many numbers, grey or RGB; a number is never both."""
    if not isinstance(size, int) or size < _FLAT_LEAST:
        return None
    for channels in (1, 3):
        side = isqrt(size // channels)
        if side * side * channels == size:
            return side, side, channels
    return None
