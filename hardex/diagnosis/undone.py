"""A picture -> the same picture with a found transform undone."""

import numpy as np
from scipy.ndimage import convolve, gaussian_filter, median_filter

from hardex.arrays import Image, Images
from hardex.images import Transform, transform


def undoing(cause: str, amount: float, amount_y: float = 0.0) -> Transform:
    """The transform that undoes another, as far as one of the family does.

    Blur and noise cannot be undone by one; see `undone`.

    Example:
        >>> undoing("rotation", 30.0).rotation
        -30.0
    """
    if cause == "rotation":
        return Transform(rotation=-amount)
    if cause == "shift":
        return Transform(shift_x=-amount, shift_y=-amount_y)
    if cause == "scale":
        return Transform(scale=1 / amount)
    if cause == "shear":
        return Transform(shear=-amount)
    if cause == "contrast":
        return Transform(contrast=1 / amount, brightness=-amount_y)
    if cause == "stroke":
        return Transform(stroke=-amount)
    return Transform(invert=cause == "inversion", flip=cause == "flip")


def undone(image: Image, cause: str, amount: float | None, amount_y: float | None = None) -> Image:
    """The picture as it may have been before; unchanged for causes that are no transform.

    A blurred picture is sharpened (unsharp mask), a noisy one smoothed by a median filter: what
    was lost stays lost.

    Args:
        image: (h, w, c).
        cause: of the finding.
        amount, amount_y: of the finding.

    Example:
        >>> undone(np.array([[[0], [10]]], np.uint8), "flip", None).ravel().tolist()
        [10, 0]
    """
    if cause == "blur":
        return np.asarray(sharpened(image[None], 1.0 if amount is None else amount)[0])
    if cause == "noise":
        return np.asarray(smoothed(image[None])[0])
    change = undoing(cause, 1.0 if amount is None else amount, amount_y or 0.0)
    return transform(image, change)


def noise_in(image: Image) -> float:
    """Standard deviation of the noise in a picture, (h, w, c), as a share of the 255 levels.

    Where levels are cut off at black or white, some of it cannot be seen.

    Source: Immerkær, Fast Noise Variance Estimation (1996).

    Example:
        >>> rng = np.random.default_rng(0)
        >>> noisy = (128 + 25.5 * rng.standard_normal((64, 64, 1))).astype(np.uint8)
        >>> round(noise_in(noisy), 2)
        0.1
    """
    height, width = image.shape[:2]
    if min(height, width) < 3:
        return 0.0
    mask = np.array([[1.0, -2.0, 1.0], [-2.0, 4.0, -2.0], [1.0, -2.0, 1.0]])[:, :, None]
    grain = np.abs(convolve(image.astype(np.float64), mask)[1:-1, 1:-1])
    return float(np.sqrt(np.pi / 2) / 6 * grain.mean() / 255)


def sharpened(images: Images, sigma: float) -> Images:
    """(n, h, w, c) with edges as steep again as before a blur of this sigma: an unsharp mask."""
    levels = images.astype(np.float32)
    soft = gaussian_filter(levels, (0, sigma, sigma, 0), mode="reflect")
    sharp = levels + 1.5 * (levels - soft)
    found: Images = (sharp.clip(0, 255) + 0.5).astype(np.uint8)
    return found


def smoothed(images: Images) -> Images:
    """(n, h, w, c) with each pixel the median of the nine around it."""
    found: Images = median_filter(images, (1, 3, 3, 1), mode="reflect")
    return found
