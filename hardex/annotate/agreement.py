"""How far annotators agree on the examples of a run, with each other and with a gold standard.

A vote is one annotator's answer for one example that was not undone. The consensus is computed from
each annotator's last answer. Agreement, with each other and with gold, is computed from the answers
given before the label was shown: later ones may repeat the label.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hardex.annotate.annotator_figures import Annotator, annotators_of
from hardex.annotate.answers import (
    NO_CLASS,
    Answer,
    first_answers,
    latest,
    not_undone,
    of_examples,
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
    """How far annotators agree on the examples of a run.

    The owner has one vote in `consensus`, and is compared with nobody: annotators are scored
    against the owner's answers. `not_sure` is a missing value in `alpha`, in `pairs` and on gold,
    and a vote in `consensus`.

    Attributes:
        votes: how many, one for each annotator and example, including the owner's.
        owner_votes: how many of them are the owner's.
        not_sure: how many of the annotators' compared answers are `not_sure`.
        blind: how many votes began with a blind answer, given before the label was shown; without
            the owner's.
        examples: how many were judged.
        overlapping: how many of those by two annotators or more.
        unknown: how many votes are on examples that the run does not have; they do not count.
        gold: how many gold examples there are.
        gold_from: where gold comes from: `owner`, or a file; "" if labels were passed, or there
            are none.
        alpha: Krippendorff's alpha for nominal data, of the answers given before the label was
            shown; 1 is perfect, 0 is chance; None if it is undefined.
        alpha_low, alpha_high: its 95 % bootstrap interval; None if it is undefined.
        why: why alpha is None, as a sentence; otherwise "".
        annotators: in order of name, without the owner.
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
        """The examples with different answers, the hardest first.

        Ties are hardest, then small shares of the most frequent answer, then many votes.
        """
        found = [example for example in self.consensus if len(example.answers) > 1]
        found.sort(key=lambda one: (bool(one.answer), one.share, -one.votes, one.id))
        return tuple(found)

    @property
    def relabelled(self) -> tuple[Consensus, ...]:
        """The examples whose consensus is another class than given, the surest first."""
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
        gold: the correct answer by example, or a .csv, .jsonl or .parquet file with the columns
            `id` and `label`; by default the owner's answers, as in the queue.
        blind: count only answers that are known to be blind, in the consensus, too.
        seed: for the interval of alpha.
        annotations: the database address, if `run` is a folder and its annotations are elsewhere.

    Raises:
        HardexError: there is no run, its annotations or the gold file cannot be read, or a gold
            label is not a class.
    """
    found = opened(run, annotations=annotations)
    labels, gold_from = gold_of(found, gold)
    events = found.annotations.all()
    given = found.tables.given_labels({event.id for event in events})
    return agreement_of(events, given, gold=labels, gold_from=gold_from, blind=blind, seed=seed)


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
    """How far the annotators in these events agree.

    Args:
        events: in order of time.
        given: the given label of each example; events of other examples do not count.
        gold: the correct answer of some examples, written as in `Answer.text`.
        gold_from: where gold comes from.
        blind: count only answers that are known to be blind.
        seed: for the interval of alpha.
        owner: the name that is compared with nobody.

    Example:
        >>> events = [
        ...     AnnotationEvent(who, str(i), "right", said=one, shown="blind", event_id=f"{who}{i}")
        ...     for who, answers in {"anna": "77a", "ben": "71a"}.items()
        ...     for i, one in enumerate(answers)
        ... ]
        >>> found = agreement_of(events, {"0": "7", "1": "7", "2": "a"})
        >>> round(found.alpha, 3), found.pairs[0].agreed, found.conflicts[0].answers
        (0.545, 2, (('1', 1), ('7', 1)))
    """
    events = not_undone(events)
    first = first_answers(events, blind=blind)
    last = first if blind else latest(events)
    everything = Votes.of(votes_of(events, given))  # many events are both first and last
    row_of = {id(event): row for row, event in enumerate(of_examples(events, given))}
    votes = everything.at([row_of[id(event)] for event in of_examples(last, given)])
    theirs = votes.but(owner)
    compared = everything.at([row_of[id(event)] for event in of_examples(first, given)]).but(owner)
    sure = compared.sure
    alpha, low, high, why = alpha_of(sure.id, sure.answer, np.random.default_rng(seed))
    gold_answers = {id: Answer.of_text(label) for id, label in (gold or {}).items()}
    return Agreement(
        votes=len(votes),
        owner_votes=len(votes) - len(theirs),
        not_sure=len(compared) - len(sure),
        blind=int(compared.blind.sum()),
        examples=int((np.bincount(votes.id) > 0).sum()),
        overlapping=int((np.bincount(theirs.id) > 1).sum()),
        unknown=len(last) - len(votes),
        gold=len(gold_answers),
        gold_from=gold_from,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        why=why,
        annotators=tuple(annotators_of(theirs, compared, gold_answers)),
        pairs=tuple(kappas(sure)),
        consensus=consensus_of(votes, given),
    )
