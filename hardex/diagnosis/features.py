"""What is measured of a case -> numbers that a forest learns from; a function per family."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.examine import Measured
from hardex.diagnosis.search import JITTER, NOTHING
from hardex.images.transforms import backgrounds

Columns = dict[str, NDArray[np.float64]]
FeatureFunction = Callable[[Measured], Columns]
_TINY = 1e-7
_BLANK = 4  # levels from the background


def of_probabilities(found: Measured) -> Columns:
    """What the model believes: margins, entropy, loss."""
    p, rows = np.asarray(found.p, np.float64), np.arange(len(found))
    own = p[rows, found.cases.given]
    top = np.sort(p, axis=1)[:, ::-1]
    return {
        "loss": -np.log(own + _TINY),
        "confidence": top[:, 0],
        "margin": top[:, 0] - top[:, 1],
        "third": top[:, 2:].sum(axis=1),
        "entropy": _entropy(p),
        "given_rank": (p > own[:, None]).sum(axis=1).astype(float),
        "right": (p.argmax(axis=1) == found.cases.given).astype(float),
    }


def of_small_shifts(found: Measured) -> Columns:
    """What the model believes on average over small shifts, and how much they change it."""
    if found.tried is None:
        return {}
    p = np.asarray(found.p, np.float64)
    jitter = found.tried.of_family(JITTER)
    shifted = np.exp(found.tried.log_p[:, jitter].astype(np.float64)).mean(axis=1)
    mean = (p + len(jitter) * shifted) / (1 + len(jitter))
    top = np.sort(mean, axis=1)
    return {
        "mean_loss": -np.log(mean[np.arange(len(found)), found.cases.given] + _TINY),
        "mean_margin": top[:, -1] - top[:, -2],
        "mean_entropy": _entropy(mean),
        "unstable": np.abs(shifted - p).sum(axis=1),
    }


def of_other_models(found: Measured) -> Columns:
    """How many of the other models are wrong, agree with this one, and believe the given class."""
    if not len(found.others):
        return {}
    rows, given = np.arange(len(found)), found.cases.given
    said = found.others.argmax(axis=2)
    own = found.others[:, rows, given].astype(np.float64)
    return {
        "others_wrong": (said != given).mean(axis=0),
        "others_agree": (said == found.p.argmax(axis=1)).mean(axis=0),
        "others_loss": -np.log(own + _TINY).mean(axis=0),
    }


def _entropy(p: NDArray[np.float64]) -> NDArray[np.float64]:
    found: NDArray[np.float64] = -(p * np.log(p + _TINY)).sum(axis=1)
    return found


def of_distances(found: Measured) -> Columns:
    """How far the training images of each class are, in the embedding and in pixels."""
    columns: Columns = {}
    rows, given, predicted = np.arange(len(found)), found.cases.given, found.p.argmax(axis=1)
    for name, distances in (("embedding", found.embedding), ("pixels", found.pixels)):
        near = np.sort(distances, axis=1)
        own, other = distances[rows, given], distances[rows, predicted]
        columns |= {
            f"{name}_own": own.astype(np.float64),
            f"{name}_predicted": other.astype(np.float64),
            f"{name}_nearest": near[:, 0].astype(np.float64),
            f"{name}_second": near[:, 1] / (near[:, 0] + 0.05),
            f"{name}_ratio": np.log((own + 0.05) / (other + 0.05)),
            f"{name}_rank": (distances < own[:, None]).sum(axis=1).astype(float),
            f"{name}_predicted_rank": (distances < other[:, None]).sum(axis=1).astype(float),
        }
    agree = found.embedding.argmin(axis=1) == found.pixels.argmin(axis=1)
    columns["spaces_agree"] = agree.astype(float)
    return {name: values.astype(np.float64) for name, values in columns.items()}


def of_shares(found: Measured) -> Columns:
    """How large the classes are, and what the model would say if they were equally large."""
    rows, given, predicted = np.arange(len(found)), found.cases.given, found.p.argmax(axis=1)
    shares = found.log_shares
    corrected = np.log(found.p.astype(np.float64) + _TINY) - shares
    return {
        # How small beyond a third is not told apart: each data set has its own few sizes.
        "share_ratio": np.clip(shares[rows, given] - shares[rows, predicted], -1, 1),
        "share": np.clip(shares[rows, given] - np.median(shares, axis=1), -1, 1),
        "corrected_right": (corrected.argmax(axis=1) == given).astype(float),
        "corrected_gap": corrected.max(axis=1) - corrected[rows, given],
    }


def of_search(found: Measured) -> Columns:
    """What each family of transforms, undone, gains: for any class and for the given one."""
    if found.tried is None:
        return {}
    joint = found.tried.joint()
    rows, given = np.arange(len(found)), found.cases.given
    start = joint[:, 0]  # nothing undone
    best, own = start.max(axis=1), start[rows, given]
    density = found.tried.density.min(axis=2)
    columns: Columns = {
        "joint": best.astype(np.float64),
        "joint_own": own.astype(np.float64),
        "joint_gap": (best - own).astype(np.float64),
        "density": density[:, 0].astype(np.float64),
    }
    gains = []
    names = [
        name
        for name in dict.fromkeys(step.family for step in found.tried.steps)
        if name not in (NOTHING, JITTER)
    ]
    for name in names:
        places = found.tried.of_family(name)
        some = joint[:, places]
        any_class = some.max(axis=2)
        at = any_class.argmax(axis=1)
        gain = any_class.max(axis=1) - best
        gain_own = some[rows, :, given].max(axis=1) - own
        gains.append(gain)
        columns |= {
            f"{name}_gain": gain,
            f"{name}_gain_own": gain_own,
            f"{name}_lead": some[rows, :, given].max(axis=1) - best,
            f"{name}_own": (some[rows, at].argmax(axis=1) == given).astype(float),
            f"{name}_density": density[:, places].min(axis=1) - density[:, 0],
        }
    every = np.stack(gains, axis=1)
    ordered = np.sort(every, axis=1)
    columns["best_gain"] = ordered[:, -1]
    columns["gain_ahead"] = ordered[:, -1] - ordered[:, -2]
    for name, gain in zip(names, gains, strict=True):
        columns[f"{name}_ahead"] = gain - ordered[:, -1]
    return {name: np.asarray(values, np.float64) for name, values in columns.items()}


def of_statistics(found: Measured) -> Columns:
    """Brightness, contrast, place and roughness, against all training images and the own class."""
    usual, by_class = found.reference.usual_statistics, found.reference.class_statistics
    whole = (found.statistics - usual[0]) / usual[1]
    moments = by_class[found.cases.given]
    own = (found.statistics - moments[:, 0]) / moments[:, 1]
    columns = {f"statistic_{i}": whole[:, i] for i in range(whole.shape[1])}
    columns |= {f"own_statistic_{i}": own[:, i] for i in range(own.shape[1])}
    return {name: np.clip(values, -30, 30) for name, values in columns.items()}


def of_margins(found: Measured) -> Columns:
    """How blank the sides and corners are: what was turned or moved leaves a margin behind."""
    images = found.cases.images
    _, height, width, _ = images.shape
    apart = np.abs(images - backgrounds(images)[:, None, None, :]).max(axis=3)
    blank = apart <= _BLANK
    strip, corner = (max(1, round(share * min(height, width))) for share in (0.08, 0.2))
    near, far = slice(0, strip), slice(-strip, None)
    whole = slice(None)
    first, last = slice(0, corner), slice(-corner, None)
    sides = [(near, whole), (far, whole), (whole, near), (whole, far)]
    corners = [(first, first), (last, last), (first, last), (last, first)]
    columns: Columns = {"blank": blank.mean(axis=(1, 2))}
    for name, places in (("side", sides), ("corner", corners)):
        shares = np.stack([blank[:, y, x].mean(axis=(1, 2)) for y, x in places], axis=1)
        ordered = np.sort(shares, axis=1)
        columns |= {f"{name}_{i}": shares[:, i] for i in range(4)}
        columns |= {f"{name}_ordered_{i}": ordered[:, i] for i in range(4)}
        columns[f"{name}_opposite"] = np.abs(shares[:, 0] - shares[:, 1]) - np.abs(
            shares[:, 2] - shares[:, 3]
        )
        columns[f"{name}_across"] = shares[:, :2].mean(axis=1) - shares[:, 2:].mean(axis=1)
    return columns


FEATURES: tuple[FeatureFunction, ...] = (
    of_probabilities,
    of_small_shifts,
    of_other_models,
    of_distances,
    of_shares,
    of_search,
    of_statistics,
    of_margins,
)


def features(found: Measured, functions: tuple[FeatureFunction, ...] = FEATURES) -> Columns:
    """The columns of all families, (n,) each."""
    columns: Columns = {}
    for function in functions:
        columns |= function(found)
    return columns


def matrix(columns: Columns) -> NDArray[np.float64]:
    """(n, f)."""
    return np.nan_to_num(np.stack(list(columns.values()), axis=1), posinf=1e6, neginf=-1e6)
