"""Annotations of a run -> the error below which no model can get: people disagree."""

from dataclasses import dataclass

import numpy as np

from hardex.annotate.answers import first_answers, votes_of
from hardex.annotate.votes import Votes
from hardex.people.access import OWNER
from hardex.predict.metrics import Share
from hardex.runs.run import Run

_DRAWS = 10_000
_PEOPLE = 2  # fewer could only be wrong, and not disagree


@dataclass(frozen=True)
class Floor:
    """How often people contradict the given labels.

    Attributes:
        error: the share of their answers that are not the given label, if everybody confirms the
            labels of the examples that were not judged.
        judged: how many examples two or more people judged.
        disputed: how many of them somebody gave another answer for.
    """

    error: Share
    judged: int
    disputed: int


def floor_of(run: Run, examples: int, rng: np.random.Generator) -> Floor | None:
    """The floor that the annotations of a run imply; None if nothing was judged by two people.

    Only answers count that were given before the label was shown, and neither the owner's nor
    "not sure". The examples that people judge are usually the hard ones, and no random sample; the
    others therefore count as confirmed, and the true floor may be higher.

    Args:
        run: the run.
        examples: how many it has.
        rng: draws the bootstrap.

    Source:
        Percentile intervals over the examples: Efron and Tibshirani (1993).
    """
    events = run.annotations.all()
    given = run.tables.given_labels({event.id for event in events})
    votes = Votes.of(votes_of(first_answers(events), given)).but(OWNER.name).sure
    return floor_from(votes, given, examples, rng)


def floor_from(
    votes: Votes, given: dict[str, str], examples: int, rng: np.random.Generator
) -> Floor | None:
    """The floor that some votes imply, see `floor_of`.

    Args:
        votes: one for each annotator and example.
        given: the given label of each example.
        examples: how many there are, judged or not.
        rng: draws the bootstrap.
    """
    labels = [given[id] for id in votes.ids]
    names = [one.name if one.is_class else None for one in votes.answers]
    said = [names[answer] for answer in votes.answer]
    # Only another class contradicts a label: who calls a picture ambiguous or bad does not.
    other = np.array(
        [name is not None and name != labels[id] for id, name in zip(votes.id, said, strict=True)],
        bool,
    )
    people = np.bincount(votes.id, minlength=len(votes.ids))
    against = np.bincount(votes.id, other, minlength=len(votes.ids))
    judged = people >= _PEOPLE
    if not judged.any():
        return None
    shares, counts = np.unique(against[judged] / people[judged], return_counts=True)
    shares, counts = np.append(shares, 0.0), np.append(counts, examples - judged.sum())
    means = rng.multinomial(examples, counts / examples, size=_DRAWS) @ shares / examples
    low, high = np.quantile(means, (0.025, 0.975)).tolist()
    value = float(counts @ shares / examples)
    error = {"value": value, "low": min(low, value), "high": max(high, value)}
    return Floor(error, int(judged.sum()), int((against[judged] > 0).sum()))
