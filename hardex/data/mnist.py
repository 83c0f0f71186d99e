"""The digits that come with hardex: the complete MNIST, from the package's own files.

Attribution and licence are beside them in `mnist_files/LICENSE-MNIST.md`.
"""

from pathlib import Path

import numpy as np

from hardex.arrays import Images, Labels
from hardex.data.idx import read_idx
from hardex.errors import DatasetError

MNIST_FILES = Path(__file__).parent / "mnist_files"
MNIST_PARTS = {"train": "train", "test": "t10k"}  # our name -> how its files begin


def load_mnist(part: str) -> tuple[Images, Labels]:
    """Handwritten digits and their labels, in the order of the original files.

    Args:
        part: "train" (60,000 digits) or "test" (10,000).

    Returns:
        Images, (n, 28, 28, 1) uint8, 0 is paper and 255 is ink; labels, (n,) int64, 0..9.

    Raises:
        DatasetError: there is no such part, or its files are gone or damaged.

    Source:
        LeCun, Bottou, Bengio, Haffner, Gradient-Based Learning Applied to Document Recognition
        (1998).

    Example:
        >>> images, labels = load_mnist("test")
        >>> images.shape, labels[:3]
        ((10000, 28, 28, 1), array([7, 2, 1]))
    """
    if part not in MNIST_PARTS:
        raise DatasetError(
            f"the shipped MNIST has the parts {' and '.join(MNIST_PARTS)}; received {part!r}; pass "
            "one of these."
        )
    prefix = MNIST_PARTS[part]
    images = read_idx(MNIST_FILES / f"{prefix}-images-idx3-ubyte.gz")
    labels = read_idx(MNIST_FILES / f"{prefix}-labels-idx1-ubyte.gz")
    return images[..., np.newaxis], labels.astype(np.int64)
