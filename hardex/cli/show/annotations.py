"""What `hardex annotate export`, `import` and `agreement` answer."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from hardex.cli.show.words import say, say_more, typed
from hardex.sentences import counted

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.annotate.agreement import Agreement
    from hardex.annotate.consensus import Consensus
    from hardex.annotate.exchange import Imported, Written
    from hardex.annotate.pairs import Kappa

AGREEMENT_SCHEMA = "hardex.agreement/1"
EXPORT_SCHEMA = "hardex.annotate.export/1"
IMPORT_SCHEMA = "hardex.annotate.import/1"


def show_written(written: "Written", *, as_json: bool) -> None:
    """Print what `hardex annotate export` wrote."""
    if as_json:
        Console().print_json(json.dumps({"schema": EXPORT_SCHEMA, **asdict(written)}))
        return
    what = {"label-studio": "task", "label-studio-setup": "choice", "consensus": "example"}
    rows = counted(written.rows, what.get(written.format, "event"))
    say(f"{rows} written to {written.file}.")


def show_imported(imported: "Imported", *, as_json: bool) -> None:
    """Print what `hardex annotate import` stored."""
    if as_json:
        Console().print_json(json.dumps({"schema": IMPORT_SCHEMA, **asdict(imported)}))
        return
    text = f"{counted(imported.stored, 'new event')} of {imported.file} stored"
    if imported.known:
        text += f"; {imported.known:,} {'was' if imported.known == 1 else 'were'} there already"
    if imported.skipped:
        text += f"; {imported.skipped:,} of other examples or classes left out"
    say(text + ".")


def show_agreement(
    folder: Path, found: "Agreement", *, as_json: bool, rows: int | None, gold: bool
) -> None:
    """Print how far people agree.

    Args:
        folder: of the run.
        found: what is printed.
        as_json: whether to print one JSON object instead, with everything in it.
        rows: how many of each table; None for all.
        gold: whether a gold standard was given.
    """
    if as_json:
        console, text = Console(), json.dumps(_agreement_summary(folder, found), indent=2)
        # Colours cost half a minute where 50,000 examples were judged.
        console.print_json(text) if console.is_terminal else console.file.write(f"{text}\n")
        return
    if not found.votes:
        say("Nobody has judged an example of this run yet." + _left_out(found))
        return
    say(
        f"{counted(found.votes, 'vote')} of {counted(len(found.annotators), 'annotator')} on "
        f"{counted(found.examples, 'example')}, {found.overlapping:,} of them judged by two or "
        f"more; given blind: {found.blind:,}." + _left_out(found)
    )
    if found.alpha is None:
        say(found.why)
    else:
        text = f"Krippendorff's alpha {found.alpha:.3f}"
        if found.alpha_low is not None:
            text += f" (95 % interval {found.alpha_low:.3f} to {found.alpha_high:.3f})"
        say(text + "; 1 is perfect, 0 is chance.")
    _show_annotators(found, rows, gold=gold)
    _show_pairs(found.pairs, rows)
    _show_examples("People disagree", found.conflicts, rows)
    _show_examples("Most people say another class than given", found.relabelled, rows)


def _left_out(found: "Agreement") -> str:
    if not found.unknown:
        return ""
    return f" Of examples that this run does not have: {counted(found.unknown, 'vote')}."


def _show_annotators(found: "Agreement", rows: int | None, *, gold: bool) -> None:
    table = Table(expand=False)
    table.add_column("annotator")
    for column in ("judged", "seconds", *(("gold",) if gold else ()), "as most others"):
        table.add_column(column, justify="right")
    shown = found.annotators if rows is None else found.annotators[: 2 * rows]
    for one in shown:
        table.add_row(
            typed(one.name),
            f"{one.votes:,}",
            "" if one.seconds is None else f"{one.seconds:.1f}",
            *((_rate(one.gold, one.gold_votes),) if gold else ()),
            _rate(one.others, one.others_votes),
        )
    Console().print(table)
    say_more(len(found.annotators) - len(shown), "annotators")


def _rate(rate: Mapping[str, float | None], count: int) -> str:
    """A share, how many it is of, and its interval."""
    if not count:
        return ""
    return f"{rate['value']:.1%} of {count:,} ({rate['low']:.1%} to {rate['high']:.1%})"


def _show_pairs(pairs: "Sequence[Kappa]", rows: int | None) -> None:
    if not pairs:
        return
    table = Table(expand=False)
    for column in ("annotator", "and"):
        table.add_column(column)
    for column in ("examples", "agreed", "Cohen's kappa", "95 % interval"):
        table.add_column(column, justify="right")
    lowest = sorted(pairs, key=lambda pair: 2.0 if pair.value is None else pair.value)
    shown = lowest if rows is None else lowest[:rows]
    for pair in shown:
        table.add_row(
            typed(pair.first),
            typed(pair.second),
            f"{pair.examples:,}",
            f"{pair.agreed:,}",
            "not defined" if pair.value is None else f"{pair.value:.3f}",
            "" if pair.low is None else f"{pair.low:.3f} to {pair.high:.3f}",
        )
    Console().print(table)
    say_more(len(pairs) - len(shown), "pairs")


def _show_examples(title: str, examples: "Sequence[Consensus]", rows: int | None) -> None:
    if not examples:
        return
    say(f"{title}: {counted(len(examples), 'example')}.")
    table = Table(expand=False)
    for column in ("id", "given", "said, and by how many"):
        table.add_column(column)
    shown = examples if rows is None else examples[:rows]
    for one in shown:
        said = ", ".join(f"{typed(answer)} (by {count:,})" for answer, count in one.answers)
        table.add_row(typed(one.id), typed(one.given_label), said)
    Console().print(table)
    say_more(len(examples) - len(shown), "examples")


def _agreement_summary(folder: Path, found: "Agreement") -> dict[str, Any]:
    """What `hardex annotate agreement --format json` prints."""
    values = asdict(found)
    for one in values["consensus"]:
        one["answer"] = one["answer"] or None  # two have as many votes
        one["answers"] = dict(one["answers"])
    return {
        "schema": AGREEMENT_SCHEMA,
        "run": str(folder),
        **values,
        "conflicts": [one.id for one in found.conflicts],
        "relabelled": [one.id for one in found.relabelled],
    }
