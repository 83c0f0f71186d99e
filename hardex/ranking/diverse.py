"""Candidates and their features -> an order in which each is far from those before."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Embeddings, Labels, Probabilities
from hardex.ranking.order import Refuse

Floats = NDArray[np.float64]

# Beside the statistics; chosen on other seeds than benchmarks/ranking_quality.py reports.
_GRADIENT_WEIGHT = 0.3


@dataclass(frozen=True, eq=False)
class Features:
    """The features of m examples, as a sum of outer products that are never written out.

    Each part is a pair of arrays, (m, a) and (m, b), and stands for the (m, a * b) array of all
    products of their columns: ||x y' - u v'||^2 = |x|^2 |y|^2 + |u|^2 |v|^2 - 2 (x.u)(y.v).

    Attributes:
        parts: the pairs.

    Example:
        >>> line = Features.of(np.array([[0.0], [3.0], [4.0]]))
        >>> line.squared_distances(0)
        array([ 0.,  9., 16.])
    """

    parts: tuple[tuple[NDArray[np.floating], NDArray[np.floating]], ...]

    @classmethod
    def of(cls, *columns: NDArray[np.floating]) -> "Features":
        """Plain columns, (m, d) each, side by side."""
        return cls(tuple((part.astype(np.float64), np.ones((len(part), 1))) for part in columns))

    def __len__(self) -> int:
        return len(self.parts[0][0])

    def __add__(self, other: "Features") -> "Features":
        return Features(self.parts + other.parts)

    def squared_distances(self, row: int) -> Floats:
        """(m,) squared distance of every example to one of them."""
        total = self._lengths + self._lengths[row]
        for left, right in self.parts:
            total -= 2 * (left @ left[row]) * (right @ right[row])
        total[row] = 0.0
        return np.asarray(np.maximum(total, 0.0))  # rounding may give a little less than 0

    @cached_property
    def _lengths(self) -> Floats:
        """(m,) squared length of every example."""
        squares = (_squared(left) * _squared(right) for left, right in self.parts)
        return np.asarray(np.sum(list(squares), axis=0))

    def scaled(self, weight: float = 1.0) -> "Features":
        """Divided by their spread, so that parts can be added: mean squared distance 2.

        Squared distances are then multiplied by the weight.
        """
        means = ((left.T @ right) / max(1, len(left)) for left, right in self.parts)
        spread = float(self._lengths.mean()) - sum(float((mean**2).sum()) for mean in means)
        unit = (spread / weight) ** 0.5 if spread > 1e-12 else 1.0
        return Features(tuple((left / unit, right) for left, right in self.parts))

    def sketch(self, rng: np.random.Generator, size: int = 64) -> Floats:
        """(m, size) columns with about the same distances; narrow parts stay exact.

        Source:
            Random projections of outer products: Kar and Karnick, Random Feature Maps for Dot
            Product Kernels (2012).
        """
        columns = []
        for left, right in self.parts:
            width = left.shape[1] * right.shape[1]
            if width <= size:
                whole = left[:, :, None] * right[:, None, :]
                columns.append(whole.reshape(len(left), width))
                continue
            signs = (rng.choice([-1.0, 1.0], (part.shape[1], size)) for part in (left, right))
            columns.append((left @ next(signs)) * (right @ next(signs)) / size**0.5)
        return np.concatenate(columns, axis=1)


def _squared(rows: NDArray[np.floating]) -> Floats:
    return np.asarray(np.einsum("ij,ij->i", rows, rows, dtype=np.float64))


def gradients(
    probabilities: Probabilities, classes: Labels, embeddings: Embeddings | None = None
) -> Features:
    """The gradient of the last layer for each example: (p - onehot(class)) x embedding.

    Examples that need the same change are close together, whatever they look like.

    Args:
        probabilities: (m, k).
        classes: (m,) the given classes, or the predicted ones if labels play no part.
        embeddings: (m, d) input of the last layer, scaled to unit length here; without them, the
            first factor alone.

    Source:
        BADGE: Ash et al., Deep Batch Active Learning by Diverse, Uncertain Gradient Lower Bounds
        (2020).

    Example:
        >>> p = np.array([[0.5, 0.5], [1.0, 0.0]])
        >>> gradients(p, np.array([0, 0])).squared_distances(0)
        array([0. , 0.5])
    """
    pull = probabilities.astype(np.float64)
    pull[np.arange(len(classes)), classes] -= 1.0
    if embeddings is None:
        return Features.of(pull)
    lengths = np.linalg.norm(embeddings, axis=1, keepdims=True)
    unit = embeddings / np.maximum(lengths, 1e-9)
    return Features(((pull, np.c_[unit, np.ones((len(unit), 1), unit.dtype)]),))


def variety(
    probabilities: Probabilities,
    classes: Labels,
    embeddings: Embeddings,
    statistics: NDArray[np.float64],
) -> Features:
    """The features for `embedding` diversity: gradients of the model, statistics of the pixels.

    Args:
        probabilities: (m, k).
        classes: (m,) the given classes, or the predicted ones if labels play no part.
        embeddings: (m, d) of the model.
        statistics: (m, s) of their pixels.
    """
    meant = gradients(probabilities, classes, embeddings).scaled(_GRADIENT_WEIGHT)
    return meant + Features.of(standardised(statistics)).scaled()


def standardised(columns: NDArray[np.floating]) -> Floats:
    """(m, d) columns with mean 0 and spread 1, at most 4 from the mean; constant ones become 0.

    Example:
        >>> standardised(np.array([[1.0, 5.0], [3.0, 5.0]]))
        array([[-1.,  0.],
               [ 1.,  0.]])
    """
    values = columns.astype(np.float64)
    spread = values.std(axis=0)
    away = (values - values.mean(axis=0)) / np.where(spread > 1e-9, spread, 1.0)
    return np.clip(np.where(spread > 1e-9, away, 0.0), -4.0, 4.0)


def farthest_first(features: Features, refuse: Refuse) -> Iterator[tuple[int, float]]:
    """The first row, then always the row farthest from all those taken.

    Rows must come hardest first: the hardest is taken first, and ties go to the harder. Rows at
    distance 0 from one taken come last, in their order.

    Args:
        features: of the m rows.
        refuse: called once for each row that is about to be taken.

    Yields:
        Row and gain: its distance to the nearest row taken before; infinite for the first. Gains
        never rise.

    Source:
        Gonzalez, Clustering to Minimize the Maximum Intercluster Distance (1985).

    Example:
        >>> on_a_line = Features.of(np.array([[0.0], [0.1], [10.0], [5.0]]))
        >>> [row for row, _ in farthest_first(on_a_line, lambda row: False)]
        [0, 2, 3, 1]
    """
    nearest = np.full(len(features), np.inf)
    left = np.ones(len(features), bool)
    while left.any():
        row = int(np.where(left, nearest, -1.0).argmax())
        left[row] = False
        if refuse(row):
            continue
        yield row, float(nearest[row]) ** 0.5
        nearest = np.minimum(nearest, features.squared_distances(row))
