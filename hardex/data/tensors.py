"""A `tf.data.Dataset` of (image, label) -> a data set. It is read without importing TensorFlow."""

import os
import tempfile
import weakref
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image, Images, check_labels
from hardex.data.dataset import Batch, Keep, Meta, Shape, Skipped, resized
from hardex.data.label_forms import as_labels
from hardex.data.names import as_class_names, number_names
from hardex.data.packed import Owner
from hardex.errors import DatasetError

_SOURCE = "a tf.data.Dataset"


@dataclass(frozen=True, eq=False)
class TensorDataset:
    """The images of a `tf.data.Dataset`, kept in a temporary file so that memory stays flat.

    A `tf.data.Dataset` is a stream: it may be shuffled at each reading and has no positions.
    So it is read once, and that order gives the ids "0", "1", …

    Attributes:
        path: the raw pixels, one image after the other.
        shape: (h, w, c) of every image.
        labels: (n,) given labels.
        class_names: k names.
        hash: SHA-256 over the pixels.
        resize: whether images may be resized to the classifier's input.
        pixels: as which program they are resized, see `hardex.images.readings`.
        owner: the file is deleted when nothing refers to this object any more.
    """

    path: Path
    shape: Shape
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    hash: str
    resize: bool = False
    pixels: str = "auto"
    owner: object = None

    @property
    def source(self) -> str:
        return _SOURCE

    @property
    def image_shape(self) -> Shape:
        return self.shape

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
        return len(self.labels)

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """Images in order, read back from the temporary file."""
        for positions, images in _regrouped(self._kept(size, keep, within), size):
            fitted = resized(images, shape or self.shape, self.pixels)
            ids = tuple(map(str, positions.tolist()))
            yield Batch(positions, ids, fitted, self.labels[positions])

    def _kept(
        self, size: int, keep: Keep | None, within: range | None
    ) -> Iterator[tuple[NDArray[np.int64], Images]]:
        within = range(len(self)) if within is None else within
        for start in range(within.start, within.stop, size):
            images = self._pixels(start, min(size, within.stop - start))
            here = [i for i, image in enumerate(images) if keep is None or keep(image)]
            yield np.array(here, np.int64) + start, images[here]

    def _pixels(self, start: int, count: int) -> Images:
        each = int(np.prod(self.shape))
        flat = np.fromfile(self.path, np.uint8, count * each, offset=start * each)
        return flat.reshape(count, *self.shape)

    def image(self, position: int) -> Image:
        """The image at this position."""
        image: Image = self._pixels(position, 1)[0]
        return image

    def input_image(self, position: int, shape: Shape | None, native: Image | None = None) -> Image:
        """The image at this position as a classifier of this input gets it."""
        fitted: Image = resized(self.image(position)[None], shape or self.shape, self.pixels)[0]
        return fitted

    def id(self, position: int) -> str:
        """The position as text."""
        return str(position)

    def skipped(self) -> tuple[Skipped, ...]:
        """Nothing: the temporary file can always be read."""
        return ()

    def fingerprint(self) -> str:
        """SHA-256 over shape, pixels, labels and class names."""
        digest = sha256(repr((self.shape, self.class_names, self.hash)).encode())
        digest.update(self.labels.data)
        return digest.hexdigest()


def open_tensors(
    dataset: Any, *, class_names: Sequence[str] | None = None, resize: bool = False
) -> TensorDataset:
    """Read a `tf.data.Dataset` of (image, label) once, batched or not.

    Pixels may be uint8; or floats, in 0..1 if no pixel of the first element is larger than 1, else
    in 0..255; both are rounded to whole levels of 0..255. Labels may be numbers or one-hot rows.

    Args:
        dataset: its elements are pairs; it must end.
        class_names: the classes in the order of the probability columns; by default the data
            set's own `class_names`, else the numbers 0..largest label.
        resize: whether images may be resized to what a classifier asks for.

    Raises:
        DatasetError: its elements are no such pairs, or its images have several shapes.
    """
    batched = _is_batched(dataset)
    handle, name = tempfile.mkstemp(prefix="hardex-")
    try:
        with os.fdopen(handle, "wb") as file:
            shape, labels, hash = _spool(dataset, file, batched=batched)
        named = class_names if class_names is not None else getattr(dataset, "class_names", None)
        names = number_names(labels) if named is None else as_class_names(named)
        check_labels(labels, class_count=len(names))
        owner = Owner()
        weakref.finalize(owner, _remove, name)
        return TensorDataset(Path(name), shape, labels, names, hash, resize, owner=owner)
    except BaseException:
        _remove(name)
        raise


def _remove(name: str) -> None:
    Path(name).unlink(missing_ok=True)


def _is_batched(dataset: Any) -> bool:
    spec = dataset.element_spec
    rank = spec[0].shape.rank if isinstance(spec, tuple) and len(spec) == 2 else None
    if rank not in (2, 3, 4):
        raise DatasetError(
            "a tf.data.Dataset must give pairs (image, label) with images (h, w, c) or batches "
            f"(n, h, w, c); its elements are {spec}; map them to such pairs."
        )
    label_rank = spec[1].shape.rank
    return rank == 4 or (rank == 3 and label_rank == 1 and spec[0].shape[2] not in (1, 3))


def _spool(dataset: Any, file: BinaryIO, *, batched: bool) -> tuple[Shape, NDArray[np.int64], str]:
    """Write all pixels to the file; their shape, the labels and a hash."""
    shape: Shape | None = None
    scale = 0.0
    labels: list[NDArray[np.int64]] = []
    digest = sha256()
    done = 0
    for images, given in dataset.as_numpy_iterator():
        images, given = (images, given) if batched else (images[None], np.asarray(given)[None])
        images = images[..., None] if images.ndim == 3 else images
        scale = scale or (255.0 if images.dtype != np.uint8 and images.max(initial=0) <= 1 else 1.0)
        here = (images.shape[1], images.shape[2], images.shape[3])
        shape = shape or here
        if here != shape or here[2] not in (1, 3):
            raise DatasetError(
                "the images of a tf.data.Dataset must be grey or RGB and of one shape; number "
                f"{done} has shape {here}, and the first {shape}; resize them with .map(…)."
            )
        pixels = np.ascontiguousarray(_as_bytes(images, scale, done))
        digest.update(pixels.data)
        file.write(pixels.data)
        labels.append(_as_indices(given))
        done += len(images)
    if shape is None:
        raise DatasetError(
            "a tf.data.Dataset must hold at least one image; it holds none; check how it is made."
        )
    return shape, np.concatenate(labels), digest.hexdigest()


def _as_bytes(images: NDArray[Any], scale: float, place: int) -> Images:
    if images.dtype == np.uint8:
        return images
    levels = images.astype(np.float64) * scale
    if not (levels.min(initial=0) >= 0 and levels.max(initial=0) <= 255):  # NaN fails, too
        raise DatasetError(
            f"float pixels must lie in {'0..1, as in the first element' if scale > 1 else '0..255'}"
            f"; among the images from number {place} they reach from {images.min():.4g} to "
            f"{images.max():.4g}; give the pixels as uint8, before any preprocessing."
        )
    return np.rint(levels).astype(np.uint8)


def _as_indices(labels: NDArray[Any]) -> NDArray[np.int64]:
    found, _ = as_labels(labels, _SOURCE)
    return found.astype(np.int64)


def _regrouped(
    parts: Iterator[tuple[NDArray[np.int64], Images]], size: int
) -> Iterator[tuple[NDArray[np.int64], Images]]:
    """The same examples, `size` at a time."""
    positions: list[NDArray[np.int64]] = []
    images: list[Images] = []
    waiting = 0
    for where, pixels in parts:
        positions.append(where)
        images.append(pixels)
        waiting += len(where)
        if waiting >= size:
            every, all_pixels = np.concatenate(positions), np.concatenate(images)
            yield every[:size], all_pixels[:size]
            positions, images, waiting = [every[size:]], [all_pixels[size:]], waiting - size
    if waiting:
        yield np.concatenate(positions), np.concatenate(images)
