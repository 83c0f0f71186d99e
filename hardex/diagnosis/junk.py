"""A picture -> a picture of no class, made of its levels."""

import numpy as np
from scipy.ndimage import gaussian_filter

from hardex.arrays import Image
from hardex.diagnosis.distortions import Maker, as_bytes


def _shuffled(image: Image, rng: np.random.Generator) -> Image:
    """Every pixel somewhere else."""
    flat = image.reshape(-1, image.shape[2])
    return np.ascontiguousarray(rng.permutation(flat).reshape(image.shape))


def _textured(image: Image, rng: np.random.Generator) -> Image:
    """Soft noise with the brightness and contrast of the picture, thresholded half of the time."""
    height, width, channels = image.shape
    sigma = rng.uniform(0.02, 0.15) * min(height, width)
    noise = gaussian_filter(rng.standard_normal((height, width, channels)), (sigma, sigma, 0))
    noise = (noise - noise.mean()) / (noise.std() + 1e-9)
    levels = image.mean() + max(image.std(), 30.0) * noise
    if rng.random() < 0.5:
        levels = np.where(noise > rng.uniform(0, 1.2), 255.0, 0.0)
    return as_bytes(levels)


def _stripes(image: Image, rng: np.random.Generator) -> Image:
    """Parallel stripes, or a chequerboard."""
    height, width, channels = image.shape
    y, x = np.mgrid[:height, :width]
    period = rng.uniform(0.1, 0.5) * min(height, width)
    angle = rng.uniform(0, np.pi)
    wave = np.sin(2 * np.pi * (x * np.cos(angle) + y * np.sin(angle)) / period)
    if rng.random() < 0.5:
        wave = wave * np.sin(2 * np.pi * (y * np.cos(angle) - x * np.sin(angle)) / period)
    colours = rng.uniform(0, 255, (2, channels))
    share = (wave[..., None] > 0).astype(float)
    return as_bytes(colours[0] * share + colours[1] * (1 - share))


def _scribbled(image: Image, rng: np.random.Generator) -> Image:
    """A few soft random curves on the background of the picture."""
    height, width, channels = image.shape
    ink = np.zeros((height, width))
    for _ in range(int(rng.integers(2, 6))):
        points = rng.uniform(0, 1, (4, 2))
        t = np.linspace(0, 1, 60)[:, None]
        bezier = (
            (1 - t) ** 3 * points[0]
            + 3 * t * (1 - t) ** 2 * points[1]
            + 3 * t**2 * (1 - t) * points[2]
            + t**3 * points[3]
        )
        rows = np.clip((bezier[:, 0] * height).astype(int), 0, height - 1)
        columns = np.clip((bezier[:, 1] * width).astype(int), 0, width - 1)
        ink[rows, columns] = 1
    soft = gaussian_filter(ink, max(0.7, 0.025 * min(height, width)))
    soft = np.minimum(soft / (np.quantile(soft[soft > 0.05], 0.7) if (soft > 0.05).any() else 1), 1)
    background = np.median(np.concatenate([image[0], image[-1]]), axis=0)
    colour = 255.0 - background if rng.random() < 0.7 else rng.uniform(0, 255, channels)
    return as_bytes(background + soft[..., None] * (colour - background))


def _flat(image: Image, rng: np.random.Generator) -> Image:
    """One level, nearly."""
    levels = rng.uniform(0, 255, image.shape[2]) + rng.normal(0, rng.uniform(0, 12), image.shape)
    return as_bytes(levels)


def _smooth(image: Image, rng: np.random.Generator) -> Image:
    """Nothing but a large soft blob of the picture's colours."""
    sigma = rng.uniform(0.2, 0.4) * min(image.shape[:2])
    soft = gaussian_filter(image.astype(float), (sigma, sigma, 0))
    rolled = np.roll(soft, tuple(rng.integers(0, side) for side in image.shape[:2]), axis=(0, 1))
    span = max(1.0, float(np.ptp(rolled)))
    return as_bytes((rolled - rolled.min()) * (rng.uniform(80, 255) / span))


JUNK_MAKERS: tuple[Maker, ...] = (_shuffled, _textured, _stripes, _scribbled, _flat, _smooth)
