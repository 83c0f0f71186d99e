"""The contents of a report -> Markdown, for an issue or a wiki; it has no pictures."""

import re
from collections.abc import Iterable, Iterator, Sequence

from hardex.reporting.contents import Contents, HardList, Matrix, RunPart, Table, Told
from hardex.reporting.tables import TITLES, class_table, pair_table
from hardex.reporting.wording import percent, shortened
from hardex.text import plain_text

# What begins or is markup in Markdown, or would be HTML in it. Within a sentence, `.` and `-` mean
# nothing.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~!&$])")


def as_markdown(contents: Contents) -> str:
    """The report as Markdown (GitHub's), in which every text is escaped."""
    return "\n".join(_lines(contents)) + "\n"


def escaped(text: str) -> str:
    r"""A text that Markdown shows as it is.

    Example:
        >>> escaped("<b> | *x*")
        '\\<b\\> \\| \\*x\\*'
    """
    return _MARKUP.sub(r"\\\1", plain_text(text))


def _lines(contents: Contents) -> Iterator[str]:
    yield f"# {escaped(contents.title)}"
    yield from _paragraphs(contents.summary)
    if contents.comparison is not None:
        yield from _section("## Comparison", contents.comparison)
    for run in contents.runs:
        yield from _run(run, is_only=len(contents.runs) == 1)
    yield from _paragraphs([f"Made by hardex {contents.version}, {contents.made}."])


def _run(run: RunPart, *, is_only: bool) -> Iterator[str]:
    if not is_only:
        yield from ("", f"## {escaped(run.name)}")
        yield from _paragraphs(run.summary)
    yield from _paragraphs(run.notes)
    yield from ("", "### Which classes are confused")
    if run.matrix is not None:
        yield from _table(_matrix(run.matrix))
    yield from _table(pair_table(run))
    yield from _table(class_table(run))
    for found in run.lists:
        yield from ("", f"### {TITLES[found.name]}")
        yield from _paragraphs(
            [f"{len(found.cards):,} of {found.total:,}, the hardest first, by {found.formula}."]
        )
        yield from _table(_cards(found))
    if run.causes is not None:
        yield from _section("### Why examples are hard", run.causes)
    if run.judged is not None:
        yield from _section("### What people said", run.judged)
    if run.proofs is not None:
        yield from _section("### Did the changes help?", run.proofs)
    yield from ("", "### How to repeat it")
    yield from _table(Table("", ("what", "value"), run.origin))


def _section(title: str, part: Told) -> Iterator[str]:
    yield from ("", title)
    yield from _paragraphs(part.sentences)
    for table in part.tables:
        yield from _table(table)


def _paragraphs(sentences: Iterable[str]) -> Iterator[str]:
    for sentence in sentences:
        yield from ("", escaped(sentence))


def _table(table: Table) -> Iterator[str]:
    if not table.rows:
        return
    if table.title:
        yield from ("", f"**{escaped(table.title)}**")
    yield from ("", _row(table.columns), _row(["---"] * len(table.columns), raw=True))
    yield from map(_row, table.rows)


def _row(cells: Sequence[str], *, raw: bool = False) -> str:
    return "| " + " | ".join(cell if raw else escaped(cell) for cell in cells) + " |"


def _matrix(matrix: Matrix) -> Table:
    names = tuple(map(shortened, matrix.classes))
    rows = tuple(
        (name, *(f"{count:,}" if count else "" for count in row))
        for name, row in zip(names, matrix.counts, strict=True)
    )
    return Table("Given class (rows) by predicted class (columns)", ("", *names), rows)


def _cards(found: HardList) -> Table:
    rows = tuple(
        (
            f"{one.rank}",
            one.id,
            one.given,
            one.predicted,
            percent(one.confidence),
            one.cause,
            one.reason,
        )
        for one in found.cards
    )
    columns = ("rank", "id", "given", "predicted", "confidence", "cause", "reason")
    return Table("", columns, rows)
