"""Files of saved probabilities and labels -> arrays."""

import warnings
from pathlib import Path
from typing import Any

import numpy as np

from hardex.arrays import Labels, Probabilities, check_probabilities
from hardex.errors import ClassifierError, DatasetError, HardexError


def read_probabilities(path: Path) -> Probabilities:
    """(n, k) probabilities from `.npy` or `.csv` (a header line is passed over).

    Raises:
        ClassifierError: no such file, no numbers, no rows, or rows that are no distributions.
    """
    return as_probabilities(_read(path, "probabilities", ClassifierError), str(path))


def as_probabilities(values: Any, source: str) -> Probabilities:
    """Any array-like as checked probabilities, in float32 or float64.

    Example:
        >>> as_probabilities([[0.25, 0.75]], "a list").dtype
        dtype('float64')
    """
    array = np.asarray(values)
    if array.size == 0:
        raise ClassifierError(
            f"probabilities must have at least one row; {source} is empty; "
            "save one row per example."
        )
    if array.dtype == np.float16:
        array = array.astype(np.float32)
    check_probabilities(array)
    return array


def read_labels(path: Path) -> Labels:
    """(n,) class indices from `.npy` or `.csv`.

    Raises:
        DatasetError: no such file, or not whole numbers.
    """
    return as_labels(_read(path, "labels", DatasetError), str(path))


def as_labels(values: Any, source: str) -> Labels:
    """Any array-like as one class index per example.

    Raises:
        DatasetError: fractions, text, or more than one column.

    Example:
        >>> as_labels([[2.0], [0.0]], "a list")
        array([2, 0])
    """
    array = np.asarray(values)
    column = array[:, 0] if array.ndim == 2 and array.shape[1] == 1 else array
    numeric = np.issubdtype(column.dtype, np.number) and np.isfinite(column).all()
    if column.ndim != 1 or not numeric or (column != np.rint(column)).any():
        raise DatasetError(
            f"labels must be one class index per example; {source} holds {array.dtype} of shape "
            f"{array.shape}; save whole numbers from 0."
        )
    return column.astype(np.int64)


def _read(path: Path, what: str, kind: type[HardexError]) -> Any:
    try:
        if path.suffix == ".npy":
            return _read_npy(path)
        if path.suffix == ".csv":
            return _read_csv(path)
    except FileNotFoundError as error:
        raise kind(
            f"the {what} must be a .npy or .csv file; there is nothing at {path}; check the path."
        ) from error
    except (ValueError, OSError, EOFError) as error:
        raise kind(
            f"the {what} must be a .npy or .csv file of numbers; reading {path} failed "
            f"({error}); save it again with numpy.save."
        ) from error
    raise kind(f"the {what} must be a .npy or .csv file; received {path}; save it with numpy.save.")


def _read_npy(path: Path) -> Any:
    with path.open("rb") as file:
        array = np.load(file, allow_pickle=False)
    if not isinstance(array, np.ndarray):
        raise ValueError("it holds several arrays")
    return array


def _read_csv(path: Path) -> Any:
    with path.open(encoding="utf-8") as file:
        first = file.readline().split(",")
    header = any(not _is_number(cell) for cell in first)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of an empty file, which gets its own words
        return np.loadtxt(path, delimiter=",", skiprows=int(header), ndmin=2)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
