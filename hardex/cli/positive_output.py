"""What verbs print about one class against the rest, `--positive`."""

from collections.abc import Mapping
from typing import Any

from hardex.cli.terminal import Terminal, cell
from hardex.predict.positive import OneClass
from hardex.runs.positive import PositiveClass
from hardex.sentences import counted


def print_of_class(
    console: Terminal,
    figures: OneClass,
    chosen: Mapping[str, Any] | None,
    *,
    name: str,
    run: str = "",
) -> None:
    """Print the two kinds of error of a class, and the threshold for a sensitivity.

    Args:
        console: where.
        figures: of the class.
        chosen: see `ThresholdCurve.at`; None if none was asked for.
        name: of the class.
        run: of several; "" where there is one.
    """
    known = figures.as_dict()
    shares = ", ".join(
        f"{what} {interval(known[key])}"
        for what, key in (
            ("sensitivity", "sensitivity"),
            ("specificity", "specificity"),
            ("precision", "precision"),
            ("F1", "f1"),
        )
    )
    console.print(
        f"{run + ': ' if run else ''}{name} against the rest: "
        f"{counted(figures.missed, 'false negative')}, "
        f"{counted(figures.alarms, 'false positive')}; {shares}.",
        soft_wrap=True,
    )
    if chosen is not None:
        console.print(
            f"  Threshold {chosen['threshold']:.9g}: sensitivity "
            f"{interval(chosen['sensitivity'])}, specificity {interval(chosen['specificity'])}, "
            f"precision {interval(chosen['precision'])}. It was chosen on these examples; confirm "
            "it on others.",
            soft_wrap=True,
        )


def print_errors_of(console: Terminal, found: PositiveClass, rows: int | None) -> None:
    """Print the ids of the false negatives and of the false positives, hardest first."""
    for title, ids in (("False negatives", found.missed), ("False positives", found.alarms)):
        shown = ids if rows is None else ids[:rows]
        more = len(ids) - len(shown)
        names = ", ".join(map(cell, shown)) or "none"
        console.print(f"{title}: {names}{f' and {more:,} more' if more else ''}.", soft_wrap=True)


def interval(share: Mapping[str, float | None], digits: int = 1) -> str:
    """A share with its 95 % interval, or a dash.

    Example:
        >>> interval({"value": 0.5, "low": 0.4, "high": 0.6}), interval({"value": None})
        ('50.0 % [40.0, 60.0]', '–')
    """
    value, low, high = (share.get(name) for name in ("value", "low", "high"))
    if value is None or low is None or high is None:
        return "–"
    return f"{100 * value:.{digits}f} % [{100 * low:.{digits}f}, {100 * high:.{digits}f}]"
