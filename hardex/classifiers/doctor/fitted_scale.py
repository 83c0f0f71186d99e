"""Mean and standard deviation of the pixels, fitted so that a model loses least."""

import numpy as np
from numpy.typing import NDArray

from hardex.classifiers.doctor.examination import Examination, first_examples
from hardex.classifiers.doctor.statistics import losses
from hardex.classifiers.preprocess import pixel_tables
from hardex.errors import ClassifierError

_EXAMPLES = 128  # at least, on which each pair of numbers is judged
_MOST_TRIES = 27
_MEANS, _STDS = (0.2, 0.5, 0.8), (0.08, 0.2, 0.5)  # a coarse grid to start from


def fitted_scale(examination: Examination, start: str, options: tuple[str, ...]) -> str | None:
    """The name `mean=M,std=S` with which the mean loss on these examples is smallest.

    The search is in two dimensions, what black and what white become, by the simplex method
    (Nelder and Mead 1965): it needs no gradient, and few forward passes.

    Args:
        examination: the model and the examples to fit to; only some of them are used.
        start: the name of the scale to start from.
        options: what is done to the pixels before.

    Returns:
        None if no pair of numbers was better than others.
    """
    from scipy.optimize import minimize

    size = examination.batch_size
    few = first_examples(examination, -(-_EXAMPLES // size) * size)

    def loss(ends: NDArray[np.float64]) -> float:
        try:
            answers = few.probabilities_with(_name(ends), options)
        except ClassifierError:  # numbers that no name may have
            return 99.0
        if not np.isfinite(answers).all():
            return 99.0
        return float(losses(answers, few.labels).given.mean())

    starts = [_ends(start), *(np.array([-m / s, (1 - m) / s]) for m in _MEANS for s in _STDS)]
    ends = min(starts, key=loss)
    reach = max(float(ends[1] - ends[0]), 0.1)
    corners = ends + reach * np.array([[0.0, 0.0], [-0.3, 0.0], [0.0, 0.6]])
    found = minimize(
        loss,
        ends,
        method="Nelder-Mead",
        options={"maxfev": _MOST_TRIES, "initial_simplex": corners, "fatol": 1e-4, "xatol": 1e-3},
    )
    return _name(found.x) if found.fun < 99 else None


def is_nearly(name: str, other: str) -> bool:
    """Whether two scales differ by less than a factor of 1.8 and a quarter of their range.

    Example:
        >>> is_nearly("mean=0,std=0.6", "unit"), is_nearly("mean=0.5,std=0.5", "unit")
        (True, False)
    """
    (black, white), (low, high) = _ends(name), _ends(other)
    times = (white - black) / max(high - low, 1e-9)
    moved = abs(black - low) / max(high - low, white - black)
    return bool(1 / 1.8 < times < 1.8 and moved < 0.25)


def _ends(scale: str) -> NDArray[np.float64]:
    """What black and white become, on average over the channels; 0 and 1 if nobody can tell."""
    table = pixel_tables(scale)
    if table is None:
        return np.array([0.0, 1.0])
    return np.asarray(table[[0, -1]].mean(axis=1), np.float64)


def _name(ends: NDArray[np.float64]) -> str:
    """White is (1 - mean) / std, and black is -mean / std."""
    black, white = map(float, ends)
    if white <= black:
        raise ClassifierError("white must be more than black; received less; start elsewhere.")
    std = 1 / (white - black)
    return f"mean={-black * std:.3g},std={std:.3g}"
