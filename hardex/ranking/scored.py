"""Predictions -> the same with their scores: each score is computed once per batch."""

from collections.abc import Mapping
from dataclasses import dataclass

from hardex.arrays import Scores
from hardex.predict.predictions import Predictions
from hardex.ranking.scores import ScoreFunction, doubt, least_confidence


@dataclass(frozen=True, eq=False)
class ScoredPredictions:
    """Some predictions and the scores that the table and both lists read.

    Attributes:
        predictions: n of them.
        scores: by name, (n,) each.
    """

    predictions: Predictions
    scores: Mapping[str, Scores]

    @classmethod
    def of(
        cls, predictions: Predictions, functions: Mapping[str, ScoreFunction]
    ) -> "ScoredPredictions":
        """Compute every score once.

        Example:
            >>> import numpy as np
            >>> from hardex.ranking.scores import SCORES
            >>> one = Predictions(np.array([0]), ("a",), np.array([1]), np.array([[0.75, 0.25]]))
            >>> ScoredPredictions.of(one, SCORES).scores["least_confidence"]
            array([0.25])
        """
        p, labels = predictions.probabilities, predictions.labels
        return cls(
            predictions,
            {
                # The largest probabilities are known already.
                name: doubt(predictions.confidence)
                if score is least_confidence
                else score(p, labels)
                for name, score in functions.items()
            },
        )
