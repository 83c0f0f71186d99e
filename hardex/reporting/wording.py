"""Figures -> the five sentences with which a report begins, and how its numbers are written."""

from collections.abc import Sequence

from hardex.annotate.agreement import Agreement
from hardex.comparison.comparison import Comparison
from hardex.comparison.wording import SAME_EXAMPLES, difference_sentence, most_of
from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.overall import Diagnosis
from hardex.reporting.contents import ClassFigures, Share
from hardex.sentences import counted

_NAMED = 3  # pairs or causes in a sentence
_NAME_MOST = 60  # characters of a name; a report of long names must stay a report


def percent(value: float | None, digits: int = 1) -> str:
    """A share as a percentage, never rounded to all or nothing.

    Example:
        >>> percent(0.99996), percent(1.0), percent(0.0), percent(0.5, 0), percent(None)
        ('> 99.9 %', '100.0 %', '0.0 %', '50 %', '–')
    """
    if value is None:
        return "–"
    rounded, step = round(100 * value, digits), 10.0**-digits
    if value < 1 and rounded == 100:
        return f"> {100 - step:.{digits}f} %"
    if value > 0 and rounded == 0:
        return f"< {step:.{digits}f} %"
    return f"{100 * value:.{digits}f} %"


def with_interval(share: Share, digits: int = 1) -> str:
    """A share with its 95 % interval; a dash for a share of nothing.

    Example:
        >>> with_interval({"value": 0.5, "low": 0.25, "high": 0.75})
        '50.0 % (25.0 to 75.0)'
    """
    value, low, high = (share[name] for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "–"
    return f"{percent(value, digits)} ({100 * low:.{digits}f} to {100 * high:.{digits}f})"


def shortened(name: str, most: int = _NAME_MOST) -> str:
    """A name that is not longer than a line.

    Example:
        >>> shortened("a" * 9, 5), shortened("a", 5)
        ('aaaa…', 'a')
    """
    return name if len(name) <= most else f"{name[: most - 1]}…"


def summary_of_run(
    name: str,
    *,
    model: str,
    data: str,
    examples: int,
    wrong: int,
    accuracy: Share,
    pairs: Sequence[tuple[str, str, int]],
    classes: Sequence[ClassFigures],
    calibration: str,
    diagnosis: Diagnosis | None,
    judged: Agreement | None,
) -> tuple[str, ...]:
    """Five sentences: how good, where it fails, how sure, why, and what people said.

    Args:
        name: of the run.
        model, data: as typed; "" for probabilities without either.
        examples, wrong: how many.
        accuracy: of all examples.
        pairs: the most confused classes, the most frequent first.
        classes: the weakest first.
        calibration: a sentence on how sure the model is.
        diagnosis: None if there is none.
        judged: None if nobody was asked.
    """
    return (
        _how_good(model, data, examples, wrong, accuracy),
        _where(wrong, pairs, classes),
        calibration,
        _why(name, diagnosis),
        _people(name, judged),
    )


def _how_good(model: str, data: str, examples: int, wrong: int, accuracy: Share) -> str:
    who = shortened(model) or "The model"
    where = f" of {shortened(data)}" if data else ""
    low, high = (percent(accuracy[name], 2) for name in ("low", "high"))
    return (
        f"{who} is right on {examples - wrong:,} of {counted(examples, 'example')}{where}: "
        f"accuracy {percent(accuracy['value'], 2)} (95 % interval {low} to {high})."
    )


def _where(
    wrong: int, pairs: Sequence[tuple[str, str, int]], classes: Sequence[ClassFigures]
) -> str:
    if not wrong:
        return "It makes no errors on these examples."
    if not pairs:
        return f"It makes {counted(wrong, 'error')}; confusion.csv of the run cannot be read."
    told = ", ".join(
        f"{shortened(given)} taken for {shortened(predicted)} ({count:,})"
        for given, predicted, count in pairs[:_NAMED]
    )
    text = f"Of {counted(wrong, 'error')}, the most frequent are {told}"
    weakest = next((one for one in classes if one.examples), None)
    if weakest is None:
        return f"{text}."
    return (
        f"{text}; the class with the lowest accuracy is {shortened(weakest.name)}, "
        f"{with_interval(weakest.recall)}."
    )


def _why(name: str, diagnosis: Diagnosis | None) -> str:
    if diagnosis is None:
        return (
            f"Why the examples are hard is not known yet: hardex diagnose {shortened(name)} looks "
            "for causes."
        )
    known = [one for one in diagnosis.counts if one.cause != UNEXPLAINED]
    unexplained = diagnosis.examples - sum(one.count for one in known)
    examples = counted(diagnosis.examples, "example")
    if not known:
        return f"Of {examples} diagnosed, none has a cause that could be named."
    causes = ", ".join(f"{one.cause} ({one.count:,})" for one in known[:_NAMED])
    return (
        f"Of {examples} diagnosed, the most frequent causes are {causes}; {unexplained:,} "
        f"{'is' if unexplained == 1 else 'are'} unexplained."
    )


def _people(name: str, judged: Agreement | None) -> str:
    if judged is None or not judged.votes:
        return (
            f"Nobody has judged the labels yet: hardex serve {shortened(name)} shows the examples "
            "to people."
        )
    people = len(judged.annotators) + bool(judged.owner_votes)
    who = "1 person has" if people == 1 else f"{people:,} people have"
    verb = "is" if len(judged.relabelled) == 1 else "are"
    return (
        f"{who} judged {counted(judged.examples, 'example')}; by their consensus, "
        f"{len(judged.relabelled):,} of them {verb} of another class than given."
    )


def summary_of_comparison(found: Comparison) -> tuple[str, ...]:
    """Five sentences on several runs: what, which is better, shared errors, labels, a limit."""
    accuracies = ", ".join(
        f"{shortened(run)} {percent(one['value'], 2)}"
        for run, one in zip(found.runs, found.accuracies, strict=True)
    )
    first_last = next(
        one for one in found.differences if (one.a, one.b) == (found.runs[0], found.runs[-1])
    )
    return (
        f"{len(found.runs)} runs on {counted(len(found), 'example')}; accuracy: {accuracies}.",
        difference_sentence(first_last),
        _shared(found),
        _suspects(found),
        SAME_EXAMPLES,
    )


def _shared(found: Comparison) -> str:
    count = len(found.rows("wrong_in_all"))
    if not count:
        return "No example is wrong in all runs."
    verb = "is" if count == 1 else "are"
    return (
        f"{counted(count, 'example')} {verb} wrong in all runs ({most_of(found, 'wrong_in_all')})."
    )


def _suspects(found: Comparison) -> str:
    count = len(found.suspects)
    if not count:
        return "No label is contradicted by all models with the same class."
    verb, them = ("is", "it") if count == 1 else ("are", "them")
    return (
        f"{counted(count, 'label')} {verb} contradicted by all models with the same class: look "
        f"at {them} first."
    )
