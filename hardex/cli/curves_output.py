"""What `hardex curves` prints."""

import numpy as np

from hardex.cli.terminal import Terminal, print_json, print_text, styled
from hardex.learning_curves.data_size import DataCurve
from hardex.learning_curves.findings import CurveFinding
from hardex.learning_curves.judging import CurveReport, JudgedRun
from hardex.learning_curves.training_run import Numbers, TrainingRun

_DRAWN = ("loss", "val_loss", "accuracy", "val_accuracy")
_BARS = "▁▂▃▄▅▆▇█"
_WIDTH = 48  # bars
_STYLES = {"healthy": "bold green", "too_noisy": "bold yellow", "appended": "bold yellow"}


def print_curves(report: CurveReport, *, as_json: bool, verbose: bool = False) -> None:
    """Print each training with its findings.

    Args:
        report: of all logs.
        as_json: whether to print one JSON object instead.
        verbose: whether to draw every metric.
    """
    if as_json:
        print_json(report.as_json())
    else:
        for one in report.runs:
            _print_run(one, verbose=verbose)
    for _, why in report.unreadable:
        print_text(styled(("Error:", "bold red"), f" {why}"), to_stderr=True)


def _print_run(one: JudgedRun, *, verbose: bool) -> None:
    console = Terminal()
    run = one.run
    console.print(styled((run.name, "bold"), f": {_size(run)}"), soft_wrap=True)
    for note in run.notes:
        console.print(f"  {note}", soft_wrap=True)
    names = [name for name in _DRAWN if run.has(name)]
    if verbose:
        names += [name for name in sorted(run.metrics) if name not in names and run.has(name)]
    width = max((len(name) for name in names), default=0)
    for name in names:
        _, values = run.curve(name)
        ends = f"{values[0]:.4g} → {values[-1]:.4g}"
        console.print(f"  {name:{width}}  {bars(values)}  {ends}", soft_wrap=True)
    for each in one.findings:
        _print_finding(console, each)


def _size(run: TrainingRun) -> str:
    what = {"epoch": "epoch", "evaluation": "evaluation", "step": "row"}[run.unit]
    return f"{len(run):,} {what}" + ("" if len(run) == 1 else "s")


def _print_finding(console: Terminal, one: CurveFinding) -> None:
    code = f"{one.severity} {one.code}".strip()
    style = _STYLES.get(one.code, "bold red")
    console.print(
        styled("  ", (code, style), f" ({one.confidence:.2f}): {one.why} {one.remedy}"),
        soft_wrap=True,
    )


def bars(values: Numbers, width: int = _WIDTH) -> str:
    """A curve as a row of bars, from its lowest value to its highest.

    Example:
        >>> bars(np.array([1.0, 0.5, 0.0]))
        '█▅▁'
    """
    if len(values) > width:
        cuts = np.array_split(values, width)
        values = np.array([part.mean() for part in cuts])
    low, high = float(values.min()), float(values.max())
    if high == low:
        return _BARS[0] * len(values)
    places = np.round((values - low) / (high - low) * (len(_BARS) - 1)).astype(int)
    return "".join(_BARS[place] for place in places.tolist())


def print_data_curve(found: DataCurve, *, as_json: bool) -> None:
    """Print whether more data would help."""
    if as_json:
        print_json({"schema": "hardex.data_curve/1", **found.as_json()})
        return
    console = Terminal()
    console.print(styled((found.verdict, "bold")), soft_wrap=True)
    console.print(
        f"Fitted: error = {found.floor:.4f} + {found.scale:.4g} × size^-{found.exponent:.2f} from "
        f"{len(found.sizes)} trainings.",
        soft_wrap=True,
    )
    for size, expected, low, high in zip(
        found.at, found.expected, found.low, found.high, strict=True
    ):
        console.print(f"  {size:>12,.0f} examples: {expected:.4f} ({low:.4f} to {high:.4f})")
