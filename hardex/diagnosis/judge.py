"""Features of planted causes -> a forest that names the cause of others, or abstains."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hardex.diagnosis.causes import AMBIGUOUS, IMBALANCE, MISLABELLED, RARE, UNEXPLAINED
from hardex.diagnosis.features import Columns, matrix

# Share of the trees that must agree on a cause. What changes pixels is easily taken for something
# that no plant shows; a wrong label or a lack of training data is not, so fewer votes are enough.
LEAST_VOTES, LEAST_OF_DATA = 0.6, 0.35
MOST_VOTES = 0.95
_RIGHT, _RIGHT_OF_DATA = 0.9, 0.8  # share of the answers that must be right, by other trees
_OF_DATA = frozenset({MISLABELLED, AMBIGUOUS, RARE, IMBALANCE})
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
        thresholds: (c,) the least share of the votes with which each cause is named.
    """

    causes: tuple[str, ...]
    votes: NDArray[np.float64]
    probabilities: NDArray[np.float64]
    thresholds: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.votes)

    def named(self, given: Sequence[str] | None = None) -> NDArray[np.str_]:
        """(n,) the cause of each, `unexplained` below the threshold or if it may not be given.

        Args:
            given: the causes that may be named; all by default.
        """
        names = self.likeliest
        allowed = np.ones(len(self), np.bool_) if given is None else np.isin(names, list(given))
        named: NDArray[np.str_] = np.where(self.sure & allowed, names, UNEXPLAINED)
        return named

    @cached_property
    def sure(self) -> NDArray[np.bool_]:
        """(n,) whether the likeliest cause has the votes that it needs."""
        first = self.votes.argmax(axis=1)
        enough: NDArray[np.bool_] = self.votes.max(axis=1, initial=0) >= self.thresholds[first]
        return enough

    @cached_property
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
        thresholds: (c,) the least share of the votes with which each cause is named.
    """

    causes: tuple[str, ...]
    columns: tuple[str, ...]
    forest: Any
    sharpness: float
    thresholds: NDArray[np.float64]

    def verdicts(self, columns: Columns) -> Verdicts:
        """What it says of cases with these features, (n,) each."""
        ordered = {name: columns[name] for name in self.columns}
        votes = self.forest.predict_proba(matrix(ordered))
        return Verdicts(self.causes, votes, _sharpened(votes, self.sharpness), self.thresholds)

    def nothing(self) -> Verdicts:
        """What it says of no cases."""
        none = np.empty((0, len(self.causes)))
        return Verdicts(self.causes, none, none, self.thresholds)

    def out_of_bag(self) -> Verdicts:
        """What the trees that did not see them say of the plants it was trained on."""
        votes = _out_of_bag(self.forest)
        return Verdicts(self.causes, votes, _sharpened(votes, self.sharpness), self.thresholds)


def _out_of_bag(forest: Any) -> NDArray[np.float64]:
    votes = np.nan_to_num(forest.oob_decision_function_)
    votes[votes.sum(axis=1) == 0] = 1 / votes.shape[1]
    found: NDArray[np.float64] = votes
    return found


def train(columns: Columns, causes: NDArray[np.str_], *, seed: int) -> Judge:
    """Train on planted causes; trees that did not see a plant set thresholds and calibration.

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
        _thresholds(votes, names, causes),
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


def _thresholds(
    votes: NDArray[np.float64], names: NDArray[np.str_], causes: NDArray[np.str_]
) -> NDArray[np.float64]:
    """(c,) for each cause the least share of votes with which it is nearly always right."""
    likeliest, most = names[votes.argmax(axis=1)], votes.max(axis=1)
    found = np.full(len(names), MOST_VOTES)
    for place, name in enumerate(names.tolist()):
        of_data = name in _OF_DATA
        least = LEAST_OF_DATA if of_data else LEAST_VOTES
        for threshold in np.arange(least, MOST_VOTES, 0.05):
            answers = causes[(likeliest == name) & (most >= threshold)]
            if len(answers) and (answers == name).mean() >= (_RIGHT_OF_DATA if of_data else _RIGHT):
                found[place] = threshold
                break
    return found
