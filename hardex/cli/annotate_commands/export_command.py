"""`hardex annotate export`: annotations to a file or the screen."""

import sys
from dataclasses import asdict
from enum import StrEnum
from io import TextIOWrapper
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hardex.cli.options import DatabaseUrl, Format, OutputFormat, RunFolder

if TYPE_CHECKING:  # it brings SQLAlchemy
    from hardex.annotate.exchange import Written

SCHEMA = "hardex.annotate.export/1"
_NOUNS = {"label-studio": "task", "label-studio-setup": "choice", "consensus": "example"}


class As(StrEnum):
    """The format of an export."""

    csv = "csv"
    jsonl = "jsonl"
    label_studio = "label-studio"
    label_studio_setup = "label-studio-setup"
    consensus = "consensus"


def export(
    run: RunFolder,
    out: Annotated[
        Path, typer.Option(metavar="FILE", help="A new file; - is standard output.")
    ] = Path("-"),
    kind: Annotated[
        As,
        typer.Option(
            "--as",
            help="csv or jsonl: every event; label-studio: tasks to import there, and "
            "label-studio-setup: the labelling setup for them; consensus: the majority label of "
            "each example, as CSV.",
        ),
    ] = As.csv,
    force: Annotated[bool, typer.Option("--force", help="Replace FILE.")] = False,
    pictures: Annotated[
        bool, typer.Option(help="Include the pictures in label-studio tasks.")
    ] = True,
    annotations: DatabaseUrl = "",
    format: OutputFormat = Format.text,
) -> None:
    """Export the annotations of RUN."""
    from hardex.annotate.exchange import export_annotations

    if str(out) == "-":
        # The same bytes as in a file, whatever the terminal's encoding; escaped on a terminal.
        kind_of_stream = _Terminal if sys.stdout.isatty() else TextIOWrapper
        with (
            open(sys.stdout.fileno(), "wb", closefd=False) as bytes_out,
            kind_of_stream(bytes_out, encoding="utf-8", newline="") as stream,
        ):
            export_annotations(run, stream, kind, pictures=pictures, annotations=annotations)
        return
    written = export_annotations(
        run, out, kind, force=force, pictures=pictures, annotations=annotations
    )
    _print_written(written, as_json=format is Format.json)


class _Terminal(TextIOWrapper):
    """Escapes the control characters with which a text could act on a terminal."""

    def write(self, text: str, /) -> int:
        from hardex.text import plain_text

        lines = text.replace("\r\n", "\n").split("\n")
        super().write("\n".join("\t".join(map(plain_text, line.split("\t"))) for line in lines))
        return len(text)


def _print_written(written: "Written", *, as_json: bool) -> None:
    from hardex.cli.terminal import print_json, print_text
    from hardex.sentences import counted

    if as_json:
        print_json({"schema": SCHEMA, **asdict(written)})
        return
    rows = counted(written.rows, _NOUNS.get(written.format, "event"))
    print_text(f"{rows} written to {written.file}.")
