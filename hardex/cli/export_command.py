"""`hardex export`: a run -> files that another tool opens."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import DatabaseUrl, Format, OutputFormat, RunFolder

SCHEMA = "hardex.export/1"


class Tool(StrEnum):
    """What opens an export."""

    imagefolder = "imagefolder"
    fiftyone = "fiftyone"
    label_studio = "label-studio"
    cleanlab = "cleanlab"
    parquet = "parquet"


def export(
    run: RunFolder,
    to: Annotated[
        Tool,
        typer.Option(
            help="imagefolder: Hugging Face datasets; fiftyone: given labels and predictions; "
            "label-studio: tasks with predictions; cleanlab: labels and probabilities as arrays; "
            "parquet: one table of all examples, for pandas."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help="A new folder, for parquet a file; by default named by RUN and the tool.",
        ),
    ] = None,
    list: Annotated[
        str,
        typer.Option(
            metavar="LIST",
            help="Which examples: all, hard, unsure or wrong; by default hard. cleanlab and "
            "parquet always hold all.",
        ),
    ] = "",
    data: Annotated[
        str, typer.Option(metavar="PATH", help="Where the images are now, if they moved.")
    ] = "",
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier export.")] = False,
    annotations: DatabaseUrl = "",
    format: OutputFormat = Format.text,
) -> None:
    """Export RUN to another tool."""
    from dataclasses import asdict

    from hardex.cli.terminal import print_json, print_text
    from hardex.reporting.exports.export import export as write
    from hardex.sentences import counted

    found = write(
        run, to.value, out=out or "", list=list, force=force, data=data, annotations=annotations
    )
    if format is Format.json:
        print_json({"schema": SCHEMA, **asdict(found)})
        return
    print_text(f"{counted(found.examples, 'example')} written to {found.path}.")
    if found.left_out:
        print_text(
            f"{counted(found.left_out, 'example')} without a picture left out (first: "
            f"{found.first_left_out})."
        )
