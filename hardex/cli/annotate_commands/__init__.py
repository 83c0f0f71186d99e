"""`hardex annotate …`: export, import and compare annotations; invite annotators."""

import typer

from hardex.cli.annotate_commands.agreement_command import agreement
from hardex.cli.annotate_commands.export_command import export
from hardex.cli.annotate_commands.import_command import import_
from hardex.cli.annotate_commands.invite_command import invite

annotate = typer.Typer(
    help="Export, import and compare the annotations of a run; invite annotators.",
    rich_markup_mode=None,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
annotate.command()(export)
annotate.command()(agreement)
annotate.command(name="import")(import_)
annotate.command()(invite)
