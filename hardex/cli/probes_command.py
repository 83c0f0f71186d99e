"""`hardex probes`: the saved probes of a run, replayed on another model, exported."""

from pathlib import Path
from typing import Annotated

import typer

from hardex.cli.check_command import FOUND
from hardex.cli.options import Format, ModelOptions, OutputFormat, RunFolder, flattened


@flattened
def probes(
    run: RunFolder,
    model: Annotated[
        str | None,
        typer.Option(help="Replay them on this model: a .keras or .onnx file, MODULE:FUNCTION, …"),
    ] = None,
    *,
    model_options: ModelOptions,
    export: Annotated[
        Path | None,
        typer.Option(help="Also export the probes with an expected class to this new folder."),
    ] = None,
    format: OutputFormat = Format.text,
) -> None:
    """List the saved probes of RUN; with --model replay them, exit code 3 if an answer changed."""
    from hardex.cli.probes_output import print_probes
    from hardex.probing.export import export_probes
    from hardex.probing.replay import probes as replay_probes
    from hardex.probing.saved_probes import kept_probes
    from hardex.runs.run import load

    if model is None and (model_options.preprocess is not None or model_options.logits):
        raise typer.BadParameter("--preprocess and --logits require --model")
    found = load(run)
    saved, problems = kept_probes(found.folder)
    replay = None if model is None else replay_probes(found, model, **vars(model_options))
    exported = None if export is None else export_probes(found, export)
    print_probes(found, saved, problems, replay, exported, as_json=format is Format.json)
    if replay is not None and replay.changed:
        raise typer.Exit(FOUND)
