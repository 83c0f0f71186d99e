"""An image -> the same picture mirrored, scaled, sheared, turned, shifted, blurred, ...

The numbers say what is done to the picture, not what would undo it, and they are the same in
sliders, response curves and findings. The order in which they act is that of `ORDER`.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from functools import partial
from io import BytesIO
from math import ceil, cos, floor, inf, isfinite, isqrt, radians, sin
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image as Pillow
from scipy.ndimage import gaussian_filter

from hardex.arrays import Image, Images, check_images
from hardex.errors import HardexError

Affine = tuple[float, float, float, float, float, float]  # x' = a x + b y + c, y' = d x + e y + f
Levels = NDArray[np.uint8] | NDArray[np.float32]  # (m, h, w, c), 0..255, rounded at the very end
Pairs = list[tuple[int, Any]]  # which picture, and how much of one step is done to it
Step = Callable[[Any, Pairs], Levels]

LIMITS = {  # of the numbers that have any beside being finite
    "shear": (-100.0, 100.0),
    "stroke": (-64.0, 64.0),
    "blur": (0.0, 1000.0),
    "contrast": (0.0, 1000.0),
    "brightness": (-1.0, 1.0),
    "saturation": (0.0, 1000.0),
    "noise": (0.0, 1.0),
    "crop": (0.0, 1.0),
    "occlusion": (0.0, 1.0),
    "occlusion_x": (-0.5, 0.5),
    "occlusion_y": (-0.5, 0.5),
    "jpeg": (1.0, 100.0),
}
_LUMA = np.array([0.299, 0.587, 0.114], np.float32)  # of red, green and blue, ITU-R BT.601
_WORKING_BYTES = 2**20  # of the pictures that are thickened at once; this needs some copies


@dataclass(frozen=True, kw_only=True)
class Transform:
    """What is done to a picture, in the order of the attributes; the defaults do nothing.

    The first six are geometric and share one interpolation; the others change values.

    Attributes:
        flip: mirrored, left to right.
        scale: factor; above 1 enlarges what is seen, always about the centre.
        shear: tangent, + leans the top to the right, as italics do; the centre stays. Seen with y
            up from the centre, x' = x + shear y.
        rotation: degrees, + is counter-clockwise as seen, about the centre.
        shift_x: pixels, + is to the right.
        shift_y: pixels, + is down.
        stroke: pixels by which the edges of what is drawn move, + is thicker and - thinner, from
            -64 to 64: grey-level dilation or erosion by a disc of that radius, and between two
            whole radii the mixture of both. Drawn is what differs from the background, which is
            the median of the border; ink may be light or dark, and where both come to stand the
            stronger stays. In colours each channel goes by its own background, so that strokes
            keep their colour at full strength, and new ones may come up where colours meet.
        blur: standard deviation of a Gaussian in pixels, 0 to 1000; beyond its edges the picture
            is mirrored.
        contrast: factor, 0 to 1000, of how far each level is from the mean of the picture (of all
            pixels and channels); what leaves 0..255 is cut off.
        brightness: share of the 255 levels, -1 to 1, that is added to each; what leaves 0..255 is
            cut off.
        saturation: factor, 0 to 1000, of how far each colour is from the grey of the same luma; 0
            leaves greys. Pictures without three channels have no colours and stay as they are.
        invert: each level v becomes 255 - v.
        noise: standard deviation of Gaussian noise, 0 to 1 of the 255 levels, in each pixel and
            channel; what leaves 0..255 is cut off.
        crop: share of the width and of the height, 0 to 1, that is hidden at the edges, half of it
            on each side, under the median colour of the border.
        occlusion: side of a square that hides a part of the picture under its mean colour, 0 to 1
            of the shorter side.
        occlusion_x: where the middle of the square is, -0.5 to 0.5 of the width, from the centre to
            the right.
        occlusion_y: the same of the height, down.
        jpeg: quality, 1 to 100, at which the picture is compressed as JPEG and read again; 100
            leaves it as it is.

    Raises:
        HardexError: a number is not finite or outside of its limits, or the scale is not above 0,
            or flip or invert is neither True nor False.

    Example:
        >>> Transform(rotation=30.0) == Transform(rotation=30.0, scale=1.0)
        True
    """

    flip: bool = False
    scale: float = 1.0
    shear: float = 0.0
    rotation: float = 0.0
    shift_x: float = 0.0
    shift_y: float = 0.0
    stroke: float = 0.0
    blur: float = 0.0
    contrast: float = 1.0
    brightness: float = 0.0
    saturation: float = 1.0
    invert: bool = False
    noise: float = 0.0
    crop: float = 0.0
    occlusion: float = 0.0
    occlusion_x: float = 0.0
    occlusion_y: float = 0.0
    jpeg: float = 100.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            limits = _broken_limits(field.name, value)
            if limits:
                raise HardexError(
                    f"the {field.name} of a transform must be {limits}; received {value}; "
                    f"leave it out for {field.default}."
                )


def _broken_limits(name: str, value: Any) -> str | None:
    """The allowed values as text; None if the value is one of them."""
    if name in ("flip", "invert"):
        return None if isinstance(value, bool | np.bool_) else "True or False"
    least, most = LIMITS.get(name, (-inf, inf))
    if isfinite(value) and least <= value <= most and (name != "scale" or value > 0):
        return None
    if name in LIMITS:
        return f"from {least:g} to {most:g}"
    return "finite and above 0" if name == "scale" else "finite"


ORDER = tuple(field.name for field in fields(Transform))  # in which they act; a shift is one step


def transform(
    image: Image, transform: Transform, *, rng: np.random.Generator | None = None
) -> Image:
    """The picture after one transform, moved in one (bilinear) interpolation.

    What comes in from outside the picture is the median of its border, channel by channel: paper
    stays paper, and the black around a digit stays black. Nothing to do gives equal pixels.
    Shrinking below a half skips pixels, as bilinear interpolation does.

    Args:
        image: (h, w, c).
        transform: what to do to the picture.
        rng: where noise comes from; None is the same noise at each call, only more or less of it.

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
    result: Image = transform_each(image, [transform], rng=rng)[0]
    return result


def transform_each(
    image: Image, transforms: Iterable[Transform], *, rng: np.random.Generator | None = None
) -> Images:
    """The picture after each of m transforms, as a response curve needs it.

    Leading steps that several of them share are done once.

    Args:
        image: (h, w, c).
        transforms: m of them, each applied to the original.
        rng: where noise comes from, drawn once for all m; None as in `transform`.

    Returns:
        (m, h, w, c) uint8, the same bits as `transform` one by one (each with a generator in the
        same state).

    Raises:
        DatasetError: the array is not an (h, w, c) uint8 image.

    Example:
        >>> steps = [Transform(shift_x=0), Transform(shift_x=1)]
        >>> transform_each(np.array([[0, 9, 0]], np.uint8)[:, :, None], steps)[:, 0, :, 0]
        array([[0, 9, 0],
               [0, 0, 9]], dtype=uint8)
    """
    check_images(image[None])
    height, width = image.shape[:2]
    asked = list(transforms)
    nothing = Transform()
    steps: tuple[tuple[Callable[[Transform], Any], Step], ...] = (
        (partial(_result_to_framed, height=height, width=width), _placed),
        (lambda one: one.stroke, _thickened),
        (lambda one: one.blur, _one_by_one(_blurred)),
        (lambda one: one.contrast, _one_by_one(_contrasted)),
        (lambda one: one.brightness, _one_by_one(_brightened)),
        (lambda one: one.saturation, _one_by_one(_saturated)),
        (lambda one: one.invert, _one_by_one(_inverted)),
        (lambda one: one.noise, partial(_noisy, rng=rng)),
        (lambda one: one.crop, _one_by_one(_cropped)),
        (_box, _one_by_one(_occluded)),
        (lambda one: one.jpeg, _one_by_one(_compressed)),
    )
    pictures: Levels = image[None]
    which = [0] * len(asked)  # of the pictures each transform has come to
    for amount_of, step in steps:
        amounts = [amount_of(one) for one in asked]
        if any(amount != amount_of(nothing) for amount in amounts):
            places: dict[tuple[int, Any], int] = {}
            which = [
                places.setdefault(pair, len(places)) for pair in zip(which, amounts, strict=True)
            ]
            pictures = step(pictures, list(places))
    return _as_bytes(pictures)[np.array(which, np.intp)]


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


def _placed(pictures: Images, pairs: Pairs) -> Images:
    """The one picture after each of some affine maps."""
    height, width, channels = pictures.shape[1:]
    result = np.empty((len(pairs), height, width, channels), np.float32)
    for channel in range(channels):
        background = _background(pictures[0, :, :, channel])
        framed = _framed(pictures[0, :, :, channel], background)
        for at, (_, affine) in enumerate(pairs):
            moved = framed.transform(
                (width, height),
                Pillow.Transform.AFFINE,
                affine,
                Pillow.Resampling.BILINEAR,
                fillcolor=background,
            )
            result[at, :, :, channel] = np.asarray(moved)
    return (result + np.float32(0.5)).astype(np.uint8)


def _picture_to_result(transform: Transform) -> tuple[float, float, float, float]:
    """Flip, then scale, then shear, then rotation; the shift is added by the caller.

    Returns:
        (a, b, c, d), row by row, of the matrix that takes a place in the picture to its place in
        the result, both from the centre, x to the right and y down.
    """
    angle = radians(transform.rotation % 360.0)
    across, along = transform.scale * cos(angle), transform.scale * sin(angle)
    side = -1.0 if transform.flip else 1.0
    return (
        side * across,
        along - transform.shear * across,
        side * -along,
        across + transform.shear * along,
    )


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


def result_to_picture(transform: Transform, height: int, width: int) -> Affine:
    """The affine map from places in the result, x right and y down from the corner, to the picture.

    Args:
        transform: only its geometric part counts.
        height, width: of the picture, in pixels; the centre of the first one is at (0.5, 0.5).

    Example:
        >>> [abs(number) for number in result_to_picture(Transform(shift_x=2), 4, 4)]
        [1.0, 0.0, 2.0, 0.0, 1.0, 0.0]
    """
    a, b, c, d, e, f = _result_to_framed(transform, height, width)
    return a, b, c - 1, d, e, f - 1


def backgrounds(images: Images) -> NDArray[np.float32]:
    """(n, h, w, c) -> (n, c) what goes on beyond the edges: the (lower) median of the border.

    Example:
        >>> backgrounds(np.full((1, 3, 3, 1), 7, np.uint8))
        array([[7.]], dtype=float32)
    """
    border = [images[:, 0], images[:, -1], images[:, 1:-1, 0], images[:, 1:-1, -1]]
    levels = np.sort(np.concatenate(border, axis=1), axis=1)
    middle: NDArray[np.float32] = levels[:, (levels.shape[1] - 1) // 2].astype(np.float32)
    return middle


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


def _thickened(pictures: Images, pairs: Pairs) -> Levels:
    """Each picture with its strokes made thicker or thinner."""
    result = pictures[[source for source, _ in pairs]].astype(np.float32)
    sources = sorted({source for source, amount in pairs if amount})
    count = max(1, _WORKING_BYTES // pictures[0].size)  # of pictures at once
    for first in range(0, len(sources), count):
        some = sources[first : first + count]
        for sign in (-1, 1):
            wanted = [
                (at, some.index(source), abs(amount))
                for at, (source, amount) in enumerate(pairs)
                if amount * sign > 0 and source in some
            ]
            radii = {radius for _, _, amount in wanted for radius in _neighbours(amount)}
            at_radius = dict(_by_radius(pictures[some], sorted(radii), sign))
            for at, place, amount in wanted:
                low, high = (at_radius[radius][place] for radius in _neighbours(amount))
                part = np.float32(amount - floor(amount))
                result[at] = low + part * (high.astype(np.float32) - low)
    return result


def _neighbours(amount: float) -> tuple[int, int]:
    """The whole radii below and above; twice the same if it is one."""
    return floor(amount), ceil(amount)


def _by_radius(pictures: Images, radii: list[int], sign: int) -> Iterator[tuple[int, Images]]:
    """(m, h, w, c) -> each radius with the pictures thicker (sign 1) or thinner (-1) by it."""
    border = [pictures[:, 0], pictures[:, -1], pictures[:, 1:-1, 0], pictures[:, 1:-1, -1]]
    levels = np.sort(np.concatenate(border, axis=1), axis=1)
    background = levels[:, (levels.shape[1] - 1) // 2][:, None, None, :]
    lighter = np.maximum(pictures, background) - background
    darker = background - np.minimum(pictures, background)
    # Thinner ink is thicker paper: what is eroded is the complement, dilated.
    paper = np.uint8(0 if sign > 0 else 255)
    inked = np.concatenate([lighter, darker]) ^ paper
    for radius, dilated in _dilated(inked, radii):
        light, dark = np.split(dilated ^ paper, 2)
        yield radius, np.where(light >= dark, background + light, background - dark)


def _dilated(planes: Images, radii: list[int]) -> Iterator[tuple[int, Images]]:
    """Each of the (ascending) radii with the maximum over the disc around each pixel.

    What lies outside of the picture plays no part. A disc is a pile of rows, and the maxima over
    rows are shared by all the discs.
    """
    rows = [planes]  # by half width: the maximum over a row of 2 * half width + 1 pixels
    for radius in radii:
        for far in range(len(rows), radius + 1):
            row = rows[-1].copy()
            np.maximum(row[:, :, far:], planes[:, :, :-far], out=row[:, :, far:])
            np.maximum(row[:, :, :-far], planes[:, :, far:], out=row[:, :, :-far])
            rows.append(row)
        disc = rows[radius].copy()
        for far in range(1, radius + 1):
            row = rows[isqrt(radius * radius - far * far)]
            np.maximum(disc[:, far:], row[:, :-far], out=disc[:, far:])
            np.maximum(disc[:, :-far], row[:, far:], out=disc[:, :-far])
        yield radius, disc


def _one_by_one(step: Callable[[NDArray[np.float32], Any], NDArray[np.float32]]) -> Step:
    """A step of one picture as a step of several."""

    def steps(pictures: Levels, pairs: Pairs) -> Levels:
        levels = pictures.astype(np.float32, copy=False)
        return np.stack([step(levels[source], amount) for source, amount in pairs])

    return steps


def _blurred(picture: NDArray[np.float32], sigma: float) -> NDArray[np.float32]:
    blurred: NDArray[np.float32] = gaussian_filter(picture, (sigma, sigma, 0), mode="reflect")
    return blurred


def _contrasted(picture: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    if factor == 1:  # what is only computed may be off by a last bit
        return picture
    mean = np.float32(picture.mean(dtype=np.float64))
    stretched: NDArray[np.float32] = mean + np.float32(factor) * (picture - mean)
    return stretched.clip(0, 255)


def _brightened(picture: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    return (picture + np.float32(255 * share)).clip(0, 255) if share else picture


def _saturated(picture: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    if factor == 1 or picture.shape[2] != 3:
        return picture
    grey = np.asarray(picture @ _LUMA, np.float32)[:, :, None]
    saturated: NDArray[np.float32] = grey + np.float32(factor) * (picture - grey)
    return saturated.clip(0, 255)


def _cropped(picture: NDArray[np.float32], share: float) -> NDArray[np.float32]:
    height, width = picture.shape[:2]
    down, across = round(share * height / 2), round(share * width / 2)
    if not (down or across):
        return picture
    planes = np.moveaxis(picture, 2, 0)
    result = np.empty_like(picture)
    result[:] = [_background(plane) for plane in (planes + np.float32(0.5)).astype(np.uint8)]
    inside = (slice(down, height - down), slice(across, width - across))
    result[inside] = picture[inside]
    return result


def _box(transform: Transform) -> tuple[float, ...]:
    """The square that hides something, or ()."""
    if not transform.occlusion:
        return ()
    return transform.occlusion, transform.occlusion_x, transform.occlusion_y


def _occluded(picture: NDArray[np.float32], box: tuple[float, ...]) -> NDArray[np.float32]:
    if not box:
        return picture
    height, width = picture.shape[:2]
    share, x, y = box
    side = share * min(height, width)
    rows, columns = (
        slice(max(0, round(middle - side / 2)), max(0, round(middle + side / 2)))
        for middle in ((0.5 + y) * height, (0.5 + x) * width)
    )
    result = picture.copy()
    result[rows, columns] = picture.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
    return result


def _compressed(picture: NDArray[np.float32], quality: float) -> NDArray[np.float32]:
    if quality == 100:
        return picture
    levels = (picture.clip(0, 255) + np.float32(0.5)).astype(np.uint8)
    if levels.shape[2] == 3:
        return _through_jpeg(levels, quality)
    planes = [_through_jpeg(levels[:, :, channel], quality) for channel in range(levels.shape[2])]
    return np.stack(planes, axis=2)


def _through_jpeg(levels: NDArray[np.uint8], quality: float) -> NDArray[np.float32]:
    file = BytesIO()
    Pillow.fromarray(levels).save(file, "JPEG", quality=max(1, round(quality)))
    with Pillow.open(file) as found:
        return np.asarray(found, np.float32)


def _inverted(picture: NDArray[np.float32], invert: bool) -> NDArray[np.float32]:
    return np.float32(255) - picture if invert else picture


def _noisy(pictures: Levels, pairs: Pairs, rng: np.random.Generator | None) -> Levels:
    rng = np.random.default_rng(0) if rng is None else rng
    noise = rng.standard_normal(pictures.shape[1:], dtype=np.float32)
    return _one_by_one(lambda picture, sigma: picture + np.float32(255 * sigma) * noise)(
        pictures, pairs
    )


def _as_bytes(levels: Levels) -> Images:
    rounded = levels if levels.dtype == np.uint8 else levels.clip(0, 255) + np.float32(0.5)
    return rounded.astype(np.uint8, copy=False)
