"""findings.parquet -> the cause of each diagnosed example as a number, for a ranking by cause."""

from dataclasses import dataclass

import numpy as np

from hardex.arrays import Labels, Positions
from hardex.errors import RunError
from hardex.predict.predictions import Predictions
from hardex.ranking.scored import ScoredPredictions
from hardex.runs.findings import FINDINGS, UNEXPLAINED
from hardex.runs.run import Run


@dataclass(frozen=True, eq=False)
class Causes:
    """The causes of the diagnosed examples of a run.

    Attributes:
        positions: (m,) places of the diagnosed examples in the data set, rising.
        numbers: (m,) the cause of each, 0 or more; equal where the causes are.

    Example:
        >>> known = Causes(np.array([3, 8]), np.array([0, 1]))
        >>> known.of(np.array([8, 5]))
        array([ 1, -1])
    """

    positions: Positions
    numbers: Labels

    def of(self, positions: Positions) -> Labels:
        """(n,) the cause of each example; -1 for those that were not diagnosed."""
        if not len(self.positions):
            return np.full(len(positions), -1)
        places = np.searchsorted(self.positions, positions)
        places = np.minimum(places, len(self.positions) - 1)
        return np.where(self.positions[places] == positions, self.numbers[places], -1)

    def diagnosed(self, batch: ScoredPredictions) -> ScoredPredictions:
        """The examples of a batch that have a cause."""
        seen = batch.predictions
        rows = np.flatnonzero(self.of(seen.positions) >= 0)
        return ScoredPredictions(
            Predictions(seen.positions[rows], (), seen.labels[rows], seen.probabilities[rows]),
            {name: scores[rows] for name, scores in batch.scores.items()},
        )


def causes_of(run: Run) -> Causes:
    """The causes that the diagnosis of a run found.

    Raises:
        RunError: the run has not been diagnosed, or its findings are not about its examples.
    """
    table = run.findings
    # An unexplained example takes its turn with the cause that comes nearest.
    nearest = table["second_cause"].where(table["cause"] == UNEXPLAINED).fillna(table["cause"])
    found = dict(zip(map(str, table["id"]), map(str, nearest), strict=True))
    places = dict(run.tables.positions(list(found)))
    if unknown := len(found) - len(places):
        raise RunError(
            f"{FINDINGS} of a run must be about its examples; in {run.folder}, {unknown} of "
            f"{len(found)} findings are about others; diagnose the run again with "
            f"hardex diagnose {run.folder} --train DATA."
        )
    numbers = {cause: number for number, cause in enumerate(dict.fromkeys(found.values()))}
    in_order = sorted((position, numbers[found[id]]) for id, position in places.items())
    return Causes(*np.array(in_order, np.int64).reshape(-1, 2).T)
