"""Logs -> findings about each training in them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from zipfile import is_zipfile

from hardex.errors import LogError
from hardex.learning_curves.facts import Facts
from hardex.learning_curves.findings import SCHEMA, CurveFinding, finding
from hardex.learning_curves.last_layers import of_layers, relu_before_softmax
from hardex.learning_curves.reading import Log, read_log
from hardex.learning_curves.rules import judge
from hardex.learning_curves.training_run import TrainingRun

_MOST_LOGS = 1000
_DEAD_STARTS_OF = 3  # runs


@dataclass(frozen=True, eq=False)
class JudgedRun:
    """A training and what is said about it."""

    run: TrainingRun
    findings: tuple[CurveFinding, ...]

    @property
    def codes(self) -> tuple[str, ...]:
        """The codes of its findings."""
        return tuple(one.code for one in self.findings)


@dataclass(frozen=True, eq=False)
class CurveReport:
    """What is said about all trainings in some logs.

    Attributes:
        runs: in the order of the logs.
        unreadable: the logs that could not be read, and why.
    """

    runs: tuple[JudgedRun, ...]
    unreadable: tuple[tuple[str, str], ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Plain data, as `hardex curves --format json` prints it."""
        return {
            "schema": SCHEMA,
            "runs": [
                {
                    "log": one.run.log,
                    "run": one.run.name,
                    "rows": len(one.run),
                    "unit": one.run.unit,
                    "notes": list(one.run.notes),
                    "findings": [each.as_json() for each in one.findings],
                }
                for one in self.runs
            ],
            "unreadable": [{"log": log, "why": why} for log, why in self.unreadable],
        }


def curves(
    *logs: Log,
    columns: Mapping[str, str] | None = None,
    classes: int | None = None,
    train_examples: int | None = None,
    validation_examples: int | None = None,
    model: str | Path | None = None,
) -> CurveReport:
    """Read training logs, put them in order, and say what is wrong with each training.

    Args:
        logs: files (CSV, JSON, JSON lines, TensorBoard's events), folders, Keras histories.
        columns: names of columns by the name used here, such as {"loss": "my_loss"}.
        classes: how many classes there are; makes what is said of the first loss surer.
        train_examples, validation_examples: how many; give the noise of an accuracy.
        model: the `.keras` file that was trained; by default the one beside a log, of its name.
            Only its layers are looked at.

    Raises:
        LogError: no log can be read, a number is out of range, or the model is no `.keras` file.

    Example:
        >>> history = {"loss": [2.31, 2.3, 2.3, 2.3], "accuracy": [0.1, 0.1, 0.11, 0.1]}
        >>> report = curves(history, classes=10)
        >>> report.runs[0].codes
        ('not_learning',)
    """
    report = report_of(
        *logs,
        columns=columns,
        classes=classes,
        train_examples=train_examples,
        validation_examples=validation_examples,
        model=model,
    )
    if not report.runs:
        raise LogError(report.unreadable[0][1])
    return report


def report_of(
    *logs: Log,
    columns: Mapping[str, str] | None = None,
    classes: int | None = None,
    train_examples: int | None = None,
    validation_examples: int | None = None,
    model: str | Path | None = None,
) -> CurveReport:
    """As `curves`, but with no run at all if no log can be read.

    Raises:
        LogError: there are too many logs or none, or a number is out of range.
    """
    _check(logs, classes, train_examples, validation_examples)
    if model is not None:
        _check_model(Path(model))
    found: list[TrainingRun] = []
    unreadable: list[tuple[str, str]] = []
    for log in logs:
        try:
            found += read_log(log, columns)
        except LogError as error:
            unreadable.append(
                (str(log) if isinstance(log, str | Path) else type(log).__name__, str(error))
            )
    judged = [
        JudgedRun(known, judge(Facts.of(known)))
        for known in (
            replace(
                run,
                classes=classes,
                train_examples=train_examples or run.train_examples,
                validation_examples=validation_examples or run.validation_examples,
            )
            for run in found
        )
    ]
    judged = [_with_layers(one, model) for one in _with_dead_starts(judged)]
    return CurveReport(tuple(judged), tuple(unreadable))


def _check(logs: tuple[Log, ...], *numbers: int | None) -> None:
    if not 1 <= len(logs) <= _MOST_LOGS:
        raise LogError(
            f"between 1 and {_MOST_LOGS:,} logs are read at a time; {len(logs):,} came; pass some "
            "of them."
        )
    for name, number, least in zip(
        ("classes", "train_examples", "validation_examples"), numbers, (2, 1, 1), strict=True
    ):
        if number is not None and number < least:
            raise LogError(f"{name} must be {least} or more; {number} came; pass the true number.")


def _check_model(model: Path) -> None:
    if not is_zipfile(model):
        raise LogError(
            f"--model must be a .keras file, whose layers are looked at; {model} is none; leave "
            "--model out, or save the model with model.save('NAME.keras')."
        )


def _with_layers(judged: JudgedRun, model: str | Path | None) -> JudgedRun:
    """With what the layers of the model show, which curves hardly do."""
    log = Path(judged.run.log)
    if model is None and not log.is_file():
        return judged
    layer = relu_before_softmax(model if model is not None else log.with_suffix(".keras"))
    if not layer:
        return judged
    others = tuple(one for one in judged.findings if one.code not in ("healthy", "dead_starts"))
    return replace(judged, findings=(*others, of_layers(layer)))


def _place(log: str) -> str:
    """The folder of a log; of `run_1/metrics.csv` and `run_2/metrics.csv` the one above."""
    path = Path(log)
    numbered = path.parent.name[-1:].isdigit()
    return str(path.parent.parent / path.name if numbered else path.parent)


def _with_dead_starts(judged: list[JudgedRun]) -> list[JudgedRun]:
    """Where some of several runs never learn and others do, the start decides."""
    stuck = [one for one in judged if "not_learning" in one.codes]
    if len({_place(one.run.log) for one in judged}) > 1:
        return judged  # of several folders: nobody says that they have anything in common
    learnt = [one for one in judged if "not_learning" not in one.codes and len(one.run) >= 3]
    if len(judged) < _DEAD_STARTS_OF or not stuck or not learnt:
        return judged
    why = (
        f"{len(stuck)} of {len(judged)} runs never start to learn, and the others do: what differs "
        "is the start, unless they differ in their settings."
    )
    sure = 0.8 if len(learnt) >= len(stuck) / 4 else 0.6
    extra = finding("dead_starts", sure, why)
    return [
        replace(one, findings=(*one.findings, extra)) if one in stuck else one for one in judged
    ]
