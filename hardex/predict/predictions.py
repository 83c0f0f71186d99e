"""Data set + classifier -> predictions, one batch in memory at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from queue import Queue
from threading import Event, Thread

import numpy as np

from hardex.advice import OTHER_SHAPE, for_class_count
from hardex.arrays import (
    Images,
    Labels,
    Positions,
    Probabilities,
    check_probabilities,
    row_maxima,
    sound_leaders,
)
from hardex.classifiers.classifier import Classifier
from hardex.classifiers.saved_values import Rows
from hardex.data.dataset import Batch, Dataset, Shape
from hardex.errors import ClassifierError
from hardex.predict.saved_rows import NpyRows, check_saved_probabilities

_BATCH_BYTES = 2**22  # of pixels in a batch; larger batches were not faster
_BATCH_MOST = 512
_SAVED_BYTES = 2**19  # of saved probabilities at a time; ids and scores take ten times as much
_THREADS = min(4, os.cpu_count() or 1)  # that check saved probabilities
_SAVED_ROWS, _SAVED_MOST = 2048, 2**23  # with fewer rows at a time, calls would take most of it


@dataclass(frozen=True, eq=False)
class Predictions:
    """The probabilities that a classifier gives some examples.

    Attributes:
        positions: (n,) place of each example in its data set.
        ids: n stable names; () where they are not needed.
        labels: (n,) given labels, 0..k-1; kept as int64.
        probabilities: (n, k), rows sum to 1; kept as float32.
    """

    positions: Positions
    ids: tuple[str, ...]
    labels: Labels
    probabilities: Probabilities

    def __post_init__(self) -> None:
        two = self.probabilities.ndim == 2 and self.probabilities.shape[1] > 1
        leaders = sound_leaders(self.probabilities) if two else None
        if leaders is None:
            check_probabilities(self.probabilities, positions=self.positions)
        # One precision for the table, the counts and both lists, so that ties are the same in all.
        single = self.probabilities.astype(np.float32, copy=False)
        if leaders is not None and single is self.probabilities:  # what the check found is kept
            object.__setattr__(self, "confidence", leaders[0])
            object.__setattr__(self, "predicted", leaders[1])
        object.__setattr__(self, "probabilities", single)
        # Labels often come as bytes, and `label * k` does not fit into a byte.
        object.__setattr__(self, "labels", self.labels.astype(np.int64, copy=False))

    def __len__(self) -> int:
        return len(self.positions)

    @cached_property
    def predicted(self) -> Labels:
        """(n,) the most likely class of each; the first of equals."""
        return np.asarray(self.probabilities.argmax(axis=1))

    @cached_property
    def confidence(self) -> Probabilities:
        """(n,) the probability of the predicted class."""
        return row_maxima(self.probabilities)


def predict(
    classifier: Classifier,
    dataset: Dataset,
    *,
    batch_size: int | None = None,
    within: range | None = None,
) -> Iterator[Predictions]:
    """Yield predictions batch by batch while a thread reads the next batch.

    Every forward pass has the same batch shape, and the last one is padded: with another shape the
    last bits of the probabilities may differ.

    Args:
        classifier: the model.
        dataset: its images.
        batch_size: images per forward pass; chosen by image size if not given.
        within: the positions to predict; all by default.

    Raises:
        ClassifierError: the classifier does not fit the data set, or its output is not a
            distribution.
    """
    shape = shape_for(classifier, dataset)
    part = within is not None and within != range(len(dataset))
    if part and shape is None:  # all parts of a pass need the same shape
        shape = first_shape(dataset)
    _check_class_count(classifier.class_count, classifier, dataset)
    size = batch_size or batch_size_for(shape)
    batches = dataset.batches(size, shape, within=within) if part else dataset.batches(size, shape)
    for batch in _read_ahead(batches):
        probabilities = classifier.probabilities(_padded(batch.images, size))
        _check_fits(classifier, dataset, probabilities, size)
        rows = probabilities[: len(batch.ids)]
        yield _predictions_of(classifier, batch, rows)


def _predictions_of(classifier: Classifier, batch: Batch, rows: Probabilities) -> Predictions:
    try:
        return Predictions(batch.positions, batch.ids, batch.labels, rows)
    except ClassifierError:
        linear = getattr(classifier, "activation", "") == "linear"
        check_probabilities(rows, positions=batch.positions, of_model=True, ends_linear=linear)
        raise


def from_probabilities(
    probabilities: Rows,
    dataset_ids: Callable[[int], str] | None,
    labels: Labels | NpyRows,
    *,
    within: range | None = None,
) -> Iterator[Predictions]:
    """Saved probabilities as the same stream, (n, k) in the data set's order.

    Args:
        probabilities: (n, k), in memory or on disk.
        dataset_ids: gives the name at a position; None where none is needed.
        labels: (n,), in memory or on disk.
        within: the positions; all by default.

    Raises:
        ClassifierError: rows that are not distributions; the first is named and all are counted.
    """
    row = 4 * probabilities.shape[1]
    size = max(1, _SAVED_BYTES // row, min(_SAVED_ROWS, _SAVED_MOST // row))
    within = range(len(probabilities)) if within is None else within

    def batch(start: int) -> Predictions:
        part = slice(start, min(start + size, within.stop))
        positions = np.arange(part.start, part.stop)
        ids = () if dataset_ids is None else tuple(map(dataset_ids, positions.tolist()))
        return Predictions(positions, ids, labels[part], probabilities[part])

    try:
        yield from _side_by_side(batch, range(within.start, within.stop, size))
    except ClassifierError:
        check_saved_probabilities(probabilities)  # counts all rows that are off
        raise


def _side_by_side(
    batch: Callable[[int], Predictions], starts: range, *, threads: int = _THREADS
) -> Iterator[Predictions]:
    """The batches in order, checked by threads that are a few batches ahead."""
    if len(starts) < 2 or threads < 2:
        yield from map(batch, starts)
        return
    ahead: deque[Future[Predictions]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="hardex-check") as pool:
        try:
            for start in starts:
                ahead.append(pool.submit(batch, start))
                if len(ahead) > 2 * threads:
                    yield ahead.popleft().result()
            while ahead:
                yield ahead.popleft().result()
        finally:
            for waiting in ahead:
                waiting.cancel()


def shape_for(classifier: Classifier, dataset: Dataset) -> Shape | None:
    """The image shape of every forward pass.

    Raises:
        ClassifierError: the model needs another shape and the images may not be resized.
    """
    wanted, given = classifier.input_shape, dataset.image_shape
    channels: int | None = getattr(classifier, "channels", None)
    if wanted is None and channels is not None:  # any size, but grey or RGB
        found = given or first_shape(dataset)
        wanted = None if found is None else (found[0], found[1], channels)
    if wanted is None or given is None or wanted == given:
        return wanted or given
    if dataset.fits:
        return wanted
    raise ClassifierError(
        f"the model {classifier.source} expects images of {_by(wanted)}; {dataset.source} holds "
        f"{_by(given)}; {OTHER_SHAPE}."
    )


def first_shape(dataset: Dataset) -> Shape | None:
    """The shape of the first readable image, to which a pass without a shape fits all others."""
    for batch in dataset.batches(1, None):
        height, width, channels = batch.images.shape[1:]
        return height, width, channels
    return None


def batch_size_for(shape: Shape | None) -> int:
    """How many images go through one forward pass.

    Example:
        >>> batch_size_for((28, 28, 1)), batch_size_for((224, 224, 3))
        (512, 27)
    """
    pixels = int(np.prod(shape)) if shape else 2**16
    return int(np.clip(_BATCH_BYTES // pixels, 1, _BATCH_MOST))


def _padded(images: Images, size: int) -> Images:
    missing = size - len(images)
    return np.pad(images, ((0, missing), (0, 0), (0, 0), (0, 0))) if missing > 0 else images


def _check_fits(
    classifier: Classifier, dataset: Dataset, probabilities: Probabilities, size: int
) -> None:
    if probabilities.shape[:1] != (size,):
        raise ClassifierError(
            f"the classifier must give one row per image; {classifier.source} gave an array of "
            f"shape {probabilities.shape} for {size} images; fix the function."
        )
    if probabilities.ndim == 2:
        _check_class_count(probabilities.shape[1], classifier, dataset)


def _check_class_count(columns: int | None, classifier: Classifier, dataset: Dataset) -> None:
    names = dataset.class_names
    if columns is not None and columns != len(names):
        advice = for_class_count(columns, names, int(np.min(dataset.labels)))
        raise ClassifierError(
            f"the model must have one output per class; {classifier.source} has {columns} and "
            f"{dataset.source} has {len(names)} classes ({_some(names)}); {advice}."
        )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names) if len(names) <= 12 else ", ".join((*names[:10], "…", names[-1]))


def _by(shape: Shape) -> str:
    return " x ".join(map(str, shape))


def _read_ahead(batches: Iterator[Batch]) -> Iterator[Batch]:
    """The same batches, read by a thread that is at most two batches ahead."""
    queue: Queue[Batch | BaseException | None] = Queue(maxsize=2)
    closed = Event()

    def read() -> None:
        try:
            for batch in batches:
                queue.put(batch)
                if closed.is_set():
                    return
            queue.put(None)
        except BaseException as error:  # raised by the consumer below
            queue.put(error)

    Thread(target=read, name="hardex-read-ahead", daemon=True).start()
    try:
        while (item := queue.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item
    finally:
        closed.set()
        while not queue.empty():  # release the thread if it waits for space
            queue.get_nowait()
