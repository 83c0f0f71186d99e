"""The weakness that a remedy is aimed at, planted on every example of a proof."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

import numpy as np

from hardex.data.dataset import Batch, Dataset, Keep, Shape
from hardex.data.part import Part
from hardex.diagnosis.cases import Sources
from hardex.diagnosis.plants import PLANTS, RANGES, Plant, Range
from hardex.diagnosis.search import is_drawing
from hardex.errors import HardexError

_BOTH_WAYS = frozenset({"rotation", "shear", "stroke"})
_FACTORS = frozenset({"scale", "contrast"})
_ONE_WAY = frozenset({"shift", "blur", "noise"})
_SWITCHES = frozenset({"inversion", "flip"})
TARGETS = ("rotation", "shift", "scale", "shear", "contrast", "inversion", "blur", "noise",
           "stroke", "flip")  # fmt: skip


@dataclass(frozen=True)
class Target:
    """A transform and how much of it.

    Attributes:
        name: of the transform, as in findings.
        ranges: from which amounts are drawn; each is equally likely. () of a switch.
    """

    name: str
    ranges: tuple[Range, ...]

    def as_text(self) -> str:
        """Its name and its amounts.

        Example:
            >>> target_of("rotation=45").as_text(), target_of("flip").as_text()
            ('rotation of -45 to 45', 'flip')
        """
        ends = [end for one in sorted(self.ranges) for end in one]
        if len(ends) == 4 and ends[1] == ends[2]:  # both ranges meet
            ends = [ends[0], ends[3]]
        pairs = zip(ends[::2], ends[1::2], strict=True)
        told = " or ".join(f"{low:g} to {high:g}" for low, high in pairs)
        return f"{self.name} of {told}" if told else self.name


def target_of(text: str) -> Target:
    """The target that `rotation` or `rotation=45` names.

    With an amount: up to so much in either direction; of a scale or a contrast, up to this factor
    or its inverse. Without: what the diagnosis plants. Lengths are in pixels of a picture of 28
    pixels and grow with the picture.

    Raises:
        HardexError: there is no such transform, or the amount is none of it.

    Example:
        >>> target_of("scale=1.25").ranges
        ((0.8, 1.0), (1.0, 1.25))
    """
    name, given, amount = text.partition("=")
    name = name.strip()
    if name not in TARGETS:
        near = get_close_matches(name, TARGETS, 1)
        hint = f"did you mean {near[0]}?" if near else "choose one of them."
        raise HardexError(
            f"--target must be one of {', '.join(TARGETS)}, optionally with an amount as in "
            f"rotation=45; received {text[:60]!r}; {hint}"
        )
    if not given:
        return Target(name, () if name in _SWITCHES else RANGES[name])
    return Target(name, _ranges(name, _number(name, amount)))


def _number(name: str, amount: str) -> float:
    try:
        number = abs(float(amount))
    except ValueError:
        number = float("nan")
    usable = np.isfinite(number) and number > 0 and name not in _SWITCHES
    most = 1.0 if name == "noise" else np.inf
    if not usable or number > most or (name in _FACTORS and number == 1):
        wanted = "has no amount" if name in _SWITCHES else "needs an amount that changes something"
        raise HardexError(
            f"--target {name} {wanted}; received {amount[:40]!r}; pass "
            f"{name if name in _SWITCHES else f'a number such as {name}={_USUAL[name]:g}'}."
        )
    return number


_USUAL = {"rotation": 45, "shear": 0.4, "stroke": 1.5, "scale": 1.3, "contrast": 2, "shift": 3,
          "blur": 1.5, "noise": 0.2}  # fmt: skip


def _ranges(name: str, amount: float) -> tuple[Range, ...]:
    if name in _FACTORS:
        factor = max(amount, 1 / amount)
        return (1 / factor, 1.0), (1.0, factor)
    return ((-amount, 0.0), (0.0, amount)) if name in _BOTH_WAYS else ((0.0, amount),)


@dataclass(frozen=True, eq=False)
class PlantedPart(Part):
    """The same examples, each with a planted transform.

    The amount at a position is always the same, so all models see the same pictures.

    Attributes:
        plant: how it is planted.
        ranges: from which amounts are drawn.
        seed: of the amounts.
    """

    plant: Plant = PLANTS[0]
    ranges: Mapping[str, tuple[Range, ...]] = field(default_factory=dict)
    seed: int = 0

    def batches(
        self,
        size: int,
        shape: Shape | None,
        keep: Keep | None = None,
        within: range | None = None,
    ) -> Iterator[Batch]:
        """The planted examples, in the shape of the model's input."""
        for batch in super().batches(size, shape, keep, within):
            rows = zip(batch.images, batch.labels, batch.positions.tolist(), strict=True)
            planted = []
            for image, label, position in rows:
                one = Sources(image[None], np.array([label]), np.ones((1, 1)))
                rng = np.random.default_rng([self.seed, position])
                planted.append(self.plant.make(one, rng, self.ranges).cases.images[0])
            yield replace(batch, images=np.stack(planted))


def planted(dataset: Dataset, target: Target, shape: Shape | None, seed: int) -> PlantedPart:
    """A data set with the target planted on every example.

    Args:
        dataset: the examples.
        target: what is planted.
        shape: (h, w, c) of the pictures as the model gets them.
        seed: of the amounts.

    Raises:
        HardexError: pictures of this kind cannot have it.
    """
    kind = "grey" if shape is None or is_drawing(shape) else "colour"
    found = [one for one in PLANTS if one.cause == target.name and one.only in ("", kind)]
    if not found:
        raise HardexError(
            f"--target {target.name} is for drawings in grey; these pictures have colours; choose "
            "another target."
        )
    ranges = {**RANGES, target.name: target.ranges}
    return PlantedPart(dataset, lambda image: True, "", found[0], ranges, seed)
