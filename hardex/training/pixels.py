"""Training data -> its pixels in the shape of the model, on disk, as the ranking reads them.

The pictures are read once, with the reading of the run, and kept as bytes in a file that is mapped
into memory: an epoch decodes nothing, and the memory that a training needs does not grow with the
data. The operating system keeps as much of the file in memory as there is room for.
"""

import shutil
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images, Labels, Positions
from hardex.data.dataset import Dataset, Shape, none_readable
from hardex.diagnosis.keys import pixel_key
from hardex.errors import DatasetError, RunError
from hardex.predict.neighbours import Progress, silent
from hardex.predict.predictions import batch_size_for

READING = "reading training images"
_IMAGES, _TABLE = "images.npy", "table.npz"
_SPARE = 2**28  # bytes of the disk that stay free for models and checkpoints


Source = tuple[Dataset, NDArray[np.int64]]  # (j,) the class of the model that each of its j is


class Pixels(Protocol):
    """Images by row. There is nothing to inherit from: an array is one."""

    def __getitem__(self, rows: Positions, /) -> Images:
        """(m,) rows -> (m, h, w, c)."""

    def __len__(self) -> int: ...


@dataclass(frozen=True, eq=False)
class Kept:
    """Pixels on disk, with their labels.

    Attributes:
        images: (n, h, w, c) uint8, mapped from the file.
        labels: (n,) classes of the model.
        positions: (n,) place of each in its data set.
        origins: (n,) which data set each is from; 0 is the training data.
        left_out: ids of those that are evaluation images, too.
    """

    images: Images
    labels: Labels
    positions: Positions
    origins: Labels
    left_out: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.labels)


def keep_pixels(
    folder: Path,
    sources: Sequence[Source],
    shape: Shape,
    seen: Collection[str] = (),
    progress: Progress = silent,
) -> Kept:
    """Write the pixels of data sets into a new folder, one behind the other.

    Args:
        folder: to make; whoever calls makes sure that it is whole or absent.
        sources: the training data first, each with its classes.
        shape: (h, w, c) of the input of the model.
        seen: keys of pixels that must not be learnt from, see `hardex.diagnosis.keys`.
        progress: called now and then.

    Raises:
        DatasetError: nothing is left to learn from.
        RunError: the disk is too small.
    """
    folder.mkdir()
    total = sum(len(dataset) for dataset, _ in sources)
    _check_room(folder, total * int(np.prod(shape)), sources[0][0])
    rows, labels, origins, left_out = [], [], [], []
    images = np.lib.format.open_memmap(
        folder / _IMAGES, mode="w+", dtype=np.uint8, shape=(total, *shape)
    )
    done = read = 0
    for origin, (dataset, places) in enumerate(sources):
        for batch in dataset.batches(batch_size_for(shape), shape):
            fine = np.array([not seen or pixel_key(one) not in seen for one in batch.images])
            left_out += [id for id, keep in zip(batch.ids, fine, strict=True) if not keep]
            kept = batch.images[fine]
            images[done : done + len(kept)] = kept
            done, read = done + len(kept), read + len(fine)
            rows.append(batch.positions[fine])
            labels.append(places[np.asarray(batch.labels[fine], np.int64)])
            origins.append(np.full(len(kept), origin))
            progress(READING, read, total)
    images.flush()
    del images
    if not done:
        raise _nothing_left(sources[0][0], left_out)
    np.savez(
        folder / _TABLE,
        labels=np.concatenate(labels),
        positions=np.concatenate(rows),
        origins=np.concatenate(origins),
        left_out=np.array(left_out, np.str_),
    )
    return open_pixels(folder)


def open_pixels(folder: Path) -> Kept:
    """The pixels that `keep_pixels` wrote."""
    images = np.load(folder / _IMAGES, mmap_mode="r", allow_pickle=False)
    with np.load(folder / _TABLE, allow_pickle=False) as table:
        labels, positions, origins = (table[it] for it in ("labels", "positions", "origins"))
        left_out = tuple(map(str, table["left_out"].tolist()))
    return Kept(images[: len(labels)], labels, positions, origins, left_out)


def keys_of(dataset: Dataset, shape: Shape) -> Iterator[str]:
    """The keys of the pixels of a data set, in the shape of the model."""
    for batch in dataset.batches(batch_size_for(shape), shape):
        yield from map(pixel_key, batch.images)


def _check_room(folder: Path, needed: int, dataset: Dataset) -> None:
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise RunError(
            f"the disk must have room for the pixels of {dataset.source} ({needed:,} bytes) and "
            f"for the models ({_SPARE:,}); {free:,} are free in {folder.parent}; free some, or "
            "choose another --out."
        )


def _nothing_left(dataset: Dataset, left_out: list[str]) -> DatasetError:
    if left_out:
        return DatasetError(
            "training data must hold images that the run does not; all "
            f"{len(left_out):,} of {dataset.source} are examples of the run, too, the first is "
            f"{left_out[0]}; pass the data that the model was trained on."
        )
    return none_readable("training image", dataset)
