"""What `hardex prove` prints."""

from collections.abc import Sequence
from pathlib import Path
from shlex import quote

from rich.table import Table

from hardex.cli.terminal import Terminal, cell, print_json, print_more, styled
from hardex.comparison.differences import ClassDifference
from hardex.proof.evidence import BETTER, WORSE
from hardex.proof.history import History
from hardex.proof.plain import as_json as plain
from hardex.proof.proof import Proof
from hardex.proof.wording import headline, sentences
from hardex.sentences import p_words

_COLOURS = {BETTER: "bold green", WORSE: "bold red"}


def print_proof(found: Proof, out: Path | None, *, as_json: bool, rows: int | None) -> None:
    """Print the verdict first, then what stands behind it."""
    if as_json:
        print_json(plain(found))
        return
    console = Terminal()
    console.print(styled((headline(found), _COLOURS.get(found.verdict, "bold"))), soft_wrap=True)
    for line in sentences(found):
        console.print(line, soft_wrap=True)
    for title, groups in (("class", found.classes), ("slice", found.slices)):
        if groups and (rows is None or title == "slice" or len(groups) <= rows):
            shown = groups[:rows]
            console.print(_groups(title, shown))
            print_more(len(groups) - len(shown), f"{title}s")
    if rows is None:
        for word, ids in (("Broken", found.broken), ("Repaired", found.repaired)):
            if ids:
                console.print(f"{word}: {', '.join(map(cell, ids))}", soft_wrap=True)
    for path in dict.fromkeys(filter(None, (found.file, "" if out is None else str(out)))):
        console.print(f"Proof written to {path}.", soft_wrap=True)
    if found.run:
        command = f"hardex prove {quote(found.run)} --history"
        console.print(styled("All proofs of this run: ", (command, "bold")), soft_wrap=True)


def print_history(found: History, *, as_json: bool) -> None:
    """Print every proof of a run as a line with its verdict."""
    if as_json:
        print_json(found.as_dict())
        return
    console = Terminal()
    for line in found.sentences():
        console.print(line, soft_wrap=True)
    if not found.proofs:
        return
    table = Table(expand=False)
    for name in ("made", "before", "after", "where", "verdict"):
        table.add_column(name)
    for name in ("points", "level", "use"):
        table.add_column(name, justify="right")
    for one in found.proofs:
        table.add_row(
            cell(one.created[:16].replace("T", " ")),
            cell(one.before),
            cell(one.after),
            one.where,
            one.verdict.replace("_", " "),
            "" if one.difference is None else f"{100 * one.difference:+.2f}",
            f"{one.level:.2g}",
            f"{one.uses}" if one.uses else "",
        )
    console.print(table)


def _groups(title: str, groups: Sequence[ClassDifference]) -> Table:
    table = Table(expand=False)
    table.add_column(title)
    for name in ("examples", "repaired", "broken", "points", "p (Holm)"):
        table.add_column(name, justify="right")
    for one in groups:
        table.add_row(
            cell(one.class_name),
            f"{one.examples:,}",
            f"{one.repaired:,}",
            f"{one.broken:,}",
            f"{100 * one.difference:+.2f} [{100 * one.low:+.2f}, {100 * one.high:+.2f}]",
            p_words(one.p_holm).removeprefix("p ").removeprefix("= "),
        )
    return table
