"""What a model says of images without labels -> the shares of the classes among them."""

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from hardex.arrays import Probabilities

Shares = NDArray[np.float64]  # (k,) that sum to 1

_STEPS_MOST = 10_000
_CLOSE = 1e-9  # change of a share that ends the steps


def em_shares(probabilities: Probabilities, source: Shares) -> Shares:
    """The shares that make these probabilities likeliest, by expectation maximisation.

    Right if the model is calibrated on data with the shares of the training, and images of a
    class look as they did there.

    Args:
        probabilities: (n, k) of the target images.
        source: (k,) shares that the model learnt from, all above 0.

    Source:
        Saerens, Latinne and Decaestecker, Adjusting the Outputs of a Classifier to New a Priori
        Probabilities (2002).

    Example:
        >>> sure = np.array([[1.0, 0.0], [1.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
        >>> em_shares(sure, np.array([0.5, 0.5])).round(3).tolist()
        [0.75, 0.25]
    """
    p = np.asarray(probabilities, np.float64)
    now = np.array(source, np.float64)
    for _ in range(_STEPS_MOST):
        weighted = p * (now / source)
        after = (weighted / weighted.sum(axis=1, keepdims=True)).mean(axis=0)
        if np.abs(after - now).max() < _CLOSE:
            return np.asarray(after)
        now = after
    return np.asarray(now)


def confusion_shares(confusion: NDArray[np.floating], predicted: Shares) -> Shares:
    """The shares that give these predictions, if the model confuses classes as it did before.

    Needs no calibration, only a confusion matrix that tells the classes apart.

    Args:
        confusion: (k, k) counts by given and predicted class on data that the model did not see.
        predicted: (k,) shares of the predictions on the target images.

    Source:
        Lipton, Wang and Smola, Detecting and Correcting for Label Shift with Black Box Predictors
        (2018); here with shares that are not below 0.

    Example:
        >>> counts = np.array([[8, 2], [1, 9]])
        >>> predicted = np.array([0.8 * 0.3 + 0.1 * 0.7, 0.2 * 0.3 + 0.9 * 0.7])
        >>> confusion_shares(counts, predicted).round(3).tolist()
        [0.3, 0.7]
    """
    rates = confusion / np.maximum(1, confusion.sum(axis=1, keepdims=True))
    found, _ = nnls(rates.T, np.asarray(predicted, np.float64))
    total = found.sum()
    return np.asarray(found / total if total > 0 else np.full(len(found), 1 / len(found)))


def apart(one: Shares, other: Shares) -> float:
    """How far two shares differ: the part of the images that would have to change class.

    Example:
        >>> round(apart(np.array([0.5, 0.5]), np.array([0.7, 0.3])), 3)
        0.2
    """
    return float(np.abs(one - other).sum() / 2)
