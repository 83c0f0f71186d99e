"""Cases + reference + classifier -> what is measured of each, before anything is concluded."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Images, Labels, Probabilities
from hardex.classifiers.classifier import Classifier
from hardex.diagnosis.cases import Cases, exchanged
from hardex.diagnosis.reference import Floats, Reference
from hardex.diagnosis.search import Tried, pictures, steps
from hardex.images.statistics import statistics
from hardex.predict.predictions import batch_size_for

_PICTURES = 2**25  # bytes of changed pictures at a time
_FAR = 9.0  # usual distances; farther is not told apart
_ENOUGH = 10  # distances of a class, for a median of its own


@dataclass(frozen=True, eq=False)
class Usual:
    """What is usual for examples that the model has right.

    Attributes:
        embedding, pixels: (k,) median distance to the own class.
        nearest: median distance to the nearest prototype.
    """

    embedding: Floats
    pixels: Floats
    nearest: float


@dataclass(frozen=True, eq=False)
class Measured:
    """What is known of n cases; distances are in units of what is usual for each class.

    Attributes:
        cases: the examples.
        p: (n, k) probabilities.
        embedding, pixels: (n, k) mean distance to the nearest training images of each class.
        statistics: (n, s) of the pictures.
        tried: the search; None without a classifier to call.
        log_shares: (n, k) logarithms of the shares of the classes in the training data.
        others: (o, n, k) probabilities of other models.
        reference: what they were compared with.
    """

    cases: Cases
    p: Probabilities
    embedding: Floats
    pixels: Floats
    statistics: NDArray[np.float64]
    tried: Tried | None
    log_shares: NDArray[np.float64]
    others: Probabilities
    reference: Reference

    def __len__(self) -> int:
        return len(self.cases)


Done = Callable[[int], None]  # how many more are done


def _unheard(count: int) -> None:
    """Nobody wants to know."""


def batched(classifier: Classifier, images: Images) -> Probabilities:
    """(n, k), in full batches of one compiled shape; the last is padded."""
    size = batch_size_for((images.shape[1], images.shape[2], images.shape[3]))
    parts = []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        if len(part) < size:
            blank = np.zeros((size - len(part), *images.shape[1:]), np.uint8)
            parts.append(classifier.probabilities(np.concatenate([part, blank]))[: len(part)])
        else:
            parts.append(classifier.probabilities(part))
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def embedded(reference: Reference, images: Images) -> Embeddings:
    """(n, d) in the space of the reference, in full batches."""
    size = batch_size_for(reference.shape)
    parts = []
    for start in range(0, len(images), size):
        part = images[start : start + size]
        blank = np.zeros((size - len(part), *images.shape[1:]), np.uint8)
        parts.append(reference.embed(np.concatenate([part, blank]))[: len(part)])
    return np.concatenate(parts) if parts else np.empty((0, reference.vectors.rows.shape[1]))


def usual_of(reference: Reference, images: Images, labels: Labels) -> Usual:
    """What is usual, by correct examples that are not in the training data."""
    places = reference.directions.places(images)
    own = np.arange(len(labels)), labels
    by_model = reference.vectors.means(embedded(reference, images))[own]
    by_pixels = reference.pixels.means(places)[own]
    nearest = reference.prototypes.nearest(places).min(axis=1)
    return Usual(
        _medians(by_model, labels, reference.class_count),
        _medians(by_pixels, labels, reference.class_count),
        _median(nearest),
    )


def _medians(values: Floats, labels: Labels, class_count: int) -> Floats:
    """(k,) the median of each class; of all where a class has few."""
    finite = np.isfinite(values)
    whole = _median(values[finite])
    found = np.full(class_count, whole, np.float32)
    for number in range(class_count):
        some = values[(labels == number) & finite]
        if len(some) >= _ENOUGH:
            found[number] = max(float(np.median(some)), 0.05 * whole)
    return found


def _median(values: Floats) -> float:
    """A unit of distances, above 0; 1 where there is nothing to go by."""
    return (float(np.median(values)) or 1.0) if len(values) else 1.0


def measure(
    classifier: Classifier | None,
    reference: Reference,
    usual: Usual,
    cases: Cases,
    p: Probabilities,
    *,
    others: Sequence[Classifier] = (),
    searched: Done = _unheard,
) -> Measured:
    """Measure cases; most of the time goes into the search.

    Args:
        classifier: the model; None where only its probabilities are known: nothing is searched.
        reference: the training data.
        usual: of the model's correct examples.
        cases: n of them.
        p: (n, k) what the model says of them, before anything that is simulated.
        others: models of the same classes, whose predictions are evidence, too.
        searched: called with the number of cases done since; it may raise to stop.
    """
    images, rows = cases.images, np.arange(len(cases))
    ranks = _passed_over(reference, cases)
    places = reference.directions.places(images)
    behind = reference.pixels.behind(places, cases.given, ranks)
    by_pixels = _lacking(reference.pixels.means(places), cases.given, behind)
    vectors = embedded(reference, images)
    by_model = _lacking(
        reference.vectors.means(vectors),
        cases.given,
        reference.vectors.behind(vectors, cases.given, ranks),
    )
    by_model = exchanged(by_model / usual.embedding, cases.given, cases.confused)
    if classifier is None:
        tried = None
        searched(len(cases))
    else:
        tried = search(classifier, reference, usual, cases, behind, searched=searched)
    shares = (reference.counts + 0.5) / (reference.counts + 0.5).sum()
    log_shares = np.tile(np.log(shares), (len(cases), 1))
    log_shares[rows, cases.given] += np.log(cases.left)
    return Measured(
        cases,
        cases.believed(p),
        np.minimum(by_model, _FAR),
        np.minimum(by_pixels / usual.pixels, _FAR),
        np.stack([statistics(image) for image in images]),
        tried,
        log_shares,
        _of_others(others, cases, p.shape[1]),
        reference,
    )


def _of_others(others: Sequence[Classifier], cases: Cases, class_count: int) -> Probabilities:
    """(o, n, k); a simulated lack of training data is theirs, too, a mere mistake is not."""
    if not others:
        return np.empty((0, len(cases), class_count), np.float32)
    lacking = np.flatnonzero((cases.missing > 0) | (cases.left < 1))
    found = []
    for other in others:
        p = batched(other, cases.images).copy()
        if len(lacking):
            p[lacking] = cases.at(lacking).believed(p[lacking])
        found.append(p)
    return np.stack(found)


def _passed_over(reference: Reference, cases: Cases) -> NDArray[np.int64]:
    """(n,) how many of the nearest training images of the given class are missing."""
    counts = reference.vectors.counts[cases.given]  # of those that were drawn
    missing = np.floor(counts * cases.missing)
    thinned = np.where(cases.left < 1, np.round(1 / cases.left), 0)
    return np.asarray(np.maximum(missing, thinned), np.int64)


def _lacking(distances: Floats, given: Labels, behind: Floats) -> Floats:
    """(n, k) distances, where the given class is no nearer than what is left of it."""
    rows = np.arange(len(given))
    distances[rows, given] = np.maximum(distances[rows, given], behind)
    return distances


def search(
    classifier: Classifier,
    reference: Reference,
    usual: Usual,
    cases: Cases,
    behind: Floats,
    *,
    searched: Done = _unheard,
) -> Tried:
    """Undo every step on every case, and ask classifier and training images.

    Args:
        classifier, reference, usual, cases, searched: as in `measure`.
        behind: (n,) the least distance to the given class, by pixels.
    """
    tried = steps(reference.shape)
    count, many, classes = len(cases), len(tried), reference.class_count
    log_p = np.empty((count, many, classes), np.float32)
    density = np.empty((count, many, classes), np.float32)
    size = max(1, _PICTURES // (many * int(np.prod(reference.shape))))
    for start in range(0, count, size):
        rows = slice(start, min(start + size, count))
        some = cases.at(rows)
        changed = pictures(some.images, tried).reshape(-1, *reference.shape)
        p = batched(classifier, changed).reshape(len(some), many, classes)
        log_p[rows] = np.log(np.maximum(some.believed(p), 1e-12))
        near = reference.prototypes.nearest(reference.directions.places(changed))
        near = near.reshape(len(some), many, classes)
        own = near[np.arange(len(some)), :, some.given]
        near[np.arange(len(some)), :, some.given] = np.maximum(own, behind[rows][:, None])
        density[rows] = np.minimum(near / usual.nearest, _FAR) ** 2
        searched(len(some))
    return Tried(tried, log_p, density)
