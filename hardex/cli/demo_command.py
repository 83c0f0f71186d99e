"""`hardex demo`: the app on the shipped digits and model."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import ServerOptions, flattened


@flattened
def demo(
    out: Annotated[Path, typer.Option(help="The run folder.")] = Path("runs/mnist-demo"),
    *,
    server: ServerOptions,
) -> None:
    """Open the app on the shipped digits and model; it ranks them in the background."""
    from hardex.serving import demo as open_demo

    open_demo(out=out, **vars(server))
