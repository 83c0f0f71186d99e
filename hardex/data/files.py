"""Image files with labels -> a data set; class folders and manifests both become one."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image
from hardex.data.dataset import Batch, Keep, Meta, Shape, Skipped
from hardex.data.names import natural_order
from hardex.data.packed import Packed
from hardex.errors import DatasetError

_READERS = max(1, min(4, os.cpu_count() or 1))  # threads that decode; Pillow lets them run at once
_AT_ONCE = 16  # images a thread takes at a time
_LARGE = 2**16  # pixels from which threads pay off; for smaller images they are slower


@dataclass(frozen=True, eq=False)
class FileDataset:
    """Images in files, decoded as the pass goes, with further columns of a table.

    Attributes:
        root: the folder to which file names are relative.
        files: n paths relative to root; absolute ones stay as they are.
        ids: n stable names.
        labels: (n,) class of each file.
        class_names: k names.
        source: what opens this data set again.
        meta: further columns, by name.
        unreadable: the files that could not be read so far, id -> reason.
        found_files: whether the files were found in folders, in natural order; else a table lists
            them.
        found_classes: whether the classes were found as names, in natural order; else they were
            given, or are numbers from 0.
        pixels: as which program they are read for a classifier, see `hardex.images.readings`.
        left_out: the files that are beside the examples and are none, and why.
        packed: the pictures themselves, if they are in no files of their own.
        notes: a sentence on each thing that was read in another form.
    """

    root: Path
    files: tuple[str, ...]
    ids: tuple[str, ...]
    labels: NDArray[np.int64]
    class_names: tuple[str, ...]
    source: str
    meta: Meta = field(default_factory=dict)
    unreadable: dict[str, str] = field(default_factory=dict)
    found_files: bool = False
    found_classes: bool = False
    pixels: str = "auto"
    left_out: tuple[Skipped, ...] = ()
    packed: Packed | None = None
    notes: tuple[str, ...] = ()

    @property
    def image_shape(self) -> None:
        return None

    @property
    def fits(self) -> bool:
        return True

    def __len__(self) -> int:
        return len(self.files)

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """Decoded files in order; one that cannot be read leaves a gap and is listed as skipped.

        Without a shape, all get that of the first image, however the batches are cut.
        """
        images: list[Image] = []
        positions: list[int] = []
        for position, image in self._decoded(shape, keep, within):
            images.append(image)
            positions.append(position)
            if len(images) == size:
                yield self._batch(images, positions)
                images, positions = [], []
        if images:
            yield self._batch(images, positions)

    def _decoded(
        self, shape: Shape | None, keep: Keep | None, within: range | None
    ) -> Iterator[tuple[int, Image]]:
        """(position, image in shape) of what is read and kept, in order."""
        rest = iter(range(len(self)) if within is None else within)
        for position in rest:
            first = self._input(position, None, keep)
            if first is not None:
                here = (first.shape[0], first.shape[1], first.shape[2])
                yield position, self.input_image(position, shape or here)
                read = self._together if here[0] * here[1] >= _LARGE else self._one_by_one
                yield from read(rest, shape or here, keep)

    def _one_by_one(
        self, rest: Iterable[int], shape: Shape, keep: Keep | None
    ) -> Iterator[tuple[int, Image]]:
        for position in rest:
            image = self._input(position, shape, keep)
            if image is not None:
                yield position, image

    def _together(
        self, rest: Iterator[int], shape: Shape, keep: Keep | None
    ) -> Iterator[tuple[int, Image]]:
        """The same by several threads, which read only a few images ahead."""
        waiting: deque[Future[list[tuple[int, Image]]]] = deque()
        pool = ThreadPoolExecutor(_READERS, thread_name_prefix="hardex-decode")
        try:
            while positions := list(islice(rest, _AT_ONCE)):
                waiting.append(pool.submit(list, self._one_by_one(positions, shape, keep)))
                if len(waiting) > 2 * _READERS:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            pool.shutdown(cancel_futures=True)

    def _input(self, position: int, shape: Shape | None, keep: Keep | None) -> Image | None:
        """What a classifier gets, or None when it cannot be read or is not kept."""
        try:
            native = None if keep is None else self.image(position)
            if keep is not None and native is not None and not keep(native):
                return None
            return self.input_image(position, shape, native)
        except DatasetError:
            return None

    def _batch(self, images: list[Image], positions: list[int]) -> Batch:
        where = np.array(positions, dtype=np.int64)
        ids = tuple(self.ids[position] for position in positions)
        return Batch(where, ids, np.stack(images), self.labels[where])

    def image(self, position: int) -> Image:
        """The decoded file in its native size; one that cannot be read is listed as skipped.

        Raises:
            DatasetError: the file cannot be read.
        """
        from hardex.images import read_image  # Pillow is loaded only where pixels are read

        return self._read(position, read_image)

    def input_image(self, position: int, shape: Shape | None, native: Image | None = None) -> Image:
        """The file as a classifier of this input gets it; without a shape, in its own size.

        Args:
            position: of the file.
            shape: (h, w, c), or None.
            native: what `image` gave, if it is known.

        Raises:
            DatasetError: the file cannot be read.
        """
        from hardex.images.readings import pixel_reading

        reading = pixel_reading(self.pixels)
        if native is None or not reading.keeps_what_people_see:
            return self._read(position, lambda file: reading.read(file, shape))
        return native if shape is None else reading.fit(native, shape)

    def _read(self, position: int, read: Callable[[Path | BinaryIO], Image]) -> Image:
        name = self.files[position]
        try:
            return read(self.packed.opened(position, name) if self.packed else self.root / name)
        except DatasetError as error:
            self.unreadable[self.ids[position]] = str(error)
            raise

    def id(self, position: int) -> str:
        """The stable name of one file."""
        return self.ids[position]

    def skipped(self) -> tuple[Skipped, ...]:
        """The files that could not be read so far or are no examples, in natural order of ids."""
        unreadable = (Skipped(id, reason) for id, reason in list(self.unreadable.items()))
        return tuple(sorted((*self.left_out, *unreadable), key=lambda one: _key(one.id)))

    def fingerprint(self) -> str:
        """SHA-256 over class names, and every file's id, label, path and size."""
        digest = sha256(repr(self.class_names).encode())
        if self.packed is not None:
            digest.update(self.packed.hash.encode())
        for id, label, name in zip(self.ids, self.labels.tolist(), self.files, strict=True):
            digest.update(f"{id}\0{label}\0{name}\0{self._size(name)}\0".encode())
        return digest.hexdigest()

    def _size(self, name: str) -> int:
        return -1 if self.packed is not None else _size(self.root / name)


def is_text(name: str) -> bool:
    """Whether a file name can be stored in a table: a disk may have names that are not UTF-8."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def escaped(name: str) -> str:
    """A file name as text that can be stored anywhere."""
    return name.encode(errors="backslashreplace").decode()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except (OSError, ValueError):  # missing, or an invalid name
        return -1


def _key(name: str) -> tuple[tuple[tuple[int, int, str], ...], str]:
    return natural_order(name), name
