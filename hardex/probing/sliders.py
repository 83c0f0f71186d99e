"""The shape of a picture -> the range of each transform, for sliders and curves."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from math import floor, log10
from typing import Any

import numpy as np

from hardex.data.dataset import Shape
from hardex.images import LIMITS, ORDER, Transform

CURVE = 73  # amounts of a response curve
ROUGH = 9  # of its gaps make one of a rough curve
FINER = 4  # the most steps of a slider that lie between two amounts of a curve
_USUAL_SIDE = 28  # pixels of a picture that the ranges of stroke and blur are meant for

# What a sentence calls them: "scale ×1", "each of the 73 scales", "a scale of ×0.8".
_WORDS = {
    "scale": ("scale", "scales", "a scale of"),
    "shear": ("shear", "shears", "a shear of"),
    "rotation": ("", "angles", "a turn of"),
    "shift_x": ("shift", "shifts", "a shift of"),
    "shift_y": ("shift", "shifts", "a shift of"),
    "stroke": ("stroke change", "stroke widths", "a stroke change of"),
    "blur": ("blur", "blurs", "a blur of"),
    "contrast": ("contrast", "contrasts", "a contrast of"),
    "brightness": ("brightness", "brightness changes", "a brightness change of"),
    "saturation": ("saturation", "saturations", "a saturation of"),
    "noise": ("noise", "noise levels", "noise of"),
    "crop": ("crop", "crops", "a crop of"),
    "occlusion": ("occlusion", "occlusions", "an occlusion of"),
    "occlusion_x": ("occlusion", "places", "the occlusion at"),
    "occlusion_y": ("occlusion", "places", "the occlusion at"),
    "jpeg": ("JPEG quality", "JPEG qualities", "a JPEG quality of"),
}
_SWITCHED = {"flip": ("mirrored", "mirroring"), "invert": ("inverted", "inverting")}
_DONE = {  # to the picture, before the amount
    "flip": "",
    "scale": "scaled",
    "shear": "sheared",
    "rotation": "rotated",
    "shift_x": "shifted",
    "shift_y": "shifted",
    "stroke": "strokes",
    "blur": "blurred",
    "contrast": "contrast",
    "brightness": "brightness",
    "saturation": "saturation",
    "invert": "",
    "noise": "noise",
    "crop": "cropped by",
    "occlusion": "occluded by",
    "occlusion_x": "at",
    "occlusion_y": "at",
    "jpeg": "JPEG quality",
}
_SIGNED = {"rotation", "shear", "stroke", "brightness"}
_TOWARDS = {
    "shift_x": ("to the left", "to the right"),
    "shift_y": ("up", "down"),
    "occlusion_x": ("to the left", "to the right"),
    "occlusion_y": ("up", "down"),
}
_NOT_ALONE = {"occlusion_x", "occlusion_y"}  # they change nothing by themselves


@dataclass(frozen=True)
class Slider:
    """One transform's range, in whole steps.

    Attributes:
        name: of the transform.
        label: on the page.
        step: between two places of the slider, in `unit`.
        first, start, last: the ends, and where nothing is done, in steps from 0.
        unit: "°", "px", "×" or "".
    """

    name: str
    label: str
    step: float
    first: int
    start: int
    last: int
    unit: str

    @property
    def switch(self) -> bool:
        """Whether there is nothing between off and on."""
        return self.name in _SWITCHED

    def amount(self, place: int) -> float:
        """The amount at a place, in steps from 0.

        Example:
            >>> slider_of("scale", (28, 28, 1)).amount(83)
            0.83
        """
        return round(place * self.step, 6)

    def curve(self) -> list[int]:
        """The places of a response curve, ascending; the start is one of them."""
        if self.switch:
            return [0, 1]
        places = np.rint(np.linspace(self.first, self.last, CURVE)).astype(int)
        places[np.abs(places - self.start).argmin()] = self.start
        return [int(place) for place in places]

    def coarse(self) -> list[int]:
        """Nine of the places of a response curve, ascending; the start is one of them.

        Example:
            >>> slider_of("rotation", (28, 28, 1)).coarse()
            [-180, -135, -90, -45, 0, 45, 90, 135, 180]
        """
        places = self.curve()[:: 1 if self.switch else ROUGH]
        nearest = min(places, key=lambda place: abs(place - self.start))
        return [self.start if place == nearest else place for place in places]

    def outward(self) -> list[int]:
        """Curve positions, nearest to the start first, without the start.

        Example:
            >>> slider_of("rotation", (28, 28, 1)).outward()[:4]
            [-5, 5, -10, 10]
        """
        others = (place for place in self.curve() if place != self.start)
        return sorted(others, key=lambda place: abs(place - self.start))


def sliders_of(shape: Shape) -> tuple[Slider, ...]:
    """The sliders for pictures of this (h, w, c), in the order in which they are applied.

    Only pictures with three channels have colours, and their saturation.
    """
    return tuple(one for one in _all_sliders(shape) if one.name != "saturation" or shape[2] == 3)


def alone(shape: Shape) -> tuple[Slider, ...]:
    """The sliders that can change a picture by themselves."""
    return tuple(one for one in sliders_of(shape) if one.name not in _NOT_ALONE)


def _all_sliders(shape: Shape) -> tuple[Slider, ...]:
    height, width, _ = shape
    larger = max(1.0, round(2 * min(height, width) / _USUAL_SIDE) / 2)
    thick = min(3 * larger, LIMITS["stroke"][1])
    across, down = max(1, width // 2), max(1, height // 2)
    made = (
        Slider("flip", "Mirror", 1, 0, 0, 1, ""),
        _slider("scale", "Scale", 0.4, 2, "×", step=0.01),
        _slider("shear", "Shear", -1, 1, "", step=0.01),
        _slider("rotation", "Rotate", -180, 180, "°", step=1),
        _slider("shift_x", "Shift right", -across, across, "px", finer=2),
        _slider("shift_y", "Shift down", -down, down, "px", finer=2),
        _slider("stroke", "Stroke", -thick, thick, "px"),
        _slider("blur", "Blur", 0, 4 * larger, "px"),
        _slider("contrast", "Contrast", 0, 2.5, "×", step=0.01),
        _slider("brightness", "Brightness", -1, 1, "", step=0.01),
        _slider("saturation", "Saturation", 0, 3, "×", step=0.01),
        Slider("invert", "Invert", 1, 0, 0, 1, ""),
        _slider("noise", "Noise", 0, 0.6, "", step=0.005),
        _slider("crop", "Crop", 0, 0.9, "", step=0.01),
        _slider("occlusion", "Occlusion", 0, 0.9, "", step=0.01),
        _slider("occlusion_x", "Occlusion right", -0.5, 0.5, "", step=0.01),
        _slider("occlusion_y", "Occlusion down", -0.5, 0.5, "", step=0.01),
        _slider("jpeg", "JPEG quality", 1, 100, "", step=1),
    )
    return tuple(sorted(made, key=lambda slider: ORDER.index(slider.name)))


def slider_of(name: str, shape: Shape) -> Slider:
    """The slider of one transform."""
    return next(slider for slider in _all_sliders(shape) if slider.name == name)


def sliders(shape: Shape) -> list[dict[str, Any]]:
    """The range of each transform, in the order in which they are applied, ready for JSON.

    Returns:
        For each `name`, `label`, `least`, `most`, `step`, `start`, `unit`, and whether it is a
        `switch` (0 is off, 1 is on).

    Example:
        >>> [slider["most"] for slider in sliders((28, 28, 1)) if slider["unit"] == "px"]
        [14.0, 14.0, 3.0, 4.0]
    """
    return [
        {
            "name": slider.name,
            "label": slider.label,
            "least": slider.amount(slider.first),
            "most": slider.amount(slider.last),
            "step": slider.step,
            "start": slider.amount(slider.start),
            "unit": slider.unit,
            "switch": slider.switch,
        }
        for slider in sliders_of(shape)
    ]


def place_in_words(slider: Slider, amount: float) -> str:
    """An amount, as part of a sentence.

    Example:
        >>> place_in_words(slider_of("shift_x", (28, 28, 1)), -1.5)
        '1.5 px to the left'
    """
    if slider.switch:
        return _SWITCHED[slider.name][0] if amount else "as it is"
    if slider.name in _TOWARDS and amount:
        unit = " px" if slider.unit else ""
        return f"{abs(amount):g}{unit} {_TOWARDS[slider.name][amount > 0]}"
    number = f"{amount:+g}" if slider.name in _SIGNED and amount else f"{amount:g}"
    number = number.replace("-", "\N{MINUS SIGN}")
    if slider.unit == "×":
        return "×" + number
    return number + {"px": " px"}.get(slider.unit, slider.unit)


def changes_in_words(amounts: Mapping[str, Any], shape: Shape) -> str:
    """What was done to a picture, in the order in which it is applied; "" for nothing.

    Args:
        amounts: by name of the transform, those that do something.
        shape: (h, w, c) of the picture.

    Example:
        >>> changes_in_words({"rotation": 112, "shift_x": -1.5, "invert": True}, (28, 28, 1))
        'rotated +112°, shifted 1.5 px to the left, inverted'
    """
    return ", ".join(
        f"{_DONE[name]} {place_in_words(slider_of(name, shape), amounts[name])}".strip()
        for name in ORDER
        if name in amounts
    )


def start_in_words(slider: Slider) -> str:
    """The amount that does nothing: "0°", "scale ×1"."""
    name = _WORDS[slider.name][0]
    return f"{name} {place_in_words(slider, slider.amount(slider.start))}".strip()


def plural(slider: Slider) -> str:
    """What the amounts of a curve are called: "angles"."""
    return _WORDS[slider.name][1]


def deed_in_words(slider: Slider, amount: float) -> str:
    """What an amount does: "a turn of +30°", "inverting"."""
    if slider.switch:
        return _SWITCHED[slider.name][1]
    return f"{_WORDS[slider.name][2]} {place_in_words(slider, amount)}"


def _slider(
    name: str,
    label: str,
    least: float,
    most: float,
    unit: str,
    *,
    step: float | None = None,
    finer: int = 1,
) -> Slider:
    """A slider whose ends and start are whole steps; without a step, a round one is found.

    It has at least as many steps as a curve, times `finer`, and less than 2.5 times that.
    """
    step = _round_number((most - least) / (CURVE - 1) / finer) if step is None else step
    first, last = -floor(-least / step + 1e-6), floor(most / step + 1e-6)
    default = asdict(Transform())[name]
    return Slider(name, label, step, first, round(default / step), last, unit)


def _round_number(most: float) -> float:
    """The largest of ..., 0.1, 0.2, 0.5, 1, 2, 5, ... that is not more."""
    power = floor(log10(most) + 1e-9)
    times = next(times for times in (5, 2, 1) if times <= most / 10.0**power + 1e-9)
    return float(round(times * 10.0**power, 6))
