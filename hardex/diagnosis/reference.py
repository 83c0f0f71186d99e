"""Training data + classifier -> what examples are compared with: distances, statistics, shares."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Images, Labels, Positions
from hardex.classifiers.classifier import Classifier
from hardex.data.dataset import Dataset, Shape, none_readable
from hardex.data.pixels import input_image
from hardex.diagnosis.keys import pixel_key
from hardex.errors import DatasetError
from hardex.images.statistics import statistics
from hardex.predict.neighbours import PIXELS, Progress, Space, silent, space_for
from hardex.predict.predictions import batch_size_for, shape_for

STAGE = "reading the training data"
NEAR = 5  # training images of a class whose mean distance counts
_MOST_BYTES = 2**29  # of vectors that are kept
_DIRECTIONS = 40  # main directions of the pixels
_SIDE = 32  # pixels; larger pictures are averaged down to this
_FITTED = 4000  # training images that the directions are fitted on
_STATISTICS = 4000  # training images whose statistics are taken
_PROTOTYPES = 4096  # of all classes together
_CHUNK_BYTES = 2**26  # of distances at a time

Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Directions:
    """The main directions of the training images' pixels (PCA).

    Attributes:
        mean: (p,) of the averaged pixels, 0..1.
        axes: (p, d).
    """

    mean: Floats
    axes: Floats

    def places(self, images: Images) -> Embeddings:
        """(n, h, w, c) uint8 -> (n, d)."""
        found: Embeddings = (_averaged(images) - self.mean) @ self.axes
        return found


@dataclass(frozen=True, eq=False)
class ClassDistances:
    """Training vectors, sorted by class, ready to be compared with many others at once.

    Attributes:
        rows: (m, d) float32.
        squares: (m,) their squared lengths.
        starts: (k + 1,) where the rows of each class begin.
        order: (m,) the place of each row before it was sorted.
    """

    rows: Floats
    squares: Floats
    starts: NDArray[np.int64]
    order: NDArray[np.int64]

    @classmethod
    def of(cls, rows: Embeddings, labels: Labels, class_count: int) -> "ClassDistances":
        """Sort rows, (m, d), by their (m,) labels."""
        order = np.argsort(labels, kind="stable")
        sorted_rows = np.ascontiguousarray(rows[order], np.float32)
        starts = np.searchsorted(labels[order], np.arange(class_count + 1))
        squares = np.einsum("ij,ij->i", sorted_rows, sorted_rows)
        return cls(sorted_rows, squares, starts.astype(np.int64), order)

    @property
    def counts(self) -> NDArray[np.int64]:
        """(k,) rows of each class."""
        return np.diff(self.starts)

    def means(self, vectors: Embeddings) -> Floats:
        """(n, d) -> (n, k) the mean distance to the `NEAR` nearest rows of each class.

        Infinity for classes without rows.
        """
        count, classes = len(vectors), len(self.starts) - 1
        found = np.full((count, classes), np.inf, np.float32)
        filled = np.flatnonzero(self.counts).tolist()
        for part in self._parts(count):
            squared = self._squared(vectors[part])
            for number in filled:
                block = squared[:, self._rows_of(number)]
                kept = min(NEAR, block.shape[1])
                least = np.partition(block, kept - 1, axis=1)[:, :kept]
                found[part, number] = np.sqrt(least).mean(axis=1)
        return found

    def behind(self, vectors: Embeddings, classes: Labels, ranks: NDArray[np.int64]) -> Floats:
        """The distance to a row of one class, behind those that are nearer.

        Args:
            vectors: (n, d).
            classes: (n,) the class that is looked at.
            ranks: (n,) how many of its nearest rows are passed over; at least one row is left.

        Returns:
            (n,) distances; 0 where none is passed over, or the class has no rows.
        """
        found = np.zeros(len(vectors), np.float32)
        asked = np.minimum(ranks, self.counts[classes] - 1)
        for place in np.flatnonzero(asked > 0).tolist():
            rows = self.rows[self._rows_of(int(classes[place]))]
            rank = int(asked[place])
            found[place] = np.partition(np.linalg.norm(rows - vectors[place], axis=1), rank)[rank]
        return found

    def nearest(self, vectors: Embeddings) -> Floats:
        """(n, d) -> (n, k) the distance to the nearest row of each class."""
        count, classes = len(vectors), len(self.starts) - 1
        found = np.full((count, classes), np.inf, np.float32)
        filled = np.flatnonzero(self.counts)
        for part in self._parts(count):
            squared = self._squared(vectors[part])
            least = np.minimum.reduceat(squared, self.starts[filled], axis=1)
            found[part, filled] = np.sqrt(least)
        return found

    def nearest_rows(self, vectors: Embeddings, count: int) -> NDArray[np.int64]:
        """(n, d) -> (n, count) the sorted rows that are nearest, nearest first."""
        kept = min(count, len(self.rows))
        found = np.empty((len(vectors), kept), np.int64)
        for part in self._parts(len(vectors)):
            squared = self._squared(vectors[part])
            near = np.argpartition(squared, kept - 1, axis=1)[:, :kept]
            order = np.argsort(np.take_along_axis(squared, near, axis=1), axis=1, kind="stable")
            found[part] = np.take_along_axis(near, order, axis=1)
        return found

    def nearest_of(
        self, vectors: Embeddings, classes: Labels, count: int
    ) -> list[NDArray[np.int64]]:
        """For each of n vectors, (n, d), the sorted rows of one class that are nearest to it.

        Args:
            vectors: (n, d).
            classes: (n,) the class that is looked at.
            count: how many, at most.
        """
        found = []
        for vector, number in zip(vectors, classes.tolist(), strict=True):
            rows = self._rows_of(number)
            far = np.linalg.norm(self.rows[rows] - vector, axis=1)
            found.append(rows.start + np.argsort(far, kind="stable")[:count])
        return found

    def _rows_of(self, number: int) -> slice:
        """The sorted rows of a class."""
        return slice(int(self.starts[number]), int(self.starts[number + 1]))

    def _parts(self, count: int) -> Iterator[slice]:
        """Parts of so many vectors, whose distances to all rows fit into memory."""
        size = max(1, _CHUNK_BYTES // (4 * max(1, len(self.rows))))
        return (slice(start, start + size) for start in range(0, count, size))

    def typical(self, number: int, count: int) -> NDArray[np.int64]:
        """The sorted rows of a class that are nearest to the mean of its rows, nearest first."""
        first, last = int(self.starts[number]), int(self.starts[number + 1])
        rows = self.rows[first:last]
        if not len(rows):
            return np.empty(0, np.int64)
        far = np.linalg.norm(rows - rows.mean(axis=0), axis=1)
        return first + np.argsort(far, kind="stable")[:count]

    def _squared(self, vectors: Embeddings) -> Floats:
        rows = np.asarray(vectors, np.float32)
        own = np.einsum("ij,ij->i", rows, rows)
        squared = rows @ self.rows.T
        squared *= -2
        squared += self.squares
        squared += own[:, None]
        np.maximum(squared, 0, out=squared)
        found: Floats = squared
        return found


@dataclass(frozen=True, eq=False)
class Reference:
    """What an example is compared with.

    Attributes:
        shape: (h, w, c) of the classifier's input.
        class_count: k.
        labels: (m,) of the training images that are kept.
        positions: (m,) their positions in the training data.
        sampled: whether these were drawn at random, because not all fit into memory.
        total: how many training images there are.
        counts: (k,) training images of each class, before any drawing.
        space: `embeddings of the model` or `pixels`.
        embed: (n, h, w, c) -> (n, d), scaled vectors of the space.
        vectors: the training vectors in the space.
        directions: of the pixels.
        pixels: the training images by their main directions.
        prototypes: some of them, for the search over transforms.
        usual_statistics: (2, s) mean and deviation over all training images.
        class_statistics: (k, 2, s) the same for each class.
        copies: by name of pixels the positions of the training images that were left out.
    """

    shape: Shape
    class_count: int
    labels: Labels
    positions: Positions
    sampled: bool
    total: int
    counts: NDArray[np.int64]
    space: str
    embed: Callable[[Images], Embeddings]
    vectors: ClassDistances
    directions: Directions
    pixels: ClassDistances
    prototypes: ClassDistances
    usual_statistics: NDArray[np.float64]
    class_statistics: NDArray[np.float64]
    copies: Mapping[str, Sequence[int]]

    @property
    def scope(self) -> str:
        """What the examples are compared with, a clause."""
        return self.described("training images")

    def described(self, what: str) -> str:
        """The same, where it is other images than those of training."""
        of_all = f" of {self.total:,}" if len(self.labels) < self.total else ""
        drawn = ", drawn at random" if self.sampled else ""
        by = self.space if self.space == PIXELS else f"{self.space} and {PIXELS}"
        return f"{len(self.labels):,}{of_all} {what}{drawn}, by {by}"


def read_reference(
    dataset: Dataset,
    labels: Labels,
    classifier: Classifier | None,
    *,
    class_count: int,
    shape: Shape | None = None,
    left_out: frozenset[str] = frozenset(),
    rng: np.random.Generator,
    progress: Progress = silent,
    most_bytes: int = _MOST_BYTES,
) -> Reference:
    """Read every training image once.

    Args:
        dataset: the training data; unreadable images are left out.
        labels: (n,) its labels as classes of the classifier, 0..k-1.
        classifier: its embeddings are compared, if it has any; None for pixels alone.
        class_count: k.
        shape: (h, w, c) of the pictures that are compared with it; found if not given.
        left_out: names of pixels (see `pixel_key`) that are no neighbours: examples of the run.
        rng: draws the images that are kept if not all fit, and the prototypes.
        progress: called after every batch; it may raise to stop.
        most_bytes: of vectors to keep.

    Raises:
        ClassifierError: the model needs another shape, or returns NaN.
        DatasetError: no image can be read, or all of them are left out.
    """
    space = _space(classifier, dataset, shape)
    size = batch_size_for(space.shape)
    most = max(1, most_bytes // (4 * (space.width + _DIRECTIONS)))
    drawn = _drawn(len(dataset), most, rng)
    fitted = np.sort(rng.choice(drawn, min(_FITTED, len(drawn)), replace=False))
    directions = _directions(dataset, fitted, space.shape)
    chosen = frozenset(rng.choice(drawn, min(_STATISTICS, len(drawn)), replace=False).tolist())

    kept: list[int] = []
    vectors: list[Embeddings] = []
    pixels: list[Embeddings] = []
    seen: list[NDArray[np.float64]] = []
    seen_labels: list[int] = []
    copies: dict[str, list[int]] = {}
    full = np.zeros((size, *space.shape), np.uint8)
    progress(STAGE, 0, len(drawn))
    for done, there, images in _read(dataset, drawn, space.shape, size):
        if left_out:
            there, images = _without(there, images, left_out, copies)
        if there:
            full[: len(there)] = images
            vectors.append(space.places(full)[: len(there)])
            pixels.append(directions.places(images))
        for place, position in enumerate(there):
            if position in chosen or len(seen) < NEAR:  # those drawn may all be left out
                seen.append(statistics(images[place]))
                seen_labels.append(int(labels[position]))
        kept.extend(there)
        progress(STAGE, done, len(drawn))
    if copies and not kept:
        raise DatasetError(
            "the training data must hold images that are not among the examples; all "
            f"{sum(map(len, copies.values())):,} of {dataset.source} have the pixels of examples; "
            "pass the data that the model was trained on."
        )
    if not kept:
        raise none_readable("training image", dataset)
    positions = np.array(kept, np.int64)
    own = np.asarray(labels, np.int64)[positions]
    rows, places = np.concatenate(vectors), np.concatenate(pixels)
    vectors.clear()
    pixels.clear()
    prototypes = _prototypes(own, class_count, rng)
    usual, by_class = _moments(np.stack(seen), np.array(seen_labels), class_count)
    return Reference(
        space.shape,
        class_count,
        own,
        positions,
        len(drawn) < len(dataset),
        len(dataset),
        np.bincount(np.asarray(labels, np.int64), minlength=class_count),
        space.name,
        space.places,
        ClassDistances.of(rows, own, class_count),
        directions,
        ClassDistances.of(places, own, class_count),
        ClassDistances.of(places[prototypes], own[prototypes], class_count),
        usual,
        by_class,
        copies,
    )


def _space(classifier: Classifier | None, dataset: Dataset, shape: Shape | None) -> Space:
    """The vectors that are compared, of pictures in the shape that the classifier needs."""
    space = space_for(classifier, dataset)[1]
    if space.name != PIXELS:
        return replace(space, shape=shape or space.shape)
    if shape is None and classifier is not None:
        shape = shape_for(classifier, dataset)
    shape = shape or space.shape
    width = _averaged(np.zeros((1, *shape), np.uint8)).shape[1]
    return Space(PIXELS, shape, width, lambda images: 255 * _averaged(images))


def _read(
    dataset: Dataset, drawn: Positions, shape: Shape, size: int
) -> Iterator[tuple[int, list[int], Images]]:
    """How many are done, and the positions and images of a batch of those that can be read."""
    if len(drawn) == len(dataset):
        for batch in dataset.batches(size, shape):
            yield int(batch.positions[-1]) + 1, batch.positions.tolist(), batch.images
        return
    for start in range(0, len(drawn), size):
        part = drawn[start : start + size].tolist()
        there, images = readable(dataset, part, shape)
        yield start + len(part), there, images


def readable(dataset: Dataset, positions: Sequence[int], shape: Shape) -> tuple[list[int], Images]:
    """Those of some positions whose image can be read, and the images, (n, h, w, c)."""
    images = np.zeros((len(positions), *shape), np.uint8)
    there: list[int] = []
    for position in positions:
        try:
            images[len(there)] = input_image(dataset, position, shape)
        except DatasetError:  # unreadable, or sealed
            continue
        there.append(position)
    return there, images[: len(there)]


def _without(
    there: list[int], images: Images, left_out: frozenset[str], copies: dict[str, list[int]]
) -> tuple[list[int], Images]:
    """The same without images of these pixels, whose positions are noted."""
    keys = [pixel_key(image) for image in images]
    stays = [place for place, key in enumerate(keys) if key not in left_out]
    for position, key in zip(there, keys, strict=True):
        if key in left_out:
            copies.setdefault(key, []).append(position)
    return [there[place] for place in stays], images[stays]


def _drawn(count: int, most: int, rng: np.random.Generator) -> Positions:
    if count <= most:
        return np.arange(count)
    return np.sort(rng.choice(count, most, replace=False))


def _averaged(images: Images) -> Floats:
    """(n, p) pixels 0..1, averaged over blocks until no side is longer than 32."""
    _, height, width, channels = images.shape
    block = -(-max(height, width) // _SIDE)
    rows, columns = max(1, height // block), max(1, width // block)
    cut = images[:, : rows * block, : columns * block].astype(np.float32)
    shape = (len(images), rows, min(block, height), columns, min(block, width), channels)
    means = cut.reshape(shape).mean(axis=(2, 4), dtype=np.float32)
    flat: Floats = means.reshape(len(images), rows * columns * channels) / np.float32(255)
    return flat


def _directions(dataset: Dataset, positions: Positions, shape: Shape) -> Directions:
    from sklearn.decomposition import PCA

    parts = []
    for start in range(0, len(positions), 512):
        _, images = readable(dataset, positions[start : start + 512].tolist(), shape)
        parts.append(_averaged(images))
    flat = np.concatenate(parts)
    if not len(flat):
        raise none_readable("training image", dataset)
    mean = flat.mean(axis=0, dtype=np.float32)
    if (flat == flat[0]).all():  # there is no direction
        return Directions(mean, np.zeros((flat.shape[1], 1), np.float32))
    kept = min(_DIRECTIONS, *flat.shape)
    solver = "randomized" if min(flat.shape) > 2 * kept else "full"
    found: Any = PCA(kept, svd_solver=solver, random_state=0).fit(flat)
    return Directions(
        found.mean_.astype(np.float32), np.ascontiguousarray(found.components_.T, np.float32)
    )


def _prototypes(labels: Labels, class_count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Places of some training images of each class, as many of each where there are enough."""
    most = max(4, _PROTOTYPES // class_count)
    parts = []
    for number in range(class_count):
        places = np.flatnonzero(labels == number)
        parts.append(rng.choice(places, min(most, len(places)), replace=False))
    return np.concatenate(parts).astype(np.int64)


def _moments(
    rows: NDArray[np.float64], labels: NDArray[np.int64], class_count: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Mean and deviation of statistics over all images, and within each class."""
    usual = np.stack([rows.mean(axis=0), rows.std(axis=0) + 1e-6])
    by_class = np.repeat(usual[None], class_count, axis=0)
    for number in range(class_count):
        own = rows[labels == number]
        if len(own) >= 20:
            by_class[number] = own.mean(axis=0), own.std(axis=0) + 1e-6
    return usual, by_class
