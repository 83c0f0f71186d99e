"""`hardex annotate invite`: personal links for annotators and viewers."""

from enum import StrEnum
from typing import Annotated

import typer

from hardex.cli.options import DatabaseUrl, Format, OutputFormat, RunFolder


class Can(StrEnum):
    """What an invited person can do."""

    annotate = "annotate"
    view = "view"


def invite(
    run: RunFolder,
    name: Annotated[
        str, typer.Argument(metavar="[NAME]", help="The person's name, shown with annotations.")
    ] = "",
    can: Annotated[
        Can,
        typer.Option(
            help="To judge examples, or only to read Overview, Browse, Causes and Curves."
        ),
    ] = Can.annotate,
    expires: Annotated[
        str, typer.Option(metavar="TIME", help="How long the link is valid: 12h, 7d, 4w or never.")
    ] = "7d",
    address: Annotated[
        str,
        typer.Option(metavar="URL", help="The app's address; by default where it was last opened."),
    ] = "",
    revoke: Annotated[
        bool, typer.Option("--revoke", help="Revoke NAME's links and end their sessions.")
    ] = False,
    confirm: Annotated[
        bool,
        typer.Option(
            "--confirm",
            help="Confirm NAME's links that came with the run folder, if you made them yourself.",
        ),
    ] = False,
    list_: Annotated[
        bool,
        typer.Option("--list", help="List all invitations and how many examples each has judged."),
    ] = False,
    annotations: DatabaseUrl = "",
    format: OutputFormat = Format.text,
) -> None:
    """Print a personal link for NAME; it is shown only once."""
    from hardex.annotate.invitations import confirmed, invitations, invited, revoked, work
    from hardex.cli.annotate_commands.invite_output import (
        print_confirmed,
        print_invitations,
        print_invited,
        print_revoked,
    )

    as_json = format is Format.json
    if list_ and not (name or revoke or confirm):
        found = invitations(run, annotations=annotations)
        print_invitations(found, work(run, annotations=annotations), as_json=as_json)
    elif list_ or not name or (revoke and confirm):
        raise typer.BadParameter("give a NAME, a NAME with --revoke or --confirm, or --list alone")
    elif confirm:
        print_confirmed(name, confirmed(run, name, annotations=annotations), as_json=as_json)
    elif revoke:
        print_revoked(name, revoked(run, name, annotations=annotations), as_json=as_json)
    else:
        link = invited(
            run, name, can=can.value, expires=expires, address=address, annotations=annotations
        )
        print_invited(name, link, expires, can=can.value, as_json=as_json)
