"""`hardex annotate …`: what people say of the examples of a run, out, in and held together."""

import sys
from collections.abc import Iterator
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardex.cli.formats import Format
from hardex.sentences import counted

if TYPE_CHECKING:  # it brings SQLAlchemy
    from hardex.annotate.agreement import Agreement

app = typer.Typer(
    help="What people say of the examples of a run: take it out, bring it in, compare it.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

_RUN = "A run folder made by `hardex rank`."
_ANNOTATIONS = (
    "The database of the annotations, postgresql+pg8000://…; by default they are in the run folder."
)
_GOLD = (
    "The right answers: a .csv, .jsonl or .parquet table with the columns id and label; by default "
    "what the owner judged."
)
_NAMED = 10  # annotators in a sentence

Run = Annotated[Path, typer.Argument(help=_RUN)]
Annotations = Annotated[str, typer.Option(metavar="URL", help=_ANNOTATIONS)]
Answer = Annotated[Format, typer.Option(help="How to answer.")]


class As(StrEnum):
    """What is exported."""

    csv = "csv"
    jsonl = "jsonl"
    label_studio = "label-studio"
    label_studio_setup = "label-studio-setup"
    consensus = "consensus"


@app.command()
def export(
    run: Run,
    out: Annotated[Path, typer.Option(metavar="FILE", help="A new file; - is the screen.")] = Path(
        "-"
    ),
    kind: Annotated[
        As,
        typer.Option(
            "--as",
            help="csv or jsonl: every event; label-studio: tasks for its import, and "
            "label-studio-setup: the labelling setup they need; consensus: what most people say, "
            "a CSV.",
        ),
    ] = As.csv,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    pictures: Annotated[
        bool, typer.Option(help="Whether label-studio tasks hold their pictures.")
    ] = True,
    annotations: Annotations = "",
    format: Answer = Format.text,
) -> None:
    """Write what people said of RUN to FILE."""
    from hardex.annotate.exchange import export_annotations
    from hardex.cli.show.annotations import show_written

    if str(out) == "-":
        # Bytes as in a file, whatever is set for texts; on a screen people read them.
        kind_of_stream = _Screen if sys.stdout.isatty() else TextIOWrapper
        with (
            open(sys.stdout.fileno(), "wb", closefd=False) as bytes_out,
            kind_of_stream(bytes_out, encoding="utf-8", newline="") as stream,
        ):
            export_annotations(run, stream, kind, pictures=pictures, annotations=annotations)
        return
    written = export_annotations(
        run, out, kind, force=force, pictures=pictures, annotations=annotations
    )
    show_written(written, as_json=format is Format.json)


class _Screen(TextIOWrapper):
    """Shows the signs by which a text would act on a terminal, in place of sending them."""

    def write(self, text: str, /) -> int:
        from hardex.cli.show.words import plain_text

        lines = text.replace("\r\n", "\n").split("\n")
        super().write("\n".join("\t".join(map(plain_text, line.split("\t"))) for line in lines))
        return len(text)


@app.command()
def agreement(
    run: Run,
    gold: Annotated[Path | None, typer.Option(metavar="FILE", help=_GOLD)] = None,
    blind: Annotated[
        bool,
        typer.Option("--blind", help="Count only what was said before the label was shown."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of the interval of alpha.")] = 0,
    annotations: Annotations = "",
    format: Answer = Format.text,
    verbose: Annotated[bool, typer.Option("-v", "--verbose", help="Show every row.")] = False,
) -> None:
    """Say how far the annotators of RUN agree, and where not.

    Alpha, kappa and what is said of each annotator are of what they said before the label was
    shown; not_sure is a missing value there. The owner is gold, and compared with nobody.
    """
    from hardex.annotate.agreement import agreement as agree
    from hardex.cli.show.annotations import show_agreement

    found = agree(run, gold=gold, blind=blind, seed=seed, annotations=annotations)
    if format is Format.text:
        for sentence in _how_it_was_counted(found, blind=blind):
            typer.echo(sentence)
    show_agreement(
        run,
        found,
        as_json=format is Format.json,
        rows=None if verbose else 10,
        gold=bool(found.gold and found.annotators),
    )


def _how_it_was_counted(found: "Agreement", *, blind: bool) -> Iterator[str]:
    """What must be known to read the tables, in sentences."""
    from hardex.cli.show.words import plain_text

    if not found.votes:
        return
    if not blind:
        yield (
            "Alpha, kappa and the table of annotators (but for how many they judged) count what "
            "was said before the label was shown; the lists of examples count the last words."
        )
    if found.owner_votes:
        yield (
            f"The owner gave {counted(found.owner_votes, 'vote')}, counted in the lists of "
            "examples, and the owner is compared with nobody."
        )
    if found.gold:
        source = "that the owner judged" if found.gold_from == "owner" else "that were given"
        if found.gold_from and found.gold_from != "owner":
            source = f"of {plain_text(found.gold_from)}"
        gold = counted(found.gold, "example")
        yield f"The gold standard is {gold} {source}; only blind words are held against it."
    unsure = [one for one in found.annotators if one.not_sure["value"]]
    if unsure:
        said = [f"{plain_text(one.name)} {one.not_sure['value']:.1%}" for one in unsure[:_NAMED]]
        more = f" and {len(unsure) - _NAMED:,} more" if len(unsure) > _NAMED else ""
        yield (
            f"not_sure was said {counted(found.not_sure, 'time')}, and is missing in alpha, kappa "
            f"and on gold: {', '.join(said)}{more}."
        )


@app.command(name="import")
def import_(
    run: Run,
    file: Annotated[
        Path, typer.Argument(help="A .csv or .jsonl of `export`, or a .json from Label Studio.")
    ],
    skip_unknown: Annotated[
        bool,
        typer.Option("--skip-unknown", help="Leave out what is of other examples or classes."),
    ] = False,
    annotations: Annotations = "",
    format: Answer = Format.text,
) -> None:
    """Store with RUN what people said in FILE, once."""
    from hardex.annotate.exchange import import_annotations
    from hardex.cli.show.annotations import show_imported

    imported = import_annotations(run, file, skip_unknown=skip_unknown, annotations=annotations)
    show_imported(imported, as_json=format is Format.json)
    if imported.owner and format is Format.text:
        typer.echo(f"Of the owner, and gold: {imported.owner:,}.")


@app.command()
def invite(
    run: Run,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="Who is invited; under it they annotate.")
    ] = "",
    expires: Annotated[
        str,
        typer.Option(metavar="TIME", help="How long the link opens the app: 12h, 7d, 4w or never."),
    ] = "7d",
    address: Annotated[
        str,
        typer.Option(metavar="URL", help="Where the app is; by default where it was opened last."),
    ] = "",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Take back the links of NAME and end their visits.")
    ] = False,
    list_: Annotated[
        bool,
        typer.Option("--list", help="List the invitations of RUN, and how much each has judged."),
    ] = False,
    annotations: Annotations = "",
    format: Answer = Format.text,
) -> None:
    """Print a personal link for NAME; it is shown once, and opens the app under that name."""
    from hardex.annotate.invitations import invitations, invited, revoked, work
    from hardex.cli.show.invitations import show_invitations, show_invited, show_revoked

    as_json = format is Format.json
    if list_ and not (name or revoke):
        found = invitations(run, annotations=annotations)
        show_invitations(found, work(run, annotations=annotations), as_json=as_json)
    elif list_ or not name:
        raise typer.BadParameter("give a NAME, a NAME with --revoke, or --list alone")
    elif revoke:
        show_revoked(name, revoked(run, name, annotations=annotations), as_json=as_json)
    else:
        link = invited(run, name, expires=expires, address=address, annotations=annotations)
        show_invited(name, link, expires, as_json=as_json)
