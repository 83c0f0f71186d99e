"""`hardex compare`: which errors several models share, and whether one is better."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import Format, OutputFormat, Positive, Sensitivity, Verbose


def compare(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN RUN …",
            help="2 to 20 run folders on the same examples, successive models in their order; or "
            "a .parquet file that --out has written, to see whether it is still up to date.",
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE", help="Write a table with a row per example: .parquet or .csv."
        ),
    ] = None,
    positive: Positive = "",
    sensitivity: Sensitivity = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    seed: Annotated[int, typer.Option(help="Random seed of the intervals.")] = 0,
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Compare the errors of several models on the same examples."""
    from hardex.cli.compare_output import print_comparison, print_saved
    from hardex.comparison.compare import compare as compare_runs
    from hardex.comparison.table_files import read_comparison

    as_json = format is Format.json
    if len(runs) == 1 and runs[0].is_file():
        if out is not None or positive or sensitivity is not None:
            raise typer.BadParameter("--out, --positive and --sensitivity need runs, not a table.")
        print_saved(read_comparison(runs[0]), as_json=as_json)
        return
    found = compare_runs(
        *runs, out=out, positive=positive, sensitivity=sensitivity, force=force, seed=seed
    )
    print_comparison(found, runs, out, as_json=as_json, rows=None if verbose else 10)
