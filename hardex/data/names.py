"""Names: the order of classes, which label means which class, and which names can be stored."""

import re
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.errors import DatasetError

NAME_MOST = 4_000  # characters of an id or a class name: longer than any path
MOST_CLASSES = 100_000  # larger labels are not class indices
_HALF = re.compile("[\ud800-\udfff]")  # an unpaired surrogate


def natural_order(name: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key that puts `2` before `10` and otherwise sorts by letters.

    Example:
        >>> sorted(["10", "2", "b10", "b9"], key=natural_order)
        ['2', '10', 'b9', 'b10']
    """
    parts = re.findall(r"([0-9]+)|([^0-9]+)", name)
    return tuple((0, int(digits), digits) if digits else (1, 0, text) for digits, text in parts)


def as_class_names(names: Iterable[object]) -> tuple[str, ...]:
    """Class names as text, each the name of one class.

    Raises:
        DatasetError: two classes have the same name.

    Example:
        >>> as_class_names(range(3))
        ('0', '1', '2')
    """
    texts = tuple(map(str, names))
    if len(set(texts)) < len(texts):
        twice = next(name for name in texts if texts.count(name) > 1)
        raise DatasetError(
            f"every class must have a name of its own; {twice!r} names two or more of "
            f"{len(texts)}; name each class once."
        )
    return texts


def is_storable(text: str) -> bool:
    """PostgreSQL stores no zero character, and no database an unpaired surrogate."""
    return "\0" not in text and (text.isascii() or _HALF.search(text) is None)


def is_name(value: object) -> bool:
    """Whether a database can store it as an id or a class name."""
    return isinstance(value, str) and 1 <= len(value) <= NAME_MOST and is_storable(value)


def check_storable(names: Iterable[object], what: str) -> None:
    """Refuse names under which no annotation could be stored.

    Args:
        names: of examples or of classes.
        what: what they are, as it is called in the sentence.

    Raises:
        DatasetError: one of them is no text of 1 to 4,000 characters that a database takes.

    Example:
        >>> check_storable(["a", "b\\0"], "class name")
        Traceback (most recent call last):
        hardex.errors.DatasetError: every class name must be a text of 1 to 4,000 characters \
without zero characters and unpaired surrogates, which no database stores; number 2 is \
'b\\x00', and so it is for 1 of 2; rename them.
    """
    count, bad, first = 0, 0, ""
    for name in names:
        count += 1
        if not is_name(name):
            first = first or f"number {count:,} is {_shortly(name)}"
            bad += 1
    if bad:
        raise DatasetError(
            f"every {what} must be a text of 1 to {NAME_MOST:,} characters without zero characters "
            f"and unpaired surrogates, which no database stores; {first}, and so it is for "
            f"{bad:,} of {count:,}; rename them."
        )


def _shortly(name: object) -> str:
    text = ascii(name)
    return text if len(text) <= 60 else f"{text[:56]} ... ({len(str(name)):,} characters)"


def number_names(labels: Labels) -> tuple[str, ...]:
    """Class names for labels that are numbers: "0" up to the largest.

    Raises:
        DatasetError: numbers too large to count classes.

    Example:
        >>> number_names(np.array([2, 0]))
        ('0', '1', '2')
    """
    if not labels.size or not np.issubdtype(labels.dtype, np.integer):
        return ("0", "1")
    largest = int(labels.max())
    if largest >= MOST_CLASSES:
        raise DatasetError(
            f"labels must be class indices from 0; the largest is {largest}; number the classes "
            "without gaps or name them all."
        )
    return tuple(map(str, range(max(2, largest + 1))))


def counts_up(names: Sequence[str]) -> bool:
    """Whether these are 0..k-1 for k of 2 or more, which number and do not name.

    Example:
        >>> counts_up(["0", "1"]), counts_up(["1", "2"]), counts_up(["0"])
        (True, False, False)
    """
    return len(names) > 1 and list(names) == [str(i) for i in range(len(names))]


def labels_by_name(
    labels: Sequence[str], class_names: Sequence[str] | None, *, source: str
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """Labels written as text -> class indices, and the names they point to.

    Without names, the classes are the labels found, in natural order. With names, a label is one
    of them; labels that are none of them but all whole numbers 0..k-1 count through the names.

    Args:
        labels: n labels.
        class_names: k names, or None to find them.
        source: where the labels stand, for the error.

    Returns:
        (n,) indices, and the k names.

    Raises:
        DatasetError: a label is empty or none of the named classes.

    Example:
        >>> labels_by_name(["10", "2", "10"], None, source="notes.csv")
        (array([1, 0, 1]), ('2', '10'))
        >>> labels_by_name(["1", "0"], ["cat", "dog"], source="notes.csv")[0]
        array([1, 0])
    """
    _refuse_rows(
        [not label for label in labels],
        f"every example in {source} must have a label",
        "has none",
        "label them or take them out.",
    )
    found = sorted(set(labels), key=natural_order)
    names = as_class_names(found if class_names is None else class_names)
    numbers = {str(index): index for index in range(len(names))}
    place = {name: index for index, name in enumerate(names)}
    if not any(label in place for label in found) and all(label in numbers for label in found):
        place = numbers
    _refuse_rows(
        [label not in place for label in labels],
        f"every label in {source} must be one of the classes {shortened(names)}",
        "is {!r}",
        "fix the labels or name all classes with --classes.",
        labels,
    )
    return np.array([place[label] for label in labels], np.int64), names


def shortened(names: Sequence[str]) -> str:
    """Names for a sentence: all of them, or the first and the last.

    Example:
        >>> shortened(["a", "b"]), shortened(list(map(str, range(99))))
        ('a, b', '0, 1, 2, 3, 4, 5, 6, 7, …, 98')
    """
    shown = names if len(names) <= 10 else (*names[:8], "…", names[-1])
    return ", ".join(name if len(name) <= 80 else f"{name[:79]}…" for name in shown)


def _refuse_rows(
    bad: Sequence[bool],
    expected: str,
    received: str,
    advice: str,
    values: Sequence[str] = (),
) -> None:
    if any(bad):
        first = bad.index(True)
        what = received.format(values[first]) if values else received
        raise DatasetError(
            f"{expected}; row {first + 1} {what}, and so it is for {sum(bad)} of {len(bad)}; "
            f"{advice}"
        )
