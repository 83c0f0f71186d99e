"""`hardex errors`: where the errors of a run are, and of which parts they are made."""

from typing import Annotated

import typer

from hardex.cli.options import (
    Format,
    OutputFormat,
    Positive,
    RunFolder,
    Sensitivity,
    Verbose,
)


def errors(
    run: RunFolder,
    positive: Positive = "",
    sensitivity: Sensitivity = None,
    count: Annotated[int, typer.Option(min=1, help="How many top errors to list and draw.")] = 20,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Say where the errors of RUN are, of which parts they are made, and what to do."""
    from hardex.cli.errors_output import print_errors
    from hardex.error_analysis.analyze import analyze_errors

    found = analyze_errors(run, positive=positive, sensitivity=sensitivity, count=count)
    print_errors(found, as_json=format is Format.json, rows=None if verbose else 10)
