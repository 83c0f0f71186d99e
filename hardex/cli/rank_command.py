"""`hardex rank`: model + data -> a run."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import (
    DataOptions,
    Format,
    ModelOptions,
    OutputFormat,
    Positive,
    Sensitivity,
    Verbose,
    flattened,
)


@flattened
def rank(
    model: Annotated[
        str | None,
        typer.Argument(
            metavar="MODEL",
            help="mnist_cnn, mnist_small, a .keras or .onnx file, MODULE:FUNCTION or a RUN.",
        ),
    ] = None,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="DATA",
            help="mnist:test, keras:NAME, class folders, .npz, IDX, a .csv, .jsonl or .parquet "
            "table …",
        ),
    ] = None,
    probabilities: Annotated[
        Path | None,
        typer.Option(help="Saved probabilities (.npy, .npz, .csv, .parquet) instead of MODEL."),
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(help="Their given labels (the same kinds of files); by default DATA's."),
    ] = None,
    order: Annotated[
        str,
        typer.Option(
            help="Order of files and classes in which rows and columns without names were saved: "
            "text (1, 10, 2: Keras, torchvision), natural (1, 2, 10), path (whole paths) or "
            "classes (in the order of --classes, as Keras with class_names)."
        ),
    ] = "",
    subset: Annotated[
        bool,
        typer.Option("--subset", help="Leave out examples without a named row, and such rows."),
    ] = False,
    out: Annotated[
        Path | None, typer.Option(help="The run folder; by default runs/MODELSTEM-DATASTEM.")
    ] = None,
    per_class: Annotated[int, typer.Option(help="Examples per given class in each list.")] = 2,
    count: Annotated[
        int | None, typer.Option(help="Examples in each list in total, instead of --per-class.")
    ] = None,
    diversity: Annotated[
        str,
        typer.Option(
            help="class: take turns by given class; confusion: take turns by confusion pair; "
            "embedding: the farthest from those already chosen; none: the hardest first; cause: "
            "take turns by the causes that `hardex diagnose` found in RUN."
        ),
    ] = "class",
    unsure: Annotated[
        str,
        typer.Option(
            help="Score of the unsure list: least_confidence, margin, entropy or MODULE:FUNCTION."
        ),
    ] = "least_confidence",
    wrong: Annotated[
        str,
        typer.Option(
            help="Score of the wrong list: loss, normalized_margin, el2n, adjusted_self_confidence "
            "or MODULE:FUNCTION."
        ),
    ] = "loss",
    pool: Annotated[
        int, typer.Option(help="How many of the hardest candidates per group to choose from.")
    ] = 2000,
    allow_duplicates: Annotated[
        bool, typer.Option("--allow-duplicates", help="Keep near-duplicates.")
    ] = False,
    *,
    model_options: ModelOptions,
    data_options: DataOptions,
    batch_size: Annotated[int | None, typer.Option(help="Images per forward pass.")] = None,
    seal: Annotated[
        float | None,
        typer.Option(help="Share of examples to keep unseen for a later proof, such as 0.5."),
    ] = None,
    positive: Positive = "",
    sensitivity: Sensitivity = None,
    seed: Annotated[int, typer.Option(help="Random seed.")] = 0,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop with an error if a file cannot be read.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the results of a run; annotations are kept.")
    ] = False,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Find the hard examples: rank MODEL DATA, rank --probabilities P --labels Y [DATA], or
    rank RUN --out RUN2 to rank a finished run again by another rule, without its model.
    """
    from hardex.cli.rank_output import print_run
    from hardex.pipeline.rank import rank as make_run
    from hardex.pipeline.rank_again import is_run
    from hardex.progress import ProgressBar
    from hardex.runs.positive import positive_class

    if sensitivity is not None and not positive:
        raise typer.BadParameter("--sensitivity requires --positive")
    if probabilities is not None and data is None:
        model, data = None, model  # the only argument is DATA
    if probabilities is None and (model is None or (data is None and not is_run(model))):
        raise typer.BadParameter("give MODEL and DATA, --probabilities and --labels, or a RUN")
    with ProgressBar(quiet=format is Format.json) as bar:
        run = make_run(
            model,
            data,
            probabilities=probabilities,
            labels=labels,
            order=order,
            subset=subset,
            out=out,
            per_class=per_class,
            count=count,
            diversity=diversity,
            unsure=unsure,
            wrong=wrong,
            pool=pool,
            allow_duplicates=allow_duplicates,
            batch_size=batch_size,
            seal=seal,
            positive=positive,
            sensitivity=sensitivity,
            seed=seed,
            strict=strict,
            force=force,
            progress=bar,
            command=_command_line(),
            **vars(model_options),
            **data_options.arguments(),
        )
    of_class = None
    if positive:
        of_class = positive_class(run, positive, sensitivity=sensitivity, seed=seed)
    print_run(run, of_class, as_json=format is Format.json, rows=None if verbose else 5)


def _command_line() -> str:
    import shlex

    return shlex.join(["hardex", *sys.argv[1:]])
