"""Pictures -> a few statistics each: brightness, contrast, place and roughness of the ink."""

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Image

_LONGEST = 256  # pixels a side; larger pictures are thinned out first


def statistics(image: Image) -> NDArray[np.float64]:
    """Statistics of a picture, without a model.

    Mean, spread and extremes of the brightness; the middle, the width, the height and the slant of
    what stands out from the border; edges, fine grain and their ratio; the colours' means and
    spread.

    Args:
        image: (h, w, c).

    Returns:
        (20,) finite numbers, comparable between pictures of any size.

    Example:
        >>> black = np.zeros((8, 8, 1), np.uint8)
        >>> statistics(black)[:4]
        array([0., 0., 0., 0.])
    """
    step = -(-max(image.shape[:2]) // _LONGEST)
    pixels = image[::step, ::step].astype(np.float64) / 255
    grey = pixels.mean(axis=2)
    colours = (
        np.broadcast_to(pixels.mean(axis=(0, 1)), (3,))
        if image.shape[2] == 1
        else (pixels.mean(axis=(0, 1)))
    )
    border = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    background = float(np.median(border))
    return np.concatenate(
        [
            [grey.mean(), grey.std(), *np.quantile(grey, (0.05, 0.5, 0.95))],
            [background, float(border.std())],
            _shape(np.abs(grey - background)),
            _texture(grey),
            colours - grey.mean(),
            [pixels.std(axis=2).mean()],
        ]
    )


def _shape(ink: NDArray[np.float64]) -> NDArray[np.float64]:
    """Amount, middle, width, height, slant of what stands out; lengths are shares of the side."""
    total = ink.sum()
    if total < 1e-6:
        return np.zeros(6)
    height, width = ink.shape
    y = (np.arange(height) + 0.5) / height - 0.5
    x = (np.arange(width) + 0.5) / width - 0.5
    across, down = ink.sum(axis=0) / total, ink.sum(axis=1) / total
    middle_x, middle_y = across @ x, down @ y
    x, y = x - middle_x, y - middle_y
    wide, high = (across @ x**2) ** 0.5, (down @ y**2) ** 0.5
    slant = (y @ ink @ x) / total / max(wide * high, 1e-6)
    return np.array([total / ink.size, middle_x, middle_y, wide, high, slant])


def _texture(grey: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges, fine grain, and how much of the edges is grain."""
    across, down = np.diff(grey, axis=1), np.diff(grey, axis=0)
    edges = float(np.abs(across).mean() + np.abs(down).mean()) if min(grey.shape) > 1 else 0.0
    if min(grey.shape) < 3:
        return np.array([edges, 0.0, 0.0])
    middle = grey[1:-1, 1:-1]
    around = (grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:]) / 4
    grain = float(np.abs(middle - around).mean())
    return np.array([edges, grain, grain / (edges + 1e-3)])
