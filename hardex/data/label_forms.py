"""Labels as programs save them -> one class index per example: decimals, one-hot rows, texts."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels
from hardex.errors import DatasetError

_MOST = 2**62


def as_labels(values: Any, source: str) -> tuple[Labels, tuple[str, ...]]:
    """Any array-like of numbers as one class index per example, and what was read otherwise.

    Decimals such as 1.0, truth values and one-hot rows are class indices in another form.

    Raises:
        DatasetError: fractions, NaN, text, or several columns that are not one-hot.

    Example:
        >>> as_labels([[2], [0]], "a list")
        (array([2, 0]), ())
        >>> as_labels([[0, 1], [1, 0]], "a list")
        (array([1, 0]), ('a list holds one-hot labels: read as class indices.',))
    """
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] > 1 and is_one_hot(array):
        return array.argmax(axis=1), (f"{source} holds one-hot labels: read as class indices.",)
    column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    if column.ndim != 1 or column.dtype.kind not in "iufb" or not _are_whole(column):
        raise DatasetError(
            f"labels must be one class index per example; {source} holds {_what(array, column)}."
        )
    if column.dtype.kind in "iu":
        return column.astype(np.int64), ()
    form = "as decimals, such as 1.0" if column.dtype.kind == "f" else "as True and False"
    return column.astype(np.int64), (f"{source} holds labels {form}: read as whole numbers.",)


def is_one_hot(array: NDArray[Any]) -> bool:
    """Whether every row of (n, k) numbers is a single 1 among zeros.

    Example:
        >>> is_one_hot(np.eye(3)), is_one_hot(np.ones((2, 2)))
        (True, False)
    """
    fits = array.dtype.kind in "fiub" and bool(array.size)
    return fits and bool(((array == 0) | (array == 1)).all() and (array.sum(axis=1) == 1).all())


def _are_whole(column: NDArray[Any]) -> bool:
    if column.dtype.kind == "b":
        return True
    with np.errstate(invalid="ignore"):
        fits = np.isfinite(column) & (np.abs(column) < _MOST) & (column == np.rint(column))
    return bool(fits.all())


def _what(array: NDArray[Any], column: NDArray[Any]) -> str:
    """What these are in place of labels, and what to do."""
    given = f"{array.dtype} of shape {array.shape}"
    numbers = array.dtype.kind in "iufb"
    if numbers and array.ndim == 2 and bool(((array == 0) | (array == 1)).all()):
        return (
            f"rows of 0 and 1, {given}, that are not one-hot: some have several ones or none; "
            "hardex takes one class per example, so save its number"
        )
    if numbers and array.ndim == 2 and np.allclose(array.sum(axis=1), 1, atol=1e-3):
        return f"soft labels, {given}, whose rows sum to 1; save numpy.argmax(labels, axis=1)"
    if numbers and column.ndim == 1 and not np.isfinite(column).all():
        first = int(np.flatnonzero(~np.isfinite(column))[0])
        return f"NaN or infinity (label {first}, counted from 0); leave these examples out"
    if numbers and column.ndim == 1:
        first = int(np.flatnonzero((np.abs(column) >= _MOST) | (column != np.rint(column)))[0])
        what = "fractions" if column[first] != np.rint(column[first]) else "huge numbers"
        return f"{what}: label {first} (counted from 0) is {column[first]:.4g}; save its class"
    return f"{given}; save whole numbers from 0"
