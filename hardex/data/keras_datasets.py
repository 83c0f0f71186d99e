"""`keras:NAME` -> the images and labels of a data set that Keras downloads once."""

from contextlib import redirect_stdout
from sys import stderr
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import DatasetError

_FASHION = "T-shirt/top Trouser Pullover Dress Coat Sandal Shirt Sneaker Bag Ankle-boot"
_CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck"
_CIFAR100 = """
    apple aquarium_fish baby bear beaver bed bee beetle bicycle bottle bowl boy bridge bus butterfly
    camel can castle caterpillar cattle chair chimpanzee clock cloud cockroach couch crab crocodile
    cup dinosaur dolphin elephant flatfish forest fox girl hamster house kangaroo keyboard lamp
    lawn_mower leopard lion lizard lobster man maple_tree motorcycle mountain mouse mushroom
    oak_tree orange orchid otter palm_tree pear pickup_truck pine_tree plain plate poppy porcupine
    possum rabbit raccoon ray road rocket rose sea seal shark shrew skunk skyscraper snail snake
    spider squirrel streetcar sunflower sweet_pepper table tank telephone television tiger tractor
    train trout tulip turtle wardrobe whale willow_tree wolf woman worm
"""
KERAS_CLASSES = {
    "mnist": tuple("0123456789"),
    "fashion_mnist": tuple(_FASHION.replace("Ankle-boot", "Ankle boot").split(" ", 9)),
    "cifar10": tuple(_CIFAR10.split()),
    "cifar100": tuple(_CIFAR100.split()),
}
SPLITS = ("train", "test")


def load_keras(
    name: str, split: str, *, datasets: Any = None
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Images and labels of `keras.datasets.NAME`; Keras downloads the file the first time.

    Args:
        name: `mnist`, `fashion_mnist`, `cifar10` or `cifar100`.
        split: `train` or `test`.
        datasets: what stands in for `keras.datasets`.

    Returns:
        (n, h, w) or (n, h, w, c) uint8, and (n,) int64.

    Raises:
        DatasetError: no such data set or split, or it is not here and cannot be fetched.
    """
    if name not in KERAS_CLASSES or split not in SPLITS:
        raise DatasetError(
            f"Keras data must be one of {', '.join(f'keras:{known}' for known in KERAS_CLASSES)} "
            f"with --split train or test; received keras:{name} and {split!r}; choose one of them."
        )
    found = datasets if datasets is not None else _datasets()
    try:
        with redirect_stdout(stderr):  # Keras prints its progress to stdout
            parts = getattr(found, name).load_data()
    # Keras raises plain `Exception` if a download fails, and anything if a file is damaged.
    except Exception as error:
        raise DatasetError(
            f"keras:{name} must be kept by Keras already or fetched from the internet; it could "
            f"not be ({' '.join(str(error).split()).rstrip('.') or type(error).__name__}); connect "
            "to the internet once, or use mnist:test, which is shipped."
        ) from error
    images, labels = parts[SPLITS.index(split)]
    return images, labels.reshape(-1).astype(np.int64)


def _datasets() -> Any:
    from keras import datasets

    return datasets
