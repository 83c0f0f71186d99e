"""Probabilities -> difficulty. In every score here, higher is harder.

All scores take the same two arrays, so they are interchangeable. They are computed in double
precision: in single precision `1 - p` and `-log p` are equal for some p that differ.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Labels, Probabilities, Scores, row_maxima

SMALLEST = 1.1754944e-38  # the smallest normal float32; keeps the loss finite at exactly 0


def least_confidence(probabilities: Probabilities, labels: Labels) -> Scores:
    """How unsure the model is of its own prediction: 1 - max p. Labels play no part.

    Args:
        probabilities: (n, k), rows sum to 1.
        labels: (n,), 0..k-1.

    Returns:
        (n,) in [0, 1 - 1/k]. 0: certain.

    Source:
        Settles, Active Learning Literature Survey (2009).

    Example:
        >>> least_confidence(np.array([[0.9, 0.1], [0.5, 0.5]]), np.array([0, 0])).round(2)
        array([0.1, 0.5])
    """
    return doubt(row_maxima(probabilities))


def doubt(confidence: Probabilities) -> Scores:
    """The `least_confidence` of examples whose max p is known, (n,).

    Example:
        >>> doubt(np.array([0.75, 0.5]))
        array([0.25, 0.5 ])
    """
    return np.asarray(1.0 - confidence.astype(np.float64))


def margin(probabilities: Probabilities, labels: Labels) -> Scores:
    """How close the runner-up came: 1 - (best - second best). Labels play no part.

    Returns:
        (n,) in [0, 1]. 0: no contest. 1: a tie.

    Source:
        "Margin sampling" in Settles, Active Learning Literature Survey (2009), turned so that
        higher is harder.

    Example:
        >>> margin(np.array([[0.5, 0.5, 0.0], [0.9, 0.1, 0.0]]), np.array([0, 0])).round(2)
        array([1. , 0.2])
    """
    top_two = np.partition(probabilities, -2, axis=1)[:, -2:].astype(np.float64)
    return 1.0 - (top_two[:, 1] - top_two[:, 0])


def entropy(probabilities: Probabilities, labels: Labels) -> Scores:
    """How widely the probability is spread: -sum p ln p, over ln k. Labels play no part.

    Returns:
        (n,) in [0, 1]. 0: certain. 1: all classes equal.

    Source:
        Shannon (1948); FiftyOne calls its unscaled form "hardness".

    Example:
        >>> entropy(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0])).round(2)
        array([1., 0.])
    """
    p = probabilities.astype(np.float64)
    terms = p * np.log(np.maximum(p, SMALLEST))
    # `0.0 -` rather than a minus sign: a certain row gives 0, not -0.
    return np.asarray((0.0 - terms.sum(axis=1)) / np.log(p.shape[1]))


def loss(probabilities: Probabilities, labels: Labels) -> Scores:
    """How surprised the model is by the given label: -ln max(p(label), 1.1754944e-38).

    Returns:
        (n,) in [0, 87.34]. 0: certain of the label.

    Source:
        Cross-entropy; ranks like the complement of "self-confidence" in Northcutt et al.,
        Confident Learning (2021).

    Example:
        >>> loss(np.array([[1.0, 0.0], [0.5, 0.5]]), np.array([1, 0])).round(2)
        array([87.34,  0.69])
    """
    return surprise(_of_label(probabilities, labels))


def surprise(of_label: NDArray[np.floating]) -> Scores:
    """The `loss` of examples whose p(label) is known, (n,).

    Example:
        >>> surprise(np.array([1.0, 0.5])).round(2)
        array([0.  , 0.69])
    """
    return np.asarray(0.0 - np.log(np.maximum(of_label.astype(np.float64), SMALLEST)))


def normalized_margin(probabilities: Probabilities, labels: Labels) -> Scores:
    """How far the best other class is ahead of the given label: max other p - p(label).

    Returns:
        (n,) in [-1, 1]. -1: certain of the label. 1: certain of another class.

    Source:
        "Normalized margin" in Northcutt et al., Confident Learning (2021), turned so that higher
        is harder.

    Example:
        >>> normalized_margin(np.array([[0.7, 0.3], [0.2, 0.8]]), np.array([0, 0])).round(2)
        array([-0.4,  0.6])
    """
    others = probabilities.astype(np.float64)
    others[np.arange(len(labels)), labels] = -np.inf
    return np.asarray(others.max(axis=1) - _of_label(probabilities, labels))


def el2n(probabilities: Probabilities, labels: Labels) -> Scores:
    """Distance of the probabilities from the one-hot given label, ||p - y||.

    Returns:
        (n,) in [0, sqrt 2]. 0: certain of the label. 1.41: certain of another class.

    Source:
        "EL2N" in Paul et al., Deep Learning on a Data Diet (2021).

    Example:
        >>> el2n(np.array([[1.0, 0.0], [0.0, 1.0]]), np.array([0, 0])).round(2)
        array([0.  , 1.41])
    """
    difference = probabilities.astype(np.float64)
    difference[np.arange(len(labels)), labels] -= 1.0
    return np.asarray(np.sqrt((difference**2).sum(axis=1)))


def _of_label(probabilities: Probabilities, labels: Labels) -> NDArray[np.float64]:
    return probabilities[np.arange(len(labels)), labels].astype(np.float64)


ScoreFunction = Callable[[Probabilities, Labels], Scores]
SCORES: dict[str, ScoreFunction] = {
    "least_confidence": least_confidence,
    "margin": margin,
    "entropy": entropy,
    "loss": loss,
    "normalized_margin": normalized_margin,
    "el2n": el2n,
}

ADJUSTED = "adjusted_self_confidence"  # needs class statistics of the whole set: `adjusted.py`

# Which scores may order which list: the unsure list knows no labels, the wrong list needs them.
UNSURE_SCORES = ("least_confidence", "margin", "entropy")
WRONG_SCORES = ("loss", "normalized_margin", "el2n", ADJUSTED)

FORMULAS = {
    "least_confidence": "1 - max p",
    "margin": "1 - (largest p - second largest p)",
    "entropy": "-sum(p ln p) / ln k",
    "loss": "-ln max(p(given), 1.1754944e-38)",
    "normalized_margin": "max p(other) - p(given)",
    "el2n": "||p - onehot(given)||",
    ADJUSTED: "1 - q(given), q = (p - t + max t) / sum, t(j) = mean p(j) over given j",
}

# What the score of one example means.
MEANINGS = {
    "least_confidence": "how unsure the model is of its prediction",
    "margin": "how close the runner-up came",
    "entropy": "how widely the probability is spread over the classes",
    "loss": "how surprised the model is by the given label",
    "normalized_margin": "how far the best other class is ahead of the given label",
    "el2n": "how far the probabilities are from the given label",
    ADJUSTED: "how improbable the given label is, compared with other examples of its class",
}
