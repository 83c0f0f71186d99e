"""`hardex fix`: train with remedies, and without them to compare."""

import shlex
import sys
from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import Format, ModelOptions, OutputFormat, RunFolder, flattened


@flattened
def fix(
    run: RunFolder,
    train: Annotated[
        str, typer.Option(metavar="DATA", help="The training data; nothing in it is changed.")
    ] = "",
    recipe: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="What to do, a file of YAML or JSON; by default what the findings of RUN suggest.",
        ),
    ] = None,
    augment: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=AMOUNT",
            help="Transform training images: rotation=45, scale=0.7:1.3, shift=3, flip, …; "
            "repeatable. Without --recipe nothing else is done.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FIXED", help="The folder to write; it must be new.")
    ] = None,
    train_fn: Annotated[
        str,
        typer.Option(
            metavar="MODULE:FUNCTION",
            help="A function that trains: it gets the data and returns a fitted Keras model.",
        ),
    ] = "",
    start: Annotated[
        str | None,
        typer.Option(help="fine-tune (default) or retrain, which resets the weights first."),
    ] = None,
    epochs: Annotated[
        int | None, typer.Option(min=1, help="Epochs at most; 10 by default.")
    ] = None,
    seeds: Annotated[
        int,
        typer.Option(min=1, help="Models with the remedies; 3 tell them from a new training."),
    ] = 1,
    controls: Annotated[
        int | None, typer.Option(min=0, help="Models without them; as many by default.")
    ] = None,
    suggest: Annotated[
        bool, typer.Option("--suggest", help="Only print the recipe that the findings suggest.")
    ] = False,
    pool: Annotated[
        str,
        typer.Option(
            metavar="DATA",
            help="Only look for more images like the rare hard examples, or like --like, among "
            "these, whose labels are not used, and copy them into --out.",
        ),
    ] = "",
    clean_evaluation: Annotated[
        bool,
        typer.Option(
            "--clean-evaluation",
            help="Only write the data of RUN anew, with the classes that its annotators agree on.",
        ),
    ] = False,
    like: Annotated[
        list[str] | None,
        typer.Option(metavar="ID", help="With --pool: a hard example; repeatable."),
    ] = None,
    count: Annotated[
        int, typer.Option(min=1, help="With --pool: how many images for each example.")
    ] = 8,
    yes: Annotated[
        bool,
        typer.Option("--yes", help="Remove or relabel training examples that the recipe names."),
    ] = False,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait while another process fixes this run.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="Replace a former fix.")] = False,
    model: Annotated[
        str | None, typer.Option(help="The model, if it was moved or you want to use another one.")
    ] = None,
    *,
    model_options: ModelOptions,
    data: Annotated[str, typer.Option(help="The images, if they were moved.")] = "",
    seed: Annotated[int, typer.Option(help="Random seed of the first training.")] = 0,
    format: OutputFormat = Format.text,
) -> None:
    """Train the model of RUN with remedies, and control models without, for an honest proof."""
    from hardex.cli.fix_output import (
        print_changes,
        print_evaluation,
        print_fixed,
        print_search,
        print_suggestion,
    )

    as_json = format is Format.json
    if suggest:
        from hardex.remedies.suggest import suggest as suggest_for

        print_suggestion(run, suggest_for(run), as_json=as_json)
        return
    if out is None or not (train or pool or clean_evaluation):
        raise typer.BadParameter("hardex fix needs --train DATA and --out FIXED, or --suggest")
    if like and not pool:
        raise typer.BadParameter("--like belongs to --pool")
    if model is None and (model_options.preprocess is not None or model_options.logits):
        raise typer.BadParameter("--preprocess and --logits require --model")
    from hardex.progress import ProgressBar
    from hardex.remedies.clean import ChangesToConfirm

    if clean_evaluation:
        from hardex.remedies.evaluation import clean_evaluation as clean_examples
        from hardex.remedies.recipe import read_recipe

        try:
            with ProgressBar(quiet=as_json) as bar:
                cleaned = clean_examples(
                    run,
                    out=out,
                    clean=None if recipe is None else read_recipe(recipe).clean,
                    yes=yes,
                    force=force,
                    data=data,
                    command=shlex.join(["hardex", *sys.argv[1:]]),
                    progress=bar,
                )
        except ChangesToConfirm as unconfirmed:
            print_changes(unconfirmed.changes, as_json=as_json)
            raise
        print_evaluation(cleaned, as_json=as_json)
        return
    if pool:
        from hardex.remedies.pool import more_like

        with ProgressBar(quiet=as_json) as bar:
            search = more_like(
                run,
                pool,
                out=out,
                ids=tuple(like or ()),
                count=count,
                force=force,
                model=model,
                trust_model=model_options.trust_model,
                data=data,
                progress=bar,
            )
        print_search(search, as_json=as_json)
        return
    from hardex.remedies.fix import fix as fix_run

    try:
        with ProgressBar(quiet=as_json) as bar:
            fixed = fix_run(
                run,
                train=train,
                out=out,
                recipe=recipe,
                augment=tuple(augment or ()),
                train_function=train_fn,
                epochs=epochs,
                start=start,
                seeds=seeds,
                controls=controls,
                seed=seed,
                yes=yes,
                wait=wait,
                force=force,
                model=model,
                data=data,
                progress=bar,
                **vars(model_options),
            )
    except ChangesToConfirm as unconfirmed:
        print_changes(unconfirmed.changes, as_json=as_json)
        raise
    print_fixed(fixed, as_json=as_json)
