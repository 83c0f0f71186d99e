"""`hardex annotate agreement`: how far annotators agree."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import DatabaseUrl, Format, OutputFormat, RunFolder, Verbose


def agreement(
    run: RunFolder,
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="True labels: a .csv, .jsonl or .parquet table with the columns id and label; by "
            "default the owner's annotations.",
        ),
    ] = None,
    blind: Annotated[
        bool,
        typer.Option("--blind", help="Count only annotations made before the label was shown."),
    ] = False,
    seed: Annotated[int, typer.Option(help="Random seed of alpha's interval.")] = 0,
    annotations: DatabaseUrl = "",
    format: OutputFormat = Format.text,
    verbose: Verbose = False,
) -> None:
    """Measure how far the annotators of RUN agree, and list where they disagree.

    Alpha, kappa and the annotators' scores use the annotations made before the label was shown;
    not_sure counts as missing. The owner's annotations are the gold labels and are not compared.
    """
    from hardex.annotate.agreement import agreement as agree
    from hardex.cli.annotate_commands.agreement_output import print_agreement

    found = agree(run, gold=gold, blind=blind, seed=seed, annotations=annotations)
    print_agreement(
        run, found, as_json=format is Format.json, rows=None if verbose else 10, blind=blind
    )
