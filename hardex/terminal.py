"""What the terminal shows: progress while a run is made, then its first rows."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeRemainingColumn,
)
from rich.table import Table

from hardex.runs.run import Run

SCHEMA = "hardex.rank/1"


class ProgressBar:
    """A progress bar on the terminal, callable as the library's `Progress`."""

    def __init__(self, *, quiet: bool = False) -> None:
        # Its own handle: stderr is held back while TensorFlow starts.
        self._screen = os.fdopen(os.dup(2), "w", encoding="utf-8")
        console = Console(file=self._screen)
        self._bar = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=quiet or not console.is_interactive,
        )
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._bar.stop()
        self._screen.close()

    def __call__(self, stage: str, done: int, total: int) -> None:
        """Show that `done` of `total` are done in this stage."""
        if stage not in self._tasks:
            self._tasks[stage] = self._bar.add_task(stage, total=total)
        self._bar.update(self._tasks[stage], completed=done, total=total)


def show_run(run: Run, *, as_json: bool, rows: int | None) -> None:
    """Print a finished run: what it found, the head of each list, and what to type next."""
    if as_json:
        Console().print_json(json.dumps(summary(run)))
        return
    console = Console()
    console.print(_headline(run), markup=False, highlight=False, soft_wrap=True)
    for name in ("unsure", "wrong"):
        _show_list(console, run, name, rows)
    folder = escape(str(run.folder))
    console.print(
        f"Run saved in [bold]{folder}[/]. Look at it: [bold]hardex serve {folder}[/]",
        highlight=False,
        soft_wrap=True,
    )


def summary(run: Run) -> dict[str, Any]:
    """What `hardex rank --format json` prints."""
    return {
        "schema": SCHEMA,
        "run": str(run.folder),
        "counts": run.manifest.counts,
        "accuracy": run.metrics["accuracy"],
        "class_names": list(run.manifest.class_names),
        "hard": run.hard.to_dict(orient="records"),
    }


def _headline(run: Run) -> str:
    counts, accuracy = run.manifest.counts, run.metrics["accuracy"]
    text = (
        f"{counts['examples']:,} examples, {counts['wrong']:,} wrong: accuracy "
        f"{accuracy['value']:.2%} (95 % interval {accuracy['low']:.2%} to {accuracy['high']:.2%})."
    )
    names = run.manifest.class_names
    text += f"\nClasses in the order of the outputs: {_shortened(names)}."
    if run.manifest.image_shape:
        shape = " x ".join(map(str, run.manifest.image_shape))
        text += f" Images {shape}, preprocessing {run.manifest.preprocess}."
    if counts["skipped"]:
        where = Path(run.folder, "results", "skipped.csv")
        text += f"\n{counts['skipped']:,} files could not be read; {where} says why."
    return text


def _shortened(names: tuple[str, ...]) -> str:
    return ", ".join(names if len(names) <= 20 else (*names[:18], "…", names[-1]))


def _show_list(console: Console, run: Run, name: str, rows: int | None) -> None:
    chosen = run.hard[run.hard["list"] == name]
    rule = run.manifest.rule
    score = rule[name]
    formula = run.manifest.formulas[str(score)]
    table = Table(
        title=f"{name}: {len(chosen)} by {score} = {formula}", title_justify="left", expand=False
    )
    for column in ("rank", "id", "given", "predicted", "confidence", "score"):
        table.add_column(column, justify="left" if column == "id" else "right")
    for row in (chosen if rows is None else chosen.head(rows)).itertuples():
        table.add_row(
            str(row.rank),
            escape(str(row.id)),
            escape(str(row.given_label)),
            escape(str(row.predicted_label)),
            f"{row.confidence:.4f}",
            f"{row.score:.4f}",
        )
    console.print(table)
    _say_shortfall(console, run, name, len(chosen))


def _say_shortfall(console: Console, run: Run, name: str, found: int) -> None:
    rule = run.manifest.rule
    asked = rule["count"] or int(rule["per_class"] or 0) * len(run.manifest.class_names)
    if found < int(asked):
        console.print(
            f"{found} of the {asked} asked for: there are no more "
            + ("misclassified examples" if name == "wrong" else "examples")
            + (" in some classes." if rule["diversity"] == "class" else "."),
            highlight=False,
        )
