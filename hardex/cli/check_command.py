"""`hardex check`: silent bugs between a model and its data."""

from typing import Annotated

import typer

from hardex.cli.options import (
    DataName,
    DataOptions,
    Format,
    ModelName,
    ModelOptions,
    OutputFormat,
    flattened,
)

FOUND = 3  # the exit code of a check that found something


@flattened
def check(
    model: ModelName,
    data: DataName,
    model_options: ModelOptions,
    data_options: DataOptions,
    seed: Annotated[int, typer.Option(help="Random seed of the sample.")] = 0,
    format: OutputFormat = Format.text,
) -> None:
    """Look for silent bugs between MODEL and DATA; exit code 3 if there are any."""
    from hardex.cli.check_output import print_diagnosis
    from hardex.pipeline.check import diagnose

    found = diagnose(model, data, seed=seed, **vars(model_options), **data_options.arguments())
    print_diagnosis(found, as_json=format is Format.json)
    if found.findings:
        raise typer.Exit(FOUND)
