"""What people said -> votes -> what most of them say, and how far they agree.

A vote is what one annotator last said of one example and did not take back. Everything below works
on votes; only the function `agreement` knows of runs and files.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from statistics import median

import numpy as np
from numpy.typing import NDArray

from hardex.errors import RunError
from hardex.predict.metrics import share
from hardex.runs.annotations import AnnotationEvent
from hardex.runs.coefficients import Codes, alpha_of, cohen_kappa
from hardex.runs.folder import RESULTS, TABLE
from hardex.runs.run import Run, load

# What can be said of an example besides the name of a class.
NO_CLASS = ("ambiguous", "bad_image", "not_sure")
WRONG = "wrong"  # the given label is, and nobody said what it is instead

_Z = 1.959963984540054  # of a 95 % interval
_PAIRS_AT_ONCE = 2**21  # pairs of votes counted in one go: some 100 MB

Share = Mapping[str, float | None]


@dataclass(frozen=True)
class Vote:
    """What one annotator says of one example.

    Attributes:
        annotator: who.
        id: the example.
        answer: a class, `ambiguous`, `bad_image`, `not_sure`, or `wrong` where nobody said what it
            is instead.
        blind: whether it was said before the given label was in view.
        seconds: how long it took, if measured.
    """

    annotator: str
    id: str
    answer: str
    blind: bool = False
    seconds: float | None = None


@dataclass(frozen=True)
class Kappa:
    """How far two annotators agree beyond chance.

    Attributes:
        first, second: who, in order of name.
        examples: how many both judged.
        agreed: on how many they say the same.
        value: Cohen's kappa, -1..1; None where both always gave one and the same answer.
        low, high: its asymptotic 95 % interval; None where `value` is.
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

    Attributes:
        name: who.
        votes: on how many examples.
        seconds: the median of what was measured; None where nothing was.
        gold: share of the votes on gold examples that say the gold label, with its interval.
        gold_votes: how many votes those are.
        others: share of the votes that say what most of the others say, with its interval.
        others_votes: how many votes that is of: those where most of the others say one thing.
    """

    name: str
    votes: int
    seconds: float | None
    gold: Share
    gold_votes: int
    others: Share
    others_votes: int


@dataclass(frozen=True)
class Consensus:
    """What people together say of one example.

    Attributes:
        id: the example.
        given_label: the class it is said to have in the data.
        answer: what most say; "" where two answers have as many votes.
        share: of the votes for the most frequent answer, 0..1.
        votes: how many.
        answers: each answer with its votes, the most frequent first, then by name.
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

    Attributes:
        votes: how many, one for each annotator and example.
        blind: how many of them were said before the given label was in view.
        examples: how many were judged.
        overlapping: how many of those by two people or more.
        unknown: how many votes speak of examples that are not there; they count nowhere.
        alpha: Krippendorff's alpha for nominal data; 1 is perfect, 0 is chance; None where it is
            not defined.
        alpha_low, alpha_high: its 95 % interval, by drawing examples again; None where it is not
            defined.
        why: why alpha is None, as a sentence; else "".
        annotators: in order of name.
        pairs: annotators who judged an example in common, in order of name.
        consensus: one for each judged example, in order of id.
    """

    votes: int
    blind: int
    examples: int
    overlapping: int
    unknown: int
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
            if example.answer not in ("", example.given_label, *NO_CLASS)
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
            and `label`.
        blind: count only what was said before the given label was in view.
        seed: of the interval of alpha.
        annotations: the address of the database, where `run` is a folder and they are not there.

    Raises:
        HardexError: no run there, its annotations or the gold file cannot be read, or a gold label
            is no class.
    """
    found = open_run(run, annotations)
    known = _gold_of(found, gold)
    events = found.annotations.all()
    given = given_labels(found, {event.id for event in events})
    return agreement_of(events, given, gold=known, blind=blind, seed=seed)


def open_run(run: str | Path | Run, annotations: str = "") -> Run:
    """A run, opened if it is a folder."""
    return run if isinstance(run, Run) else load(run, annotations=annotations)


def given_labels(run: Run, ids: Collection[str]) -> dict[str, str]:
    """The given label of each of these examples; those that the run does not have are left out."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    table = pq.read_table(run.folder / RESULTS / TABLE, columns=["id", "given_label"])
    chosen = table.filter(pc.is_in(table["id"], pa.array(sorted(ids), pa.string())))
    return dict(
        zip(chosen["id"].to_pylist(), chosen["given_label"].to_pylist(), strict=True),
    )


def agreement_of(
    events: Iterable[AnnotationEvent],
    given: Mapping[str, str],
    *,
    gold: Mapping[str, str] | None = None,
    blind: bool = False,
    seed: int = 0,
) -> Agreement:
    """How far people agree who said these things.

    Args:
        events: what was said, in order of time.
        given: the given label of each example; what is said of others counts nowhere.
        gold: the right answer of some examples.
        blind: count only what was said before the given label was in view.
        seed: of the interval of alpha.

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
    standing = latest(events, blind=blind)
    votes = votes_of(standing, given)
    answers = _answers(votes)
    alpha, low, high, why = alpha_of(answers, np.random.default_rng(seed))
    return Agreement(
        votes=len(votes),
        blind=sum(vote.blind for vote in votes),
        examples=len(answers),
        overlapping=sum(len(said) > 1 for said in answers.values()),
        unknown=len(standing) - len(votes),
        alpha=alpha,
        alpha_low=low,
        alpha_high=high,
        why=why,
        annotators=_annotators(votes, answers, gold or {}),
        pairs=tuple(_kappas(votes)),
        consensus=tuple(_consensus(id, given[id], said) for id, said in sorted(answers.items())),
    )


def latest(events: Iterable[AnnotationEvent], *, blind: bool = False) -> list[AnnotationEvent]:
    """What each annotator last said of each example and did not take back.

    Args:
        events: in order of time.
        blind: only of what was said before the given label was in view.

    Example:
        >>> first = AnnotationEvent("anna", "1", "wrong", event_id="a")
        >>> back = AnnotationEvent("anna", "1", "", undoes="a", event_id="b")
        >>> latest([first, back])
        []
    """
    events = list(events)
    # Only one's own words can be taken back.
    undone = {(event.annotator, event.undoes) for event in events if event.undoes}
    found: dict[tuple[str, str], AnnotationEvent] = {}
    for event in events:
        if event.undoes or (event.annotator, event.event_id) in undone:
            continue
        if not blind or event.shown == "blind":
            found[event.annotator, event.id] = event
    return list(found.values())


def votes_of(events: Iterable[AnnotationEvent], given: Mapping[str, str]) -> list[Vote]:
    """The answers of these events, which are the latest; none for examples that are not given."""
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


def answer_of(event: AnnotationEvent, given_label: str) -> str:
    """What an event says the example is.

    Example:
        >>> answer_of(AnnotationEvent("anna", "1", "right"), "7")
        '7'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong", "1"), "7")
        '1'
        >>> answer_of(AnnotationEvent("anna", "1", "wrong"), "7")
        'wrong'
    """
    if event.said and event.shown == "blind":
        return event.said
    if event.verdict == "right":
        return given_label
    return (event.new_label or WRONG) if event.verdict == WRONG else event.verdict


def consensus_of(votes: Iterable[Vote], given: Mapping[str, str]) -> tuple[Consensus, ...]:
    """What people together say of each example, in order of id."""
    return tuple(_consensus(id, given[id], said) for id, said in sorted(_answers(votes).items()))


def _answers(votes: Iterable[Vote]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for vote in votes:
        found[vote.id].append(vote.answer)
    return dict(found)


def _consensus(id: str, given_label: str, answers: Sequence[str]) -> Consensus:
    counts = tuple(sorted(Counter(answers).items(), key=lambda one: (-one[1], one[0])))
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
    votes: Sequence[Vote], answers: Mapping[str, Sequence[str]], gold: Mapping[str, str]
) -> tuple[Annotator, ...]:
    counts = {id: Counter(said) for id, said in answers.items()}
    theirs: dict[str, list[Vote]] = defaultdict(list)
    for vote in votes:
        theirs[vote.annotator].append(vote)
    return tuple(_annotator(name, theirs[name], counts, gold) for name in sorted(theirs))


def _annotator(
    name: str,
    votes: Sequence[Vote],
    counts: Mapping[str, Counter[str]],
    gold: Mapping[str, str],
) -> Annotator:
    seconds = [vote.seconds for vote in votes if vote.seconds is not None]
    judged = [vote.answer == gold[vote.id] for vote in votes if vote.id in gold]
    beside = [
        (vote.answer, others)
        for vote in votes
        if (others := _majority_without(vote.answer, counts[vote.id]))
    ]
    same = sum(answer == others for answer, others in beside)
    return Annotator(
        name=name,
        votes=len(votes),
        seconds=median(seconds) if seconds else None,
        gold=share(sum(judged), len(judged)),
        gold_votes=len(judged),
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
    low, high = max(-1.0, value - _Z * error), min(1.0, value + _Z * error)
    return Kappa(first, second, examples, agreed, value, low, high)


def _pair_counts(
    votes: Sequence[Vote], names: Sequence[str], answers: Sequence[str]
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


def _gold_of(run: Run, gold: Mapping[str, str] | str | Path | None) -> dict[str, str]:
    if gold is None:
        return {}
    found = dict(gold) if isinstance(gold, Mapping) else read_gold(gold)
    known = {*run.manifest.class_names, *NO_CLASS}
    strange = sorted(set(found.values()) - known)
    if strange:
        raise RunError(
            f"a gold label must be one of the run's {len(run.manifest.class_names)} classes; "
            f"received {strange[0]!r}; write it as the run does."
        )
    return found
