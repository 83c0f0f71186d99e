"""`hardex prove`: whether a change made a model better, on examples that nobody looked at."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import (
    DataOptions,
    Format,
    ModelOptions,
    OutputFormat,
    Verbose,
    flattened,
)


@flattened
def prove(
    before: Annotated[
        str,
        typer.Argument(
            metavar="BEFORE", help="A model, or a run folder, whose sealed part is then used."
        ),
    ],
    after: Annotated[
        str | None, typer.Argument(metavar="AFTER", help="The model after the change.")
    ] = None,
    confirm: Annotated[
        str | None,
        typer.Option(
            metavar="DATA", help="Labelled images that nobody looked at, as in `hardex rank`."
        ),
    ] = None,
    placebo: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL",
            help="A model trained as AFTER, but without the remedy; repeatable, three for an "
            "answer.",
        ),
    ] = None,
    remedied: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MODEL", help="A further model trained as AFTER, with another seed; repeatable."
        ),
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(metavar="DATA", help="The training data; its images are left out."),
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            metavar="TRANSFORM[=AMOUNT]",
            help="What the remedy is aimed at, such as rotation or rotation=45: planted on every "
            "example, as a test of its own.",
        ),
    ] = "",
    level: Annotated[
        float, typer.Option(help="The chance of calling two equally good models different.")
    ] = 0.05,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.json", help="Write the proof there, too; a run keeps its proofs itself."
        ),
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    history: Annotated[
        bool, typer.Option("--history", help="List the proofs of the run BEFORE.")
    ] = False,
    model: Annotated[
        str | None, typer.Option(help="The model of the run, if it was moved.")
    ] = None,
    data: Annotated[str, typer.Option(help="The images of the run, if they were moved.")] = "",
    *,
    model_options: ModelOptions,
    data_options: DataOptions,
    seed: Annotated[int, typer.Option(help="Random seed of intervals and samples.")] = 0,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Say whether AFTER is better than BEFORE, on examples that nobody looked at.

    --preprocess, --logits and --classes are for the models that no run describes; the options of
    the data are for --confirm.
    """
    from hardex.cli.prove_output import print_history, print_proof
    from hardex.progress import ProgressBar
    from hardex.proof.history import history as history_of
    from hardex.proof.prove import prove as prove_models

    as_json = format is Format.json
    if history:
        if after is not None or confirm is not None:
            raise typer.BadParameter("--history takes a run alone")
        print_history(history_of(before), as_json=as_json)
        return
    if after is None:
        raise typer.BadParameter("AFTER is missing; or pass --history")
    with ProgressBar(quiet=as_json) as bar:
        found = prove_models(
            before,
            after,
            confirm=confirm,
            placebo=placebo or (),
            remedied=remedied or (),
            train=train,
            target=target,
            level=level,
            out=out,
            force=force,
            model=model,
            data=data,
            seed=seed,
            progress=bar,
            **vars(model_options),
            **data_options.arguments(),
        )
    print_proof(found, out, as_json=as_json, rows=None if verbose else 10)
