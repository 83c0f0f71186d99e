"""The causes that a finding may name, and how they are put into words."""

from math import isfinite

from hardex.runs.findings import UNEXPLAINED as UNEXPLAINED

TRANSFORMS = (
    "rotation",
    "shift",
    "scale",
    "shear",
    "contrast",
    "inversion",
    "blur",
    "noise",
    "stroke",
    "flip",
)
MISLABELLED, AMBIGUOUS, RARE, IMBALANCE = "mislabelled", "ambiguous", "rare", "imbalance"
JUNK, DUPLICATE = "junk", "duplicate"
CAUSES = (
    *TRANSFORMS,
    MISLABELLED,
    AMBIGUOUS,
    RARE,
    IMBALANCE,
    JUNK,
    DUPLICATE,
    UNEXPLAINED,
)
DRAWN = frozenset({"stroke"})  # transforms that only drawings have, no photographs

_REMEDIES = {
    "rotation": "train with rotations of this range, or turn the pictures before they are judged",
    "shift": "train with shifts of this range, or centre the pictures first",
    "scale": "train with sizes of this range, or crop the pictures to what they show",
    "shear": "train with slanted pictures of this range",
    "contrast": "train with other brightness and contrast, or stretch the levels first",
    "inversion": "bring light and dark into the order of the training data, or train with both",
    "blur": "train with blurred pictures, or sharpen the recording",
    "noise": "train with noise of this strength, or improve the recording",
    "stroke": "train with thicker and thinner strokes",
    "flip": "find out where pictures are mirrored, or train with mirrored ones",
    MISLABELLED: "let people judge these labels, and correct or remove the wrong ones",
    AMBIGUOUS: "let several people judge these examples, or accept both classes",
    RARE: "collect more training images like these",
    IMBALANCE: "collect more of the small classes, weight them, or adjust the logits by the "
    "shares of the classes",
    JUNK: "remove pictures that show none of the classes, and find out where they come from",
    DUPLICATE: "remove the copies, and decide which of their labels is right",
    UNEXPLAINED: "look at these examples: no cause that hardex knows fits well enough",
}


def remedy_of(cause: str) -> str:
    """What to do about a cause, a clause.

    Example:
        >>> remedy_of("rare")
        'collect more training images like these'
    """
    return _REMEDIES.get(cause, "look at these examples together")


def amount_in_words(cause: str, amount: float | None, amount_y: float | None = None) -> str:
    """What was done to the picture, a clause; "" for causes without an amount.

    Args:
        cause: one of `CAUSES`.
        amount: degrees counter-clockwise, a factor, a tangent, a standard deviation or pixels to
            the right, as in `hardex.images.Transform`.
        amount_y: pixels down, of a shift; of a contrast, the share of the levels that was added.

    Example:
        >>> amount_in_words("rotation", -30.0)
        'rotated by 30° clockwise'
        >>> amount_in_words("shift", 3.0, -4.0)
        'shifted by 3 px to the right and 4 px up'
        >>> amount_in_words("contrast", 1.0, -0.4)
        'darker by 40% of the levels'
    """
    if cause == "inversion":
        return "inverted"
    if cause == "flip":
        return "mirrored"
    if amount is None or not isfinite(amount):
        return ""
    if cause == "contrast" and amount_y:
        return _contrasted(amount, amount_y)
    if cause == "rotation":
        turn = "counter-clockwise" if amount > 0 else "clockwise"
        return f"rotated by {abs(amount):.0f}° {turn}"
    if cause == "shift":
        return f"shifted by {_shifted(amount, 0.0 if amount_y is None else amount_y)}"
    phrases = {
        "scale": f"{'enlarged' if amount > 1 else 'shrunk'} to {amount:.2g} times its size",
        "shear": f"slanted to the {'right' if amount > 0 else 'left'} by {abs(amount):.2g}",
        "contrast": f"at {amount:.2g} times the usual contrast",
        "blur": f"blurred by {amount:.2g} px",
        "noise": f"noisy, by {amount:.2g} of the levels",
        "stroke": f"drawn {'thicker' if amount > 0 else 'thinner'} by {abs(amount):.2g} px",
    }
    return phrases.get(cause, "")


def _contrasted(factor: float, added: float) -> str:
    levels = f"{'brighter' if added > 0 else 'darker'} by {abs(added):.0%} of the levels"
    return levels if factor == 1 else f"at {factor:.2g} times the usual contrast and {levels}"


def _shifted(right: float, down: float) -> str:
    parts = []
    if round(right):
        parts.append(f"{abs(right):.0f} px to the {'right' if right > 0 else 'left'}")
    if round(down):
        parts.append(f"{abs(down):.0f} px {'down' if down > 0 else 'up'}")
    return " and ".join(parts) or "less than a pixel"
