"""A word that is none of those expected -> the one that was probably meant."""

from collections.abc import Sequence
from difflib import get_close_matches

_ALIKE = 0.5  # of `difflib`; below that, words have little in common


def meant(word: str, known: Sequence[str]) -> str:
    """What to do about a word that is not known, a clause.

    Example:
        >>> meant("rotaton", ["rotation", "shift"]), meant("xyz", ["rotation", "shift"])
        ("did you mean 'rotation'?", 'choose one of rotation, shift')
    """
    near = get_close_matches(word, known, n=1, cutoff=_ALIKE)
    return f"did you mean {near[0]!r}?" if near else f"choose one of {', '.join(known)}"
