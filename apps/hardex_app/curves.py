"""Requests about training curves -> drawn curves, and the findings about each training."""

import re
from collections.abc import Mapping, Sequence
from shlex import quote
from typing import Any

from hardex.errors import HardexError
from hardex.learning_curves.drawing import AXES, axes_of, best_of, curves_of, kinds_of, place_of
from hardex.learning_curves.findings import CurveFinding
from hardex.learning_curves.judging import CurveReport, JudgedRun
from hardex.learning_curves.training_run import TrainingRun
from hardex.runs.run import Run
from hardex_app.answers import for_visitors

FINDING_NAMES = {
    "healthy": "Healthy",
    "not_learning": "Not learning",
    "underfitting": "Underfitting",
    "overfitting": "Overfitting",
    "not_converged": "Not converged",
    "diverging": "Diverging",
    "oscillating": "Oscillating",
    "lr_too_low": "Learning rate too low",
    "bad_initialisation": "Bad initialisation",
    "ascending": "Loss ascends",
    "nan": "NaN",
    "unshuffled": "Not shuffled",
    "validation_too_small": "Validation data too small",
    "validation_mismatch": "Validation does not match training",
    "metric_loss_disagree": "Metric and loss disagree",
    "dead_starts": "Dead starts",
    "penalty_dominates": "Penalty dominates the loss",
    "appended": "Several runs in one log",
    "too_noisy": "Too noisy to judge",
}
RUNS_MOST = 40  # of one request
_UNITS = {"epoch": "epoch", "evaluation": "evaluation", "step": "row"}
_SEPARATOR = re.compile(r"[/\\]")
Json = dict[str, Any]


def report_facts(report: CurveReport, run: Run) -> Json:
    """What the page Curves must know before it can draw.

    Returns:
        `runs`, each with its `name`, a short `label`, its `size` in words, `notes`, `findings`
        (with `words`, the name of its code, and `place`, where it is seen on each axis), `best`,
        its `axes` and its `kinds` of metrics; the `kinds` and `axes` of all; `problems`, the logs
        that could not be read and why; and the `command` that opens a log.
    """
    trainings = [one.run for one in report.runs]
    axes = {axis for training in trainings for axis in axes_of(training)}
    labels = short_names([training.name for training in trainings])
    return {
        "runs": [_facts_of(one, label) for one, label in zip(report.runs, labels, strict=True)],
        "kinds": list(kinds_of(trainings)),
        "axes": [axis for axis in AXES if axis in axes],
        "problems": [{"log": log, "why": why} for log, why in report.unreadable],
        "command": f"hardex serve {quote(str(run.folder))} --log training.csv",
    }


def drawn_curves(request: Any, report: CurveReport) -> Json:
    """The curves of one metric.

    Args:
        request: `kind` (the metric without `val_`), `axis` and `runs`, their numbers.
        report: of all logs.

    Returns:
        `curves` by the number of the run; see `hardex.learning_curves.drawing.curves_of`.

    Raises:
        HardexError: there is no such axis or metric, or too many or unknown runs.
    """
    asked = request if isinstance(request, Mapping) else {}
    kind, axis, numbers = asked.get("kind"), asked.get("axis"), asked.get("runs")
    count = len(report.runs)
    if axis not in AXES or not isinstance(kind, str):
        raise HardexError(
            f"curves are requested by a kind of metric and one axis of {', '.join(AXES)}; received "
            f"{str(kind)[:40]!r} over {str(axis)[:40]!r}; reload the page."
        )
    if (
        not isinstance(numbers, list)
        or len(numbers) > RUNS_MOST
        or not all(type(one) is int and 0 <= one < count for one in numbers)
    ):
        raise HardexError(
            f"curves are requested for up to {RUNS_MOST} numbers of runs below {count}; received "
            f"{str(numbers)[:60]!r}; reload the page."
        )
    return {"curves": {str(one): curves_of(report.runs[one].run, kind, axis) for one in numbers}}


def without_folders(found: Json, report: CurveReport, run: Run) -> Json:
    """The facts as viewers get them: nothing of the folders of this computer."""
    logs = [*(one.run.log for one in report.runs), *(log for log, _ in report.unreadable)]
    logs = list(dict.fromkeys(logs))
    short = dict(zip(logs, short_names(logs), strict=True))

    def told(value: Any, name: str = "") -> Any:
        if isinstance(value, dict):
            return {key: told(one, key) for key, one in value.items()}
        if isinstance(value, list):
            return [told(one, name) for one in value]
        if not isinstance(value, str) or name in _PLAIN:
            return value
        for log in sorted(logs, key=len, reverse=True):
            value = value.replace(log, short[log])
        return for_visitors(value, run)

    facts: Json = told(found)
    return facts


_PLAIN = frozenset({"code", "words", "metric", "axes", "kinds", "severity", "size", "remedy"})


def short_names(names: Sequence[str]) -> list[str]:
    """Of each path its last part, or as many as tell it from the others.

    Example:
        >>> short_names(["/home/ann/a/metrics.csv", "/home/ann/b/metrics.csv", "/tmp/log.csv"])
        ['a/metrics.csv', 'b/metrics.csv', 'log.csv']
    """
    parts = [[part for part in _SEPARATOR.split(name) if part] or [name] for name in names]
    shown = [1] * len(names)
    longest = max(map(len, parts), default=0)
    for _ in range(longest):
        labels = ["/".join(one[-n:]) for one, n in zip(parts, shown, strict=True)]
        seen: dict[str, int] = {}
        for label in labels:
            seen[label] = seen.get(label, 0) + 1
        if max(seen.values()) == 1:
            return labels
        shown = [
            n + (seen[label] > 1 and n < len(one))
            for n, label, one in zip(shown, labels, parts, strict=True)
        ]
    return ["/".join(one[-n:]) for one, n in zip(parts, shown, strict=True)]


def _facts_of(judged: JudgedRun, label: str) -> Json:
    training = judged.run
    return {
        "name": training.name,
        "label": label,
        "size": _size(training),
        "notes": list(training.notes),
        "findings": [_finding(one, training) for one in judged.findings],
        "best": best_of(training),
        "axes": list(axes_of(training)),
        "kinds": list(kinds_of([training])),
    }


def _finding(found: CurveFinding, training: TrainingRun) -> Json:
    return {
        "code": found.code,
        "words": FINDING_NAMES[found.code],
        "confidence": found.confidence,
        "severity": found.severity,
        "why": found.why,
        "remedy": found.remedy,
        "metric": found.metric,
        "place": place_of(training, found),
    }


def _size(training: TrainingRun) -> str:
    n = len(training)
    return f"{n:,} {_UNITS[training.unit]}{'' if n == 1 else 's'}"
