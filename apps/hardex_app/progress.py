"""The line of status: the figures of the run, how far the work is, and what is missing."""

from pathlib import Path
from typing import Any

from hardex.runs.manifest import Source
from hardex.runs.run import Run
from hardex_app.answers import for_visitors
from hardex_app.auth.visitors import is_owner
from hardex_app.call import Call

_DID_NOT_START = "The app did not start; tell the owner."


def status_line(call: Call) -> dict[str, Any]:
    """What the line shows now.

    Returns:
        `over` (whether it will not change any more), `run` (its figures), `stage`, `done` and
        `total` of the work that goes on (`stage` is "" when there is none), `problem`, `failed`
        (whether nothing works because of it), `skippable`, and `shape`, of the images that the
        model sees (None where it is not known). Viewers get only the figures of the
        run, and annotators learn only whether there is something to wait for.
    """
    workspace = call.workspace
    workspace.visited()
    status, run = workspace.status, workspace.run
    failed = status.stage == "failed"
    line = {
        "over": status.over,
        "run": "",
        "stage": "" if status.over else status.stage,
        "done": status.done,
        "total": status.total,
        "problem": for_visitors(status.problem, run),
        "failed": failed,
        "skippable": status.cancellable,
        "shape": None if run is None else run.manifest.image_shape,
    }
    if is_owner(call.visitor):
        return line | {"run": "" if run is None or failed else _figures(run)}
    return line | {
        "run": _figures(run) if call.visitor.role == "viewer" and run and not failed else "",
        "over": status.over or run is not None,
        "stage": "" if status.over or run is not None else "almost ready",
        "done": 0,
        "total": 0,
        "problem": _DID_NOT_START if failed else "",
        "skippable": False,
    }


def skip(call: Call) -> dict[str, Any]:
    """Skip the part of the work that is optional, if it is going on."""
    call.workspace.cancel()
    return {}


def _figures(run: Run) -> str:
    accuracy, counts = run.metrics["accuracy"], run.manifest.counts
    return (
        f"{counts['examples']:,} examples, {counts['wrong']:,} errors, "
        f"accuracy {_percent(accuracy['value'])} "
        f"({_percent(accuracy['low'])} to {_percent(accuracy['high'])})"
        f"{_named('model', run.manifest.model)}{_named('data', run.manifest.data)}"
    )


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"


def _named(what: str, source: Source | None) -> str:
    """The last part of a path: visitors need not know the folders of this computer."""
    if source is None:
        return ""
    return f" · {what} {Path(source.name).name if source.path else source.name}"
