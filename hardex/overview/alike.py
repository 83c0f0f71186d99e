"""An example -> those for which the model predicts the most similar probabilities."""

import numpy as np

from hardex.arrays import Positions
from hardex.errors import RunError
from hardex.predict.predictions import Predictions
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import stream_predictions

ALIKE = 60  # a page of them


def alike(run: Run, id: str, count: int = ALIKE) -> Positions:
    """The examples whose probabilities are most like those of this one, most alike first.

    The distance is Hellinger's (1909): that between the square roots of the probabilities. All
    examples are compared, one row group in memory at a time; ties go by position.

    Args:
        run: of which the examples are.
        id: of the example, which comes first.
        count: how many, at most.

    Returns:
        (m,) positions.

    Raises:
        RunError: no such example, or the table cannot be read.
    """
    wanted = np.sqrt(np.asarray(run.row(id)["probabilities"], np.float64))
    own = run.position(id)
    places, distances = np.empty(0, np.int64), np.empty(0)
    try:
        for part in stream_predictions(run.folder / RESULTS / TABLE):
            places = np.concatenate([places, part.positions])
            distances = np.concatenate([distances, _distances(part, wanted)])
            best = np.lexsort((places, distances))[: count + 1]
            places, distances = places[best], distances[best]
    except (OSError, ValueError) as error:
        raise RunError(
            f"the predictions of a run must be readable; those of {run.folder} are not; rank again "
            "with --force."
        ) from error
    others = places[places != own][: count - 1]
    found: Positions = np.concatenate([np.array([own], np.int64), others])
    return found


def _distances(part: Predictions, wanted: np.ndarray) -> np.ndarray:
    """(n,) in whole millionths, so that equal rows tie whatever their batch."""
    apart = np.sqrt(part.probabilities.astype(np.float64)) - wanted
    distances: np.ndarray = np.rint(1e6 * np.sqrt((apart**2).sum(axis=1) / 2))
    return distances
