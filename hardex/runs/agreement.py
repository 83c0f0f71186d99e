"""What people said -> votes -> what most of them say, and how far they agree.

A vote is one annotator's word on one example that was not taken back. What most people say is found
from the last word of each. How far they agree, with each other and with gold, is found from what
they said before the given label was shown: later they may say what they were shown. Only
`agreement`, `given_labels` and what is below "gold" know of runs and files.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError
from hardex.predict.metrics import share
from hardex.runs.access import OWNER
from hardex.runs.annotations import AnnotationEvent
from hardex.runs.coefficients import Codes, alpha_of, cohen_kappa
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run, load

# What can be said of an example besides the name of a class.
NO_CLASS = ("ambiguous", "bad_image", "not_sure")
WRONG = "wrong"  # the given label is, and nobody said what it is instead
_NOT_SURE = "not_sure"
_GOLD_BESIDES = ("ambiguous", "bad_image")  # what gold may say besides the name of a class

_Z = 1.959963984540054  # of a 95 % interval
_INTERVAL_LEAST = 10  # examples in common
_PAIRS_AT_ONCE = 2**21  # pairs of votes counted in one go: some 100 MB

Share = Mapping[str, float | None]


class Answer(NamedTuple):
    """What somebody says an example is.

    Attributes:
        name: of a class, or `ambiguous`, `bad_image`, `not_sure`, or `wrong` where nobody said
            what it is instead.
        is_class: whether it is a class: one that is called `wrong` is not the answer `wrong`.
    """

    name: str
    is_class: bool = True

    @property
    def text(self) -> str:
        """As it is written everywhere: a class with the name of an answer is `class NAME`.

        Example:
            >>> Answer("7").text, Answer("wrong", is_class=False).text, Answer("wrong").text
            ('7', 'wrong', 'class wrong')
        """
        return f"class {self.name}" if self.is_class and _looks_like_none(self.name) else self.name

    @classmethod
    def of_text(cls, text: str) -> "Answer":
        """The answer that is written so.

        Example:
            >>> Answer.of_text("class wrong")
            Answer(name='wrong', is_class=True)
        """
        if text in (*NO_CLASS, WRONG):
            return cls(text, is_class=False)
        return cls(text.removeprefix("class ") if _looks_like_none(text) else text)


_UNSURE = Answer(_NOT_SURE, is_class=False)


def _looks_like_none(name: str) -> bool:
    """Whether a class of this name could be taken for an answer that names none."""
    while name.startswith("class "):
        name = name.removeprefix("class ")
    return name in (*NO_CLASS, WRONG)


class Vote(NamedTuple):
    """What one annotator says of one example.

    Attributes:
        annotator: who.
        id: the example.
        answer: a class, or an answer that names none.
        blind: whether it was said before the given label was in view.
        seconds: how long it took, if measured.
    """

    annotator: str
    id: str
    answer: Answer
    blind: bool = False
    seconds: float | None = None

    @property
    def is_sure(self) -> bool:
        """Whether it says anything: who is not sure gives no answer to be compared."""
        return self.answer != _UNSURE


@dataclass(frozen=True)
class Kappa:
    """How far two annotators agree beyond chance.

    Attributes:
        first, second: who, in order of name.
        examples: how many both judged and were sure of.
        agreed: on how many they say the same.
        value: Cohen's kappa, -1..1; None where both always gave one and the same answer.
        low, high: its asymptotic 95 % interval; None where `value` is, and of fewer than 10
            examples, of which it says nothing.
    """

    first: str
    second: str
    examples: int
    agreed: int
    value: float | None
    low: float | None
    high: float | None


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
    found = open_run(run, annotations)
    known, gold_from = _gold_of(found, gold)
    events = found.annotations.all()
    given = given_labels(found, {event.id for event in events})
    return agreement_of(events, given, gold=known, gold_from=gold_from, blind=blind, seed=seed)


def open_run(run: str | Path | Run, annotations: str = "") -> Run:
    """A run, opened if it is a folder."""
    return run if isinstance(run, Run) else load(run, annotations=annotations)


def given_labels(run: Run, ids: Collection[str]) -> dict[str, str]:
    """The given label of each of these examples; those that the run does not have are left out.

    The table is read once, however many are asked for; of one alone it is asked.

    Raises:
        RunError: the table cannot be read.
    """
    if not ids:
        return {}
    if len(ids) == 1:
        (id,) = ids
        try:
            return {id: run.tables.place(id)[1]}
        except KeyError:
            return {}
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(run.folder / RESULTS / TABLE, columns=["id", "given_label"])
    except (OSError, ValueError) as error:
        raise RunError(
            f"the predictions of a run must be readable; those of {run.folder} are not "
            f"({type(error).__name__}); rank again with --force."
        ) from error
    chosen = table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string())))
    return dict(
        zip(chosen["id"].to_pylist(), chosen["given_label"].to_pylist(), strict=True),
    )


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
    said = _Votes.of(_votes_of(events, given))  # many an event is somebody's first word and last
    row_of = {id(event): row for row, event in enumerate(_known(events, given))}
    votes = said.at([row_of[id(event)] for event in _known(last, given)])
    theirs = votes.but(owner)
    compared = said.at([row_of[id(event)] for event in _known(first, given)]).but(owner)
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
        annotators=tuple(_annotators(theirs, compared, golden)),
        pairs=tuple(_kappas(sure)),
        consensus=_consensus(votes, given),
    )


@dataclass(frozen=True, eq=False)
class _Votes:
    """Votes as numbers: hundreds of thousands in no time.

    Attributes:
        names, ids, answers: what the numbers stand for, each in order; there may be more.
        annotator, id, answer: (v,) of each vote: places in `names`, `ids` and `answers`.
        blind: (v,) whether it was said before the given label was in view.
        seconds: (v,) how long it took; NaN where that was not measured.
    """

    names: tuple[str, ...]
    ids: tuple[str, ...]
    answers: tuple[Answer, ...]
    annotator: Codes
    id: Codes
    answer: Codes
    blind: NDArray[np.bool_]
    seconds: NDArray[np.float64]

    @classmethod
    def of(cls, votes: Iterable[Vote]) -> "_Votes":
        names: dict[str, int] = {}
        ids: dict[str, int] = {}
        answers: dict[Answer, int] = {}
        codes: tuple[list[int], list[int], list[int]] = [], [], []
        blind, seconds = [], []
        for vote in votes:
            codes[0].append(names.setdefault(vote.annotator, len(names)))
            codes[1].append(ids.setdefault(vote.id, len(ids)))
            codes[2].append(answers.setdefault(vote.answer, len(answers)))
            blind.append(vote.blind)
            seconds.append(vote.seconds)
        return cls(
            tuple(sorted(names)),
            tuple(sorted(ids)),
            tuple(sorted(answers)),
            _in_order(names)[codes[0]],
            _in_order(ids)[codes[1]],
            _in_order(answers)[codes[2]],
            np.array(blind, dtype=bool),
            np.array(seconds, dtype=np.float64),  # None becomes NaN
        )

    def __len__(self) -> int:
        return len(self.id)

    @property
    def everything(self) -> NDArray[np.bool_]:
        """(v,) true for each vote."""
        return np.ones(len(self), dtype=bool)

    @property
    def is_sure(self) -> NDArray[np.bool_]:
        """(v,) of each vote."""
        sure = np.array([answer != _UNSURE for answer in self.answers], dtype=bool)
        return sure[self.answer]

    @property
    def sure(self) -> "_Votes":
        return self.at(self.is_sure)

    def but(self, name: str) -> "_Votes":
        """Without what one annotator says."""
        named = np.array([one != name for one in self.names], dtype=bool)
        return self.at(named[self.annotator])

    def at(self, rows: NDArray[np.bool_] | Sequence[int]) -> "_Votes":
        """Some of the votes."""
        chosen = rows if isinstance(rows, np.ndarray) else np.array(rows, dtype=np.int64)
        return replace(
            self,
            annotator=self.annotator[chosen],
            id=self.id[chosen],
            answer=self.answer[chosen],
            blind=self.blind[chosen],
            seconds=self.seconds[chosen],
        )

    def count(self, chosen: NDArray[np.bool_]) -> list[int]:
        """How many of these votes each annotator has."""
        counts: list[int] = np.bincount(self.annotator[chosen], None, len(self.names)).tolist()
        return counts


def _in_order(codes: Mapping[Any, int]) -> Codes:
    """The place in order of what has each code."""
    places = np.empty(len(codes), dtype=np.int64)
    places[[codes[value] for value in sorted(codes)]] = np.arange(len(codes))
    return places


def standing(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """The verdicts that were not taken back, in the same order."""
    events = list(events)
    # Only one's own words can be taken back.
    undone = {(event.annotator, event.undoes) for event in events if event.undoes}
    if not undone:
        return events
    return [
        event
        for event in events
        if not event.undoes and (event.annotator, event.event_id) not in undone
    ]


def latest(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """What each annotator last said of each example and did not take back.

    Args:
        events: in order of time.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", event_id="a")
        >>> back = AnnotationEvent("anna", "1", "", undoes="a", event_id="b")
        >>> latest([first, back])
        []
    """
    return list({(event.annotator, event.id): event for event in standing(events)}.values())


def first_words(events: Iterable[AnnotationEvent], *, blind: bool = False) -> list[AnnotationEvent]:
    """What each annotator said of each example before the given label was in view.

    The first blind word that was not taken back. Without one, the last of which it is not known
    what was in view, as after an import: people are given the benefit of the doubt.

    Args:
        events: in order of time.
        blind: only of what is known to be blind.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", "7", said="7", shown="blind")
        >>> then = AnnotationEvent("anna", "1", "right", shown="label")
        >>> first_words([first, then]) == [first]
        True
    """
    found: dict[tuple[str, str], AnnotationEvent] = {}
    for event in standing(events):
        key = event.annotator, event.id
        is_first = key not in found or found[key].shown != "blind"
        if is_first and (event.shown == "blind" if blind else event.is_vote):
            found[key] = event
    return list(found.values())


def votes_of(events: Iterable[AnnotationEvent], given: Mapping[str, str]) -> list[Vote]:
    """The answers of these events, one for each annotator and example; none where nothing is given.

    Args:
        events: such as `latest` or `first_words` gives.
        given: the given label of each example.
    """
    return list(_votes_of(events, given))


def _votes_of(events: Iterable[AnnotationEvent], given: Mapping[str, str]) -> Iterator[Vote]:
    answer = cache(_answer)  # many say the same
    for event in _known(events, given):
        yield Vote(
            event.annotator,
            event.id,
            answer(event.verdict, _blind_word(event), event.new_label, given[event.id]),
            event.shown == "blind",
            event.seconds,
        )


def _known(
    events: Iterable[AnnotationEvent], given: Mapping[str, str]
) -> Iterator[AnnotationEvent]:
    """Those of examples that are there."""
    return (event for event in events if event.id in given)


def answer_of(event: AnnotationEvent, given_label: str) -> Answer:
    """What an event says the example is. Its verdict tells whether that is a class.

    Example:
        >>> answer_of(AnnotationEvent("anna", "1", "right"), "7").text
        '7'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong", "1"), "7").text
        '1'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong"), "7").text
        'wrong'
    """
    return _answer(event.verdict, _blind_word(event), event.new_label, given_label)


def _blind_word(event: AnnotationEvent) -> str:
    return event.said if event.shown == "blind" else ""


def _answer(verdict: str, blind_word: str, new_label: str, given_label: str) -> Answer:
    if verdict in NO_CLASS:
        return Answer(verdict, is_class=False)
    if blind_word:
        return Answer(blind_word)
    if verdict == "right":
        return Answer(given_label)
    return Answer(new_label) if new_label else Answer(WRONG, is_class=False)


def consensus_of(votes: Iterable[Vote], given: Mapping[str, str]) -> tuple[Consensus, ...]:
    """What people together say of each example, in order of id."""
    return _consensus(_Votes.of(votes), given)


def _consensus(votes: _Votes, given: Mapping[str, str]) -> tuple[Consensus, ...]:
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


# ------------------------------------------------------------------ each annotator


def _annotators(votes: _Votes, words: _Votes, gold: Mapping[str, Answer]) -> Iterator[Annotator]:
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


def _medians(words: _Votes) -> list[float | None]:
    """The seconds of each annotator; None where nothing was measured."""
    there = ~np.isnan(words.seconds)
    order = np.argsort(words.annotator[there], kind="stable")
    stops = np.cumsum(words.count(there))[:-1]
    of_each = np.split(words.seconds[there][order], stops)
    return [float(np.median(some)) if len(some) else None for some in of_each[: len(words.names)]]


def _like_the_others(sure: _Votes) -> tuple[list[int], list[int]]:
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


# ------------------------------------------------------------------ two and two


def _kappas(sure: _Votes) -> Iterator[Kappa]:
    """Kappa of every two annotators who judged an example in common."""
    names = sure.names
    keys, counts = _pair_counts(sure)
    k = max(1, len(sure.answers))
    pair, cell = np.divmod(keys, k * k)
    bounds = np.flatnonzero(np.diff(pair, prepend=-1, append=-1)).tolist()
    for start, stop in pairwise(bounds):
        said = np.array(np.divmod(cell[start:stop], k))
        used, small = np.unique(said, return_inverse=True)  # of 1,000 classes few were said
        table = np.zeros((len(used), len(used)))
        table[tuple(small.reshape(2, -1))] = counts[start:stop]
        first, second = divmod(int(pair[start]), len(names))
        yield _kappa(names[first], names[second], table)


def _kappa(first: str, second: str, table: NDArray[np.float64]) -> Kappa:
    examples, agreed = int(table.sum()), int(table.trace())
    found = cohen_kappa(table)
    if found is None:
        return Kappa(first, second, examples, agreed, None, None, None)
    value, error = found
    if examples < _INTERVAL_LEAST:
        return Kappa(first, second, examples, agreed, value, None, None)
    low, high = max(-1.0, value - _Z * error), min(1.0, value + _Z * error)
    return Kappa(first, second, examples, agreed, value, low, high)


def _pair_counts(sure: _Votes) -> tuple[Codes, Codes]:
    """How often each two annotators gave each two answers to one example.

    Returns:
        Sorted keys ((first * names + second) * answers + one) * answers + other, and counts.
    """
    order = np.lexsort((sure.annotator, sure.id))
    votes = np.bincount(sure.id)
    starts = np.cumsum(votes) - votes
    keys = counts = np.empty(0, dtype=np.int64)
    for size in np.unique(votes[votes > 1]).tolist():
        group = order[starts[votes == size][:, None] + np.arange(size)]  # a row for each example
        one, other = np.triu_indices(size, 1)
        at_once = max(1, _PAIRS_AT_ONCE // len(one))
        for start in range(0, len(group), at_once):
            some = group[start : start + at_once]
            who, what = sure.annotator[some], sure.answer[some]
            pair = who[:, one] * len(sure.names) + who[:, other]
            found = (pair * len(sure.answers) + what[:, one]) * len(sure.answers) + what[:, other]
            keys, counts = _added(keys, counts, found.ravel())
    return keys, counts


def _added(keys: Codes, counts: Codes, found: Codes) -> tuple[Codes, Codes]:
    new, often = np.unique(found, return_counts=True)
    merged, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
    return merged, np.bincount(place, np.concatenate([counts, often])).astype(np.int64)


# ------------------------------------------------------------------ gold


def judged_by(owner: str, run: Run) -> dict[str, str]:
    """The labels of which the owner is sure, as in `true_labels`, found in all that is stored.

    Args:
        owner: under which name the owner judges.
        run: whose annotations and examples.

    Raises:
        RunError: the annotations or the predictions cannot be read.
    """
    return true_labels(run.annotations.by(owner), run)


def true_labels(said: Iterable[AnnotationEvent], run: Run) -> dict[str, str]:
    """The labels of which somebody is sure: the last word on each example that names its class.

    A word is read as in `answer_of`: what was said without the label counts, whatever the label is
    by now.

    Args:
        said: what they said, in order of time.
        run: whose examples; what was said of others, or names no class of it, is left out.

    Returns:
        True labels by id.

    Raises:
        RunError: the predictions cannot be read.
    """
    last = latest(said)
    votes = votes_of(last, given_labels(run, {event.id for event in last}))
    classes = {Answer(name) for name in run.manifest.class_names}
    return {vote.id: vote.answer.name for vote in votes if vote.answer in classes}


def check_gold_ids(gold: Mapping[str, str], run: Run) -> None:
    """Refuse gold of other runs.

    Raises:
        RunError: some of the examples are not of this run.
    """
    unknown = run.tables.unknown(list(gold))
    if unknown:
        raise RunError(
            f"gold examples must be of this run; {unknown:,} of {len(gold):,} are not; take their "
            "ids from its tables."
        )


def read_gold(path: str | Path) -> dict[str, str]:
    """The right answer by example, from a table with the columns `id` and `label`.

    Args:
        path: a .csv, .jsonl or .parquet file.

    Raises:
        HardexError: it is no such table, or gives one example two labels.
    """
    from hardex.data.manifests import read_columns

    path = Path(path)
    if path.suffix.lower() not in (".csv", ".jsonl", ".parquet"):
        raise RunError(
            f"gold must be a .csv, .jsonl or .parquet table; received {path}; save it as one."
        )
    if not path.exists():
        raise RunError(
            f"gold must be a .csv, .jsonl or .parquet table; there is nothing at {path}; check "
            "the path."
        )
    columns = read_columns(path)
    missing = [name for name in ("id", "label") if name not in columns]
    if missing:
        raise RunError(
            f"gold must be a table with the columns id and label; {path} has "
            f"{', '.join(columns)}; name the {missing[0]} column {missing[0]!r}."
        )
    found: dict[str, str] = {}
    for id, label in zip(columns["id"], columns["label"], strict=True):
        if found.setdefault(id, label) != label:
            raise RunError(
                f"gold must have one label for each example; {path} calls {id!r} both "
                f"{found[id]!r} and {label!r}; keep one of them."
            )
    return found


def _gold_of(run: Run, gold: Mapping[str, str] | str | Path | None) -> tuple[dict[str, str], str]:
    """The right answers, written as in `Answer.text`, and whose they are."""
    if gold is None:
        labels = judged_by(OWNER.name, run)
        return {
            id: Answer(label).text for id, label in labels.items()
        }, OWNER.name if labels else ""
    found = dict(gold) if isinstance(gold, Mapping) else read_gold(gold)
    check_gold_ids(found, run)
    classes = set(run.manifest.class_names)
    strange = sorted(set(found.values()) - {*classes, *_GOLD_BESIDES})
    if strange:
        raise RunError(
            f"a gold label must be one of the run's {len(run.manifest.class_names)} classes; "
            f"received {strange[0]!r}; write it as the run does."
        )
    written = {id: Answer(label, label in classes).text for id, label in found.items()}
    return written, "" if isinstance(gold, Mapping) else str(gold)
