"""Several geometric transforms of many images at once, as one sparse matrix."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Images
from hardex.images.transforms import Transform, backgrounds, result_to_picture


@dataclass(frozen=True, eq=False)
class Warps:
    """Geometric transforms of pictures of one size.

    Each pixel of a result is a weighted mean of four pixels of the picture, whatever the picture
    is: all results together are one product with a sparse matrix. They differ from those of
    `transform` by rounding only.

    Attributes:
        height, width: of the pictures.
        count: m, how many transforms.
        matrix: (m h w, h w), sparse.
    """

    height: int
    width: int
    count: int
    matrix: Any

    def of(self, images: Images) -> NDArray[np.float32]:
        """(n, h, w, c) -> (n, m, h, w, c) levels, 0..255.

        Example:
            >>> images = np.arange(9, dtype=np.uint8).reshape(1, 3, 3, 1)
            >>> warps((Transform(flip=True),), 3, 3).of(images)[0, 0, :, :, 0]
            array([[2., 1., 0.],
                   [5., 4., 3.],
                   [8., 7., 6.]], dtype=float32)
        """
        count, _, _, channels = images.shape
        background = backgrounds(images)  # (n, c): it goes on beyond the edges
        apart = images.astype(np.float32) - background[:, None, None, :]
        columns = apart.transpose(1, 2, 0, 3).reshape(self.height * self.width, -1)
        warped = np.asarray(self.matrix @ columns)
        shape = (self.count, self.height, self.width, count, channels)
        found: NDArray[np.float32] = warped.reshape(shape).transpose(3, 0, 1, 2, 4)
        return found + background[:, None, None, None, :]


@lru_cache(maxsize=8)
def warps(transforms: tuple[Transform, ...], height: int, width: int) -> Warps:
    """The geometric part of some transforms, for pictures of this size."""
    from scipy.sparse import csr_matrix

    cells = [_weights(one, height, width) for one in transforms]
    rows = np.concatenate([row + i * height * width for i, (row, _, _) in enumerate(cells)])
    columns = np.concatenate([column for _, column, _ in cells])
    values = np.concatenate([value for _, _, value in cells])
    shape = (len(transforms) * height * width, height * width)
    matrix = csr_matrix((values, (rows, columns)), shape=shape, dtype=np.float32)
    return Warps(height, width, len(transforms), matrix)


def _weights(
    transform: Transform, height: int, width: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """Pixel of the result, pixel of the picture and its weight, of one transform."""
    a, b, c, d, e, f = result_to_picture(transform, height, width)
    y, x = (grid.ravel() + 0.5 for grid in np.mgrid[:height, :width])
    from_x, from_y = a * x + b * y + c - 0.5, d * x + e * y + f - 0.5
    left, above = np.floor(from_x), np.floor(from_y)
    parts: Sequence[tuple[int, int]] = ((0, 0), (0, 1), (1, 0), (1, 1))
    rows, columns, values = [], [], []
    for down, right in parts:
        column, row = (left + right).astype(np.int64), (above + down).astype(np.int64)
        weight = np.abs(1 - right - (from_x - left)) * np.abs(1 - down - (from_y - above))
        inside = (column >= 0) & (column < width) & (row >= 0) & (row < height) & (weight > 1e-6)
        rows.append(np.flatnonzero(inside))
        columns.append((row * width + column)[inside])
        values.append(weight[inside].astype(np.float32))
    return np.concatenate(rows), np.concatenate(columns), np.concatenate(values)
