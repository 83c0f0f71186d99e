"""Training data + classifier -> the training images nearest to a picture."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Image, Images, Positions
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.embeddings import check_finite
from hardex.data.dataset import Dataset, Shape, none_readable
from hardex.data.pixels import input_image
from hardex.errors import ClassifierError, DatasetError
from hardex.predict.predictions import batch_size_for, first_shape, shape_for

STAGE = "looking at the training data"
EMBEDDINGS, PIXELS = "embeddings of the model", "pixels"
COUNT = 8  # of neighbours that are shown
_MOST_BYTES = 2**29  # of vectors that are kept
_SIDE = 32  # pixels; larger pictures are compared at this size
# Largest distance of a picture to itself: two batch shapes differ in their last bits.
_SAME_PLACE = 0.01
# Squared distances in single precision have far smaller errors; closer ones are computed again.
_TIED = 1e-4
_DIGITS = 6  # of a distance; further ones depend on the place of a picture in its batch
_AT_ONCE = 4096  # distances computed again at a time

Progress = Callable[[str, int, int], None]  # stage, how many are done, of how many


def silent(stage: str, done: int, total: int) -> None:
    """A `Progress` that shows nothing."""


@dataclass(frozen=True, eq=False)
class Found:
    """The training images nearest to a picture, nearest first; ties by position.

    Attributes:
        positions: (m,) in the training data.
        ids: m stable names.
        labels: m given labels.
        distances: (m,) ascending, of 6 digits; see `Neighbours`.
        exact_copies: (m,) whether the pixels are those of the picture, one by one.
    """

    positions: Positions
    ids: tuple[str, ...]
    labels: tuple[str, ...]
    distances: NDArray[np.float64]
    exact_copies: NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.positions)

    def only(self, places: Sequence[int]) -> "Found":
        """The neighbours at these places, in this order."""
        kept = np.array(places, np.intp)
        return Found(
            self.positions[kept],
            tuple(self.ids[place] for place in places),
            tuple(self.labels[place] for place in places),
            self.distances[kept],
            self.exact_copies[kept],
        )


@dataclass(frozen=True, eq=False)
class Space:
    """The vectors by which pictures are compared.

    Attributes:
        name: `EMBEDDINGS` or `PIXELS`.
        shape: (h, w, c) in which pictures are placed.
        width: d, numbers per picture.
        vectors: (n, h, w, c) uint8 -> (n, d).
    """

    name: str
    shape: Shape
    width: int
    vectors: Callable[[Images], Embeddings]

    def places(self, images: Images) -> Embeddings:
        """(n, d) float32 vectors, scaled so that their Euclidean distance is the one reported.

        Raises:
            ClassifierError: the model gave NaN or infinity.
        """
        return self.scaled(self.vectors(images))

    def scaled(self, vectors: Embeddings) -> Embeddings:
        """The same for existing vectors of the model, (n, d)."""
        check_finite(vectors)
        rows = np.asarray(vectors, np.float32)
        if self.name == PIXELS:
            return rows / np.float32(255 * self.width**0.5)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return rows / np.where(lengths > 0, lengths, np.float32(1))


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Training images, ready for queries for the nearest to a picture.

    Embeddings of a model are compared by their direction (cosine): the distance is that between
    unit vectors, sqrt(2 - 2 cos), 0 for the same direction and 1.41 for orthogonal ones. Of the
    eight neighbours of each MNIST test digit 99.1 % have its label by direction, 99.0 % by
    Euclidean distance. Without accessible layers, pixels are compared, at 32 x 32 or less; the
    distance is then their root mean square difference, 0 to 1.

    Attributes:
        dataset: the training data.
        fingerprint: its hash.
        space: the vectors that are compared; `space.name` describes them.
        positions: (m,) of the examples that are kept, ascending.
        sampled: whether these were drawn at random, because not all fit into memory.
        rows: (m, d) float32, their vectors.
        squares: (m,) float32, the squared length of each row.
    """

    dataset: Dataset
    fingerprint: str
    space: Space
    positions: Positions
    sampled: bool
    rows: Embeddings
    squares: NDArray[np.float32]

    @property
    def scope(self) -> str:
        """How many are compared, of how many and by what, as text."""
        kept, total = len(self.positions), len(self.dataset)
        of_how_many = "" if kept == total else f" of {total:,}"
        drawn = ", drawn at random" if self.sampled else ""
        return f"{kept:,}{of_how_many} training images{drawn}, compared by {self.space.name}"

    def of(
        self,
        picture: NDArray[Any],
        count: int = COUNT,
        *,
        leave_out: str | None = None,
        ready: Image | None = None,
    ) -> Found:
        """The nearest training images.

        Args:
            picture: (h, w, c) uint8 in its native size, or its (d,) embedding by the model.
            count: how many, at most.
            leave_out: the id in the training data that is the picture itself, if it is from there.
            ready: what a classifier gets of it, in the shape of the space; by default it is
                resized.

        Raises:
            ClassifierError: the vector has another length, or the model gave NaN.

        Example:
            >>> from hardex.data.dataset import ArrayDataset
            >>> greys = np.array([0, 100, 110, 255], np.uint8).reshape(4, 1, 1, 1)
            >>> training = build(ArrayDataset.of(greys, np.array([0, 1, 1, 2])), None)
            >>> found = training.of(np.full((1, 1, 1), 102, np.uint8), 3)
            >>> found.labels, (found.distances * 255).round().tolist()
            (('1', '1', '0'), [2.0, 8.0, 102.0])
        """
        image = picture if picture.ndim == 3 else None
        row = self._row(picture if ready is None else ready)
        wanted = count if leave_out is None else count + 1
        near, distances = self._nearest(row, wanted)
        positions = self.positions[near]
        ids = [self.dataset.id(position) for position in positions.tolist()]
        stays = np.array([id != leave_out for id in ids], np.bool_).nonzero()[0][:count]
        positions, distances = positions[stays], distances[stays]
        labels = np.asarray(self.dataset.labels)[positions].tolist()
        copies = [
            image is not None and distance <= _SAME_PLACE and self._equals(position, image)
            for position, distance in zip(positions.tolist(), distances.tolist(), strict=True)
        ]
        return Found(
            positions,
            tuple(ids[place] for place in stays.tolist()),
            tuple(self.dataset.class_names[label] for label in labels),
            distances,
            np.array(copies, np.bool_),
        )

    def _row(self, picture: NDArray[Any]) -> Embeddings:
        if picture.ndim == 3:
            place: Embeddings = self.space.places(_fitted(picture, self.space.shape)[None])[0]
            return place
        if picture.shape != (self.space.width,) or self.space.name == PIXELS:
            raise ClassifierError(
                f"a picture must be (h, w, c) or the {self.space.width} numbers of its embedding; "
                f"received shape {picture.shape}, to be compared by {self.space.name}; pass the "
                "picture."
            )
        scaled: Embeddings = self.space.scaled(picture[None])[0]
        return scaled

    def _nearest(self, row: Embeddings, count: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """Indices of rows and their distances; ties at the end also go by position."""
        most = min(max(count, 0), len(self.rows))
        if not most:
            return np.empty(0, np.intp), np.empty(0)
        squared = self.squares - 2 * (self.rows @ row) + row @ row
        reach = np.partition(squared, most - 1)[most - 1]
        near = np.flatnonzero(squared <= reach + _TIED)
        apart = np.concatenate(
            [
                np.linalg.norm(self.rows[part].astype(np.float64) - row, axis=1)
                for part in np.array_split(near, 1 + len(near) // _AT_ONCE)
            ]
        )
        distances = apart.round(_DIGITS)  # so that equal pictures tie
        order = np.argsort(distances, kind="stable")[:most]
        return near[order], distances[order]

    def _equals(self, position: int, image: Image) -> bool:
        try:
            return np.array_equal(self.dataset.image(position), image)
        except DatasetError:  # its file has been removed
            return False


def build(
    dataset: Dataset,
    classifier: Classifier | None,
    *,
    seed: int = 0,
    progress: Progress = silent,
    most_bytes: int = _MOST_BYTES,
) -> Neighbours:
    """Read every training image once and keep its vector.

    A query compares all of them (no approximate index), in 50 ms for 512 MB of vectors. One
    batch of pictures is in memory at a time, and every forward pass has the same batch shape.

    Args:
        dataset: the training data; unreadable images are left out.
        classifier: its embeddings are compared, if it has any; None for pixels.
        seed: of the sample that is kept if not all vectors fit.
        progress: called after every batch; it may raise to stop, and nothing is left behind.
        most_bytes: of vectors to keep.

    Raises:
        ClassifierError: the model needs another shape, or returns NaN.
        DatasetError: no image can be read.
    """
    size, space = space_for(classifier, dataset)
    drawn = _drawn(len(dataset), max(1, most_bytes // (4 * space.width)), seed)
    rows, positions = vectors_at(dataset, drawn, size, space, progress)
    if not len(rows):
        raise none_readable("training image", dataset)
    # A single picture is another batch shape, which is compiled now so that nobody waits later.
    space.vectors(np.zeros((1, *space.shape), np.uint8))
    sampled = len(drawn) < len(dataset)
    squares = np.einsum("ij,ij->i", rows, rows)
    return Neighbours(dataset, dataset.fingerprint(), space, positions, sampled, rows, squares)


def space_for(classifier: Classifier | None, dataset: Dataset) -> tuple[int, Space]:
    """Pictures per forward pass, and the vectors that it gives: pixels without a model's own.

    Raises:
        DatasetError: no image can be read.
    """
    embed = getattr(classifier, "embeddings", None)
    if classifier is not None and embed is not None:
        shape = shape_for(classifier, dataset) or first_shape(dataset)
        if shape is None:
            raise none_readable("training image", dataset)
        size = batch_size_for(shape)
        try:
            width = embed(np.zeros((size, *shape), np.uint8)).shape[1]
            return size, Space(EMBEDDINGS, shape, width, embed)
        except ClassifierError:  # a model without accessible layers
            pass
    wanted = None if classifier is None else classifier.input_shape
    shape = wanted or dataset.image_shape or first_shape(dataset)
    if shape is None:
        raise none_readable("training image", dataset)
    shape = _at_most(_SIDE, shape)
    return batch_size_for(shape), Space(PIXELS, shape, int(np.prod(shape)), _flat)


def _flat(images: Images) -> Embeddings:
    flat: Embeddings = images.reshape(len(images), -1).astype(np.float32)
    return flat


def _at_most(side: int, shape: Shape) -> Shape:
    height, width, channels = shape
    longest = max(height, width, side)
    return max(1, height * side // longest), max(1, width * side // longest), channels


def _drawn(count: int, most: int, seed: int) -> Positions:
    """The positions to read, ascending: all, or as many as fit, drawn at random."""
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def vectors_at(
    dataset: Dataset, drawn: Positions, size: int, space: Space, progress: Progress
) -> tuple[Embeddings, Positions]:
    """The vectors of the images at some positions, one batch in memory at a time.

    Args:
        dataset: the images.
        drawn: the positions.
        size: pictures per forward pass, see `space_for`.
        space: the vectors.
        progress: called after every batch; it may raise to stop.

    Returns:
        (m, d) vectors of the readable images, and their (m,) positions.

    Raises:
        ClassifierError: the model returns NaN.
    """
    rows = np.empty((len(drawn), space.width), np.float32)
    kept: list[int] = []
    # One batch array is reused; rows beyond its current end are ignored.
    batch = np.zeros((size, *space.shape), np.uint8)
    progress(STAGE, 0, len(drawn))
    for start in range(0, len(drawn), size):
        done, part = len(kept), drawn[start : start + size].tolist()
        for position in part:
            try:
                batch[len(kept) - done] = input_image(dataset, position, space.shape)
            except DatasetError:  # unreadable, or sealed
                continue
            kept.append(position)
        rows[done : len(kept)] = space.scaled(space.vectors(batch)[: len(kept) - done])
        progress(STAGE, start + len(part), len(drawn))
    return rows[: len(kept)], np.array(kept, np.int64)


def _fitted(image: Image, shape: Shape) -> Image:
    from hardex.images import resize  # Pillow is loaded only where pixels are read

    return resize(image, shape)


def summary(found: Found, given: str | None, predicted: str) -> str:
    """The labels of the neighbours, in a sentence or two.

    Args:
        found: the neighbours.
        given: the given label of the picture, or None.
        predicted: the predicted class.

    Example:
        >>> found = Found(np.arange(3), ("0", "1", "2"), ("7", "2", "7"), np.zeros(3),
        ...               np.array([True, False, False]))
        >>> print(summary(found, "7", "2"))
        2 of the 3 nearest training images are labelled 7, the label given; 1 says 2, the \
prediction. One has exactly these pixels, labelled 7.
    """
    if not len(found):
        return "There is no other training image to compare with."
    counts = Counter(found.labels)
    # First the given label, then the others, the most frequent first, ties by nearness.
    first = counts.most_common(1)[0][0] if given is None else given
    others = [label for label, _ in counts.most_common() if label != first]
    if predicted not in (first, *others):
        others.append(predicted)
    parts = [_first_count(counts[first], len(found), first + _role(first, given, predicted))]
    parts += [f"{_says(counts[label])} {label}{_role(label, given, predicted)}" for label in others]
    return "; ".join(parts) + "." + _copies(found)


def _first_count(count: int, total: int, label: str) -> str:
    if total == 1:
        return f"The nearest training image is {'' if count else 'not '}labelled {label}"
    are = "are" if count > 1 else "is"
    return f"{count or 'None'} of the {total} nearest training images {are} labelled {label}"


def _role(label: str, given: str | None, predicted: str) -> str:
    if label == given:
        return ", as given and predicted" if label == predicted else ", the label given"
    return ", the prediction" if label == predicted else ""


def _says(count: int) -> str:
    return f"{count} says" if count == 1 else f"{count or 'none'} say"


def _copies(found: Found) -> str:
    """The sentence about exact copies: a training image in the test set is a leak."""
    labels = [label for label, same in zip(found.labels, found.exact_copies, strict=True) if same]
    if not labels:
        return ""
    start = "One has" if len(labels) == 1 else f"{len(labels)} have"
    return f" {start} exactly these pixels, labelled {' and '.join(dict.fromkeys(labels))}."
