"""Votes -> how each annotator works: how fast, how like gold, how like the others."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from hardex.annotate.answers import Answer
from hardex.annotate.votes import Votes
from hardex.predict.metrics import share

Share = Mapping[str, float | None]


@dataclass(frozen=True)
class Annotator:
    """One annotator's votes at a glance.

    All but `votes` is of what was said before the label was shown.

    Attributes:
        name: who.
        votes: on how many examples they have a word that stands.
        seconds: the median of what was measured; None where nothing was.
        gold: share of their blind first words on gold examples that say the gold label, with its
            interval.
        gold_votes: how many words that is of; those that are not sure are not among them.
        gold_not_sure: how many more are not sure.
        not_sure: share of all their words that say `not_sure`, with its interval.
        others: share of the votes that say what most of the others say, with its interval; those
            that are not sure count nowhere.
        others_votes: how many votes that is of: those where most of the others say one thing.
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


def annotators_of(votes: Votes, words: Votes, gold: Mapping[str, Answer]) -> Iterator[Annotator]:
    """All who have votes, measured by these words, one for each annotator and example."""
    sure = words.is_sure
    is_gold = np.array([id in gold for id in words.ids], dtype=bool)
    places = {answer: place for place, answer in enumerate(words.answers)}
    right = np.array(
        [places.get(gold[id], -1) if id in gold else -1 for id in words.ids], dtype=np.int64
    )
    on_gold = words.blind & is_gold[words.id]
    measured = {
        name: numbers
        for name, *numbers in zip(
            words.names,
            words.count(words.everything),
            words.count(~sure),
            words.count(on_gold & sure & (right[words.id] == words.answer)),
            words.count(on_gold & sure),
            words.count(on_gold & ~sure),
            *_like_the_others(words.sure),
            _medians(words),
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


def _medians(words: Votes) -> list[float | None]:
    """The seconds of each annotator; None where nothing was measured."""
    there = ~np.isnan(words.seconds)
    order = np.argsort(words.annotator[there], kind="stable")
    stops = np.cumsum(words.count(there))[:-1]
    of_each = np.split(words.seconds[there][order], stops)
    return [float(np.median(some)) if len(some) else None for some in of_each[: len(words.names)]]


def _like_the_others(sure: Votes) -> tuple[list[int], list[int]]:
    """How many votes of each annotator say what most of the others say, and of how many.

    Votes beside which nobody else is, or two answers are as frequent, are not among them.
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
    # Of the other answers: how many votes the most frequent one has, and whether two have so many.
    example = np.repeat(np.arange(len(first)), sizes)
    is_most = mine == most[example]
    top = np.where(is_most, second[example], most[example])
    ties = np.where(is_most, second[example] == third[example], most[example] == second[example])
    same = mine - 1 > top
    counted = same | ((mine - 1 < top) & ~ties)
    return sure.count(same[cell]), sure.count(counted[cell])
