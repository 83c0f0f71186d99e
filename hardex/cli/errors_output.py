"""What `hardex errors` prints."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.table import Table

from hardex.cli.positive_output import interval, print_errors_of, print_of_class
from hardex.cli.terminal import Terminal, cell, print_json, print_more, styled
from hardex.error_analysis.analysis import ErrorAnalysis
from hardex.error_analysis.classes import ClassErrors
from hardex.error_analysis.top import TopError
from hardex.error_analysis.wording import (
    decomposition_sentences,
    headline,
    imbalance_sentences,
    over_predicted_sentence,
    rare_sentences,
    refit_sentences,
    shift_sentence,
)

_TOP = 5


def print_errors(
    found: ErrorAnalysis, files: Sequence[Path], *, as_json: bool, rows: int | None
) -> None:
    """Print the error, its parts, the classes and the top errors, and the next command."""
    if as_json:
        print_json({**found.as_dict(), "files": list(map(str, files))})
        return
    console = Terminal()
    _say(console, headline(found.examples, found.wrong, found.decomposition.total))
    _say(console, *(f"Note: {note}" for note in found.notes))
    if len(found.decomposition.errors) > 1:
        _say(console, *decomposition_sentences(found.decomposition))
        _say(console, *map(shift_sentence, found.shifts))
    if found.refits is not None:
        _say(console, *refit_sentences(found.refits))
    _say(console, *imbalance_sentences(found.imbalance))
    _say(console, over_predicted_sentence(found.over_predicted), *rare_sentences(found.classes))
    worst = _worst_first(found.classes)
    console.print(_classes(worst[:rows]))
    print_more(len(worst) - len(worst[:rows]), "classes")
    if found.top:
        shown = found.top if rows is None else found.top[:_TOP]
        console.print(_top(shown))
        print_more(len(found.top) - len(shown), "top errors")
    if found.positive is not None:
        one = found.positive
        print_of_class(console, one.figures, one.chosen, name=one.name)
        print_errors_of(console, one, rows)
    if files:
        _say(console, f"Written: {', '.join(map(str, files))}.")
    command = f"hardex serve {quote(found.run)}"
    console.print(styled("See the examples: ", (command, "bold")), soft_wrap=True)


def _worst_first(classes: Sequence[ClassErrors]) -> list[ClassErrors]:
    """The classes in the order of F1, the lowest first; those without any last."""
    f1 = [one.figures.f1 for one in classes]
    order = sorted(range(len(classes)), key=lambda row: (f1[row] is None, f1[row] or 0.0))
    return [classes[row] for row in order]


def _classes(classes: Sequence[ClassErrors]) -> Table:
    table = Table(title="Classes, the worst first", title_justify="left", expand=False)
    table.add_column("class")
    for name in ("examples", "predicted", "precision", "recall", "F1"):
        table.add_column(name, justify="right")
    for one in classes:
        figures = one.figures.as_dict()
        table.add_row(
            cell(one.name),
            f"{one.support:,}",
            f"{one.predicted:,}",
            *(interval(figures[name]) for name in ("precision", "sensitivity", "f1")),
        )
    return table


def _top(errors: Sequence[TopError]) -> Table:
    table = Table(title="Top errors", title_justify="left", expand=False)
    for name in ("id", "given", "predicted"):
        table.add_column(name)
    table.add_column("confidence", justify="right")
    for one in errors:
        confidence = f"{one.confidence:.3f}"
        table.add_row(cell(one.id), cell(one.given), cell(one.predicted), confidence)
    return table


def _say(console: Terminal, *lines: str) -> None:
    for line in filter(None, lines):
        console.print(line, soft_wrap=True)
