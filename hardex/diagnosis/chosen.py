"""A run -> the examples to diagnose: the hardest of both lists."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hardex.arrays import Positions
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run
from hardex.runs.tables import labels_of, numbers_of

_LOSS, _UNSURE = "loss", "least_confidence"


@dataclass(frozen=True, eq=False)
class Chosen:
    """The examples of a run, by what is done with them.

    Attributes:
        positions: (n,) of those to diagnose: the wrong ones by loss, then the others by how unsure
            the model is, hardest first.
        right: (m,) of those that the model has right and that are not diagnosed, ascending.
        wrong: how many of the first are wrong.
        what: which were chosen, a clause.
    """

    positions: Positions
    right: Positions
    wrong: int
    what: str


def choose(run: Run, *, count: int, all: bool, most: int = 2**31) -> Chosen:
    """The examples to diagnose.

    Args:
        run: the run.
        count: how many of the hardest of each list.
        all: whether every wrong example is taken.
        most: how many pictures fit into memory; the hardest of them are taken.
    """
    table = run.folder / RESULTS / TABLE
    found = labels_of(table)
    rule = run.manifest.rule
    scores = [
        str(rule.get(name)) if rule.get(name) in run.tables.columns else usual
        for name, usual in (("wrong", _LOSS), ("unsure", _UNSURE))
    ]
    numbers = numbers_of(table, list(dict.fromkeys(scores)))
    wrong = found.given != found.predicted
    by_loss = _hardest(numbers[scores[0]], np.flatnonzero(wrong))
    unsure = _hardest(numbers[scores[1]], np.arange(len(wrong)))[:count]
    first = by_loss if all else by_loss[:count]
    listed = np.flatnonzero(np.isin(found.positions, _listed(run)))
    listed = np.setdiff1d(listed, np.concatenate([first, unsure]))[: 2 * count]
    rows = np.unique(np.concatenate([first, unsure, listed]))
    right = np.setdiff1d(np.flatnonzero(~wrong), rows)
    rows = np.concatenate(
        [
            _hardest(numbers[scores[0]], rows[wrong[rows]]),
            _hardest(numbers[scores[1]], rows[~wrong[rows]]),
        ]
    )
    if len(rows) > most:
        rows = rows[:most]
        kept = found.positions[rows]
        wrong_kept = int(wrong[rows].sum())
        what = f"the {most:,} hardest examples, as many as fit into memory"
        return Chosen(kept, found.positions[right], wrong_kept, what)
    which = "every wrong example" if all else f"the {len(first):,} hardest wrong examples"
    beside = f", and {len(listed):,} others of the run's lists" if len(listed) else ""
    what = f"{which} and the {len(unsure):,} least sure ones{beside}, {len(rows):,} in all"
    return Chosen(found.positions[rows], found.positions[right], int(wrong[rows].sum()), what)


def _hardest(score: NDArray[np.float64], rows: NDArray[np.intp]) -> NDArray[np.intp]:
    found: NDArray[np.intp] = rows[np.argsort(-score[rows], kind="stable")]
    return found


def _listed(run: Run) -> Positions:
    """The positions of the examples in the run's lists."""
    ids = list(dict.fromkeys(run.hard["id"]))
    return np.array([position for _, position in run.tables.positions(ids)], np.int64)
