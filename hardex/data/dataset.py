"""What hardex asks of a data set, and the one that is held in memory."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol

import numpy as np

from hardex.arrays import Image, Images, Labels, Positions, check_images, check_labels
from hardex.errors import DatasetError

Shape = tuple[int, int, int]  # height, width, channels of one image

_MOST_CLASSES = 100_000  # larger labels are no class indices


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples on their way to the classifier.

    Attributes:
        positions: (n,) place of each example in its data set.
        ids: n stable names.
        images: (n, h, w, c), 0..255, in the shape the classifier asked for.
        labels: (n,) given labels, 0..k-1.
    """

    positions: Positions
    ids: tuple[str, ...]
    images: Images
    labels: Labels


@dataclass(frozen=True)
class Skipped:
    """A file that could not be read, and why."""

    id: str
    reason: str


class Dataset(Protocol):
    """Labelled images, readable batch by batch. There is nothing to inherit from.

    Attributes:
        source: what opens this data set again on the command line, or "arrays in memory".
        class_names: k names, in the order of the probability columns.
        labels: (n,) given labels, 0..k-1.
        image_shape: (h, w, c) when all images share it, else None.
        fits: whether images may be resized to what the classifier asks for.
    """

    @property
    def source(self) -> str: ...
    @property
    def class_names(self) -> tuple[str, ...]: ...
    @property
    def labels(self) -> Labels: ...
    @property
    def image_shape(self) -> Shape | None: ...
    @property
    def fits(self) -> bool: ...

    def __len__(self) -> int: ...

    def batches(self, size: int, shape: Shape | None) -> Iterator[Batch]:
        """All readable examples in order of position, at most `size` at a time, in `shape`."""

    def image(self, position: int) -> Image:
        """The image of one example in its native size."""

    def id(self, position: int) -> str:
        """The stable name of one example."""

    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read so far."""

    def fingerprint(self) -> str:
        """A hash that changes when the data changes."""


@dataclass(frozen=True, eq=False)
class ArrayDataset:
    """Labelled images held in memory; ids are "0", "1", …

    Attributes:
        images: (n, h, w, c) uint8.
        labels: (n,) whole numbers, 0..k-1.
        class_names: k names; by default the numbers 0..largest label.
        source: what to call it, and what opens it again.
        resize: whether the images may be resized to what the classifier asks for.

    Raises:
        DatasetError: arrays that do not fit together.

    Example:
        >>> images = np.zeros((3, 28, 28, 1), np.uint8)
        >>> digits = ArrayDataset.of(images, np.array([0, 1, 1]))
        >>> digits.class_names, [batch.ids for batch in digits.batches(2, None)]
        (('0', '1'), [('0', '1'), ('2',)])
    """

    images: Images
    labels: Labels
    class_names: tuple[str, ...]
    source: str = "arrays in memory"
    resize: bool = False

    @classmethod
    def of(
        cls,
        images: Images,
        labels: Labels,
        *,
        class_names: Sequence[str] | None = None,
        source: str = "arrays in memory",
        resize: bool = False,
    ) -> "ArrayDataset":
        """An `ArrayDataset` whose channel axis and class names may be left out."""
        images, labels = np.asarray(images), np.asarray(labels)
        if images.ndim == 3:
            images = images[..., np.newaxis]
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        names = number_names(labels) if class_names is None else as_class_names(class_names)
        return cls(images, labels, names, source, resize)

    def __post_init__(self) -> None:
        check_images(self.images)
        if len(self.labels) != len(self.images):
            raise DatasetError(
                f"there must be one label per image; {self.source} has {len(self.images)} images "
                f"and {len(self.labels)} labels; pass the labels of these images."
            )
        if not len(self.images):
            raise DatasetError(
                f"a data set must hold at least one image; {self.source} holds none; "
                "check that it is the right one."
            )
        check_labels(self.labels, class_count=len(self.class_names))

    @property
    def image_shape(self) -> Shape:
        height, width, channels = self.images.shape[1:]
        return height, width, channels

    @property
    def fits(self) -> bool:
        return self.resize

    def __len__(self) -> int:
        return len(self.images)

    def batches(self, size: int, shape: Shape | None) -> Iterator[Batch]:
        """Slices of the arrays, resized where another shape is asked for."""
        for start in range(0, len(self), size):
            positions = np.arange(start, min(start + size, len(self)))
            images = self.images[start : start + size]
            if shape is not None and shape != self.image_shape:
                images = _resized(images, shape)
            ids = tuple(map(str, positions.tolist()))
            yield Batch(positions, ids, images, self.labels[start : start + size])

    def image(self, position: int) -> Image:
        """The image at this position."""
        image: Image = self.images[position]
        return image

    def id(self, position: int) -> str:
        """The position as text."""
        return str(position)

    def skipped(self) -> tuple[Skipped, ...]:
        """Nothing: arrays in memory can always be read."""
        return ()

    def fingerprint(self) -> str:
        """SHA-256 over shape, pixels, labels and class names."""
        digest = sha256(repr((self.images.shape, self.class_names)).encode())
        digest.update(np.ascontiguousarray(self.images).data)
        digest.update(np.ascontiguousarray(self.labels, dtype=np.int64).data)
        return digest.hexdigest()


def as_class_names(names: Iterable[object]) -> tuple[str, ...]:
    """Class names as text, each the name of one class.

    Raises:
        DatasetError: two classes of one name.

    Example:
        >>> as_class_names(range(3))
        ('0', '1', '2')
    """
    texts = tuple(map(str, names))
    if len(set(texts)) < len(texts):
        twice = next(name for name in texts if texts.count(name) > 1)
        raise DatasetError(
            f"every class must have a name of its own; {twice!r} names two or more of "
            f"{len(texts)}; name each class once."
        )
    return texts


def number_names(labels: Labels) -> tuple[str, ...]:
    """Class names for labels that are only numbers: "0" up to the largest.

    Raises:
        DatasetError: numbers too large to count classes.

    Example:
        >>> number_names(np.array([2, 0]))
        ('0', '1', '2')
    """
    if not len(labels) or not np.issubdtype(labels.dtype, np.integer):
        return ("0", "1")
    largest = int(labels.max())
    if largest >= _MOST_CLASSES:
        raise DatasetError(
            f"labels must be class indices from 0; the largest is {largest}; number the classes "
            "without gaps or name them all."
        )
    return tuple(map(str, range(max(2, largest + 1))))


def _resized(images: Images, shape: Shape) -> Images:
    from hardex.images import resize  # Pillow is loaded only where pixels change

    return np.stack([resize(image, shape) for image in images])
