"""Pixels as requests and responses carry them. Only this file of the app knows NumPy."""

import io
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from typing import Any

import numpy as np

from hardex.arrays import Image
from hardex.errors import HardexError
from hardex.images import read_image
from hardex.probing.values import short

FILE_MOST = 15_000_000  # bytes of an uploaded file


def as_text(image: Image) -> str:
    """The raw bytes of an image, in base64."""
    return b64encode(np.ascontiguousarray(image).tobytes()).decode()


def image_of(text: Any, shape: Any, *, sides_most: tuple[int, int]) -> Image:
    """The image of these raw bytes.

    Args:
        text: what `as_text` gave.
        shape: [h, w, c].
        sides_most: height and width that it may have.

    Raises:
        HardexError: one of them is something else.
    """
    _check_shape(shape, sides_most)
    size = shape[0] * shape[1] * shape[2]
    if not isinstance(text, str) or len(text) != -(-size // 3) * 4:
        raise _wrong_size(size)
    raw = _decoded(text, "pixels")
    if len(raw) != size:
        raise _wrong_size(size)
    return np.frombuffer(raw, np.uint8).reshape(shape)


def image_of_file(file: Any) -> Image:
    """The image of an uploaded or pasted file.

    Args:
        file: the bytes of a PNG, JPEG, GIF, BMP, PPM, WebP or TIFF file, in base64.

    Raises:
        HardexError: it is too large, or not an image that can be read.
    """
    most = -(-FILE_MOST // 3) * 4
    if not isinstance(file, str) or not file or len(file) > most:
        size = f"about {len(file) * 3 // 4:,} bytes" if isinstance(file, str) else "no file"
        raise HardexError(
            f"an image file may have 1 to {FILE_MOST:,} bytes; received {size}; choose another "
            "or shrink it."
        )
    opened = io.BytesIO(_decoded(file, "file"))
    opened.name = "that was chosen"
    return read_image(opened)


def _check_shape(shape: Any, sides_most: tuple[int, int]) -> None:
    if (
        not isinstance(shape, list)
        or len(shape) != 3
        or any(type(side) is not int or side < 1 for side in shape)
        or shape[2] not in (1, 3)
    ):
        raise HardexError(
            "the shape of an image must be [height, width, channels] with 1 or 3 channels; "
            f"received {short(shape)}; choose the file again."
        )
    height_most, width_most = sides_most
    if shape[0] > height_most or shape[1] > width_most:
        raise HardexError(
            f"an image for this model has at most {height_most} x {width_most} pixels; received "
            f"{short(shape[0])} x {short(shape[1])}; choose the file again."
        )


def _wrong_size(size: int) -> HardexError:
    return HardexError(
        f"the pixels of an image must be {size:,} bytes in base64, as its shape says; received "
        "something else; choose the file again."
    )


def _decoded(text: str, name: str) -> bytes:
    try:
        return b64decode(text, validate=True)
    except (NotBase64, ValueError) as error:
        raise HardexError(
            f"the {name} must be bytes in base64; received something else; choose the file again."
        ) from error
