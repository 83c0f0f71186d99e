"""Pixels -> the input of a model. The same for ranking, app and the displayed tensor."""

from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.classifiers.functions import named_function, names_function
from hardex.errors import ClassifierError

Values = NDArray[np.floating[Any]]  # (n, h, w, c), what the model sees

_LEVELS = np.arange(256, dtype=np.float32)

# A table of 256 values instead of arithmetic in the graph: TensorFlow may turn `x / 255` into
# `x * (1 / 255)`, which differs in the last bit from what the model saw in training.
PREPROCESS: dict[str, NDArray[np.float32]] = {
    "unit": _LEVELS / np.float32(255),
    "raw": _LEVELS,
    "-1..1": _LEVELS / np.float32(127.5) - np.float32(1),
}
# Options after the scale, as in `unit,inverted`: applied to the pixels before it.
INVERTED, BGR = "inverted", "bgr"
_BEFORE = (INVERTED, BGR)


def preprocess(images: Images, name: str) -> Values:
    """Pixels 0..255 -> what the model sees.

    Args:
        images: (n, h, w, c) uint8.
        name: `unit` (0..1), `raw` (0..255) or `-1..1`; behind it, after a comma, `inverted` (black
            for white) and `bgr` (blue before red); or MODULE:FUNCTION, a function of `images`.

    Raises:
        ClassifierError: another name, or the function does not give one array of numbers per image.

    Example:
        >>> preprocess(np.array([[[[0], [255]]]], np.uint8), "-1..1").ravel()
        array([-1.,  1.], dtype=float32)
        >>> preprocess(np.array([[[[0], [255]]]], np.uint8), "unit,inverted").ravel()
        array([1., 0.], dtype=float32)
    """
    if names_function(name):
        return by_function(images, name).astype(np.float32, copy=False)
    scale, *options = name.split(",")
    check_preprocess(name)
    return PREPROCESS[scale][rearranged(images, options)]


def rearranged(images: Images, options: list[str]) -> Images:
    """Images, their colours inverted or their channels swapped.

    Example:
        >>> rearranged(np.array([[[[250, 20, 0]]]], np.uint8), ["inverted", "bgr"]).ravel()
        array([255, 235,   5], dtype=uint8)
    """
    images = 255 - images if INVERTED in options else images
    return images[..., ::-1] if BGR in options else images


def check_preprocess(name: str) -> None:
    """Raise `ClassifierError` unless `preprocess` knows this name.

    Example:
        >>> check_preprocess("unit,bgr")
    """
    if names_function(name):
        _function(name)
        return
    scale, *options = name.split(",")
    if scale not in PREPROCESS or not set(options) <= set(_BEFORE):
        raise ClassifierError(
            f"--preprocess must be one of {', '.join(PREPROCESS)}, with ,inverted or ,bgr behind "
            f"it, or MODULE:FUNCTION; received {name!r}; choose what the model was trained with."
        )


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
