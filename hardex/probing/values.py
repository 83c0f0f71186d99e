"""Checks of the values that describe a probe and come from outside."""

from math import isfinite
from numbers import Real
from typing import Any

from hardex.errors import HardexError

_SHOWN_MOST = 60  # characters of a received value in an error


def number(name: str, value: Any, *, least: float, most: float) -> float:
    """A number of a probe.

    Raises:
        HardexError: it is not a finite number, or out of range.

    Example:
        >>> number("rotation", 30, least=-180, most=180)
        30.0
    """
    try:
        found = float(value) if isinstance(value, Real) and not isinstance(value, bool) else None
    except OverflowError:
        found = None
    if found is None or not isfinite(found):
        raise HardexError(
            f"the {name} must be a finite number; received {short(value)}; leave it out."
        )
    if not least <= found <= most:
        raise HardexError(
            f"the {name} of a probe must be from {least:g} to {most:g}; received {found:g}; leave "
            "it out."
        )
    return found


def switch(name: str, value: Any) -> bool:
    """True or false.

    Raises:
        HardexError: it is something else.
    """
    if not isinstance(value, bool):
        raise HardexError(f"{name} must be true or false; received {short(value)}; leave it out.")
    return value


def short(value: Any) -> str:
    """A received value as one line, short enough for a sentence.

    Example:
        >>> short("x" * 100)[-5:]
        'xx...'
    """
    try:
        text = repr(value)
    except (ValueError, RecursionError):  # a whole number of thousands of digits; a deep list
        text = f"a {type(value).__name__}"
    return text if len(text) <= _SHOWN_MOST else text[: _SHOWN_MOST - 3] + "..."
