"""Features of planted causes -> a forest that names the cause of others, or abstains."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.features import Columns, matrix

LEAST_VOTES = 0.6  # share of the trees that must agree on a cause
_MOST_VOTES = 0.9
_MOST_MADE_UP = 0.05  # share of the plants of no named cause that may get an answer
_TREES = 300
_SHARPNESS = np.arange(0.8, 4.05, 0.1)
_LEAST = 1e-4  # probability of a cause no tree votes for


@dataclass(frozen=True, eq=False)
class Verdicts:
    """What a judge says of n cases.

    Attributes:
        causes: c names, those of the columns.
        votes: (n, c) shares of the trees.
        probabilities: (n, c) calibrated; rows sum to 1.
        threshold: the least share of the votes of an answer.
    """

    causes: tuple[str, ...]
    votes: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    threshold: float

    def __len__(self) -> int:
        return len(self.votes)

    def named(self, given: Sequence[str] | None = None) -> NDArray[np.str_]:
        """(n,) the cause of each, `unexplained` below the threshold or if it may not be given.

        Args:
            given: the causes that may be named; all by default.
        """
        first = self.votes.argmax(axis=1)
        names = np.array(self.causes)[first]
        sure = self.votes[np.arange(len(self)), first] >= self.threshold
        allowed = np.ones(len(self), np.bool_) if given is None else np.isin(names, list(given))
        named: NDArray[np.str_] = np.where(sure & allowed, names, UNEXPLAINED)
        return named

    @property
    def likeliest(self) -> NDArray[np.str_]:
        """(n,) the cause with the most votes, whether or not they are enough."""
        names: NDArray[np.str_] = np.array(self.causes)[self.votes.argmax(axis=1)]
        return names


@dataclass(frozen=True, eq=False)
class Judge:
    """A forest that was trained on planted causes.

    Attributes:
        causes: c names.
        columns: f names of the features.
        forest: gives (n, c) votes.
        sharpness: the exponent that calibrates votes; forests are too modest.
        threshold: the least share of the votes of an answer.
    """

    causes: tuple[str, ...]
    columns: tuple[str, ...]
    forest: Any
    sharpness: float
    threshold: float

    def verdicts(self, columns: Columns) -> Verdicts:
        """What it says of cases with these features, (n,) each."""
        ordered = {name: columns[name] for name in self.columns}
        votes = self.forest.predict_proba(matrix(ordered))
        return Verdicts(self.causes, votes, _sharpened(votes, self.sharpness), self.threshold)

    def nothing(self) -> Verdicts:
        """What it says of no cases."""
        none = np.empty((0, len(self.causes)))
        return Verdicts(self.causes, none, none, self.threshold)

    def out_of_bag(self) -> Verdicts:
        """What the trees that did not see them say of the plants it was trained on."""
        votes = _out_of_bag(self.forest)
        return Verdicts(self.causes, votes, _sharpened(votes, self.sharpness), self.threshold)


def _out_of_bag(forest: Any) -> NDArray[np.float64]:
    votes = np.nan_to_num(forest.oob_decision_function_)
    votes[votes.sum(axis=1) == 0] = 1 / votes.shape[1]
    found: NDArray[np.float64] = votes
    return found


def train(columns: Columns, causes: NDArray[np.str_], *, seed: int) -> Judge:
    """Train on planted causes; threshold and calibration come from the trees that did not see them.

    Args:
        columns: features of n plants, (n,) each.
        causes: (n,) their causes.
        seed: of the forest.

    Source: Breiman, Random Forests (2001). The exponent is temperature scaling (Guo et al., On
        Calibration of Modern Neural Networks, 2017) of the logarithms of the votes.
    """
    from sklearn.ensemble import RandomForestClassifier

    rows = matrix(columns)
    forest: Any = RandomForestClassifier(
        _TREES,
        min_samples_leaf=2,
        max_features=min(1.0, max(0.15, 2 / rows.shape[1])),
        oob_score=True,
        n_jobs=-1,
        random_state=seed,
    )
    with warnings.catch_warnings():  # about few plants, which the self-test reports itself
        warnings.simplefilter("ignore", UserWarning)
        forest.fit(rows, causes)
    forest.n_jobs = 1  # threads add up the votes in any order, which changes their last bits
    names = forest.classes_
    votes = _out_of_bag(forest)
    return Judge(
        tuple(names.tolist()),
        tuple(columns),
        forest,
        _sharpness(votes, np.searchsorted(names, causes)),
        _threshold(votes, names, causes),
    )


def _sharpened(votes: NDArray[np.float64], exponent: float) -> NDArray[np.float64]:
    powers = np.maximum(votes, _LEAST) ** exponent
    sharp: NDArray[np.float64] = powers / powers.sum(axis=1, keepdims=True)
    return sharp


def _sharpness(votes: NDArray[np.float64], labels: NDArray[np.int64]) -> float:
    """The exponent under which the true causes are the likeliest."""
    rows = np.arange(len(labels))
    losses = [-np.log(_sharpened(votes, a)[rows, labels]).mean() for a in _SHARPNESS]
    return float(_SHARPNESS[int(np.argmin(losses))])


def _threshold(
    votes: NDArray[np.float64],
    names: NDArray[np.str_],
    causes: NDArray[np.str_],
) -> float:
    """The least share of votes at which few of the plants without a named cause get one."""
    first = votes.argmax(axis=1)
    answered = names[first] != UNEXPLAINED
    nameless = causes == UNEXPLAINED
    if not nameless.any():
        return LEAST_VOTES
    for threshold in np.arange(LEAST_VOTES, _MOST_VOTES, 0.05):
        made_up = answered & (votes.max(axis=1) >= threshold)
        if made_up[nameless].mean() <= _MOST_MADE_UP:
            return float(threshold)
    return _MOST_VOTES
