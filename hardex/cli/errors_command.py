"""`hardex errors`: where the errors of a run are, and of which parts they are made."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import (
    DatabaseUrl,
    Format,
    ModelOptions,
    OutputFormat,
    Positive,
    RunFolder,
    Sensitivity,
    Verbose,
    flattened,
)


def _set(what: str) -> typer.models.OptionInfo:
    option: typer.models.OptionInfo = typer.Option(metavar="DATA", help=what)
    return option


@flattened
def errors(
    run: RunFolder,
    train: Annotated[str | None, _set("What the model was trained on.")] = None,
    validation: Annotated[str | None, _set("Held-out data of the same kind.")] = None,
    test_validation: Annotated[
        str | None, _set("Data from where the test comes, on which the model was selected.")
    ] = None,
    test: Annotated[
        str | None, _set("Data that no model was selected on; by default that of the run.")
    ] = None,
    floor: Annotated[
        float | None,
        typer.Option(help="The least error possible, such as 0.01; by default from annotations."),
    ] = None,
    refits: Annotated[
        int, typer.Option(metavar="N", help="Train again with N seeds; needs --train-fn.")
    ] = 0,
    train_fn: Annotated[
        str | None,
        typer.Option(
            metavar="MODULE:FUNCTION", help="Of the training data and a seed; gives a classifier."
        ),
    ] = None,
    positive: Positive = "",
    sensitivity: Sensitivity = None,
    count: Annotated[int, typer.Option(min=1, help="How many top errors to list and draw.")] = 20,
    figure: Annotated[
        Path | None,
        typer.Option(metavar="FILE.png", help="Draw the top errors with their pictures."),
    ] = None,
    matrix: Annotated[
        Path | None, typer.Option(metavar="FILE.png", help="Draw the confusion matrix.")
    ] = None,
    waterfall: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Draw the parts of the error: .png or .svg."),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace existing files.")] = False,
    model: Annotated[str | None, typer.Option(help="The model, if it was moved.")] = None,
    *,
    model_options: ModelOptions,
    data: Annotated[str, typer.Option(help="The images, if they were moved.")] = "",
    annotations: DatabaseUrl = "",
    seed: Annotated[int, typer.Option(help="Random seed of samples and intervals.")] = 0,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Say where the errors of RUN are, of which parts they are made, and what to do."""
    from hardex.cli.errors_output import print_errors
    from hardex.error_analysis.analyze import analyze_errors
    from hardex.progress import ProgressBar

    if model is None and (model_options.preprocess is not None or model_options.logits):
        raise typer.BadParameter("--preprocess and --logits require --model")
    if model is not None and not any((train, validation, test_validation, test)):
        raise typer.BadParameter("--model is for further sets, such as --train; none is given")
    as_json = format is Format.json
    with ProgressBar(quiet=as_json) as bar:
        found = analyze_errors(
            run,
            train=train,
            validation=validation,
            test_validation=test_validation,
            test=test,
            floor=floor,
            refits=refits,
            train_fn=train_fn,
            positive=positive,
            sensitivity=sensitivity,
            count=count,
            figure=figure,
            matrix=matrix,
            waterfall=waterfall,
            force=force,
            model=model,
            data=data,
            annotations=annotations,
            seed=seed,
            progress=bar,
            **vars(model_options),
        )
    files = [file for file in (figure, matrix, waterfall) if file is not None]
    print_errors(found, files, as_json=as_json, rows=None if verbose else 10)
