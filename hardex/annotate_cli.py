"""`hardex annotate …`: what people say of the examples of a run, out, in and held together."""

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hardex.formats import Format

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
_GOLD = "The right answers: a .csv, .jsonl or .parquet table with the columns id and label."

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
    annotations: Annotations = "",
    format: Answer = Format.text,
) -> None:
    """Write what people said of RUN to FILE."""
    from hardex.runs.annotation_files import export_annotations
    from hardex.terminal import show_written

    if str(out) == "-":
        # Bytes as in a file, whatever the screen is set to.
        with open(sys.stdout.fileno(), "w", encoding="utf-8", newline="", closefd=False) as stream:
            export_annotations(run, stream, kind, annotations=annotations)
        return
    written = export_annotations(run, out, kind, force=force, annotations=annotations)
    show_written(written, as_json=format is Format.json)


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
    """Say how far the annotators of RUN agree, and where not."""
    from hardex.runs.agreement import agreement as agree
    from hardex.terminal import show_agreement

    found = agree(run, gold=gold, blind=blind, seed=seed, annotations=annotations)
    show_agreement(
        run, found, as_json=format is Format.json, rows=None if verbose else 10, gold=bool(gold)
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
    from hardex.runs.annotation_files import import_annotations
    from hardex.terminal import show_imported

    imported = import_annotations(run, file, skip_unknown=skip_unknown, annotations=annotations)
    show_imported(imported, as_json=format is Format.json)


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
    list_: Annotated[bool, typer.Option("--list", help="List the invitations of RUN.")] = False,
    annotations: Annotations = "",
    format: Answer = Format.text,
) -> None:
    """Print a personal link for NAME; it is shown once, and opens the app under that name."""
    from hardex.runs.invitations import invitations, invited, revoked
    from hardex.terminal import show_invitations, show_invited, show_revoked

    as_json = format is Format.json
    if list_ and not (name or revoke):
        show_invitations(invitations(run, annotations=annotations), as_json=as_json)
    elif list_ or not name:
        raise typer.BadParameter("give a NAME, or --list alone")
    elif revoke:
        show_revoked(name, revoked(run, name, annotations=annotations), as_json=as_json)
    else:
        link = invited(run, name, expires=expires, address=address, annotations=annotations)
        show_invited(name, link, expires, as_json=as_json)
