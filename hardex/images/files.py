"""An image file -> (h, w, c) uint8 and back, and the one way images are resized.

Pillow decodes, so the same file gives the same pixels in ranking, app and training.
"""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from PIL import UnidentifiedImageError

from hardex.arrays import Image, check_images
from hardex.bounded import open_plain
from hardex.errors import DatasetError
from hardex.images.hostile import Metered, upright
from hardex.images.kinds import FORMATS, HEAD, why_unknown

# Pillow's own warning level: about 9,500 x 9,500, or 270 MB once it is RGB.
MAX_PIXELS = 89_478_485

LARGE = 200_000  # bytes of pixels; to compress more of them well takes longer than it is worth


def read_image(file: Path | str | BinaryIO) -> Image:
    """Read one image as a person would see it: upright, first frame, 8 bits a channel.

    Grey files stay grey (c = 1), all others become RGB (c = 3). Transparency shows white behind
    it, as most viewers do; 16 bit grey keeps its upper half (0..65535 becomes 0..255); the
    camera's rotation note (EXIF) is obeyed.

    Args:
        file: a path, or a file opened for reading bytes.

    Returns:
        (h, w, c) uint8.

    Raises:
        DatasetError: the file cannot be read, with the reason in one sentence. Also for what would
            take all memory or hours, before it is unpacked: more than `MAX_PIXELS` pixels, more
            than a GiB, and files made for that.

    Example:
        >>> file = io.BytesIO(as_png(np.full((2, 3, 1), 7, np.uint8)))
        >>> read_image(file)[:, :, 0]
        array([[7, 7, 7],
               [7, 7, 7]], dtype=uint8)
    """
    with opened_picture(file) as (picture, _):
        return as_seen(picture)


@contextmanager
def opened_picture(file: Path | str | BinaryIO) -> Iterator[tuple[Pillow.Image, BinaryIO]]:
    """A picture of one of the formats that may be opened, before it is unpacked, and its bytes.

    Raises:
        DatasetError: as `read_image`, also for whatever happens while it is unpacked.
    """
    try:
        if isinstance(file, str | Path):
            with open_plain(file) as content, _opened(content) as both:
                yield both
        else:
            with _opened(file) as both:
                yield both
    # A broken file makes Pillow's decoders raise nearly anything (OSError, SyntaxError, ValueError,
    # IndexError, struct.error, ...), and every one of them means: this file cannot be read.
    except Exception as error:
        raise DatasetError(f"cannot read the image {_name(file)}: {_reason(error)}.") from error


@contextmanager
def _opened(content: BinaryIO) -> Iterator[tuple[Pillow.Image, BinaryIO]]:
    metered: Any = Metered(content)
    try:
        picture = Pillow.open(metered, formats=FORMATS)
    except UnidentifiedImageError as error:
        content.seek(0)
        raise DatasetError(why_unknown(content.read(HEAD))) from error
    with picture:
        _refuse_bomb(picture)
        yield picture, metered


def as_png(image: Image, *, quickly: bool = False) -> bytes:
    """The image as the bytes of a PNG file; `read_image` gives the same pixels back.

    Args:
        image: (h, w, c).
        quickly: True compresses less, in a fifth of the time.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> as_png(np.zeros((2, 2, 3), np.uint8))[1:4]
        b'PNG'
    """
    file = io.BytesIO()
    as_pillow(image).save(file, format="PNG", compress_level=1 if quickly else 6)
    return file.getvalue()


def as_jpeg(image: Image, *, quality: int = 90) -> bytes:
    """The image as the bytes of a JPEG file; the pixels change slightly.

    Args:
        image: (h, w, c), no side longer than 65,535.
        quality: 1..95; at 90 a photograph shows no visible difference.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> as_jpeg(np.zeros((2, 2, 3), np.uint8))[:2]
        b'\\xff\\xd8'
    """
    file = io.BytesIO()
    as_pillow(image).save(file, format="JPEG", quality=quality)
    return file.getvalue()


def write_png(image: Image, path: Path) -> None:
    """Write the image as a PNG file; `read_image` gives the same pixels back.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.
    """
    path.write_bytes(as_png(image, quickly=image.size > LARGE))


def resize(image: Image, shape: tuple[int, int, int]) -> Image:
    """The image at another size, and grey or RGB, for a classifier.

    The same shape gives the same pixels. Sizes change by Pillow's bilinear filter, which averages
    over all pixels it leaves out; RGB becomes grey by ITU-R 601 (0.299 R + 0.587 G + 0.114 B).

    Args:
        image: (h, w, c).
        shape: the (h, w, c) to make, c = 1 or 3.

    Returns:
        (h, w, c) uint8, of that shape.

    Raises:
        DatasetError: the array is not an image, or no image can have that shape.

    Example:
        >>> stripes = np.array([[0, 100], [0, 100]], np.uint8)[:, :, None]
        >>> resize(stripes, (1, 1, 3))
        array([[[50, 50, 50]]], dtype=uint8)
    """
    check_images(image[None])
    if tuple(shape) == image.shape:
        return image
    check_shape(shape)
    height, width, channels = shape
    picture = as_pillow(with_channels(image, channels))
    return as_image(picture.resize((width, height), Pillow.Resampling.BILINEAR))


def with_channels(image: Image, channels: int) -> Image:
    """The image grey (1) or RGB (3), by ITU-R 601."""
    if channels == image.shape[2]:
        return image
    return as_image(as_pillow(image).convert("L" if channels == 1 else "RGB"))


def check_shape(shape: tuple[int, int, int]) -> None:
    """Raise `DatasetError` unless an image can have this (h, w, c).

    Example:
        >>> check_shape((28, 28, 4))
        Traceback (most recent call last):
        hardex.errors.DatasetError: an image can have the shape (h, w, 1) or (h, w, 3) with h and \
w of 1 or more; received (28, 28, 4); ask for the shape of the classifier's input without the \
batch axis.
    """
    if len(shape) != 3 or min(shape[:2]) < 1 or shape[2] not in (1, 3):
        raise DatasetError(
            "an image can have the shape (h, w, 1) or (h, w, 3) with h and w of 1 or more; "
            f"received {tuple(shape)}; ask for the shape of the classifier's input without the "
            "batch axis."
        )


def _refuse_bomb(picture: Pillow.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise DatasetError(f"it has {pixels:,} pixels, and {MAX_PIXELS:,} is the most")


def as_seen(picture: Pillow.Image) -> Image:
    """The pixels of an opened picture as `read_image` describes them."""
    return as_grey_or_rgb(upright(picture))


def picture_pixels(picture: Any) -> Image:
    """The pixels of a picture that Pillow has opened, or of an array, as `read_image` gives them.

    Raises:
        DatasetError: it is neither.
    """
    if isinstance(picture, Pillow.Image):
        return as_seen(picture)
    array = np.asarray(picture)
    array = array[:, :, None] if array.ndim == 2 else array
    check_images(array[None])
    return array


def as_grey_or_rgb(picture: Pillow.Image) -> Image:
    """The pixels of a picture that is upright: on white, 8 bits a channel."""
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return _from_deep_grey(np.asarray(picture))
    if picture.has_transparency_data:
        # Grey stays grey: a grey digit with an alpha channel is still a grey digit.
        grey = picture.mode in ("1", "L", "LA", "La")
        white = Pillow.new("RGBA", picture.size, "white")
        picture = Pillow.alpha_composite(white, picture.convert("RGBA"))
        return as_image(picture.convert("L" if grey else "RGB"))
    return as_image(picture.convert("L" if picture.mode in ("1", "L") else "RGB"))


def _from_deep_grey(values: NDArray[Any]) -> Image:
    """Grey of 16 bits to 8; numbers that cannot be 16 bit grey have no agreed black and white."""
    if np.issubdtype(values.dtype, np.floating) or values.min() < 0 or values.max() > 65535:
        raise DatasetError(
            f"its pixels are {values.dtype} numbers from {values.min()} to {values.max()}, and "
            "only 8 and 16 bits a channel have a known black and white; save it as PNG"
        )
    return ((values.astype(np.uint32) + 128) // 257).astype(np.uint8)[:, :, None]


def as_pillow(image: Image) -> Pillow.Image:
    """An (h, w, c) image for Pillow."""
    check_images(image[None])
    return Pillow.fromarray(np.ascontiguousarray(image[:, :, 0] if image.shape[2] == 1 else image))


def as_image(picture: Pillow.Image) -> Image:
    """The (h, w, c) pixels of a grey or RGB picture."""
    pixels = np.array(picture)
    return pixels if pixels.ndim == 3 else pixels[:, :, None]


def _name(file: Path | str | BinaryIO) -> str:
    return repr(str(file if isinstance(file, (Path, str)) else getattr(file, "name", "(unnamed)")))


def _reason(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "there is no such file"
    if isinstance(error, (Pillow.DecompressionBombError, Pillow.DecompressionBombWarning)):
        return f"it has more than {MAX_PIXELS:,} pixels"
    words = (error.strerror or str(error)) if isinstance(error, OSError) else str(error)
    return " ".join(words.split()).rstrip(".") or type(error).__name__
