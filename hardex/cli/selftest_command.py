"""`hardex selftest`: which causes a diagnosis can find on a model and its data."""

from typing import Annotated

import typer

from hardex.cli.options import (
    DataName,
    DataOptions,
    Format,
    ModelName,
    ModelOptions,
    OutputFormat,
    OwnCauses,
    Plants,
    TrainingData,
    flattened,
)


@flattened
def selftest(
    model: ModelName,
    data: DataName,
    train: TrainingData = None,
    own: OwnCauses = None,
    plants: Plants = None,
    *,
    model_options: ModelOptions,
    data_options: DataOptions,
    seed: Annotated[int, typer.Option(help="Random seed of the plants.")] = 0,
    format: OutputFormat = Format.text,
) -> None:
    """Plant each cause in examples of DATA that MODEL has right, and count how often `hardex
    diagnose` finds it, and how often it names a cause that was not planted.
    """
    from hardex.cli.diagnosis_output import print_selftest
    from hardex.diagnosis.selftesting import selftest as test_diagnosis
    from hardex.progress import ProgressBar

    with ProgressBar(quiet=format is Format.json) as bar:
        found = test_diagnosis(
            model,
            data,
            train=train,
            own=tuple(own or ()),
            plants=plants,
            seed=seed,
            progress=bar,
            **vars(model_options),
            **data_options.arguments(),
        )
    print_selftest(found, as_json=format is Format.json)
