"""`hardex …`: the verbs put together, and how a process ends."""

import signal
import sys
from typing import Annotated

import typer

from hardex.cli.annotate_commands import annotate
from hardex.cli.check_command import check
from hardex.cli.compare_command import compare
from hardex.cli.curves_command import curves
from hardex.cli.demo_command import demo
from hardex.cli.diagnose_command import diagnose
from hardex.cli.errors_command import errors
from hardex.cli.export_command import export
from hardex.cli.fix_command import fix
from hardex.cli.probes_command import probes
from hardex.cli.prove_command import prove
from hardex.cli.rank_command import rank
from hardex.cli.report_command import report
from hardex.cli.selftest_command import selftest
from hardex.cli.serve_command import serve
from hardex.errors import HardexError
from hardex.version import VERSION

app = typer.Typer(
    rich_markup_mode=None,  # plain help: Rich would take longer than everything else together
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(annotate, name="annotate")
for verb in (
    demo,
    serve,
    check,
    rank,
    diagnose,
    selftest,
    errors,
    compare,
    curves,
    fix,
    prove,
    report,
    export,
    probes,
):  # in the order of the help
    app.command()(verb)

_INTERRUPTED = 130  # Typer's exit code for Ctrl-C


def main() -> None:
    """Run the command line. Exit codes: 0 done, 1 a `HardexError`, 2 wrong usage, 3 found."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # cleans up as after Ctrl-C
    try:
        app()
    except HardexError as error:
        _print_error(str(error))
        sys.exit(1)
    except SystemExit as end:
        if end.code == _INTERRUPTED:
            _print_error("stopped; no incomplete results were left behind.")
        raise


def _print_error(sentence: str) -> None:
    from hardex.cli.terminal import print_text, styled

    print_text(styled(("Error:", "bold red"), f" {sentence}"), to_stderr=True)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"hardex {VERSION}")
        raise typer.Exit


@app.callback()
def hardex(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Find the hard examples of an image classifier, inspect them, and see why they are hard."""
