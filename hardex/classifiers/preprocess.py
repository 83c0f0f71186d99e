"""Pixels -> the input of a model. The same for ranking, app and the displayed tensor."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.classifiers.functions import named_function, names_function
from hardex.errors import ClassifierError

Values = NDArray[np.floating[Any]]  # (n, h, w, c), what the model sees
Table = NDArray[np.float32]  # (256, 1), or (256, 3) where the channels differ

_LEVELS = np.arange(256, dtype=np.float32)[:, None]


def _standard(mean: tuple[float, ...], std: tuple[float, ...]) -> Table:
    """(x / 255 - mean) / std in float32, step by step as torchvision and Keras compute it."""
    return (_LEVELS / np.float32(255) - _row(mean)) / _row(std)


def _row(values: tuple[float, ...]) -> NDArray[np.float32]:
    return np.array(values, np.float32)


# A table of 256 values instead of arithmetic in the graph: TensorFlow may turn `x / 255` into
# `x * (1 / 255)`, which differs in the last bit from what the model saw in training.
#
# Sources: `imagenet` and `caffe` as in keras.applications.imagenet_utils.preprocess_input, modes
# "torch" and "caffe" (the means of the ILSVRC 2012 training images); `mnist` as in the MNIST
# example of PyTorch; `cifar10` and `cifar100`: mean and standard deviation of all training pixels
# (Krizhevsky 2009), rounded to four digits.
PREPROCESS: dict[str, Table] = {
    "unit": _LEVELS / np.float32(255),
    "raw": _LEVELS,
    "-1..1": _LEVELS / np.float32(127.5) - np.float32(1),
    "imagenet": _standard((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "caffe": _LEVELS - _row((103.939, 116.779, 123.68)),
    "mnist": _standard((0.1307,), (0.3081,)),
    "cifar10": _standard((0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)),
    "cifar100": _standard((0.5071, 0.4865, 0.4409), (0.2673, 0.2564, 0.2762)),
}
STANDARDIZED = "standardized"  # each image by its own mean and standard deviation: no table
SCALES = (*PREPROCESS, STANDARDIZED)
# Options after the scale, as in `unit,inverted`: applied to the pixels before it.
INVERTED, BGR = "inverted", "bgr"
_BEFORE = (INVERTED, BGR)
_SWAPPING = ("caffe",)  # scales that put blue before red themselves
_MEAN_MOST, _STD_MOST = 2.0, 10.0  # on the unit scale; 0..255 would be meant by more


@dataclass(frozen=True)
class Preprocessing:
    """The parts of a name such as `unit,inverted`.

    Attributes:
        scale: one of `SCALES`, `mean=…,std=…` or MODULE:FUNCTION.
        options: what is done to the pixels before, of `inverted` and `bgr`.

    Example:
        >>> Preprocessing.of("mean=0.5,std=0.25,bgr")
        Preprocessing(scale='mean=0.5,std=0.25', options=('bgr',))
    """

    scale: str
    options: tuple[str, ...] = ()

    @classmethod
    def of(cls, name: str) -> "Preprocessing":
        """Take a name apart; whether its parts are known is checked by `check_preprocess`."""
        if names_function(name):
            return cls(name)
        first, *others = name.split(",")
        if first.startswith("mean=") and others:
            first, others = f"{first},{others[0]}", others[1:]
        return cls(first, tuple(others))

    def __str__(self) -> str:
        return ",".join((self.scale, *self.options))


def preprocess(images: Images, name: str) -> Values:
    """Pixels 0..255 -> what the model sees.

    Args:
        images: (n, h, w, c) uint8.
        name: one of

            - `unit` (0..1), `raw` (0..255) or `-1..1`;
            - `imagenet`, `mnist`, `cifar10` or `cifar100`: on the unit scale, minus the mean of
              these data and divided by their standard deviation, for each channel;
            - `caffe`: 0..255, blue before red, minus the mean of ImageNet;
            - `mean=M,std=S`: minus M and divided by S on the unit scale, one number each, or one
              for each channel that the model gets, as in `mean=0.5:0.4:0.3,std=0.2:0.2:0.2`;
            - `standardized`: each image minus its mean, divided by its standard deviation, as
              `tf.image.per_image_standardization` does it;

            behind it, after a comma, `inverted` (black for white) and `bgr` (blue before red); or
            MODULE:FUNCTION, a function of `images`.

    Raises:
        ClassifierError: another name, or one for colours and the images are grey, or the function
            does not give one array of numbers per image.

    Example:
        >>> preprocess(np.array([[[[0], [255]]]], np.uint8), "-1..1").ravel()
        array([-1.,  1.], dtype=float32)
        >>> preprocess(np.array([[[[0], [255]]]], np.uint8), "mean=0.5,std=0.25,inverted").ravel()
        array([ 2., -2.], dtype=float32)
    """
    if names_function(name):
        return by_function(images, name).astype(np.float32, copy=False)
    check_preprocess(name, channels=images.shape[3])
    wanted = Preprocessing.of(name)
    pixels = rearranged(images, wanted.options)
    if wanted.scale == STANDARDIZED:
        return _standardized(pixels)
    if wanted.scale in _SWAPPING:
        pixels = pixels[..., ::-1]
    return _looked_up(pixels, _table(wanted.scale))


def rearranged(images: Images, options: Sequence[str]) -> Images:
    """Images, their colours inverted or their channels swapped.

    Example:
        >>> rearranged(np.array([[[[250, 20, 0]]]], np.uint8), ["inverted", "bgr"]).ravel()
        array([255, 235,   5], dtype=uint8)
    """
    images = 255 - images if INVERTED in options else images
    return images[..., ::-1] if BGR in options else images


def pixel_tables(name: str) -> Table | None:
    """What each pixel value becomes, (256, 1), or (256, 3) where channels differ.

    None for a function, and where it depends on the whole image.

    Example:
        >>> pixel_tables("unit,inverted")[0]
        array([1.], dtype=float32)
    """
    wanted = Preprocessing.of(name)
    if names_function(name) or wanted.scale == STANDARDIZED:
        return None
    check_preprocess(name)
    table = _table(wanted.scale)
    return table[::-1] if INVERTED in wanted.options else table


def swaps_channels(name: str) -> bool:
    """Whether the model gets blue before red.

    Example:
        >>> swaps_channels("caffe"), swaps_channels("unit,bgr"), swaps_channels("caffe,bgr")
        (True, True, False)
    """
    wanted = Preprocessing.of(name)
    return (BGR in wanted.options) != (wanted.scale in _SWAPPING)


def check_preprocess(name: str, *, channels: int | None = None) -> None:
    """Raise `ClassifierError` unless `preprocess` knows this name.

    Args:
        name: of a preprocessing.
        channels: of the images, if known: a scale for three colours needs three.

    Example:
        >>> check_preprocess("unit,bgr")
    """
    if names_function(name):
        _function(name)
        return
    wanted = Preprocessing.of(name)
    if not set(wanted.options) <= set(_BEFORE):
        raise _unknown(name)
    if wanted.scale != STANDARDIZED:
        needed = _table(wanted.scale, of=name).shape[1]
        if channels is not None and needed > 1 and channels != needed:
            raise ClassifierError(
                f"--preprocess {wanted.scale} must get images of three colours; the model takes "
                f"{channels} {'channel' if channels == 1 else 'channels'}; choose one for grey "
                "images, such as unit, mnist or mean=M,std=S."
            )


@lru_cache(256)
def _table(scale: str, of: str = "") -> Table:
    if scale in PREPROCESS:
        return PREPROCESS[scale]
    mean, comma, std = scale.removeprefix("mean=").partition(",std=")
    if not scale.startswith("mean=") or not comma:
        raise _unknown(of or scale)
    means, stds = _numbers(mean), _numbers(std)
    if means is None or stds is None or len(means) != len(stds):
        raise ClassifierError(
            "--preprocess mean=M,std=S must give one number each, or one for each of three "
            f"channels with colons between them; received {scale!r}; write for example "
            "mean=0.5,std=0.25 or mean=0.5:0.4:0.3,std=0.2:0.2:0.2."
        )
    if max(map(abs, means)) > _MEAN_MOST or not all(1e-4 <= s <= _STD_MOST for s in stds):
        raise ClassifierError(
            "--preprocess mean=M,std=S must be on the scale of pixels from 0 to 1, with M from "
            f"-{_MEAN_MOST:g} to {_MEAN_MOST:g} and S from 0.0001 to {_STD_MOST:g}; received "
            f"{scale!r}; divide numbers for pixels 0..255 by 255."
        )
    return _standard(means, stds)


def _numbers(text: str) -> tuple[float, ...] | None:
    try:
        values = tuple(map(float, text.split(":")))
    except ValueError:
        return None
    return values if len(values) in (1, 3) and np.isfinite(values).all() else None


def _unknown(name: str) -> ClassifierError:
    return ClassifierError(
        f"--preprocess must be one of {', '.join(SCALES)} or mean=M,std=S, with ,inverted or ,bgr "
        f"behind it, or MODULE:FUNCTION; received {name!r}; choose what the model was trained with."
    )


def _looked_up(pixels: Images, table: Table) -> Values:
    # The two most usual scales: the same numbers, in a tenth of the time.
    if table is PREPROCESS["raw"]:
        return pixels.astype(np.float32)
    if table is PREPROCESS["unit"]:
        return np.divide(pixels, np.float32(255), dtype=np.float32)
    if table.shape[1] == 1:
        return table[:, 0][pixels]
    values = np.empty(pixels.shape, np.float32)
    for channel in range(table.shape[1]):
        values[..., channel] = table[:, channel][pixels[..., channel]]
    return values


def _standardized(images: Images) -> Values:
    """(x - mean) / max(std, 1 / sqrt(numbers in the image)) of each image, on 0..255.

    The histogram of an image gives its mean and deviation exactly, whatever else is in the batch.
    """
    values = np.empty(images.shape, np.float32)
    levels = _LEVELS[:, 0].astype(np.float64)
    for image, into in zip(images, values, strict=True):
        share = np.bincount(image.ravel(), minlength=256) / image.size
        mean = share @ levels
        deviation = max(float(np.sqrt(share @ (levels - mean) ** 2)), image.size**-0.5)
        into[...] = ((levels - mean) / deviation).astype(np.float32)[image]
    return values


@cache
def _function(name: str) -> Any:
    return named_function(name, ClassifierError)


def by_function(images: Images, name: str) -> NDArray[Any]:
    """The output of the function MODULE:FUNCTION for images, of any number type.

    Raises:
        ClassifierError: it raises, or does not give one array of numbers per image.
    """
    try:
        values = np.asarray(_function(name)(images.copy()))
    except Exception as error:  # a user's function may raise anything
        raise ClassifierError(
            f"--preprocess {name} must turn images (n, h, w, c) uint8 into numbers; it raised "
            f"{type(error).__name__} ({str(error).splitlines()[0] if str(error) else 'no message'})"
            "; fix the function."
        ) from error
    if values.shape[:1] != images.shape[:1] or not np.issubdtype(values.dtype, np.number):
        raise ClassifierError(
            f"--preprocess {name} must give one array of numbers per image; it gave "
            f"{values.dtype} of shape {values.shape} for {len(images)} images; fix the function."
        )
    return values
