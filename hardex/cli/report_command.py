"""`hardex report`: runs -> one file to send."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import DatabaseUrl


class As(StrEnum):
    """The format of a report."""

    html = "html"
    markdown = "markdown"
    json = "json"


def report(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN [RUN …]", help="Run folders; several are also compared with each other."
        ),
    ],
    out: Annotated[
        Path | None,
        typer.Option(
            "-o",
            "--out",
            metavar="FILE",
            help="A new file; report.html by default; - is standard output.",
        ),
    ] = None,
    format: Annotated[
        As | None,
        typer.Option(
            help="html: one page with its pictures inside; markdown or json: without pictures. By "
            "default what the name of FILE says."
        ),
    ] = None,
    thumbnails: Annotated[
        int,
        typer.Option(
            metavar="N",
            min=0,
            help="How many hard examples are shown, of all runs and lists together.",
        ),
    ] = 200,
    force: Annotated[bool, typer.Option("--force", help="Replace an existing file.")] = False,
    annotations: DatabaseUrl = "",
) -> None:
    """Write a report of RUN to send: one page that opens without a network."""
    import sys
    from io import TextIOWrapper

    from hardex.cli.terminal import print_text
    from hardex.reporting.report import report as write
    from hardex.sentences import counted

    kind = "" if format is None else format.value
    if out is not None and str(out) == "-":
        # The same bytes as in a file, whatever the terminal's encoding; nothing in them acts on it.
        with (
            open(sys.stdout.fileno(), "wb", closefd=False) as bytes_out,
            TextIOWrapper(bytes_out, encoding="utf-8", newline="") as stream,
        ):
            write(*runs, out=stream, format=kind, thumbnails=thumbnails, annotations=annotations)
        return
    found = write(
        *runs,
        out=out or "",
        format=kind,
        thumbnails=thumbnails,
        force=force,
        annotations=annotations,
    )
    print_text(
        f"Report of {counted(len(found.contents.runs), 'run')} with "
        f"{counted(found.thumbnails, 'hard example')}, {_size(found.size)}, written to "
        f"{found.file}."
    )


def _size(count: int) -> str:
    """A number of bytes, in words."""
    return f"{count / 1e6:.1f} MB" if count >= 1_000_000 else f"{max(1, count // 1000)} kB"
