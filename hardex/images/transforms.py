"""An image -> the same picture rotated, scaled, shifted.

The numbers say what is done to the picture, not what would undo it, and they are the same in
sliders, response curves and findings. The order in which they act stands in `_picture_to_result`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from math import cos, isfinite, radians, sin

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow

from hardex.arrays import Image, Images, check_images
from hardex.errors import HardexError

Affine = tuple[float, float, float, float, float, float]  # x' = a x + b y + c, y' = d x + e y + f


@dataclass(frozen=True, kw_only=True)
class Transform:
    """What is done to a picture; the defaults do nothing.

    Attributes:
        rotation: degrees, + is counter-clockwise as seen.
        scale: factor; above 1 enlarges what is seen, always about the centre.
        shift_x: pixels, + is to the right.
        shift_y: pixels, + is down.

    Raises:
        HardexError: a number is not finite, or the scale is not above 0.

    Example:
        >>> Transform(rotation=30.0) == Transform(rotation=30.0, scale=1.0)
        True
    """

    rotation: float = 0.0
    scale: float = 1.0
    shift_x: float = 0.0
    shift_y: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not isfinite(value) or (field.name == "scale" and value <= 0):
                limits = "finite and above 0" if field.name == "scale" else "finite"
                raise HardexError(
                    f"the {field.name} of a transform must be {limits}; received {value}; "
                    f"leave it out for {field.default}."
                )


def transform(image: Image, transform: Transform) -> Image:
    """The picture after one transform, in one (bilinear) interpolation.

    What comes in from outside the picture is the median of its border, channel by channel: paper
    stays paper, and the black around a digit stays black. Nothing to do gives equal pixels.
    Shrinking below a half skips pixels, as bilinear interpolation does.

    Args:
        image: (h, w, c).
        transform: what to do to the picture.

    Returns:
        (h, w, c) uint8.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> dot_on_the_right = np.array([[0, 0, 0], [0, 0, 9], [0, 0, 0]], np.uint8)[:, :, None]
        >>> transform(dot_on_the_right, Transform(rotation=90))[:, :, 0]
        array([[0, 9, 0],
               [0, 0, 0],
               [0, 0, 0]], dtype=uint8)
    """
    result: Image = transform_each(image, [transform])[0]
    return result


def transform_each(image: Image, transforms: Iterable[Transform]) -> Images:
    """The picture after each of m transforms, as a response curve needs it.

    Args:
        image: (h, w, c).
        transforms: m of them, each applied to the original.

    Returns:
        (m, h, w, c) uint8, the same bits as `transform` one by one.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> steps = [Transform(shift_x=0), Transform(shift_x=1)]
        >>> transform_each(np.array([[0, 9, 0]], np.uint8)[:, :, None], steps)[:, 0, :, 0]
        array([[0, 9, 0],
               [0, 0, 9]], dtype=uint8)
    """
    check_images(image[None])
    height, width, channels = image.shape
    affines = [_result_to_framed(one, height, width) for one in transforms]
    result = np.empty((len(affines), height, width, channels), np.float32)
    for channel in range(channels):
        background = _background(image[:, :, channel])
        framed = _framed(image[:, :, channel], background)
        for at, affine in enumerate(affines):
            moved = framed.transform(
                (width, height),
                Pillow.Transform.AFFINE,
                affine,
                Pillow.Resampling.BILINEAR,
                fillcolor=background,
            )
            result[at, :, :, channel] = np.asarray(moved)
    return (result + np.float32(0.5)).astype(np.uint8)


def rotations(image: Image, degrees: Sequence[float] | NDArray[np.floating]) -> Images:
    """The picture at m angles, + counter-clockwise as seen: the input of a response curve.

    Args:
        image: (h, w, c).
        degrees: (m,) angles.

    Returns:
        (m, h, w, c) uint8, the same bits as `transform` one by one.

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> image = np.zeros((28, 28, 1), np.uint8)
        >>> rotations(image, np.linspace(-180, 180, 73)).shape
        (73, 28, 28, 1)
    """
    return transform_each(image, [Transform(rotation=float(angle)) for angle in degrees])


def _picture_to_result(transform: Transform) -> tuple[float, float, float, float]:
    """The order of a transform: scale, then rotation, then shift (added by the caller).

    Returns:
        (a, b, c, d), row by row, of the matrix that takes a place in the picture to its place in
        the result, both from the centre, x to the right and y down. Shear belongs between scale
        and rotation; what changes values and not places (blur, contrast, ...) after the shift.
    """
    angle = radians(transform.rotation % 360.0)
    across, along = transform.scale * cos(angle), transform.scale * sin(angle)
    return across, along, -along, across


def _result_to_framed(transform: Transform, height: int, width: int) -> Affine:
    """Where each pixel of the result is looked up in the framed picture, in Pillow's terms."""
    a, b, c, d = _picture_to_result(transform)
    determinant = a * d - b * c
    a, b, c, d = d / determinant, -b / determinant, -c / determinant, a / determinant
    centre_x, centre_y = width / 2, height / 2
    from_x, from_y = centre_x + transform.shift_x, centre_y + transform.shift_y
    return (
        a,
        b,
        centre_x + 1 - a * from_x - b * from_y,
        c,
        d,
        centre_y + 1 - c * from_x - d * from_y,
    )


def _background(plane: NDArray[np.uint8]) -> int:
    """The (lower) median of the border."""
    border = np.concatenate([plane[0], plane[-1], plane[1:-1, 0], plane[1:-1, -1]])
    return int(np.sort(border)[(len(border) - 1) // 2])


def _framed(plane: NDArray[np.uint8], background: int) -> Pillow.Image:
    """One channel with a pixel of background all round: it fades out instead of ending in steps.

    In floats, because Pillow cuts off fractions when it interpolates bytes.
    """
    height, width = plane.shape
    framed = np.full((height + 2, width + 2), background, np.float32)
    framed[1:-1, 1:-1] = plane
    return Pillow.fromarray(framed)
