"""The arrays that pass between the parts of hardex, and the checks made where they enter.

n: examples, k: classes, d: embedding size, h/w/c: height, width, channels.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.advice import (
    BY_HUNDRED,
    FROM_ONE,
    NO_SOFTMAX,
    NOT_CLASSES,
    NOT_FINITE,
    PASS_LOGITS,
    SAVE_DISTRIBUTIONS,
    SAVE_SOFTMAX,
    TO_ZERO,
)
from hardex.errors import ClassifierError, DatasetError

Image = NDArray[np.uint8]  # (h, w, c), 0..255, c is 1 (grey) or 3 (RGB)
Images = NDArray[np.uint8]  # (n, h, w, c), 0..255
Labels = NDArray[np.integer[Any]]  # (n,), 0..k-1
Positions = NDArray[np.int64]  # (n,), place of each example in its data set, from 0
Probabilities = NDArray[np.floating[Any]]  # (n, k), rows sum to 1
Embeddings = NDArray[np.floating[Any]]  # (n, d)
Scores = NDArray[np.float64]  # (n,), higher is harder

# Softmax in half precision is off by about 1e-3 a row; logits are off by far more.
SUM_TOLERANCE = 5e-3
_BELOW = 1e-3  # rounding leaves no more below 0
_CACHED = 2**19  # bytes that stay near the processor while they are read twice
_FEW_COLUMNS = 64  # up to here going column by column is faster than row by row


def check_labels(labels: Labels, *, class_count: int) -> None:
    """Raise `DatasetError` unless every label is a whole number in 0..class_count-1.

    Example:
        >>> check_labels(np.array([0, 1, 7]), class_count=2)
        Traceback (most recent call last):
        hardex.errors.DatasetError: labels must lie in 0..1 for 2 classes; label 2 (counted from \
0) is 7, and 1 of 3 are outside; fix the labels or name all classes.
    """
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise DatasetError(
            f"labels must be one whole number per example; received {labels.dtype} of shape "
            f"{labels.shape}; pass class indices 0..{class_count - 1}."
        )
    outside = (labels < 0) | (labels >= class_count)
    if outside.any():
        first = int(outside.argmax())
        if labels.min() == 1 and labels.max() == class_count:
            raise DatasetError(
                f"labels must lie in 0..{class_count - 1} for {class_count} classes; they go from "
                f"1 to {class_count}, and none is 0; {FROM_ONE}."
            )
        raise DatasetError(
            f"labels must lie in 0..{class_count - 1} for {class_count} classes; label {first} "
            f"(counted from 0) is {labels[first]}, and {int(outside.sum())} of {len(labels)} are "
            "outside; fix the labels or name all classes."
        )


def check_probabilities(
    probabilities: Probabilities,
    *,
    positions: Positions | None = None,
    of_model: bool = False,
    ends_linear: bool = False,
) -> None:
    """Raise `ClassifierError` unless every row is a probability distribution.

    Args:
        probabilities: (n, k).
        positions: (n,) position of each row in its data set, so that the error names the right one.
        of_model: whether a model just gave them, and they are not read from a file.
        ends_linear: whether that model is known to end in no activation.

    Example:
        >>> check_probabilities(np.array([[0.2, 0.8], [-3.0, 4.0]]), of_model=True)
        Traceback (most recent call last):
        hardex.errors.ClassifierError: every row of probabilities must be non-negative and sum to \
1; row 1 holds -3, and 1 of 2 rows are off; these look like logits: pass --logits.
    """
    if probabilities.ndim != 2 or probabilities.shape[1] < 2:
        raise ClassifierError(
            "probabilities must have shape (examples, classes) with two classes or more; received "
            f"shape {probabilities.shape}; pass one row per example."
        )
    if not np.issubdtype(probabilities.dtype, np.floating):
        raise ClassifierError(
            f"probabilities must be floating-point numbers; received {probabilities.dtype}; "
            f"{NOT_CLASSES}."
        )
    if sound_maxima(probabilities) is not None:
        return
    off = off_rows(probabilities)
    if off.any():
        row = int(off.argmax())
        place = row if positions is None else int(positions[row])
        found = remedy(probabilities[off], of_model=of_model, ends_linear=ends_linear)
        raise bad_row(probabilities[row], place, bad=int(off.sum()), count=len(off), remedy=found)


@dataclass(frozen=True)
class Remedy:
    """What rows are that are not distributions.

    Attributes:
        code: `logits` where a softmax makes them right, else `not_distributions`.
        seen: what they look like, a clause.
        advice: what to do, a clause.
    """

    code: str
    seen: str
    advice: str


def remedy(rows: Probabilities, *, of_model: bool = False, ends_linear: bool = False) -> Remedy:
    """What rows are that are not distributions, and what to do.

    Args:
        rows: (n, k) such rows.
        of_model, ends_linear: as for `check_probabilities`.

    Example:
        >>> remedy(np.array([[-3.0, 4.0]]), of_model=True)
        Remedy(code='logits', seen='these look like logits', advice='pass --logits')
        >>> remedy(np.array([[25.0, 75.0]]), of_model=True).seen
        'each row sums to 100, so these are percentages'
    """
    with np.errstate(invalid="ignore", over="ignore"):
        sums = rows.sum(axis=1, dtype=np.float64)
        low, high = (float(f.reduce(rows, axis=None)) for f in (np.fmin, np.fmax))  # without NaN
        logarithms = high <= 0 and bool((np.abs(np.exp(rows).sum(axis=1) - 1) <= 0.01).all())
    softmax = PASS_LOGITS if of_model else SAVE_SOFTMAX
    if logarithms:
        return Remedy("logits", "these are logarithms of probabilities", softmax)
    if low >= 0 and bool((np.abs(sums - 100) <= 1).all()):
        seen = "each row sums to 100, so these are percentages"
        return Remedy("not_distributions", seen, BY_HUNDRED)
    if low < 0 and low >= -_BELOW and bool((np.abs(sums - 1) <= SUM_TOLERANCE).all()):
        seen = "each row sums to 1, but some numbers are just below 0"
        return Remedy("not_distributions", seen, TO_ZERO)
    if low < 0 or ends_linear:
        return Remedy("logits", "these look like logits", softmax)
    seen = "no row is negative, so no logits"
    return Remedy("not_distributions", seen, NO_SOFTMAX if of_model else SAVE_DISTRIBUTIONS)


def off_rows(probabilities: Probabilities) -> NDArray[np.bool_]:
    """(n,) whether each row is not a probability distribution.

    Example:
        >>> off_rows(np.array([[0.2, 0.8], [3.0, 4.0], [np.nan, 1.0]]))
        array([False,  True,  True])
    """
    with np.errstate(invalid="ignore", over="ignore"):  # infinity has its own message
        sums = probabilities.sum(axis=1, dtype=np.float64)
    # Written so that NaN counts as off: every comparison with NaN is false.
    fine = (np.abs(sums - 1.0) <= SUM_TOLERANCE) & (probabilities.min(axis=1) >= 0)
    return np.asarray(~fine)


def sound_maxima(probabilities: Probabilities) -> Probabilities | None:
    """The largest value of each row, (n,), if all rows are certainly distributions, else None.

    It reads all values once instead of twice: as whole numbers, the bits of non-negative floats
    order like the floats, and anything negative or NaN is larger than all of them.

    Example:
        >>> sound_maxima(np.array([[0.25, 0.75], [0.5, 0.5]]))
        array([0.75, 0.5 ])
        >>> sound_maxima(np.array([[-0.5, 1.5]]))
    """
    bits = _bits(probabilities)
    if bits is None:
        return None
    best = row_maxima(bits).view(probabilities.dtype)
    return best if _are_sound(best, _row_sums(probabilities)) else None


def sound_leaders(probabilities: Probabilities) -> tuple[Probabilities, NDArray[np.intp]] | None:
    """As `sound_maxima`, with the column of each row's largest value; the first of equals.

    Example:
        >>> sound_leaders(np.array([[0.25, 0.75], [0.5, 0.5]]))
        (array([0.75, 0.5 ]), array([1, 0]))
        >>> sound_leaders(np.array([[-0.5, 1.5]]))
    """
    bits = _bits(probabilities)
    if bits is None:
        return None
    if bits.shape[1] > _FEW_COLUMNS:
        places, sums = _rows_at_once(probabilities, bits)
        best = probabilities[np.arange(len(bits)), places]
    else:  # side by side, the columns are compared many rows at a time
        columns = np.ascontiguousarray(bits.T)
        top, first = columns[0].copy(), np.zeros(len(bits), np.uint8)
        for number, column in enumerate(columns[1:], start=1):
            higher = column > top
            np.maximum(top, column, out=top)
            np.maximum(first, higher.view(np.uint8) * np.uint8(number), out=first)
        best, places = top.view(probabilities.dtype), first.astype(np.intp)
        with np.errstate(invalid="ignore", over="ignore"):
            sums = columns.view(probabilities.dtype).sum(axis=0)
    return (best, places) if _are_sound(best, sums) else None


def _rows_at_once(
    probabilities: Probabilities, bits: NDArray[Any]
) -> tuple[NDArray[np.intp], Probabilities]:
    """(n,) the column of each row's largest value and (n,) sums, so that rows are read once."""
    places = np.empty(len(bits), np.intp)
    sums = np.empty(len(bits), probabilities.dtype)
    size = max(1, _CACHED // (bits.itemsize * bits.shape[1]))
    with np.errstate(invalid="ignore", over="ignore"):
        for start in range(0, len(bits), size):
            part = slice(start, start + size)
            bits[part].argmax(axis=1, out=places[part])
            np.einsum("ij->i", probabilities[part], out=sums[part])
    return places, sums


def _bits(probabilities: Probabilities) -> NDArray[Any] | None:
    """The floats as whole numbers; None where sums drift, or nothing is there."""
    kind = {"float32": np.uint32, "float64": np.uint64}.get(str(probabilities.dtype))
    return None if kind is None or not probabilities.size else probabilities.view(kind)


def _are_sound(best: Probabilities, sums: Probabilities) -> bool:
    with np.errstate(invalid="ignore", over="ignore"):
        off = np.maximum(sums.max() - 1.0, 1.0 - sums.min())  # NaN stays NaN, and is not below
        return bool(best.min() > 0 and best.max() < 2 and off <= SUM_TOLERANCE / 2)


def row_maxima(values: NDArray[Any]) -> NDArray[Any]:
    """(n,) the largest value of each row of an (n, k) array, k of 1 or more.

    Example:
        >>> row_maxima(np.array([[0.25, 0.75], [0.5, 0.5]]))
        array([0.75, 0.5 ])
    """
    if values.shape[1] > _FEW_COLUMNS:
        return np.asarray(values.max(axis=1))
    best = values[:, 0].copy()
    for column in range(1, values.shape[1]):
        np.maximum(best, values[:, column], out=best)
    return best


def _row_sums(probabilities: Probabilities) -> Probabilities:
    """(n,) in the precision of the rows; a product with ones would start BLAS's own threads."""
    with np.errstate(invalid="ignore", over="ignore"):
        sums: Probabilities = np.einsum("ij->i", probabilities)
    return sums


def bad_row(
    values: NDArray[np.floating[Any]], position: int, *, bad: int, count: int, remedy: Remedy
) -> ClassifierError:
    """The error about the first row that is not a probability distribution.

    Args:
        values: (k,) the row.
        position: its position in the data set.
        bad: how many rows are not distributions.
        count: how many rows there are.
        remedy: what the rows look like and what to do, if this one holds finite numbers.
    """
    finite = bool(np.isfinite(values).all())
    if not finite:
        seen, what = "holds NaN or infinity", NOT_FINITE
    else:
        total = float(values.sum(dtype=np.float64))
        low = float(values.min())
        seen = f"holds {low:.4g}" if low < 0 else f"sums to {total:.4g}"
        what = f"{remedy.seen}: {remedy.advice}"
    return ClassifierError(
        "every row of probabilities must be non-negative and sum to 1; row "
        f"{position} {seen}, and {bad} of {count} rows are off; {what}."
    )


def check_images(images: Images) -> None:
    """Raise `DatasetError` unless the images are (n, h, w, c) uint8, grey or RGB.

    Example:
        >>> check_images(np.zeros((2, 28, 28), np.uint8))
        Traceback (most recent call last):
        hardex.errors.DatasetError: images must have shape (n, h, w, 1) or (n, h, w, 3) and dtype \
uint8; received shape (2, 28, 28), uint8; add the channel axis.
    """
    fits = images.ndim == 4 and images.shape[3] in (1, 3) and min(images.shape[1:3]) > 0
    if not fits or images.dtype != np.uint8:
        raise DatasetError(
            "images must have shape (n, h, w, 1) or (n, h, w, 3) and dtype uint8; received shape "
            f"{images.shape}, {images.dtype}; {_for_images(images)}."
        )


def _for_images(images: NDArray[Any]) -> str:
    """What to do about images of another shape or type."""
    shape = images.shape
    if 0 in shape[1:]:
        return "check how they were saved: they have no pixels"
    if len(shape) == 4 and shape[3] not in (1, 3):
        if shape[1] in (1, 3):
            return "put the channels last: images.transpose(0, 2, 3, 1)"
        if shape[3] == 4:
            return "leave the transparency out: images[..., :3]"
    if len(shape) == 2:
        return "give each image its height and width, as in images.reshape(-1, 28, 28, 1)"
    if len(shape) != 4:
        return "add the channel axis"
    return "pass the pixels as they were before any preprocessing, whole numbers from 0 to 255"
