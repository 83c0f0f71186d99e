"""Votes -> figures for each annotator: speed, agreement with gold and with the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hardex.annotate.answers import Answer
from hardex.annotate.votes import Votes
from hardex.predict.metrics import share

Share = Mapping[str, float | None]


@dataclass(frozen=True)
class Annotator:
    """The figures of one annotator.

    All of them but `votes` use the answers given before the label was shown.

    Attributes:
        name: of the annotator.
        votes: on how many examples they have an answer that was not undone.
        seconds: the median of the measured times; None if there are none.
        gold: the share of their blind first answers on gold examples that are the gold label, with
            its interval; without those that are not sure.
        gold_votes: how many answers `gold` is a share of.
        gold_not_sure: how many more are not sure.
        not_sure: the share of all their answers that are `not_sure`, with its interval.
        others: the share of their votes that agree with the majority of the others, with its
            interval; without those that are not sure.
        others_votes: how many votes `others` is a share of: those where the others have a majority.
    """

    name: str
    votes: int
    seconds: float | None
    gold: Share
    gold_votes: int
    gold_not_sure: int
    not_sure: Share
    others: Share
    others_votes: int


def annotators_of(votes: Votes, first: Votes, gold: Mapping[str, Answer]) -> Iterator[Annotator]:
    """The figures of all annotators who have votes.

    Args:
        votes: the last answer of each annotator on each example.
        first: the answers from before the label was shown.
        gold: the correct answer by example.
    """
    sure = first.is_sure
    is_gold = np.array([id in gold for id in first.ids], dtype=bool)
    places = {answer: place for place, answer in enumerate(first.answers)}
    right = np.array(
        [places.get(gold[id], -1) if id in gold else -1 for id in first.ids], dtype=np.int64
    )
    on_gold = first.blind & is_gold[first.id]
    measured = {
        name: numbers
        for name, *numbers in zip(
            first.names,
            first.count(first.everything),
            first.count(~sure),
            first.count(on_gold & sure & (right[first.id] == first.answer)),
            first.count(on_gold & sure),
            first.count(on_gold & ~sure),
            *_agreement_with_others(first.sure),
            _medians(first),
            strict=True,
        )
    }
    for name, count in zip(votes.names, votes.count(votes.everything), strict=True):
        if not count:
            continue
        total, unsure, correct, judged, undecided, same, others, seconds = measured.get(
            name, (0, 0, 0, 0, 0, 0, 0, None)
        )
        yield Annotator(
            name=name,
            votes=count,
            seconds=seconds,
            gold=share(correct, judged),
            gold_votes=judged,
            gold_not_sure=undecided,
            not_sure=share(unsure, total),
            others=share(same, others),
            others_votes=others,
        )


def _medians(votes: Votes) -> list[float | None]:
    """The median seconds of each annotator; None if none were measured."""
    measured = ~np.isnan(votes.seconds)
    order = np.argsort(votes.annotator[measured], kind="stable")
    stops = np.cumsum(votes.count(measured))[:-1]
    of_each = np.split(votes.seconds[measured][order], stops)
    return [float(np.median(some)) if len(some) else None for some in of_each[: len(votes.names)]]


def _agreement_with_others(sure: Votes) -> tuple[list[int], list[int]]:
    """How many votes of each annotator agree with the majority of the others, and out of how many.

    Votes do not count if nobody else voted, or if the others have no single majority.
    """
    k = max(1, len(sure.answers))
    # A cell is an answer to an example, with the number of votes for it.
    keys, cell, mine = np.unique(sure.id * k + sure.answer, return_inverse=True, return_counts=True)
    id = keys // k
    order = np.lexsort((-mine, id))  # within an example, the most frequent answer first
    first = np.flatnonzero(np.diff(id, prepend=-1))
    sizes = np.diff(first, append=len(id))
    ranked = np.append(mine[order], [0, 0])
    most = ranked[first]
    second, third = (np.where(sizes > n, ranked[first + n], 0) for n in (1, 2))
    # Without the own vote: the votes of the most frequent answer, and whether two answers tie.
    example = np.repeat(np.arange(len(first)), sizes)
    is_most = mine == most[example]
    top = np.where(is_most, second[example], most[example])
    ties = np.where(is_most, second[example] == third[example], most[example] == second[example])
    same = mine - 1 > top
    counted = same | ((mine - 1 < top) & ~ties)
    return sure.count(same[cell]), sure.count(counted[cell])
