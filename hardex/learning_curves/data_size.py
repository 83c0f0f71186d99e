"""Error against the size of the training data: would more data help?"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.errors import LogError
from hardex.learning_curves.columns import ACCURACY, VAL_ACCURACY, canonical
from hardex.learning_curves.text_tables import read_table
from hardex.learning_curves.training_run import Numbers

_SIZES = ("size", "examples", "train_size", "n", "train_examples")
_LEAST_SIZES = 4
_DRAWS = 200
_BOUNDS = ([0.0, 1e-9, 0.02], [1.0, 1e6, 2.0])


@dataclass(frozen=True)
class DataCurve:
    """error = floor + scale * size ** -exponent, fitted, and what it foretells.

    Attributes:
        floor, scale, exponent: of the fit.
        sizes, errors: what was fitted.
        at: sizes that are foretold: 2, 4 and 10 times the largest one.
        expected, low, high: errors there, with 95 % intervals.
        verdict: one sentence.
    """

    floor: float
    scale: float
    exponent: float
    sizes: tuple[float, ...]
    errors: tuple[float, ...]
    at: tuple[float, ...]
    expected: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    verdict: str

    def as_json(self) -> dict[str, Any]:
        """Plain data."""
        return asdict(self)


def data_curve(sizes: Sequence[float], errors: Sequence[float], *, seed: int = 0) -> DataCurve:
    """Fit a power law to errors at several sizes of the training data.

    Args:
        sizes: numbers of training examples, at least four different ones; repeated for several
            seeds.
        errors: the error of validation of each, 0..1.
        seed: of the bootstrap.

    Raises:
        LogError: there are too few sizes, or a value is out of range.

    Source: Hestness et al., Deep Learning Scaling is Predictable, Empirically (2017).

    Example:
        >>> sizes = [100, 200, 400, 800, 1600]
        >>> found = data_curve(sizes, [0.05 + 2.0 * size**-0.5 for size in sizes])
        >>> round(found.exponent, 2), round(found.floor, 2)
        (0.5, 0.05)
    """
    x, y = np.asarray(sizes, np.float64), np.asarray(errors, np.float64)
    _check(x, y)
    rng = np.random.default_rng(seed)
    fitted = _fit(x, y)
    expected = _law(x, fitted)
    apart = y - expected
    at = x.max() * np.array([2.0, 4.0, 10.0])
    spread = np.sqrt(len(x) / max(1, len(x) - 3))  # three values were fitted
    drawn = np.stack(
        [
            _law(at, _fit(x, np.clip(expected + spread * rng.choice(apart, len(x)), 0, 1)))
            for _ in range(_DRAWS)
        ]
    )
    low, high = np.percentile(drawn, [2.5, 97.5], axis=0)
    foretold = _law(at, fitted)
    now = float(_law(np.array([x.max()]), fitted)[0])
    floor, scale, exponent = fitted.tolist()
    return DataCurve(
        floor,
        scale,
        exponent,
        tuple(x.tolist()),
        tuple(y.tolist()),
        tuple(at.tolist()),
        tuple(foretold.tolist()),
        tuple(low.tolist()),
        tuple(high.tolist()),
        _verdict(now, float(foretold[0]), float(low[0]), float(high[0])),
    )


def read_sizes(path: str | Path) -> DataCurve:
    """The curve of a CSV with the columns `size` and `error`, or `accuracy`.

    Raises:
        LogError: it cannot be read, has other columns, or cannot be fitted.
    """
    raw = read_table(Path(path), str(path))
    columns = {
        canonical(name): values for name, values in zip(raw.header, raw.columns, strict=True)
    }
    size = next((columns[name] for name in _SIZES if name in columns), None)
    error = next((columns[name] for name in ("error", "val_error") if name in columns), None)
    if error is None:
        right = next((columns[name] for name in (VAL_ACCURACY, ACCURACY) if name in columns), None)
        error = None if right is None else 1 - right
    if size is None or error is None:
        raise LogError(
            f"a table of sizes must have the columns size and error, or accuracy; {path} has "
            f"{', '.join(raw.header[:8])}; name them so."
        )
    return data_curve(size.tolist(), error.tolist())


def _check(x: Numbers, y: Numbers) -> None:
    if len(x) != len(y):
        raise LogError(
            f"each size must have one error; {len(x)} sizes and {len(y)} errors came; pass as many "
            "of both."
        )
    if not (np.isfinite(x).all() and np.isfinite(y).all() and (x > 0).all()):
        raise LogError("sizes must be above 0 and errors must be numbers; some are not; mend them.")
    if ((y < 0) | (y > 1)).any():
        wrong = float(y[(y < 0) | (y > 1)][0])
        raise LogError(f"errors must be shares from 0 to 1; {wrong:g} came; pass 1 - accuracy.")
    if len(np.unique(x)) < _LEAST_SIZES:
        raise LogError(
            f"a curve needs at least {_LEAST_SIZES} different sizes; {len(np.unique(x))} came; "
            "train on more parts of the data."
        )


def _law(x: Numbers, values: NDArray[np.float64]) -> Numbers:
    floor, scale, exponent = values
    found: Numbers = floor + scale * x**-exponent
    return found


def _fit(x: Numbers, y: Numbers) -> NDArray[np.float64]:
    """Least squares of relative errors, from several beginnings."""
    from scipy.optimize import least_squares

    weight = np.maximum(y, 0.2 * y.max() + 1e-9)
    best: Any = None
    for exponent in (0.3, 0.7):
        start = [0.5 * y.min(), (y.max() - 0.5 * y.min()) * x.min() ** exponent, exponent]
        start = np.clip(start, np.array(_BOUNDS[0]) + 1e-12, np.array(_BOUNDS[1]) - 1e-12).tolist()
        found = least_squares(
            lambda values: (_law(x, values) - y) / weight, start, bounds=_BOUNDS, x_scale="jac"
        )
        if best is None or found.cost < best.cost:
            best = found
    values: NDArray[np.float64] = best.x
    return values


def _verdict(now: float, twice: float, low: float, high: float) -> str:
    gain, least, most = now - twice, now - high, now - low
    words = f"Twice the data would lower the error from {now:.3f} to {twice:.3f} ({low:.3f} to "
    words += f"{high:.3f}): "
    if least > 0.05 * now:
        return words + "more data helps."
    if most < 0.05 * now:
        return words + "more data of this kind hardly helps."
    return words + ("it may help." if gain > 0.05 * now else "it can hardly be told.")
