"""`hardex diagnose`: why the hard examples of a run are hard."""

from typing import Annotated

import typer

from hardex.cli.options import (
    Format,
    ModelOptions,
    OutputFormat,
    OwnCauses,
    Plants,
    RunFolder,
    TrainingData,
    Verbose,
    flattened,
)


@flattened
def diagnose(
    run: RunFolder,
    train: TrainingData = None,
    count: Annotated[
        int, typer.Option(min=1, help="How many of the hardest of each list to diagnose.")
    ] = 200,
    all: Annotated[
        bool, typer.Option("--all", help="Diagnose every wrong example, not only the hardest.")
    ] = False,
    also: Annotated[
        list[str] | None,
        typer.Option(
            metavar="RUN",
            help="A run of another model on the same examples, whose errors are evidence, too; "
            "repeatable.",
        ),
    ] = None,
    own: OwnCauses = None,
    plants: Plants = 300,
    selftest: Annotated[
        bool,
        typer.Option(
            help="Plant causes a second time, on other examples, to test what was learnt. With "
            "--no-selftest the plants that taught are judged by the trees that did not see them."
        ),
    ] = True,
    model: Annotated[
        str | None, typer.Option(help="The model, if it was moved or you want to use another one.")
    ] = None,
    *,
    model_options: ModelOptions,
    data: Annotated[str, typer.Option(help="The images, if they were moved.")] = "",
    seed: Annotated[int, typer.Option(help="Random seed of the plants and the search.")] = 0,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Say why the hard examples of RUN are hard, each with its evidence, and how sure that is."""
    from hardex.cli.diagnosis_output import print_diagnosis
    from hardex.diagnosis.diagnose import diagnose as diagnose_run
    from hardex.diagnosis.reading import diagnosis_of, selftest_of
    from hardex.errors import RunError
    from hardex.progress import ProgressBar

    if model is None and (model_options.preprocess is not None or model_options.logits):
        raise typer.BadParameter("--preprocess and --logits require --model")
    with ProgressBar(quiet=format is Format.json) as bar:
        diagnosed = diagnose_run(
            run,
            train=train,
            count=count,
            all=all,
            also=tuple(also or ()),
            own=tuple(own or ()),
            plants=plants,
            selftest=selftest,
            seed=seed,
            model=model,
            data=data,
            progress=bar,
            **vars(model_options),
        )
    found = diagnosis_of(diagnosed)
    if found is None:
        raise RunError(
            f"{run} must hold the diagnosis that was just made; it is gone; diagnose again."
        )
    print_diagnosis(
        diagnosed.folder,
        found,
        selftest_of(diagnosed),
        diagnosed.findings,
        as_json=format is Format.json,
        rows=None if verbose else 5,
    )
