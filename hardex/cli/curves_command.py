"""`hardex curves`: what is wrong with a training, by its log."""

from typing import Annotated

import typer

from hardex.cli.options import Format, OutputFormat, Verbose


def curves(
    logs: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[LOG]…",
            help="Training logs: CSV, JSON, TensorBoard's events, metrics.csv, trainer_state.json.",
        ),
    ] = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=COLUMN", help="Which column is which, such as loss=my_loss."),
    ] = None,
    classes: Annotated[int | None, typer.Option(min=2, help="How many classes there are.")] = None,
    train_examples: Annotated[
        int | None, typer.Option(min=1, help="How many examples are trained on.")
    ] = None,
    validation_examples: Annotated[
        int | None, typer.Option(min=1, help="How many examples the validation has.")
    ] = None,
    model: Annotated[
        str,
        typer.Option(
            metavar="MODEL.keras",
            help="The model that was trained, for a look at its layers; by default the one beside "
            "the log, of its name.",
        ),
    ] = "",
    sizes: Annotated[
        str,
        typer.Option(
            metavar="FILE",
            help="A CSV with the columns size and error (or accuracy): would more data help?",
        ),
    ] = "",
    verbose: Verbose = False,
    format: OutputFormat = Format.text,
) -> None:
    """Read training logs, put them in order, and say whether each training is healthy, or what is
    wrong with it, with the evidence and what to do.
    """
    from hardex.cli.curves_output import print_curves, print_data_curve
    from hardex.learning_curves.data_size import read_sizes
    from hardex.learning_curves.judging import curves as judged
    from hardex.learning_curves.reading import named_columns

    if not logs and not sizes:
        raise typer.BadParameter("pass a LOG, or --sizes FILE.")
    as_json = format is Format.json
    if logs and sizes and as_json:
        raise typer.BadParameter("a LOG and --sizes give one JSON value each; ask for one of them.")
    if sizes:
        print_data_curve(read_sizes(sizes), as_json=as_json)
    if logs:
        report = judged(
            *logs,
            columns=named_columns(columns or []),
            classes=classes,
            train_examples=train_examples,
            validation_examples=validation_examples,
            model=model or None,
        )
        print_curves(report, as_json=as_json, verbose=verbose)
        if report.unreadable:
            raise typer.Exit(1)
