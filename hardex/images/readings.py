"""A picture in a file -> the pixels that a model gets, as the program that trained it read them.

The programs that people train with read the same file in different ways: some turn it upright,
some drop the alpha channel, some average over the pixels that they leave out. A model is as good as
it can be only on pictures that are read as in its training.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from hardex.arrays import Image, check_images
from hardex.errors import DatasetError
from hardex.images.files import (
    MAX_PIXELS,
    as_grey_or_rgb,
    as_image,
    as_seen,
    check_shape,
    opened_picture,
    resize,
    with_channels,
)

AUTO, PILLOW, KERAS, TORCHVISION = "auto", "pillow", "keras", "torchvision"
NEARLY_KERAS = "nearly keras"  # nobody types it: for a comparison
STRETCH, CROP, PAD, SHORTER = "stretch", "crop", "pad", "shorter side, then centre"
_GREY = ("1", "L", "LA", "La")


@dataclass(frozen=True)
class PixelReading:
    """One way to read pictures; everything that a program may do in its own way.

    Attributes:
        name: what is typed.
        upright: whether the rotation that the camera noted (EXIF) is applied.
        alpha: what becomes of transparency: `white` behind it, or `dropped`.
        interpolation: how sizes change.
        antialias: whether all pixels that are left out count, or only those nearest.
        aspect: `stretch`; `crop` to the middle or `pad` with black, both without distortion; or
            the shorter side is resized and the centre cut out.
    """

    name: str
    upright: bool
    alpha: str
    interpolation: str
    antialias: bool
    aspect: str

    def read(self, file: Path | str | BinaryIO, shape: tuple[int, int, int] | None) -> Image:
        """The pixels of a file as a model of this input gets them.

        Args:
            file: a path, or a file opened for reading bytes.
            shape: (h, w, c), or None for the size of the picture, grey or RGB as it is.

        Raises:
            DatasetError: as `read_image`.
        """
        channels = None if shape is None else shape[2]
        with opened_picture(file) as (picture, content):
            image = _DECODERS[self.name.partition(",")[0]](picture, content, channels)
        return image if shape is None else self.fit(image, shape)

    def fit(self, image: Image, shape: tuple[int, int, int]) -> Image:
        """Pixels that were read, at the size of a model's input; the same shape changes nothing.

        Args:
            image: (h, w, c) uint8.
            shape: the (h, w, c) to make, c = 1 or 3.

        Raises:
            DatasetError: the array is not an image, or no image can have that shape.

        Example:
            >>> stripes = np.array([[0, 100, 100, 100]], np.uint8)[:, :, None]
            >>> [pixel_reading(name).fit(stripes, (1, 2, 1)).ravel().tolist()
            ...  for name in ("pillow", "keras")]
            [[57, 100], [50, 100]]
        """
        check_images(image[None])
        if tuple(shape) == image.shape:
            return image
        check_shape(shape)
        image = with_channels(image, shape[2])
        return _ASPECTS[self.aspect](image, shape[:2], self._scaled)

    def _scaled(self, image: Image, size: tuple[int, int]) -> Image:
        if image.shape[:2] == size:
            return image
        if self.antialias:
            return resize(image, (*size, image.shape[2]))
        return plain_bilinear(image, size)

    @property
    def keeps_what_people_see(self) -> bool:
        """Whether what a model gets can be made of what `read_image` gives."""
        return self.upright and self.alpha == "white"


def pixel_reading(name: str) -> PixelReading:
    """The reading of this name; `auto` is `pillow`, with which the doctor compares the others.

    Raises:
        DatasetError: there is none.

    Example:
        >>> pixel_reading("keras").upright, pixel_reading("keras,pad").aspect
        (False, 'pad')
    """
    found = (READINGS | _NEARLY).get(PILLOW if name == AUTO else name)
    if found is None:
        raise DatasetError(
            f"--reading must be {AUTO}, {', '.join(READINGS)}; received {name!r}; choose the one "
            "by which the model's training pictures were read."
        )
    return found


def plain_bilinear(image: Image, size: tuple[int, int]) -> Image:
    """Another size from the four pixels nearest to each place, without antialiasing.

    Pixel centres are at halves, and the result is rounded to whole levels. TensorFlow's
    `tf.image.resize` gives the same before it is rounded.

    Example:
        >>> plain_bilinear(np.array([[0, 10, 20, 250]], np.uint8)[:, :, None], (1, 2)).ravel()
        array([  5, 135], dtype=uint8)
    """
    top, bottom, down = _places(size[0], image.shape[0])
    left, right, along = _places(size[1], image.shape[1])
    share = along[:, None]
    upper, lower = (
        _mixed(rows[:, left], rows[:, right], share) for rows in (image[top], image[bottom])
    )
    mixed: Image = np.rint(_mixed(upper, lower, down[:, None, None])).astype(np.uint8)
    return mixed


def _places(wanted: int, given: int) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[Any]]:
    """The two pixels beside each new one, and the share of the second, in single precision."""
    scale = np.float32(given) / np.float32(wanted)
    place = (np.arange(wanted, dtype=np.float32) + np.float32(0.5)) * scale - np.float32(0.5)
    below = np.floor(place)
    first = np.clip(below, 0, given - 1).astype(np.intp)
    second = np.clip(below + 1, 0, given - 1).astype(np.intp)
    return first, second, place - below


def _mixed(first: NDArray[Any], second: NDArray[Any], share: NDArray[Any]) -> NDArray[Any]:
    start = first.astype(np.float32)
    change = second - start
    change *= share
    change += start
    return change


Scale = Callable[[Image, tuple[int, int]], Image]


def _stretched(image: Image, size: tuple[int, int], scale: Scale) -> Image:
    return scale(image, size)


def _cropped(image: Image, size: tuple[int, int], scale: Scale) -> Image:
    """The largest part in the middle with the sides of the new size, as Keras' `smart_resize`."""
    (height, width), (new_height, new_width) = image.shape[:2], size
    tall = max(1, min(height, int(np.float32(width * new_height) / np.float32(new_width))))
    wide = max(1, min(width, int(np.float32(height * new_width) / np.float32(new_height))))
    return scale(_middle(image, (tall, wide), int), size)


def _padded(image: Image, size: tuple[int, int], scale: Scale) -> Image:
    """As large as fits, in the middle of black, as TensorFlow's `resize_with_pad`.

    Its whole numbers depend on single precision: 20 may come out as 19.
    """
    old, new = np.array(image.shape[:2], np.float32), np.array(size, np.float32)
    exact = old / (old / new).max()
    tall, wide = np.maximum(np.floor(exact), 1).astype(int).tolist()
    top, left = np.maximum(np.floor((new - exact) / 2), 0).astype(int).tolist()
    whole = np.zeros((*size, image.shape[2]), np.uint8)
    whole[top : top + tall, left : left + wide] = scale(image, (tall, wide))
    return whole


def _centre_of_larger(image: Image, size: tuple[int, int], scale: Scale) -> Image:
    """The shorter side becomes 8/7 of the model's (256 for 224), then the centre is cut out.

    The longer side and the cut are rounded as torchvision's `Resize` and `CenterCrop` do.
    """
    height, width = image.shape[:2]
    short = round(max(size) * 8 / 7)
    long = int(short * max(height, width) / min(height, width))
    if short * long > MAX_PIXELS:
        raise DatasetError(
            f"a picture must not be so long that it has more than {MAX_PIXELS:,} pixels at the "
            f"size that torchvision makes of it; this one is {height} x {width}; crop it."
        )
    larger = scale(image, (short, long) if height <= width else (long, short))
    return _middle(larger, size, round)


def _middle(image: Image, size: tuple[int, int], whole: Callable[[float], int]) -> Image:
    top, left = (whole((old - new) / 2) for old, new in zip(image.shape, size, strict=False))
    return image[top : top + size[0], left : left + size[1]]


def _as_people_see(picture: Pillow.Image, content: BinaryIO, channels: int | None) -> Image:
    return as_seen(picture)


def _as_keras(picture: Pillow.Image, content: BinaryIO, channels: int | None) -> Image:
    """As TensorFlow's `decode_image`; what that cannot read is read as Pillow does, as it is."""
    if picture.format == "JPEG":
        from hardex.images.keras_jpeg import decode_jpeg

        grey = picture.mode == "L" if channels is None else channels == 1
        if (found := decode_jpeg(content, 1 if grey else 3)) is not None:
            return found
    return _nearly_as_keras(picture, content, channels)


def _nearly_as_keras(picture: Pillow.Image, content: BinaryIO, channels: int | None) -> Image:
    """The same without TensorFlow, whose import takes seconds: a JPEG is up to 5 levels off."""
    if picture.format == "JPEG" and picture.mode == "RGB" and channels == 1:
        picture.draft("L", None)  # the brightness that is in the file, not that of its colours
    if picture.format == "PNG" and (picture.mode == "I" or picture.mode.startswith("I;16")):
        deep = np.asarray(picture)
        return (deep >> 8).astype(np.uint8)[:, :, None]
    if picture.mode in ("I", "F") or picture.mode.startswith("I;16"):
        return as_grey_or_rgb(picture)
    grey = _is_grey(picture, channels)
    return as_image(_without_alpha(picture).convert("L" if grey else "RGB"))


def _as_torchvision(picture: Pillow.Image, content: BinaryIO, channels: int | None) -> Image:
    """As its `ImageFolder`: RGB by Pillow, then grey if the model is."""
    colours = _without_alpha(picture).convert("RGB")
    return as_image(colours.convert("L") if _is_grey(picture, channels) else colours)


def _without_alpha(picture: Pillow.Image) -> Pillow.Image:
    """A palette as colours: Pillow warns before it drops the transparency of one."""
    return picture.convert("RGBA") if picture.mode == "P" else picture


def _is_grey(picture: Pillow.Image, channels: int | None) -> bool:
    if channels is None:
        return picture.mode in _GREY or picture.mode.startswith("I;16")
    return channels == 1


_DECODERS = {
    PILLOW: _as_people_see,
    KERAS: _as_keras,
    NEARLY_KERAS: _nearly_as_keras,
    TORCHVISION: _as_torchvision,
}
_ASPECTS = {STRETCH: _stretched, CROP: _cropped, PAD: _padded, SHORTER: _centre_of_larger}

READINGS = {
    reading.name: reading
    for reading in (
        PixelReading(PILLOW, True, "white", "bilinear", True, STRETCH),
        PixelReading(f"{PILLOW},{CROP}", True, "white", "bilinear", True, CROP),
        PixelReading(f"{PILLOW},{PAD}", True, "white", "bilinear", True, PAD),
        PixelReading(KERAS, False, "dropped", "bilinear", False, STRETCH),
        PixelReading(f"{KERAS},{CROP}", False, "dropped", "bilinear", False, CROP),
        PixelReading(f"{KERAS},{PAD}", False, "dropped", "bilinear", False, PAD),
        PixelReading(TORCHVISION, False, "dropped", "bilinear", True, SHORTER),
    )
}
_NEARLY = {NEARLY_KERAS: replace(READINGS[KERAS], name=NEARLY_KERAS)}
