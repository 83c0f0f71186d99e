"""What hardex needs of a data set, and the data set in memory."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images, Labels, Positions, check_images, check_labels
from hardex.data.label_forms import as_labels
from hardex.data.names import as_class_names, counts_up, labels_by_name, number_names
from hardex.errors import DatasetError

Shape = tuple[int, int, int]  # height, width, channels of one image

Keep = Callable[[Image], bool]  # whether an example stays, decided on its native pixels
Meta = Mapping[str, NDArray[np.object_]]  # column name -> (n,) texts, one per example


@dataclass(frozen=True, eq=False)
class Batch:
    """Some examples on their way to the classifier.

    Attributes:
        positions: (n,) place of each example in its data set.
        ids: n stable names.
        images: (n, h, w, c), 0..255, in the shape of the classifier's input.
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

    A data set may also have `input_image(position, shape, native)`, if what a classifier gets is
    not its image resized; see `hardex.data.pixels`.

    Attributes:
        source: what opens this data set again on the command line, or "arrays in memory".
        class_names: k names, in the order of the probability columns.
        labels: (n,) given labels, 0..k-1.
        image_shape: (h, w, c) when all images share it, else None.
        fits: whether images may be resized to the classifier's input.
        files: n paths as the data set names them, or () if examples are not files.
        meta: further columns, by name; empty if there are none.
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
    @property
    def files(self) -> tuple[str, ...]: ...
    @property
    def meta(self) -> Meta: ...

    def __len__(self) -> int: ...

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """All readable examples in order of position, at most `size` at a time, in `shape`.

        An example that `keep` rejects is left out as if it were not there, and so is one whose
        position is not `within` the range, if one is given.
        """

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
        source: its name, and what opens it again.
        resize: whether the images may be resized to the classifier's input.
        found_classes: whether the classes were found as names, in natural order; else they were
            given, or are numbers from 0.
        labelled_by_name: whether the labels were texts, which class names can put in order.
        notes: a sentence on each thing that was read in another form.
        pixels: as which program they are resized, see `hardex.images.readings`.

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
    found_classes: bool = False
    labelled_by_name: bool = False
    notes: tuple[str, ...] = ()
    pixels: str = "auto"

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
        """An `ArrayDataset` whose channel axis and class names may be left out.

        Pixels may also be other whole numbers or decimals, in 0..255 or, as decimals, in 0..1.
        Labels may be texts, decimals such as 1.0, truth values, or one-hot rows.
        """
        images, notes = _as_pixels(np.asarray(images), source)
        labels = np.asarray(labels)
        if labels.dtype.kind == "S":
            labels = np.array([bytes(it).decode(errors="replace") for it in labels.ravel()])
        if images.ndim == 3:
            images = images[..., np.newaxis]
        if labels.ndim == 2 and labels.shape[1] == 1:
            labels = labels[:, 0]
        by_name = labels.ndim == 1 and labels.dtype.kind == "U"
        found = by_name and class_names is None
        columns = labels.shape[1] if labels.ndim == 2 else 0
        if by_name:
            labels, class_names = labels_by_name(labels.tolist(), class_names, source=source)
        elif labels.ndim:
            labels, said = as_labels(labels, source)
            notes += said
        if class_names is None and columns:  # one-hot: the last classes may have no example
            class_names = list(map(str, range(columns)))
        names = number_names(labels) if class_names is None else as_class_names(class_names)
        found = found and not counts_up(names)
        return cls(images, labels, names, source, resize, found, by_name, notes)

    def __post_init__(self) -> None:
        check_images(self.images)
        if self.labels.shape[:1] != (len(self.images),):
            raise DatasetError(
                f"there must be one label per image; {self.source} has {len(self.images)} images "
                f"and {self.labels.size} labels; pass the labels of these images."
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

    @property
    def files(self) -> tuple[str, ...]:
        return ()

    @property
    def meta(self) -> Meta:
        return {}

    def __len__(self) -> int:
        return len(self.images)

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """Slices of the arrays, resized if another shape is requested."""
        every = range(len(self)) if within is None else within
        kept = every if keep is None else [i for i in every if keep(self.images[i])]
        for start in range(0, len(kept), size):
            positions = np.array(kept[start : start + size], np.int64)
            part = slice(positions[0], positions[-1] + 1) if keep is None else positions
            images = self.images[part]
            if shape is not None and shape != self.image_shape:
                images = resized(images, shape, self.pixels)
            ids = tuple(map(str, positions.tolist()))
            yield Batch(positions, ids, images, self.labels[part])

    def image(self, position: int) -> Image:
        """The image at this position."""
        image: Image = self.images[position]
        return image

    def input_image(self, position: int, shape: Shape | None, native: Image | None = None) -> Image:
        """The image at this position as a classifier of this input gets it."""
        fitted: Image = resized(self.image(position)[None], shape or self.image_shape, self.pixels)[
            0
        ]
        return fitted

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


def _as_pixels(images: NDArray[Any], source: str) -> tuple[NDArray[Any], tuple[str, ...]]:
    """Images as bytes if their numbers say certainly how, and what was done; else unchanged."""
    if images.dtype == np.uint8 or images.dtype.kind not in "iuf" or not images.size:
        return images, ()
    low, high = float(images.min()), float(images.max())
    if not (low >= 0 and high <= 255):  # NaN fails, too
        return images, ()
    if images.dtype.kind in "iu":
        return images.astype(np.uint8), ()
    if high <= 1:
        said = f"{source} holds pixels from 0 to 1: multiplied by 255 and rounded."
        return np.rint(images * images.dtype.type(255)).astype(np.uint8), (said,)
    said = f"{source} holds pixels as decimals from 0 to 255: rounded."
    return np.rint(images).astype(np.uint8), (said,)


def resized(images: Images, shape: Shape, pixels: str) -> Images:
    """Each image in another shape, as this reading makes it."""
    if images.shape[1:] == shape:
        return images
    from hardex.images.readings import pixel_reading  # Pillow is loaded only where pixels change

    fit = pixel_reading(pixels).fit
    return np.stack([fit(image, shape) for image in images])


def none_readable(what: str, dataset: Dataset) -> DatasetError:
    """The error of a data set of which nothing can be read; it names the first file.

    Args:
        what: `image`, or the kind of image.
        dataset: after its files were tried.
    """
    skipped = dataset.skipped()
    first = f"; the first is {skipped[0].id} ({skipped[0].reason.rstrip('.')})" if skipped else ""
    return DatasetError(
        f"at least one {what} must be readable; none of the {len(dataset)} of {dataset.source} "
        f"is{first}; check the paths, and look at one of the files with an image viewer."
    )
