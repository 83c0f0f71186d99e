"""What people said -> votes -> what most of them say, and how far they agree.

A vote is one annotator's word on one example that was not taken back. What most people say is found
from the last word of each. How far they agree, with each other and with gold, is found from what
they said before the given label was shown: later they may say what they were shown. Only
`agreement`, `given_labels` and what is below "gold" know of runs and files.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import NamedTuple

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


def _looks_like_none(name: str) -> bool:
    """Whether a class of this name could be taken for an answer that names none."""
    while name.startswith("class "):
        name = name.removeprefix("class ")
    return name in (*NO_CLASS, WRONG)


@dataclass(frozen=True)
class Vote:
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
        return self.answer != Answer(_NOT_SURE, is_class=False)


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

    The table is read once, however many are asked for.

    Raises:
        RunError: the table cannot be read.
    """
    if not ids:
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
    events = list(events)
    last = first_words(events, blind=True) if blind else latest(events)
    votes = votes_of(last, given)
    theirs = [vote for vote in votes if vote.annotator != owner]
    first = votes_of(first_words(events, blind=blind), given)
    compared = [vote for vote in first if vote.annotator != owner]
    sure = [vote for vote in compared if vote.is_sure]
    answers = _answers(sure)
    alpha, low, high, why = alpha_of(answers, np.random.default_rng(seed))
    golden = {id: Answer.of_text(label) for id, label in (gold or {}).items()}
    return Agreement(
        votes=len(votes),
        owner_votes=len(votes) - len(theirs),
        not_sure=len(compared) - len(sure),
        blind=sum(vote.blind for vote in compared),
        examples=len(_answers(votes)),
        overlapping=sum(len(said) > 1 for said in _answers(theirs).values()),
        unknown=len(last) - len(votes),
        gold=len(golden),
        gold_from=gold_from,
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        why=why,
        annotators=_annotators(Counter(vote.annotator for vote in theirs), compared, golden),
        pairs=tuple(_kappas(sure)),
        consensus=consensus_of(votes, given),
    )


def standing(events: Iterable[AnnotationEvent]) -> list[AnnotationEvent]:
    """The verdicts that were not taken back, in the same order."""
    events = list(events)
    # Only one's own words can be taken back.
    undone = {(event.annotator, event.undoes) for event in events if event.undoes}
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
    return [
        Vote(
            event.annotator,
            event.id,
            answer_of(event, given[event.id]),
            event.shown == "blind",
            event.seconds,
        )
        for event in events
        if event.id in given
    ]


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
    if event.verdict in NO_CLASS:
        return Answer(event.verdict, is_class=False)
    if event.said and event.shown == "blind":
        return Answer(event.said)
    if event.verdict == "right":
        return Answer(given_label)
    return Answer(event.new_label) if event.new_label else Answer(WRONG, is_class=False)


def consensus_of(votes: Iterable[Vote], given: Mapping[str, str]) -> tuple[Consensus, ...]:
    """What people together say of each example, in order of id."""
    return tuple(_consensus(id, given[id], said) for id, said in sorted(_answers(votes).items()))


def _answers(votes: Iterable[Vote]) -> dict[str, list[Answer]]:
    found: dict[str, list[Answer]] = defaultdict(list)
    for vote in votes:
        found[vote.id].append(vote.answer)
    return dict(found)


def _consensus(id: str, given_label: str, answers: Sequence[Answer]) -> Consensus:
    texts = Counter(answer.text for answer in answers)
    counts = tuple(sorted(texts.items(), key=lambda one: (-one[1], one[0])))
    most = counts[0][1]
    return Consensus(
        id=id,
        given_label=given_label,
        answer=_single(counts),
        share=most / len(answers),
        votes=len(answers),
        answers=counts,
    )


def _single(counts: Sequence[tuple[str, int]]) -> str:
    """The most frequent answer, or "" where there is none or two are; the counts are sorted."""
    if not counts or (len(counts) > 1 and counts[0][1] == counts[1][1]):
        return ""
    return counts[0][0]


# ------------------------------------------------------------------ each annotator


def _annotators(
    votes: Mapping[str, int], words: Sequence[Vote], gold: Mapping[str, Answer]
) -> tuple[Annotator, ...]:
    """All who have votes, measured by these words, one for each annotator and example."""
    sure = _answers(vote for vote in words if vote.is_sure)
    counts = {id: Counter(answer.text for answer in said) for id, said in sure.items()}
    theirs: dict[str, list[Vote]] = defaultdict(list)
    for vote in words:
        theirs[vote.annotator].append(vote)
    return tuple(
        _annotator(name, votes[name], theirs[name], counts, gold) for name in sorted(votes)
    )


def _annotator(
    name: str,
    votes: int,
    words: Sequence[Vote],
    counts: Mapping[str, Counter[str]],
    gold: Mapping[str, Answer],
) -> Annotator:
    seconds = [vote.seconds for vote in words if vote.seconds is not None]
    sure = [vote for vote in words if vote.is_sure]
    on_gold = [vote for vote in words if vote.blind and vote.id in gold]
    judged = [vote.answer == gold[vote.id] for vote in on_gold if vote.is_sure]
    beside = [
        (vote.answer.text, others)
        for vote in sure
        if (others := _majority_without(vote.answer.text, counts[vote.id]))
    ]
    same = sum(answer == others for answer, others in beside)
    return Annotator(
        name=name,
        votes=votes,
        seconds=median(seconds) if seconds else None,
        gold=share(sum(judged), len(judged)),
        gold_votes=len(judged),
        gold_not_sure=len(on_gold) - len(judged),
        not_sure=share(len(words) - len(sure), len(words)),
        others=share(same, len(beside)),
        others_votes=len(beside),
    )


def _majority_without(answer: str, counts: Counter[str]) -> str:
    """What most of the others say; "" where nobody else or no single answer is."""
    return _single((counts - Counter([answer])).most_common(2))


# ------------------------------------------------------------------ two and two


def _kappas(votes: Sequence[Vote]) -> Iterator[Kappa]:
    """Kappa of every two annotators who judged an example in common."""
    names = sorted({vote.annotator for vote in votes})
    answers = sorted({vote.answer for vote in votes})
    keys, counts = _pair_counts(votes, names, answers)
    k = max(1, len(answers))
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


def _pair_counts(
    votes: Sequence[Vote], names: Sequence[str], answers: Sequence[Answer]
) -> tuple[Codes, Codes]:
    """How often each two annotators gave each two answers to one example.

    Returns:
        Sorted keys ((first * names + second) * answers + one) * answers + other, and counts.
    """
    name_code = {name: code for code, name in enumerate(names)}
    answer_code = {answer: code for code, answer in enumerate(answers)}
    by_example: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for vote in votes:
        by_example[vote.id].append((name_code[vote.annotator], answer_code[vote.answer]))
    by_size: dict[int, list[list[tuple[int, int]]]] = defaultdict(list)
    for said in by_example.values():
        by_size[len(said)].append(sorted(said))
    keys = counts = np.empty(0, dtype=np.int64)
    for size, group in by_size.items():
        one, other = np.triu_indices(size, 1)
        at_once = max(1, _PAIRS_AT_ONCE // max(1, len(one)))
        for start in range(0, len(group) if size > 1 else 0, at_once):
            who, what = np.moveaxis(np.array(group[start : start + at_once], dtype=np.int64), 2, 0)
            pair = who[:, one] * len(names) + who[:, other]
            found = (pair * len(answers) + what[:, one]) * len(answers) + what[:, other]
            keys, counts = _added(keys, counts, found.ravel())
    return keys, counts


def _added(keys: Codes, counts: Codes, found: Codes) -> tuple[Codes, Codes]:
    new, often = np.unique(found, return_counts=True)
    merged, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
    return merged, np.bincount(place, np.concatenate([counts, often])).astype(np.int64)


# ------------------------------------------------------------------ gold


def judged_by(owner: str, run: Run) -> dict[str, str]:
    """The labels of which the owner is sure: the last word on each example that names its class.

    A word is read as in `answer_of`: what was said without the label counts, whatever the label is
    by now.

    Args:
        owner: under which name the owner judges.
        run: whose examples; what was said of others, or names no class of it, is left out.

    Returns:
        True labels by id.

    Raises:
        RunError: the annotations or the predictions cannot be read.
    """
    said = [event for event in run.annotations.latest() if event.annotator == owner]
    votes = votes_of(said, given_labels(run, {event.id for event in said}))
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
