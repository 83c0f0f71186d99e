"""Batch losses -> how far they depend on the place in the epoch."""

import numpy as np

from hardex.learning_curves.training_run import BatchCurve, Numbers

_EPOCHS, _BATCHES = 3, 5  # fewest that are compared
_MOST = 2000  # batches of an epoch that are compared
_ALIKE = 0.9  # correlation of neighbours
_SETTLED = 2.5  # times; means over n batches move by 1/n, single batches as much as ever


def explained_by_position(batches: BatchCurve) -> float | None:
    """The share of the differences between batches that their place in the epoch explains, 0..1.

    Adjusted for chance (omega squared), after the trend of each epoch is taken out. None if there
    are too few epochs, or if the values are running means, which depend on the place anyway.

    Example:
        >>> epochs = np.repeat(np.arange(4), 50)
        >>> hard = np.tile(np.sin(np.arange(50) * 2.0), 4)
        >>> round(explained_by_position(BatchCurve(np.arange(200.0), epochs, 2 + hard)), 2)
        1.0
    """
    table = _table(batches)
    if table is None:
        return None
    count, width = table.shape
    flat = table - _fitted(table)
    if _running_means(flat):
        return None
    by_place = flat.mean(axis=0)
    between = count * float(((by_place - flat.mean()) ** 2).sum())
    within = float(((flat - by_place) ** 2).sum())
    unit = within / ((count - 1) * width)
    total = between + within
    if total <= 0:
        return None
    found = (between - (width - 1) * unit) / (total + unit)
    return float(min(1.0, max(0.0, found)))


def _table(batches: BatchCurve) -> Numbers | None:
    """(epochs, batches) losses of the epochs of the usual length; the first one is left out."""
    numbers, starts, counts = np.unique(batches.epochs, return_index=True, return_counts=True)
    if len(numbers) < _EPOCHS:
        return None
    usual = int(np.bincount(counts).argmax())
    if usual < _BATCHES:
        return None
    rows = [
        batches.loss[start : start + usual][:_MOST]
        for start, count in zip(starts.tolist(), counts.tolist(), strict=True)
        if count == usual
    ]
    if len(rows) > _EPOCHS:
        rows = rows[1:]  # in the first epoch the model changes most
    return np.stack(rows[-50:]) if len(rows) >= _EPOCHS else None


def _fitted(table: Numbers) -> Numbers:
    """A parabola through each epoch."""
    width = table.shape[1]
    x = np.linspace(-1, 1, width)
    basis = np.stack([np.ones(width), x, x * x], axis=1)
    weights, *_ = np.linalg.lstsq(basis, table.T, rcond=None)
    found: Numbers = (basis @ weights).T
    return found


def _running_means(flat: Numbers) -> bool:
    """Whether these are sums or means over the epoch so far: neighbours are alike, or settle."""
    steps = np.abs(np.diff(flat, axis=1))
    third = max(1, steps.shape[1] // 3)
    early, late = np.median(steps[:, :third]), np.median(steps[:, -third:])
    neighbours = np.corrcoef(flat[:, :-1].ravel(), flat[:, 1:].ravel())[0, 1]
    return bool(early > _SETTLED * late or neighbours > _ALIKE)
