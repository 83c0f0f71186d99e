"""The files of a fix that goes on, or is done -> how far each of its models is, as plain data."""

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from hardex.bounded import json_of, read_bytes
from hardex.errors import HardexError
from hardex.learning_curves.drawing import curves_of
from hardex.learning_curves.judging import JudgedRun, report_of
from hardex.remedies.fixed import CONTROL, FIX, REMEDIED
from hardex.remedies.recipe import recipe_of
from hardex.remedies.trials import ARMS
from hardex.remedies.work_folder import work_of
from hardex.training.job import JOB, LOG, RESULT
from hardex.training.progress_lines import PROGRESS, ProgressLine
from hardex_app.curves import FINDING_NAMES
from hardex_app.fix_order import Order

_BYTES_MOST = 2**25  # of a file of progress
_POINTS_MOST = 400  # of a curve
_CALM = ("healthy", "too_noisy")
Json = dict[str, Any]


def models_of(order: Order) -> list[Json]:
    """Both arms of a fix, those with the remedies first.

    Returns:
        Nothing for a recipe without a training; else for each model its `name`, `arm`, `seed`,
        `state` (`waiting`, `running` or `done`), `epoch`, `epochs` and `seconds` so far;
        `seconds_left` (None if unknown); `loss` and `validation`, points (x, y) over epochs;
        `accuracy` on the validation images (None before the first epoch ends); and `findings`
        about its curves, each with `code`, `words`, `why` and `is_calm`.
    """
    out = Path(order.out)
    if not order.recipe or not recipe_of(dict(order.recipe)).trains:
        return []
    names = [(REMEDIED, place) for place in range(order.seeds)]
    names += [(CONTROL, place) for place in range(order.controls)]
    is_done = (out / FIX).exists()
    found = []
    for number, (arm, place) in enumerate(names):
        name = f"{arm}-{place}"
        about = {"name": name, "arm": arm, "seed": number}
        if is_done:
            if (out / f"{name}.csv").exists():  # not one that needed no training
                found.append({**about, **_done(out / f"{name}.csv")})
        else:
            found.append({**about, **_running(work_of(out) / ARMS / name)})
    return found


def seconds_left(models: Sequence[Json]) -> float | None:
    """How long the trainings still take, as those that are done did; None if unknown.

    Before the first one is done: at most, at the present speed.

    Example:
        >>> first = {"state": "running", "seconds": 30.0, "seconds_left": 30.0}
        >>> seconds_left([first, {"state": "waiting"}])
        90.0
        >>> seconds_left([{"state": "done", "seconds": 40.0}, first, {"state": "waiting"}])
        50.0
    """
    done = [one["seconds"] for one in models if one["state"] == "done"]
    waiting = sum(one["state"] == "waiting" for one in models)
    running = next((one for one in models if one["state"] == "running"), None)
    if done:
        whole = sum(done) / len(done)
        present = 0.0 if running is None else max(0.0, whole - running["seconds"])
        return float(round(present + waiting * whole, 1)) or None  # it takes longer than the others
    if running is None or running["seconds_left"] is None:
        return None
    whole = running["seconds"] + running["seconds_left"]
    return float(round(running["seconds_left"] + waiting * whole, 1))


def _running(folder: Path) -> Json:
    """One training that may go on."""
    lines = _progress(folder / PROGRESS)
    if not lines:
        return _model("waiting")
    last = lines[-1]
    losses = {one.epochs * one.step / max(1, one.steps): one.loss for one in lines}
    ends = {float(one.epoch): one.val_loss for one in lines if one.val_loss is not None}
    accuracies = [one.val_accuracy for one in lines if one.val_accuracy is not None]
    is_done = (folder / RESULT).exists()
    return _model(
        "done" if is_done else "running",
        seconds=_seconds(folder / JOB, folder / (RESULT if is_done else PROGRESS)),
        epoch=last.epoch,
        epochs=last.epochs,
        seconds_left=None if is_done else last.seconds_left,
        loss=_points(losses),
        validation=_points(ends),
        accuracy=accuracies[-1] if accuracies else None,
        findings=_findings(_judged(folder / LOG)),
    )


def _done(log: Path) -> Json:
    """One training whose fix is done."""
    judged = _judged(log)
    if judged is None:
        return _model("done")
    curves, shown = (curves_of(judged.run, kind, "epoch") for kind in ("loss", "accuracy"))
    epochs = len(judged.run)
    right = shown["validation"]
    return _model(
        "done",
        epoch=epochs,
        epochs=epochs,
        loss=_pairs(curves["training"]),
        validation=_pairs(curves["validation"]),
        accuracy=right["y"][-1] if right and right["y"] else None,
        findings=_findings(judged),
    )


def _model(
    state: str,
    *,
    epoch: int = 0,
    epochs: int = 0,
    seconds: float = 0.0,
    seconds_left: float | None = None,
    loss: Sequence[Json] = (),
    validation: Sequence[Json] = (),
    accuracy: float | None = None,
    findings: Sequence[Json] = (),
) -> Json:
    return {
        "state": state,
        "epoch": epoch,
        "epochs": epochs,
        "seconds": seconds,
        "seconds_left": seconds_left,
        "loss": list(loss),
        "validation": list(validation),
        "accuracy": accuracy,
        "findings": list(findings),
    }


def _progress(path: Path) -> list[ProgressLine]:
    """The lines so far; one that is being written is passed over."""
    try:
        text = read_bytes(path, _BYTES_MOST).decode(errors="replace")
    except (OSError, ValueError):
        return []
    return list(_parsed(text.split("\n")[:-1]))


def _parsed(lines: Sequence[str]) -> Iterator[ProgressLine]:
    for line in lines:
        try:
            yield ProgressLine(**json_of(line))
        except (ValueError, TypeError):
            continue


def _seconds(first: Path, last: Path) -> float:
    """Seconds between the writing of one file and of another."""
    try:
        return max(0.0, last.stat().st_mtime - first.stat().st_mtime)
    except OSError:
        return 0.0


def _points(values: Mapping[float, float | None]) -> list[Json]:
    """A curve in order of x with few points; the last one always."""
    known = [{"x": x, "y": y} for x, y in sorted(values.items()) if y is not None]
    every = -(-len(known) // _POINTS_MOST) or 1
    return known[::-1][::every][::-1]


def _pairs(curve: Json | None) -> list[Json]:
    if curve is None:
        return []
    return [{"x": x, "y": y} for x, y in zip(curve["x"], curve["y"], strict=True)]


def _judged(log: Path) -> JudgedRun | None:
    """What the curves of a training say; None without a log that can be read."""
    try:
        found = log.stat()
    except OSError:
        return None
    return _judged_as_of(log, found.st_mtime_ns, found.st_size)


@lru_cache(maxsize=64)
def _judged_as_of(log: Path, time: int, size: int) -> JudgedRun | None:
    try:
        return next(iter(report_of(str(log)).runs), None)
    except HardexError:
        return None


def _findings(judged: JudgedRun | None) -> list[Json]:
    found = () if judged is None else judged.findings
    return [
        {
            "code": one.code,
            "words": FINDING_NAMES[one.code],
            "why": one.why,
            "is_calm": one.code in _CALM,
        }
        for one in found
    ]
