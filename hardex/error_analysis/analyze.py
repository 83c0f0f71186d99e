"""`hardex errors`: a run -> the whole error."""

from pathlib import Path

from hardex.error_analysis.analysis import ErrorAnalysis
from hardex.error_analysis.classes import class_errors, imbalance, over_predicted
from hardex.error_analysis.decomposition import decomposition
from hardex.error_analysis.top import top_errors
from hardex.errors import RunError
from hardex.overview.positive import positive_class
from hardex.predict.metrics import share
from hardex.runs.answers import answers_of
from hardex.runs.confusion import read_confusion
from hardex.runs.folder import RESULTS
from hardex.runs.run import Run, opened


def analyze_errors(
    run: str | Path | Run,
    *,
    positive: str = "",
    sensitivity: float | None = None,
    count: int = 20,
) -> ErrorAnalysis:
    """Say where the errors of a run are, and of which parts they are made.

    Args:
        run: the run, or its folder.
        positive: a class; then its two kinds of error are counted.
        sensitivity: the sensitivity for `positive` whose threshold is wanted, above 0, at most 1.
        count: how many top errors are listed.

    Raises:
        HardexError: the run, its model or the data cannot be used together.

    Example:
        >>> analyze_errors("runs/nothing-here")
        Traceback (most recent call last):
        hardex.errors.RunError: a run is a folder with manifest.json; runs/nothing-here has none; \
make one with `hardex rank MODEL DATA --out RUN`.
    """
    _check(count, positive, sensitivity)
    found = opened(run)
    names = found.manifest.class_names
    counts = read_confusion(found.folder / RESULTS / "confusion.csv", len(names))
    examples = int(counts.sum())
    errors = {"test": share(examples - int(counts.trace()), examples)}
    classes = class_errors(counts, names)
    return ErrorAnalysis(
        run=str(found.folder),
        class_names=names,
        counts=counts,
        classes=classes,
        over_predicted=over_predicted(counts, classes),
        imbalance=imbalance(counts, names),
        decomposition=decomposition(errors),
        top=top_errors(answers_of(found), names, count),
        positive=positive_class(found, positive, sensitivity=sensitivity) if positive else None,
    )


def _check(count: int, positive: str, sensitivity: float | None) -> None:
    """Raise `RunError` where options do not fit together."""
    if count < 1:
        raise RunError(f"--count must be 1 or more; received {count}; choose a larger number.")
    if sensitivity is not None and not positive:
        raise RunError(
            "--sensitivity belongs to one class; received no --positive; add --positive CLASS."
        )
