"""One pass over a data set, or over a table written before -> what is counted and kept."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from hardex.arrays import Labels, Positions, Probabilities
from hardex.data.dataset import Meta
from hardex.errors import DatasetError
from hardex.pipeline.prediction_source import PredictionSource
from hardex.predict.accumulators import Calibration, Confusion
from hardex.predict.predictions import Predictions
from hardex.predict.slices import LeftOut, Slices, columns_of
from hardex.ranking.adjusted import ClassConfidence
from hardex.ranking.lists import Shortlists, needs_whole_set, score_of
from hardex.ranking.order import Rule
from hardex.ranking.scores import SCORES

Progress = Callable[[str, int, int], None]  # what is done, how many are done, of how many


@dataclass(frozen=True, eq=False)
class Counted:
    """What is counted of every example; an accumulator of accumulators."""

    confusion: Confusion
    calibration: Calibration
    confidence: ClassConfidence
    slices: Slices
    left_out: tuple[LeftOut, ...]

    @classmethod
    def empty(cls, class_count: int, meta: Meta) -> Self:
        """Nothing seen yet."""
        columns, left_out = columns_of(meta)
        return cls(
            Confusion.empty(class_count),
            Calibration.empty(),
            ClassConfidence.empty(class_count),
            Slices.empty(columns),
            left_out,
        )

    def update(self, batch: Predictions) -> Self:
        """With one more batch."""
        return replace(
            self,
            confusion=self.confusion.update(batch),
            calibration=self.calibration.update(batch),
            confidence=self.confidence.update(batch.probabilities, batch.labels),
            slices=self.slices.update(batch),
        )


def first_pass(
    table: Path, work: PredictionSource, rule: Rule, progress: Progress
) -> tuple[Counted, Shortlists]:
    """The one pass over the data: the table on disk, counts and candidates in memory."""
    from hardex.runs.tables import PredictionsWriter

    k = len(work.class_names)
    files, meta = (work.dataset.files, work.dataset.meta) if work.dataset else ((), {})
    counted = Counted.empty(k, meta)
    lists = None if needs_whole_set(rule) else Shortlists.empty(rule, k)
    done = 0
    progress("ranking", 0, work.total)
    with PredictionsWriter(table, class_names=work.class_names, files=files, meta=meta) as writer:
        for batch in work.predictions():
            writer.write(batch)
            counted = counted.update(batch)
            if lists is not None:
                lists = lists.update(batch.probabilities, batch.labels, batch.positions)
            done += len(batch)
            progress("ranking", done, work.total)
    if not done:
        raise DatasetError(
            f"at least one image must be readable; none of the {work.total} is; look at one of "
            "the files with an image viewer."
        )
    add_own_columns(table, rule, counted.confidence)
    return counted, lists or second_pass(table, rule, k, counted.confidence)


def second_pass(
    table: Path, rule: Rule, class_count: int, confidence: ClassConfidence
) -> Shortlists:
    """The candidates of both lists from predictions.parquet, without the model."""
    lists = Shortlists.empty(rule, class_count, confidence=confidence)
    for part in _rows(table):
        lists = lists.update(*part)
    return lists


def confidence_in(table: Path, class_count: int) -> ClassConfidence:
    """The class statistics of predictions.parquet."""
    confidence = ClassConfidence.empty(class_count)
    for probabilities, labels, _ in _rows(table):
        confidence = confidence.update(probabilities, labels)
    return confidence


def add_own_columns(table: Path, rule: Rule, confidence: ClassConfidence) -> None:
    """Give predictions.parquet a column for each score of the rule that it does not have."""
    from hardex.runs.tables import add_scores

    missing = {name for name in (rule.unsure, rule.wrong) if name not in SCORES}
    if missing:
        add_scores(table, {name: score_of(name, confidence) for name in sorted(missing)})


def _rows(table: Path) -> Iterator[tuple[Probabilities, Labels, Positions]]:
    from hardex.runs.tables import stream_predictions

    for rows in stream_predictions(table):
        yield rows.probabilities, rows.labels, rows.positions
