"""A picture -> the same picture distorted in a way that is no cause of hardex."""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from hardex.arrays import Image, Images

Maker = Callable[[Image, np.random.Generator], Image]


def made_by(makers: tuple[Maker, ...], images: Images, rng: np.random.Generator) -> Images:
    """(n, h, w, c), each changed by one of the makers, drawn at random."""
    kinds = rng.integers(len(makers), size=len(images)).tolist()
    return np.stack([makers[kind](image, rng) for kind, image in zip(kinds, images, strict=True)])


def as_bytes(levels: NDArray[Any]) -> Image:
    """Levels, rounded and cut off at 0 and 255."""
    return np.asarray(np.clip(levels, 0, 255) + 0.5).astype(np.uint8)


def _moved(image: Image, y: NDArray[np.float64], x: NDArray[np.float64]) -> Image:
    """The picture with each pixel looked up at (y, x)."""
    planes = [
        map_coordinates(plane.astype(np.float32), [y, x], order=1, mode="nearest")
        for plane in np.moveaxis(image, 2, 0)
    ]
    return as_bytes(np.stack(planes, axis=2))


def _grid(image: Image) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    y, x = np.mgrid[: image.shape[0], : image.shape[1]].astype(float)
    return y, x


def _warped(image: Image, rng: np.random.Generator) -> Image:
    """An elastic distortion."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    sigma, far = rng.uniform(0.1, 0.2) * side, rng.uniform(0.08, 0.2) * side
    moves = [gaussian_filter(rng.standard_normal(y.shape), sigma) for _ in range(2)]
    down, right = (move / (np.abs(move).max() + 1e-9) * far for move in moves)
    return _moved(image, y + down, x + right)


def _swirled(image: Image, rng: np.random.Generator) -> Image:
    """Turned more in the middle than outside."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    middle_y, middle_x = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2
    far = np.hypot(y - middle_y, x - middle_x) / side
    angle = rng.choice([-1, 1]) * rng.uniform(1.2, 3.0) * np.exp(-((far / 0.3) ** 2))
    down, right = y - middle_y, x - middle_x
    return _moved(
        image,
        middle_y + np.cos(angle) * down - np.sin(angle) * right,
        middle_x + np.sin(angle) * down + np.cos(angle) * right,
    )


def _pixelated(image: Image, rng: np.random.Generator) -> Image:
    """Large squares of one level."""
    y, x = _grid(image)
    block = max(2.0, rng.uniform(0.12, 0.25) * min(image.shape[:2]))
    return _moved(
        image,
        np.minimum((y // block + 0.5) * block, image.shape[0] - 1),
        np.minimum((x // block + 0.5) * block, image.shape[1] - 1),
    )


def _crossed(image: Image, rng: np.random.Generator) -> Image:
    """Crossed out by thin straight lines."""
    y, x = _grid(image)
    levels = image.astype(float)
    side = min(image.shape[:2])
    for _ in range(int(rng.integers(1, 4))):
        angle, off = rng.uniform(0, np.pi), rng.uniform(-0.25, 0.25) * side
        far = (y - image.shape[0] / 2) * np.cos(angle) - (x - image.shape[1] / 2) * np.sin(angle)
        line = np.abs(far - off) < rng.uniform(0.02, 0.05) * side
        levels[line] = rng.choice([0.0, 255.0]) if image.mean() > 100 else 255.0
    return as_bytes(levels)


def _stretched(image: Image, rng: np.random.Generator) -> Image:
    """Stretched or squeezed in one direction only."""
    y, x = _grid(image)
    factor = rng.choice([rng.uniform(0.45, 0.65), rng.uniform(1.5, 2.0)])
    middle_y, middle_x = (image.shape[0] - 1) / 2, (image.shape[1] - 1) / 2
    if rng.random() < 0.5:
        return _moved(image, middle_y + (y - middle_y) / factor, x)
    return _moved(image, y, middle_x + (x - middle_x) / factor)


def _bent(image: Image, rng: np.random.Generator) -> Image:
    """A wave across the picture."""
    y, x = _grid(image)
    side = min(image.shape[:2])
    far, period = rng.uniform(0.06, 0.15) * side, rng.uniform(0.3, 0.8) * side
    phase = rng.uniform(0, 2 * np.pi)
    if rng.random() < 0.5:
        return _moved(image, y, x + far * np.sin(2 * np.pi * y / period + phase))
    return _moved(image, y + far * np.sin(2 * np.pi * x / period + phase), x)


DISTORTIONS: tuple[Maker, ...] = (_warped, _swirled, _pixelated, _crossed, _stretched, _bent)
