"""What `hardex rank` answers: what was found, and the first rows of each list."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hardex.classifiers.doctor.examination import Finding
from hardex.cli.show.findings import say_findings
from hardex.ranking.adjusted import IMBALANCED, rarest_share
from hardex.ranking.scores import ADJUSTED
from hardex.runs.folder import SEAL
from hardex.runs.run import Run

SCHEMA = "hardex.rank/1"
_MOST_VALUES = 20  # of what else is known, shown without -v


def show_run(run: Run, *, as_json: bool, rows: int | None) -> None:
    """Print a finished run: what it found, the head of each list, and what to type next."""
    if as_json:
        Console().print_json(json.dumps(summary(run)))
        return
    console = Console()
    console.print(_headline(run), markup=False, highlight=False, soft_wrap=True)
    say_findings(console, [Finding(**found) for found in run.manifest.doctor])
    for name in ("unsure", "wrong"):
        _show_list(console, run, name, rows)
    _say_imbalance(console, run)
    _show_slices(console, run, rows)
    if unmatched := run.unmatched_annotations():
        console.print(
            f"{unmatched:,} annotations speak of examples that this run does not have; they are "
            "kept.",
            highlight=False,
        )
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
        "doctor": list(run.manifest.doctor),
        "accuracy": run.metrics["accuracy"],
        "slices": run.metrics.get("slices"),
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
    if counts.get("sealed"):
        text += (
            f"\n{counts['sealed']:,} more examples are sealed for a later proof: not predicted and "
            f"shown nowhere. {Path(run.folder, SEAL)} holds the rule."
        )
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
    _say_coverage(console, run, name)


def _say_coverage(console: Console, run: Run, name: str) -> None:
    """How much of the variety there is the list shows, beside a random pick of its size."""
    said = run.metrics.get("lists", {}).get(name)
    if not said or not said["chosen"]:
        return
    pairs, clusters = said["confusion_pairs"], said["clusters"]
    text = (
        f"Shows {pairs['covered']} of {pairs['total']} confusion pairs (a random pick "
        f"{pairs['random']:.1f}) and {clusters['covered']} of {clusters['total']} clusters of "
        f"{clusters['space']} (a random pick {clusters['random']:.1f})"
    )
    left_out = said["near_duplicates_left_out"]
    if left_out:
        text += f"; {left_out} near-duplicates left out (--allow-duplicates keeps them)"
    console.print(text + ".", highlight=False, soft_wrap=True)


def _say_imbalance(console: Console, run: Run) -> None:
    counts = np.array([found["examples"] for found in run.metrics["per_class"]])
    if rarest_share(counts) < IMBALANCED and run.manifest.rule["wrong"] != ADJUSTED:
        console.print(
            f"The rarest class has {counts[counts > 0].min():,} of {counts.sum():,} examples: "
            f"--wrong {ADJUSTED} is fairer to rare classes.",
            highlight=False,
            soft_wrap=True,
        )


def _show_slices(console: Console, run: Run, rows: int | None) -> None:
    """The error rate of each value of each further column, and the worst slices."""
    slices = run.metrics.get("slices") or {"columns": [], "left_out": []}
    for left_out in slices["left_out"]:
        console.print(
            f"The column {left_out['column']} is not cut into slices: {left_out['reason']}.",
            markup=False,
            highlight=False,
        )
    if not slices["columns"]:
        return
    rates = [
        (f"{column['column']} = {value['value']}", value)
        for column in slices["columns"]
        for value in column["values"]
    ]
    shown = rates if rows is None else rates[:_MOST_VALUES]
    _show_rates(console, "Errors by what else is known", shown)
    if len(shown) < len(rates):
        console.print(f"… and {len(rates) - len(shown):,} more values; -v shows all.")
    _show_worst(console, slices, rows)


def _show_worst(console: Console, slices: dict[str, Any], rows: int | None) -> None:
    worst = slices["worst"] if rows is None else slices["worst"][:rows]
    looked_at = (
        f"{slices['looked_at']:,} values and pairs of values with {slices['at_least']} examples or "
        "more were tested"
    )
    if not worst:
        console.print(f"No value stands out: {looked_at}.", highlight=False, soft_wrap=True)
        return
    title = f"Worst slices: {looked_at}; p is corrected for that ({slices['correction']})"
    rates = [
        (", ".join(f"{name} = {value}" for name, value in found["slice"].items()), found)
        for found in worst
    ]
    _show_rates(console, title, rates)


def _show_rates(console: Console, title: str, rates: list[tuple[str, dict[str, Any]]]) -> None:
    tested = any("p_adjusted" in rate for _, rate in rates)
    console.print(title, markup=False, highlight=False, soft_wrap=True)
    table = Table(expand=False)
    table.add_column("slice")
    for column in ("examples", "wrong", "error", "95 % interval", *(("p",) if tested else ())):
        table.add_column(column, justify="right")
    for name, rate in rates:
        error = rate["error"]
        table.add_row(
            escape(name),
            f"{rate['examples']:,}",
            f"{rate['wrong']:,}",
            f"{error['value']:.2%}",
            f"{error['low']:.2%} to {error['high']:.2%}",
            *((f"{rate['p_adjusted']:.2g}",) if tested else ()),
        )
    console.print(table)


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
