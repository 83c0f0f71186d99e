"""Pixels -> the numbers a model wants. The same table for ranking, app and the tensor shown."""

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.errors import ClassifierError

_LEVELS = np.arange(256, dtype=np.float32)

# A table of 256 values instead of arithmetic in the graph: TensorFlow may turn `x / 255` into
# `x * (1 / 255)`, which differs in the last bit from what the model saw in training.
PREPROCESS: dict[str, NDArray[np.float32]] = {
    "unit": _LEVELS / np.float32(255),
    "raw": _LEVELS,
    "-1..1": _LEVELS / np.float32(127.5) - np.float32(1),
}


def preprocess(images: Images, name: str) -> NDArray[np.float32]:
    """Pixels 0..255 -> what the model sees.

    Args:
        images: (n, h, w, c) uint8.
        name: `unit` (0..1), `raw` (0..255) or `-1..1`.

    Raises:
        ClassifierError: another name.

    Example:
        >>> preprocess(np.array([[[[0], [255]]]], np.uint8), "-1..1").ravel()
        array([-1.,  1.], dtype=float32)
    """
    if name not in PREPROCESS:
        raise ClassifierError(
            f"--preprocess must be one of {', '.join(PREPROCESS)}; received {name!r}; "
            "choose what the model was trained with."
        )
    return PREPROCESS[name][images]
