"""A data set and the reading of its pictures -> what a classifier gets of each example."""

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import Any, TypeVar

import numpy as np

from hardex.arrays import Image, Images
from hardex.data.dataset import Dataset, Shape
from hardex.data.part import Part
from hardex.errors import DatasetError

# As in `hardex.images.readings`, without loading Pillow.
AUTO, KERAS, TORCHVISION = "auto", "keras", "torchvision"
_VISIBLE = 8  # levels of 255; readings whose pixels differ by less are taken as one

D = TypeVar("D")


def input_image(
    dataset: Dataset, position: int, shape: Shape | None, native: Image | None = None
) -> Image:
    """What a classifier of this input shape gets of one example.

    A data set that has a method `input_image` decides itself; else its image is resized.

    Args:
        dataset: the data set.
        position: of the example.
        shape: (h, w, c), or None for the example's own.
        native: what `dataset.image` gave for it, if that is known; it may save a reading.

    Raises:
        DatasetError: it cannot be read.
    """
    own = getattr(dataset, "input_image", None)
    if own is not None:
        image: Image = own(position, shape, native)
        return image
    from hardex.images import resize  # Pillow is loaded only where pixels change

    native = dataset.image(position) if native is None else native
    return native if shape is None else resize(native, shape)


def with_pixels(dataset: D, name: str) -> D:
    """The same data set, whose pictures are read in another way; one without readings as it is.

    Args:
        dataset: the data set.
        name: of a reading, see `hardex.images.readings`.
    """
    whole: Any = dataset
    if isinstance(whole, Part):
        return replace(whole, whole=with_pixels(whole.whole, name))  # type: ignore[return-value]
    now = getattr(whole, "pixels", name)
    found: D = dataset if now == name else replace(whole, pixels=name)
    return found


def is_read(dataset: Dataset) -> bool:
    """Whether a reading changes what a classifier gets of this data set."""
    return hasattr(_whole(dataset), "pixels") and dataset.fits


def checked_name(name: str) -> str:
    """The name of a reading.

    Raises:
        DatasetError: there is no such reading.

    Example:
        >>> checked_name("keras")
        'keras'
    """
    if name != AUTO:
        from hardex.images.readings import pixel_reading

        pixel_reading(name)
    return name


def check_is_read(dataset: Dataset | None, name: str) -> None:
    """Refuse a reading that this data set would silently ignore.

    Raises:
        DatasetError: its images are arrays, and they are not resized.
    """
    if name != AUTO and dataset is not None and not is_read(dataset):
        raise DatasetError(
            "--reading belongs to pictures in files, or to arrays with --resize; received "
            f"{name!r} for {dataset.source}, whose pixels are used as they are; leave it out."
        )


def readings_differ(
    dataset: Dataset, positions: Sequence[int], images: Images
) -> dict[str, Images]:
    """The same examples as the other programs read them, where that changes their pixels.

    Args:
        dataset: the data set.
        positions: (n,) of examples that can be read.
        images: (n, h, w, c), what a classifier gets of them now.

    Returns:
        By the name of each other reading its (n, h, w, c) images; {} if no pixel differs by more
        than 8 levels, or if somebody chose the reading.
    """
    if not is_read(dataset) or _whole(dataset).pixels != AUTO:
        return {}
    shape = images.shape[1:]
    from hardex.images.readings import NEARLY_KERAS

    keras = KERAS if "tensorflow" in sys.modules else NEARLY_KERAS
    found: dict[str, Images] = {}
    for name, reading in ((KERAS, keras), (TORCHVISION, TORCHVISION)):
        other = _forgetful(with_pixels(dataset, reading))
        try:
            read = np.stack([input_image(other, position, shape) for position in positions])
        except DatasetError:  # this program cannot read one of them
            continue
        known = (images, *found.values())
        if all(np.abs(read.astype(np.int16) - one).max(initial=0) > _VISIBLE for one in known):
            found[name] = read
    return found


def _whole(dataset: Dataset) -> Any:
    return dataset.whole if isinstance(dataset, Part) else dataset


def _forgetful(dataset: Dataset) -> Dataset:
    """The same, but what cannot be read by it is not listed as skipped."""
    whole: Any = dataset
    if isinstance(whole, Part):
        return replace(whole, whole=_forgetful(whole.whole))
    return replace(whole, unreadable={}) if hasattr(whole, "unreadable") else dataset
