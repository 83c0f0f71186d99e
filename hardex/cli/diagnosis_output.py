"""What `hardex diagnose` and `hardex selftest` print."""

from collections.abc import Iterator, Sequence
from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.table import Table

from hardex.cli.terminal import Terminal, cell, print_json, print_more, styled
from hardex.diagnosis.causes import UNEXPLAINED
from hardex.diagnosis.overall import CauseCount, Diagnosis, Leakage
from hardex.diagnosis.selftest import LEAST_POWER, MOST_FALSE_CREDIT, SelfTest, Share
from hardex.runs.findings import FINDINGS
from hardex.runs.folder import RESULTS
from hardex.sentences import counted

if TYPE_CHECKING:
    import pandas as pd

SCHEMA = "hardex.diagnose/1"
_MOST_GROUPS = 10  # shown without -v
_MOST_IDS = 10  # of examples that are in the training data, too


def print_diagnosis(
    folder: Path,
    found: Diagnosis,
    selftest: SelfTest | None,
    findings: "pd.DataFrame",
    *,
    as_json: bool,
    rows: int | None,
) -> None:
    """Print why examples are hard: what they have in common, the first findings, the next step.

    Args:
        folder: of the run.
        found: what the findings say together.
        selftest: how far they can be trusted; None without a self-test.
        findings: one row per example, as in findings.parquet.
        as_json: whether to print one JSON object instead.
        rows: how many findings to show; None for all.
    """
    if as_json:
        print_json(summary(folder, found, selftest, findings))
        return
    console = Terminal()
    for line in _headline(found, selftest):
        console.print(line, soft_wrap=True)
    _print_counts(console, found.counts, found.examples)
    shown = found.tests if rows is None else found.tests[:_MOST_GROUPS]
    for test in shown:
        console.print(test.sentence, soft_wrap=True)
    print_more(len(found.tests) - len(shown), "groups")
    for line in _of_the_data(found):
        console.print(line, soft_wrap=True)
    for line in _limits(found):
        console.print(line, soft_wrap=True)
    _print_findings(console, findings, rows)
    run = str(folder)
    saved = styled(
        "Kept in ",
        (str(folder / RESULTS / FINDINGS), "bold"),
        ". Look at them by cause: ",
        (f"hardex serve {run}", "bold"),
        ". One of each cause first: ",
        (f"hardex rank {run} --out RUN2 --diversity cause", "bold"),
    )
    console.print(saved, soft_wrap=True)


def summary(
    folder: Path, found: Diagnosis, selftest: SelfTest | None, findings: "pd.DataFrame"
) -> dict[str, Any]:
    """What `hardex diagnose --format json` prints."""
    return {
        "schema": SCHEMA,
        "run": str(folder),
        "diagnosis": found.as_json(),
        "selftest": None if selftest is None else selftest.as_json(),
        "findings": [
            {name: _plain(value) for name, value in row.items()}
            for row in findings.to_dict(orient="records")
        ],
    }


def print_selftest(found: SelfTest, *, as_json: bool) -> None:
    """Print which planted causes were found, and how far the answers can be trusted."""
    if as_json:
        print_json(found.as_json())
        return
    console = Terminal()
    for line in _tested(found):
        console.print(line, soft_wrap=True)
    table = Table(expand=False)
    for column in ("cause", "planted", "power", "false credit", "named"):
        numbers = column not in ("cause", "named")
        table.add_column(column, justify="right" if numbers else "left")
    for test in found.causes:
        table.add_row(
            cell(test.cause),
            f"{test.planted:,}",
            _interval(test.power),
            _interval(test.false_credit),
            "yes" if test.given else f"no: {test.why_not}".removesuffix(": "),
        )
    console.print(table)
    for line in _trust(found):
        console.print(line, soft_wrap=True)
    for note in found.notes:
        console.print(f"Note: {note}", soft_wrap=True)


def _headline(found: Diagnosis, selftest: SelfTest | None) -> Iterator[str]:
    """What was diagnosed, and how far it can be trusted."""
    text = f"{counted(found.examples, 'example')} diagnosed"
    if found.chosen:
        text += f" ({found.chosen})"
    yield f"{text}, {found.wrong:,} of them wrong."
    if found.scope:
        yield f"Compared with {found.scope}."
    if selftest is None:
        yield (
            "There is no self-test of this model and data: findings are evidence, and how often "
            "they are right is not known."
        )
        return
    yield (
        f"Self-test: {_percent(selftest.accuracy)} of the answers about planted causes were right, "
        f"and {_percent(selftest.coverage)} of the plants got an answer; the others are "
        f"{UNEXPLAINED}."
    )


def _print_counts(console: Terminal, counts: Sequence[CauseCount], examples: int) -> None:
    if not counts:
        return
    table = Table(expand=False)
    table.add_column("cause")
    table.add_column("examples", justify="right")
    table.add_column("share", justify="right")
    table.add_column("what to do")
    for one in counts:
        share = one.count / examples if examples else 0.0
        table.add_row(cell(one.cause), f"{one.count:,}", f"{share:.0%}", one.remedy)
    console.print(table)


def _of_the_data(found: Diagnosis) -> Iterator[str]:
    """What is wrong with the labels and the training data."""
    if found.label_errors is not None:
        yield found.label_errors.sentence
    if found.leakage is not None:
        yield leaked(found.leakage)


def leaked(leakage: Leakage) -> str:
    """How many examples are in the training data, a sentence.

    Example:
        >>> leaked(Leakage(3, 1, ("a", "b", "c"), 900))
        '3 of 900 examples are in the training data, too, 1 of them with another label (a, b, c).'
    """
    if not leakage.examples:
        return f"None of the {leakage.of:,} examples looked at is in the training data."
    verb = "is" if leakage.examples == 1 else "are"
    text = f"{leakage.examples:,} of {leakage.of:,} examples {verb} in the training data, too"
    if leakage.other_label:
        text += f", {leakage.other_label:,} of them with another label"
    if not leakage.ids:
        return f"{text}."
    shown = leakage.ids[:_MOST_IDS]
    more = leakage.examples - len(shown)
    return f"{text} ({', '.join(map(cell, shown))}{f' and {more:,} more' if more > 0 else ''})."


def _limits(found: Diagnosis) -> Iterator[str]:
    """What was not judged, and why; causes with the same reason together."""
    reasons: dict[str, list[str]] = {}
    for one in found.not_judged:
        reasons.setdefault(one.why, []).append(one.cause)
    for why, causes in reasons.items():
        yield f"Not judged: {', '.join(causes)}" + (f" ({why})." if why else ".")
    yield from (f"Note: {note}" for note in found.notes)


def _print_findings(console: Terminal, findings: "pd.DataFrame", rows: int | None) -> None:
    shown = findings if rows is None else findings.head(rows)
    if not len(findings):
        return
    table = Table(expand=False)
    for column in ("id", "given", "predicted", "cause", "confidence", "why"):
        table.add_column(column, justify="right" if column == "confidence" else "left")
    for row in shown.to_dict(orient="records"):
        table.add_row(
            cell(str(row["id"])),
            cell(str(row["given_label"])),
            cell(str(row["predicted_label"])),
            cell(str(row["cause"])),
            f"{row['confidence']:.2f}",
            str(row["why"]),
        )
    console.print(table)
    print_more(len(findings) - len(shown), "findings")


def _tested(found: SelfTest) -> Iterator[str]:
    against = f", compared with {found.train}" if found.train else ", without training data"
    yield (
        f"Self-test of {found.model} on {found.data}{against}: causes planted in "
        f"{counted(found.examples, 'example')} that the model has right."
    )


def _trust(found: SelfTest) -> Iterator[str]:
    yield (
        f"Brackets hold 95 % intervals. A cause is named if its power is surely at least "
        f"{LEAST_POWER:.0%} (the lower end) and its false credit at most {MOST_FALSE_CREDIT:.0%} "
        f"(the upper end)."
    )
    yield (
        f"Accuracy: {_interval(found.accuracy)} of {found.accuracy.of:,} answers are right. "
        f"Coverage: {_interval(found.coverage)} of {found.coverage.of:,} plants get an answer; "
        f"without enough of the votes (at least {found.threshold:.0%}, for most causes more) it is "
        f"{UNEXPLAINED}."
    )
    yield f"Calibration error of the confidence: {found.calibration_error:.3f}."
    for one in found.calibration:
        if one.count:
            yield (
                f"  confidence {one.low:.1f} to {one.high:.1f}: {one.right:.0%} of "
                f"{one.count:,} right (stated {one.confidence:.0%})"
            )


def _interval(share: Share) -> str:
    """A share with its interval; a dash where nothing could be counted."""
    if not share.of:
        return "–"
    return f"{share.value:.1%} [{share.low:.1%}, {share.high:.1%}]"


def _percent(share: Share) -> str:
    return f"{share.value:.0%}" if share.of else "an unknown share"


def _plain(value: Any) -> Any:
    """A value of a data frame as JSON has it: lists for arrays, None for gaps."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, float) and isnan(value):
        return None
    return value
