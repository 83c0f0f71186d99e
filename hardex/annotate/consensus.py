"""Votes -> what people together say of each example."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import pairwise

import numpy as np

from hardex.annotate.votes import Votes


@dataclass(frozen=True)
class Consensus:
    """What people together say of one example.

    Attributes:
        id: the example.
        given_label: the class it is said to have in the data.
        answer: what most say, as `Answer.text`; "" where two answers have as many votes.
        share: of the votes for the most frequent answer, 0..1.
        votes: how many.
        answers: each answer with its votes, the most frequent first, then by text.
    """

    id: str
    given_label: str
    answer: str
    share: float
    votes: int
    answers: tuple[tuple[str, int], ...]


def consensus_of(votes: Votes, given: Mapping[str, str]) -> tuple[Consensus, ...]:
    """What people together say of each example, in order of id.

    Args:
        votes: one for each annotator and example.
        given: the given label of each example.
    """
    texts = [answer.text for answer in votes.answers]
    counted = cache(lambda answers: _counted([texts[answer] for answer in answers]))
    answers = votes.answer[np.lexsort((votes.answer, votes.id))].tolist()
    stops = np.cumsum(np.bincount(votes.id, minlength=len(votes.ids))).tolist()
    return tuple(
        Consensus(id, given[id], *counted(tuple(answers[start:stop])))  # many are alike
        for id, (start, stop) in zip(votes.ids, pairwise([0, *stops]), strict=True)
        if start < stop
    )


def _counted(answers: Sequence[str]) -> tuple[str, float, int, tuple[tuple[str, int], ...]]:
    """What a `Consensus` says of these answers: answer, share, votes, answers."""
    texts: dict[str, int] = {}  # a `Counter` takes thrice the time to make
    for answer in answers:
        texts[answer] = texts.get(answer, 0) + 1
    counts = tuple(sorted(texts.items(), key=lambda one: (-one[1], one[0])))
    return _single(counts), counts[0][1] / len(answers), len(answers), counts


def _single(counts: Sequence[tuple[str, int]]) -> str:
    """The most frequent answer, or "" where two are; the counts are sorted."""
    if len(counts) > 1 and counts[0][1] == counts[1][1]:
        return ""
    return counts[0][0]
