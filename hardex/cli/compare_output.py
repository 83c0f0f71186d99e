"""What `hardex compare` prints."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from shlex import quote
from typing import Any

from rich.table import Table

from hardex.cli.positive_output import interval, print_of_class
from hardex.cli.terminal import Terminal, cell, print_json, print_more, styled
from hardex.comparison.comparison import Comparison
from hardex.comparison.plain import as_json as plain
from hardex.comparison.table_files import SavedComparison
from hardex.comparison.wording import (
    SAME_EXAMPLES,
    drift_sentence,
    headline,
    most_of,
    p_words,
    suspects_sentence,
    verdicts,
)
from hardex.sentences import counted

SAVED_SCHEMA = "hardex.saved_comparison/1"
_IDS = 5  # of a list, shown without -v


def print_comparison(
    found: Comparison, folders: Sequence[Path], out: Path | None, *, as_json: bool, rows: int | None
) -> None:
    """Print accuracies, flips with their tests, the lists, and the next command."""
    if as_json:
        print_json({**plain(found), "out": None if out is None else str(out)})
        return
    console = Terminal()
    _say(console, headline(found), *(f"Note: {note}" for note in found.notes))
    console.print(_runs(found))
    if len(found.differences) > 1:
        console.print(_pairs(found, rows))
        print_more(len(found.differences) - len(_shown(found.differences, rows)), "pairs of runs")
    told = list(verdicts(found))
    _say(console, *_shown(told, rows))
    print_more(len(told) - len(_shown(told, rows)), "sentences")
    _say(console, SAME_EXAMPLES)
    if len(found.runs) > 2:
        console.print(_matrix(found, "Same prediction", found.agreement.tolist()))
        title = "Share of the errors of a row's run that the column's run has wrong, too"
        console.print(_matrix(found, title, found.error_overlap.tolist()))
    _say(console, *_lists(found, None if rows is None else _IDS))
    for one in found.of_class:
        print_of_class(console, one.figures, one.chosen, run=one.run, name=found.positive)
    if out is not None:
        _say(console, f"Table of all examples written to {out}.")
    command = f"hardex serve {' '.join(quote(str(folder)) for folder in folders)}"
    console.print(styled("See the examples: ", (command, "bold")), soft_wrap=True)


def print_saved(saved: SavedComparison, *, as_json: bool) -> None:
    """Print what a saved table is of, and whether the runs have changed since."""
    if as_json:
        print_json(
            {
                "schema": SAVED_SCHEMA,
                "runs": list(saved.runs),
                "examples": len(saved.table),
                "stale": saved.is_stale,
                "changes": list(saved.changes),
                "made_from": [one.as_dict() for one in saved.origins],
            }
        )
        return
    console = Terminal()
    examples = counted(len(saved.table), "example")
    _say(console, f"{saved.path}: {len(saved.runs)} runs on {examples}: {', '.join(saved.runs)}.")
    if saved.is_stale:
        folders = " ".join(quote(one.folder) for one in saved.origins)
        command = f"hardex compare {folders} --out {quote(str(saved.path))} --force"
        _say(console, f"It is out of date: {'; '.join(saved.changes)}. Make it again: {command}")
    else:
        _say(console, "It is up to date.")


def _runs(found: Comparison) -> Table:
    table = Table(expand=False)
    table.add_column("run")
    for name in ("accuracy", "errors", "only wrong", "only right", "calibration error"):
        table.add_column(name, justify="right")
    errors = found.both_wrong.diagonal().tolist()
    rows = zip(found.runs, found.accuracies, errors, found.calibration_errors, strict=True)
    for run, accuracy, wrong, calibration in rows:
        table.add_row(
            cell(run),
            interval(accuracy, digits=2),
            f"{wrong:,}",
            f"{len(found.rows('only_wrong', run)):,}",
            f"{len(found.rows('only_right', run)):,}",
            f"{calibration:.4f}",
        )
    return table


def _pairs(found: Comparison, rows: int | None) -> Table:
    table = Table(expand=False)
    table.add_column("from → to")
    for name in ("repaired", "broken", "negative flips", "points", "p (Holm)"):
        table.add_column(name, justify="right")
    for one, flips in zip(_shown(found.differences, rows), found.flips, strict=False):
        table.add_row(
            f"{cell(one.a)} → {cell(one.b)}",
            f"{one.repaired:,}",
            f"{one.broken:,}",
            f"{flips.rate:.2%}",
            f"{100 * one.difference:+.2f} [{100 * one.low:+.2f}, {100 * one.high:+.2f}]",
            p_words(one.p_holm).removeprefix("p ").removeprefix("= "),
        )
    return table


def _matrix(found: Comparison, title: str, shares: Sequence[Sequence[float]]) -> Table:
    table = Table(title=title, title_justify="left", expand=False)
    table.add_column("")
    for run in found.runs:
        table.add_column(cell(run), justify="right")
    for run, row in zip(found.runs, shares, strict=True):
        table.add_row(cell(run), *(f"{share:.1%}" for share in row))
    return table


def _lists(found: Comparison, most: int | None) -> Iterator[str]:
    """The named lists: how many, of which classes, and the first ids."""
    yield f"Wrong in all: {_list(found, 'wrong_in_all', most)}"
    for run in found.runs:
        yield f"Only wrong in {run}: {_list(found, 'only_wrong', most, run)}"
    if len(found.runs) > 2:
        for run in found.runs:
            yield f"Only right in {run}: {_list(found, 'only_right', most, run)}"
        if most is None:
            for one in found.flips:
                a, b = one.before, one.after
                yield f"Repaired from {a} to {b}: {_list(found, 'repaired', most, a, b)}"
                yield f"Broken from {a} to {b}: {_list(found, 'broken', most, a, b)}"
    yield suspects_sentence(found)
    if len(found.suspects):
        yield f"  {_ids(found, found.hardest_first(found.suspects), most)}"
    if found.drift is not None:
        yield drift_sentence(found.drift)
        if found.drift.is_overfitting:
            yield f"  {_ids(found, found.drift.falling, most)}"


def _list(found: Comparison, name: str, most: int | None, a: str = "", b: str = "") -> str:
    rows = found.rows(name, a, b)
    if not len(rows):
        return "none."
    ids = _ids(found, found.hardest_first(rows), most)
    return f"{len(rows):,} ({most_of(found, name, a, b)}): {ids}"


def _ids(found: Comparison, rows: Any, most: int | None) -> str:
    """The first ids of some rows."""
    shown = rows if most is None else rows[:most]
    more = len(rows) - len(shown)
    names = ", ".join(cell(one) for one in found.ids.at(shown))
    return names + (f" and {more:,} more." if more > 0 else ".")


def _shown(values: Sequence[Any], rows: int | None) -> Sequence[Any]:
    return values if rows is None else values[:rows]


def _say(console: Terminal, *lines: str) -> None:
    for line in lines:
        console.print(line, soft_wrap=True)
