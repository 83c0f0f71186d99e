"""A diagnosis and its self-test -> a section of a report."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import replace

from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.overall import Diagnosis
from hardex.diagnosis.selftest import LEAST_POWER, MOST_FALSE_CREDIT, SelfTest
from hardex.diagnosis.selftest import Share as Measured
from hardex.reporting.contents import Card, CauseExamples, HardList, Table, Told
from hardex.reporting.pictures import Room, undone_of
from hardex.reporting.wording import percent
from hardex.runs.findings import Finding
from hardex.runs.run import Run
from hardex.sentences import counted

_EXAMPLES = 3  # of each cause
_GROUPS_MOST = 10


def causes_part(
    run: Run,
    diagnosis: Diagnosis,
    selftest: SelfTest | None,
    findings: Iterable[Finding],
    lists: Sequence[HardList],
    room: Room,
) -> Told:
    """Why the hard examples are hard, and how far that can be trusted.

    Args:
        run: the run.
        diagnosis: all findings together.
        selftest: None without one.
        findings: about the examples in the lists.
        lists: their cards.
        room: how much the pictures may take.
    """
    tables = [_counts(diagnosis)]
    if selftest is not None:
        tables.append(_tests(selftest))
    return Told(
        tuple(_sentences(diagnosis, selftest)),
        tuple(one for one in tables if one.rows),
        tuple(_examples(run, diagnosis, findings, lists, room)),
    )


def _sentences(found: Diagnosis, selftest: SelfTest | None) -> Iterator[str]:
    chosen = f" ({found.chosen})" if found.chosen else ""
    yield (
        f"{counted(found.examples, 'example')} diagnosed{chosen}, {found.wrong:,} of them wrong."
    )
    if found.scope:
        yield f"Compared with {found.scope}."
    yield _trust(selftest)
    yield from (test.sentence for test in found.tests[:_GROUPS_MOST])
    if found.label_errors is not None:
        yield found.label_errors.sentence
    if found.leakage is not None:
        yield _leaked(found.leakage.examples, found.leakage.other_label, found.leakage.of)
    reasons: dict[str, list[str]] = {}
    for one in found.not_judged:
        reasons.setdefault(one.why, []).append(one.cause)
    for why, causes in reasons.items():
        yield f"Not judged: {', '.join(causes)}" + (f" ({why})." if why else ".")
    yield from found.notes


def _trust(selftest: SelfTest | None) -> str:
    if selftest is None:
        return (
            "There is no self-test of this model and data: findings are evidence, and how often "
            "they are right is not known."
        )
    return (
        "hardex planted each cause in examples that the model has right, to see whether it finds "
        f"them: {_measured(selftest.accuracy)} of its answers were right, and "
        f"{_measured(selftest.coverage)} of the plants got an answer. A cause is named if its "
        f"power is surely at least {LEAST_POWER:.0%} and its false credit at most "
        f"{MOST_FALSE_CREDIT:.0%}."
    )


def _leaked(examples: int, other_label: int, of: int) -> str:
    if not examples:
        return f"None of the {of:,} examples looked at is in the training data."
    verb = "is" if examples == 1 else "are"
    text = f"{examples:,} of {of:,} examples {verb} in the training data, too"
    return f"{text}, {other_label:,} of them with another label." if other_label else f"{text}."


def _counts(found: Diagnosis) -> Table:
    rows = (
        (one.cause, f"{one.count:,}", percent(one.count / max(1, found.examples), 0), one.remedy)
        for one in found.counts
    )
    return Table("Causes", ("cause", "examples", "share", "what to do"), tuple(rows))


def _tests(found: SelfTest) -> Table:
    rows = (
        (
            one.cause,
            f"{one.planted:,}",
            _measured(one.power),
            _measured(one.false_credit),
            "yes" if one.given else f"no: {one.why_not}".removesuffix(": "),
        )
        for one in found.causes
    )
    columns = ("cause", "planted", "power", "false credit", "named")
    return Table("Self-test, with 95 % intervals", columns, tuple(rows))


def _measured(share: Measured) -> str:
    if not share.of:
        return "–"
    return f"{percent(share.value)} ({100 * share.low:.1f} to {100 * share.high:.1f})"


def _examples(
    run: Run,
    diagnosis: Diagnosis,
    findings: Iterable[Finding],
    lists: Sequence[HardList],
    room: Room,
) -> Iterator[CauseExamples]:
    """The first shown examples of each cause, with the transform undone where one was found."""
    cards = {card.id: card for one in lists for card in one.cards if card.picture}
    by_cause: dict[str, list[Card]] = {}
    for finding in findings:
        card, same = cards.get(finding.id), by_cause.setdefault(finding.cause, [])
        if card is not None and len(same) < _EXAMPLES:
            same.append(replace(card, undone=undone_of(run, finding, room)))
    for cause in _named(diagnosis):
        if by_cause.get(cause):
            yield CauseExamples(cause, tuple(by_cause[cause]))


def _named(diagnosis: Diagnosis) -> Collection[str]:
    return [one.cause for one in diagnosis.counts if one.cause != UNEXPLAINED]
