"""How far people agree on the examples of a run, with each other and with a gold standard.

A vote is one annotator's word on one example that was not taken back. What most people say is found
from the last word of each. How far they agree, with each other and with gold, is found from what
they said before the given label was shown: later they may say what they were shown.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardex.annotate.annotator_figures import Annotator, annotators_of
from hardex.annotate.answers import (
    NO_CLASS,
    Answer,
    first_words,
    latest,
    of_examples,
    standing,
    votes_of,
)
from hardex.annotate.coefficients import alpha_of
from hardex.annotate.consensus import Consensus, consensus_of
from hardex.annotate.gold import gold_of
from hardex.annotate.pairs import Kappa, kappas
from hardex.annotate.votes import Votes
from hardex.people.access import OWNER
from hardex.people.events import AnnotationEvent
from hardex.runs.run import Run, opened


@dataclass(frozen=True)
class Agreement:
    """How far people agree on the examples of a run.

    The owner's word is one vote in `consensus`. The owner is compared with nobody: what the owner
    judged is what annotators are measured by. `not_sure` is a missing value in `alpha`, in `pairs`
    and on gold, and a vote in `consensus`.

    Attributes:
        votes: how many, one for each annotator and example, the owner's among them.
        owner_votes: how many of them are the owner's.
        not_sure: how many of the annotators' words that are compared say `not_sure`.
        blind: of how many votes the annotator's first word was said before the given label was in
            view; the owner's are not counted.
        examples: how many were judged.
        overlapping: how many of those by two annotators or more.
        unknown: how many votes speak of examples that are not there; they count nowhere.
        gold: how many gold examples there are.
        gold_from: whose they are: `owner`, or a file; "" where labels were passed, or there are
            none.
        alpha: Krippendorff's alpha for nominal data, of what was said before the given label was
            in view; 1 is perfect, 0 is chance; None where it is not defined.
        alpha_low, alpha_high: its 95 % interval, by drawing examples again; None where it is not
            defined.
        why: why alpha is None, as a sentence; else "".
        annotators: in order of name; the owner is not among them.
        pairs: annotators who judged an example in common, in order of name.
        consensus: one for each judged example, in order of id.
    """

    votes: int
    owner_votes: int
    not_sure: int
    blind: int
    examples: int
    overlapping: int
    unknown: int
    gold: int
    gold_from: str
    alpha: float | None
    alpha_low: float | None
    alpha_high: float | None
    why: str
    annotators: tuple[Annotator, ...]
    pairs: tuple[Kappa, ...]
    consensus: tuple[Consensus, ...]

    @property
    def conflicts(self) -> tuple[Consensus, ...]:
        """The examples of which not all say the same, the hardest first.

        Hardest are ties, then small shares of the most frequent answer, then many votes.
        """
        found = [example for example in self.consensus if len(example.answers) > 1]
        found.sort(key=lambda one: (bool(one.answer), one.share, -one.votes, one.id))
        return tuple(found)

    @property
    def relabelled(self) -> tuple[Consensus, ...]:
        """The examples that most people say are of another class than given, surest first."""
        found = [
            example
            for example in self.consensus
            if example.answer not in ("", Answer(example.given_label).text, *NO_CLASS)
        ]
        found.sort(key=lambda one: (-one.share, -one.votes, one.id))
        return tuple(found)


def agreement(
    run: str | Path | Run,
    *,
    gold: Mapping[str, str] | str | Path | None = None,
    blind: bool = False,
    seed: int = 0,
    annotations: str = "",
) -> Agreement:
    """How far the annotators of a run agree, with each other and with a gold standard.

    Args:
        run: a run or its folder.
        gold: the right answer by example, or a .csv, .jsonl or .parquet file with the columns `id`
            and `label`; by default what the owner judged, as in the queue.
        blind: count nothing, in the consensus either, but what is known to have been said before
            the given label was in view.
        seed: of the interval of alpha.
        annotations: the address of the database, where `run` is a folder and they are not there.

    Raises:
        HardexError: no run there, its annotations or the gold file cannot be read, or a gold label
            is no class.
    """
    found = opened(run, annotations=annotations)
    right, gold_from = gold_of(found, gold)
    events = found.annotations.all()
    given = found.tables.given_labels({event.id for event in events})
    return agreement_of(events, given, gold=right, gold_from=gold_from, blind=blind, seed=seed)


def agreement_of(
    events: Iterable[AnnotationEvent],
    given: Mapping[str, str],
    *,
    gold: Mapping[str, str] | None = None,
    gold_from: str = "",
    blind: bool = False,
    seed: int = 0,
    owner: str = OWNER.name,
) -> Agreement:
    """How far people agree who said these things.

    Args:
        events: what was said, in order of time.
        given: the given label of each example; what is said of others counts nowhere.
        gold: the right answer of some examples, written as in `Answer.text`.
        gold_from: whose they are.
        blind: count only what is known to have been said before the given label was in view.
        seed: of the interval of alpha.
        owner: who is compared with nobody.

    Example:
        >>> said = {"anna": "77a", "ben": "71a"}
        >>> events = [
        ...     AnnotationEvent(who, str(i), "right", said=one, shown="blind", event_id=f"{who}{i}")
        ...     for who, answers in said.items()
        ...     for i, one in enumerate(answers)
        ... ]
        >>> found = agreement_of(events, {"0": "7", "1": "7", "2": "a"})
        >>> round(found.alpha, 3), found.pairs[0].agreed, found.conflicts[0].answers
        (0.545, 2, (('1', 1), ('7', 1)))
    """
    events = standing(events)
    first = first_words(events, blind=blind)
    last = first if blind else latest(events)
    said = Votes.of(votes_of(events, given))  # many an event is somebody's first word and last
    row_of = {id(event): row for row, event in enumerate(of_examples(events, given))}
    votes = said.at([row_of[id(event)] for event in of_examples(last, given)])
    theirs = votes.but(owner)
    compared = said.at([row_of[id(event)] for event in of_examples(first, given)]).but(owner)
    sure = compared.sure
    alpha, low, high, why = alpha_of(sure.id, sure.answer, np.random.default_rng(seed))
    golden = {id: Answer.of_text(label) for id, label in (gold or {}).items()}
    return Agreement(
        votes=len(votes),
        owner_votes=len(votes) - len(theirs),
        not_sure=len(compared) - len(sure),
        blind=int(compared.blind.sum()),
        examples=int((np.bincount(votes.id) > 0).sum()),
        overlapping=int((np.bincount(theirs.id) > 1).sum()),
        unknown=len(last) - len(votes),
        gold=len(golden),
        gold_from=gold_from,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        why=why,
        annotators=tuple(annotators_of(theirs, compared, golden)),
        pairs=tuple(kappas(sure)),
        consensus=consensus_of(votes, given),
    )
