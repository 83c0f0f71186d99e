"""The output of a model's last layer -> one distribution per image."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Probabilities

SIGMOIDS_NOTE = (
    "the model ends in one sigmoid for each class: each row is divided by its sum, so the largest "
    "is the predicted class"
)
Outputs = NDArray[Any]  # (n, k), or (n, 1) of a model with one output for two classes


def distributions(outputs: Outputs, *, logits: bool) -> Probabilities:
    """Outputs -> probabilities; two columns, 1 - p and p, if the model has a single output.

    Args:
        outputs: (n, k) what the model gives, or (n, 1).
        logits: whether a softmax (for one output a sigmoid) is still to be taken.

    Returns:
        (n, k) probabilities, k of 2 or more. Without `logits` they are not changed, nor checked.

    Example:
        >>> distributions(np.array([[0.25], [1.0]]), logits=False).tolist()
        [[0.75, 0.25], [0.0, 1.0]]
        >>> distributions(np.log([[1.0, 3.0]]), logits=True).round(2).tolist()
        [[0.25, 0.75]]
    """
    if outputs.ndim == 2 and outputs.shape[1] == 1:
        if logits:  # sigmoid(z) is the softmax of (0, z)
            return softmax(np.concatenate([np.zeros_like(outputs), outputs], axis=1))
        return np.concatenate([1 - outputs, outputs], axis=1)
    return softmax(outputs) if logits else outputs


def shares(outputs: Outputs) -> Probabilities:
    """Each row divided by its sum: the answers of one sigmoid for each class as a distribution.

    The most probable class stays the same. A row of zeros becomes uniform.

    Example:
        >>> shares(np.array([[0.9, 0.3], [0.0, 0.0]])).tolist()
        [[0.75, 0.25], [0.5, 0.5]]
    """
    raised = np.maximum(outputs, np.finfo(outputs.dtype).tiny)
    rows: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return rows


def softmax(logits: Outputs) -> Probabilities:
    """exp(z) / sum(exp(z)) of each row, stable for large values."""
    with np.errstate(invalid="ignore", over="ignore"):  # NaN and infinity are refused later
        raised = np.exp(logits - logits.max(axis=1, keepdims=True))
        rows: Probabilities = raised / raised.sum(axis=1, keepdims=True)
    return rows
