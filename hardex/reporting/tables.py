"""The tables and titles that the page and Markdown share."""

from hardex.reporting.contents import RunPart, Table
from hardex.reporting.wording import shortened, with_interval

TITLES = {
    "unsure": "Unsure: the model is in doubt",
    "wrong": "Wrong: the prediction is not the given label",
}
_FLAGS = {"often": "too often", "seldom": "too seldom", "never": "never", "": ""}


def pair_table(run: RunPart) -> Table:
    """The most confused classes."""
    rows = tuple((shortened(a), shortened(b), f"{count:,}") for a, b, count in run.pairs)
    return Table("Most confused classes", ("given", "predicted", "errors"), rows)


def class_table(run: RunPart) -> Table:
    """Recall and precision of each class; what is predicted clearly too often or too seldom."""
    title = "Classes, the lowest recall first, with 95 % intervals"
    if run.class_count > len(run.classes):
        title += f" ({len(run.classes):,} of {run.class_count:,})"
    columns: tuple[str, ...] = ("class", "examples", "predicted", "recall", "precision")
    rows: tuple[tuple[str, ...], ...] = tuple(
        (
            shortened(one.name),
            f"{one.examples:,}",
            f"{one.predicted:,}",
            with_interval(one.recall),
            with_interval(one.precision),
        )
        for one in run.classes
    )
    flags = [_FLAGS[one.flag] for one in run.classes]
    if any(flags):
        columns = (*columns, "clearly predicted")
        rows = tuple((*row, flag) for row, flag in zip(rows, flags, strict=True))
    return Table(title, columns, rows)
