"""Groups of findings -> sentences."""

from math import hypot, pi, sin

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.causes import MISLABELLED
from hardex.sentences import counted
from hardex.text import plain_text

_NAME_LENGTH = 60  # characters of a class name in a sentence
_SEEN = 0.01  # change of contrast or brightness that counts
_ONE_WAY = 0.8  # mean length of the unit vectors of shifts that go the same way

# Without an amount: the clause for one example, and for several.
_PLAIN = {
    "inversion": ("looks inverted", "look inverted"),
    "flip": ("looks mirrored", "look mirrored"),
    MISLABELLED: ("looks mislabelled", "look mislabelled"),
    "ambiguous": ("looks ambiguous", "look ambiguous"),
    "rare": (
        "is unlike the training images of its class",
        "are unlike the training images of their class",
    ),
    "imbalance": (
        "is lost to a class with more training images",
        "are lost to classes with more training images",
    ),
    "junk": ("seems to show none of the classes", "seem to show none of the classes"),
    "duplicate": ("is a copy of another image", "are copies of other images"),
}


def class_in_words(name: str) -> str:
    """A class name within a sentence: whole numbers as they are, others short and in quotes.

    Example:
        >>> class_in_words("7"), class_in_words("truck")
        ('7', '"truck"')
    """
    if _is_number(name):
        return name
    plain = plain_text(name)
    short = plain if len(plain) <= _NAME_LENGTH else f"{plain[: _NAME_LENGTH - 1]}…"
    return f'"{short}"'


def group_in_words(
    cause: str,
    given_label: str,
    count: int,
    of: int,
    expected: float,
    amounts: NDArray[np.float64],
    amounts_y: NDArray[np.float64],
) -> str:
    """How many wrong examples have a cause, a sentence.

    Args:
        cause: its name.
        given_label: the class; "" for all classes together.
        count: how many have the cause.
        of: how many there are.
        expected: how many false credit alone would give.
        amounts, amounts_y: those that findings of this group have, in the units of
            `hardex.images.Transform`; amounts_y as many as amounts, or none: pixels down of shifts,
            the share of the levels that was added of contrasts.

    Example:
        >>> none = np.empty(0)
        >>> group_in_words("rotation", "2", 31, 120, 2.0, np.array([-60.0, -20.0]), none)
        '31 of 120 wrong 2s look rotated by 24° to 56° clockwise (2 expected by chance).'
        >>> group_in_words("rare", "truck", 1, 1, 0.01, none, none)
        'The only wrong example of "truck" is unlike the training images of its class (fewer \
than 0.1 expected by chance).'
    """
    found = clause(cause, amounts, amounts_y, one=count == 1)
    who = f"The only {_wrong(given_label, 1)}" if of == 1 else _some_of(count, of, given_label)
    return f"{who} {found} ({expected_in_words(expected)} expected by chance)."


def clause(
    cause: str, amounts: NDArray[np.float64], amounts_y: NDArray[np.float64], *, one: bool
) -> str:
    """What is the matter with one example or several: a verb and what follows it.

    Amounts are given from their 10 % to their 90 % quantile.

    Example:
        >>> clause("shear", np.array([-0.5, 0.5]), np.empty(0), one=False)
        'look slanted by 0.5 either way'
        >>> clause("shift", np.array([3.0]), np.array([0.0]), one=True)
        'looks shifted by 3 px to the right'
    """
    if cause in _PLAIN:
        return _PLAIN[cause][0 if one else 1]
    looks = "looks" if one else "look"
    if cause == "contrast":
        return _lit(amounts, amounts_y, looks, "seems" if one else "seem")
    if cause == "shift":
        return f"{looks} shifted{_shifted(amounts, amounts_y)}"
    if cause == "scale":
        return f"{looks} {_scaled(amounts, 'its' if one else 'their')}"
    phrases = {
        "rotation": ("rotated", "by", "°", "clockwise", "counter-clockwise"),
        "shear": ("slanted", "by", "", "to the left", "to the right"),
        "stroke": ("drawn", "by", " px", "thinner", "thicker"),
    }
    if cause in phrases:
        return f"{looks} {_either_way(amounts, *phrases[cause])}"
    if cause == "blur":
        return f"{looks} blurred" + (f" by {_between(amounts)} px" if len(amounts) else "")
    if cause == "noise":
        return f"{looks} noisy" + (
            f", by {_between(amounts)} of the levels" if len(amounts) else ""
        )
    return f"{'has' if one else 'have'} the cause {class_in_words(cause)}"


def expected_in_words(expected: float) -> str:
    """A number of examples that is a mean.

    Example:
        >>> [expected_in_words(mean) for mean in (1234.5, 12.3, 2.0, 0.42, 0.003)]
        ['1,234', '12', '2', '0.4', 'fewer than 0.1']
    """
    if expected < 0.05:
        return "fewer than 0.1"
    return f"{expected:,.0f}" if expected >= 10 else f"{expected:.1f}".removesuffix(".0")


def middle(amounts: NDArray[np.float64]) -> tuple[float, float]:
    """The 10 % and the 90 % quantile of at least one amount."""
    low, high = np.quantile(amounts, (0.1, 0.9))
    return float(low), float(high)


def _some_of(count: int, of: int, given_label: str) -> str:
    return f"{count:,} of {of:,} {_wrong(given_label, of)}"


def _wrong(given_label: str, count: int) -> str:
    if not given_label:
        return "wrong example" if count == 1 else "wrong examples"
    if _is_number(given_label):
        return f"wrong {given_label}" if count == 1 else f"wrong {given_label}s"
    noun = "example" if count == 1 else "examples"
    return f"wrong {noun} of {class_in_words(given_label)}"


def _is_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and len(name) <= 3


def _number(value: float) -> str:
    return f"{value:.2g}" if value < 10 else f"{value:.0f}"


def _between(amounts: NDArray[np.float64], unit: str = "") -> str:
    low, high = (f"{_number(value)}{unit}" for value in middle(amounts))
    return low if low == high else f"{low} to {high}"


def _either_way(
    amounts: NDArray[np.float64], done: str, by: str, unit: str, negative: str, positive: str
) -> str:
    """What was done to either side of zero, and by how much; how many lie beyond is left out."""
    comparative = done == "drawn"  # "drawn thicker by", but "rotated by … clockwise"
    if not len(amounts):
        return f"{done} {negative} or {positive}" if comparative else done
    low, high = middle(amounts)
    way = positive if low >= 0 else negative if high <= 0 else ""
    size = _between(np.abs(amounts), unit) if not way else _one_sided(low, high, unit)
    if comparative:
        return f"{done} {way or f'{negative} or {positive}'} {by} {size}"
    return f"{done} {by} {size} {way or 'either way'}"


def _one_sided(low: float, high: float, unit: str) -> str:
    first, last = (f"{_number(value)}{unit}" for value in sorted((abs(low), abs(high))))
    return first if first == last else f"{first} to {last}"


def _scaled(amounts: NDArray[np.float64], its: str) -> str:
    if not len(amounts):
        return "enlarged or shrunk"
    low, high = middle(amounts)
    done = "enlarged" if low >= 1 else "shrunk" if high <= 1 else "shrunk or enlarged"
    return f"{done} to {_between(amounts)} times {its} size"


def _lit(contrast: NDArray[np.float64], added: NDArray[np.float64], looks: str, seems: str) -> str:
    """Contrast, or light that was added, or both."""
    paler = np.abs(contrast - 1) > _SEEN
    lighter = np.abs(added) > _SEEN
    if paler.any() and not lighter.any():
        return f"{seems} to have {_between(contrast)} times the usual contrast"
    if paler.any() or not lighter.any():
        return f"{seems} to have another contrast or brightness"
    low, high = middle(added)
    way = "brighter" if low >= 0 else "darker" if high <= 0 else "darker or brighter"
    return f"{looks} {way} by {_between(np.abs(added))} of the levels"


def _shifted(right: NDArray[np.float64], down: NDArray[np.float64]) -> str:
    """By how many pixels, and where to if most go the same way."""
    if not len(right):
        return ""
    down = down if len(down) == len(right) else np.zeros(len(right))
    far = np.hypot(right, down)
    moved = far > 0
    if not moved.any():
        return " by less than a pixel"
    x = float((right[moved] / far[moved]).mean())
    y = float((down[moved] / far[moved]).mean())
    sides = []
    if hypot(x, y) >= _ONE_WAY:
        least = sin(pi / 8) * hypot(x, y)  # eight directions
        if abs(x) > least:
            sides.append("to the right" if x > 0 else "to the left")
        if abs(y) > least:
            sides.append("down" if y > 0 else "up")
    return f" by {_between(far)} px {' and '.join(sides) or 'in several directions'}"


def mislabelled_in_words(count: int) -> str:
    """How many look mislabelled, the beginning of a sentence.

    Example:
        >>> mislabelled_in_words(1), mislabelled_in_words(40)
        ('1 example looks mislabelled', '40 examples look mislabelled')
    """
    return f"{counted(count, 'example')} {'looks' if count == 1 else 'look'} mislabelled"
