"""A pass over predictions, whole or in parts -> the table on disk, and what is kept of it.

A pass on one machine is one stream: `run_pass`. To share it among workers, cut the positions into
ranges. Each worker opens the same data and model, and does its own range with `run_part`: the rows
go into a table of their own, and the `PassState` that it returns can be pickled. `join_parts`
writes one table from all of them and merges the states. Both are then those of a single pass, bit
for bit, if the probabilities are.

The last bits of a forward pass may depend on which images share a batch. With a model, therefore,
let each range begin at a multiple of `batch_size`, so that the batches are those of a single pass;
a file that cannot be read moves the batches behind it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

from hardex.pipeline.causes import Causes
from hardex.pipeline.pass_state import PassResult, PassState
from hardex.pipeline.prediction_source import PredictionSource
from hardex.ranking.adjusted import ClassConfidence
from hardex.ranking.lists import ListCandidates, Shortlists, scores_of
from hardex.ranking.order import Rule
from hardex.ranking.scored import ScoredPredictions
from hardex.ranking.scores import SCORES

Progress = Callable[[str, int, int], None]  # stage, how many are done, of how many


def silent(stage: str, done: int, total: int) -> None:
    """A `Progress` that shows nothing."""


@dataclass(frozen=True, eq=False)
class PartOfPass:
    """What one worker gives back.

    Attributes:
        positions: the range that it did.
        table: the file with its rows of predictions.parquet.
        state: what it counted and kept; can be pickled.
    """

    positions: range
    table: Path
    state: PassState


Pass = Callable[[Path, PredictionSource, Rule, Progress], PassState]  # writes the table, too


def run_pass(
    table: Path, source: PredictionSource, rule: Rule, progress: Progress = silent
) -> PassState:
    """The whole pass as one stream; a `Pass`."""
    return run_part(table, source, rule, range(source.total), progress).state


def run_part(
    table: Path,
    source: PredictionSource,
    rule: Rule,
    positions: range,
    progress: Progress = silent,
) -> PartOfPass:
    """Predict, score and count the examples of a range, one batch in memory at a time.

    Args:
        table: the file to write their rows to.
        source: opened alike by every worker.
        rule: how the lists are made; the same for every worker.
        positions: the range, with step 1.
        progress: called after every batch.
    """
    from hardex.runs.tables import PredictionsWriter

    files, meta = (source.dataset.files, source.dataset.meta) if source.dataset else ((), {})
    functions = SCORES | scores_of(rule)
    state = PassState.empty(rule, len(source.class_names), meta)
    done = 0
    progress("ranking", 0, len(positions))
    with PredictionsWriter(
        table,
        class_names=source.class_names,
        files=files,
        meta=meta,
        own_scores=sorted(functions.keys() - SCORES),
    ) as writer:
        for predictions in source.predictions(positions):
            batch = ScoredPredictions.of(predictions, functions)
            writer.write(batch)
            state = state.update(batch)
            done += len(predictions)
            progress("ranking", done, len(positions))
    skipped = source.dataset.skipped() if source.dataset else ()
    return PartOfPass(positions, table, state.with_skipped(skipped))


def join_parts(parts: Sequence[PartOfPass], table: Path, *, class_count: int) -> PassState:
    """Write the table of a whole pass from its parts, given in any order, and merge their states.

    Raises:
        ValueError: the ranges leave a gap or overlap.
    """
    from hardex.runs.tables import join_tables

    ordered = sorted(parts, key=lambda part: (part.positions.start, part.positions.stop))
    ends = [0, *(part.positions.stop for part in ordered)]
    if any(part.positions.start != end for part, end in zip(ordered, ends[:-1], strict=True)):
        raise ValueError("the parts of a pass must cover all positions once")
    join_tables([part.table for part in ordered], table, class_count=class_count)
    return reduce(PassState.merge, (part.state for part in ordered))


def candidates_of(
    result: PassResult, table: Path, rule: Rule, class_count: int
) -> dict[str, ListCandidates]:
    """The candidates of both lists; of a rule that needs the whole set, by a second pass."""
    if result.candidates is not None:
        return result.candidates
    return second_pass(table, rule, class_count, result.class_confidence)


def second_pass(
    table: Path,
    rule: Rule,
    class_count: int,
    confidence: ClassConfidence | None,
    causes: Causes | None = None,
) -> dict[str, ListCandidates]:
    """The candidates of both lists from predictions.parquet, without the model.

    A score of the rule that the table lacks becomes a column of it. The class statistics are
    needed only where the rule needs the whole set, the causes where it needs groups: then only
    diagnosed examples are candidates.
    """
    from hardex.runs.tables import stream_scored

    lists = Shortlists.empty(rule, class_count)
    for batch in stream_scored(table, scores_of(rule, confidence)):
        if causes is not None:
            batch = causes.diagnosed(batch)
        groups = None if causes is None else causes.of(batch.predictions.positions)
        lists = lists.update(batch, groups)
    return lists.result()


def confidence_in(table: Path, class_count: int) -> ClassConfidence:
    """The class statistics of predictions.parquet."""
    from hardex.runs.tables import stream_predictions

    confidence = ClassConfidence.empty(class_count)
    for rows in stream_predictions(table):
        confidence = confidence.update(rows.probabilities, rows.labels)
    return confidence
