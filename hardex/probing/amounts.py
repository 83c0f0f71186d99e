"""Amounts by name, as a page or a script sends them -> a checked `Transform`."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from hardex.data.dataset import Shape
from hardex.errors import HardexError
from hardex.images import LIMITS, ORDER, Transform
from hardex.probing.sliders import Slider, slider_of
from hardex.probing.values import number

_FARTHEST = {  # bounds where neither the slider nor `LIMITS` has one
    "rotation": (-36_000.0, 36_000.0),
    "scale": (0.001, 1000.0),
    "shift_x": (-10_000.0, 10_000.0),
    "shift_y": (-10_000.0, 10_000.0),
}


def transform_of(amounts: Mapping[str, Any], shape: Shape) -> Transform:
    """The transform that these amounts describe.

    Args:
        amounts: by name; a switch is true or false, or 1 or 0.
        shape: (h, w, c) of the picture that it is for.

    Raises:
        HardexError: an unknown name, or an amount out of range.

    Example:
        >>> transform_of({"flip": 1}, (28, 28, 1)).flip
        True
    """
    known = asdict(Transform())
    unknown = sorted(str(name) for name in amounts if name not in known)
    if unknown:
        raise HardexError(
            f"a transform has the amounts {', '.join(known)}; received {unknown[0][:40]!r}; leave "
            "it out."
        )
    return Transform(**{name: _amount(name, value, shape) for name, value in amounts.items()})


def slider_named(name: Any, shape: Shape) -> Slider:
    """The slider of this name.

    Raises:
        HardexError: there is none.
    """
    if name not in ORDER:
        raise HardexError(
            f"a curve varies one of {', '.join(ORDER)}; received {str(name)[:40]!r}; choose one of "
            "them."
        )
    return slider_of(name, shape)


def with_amount(base: Transform, slider: Slider, place: int) -> Transform:
    """A transform with one slider moved to a place, in steps from 0.

    Example:
        >>> with_amount(Transform(), slider_of("scale", (28, 28, 1)), 83).scale
        0.83
    """
    amounts: dict[str, Any] = {slider.name: slider.amount(place)}
    if slider.switch:
        amounts = {slider.name: place == 1}
    return replace(base, **amounts)


def _amount(name: str, value: Any, shape: Shape) -> Any:
    slider = slider_of(name, shape)
    if slider.switch:
        return value if isinstance(value, bool) else _on_or_off(name, value)
    least, most = _FARTHEST.get(name) or LIMITS[name]
    if name in ("stroke", "blur"):  # their cost grows with the amount
        least, most = slider.amount(slider.first), slider.amount(slider.last)
    return number(name, value, least=least, most=most)


def _on_or_off(name: str, value: Any) -> bool:
    found = number(name, value, least=0, most=1)
    if found not in (0, 1):
        raise HardexError(f"{name} must be 0 or 1; received {found:g}; leave it out for 0.")
    return found == 1
