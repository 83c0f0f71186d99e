"""Training images -> some of them transformed, by amounts drawn anew in each epoch.

The transforms are those of the diagnosis and of the sliders, with the same signs, order and
background, so that what was found is what is trained. Validation and test data stay as they are:
they stand for reality.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from hardex.arrays import Images
from hardex.errors import HardexError
from hardex.images import Transform, transform

Range = tuple[float, float]

# What a transform is called among the causes -> the attributes that its amounts are given to.
FIELDS = {
    "rotation": ("rotation",),
    "shift": ("shift_x", "shift_y"),
    "scale": ("scale",),
    "shear": ("shear",),
    "contrast": ("contrast", "brightness"),
    "inversion": (),
    "blur": ("blur",),
    "noise": ("noise",),
    "stroke": ("stroke",),
    "flip": (),
}
SWITCHES = {"inversion": "invert", "flip": "flip"}
FACTORS = ("scale", "contrast")  # one number means so many times as much, or as little
_FROM_ZERO = ("blur", "noise")


@dataclass(frozen=True)
class Amounts:
    """How much of one transform is done.

    Attributes:
        name: of the transform, one of `FIELDS`.
        ranges: least and most of each of its attributes; () for one that is done or not.

    Raises:
        HardexError: there is no such transform, or no picture can be transformed so.

    Example:
        >>> Amounts("rotation", ((-45.0, 45.0),)).drawn(np.random.default_rng(0)).rotation > 12
        True
    """

    name: str
    ranges: tuple[Range, ...] = ()

    def __post_init__(self) -> None:
        if self.name not in FIELDS:
            raise HardexError(
                f"augment must name transforms, {', '.join(FIELDS)}; received {self.name!r}; "
                "choose one of them."
            )
        if len(self.ranges) > len(FIELDS[self.name]) or bool(self.ranges) != bool(
            FIELDS[self.name]
        ):
            raise HardexError(
                f"augment: {self.name} must have {len(FIELDS[self.name])} ranges of amounts at "
                f"most; received {len(self.ranges)}; write for example rotation=-30:30, and flip "
                "and inversion without an amount."
            )
        for field, (low, high) in zip(FIELDS[self.name], self.ranges, strict=False):
            if not low <= high or (field in FACTORS and low <= 0):
                raise HardexError(
                    f"augment: the least {field} must be no more than the most"
                    f"{', and above 0' if field in FACTORS else ''}; received {low:g} and "
                    f"{high:g}; write for example {self.name}=0.7:1.3."
                )
            for end in (low, high):
                _transform({field: end})  # refuses what no picture can have

    @classmethod
    def up_to(cls, name: str, amount: float) -> "Amounts":
        """The range that one number means: as much to both sides, or from nothing.

        Example:
            >>> [Amounts.up_to(n, a).ranges for n, a in (("rotation", 45), ("blur", 2))]
            [((-45, 45),), ((0.0, 2),)]
            >>> Amounts.up_to("scale", 0.5).ranges, Amounts.up_to("shift", 3).ranges
            (((0.5, 2.0),), ((-3, 3), (-3, 3)))
        """
        fields = FIELDS.get(name, ())
        if not fields:
            return cls(name)
        if name in FACTORS:
            both = (amount, 1 / amount) if amount else (0.0, 0.0)
            return cls(name, ((min(both), max(both)),))
        if name in _FROM_ZERO:
            return cls(name, ((0.0, amount),))
        return cls(name, tuple((-abs(amount), abs(amount)) for _ in fields))

    def drawn(self, rng: np.random.Generator) -> Transform:
        """One transform with amounts of these ranges."""
        if self.name in SWITCHES:
            return _transform({SWITCHES[self.name]: True})
        values = {
            field: _drawn(field, one, rng)
            for field, one in zip(FIELDS[self.name], self.ranges, strict=False)
        }
        return _transform(values)


@dataclass(frozen=True)
class Augmentation:
    """Which training images are transformed, and how.

    Attributes:
        amounts: the transforms; each image that is transformed gets one of them, as an example
            that is hard by one cause has one.
        share: of the images in each epoch that are transformed, above 0 and at most 1.

    Raises:
        HardexError: the share is another number.
    """

    amounts: tuple[Amounts, ...]
    share: float = 0.5

    def __post_init__(self) -> None:
        if not 0 < self.share <= 1:
            raise HardexError(
                "augment: share must be above 0 and at most 1, the share of the images that are "
                f"transformed; received {self.share:g}; try 0.5."
            )

    def of(self, images: Images, rng: np.random.Generator) -> Images:
        """Some of the images transformed, (n, h, w, c) -> (n, h, w, c); the others unchanged.

        Example:
            >>> mirrored = Augmentation((Amounts("flip"),), 1.0)
            >>> row = np.array([[1, 2, 3]], np.uint8).reshape(1, 1, 3, 1)
            >>> mirrored.of(row, np.random.default_rng(0)).ravel().tolist()
            [3, 2, 1]
        """
        found = images.copy()
        for row in np.flatnonzero(rng.random(len(images)) < self.share):
            chosen = self.amounts[int(rng.integers(len(self.amounts)))]
            found[row] = transform(images[row], chosen.drawn(rng), rng=rng)
        return found


def _transform(values: Mapping[str, Any]) -> Transform:
    return Transform(**values)


def _drawn(field: str, ends: Range, rng: np.random.Generator) -> float:
    """Uniform between the ends; of a scale, so that halves are as frequent as doubles."""
    if field == "scale":
        return float(np.exp(rng.uniform(*np.log(ends))))
    return float(rng.uniform(*ends))
