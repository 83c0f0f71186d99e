"""`hardex serve`: the app on a finished run."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.options import DatabaseUrl, ServerOptions, TrustModel, flattened


@flattened
def serve(
    runs: Annotated[
        list[Path],
        typer.Argument(
            metavar="RUN [RUN …]",
            help="A run folder from `hardex rank`; further ones on the same examples are compared "
            "with it on the page Compare.",
        ),
    ],
    model: Annotated[
        str | None, typer.Option(help="The model, if it was moved or you want to use another one.")
    ] = None,
    train: Annotated[
        str | None,
        typer.Option(
            metavar="DATA",
            help="The training data, to show each example's nearest training images.",
        ),
    ] = None,
    data: Annotated[str, typer.Option(help="The images, if they were moved.")] = "",
    trust_model: TrustModel = False,
    *,
    server: ServerOptions,
    annotations: DatabaseUrl = "",
    queue: Annotated[
        str,
        typer.Option(
            metavar="QUERY",
            help="Which examples to annotate, as in the address of the Browse page: "
            "list=hard&given=7. By default the hard examples.",
        ),
    ] = "",
    overlap: Annotated[int, typer.Option(help="How many annotators label each example.")] = 2,
    gold: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="True labels, to score annotators: a table with the columns id and label.",
        ),
    ] = None,
    open_probe: Annotated[
        bool,
        typer.Option(
            "--open-probe",
            help="Let annotators probe drawings before they have labelled all of their examples. "
            "They could redraw one to learn the prediction.",
        ),
    ] = False,
    guidelines: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="A text file that annotators can read while they judge."),
    ] = None,
) -> None:
    """Open the app on a finished run, or on several to compare them."""
    from hardex.serving import serve as open_run

    run, *others = runs
    open_run(
        run,
        model,
        others=others,
        train=train,
        data=data,
        trust_model=trust_model,
        annotations=annotations,
        queue=queue,
        overlap=overlap,
        gold=gold,
        open_probe=open_probe,
        guidelines=guidelines,
        **vars(server),
    )
