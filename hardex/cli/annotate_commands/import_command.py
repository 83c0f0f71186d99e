"""`hardex annotate import`: annotations from a file."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardex.cli.options import DatabaseUrl, Format, OutputFormat, RunFolder

if TYPE_CHECKING:  # it brings SQLAlchemy
    from hardex.annotate.exchange import Imported

SCHEMA = "hardex.annotate.import/1"


def import_(
    run: RunFolder,
    file: Annotated[
        Path,
        typer.Argument(
            help="A .csv or .jsonl file from `hardex annotate export`, or a .json file from Label "
            "Studio."
        ),
    ],
    skip_unknown: Annotated[
        bool,
        typer.Option("--skip-unknown", help="Skip examples and classes that RUN does not have."),
    ] = False,
    annotations: DatabaseUrl = "",
    format: OutputFormat = Format.text,
) -> None:
    """Import annotations; duplicates are skipped."""
    from hardex.annotate.exchange import import_annotations

    imported = import_annotations(run, file, skip_unknown=skip_unknown, annotations=annotations)
    _print_imported(imported, as_json=format is Format.json)


def _print_imported(imported: "Imported", *, as_json: bool) -> None:
    from hardex.cli.terminal import print_json, print_text
    from hardex.sentences import counted

    if as_json:
        print_json({"schema": SCHEMA, **asdict(imported)})
        return
    text = f"{counted(imported.stored, 'new annotation')} imported from {imported.file}"
    if imported.known:
        text += f"; {counted(imported.known, 'duplicate')} skipped"
    if imported.skipped:
        text += f"; {imported.skipped:,} of unknown examples or classes skipped"
    print_text(text + ".")
    if imported.owner:
        print_text(f"{imported.owner:,} of them by the owner, used as gold labels.")
