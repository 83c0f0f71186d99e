"""What `hardex annotate agreement` prints."""

import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from hardex.cli.terminal import cell, print_json, print_more, print_text
from hardex.sentences import counted
from hardex.text import plain_text

if TYPE_CHECKING:  # they bring SQLAlchemy, which most verbs do without
    from hardex.annotate.agreement import Agreement
    from hardex.annotate.consensus import Consensus
    from hardex.annotate.pairs import Kappa

SCHEMA = "hardex.agreement/1"
_NAMED = 10  # annotators in a sentence


def print_agreement(
    folder: Path, found: "Agreement", *, as_json: bool, rows: int | None, blind: bool
) -> None:
    """Print how far annotators agree.

    Args:
        folder: of the run.
        found: the figures.
        as_json: whether to print everything as one JSON object instead.
        rows: how many of each table; None for all.
        blind: whether only blind annotations were counted.
    """
    if as_json:
        summary = _agreement_summary(folder, found)
        if Console().is_terminal:
            print_json(summary)
        else:  # colouring the JSON of 50,000 judged examples takes half a minute
            sys.stdout.write(json.dumps(summary, indent=2) + "\n")
        return
    if not found.votes:
        print_text("This run has no annotations yet." + _left_out(found))
        return
    for sentence in _how_it_was_counted(found, blind=blind):
        print_text(sentence)
    print_text(
        f"{counted(found.votes, 'vote')} by {counted(len(found.annotators), 'annotator')} on "
        f"{counted(found.examples, 'example')}, {found.overlapping:,} of them judged by two or "
        f"more; {found.blind:,} given blind." + _left_out(found)
    )
    if found.alpha is None:
        print_text(found.why)
    else:
        text = f"Krippendorff's alpha {found.alpha:.3f}"
        if found.alpha_low is not None:
            text += f" (95 % interval {found.alpha_low:.3f} to {found.alpha_high:.3f})"
        print_text(text + "; 1 is perfect, 0 is chance.")
    _print_annotators(found, rows, gold=bool(found.gold and found.annotators))
    _print_pairs(found.pairs, rows)
    _print_examples("Annotators disagree", found.conflicts, rows)
    _print_examples("The majority chose another class than the given label", found.relabelled, rows)


def _left_out(found: "Agreement") -> str:
    if not found.unknown:
        return ""
    return f" Ignored: {counted(found.unknown, 'vote')} on examples that this run does not have."


def _how_it_was_counted(found: "Agreement", *, blind: bool) -> Iterator[str]:
    """What one must know to read the tables, in sentences."""
    if not blind:
        yield (
            "Alpha, kappa and the annotators' scores use the annotations made before the label was "
            "shown; the lists of examples use each annotator's latest."
        )
    if found.owner_votes:
        yield (
            f"The lists of examples include the owner's {counted(found.owner_votes, 'vote')}; the "
            "owner is not compared with the annotators."
        )
    if found.gold:
        yield (
            f"Gold labels: {counted(found.gold, 'example')} {_gold_source(found.gold_from)}; only "
            "blind annotations are scored against them."
        )
    unsure = [one for one in found.annotators if one.not_sure["value"]]
    if unsure:
        rates = [f"{plain_text(one.name)} {one.not_sure['value']:.1%}" for one in unsure[:_NAMED]]
        more = f" and {len(unsure) - _NAMED:,} more" if len(unsure) > _NAMED else ""
        yield (
            f"not_sure was chosen {counted(found.not_sure, 'time')} and counts as missing in "
            f"alpha, kappa and gold accuracy: {', '.join(rates)}{more}."
        )


def _gold_source(source: str) -> str:
    """Where gold labels come from: the owner, a file, or an argument in Python."""
    if source == "owner":
        return "judged by the owner"
    return f"from {plain_text(source)}" if source else "given"


def _print_annotators(found: "Agreement", rows: int | None, *, gold: bool) -> None:
    table = Table(expand=False)
    table.add_column("annotator")
    for column in ("judged", "seconds", *(("gold",) if gold else ()), "with the majority"):
        table.add_column(column, justify="right")
    shown = found.annotators if rows is None else found.annotators[: 2 * rows]
    for one in shown:
        table.add_row(
            cell(one.name),
            f"{one.votes:,}",
            "" if one.seconds is None else f"{one.seconds:.1f}",
            *((_rate(one.gold, one.gold_votes),) if gold else ()),
            _rate(one.others, one.others_votes),
        )
    Console().print(table)
    print_more(len(found.annotators) - len(shown), "annotators")


def _rate(rate: Mapping[str, float | None], count: int) -> str:
    """A rate, its denominator and its 95 % interval."""
    if not count:
        return ""
    return f"{rate['value']:.1%} of {count:,} ({rate['low']:.1%} to {rate['high']:.1%})"


def _print_pairs(pairs: "Sequence[Kappa]", rows: int | None) -> None:
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
            cell(pair.first),
            cell(pair.second),
            f"{pair.examples:,}",
            f"{pair.agreed:,}",
            "not defined" if pair.value is None else f"{pair.value:.3f}",
            "" if pair.low is None else f"{pair.low:.3f} to {pair.high:.3f}",
        )
    Console().print(table)
    print_more(len(pairs) - len(shown), "pairs")


def _print_examples(title: str, examples: "Sequence[Consensus]", rows: int | None) -> None:
    if not examples:
        return
    print_text(f"{title}: {counted(len(examples), 'example')}.")
    table = Table(expand=False)
    for column in ("id", "given", "votes"):
        table.add_column(column)
    shown = examples if rows is None else examples[:rows]
    for one in shown:
        votes = ", ".join(f"{cell(answer)} ({count:,})" for answer, count in one.answers)
        table.add_row(cell(one.id), cell(one.given_label), votes)
    Console().print(table)
    print_more(len(examples) - len(shown), "examples")


def _agreement_summary(folder: Path, found: "Agreement") -> dict[str, Any]:
    """What `hardex annotate agreement --format json` prints."""
    values = asdict(found)
    for one in values["consensus"]:
        one["answer"] = one["answer"] or None  # a tie
        one["answers"] = dict(one["answers"])
    return {
        "schema": SCHEMA,
        "run": str(folder),
        **values,
        "conflicts": [one.id for one in found.conflicts],
        "relabelled": [one.id for one in found.relabelled],
    }
