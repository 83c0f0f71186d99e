"""A proof -> sentences, in the words that the terminal and a report share."""

from collections.abc import Iterator, Sequence

from hardex.comparison.differences import ClassDifference
from hardex.proof.arms import HARMS, HELPS, NOT_ANSWERED, RemedyAnswer
from hardex.proof.evidence import BETTER, WORSE, Evidence, fewest_flips
from hardex.proof.ground import CONFIRM, LEFT_OUT, LOOKED_AT, SEALED
from hardex.proof.proof import Proof
from hardex.sentences import counted, p_words

_GROUPS = 6  # classes or slices in a sentence
_IDS = 5  # of examples in a sentence


def headline(found: Proof) -> str:
    """The verdict in one sentence."""
    seen = found.evidence
    if seen is None or not found.proves:
        return _not_provable(found)
    before, after = found.before.name, found.after.name
    figures = _figures(seen)
    if found.verdict == BETTER:
        return f"{after} is better than {before}: {figures}."
    if found.verdict == WORSE:
        return f"{after} is worse than {before}: {figures}."
    return (
        f"No measurable difference between {before} and {after} (±{_points(seen.detectable)} would "
        f"have been seen): {figures}."
    )


def sentences(found: Proof) -> Iterator[str]:
    """Everything else that a proof says, in order."""
    if found.remedy is not None:
        yield remedy_sentence(found.remedy)
    yield from _where(found)
    yield from found.notes
    seen = found.evidence
    if seen is not None and found.proves:
        yield from _sizes(seen)
        yield from _flips(found)
        yield _groups("Classes", found.classes, found.level)
        if found.slices:
            yield _groups("Slices", found.slices, found.level)
    yield from _hard_set(found)
    if found.targeted is not None:
        one = found.targeted.evidence
        yield (
            f"The same examples with a planted {found.targeted.target}: {_figures(one)}: "
            f"{_WORDS[one.verdict]}."
        )
    if found.calibration is not None:
        before, after = found.calibration
        yield f"Calibration error: {before:.4f} before, {after:.4f} after."
    yield from _probes(found)


_WORDS = {
    "better": "better",
    "worse": "worse",
    "no_measurable_difference": "no measurable difference",
}


def remedy_sentence(found: RemedyAnswer) -> str:
    """Whether it is the remedy.

    Example:
        >>> remedy_sentence(RemedyAnswer((0.9,), (), 2, 3, 0.05))
        'Whether it is the remedy is not answered: another seed alone may change as much. It takes \
2 more models with the remedy and 3 more models without it, each trained with another seed.'
    """
    seeds, examples = found.by_seeds, found.by_examples
    if found.answer == NOT_ANSWERED or seeds is None or examples is None:
        wanted = [
            f"{count} more {'model' if count == 1 else 'models'} {which}"
            for count, which in (
                (found.missing_remedied, "with the remedy"),
                (found.missing_placebo, "without it"),
            )
            if count
        ]
        return (
            "Whether it is the remedy is not answered: another seed alone may change as much. It "
            f"takes {' and '.join(wanted)}, each trained with another seed."
        )
    percent = _percent(found.level)
    figures = (
        f"{len(found.remedied)} models with the remedy against {len(found.placebo)} without it: "
        f"{100 * seeds.value:+.2f} points ({percent} interval over seeds "
        f"{100 * seeds.low:+.2f} to {100 * seeds.high:+.2f}, over examples "
        f"{100 * examples.low:+.2f} to {100 * examples.high:+.2f})"
    )
    begin = {HELPS: "The remedy helps", HARMS: "The remedy harms"}.get(
        found.answer, "No measurable effect of the remedy"
    )
    return f"{begin}: {figures}."


def _not_provable(found: Proof) -> str:
    begin = "Not provable"
    if found.kind in (SEALED, CONFIRM) and found.left_out:
        return (
            f"{begin}: no example of {found.data} is left that nobody looked at; pass other data "
            "with --confirm."
        )
    if found.kind == CONFIRM:
        return f"{begin}: no example of {found.data} can be read; pass other data with --confirm."
    if found.kind == SEALED:
        return (
            f"{begin}: the seal holds too few examples for any test, and it was not opened; pass "
            "--confirm with more data."
        )
    if found.kind != LOOKED_AT:
        return (
            f"{begin}: there is no data; pass --confirm DATA that nobody looked at, or a run that "
            "was ranked with --seal 0.5 as BEFORE."
        )
    reason = (
        f"{begin} on data that was looked at; pass --confirm DATA that nobody looked at, or rank "
        "with --seal 0.5"
    )
    seen = found.evidence
    if seen is None:
        return f"{reason}."
    told = (
        f"{reason}. On {counted(seen.examples, 'example')} like these, ±{_points(seen.detectable)} "
        "could be seen"
    )
    if seen.needed is None:
        return f"{told}."
    return (
        f"{told}; to show the {_points(abs(seen.difference))} between the two on these examples "
        f"would take {seen.needed:,}."
    )


def _figures(seen: Evidence) -> str:
    return (
        f"{100 * seen.difference:+.2f} points ({_percent(seen.level)} interval "
        f"{100 * seen.low:+.2f} to {100 * seen.high:+.2f}, {p_words(seen.p_mcnemar)}); "
        f"{seen.repaired:,} repaired, {seen.broken:,} broken"
    )


def _where(found: Proof) -> Iterator[str]:
    examples = 0 if found.evidence is None else found.evidence.examples
    count = counted(examples, "example")
    if found.proves and found.kind == SEALED:
        yield (
            f"Proved on {count} of {found.data} that were sealed. This is use {found.uses} of the "
            f"seal, judged at the level {found.level:.2g}."
        )
    elif found.proves and found.kind == CONFIRM:
        again = "" if found.uses == 1 else f" This is use {found.uses} of this data."
        yield f"Proved on {count} of {found.data}, judged at the level {found.level:.2g}.{again}"
    for word, one in found.left_out.items():
        verb = "is" if one.examples == 1 else "are"
        told = f"{counted(one.examples, 'example')} left out, which {verb} {LEFT_OUT[word]}"
        yield f"{told}: {_named(one.ids, one.examples)}."


def _sizes(seen: Evidence) -> Iterator[str]:
    """How large a difference had to be, and how many examples a smaller one takes."""
    if seen.examples < fewest_flips(seen.level):
        yield (
            f"{counted(seen.examples, 'example')} are too few for any test at this level: it takes "
            f"{fewest_flips(seen.level)} at least."
        )
        return
    told = f"A difference of {_points(seen.detectable)} would be found with 80 % power"
    if seen.verdict in (BETTER, WORSE) or seen.needed is None:
        yield f"{told}."
    else:
        yield f"{told}; one of {_points(abs(seen.difference))} takes {seen.needed:,} examples."


def _flips(found: Proof) -> Iterator[str]:
    for word, ids, count in (
        ("Broken", found.broken, found.evidence.broken if found.evidence else 0),
        ("Repaired", found.repaired, found.evidence.repaired if found.evidence else 0),
    ):
        yield f"{word}: {_named(ids, count)}." if count else f"{word}: none."


def _named(ids: Sequence[str], count: int) -> str:
    """The first ids, and how many there are more."""
    more = f" and {count - _IDS:,} more" if count > _IDS else ""
    return f"{', '.join(ids[:_IDS])}{more}"


def _groups(word: str, groups: Sequence[ClassDifference], level: float) -> str:
    """In which classes or slices the models differ beyond chance."""
    sure = sorted((one for one in groups if one.p_holm < level), key=lambda one: one.p_holm)
    if not sure:
        return f"{word} that differ beyond chance: none."
    told = [
        f"{one.class_name} {100 * one.difference:+.2f} points ({one.repaired:,} repaired, "
        f"{one.broken:,} broken)"
        for one in sure[:_GROUPS]
    ]
    if len(sure) > _GROUPS:
        told.append(f"and {len(sure) - _GROUPS:,} more")
    return f"{word} that differ beyond chance: {', '.join(told)}."


def _hard_set(found: Proof) -> Iterator[str]:
    one = found.hard_set
    if one is None:
        return
    interval = one.interval
    told = (
        ""
        if interval is None or found.remedy is None
        else f" ({_percent(found.remedy.level)} interval over seeds {100 * interval.low:+.1f} to "
        f"{100 * interval.high:+.1f})"
    )
    yield (
        f"On the {counted(one.examples, 'hard example')} of the run, the gain minus the gain of "
        f"the models without the remedy is {100 * one.gain:+.1f} points{told}."
    )


def _probes(found: Proof) -> Iterator[str]:
    one = found.probes
    if one is None:
        return
    told = f"Kept probes: {len(one.changed):,} of {one.kept:,} predictions changed"
    if one.expected:
        told += (
            f"; as expected were {one.met_before:,} of {one.expected:,}, and now are "
            f"{one.met_after:,}"
        )
    yield f"{told}."
    if one.broken:
        yield f"Probes that are broken now: {', '.join(one.broken[:_IDS])}."


def _points(share: float) -> str:
    return f"{100 * share:.2f} points"


def _percent(level: float) -> str:
    """The confidence of an interval at a level.

    Example:
        >>> _percent(0.05), _percent(0.05 / 12)
        ('95 %', '99.58 %')
    """
    return f"{round(100 * (1 - level), 2):g} %"
